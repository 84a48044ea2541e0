"""What is done with rooms, in one browser, and what another one shows of it."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import OpensScreen
from tests.support.people import Person
from tests.support.screen import Screen
from tests.support.server import Server

SignsUp = Callable[[Server, str], Person]
Pair = tuple[Screen, Screen]


@pytest.fixture
def pair(server: Server, signs_up: SignsUp, opens_screen: OpensScreen) -> Pair:
    """The screens of Ann, who owns a room, and of Bob, a member; it is open in both."""
    ann, bob = signs_up(server, "ann"), signs_up(server, "bob")
    room = ann.creates_room()
    bob.joins(room)
    ours, theirs = opens_screen(ann, 0), opens_screen(bob, 1)
    for screen in (ours, theirs):
        screen.opens_room(room)
    return ours, theirs


def from_room_menu(screen: Screen, item: str) -> None:
    """Choose an item of the open room's menu."""
    screen.page.get_by_role("button", name="More about this room").click()
    screen.page.get_by_role("button", name=item).click()


def asks_about(screen: Screen, person: Person) -> None:
    """Open the dialog about somebody in the roster."""
    line = screen.page.locator(f'[data-user="{person.username}"]')
    line.hover()
    line.get_by_role("button", name=re.compile("^More about")).click()


def test_person_is_written_to_from_the_roster(pair: Pair) -> None:
    """A direct room opens; the other finds it in his list, under the writer's name."""
    ours, theirs = pair
    asks_about(ours, theirs.person)
    ours.page.get_by_role("dialog").get_by_role("button", name=re.compile("^Write to")).click()
    expect(ours.page.get_by_role("main", name=theirs.person.username)).to_be_visible()
    ours.posts("between us")
    ours.holds("between us")

    theirs.page.get_by_role("link", name=re.compile(ours.person.username)).click()
    theirs.holds("between us")


def test_settings_are_seen_at_once_by_members(pair: Pair) -> None:
    """Name and topic change on the other screen, without a reload."""
    ours, theirs = pair
    name = f"The study of {ours.person.username}"
    from_room_menu(ours, "Room settings")
    dialog = ours.page.get_by_role("dialog", name="Room settings")
    dialog.get_by_label("Name").fill(name)
    dialog.get_by_label("Topic (optional)").fill("quiet, please")
    dialog.get_by_role("button", name="Save").click()

    expect(theirs.page.get_by_role("main", name=name)).to_be_visible()
    expect(theirs.page.get_by_text("quiet, please")).to_be_visible()


def test_archived_room_can_be_read_and_is_restored(pair: Pair) -> None:
    """Who writes is told why it does not go, who looks finds it put away; restored, it goes."""
    ours, theirs = pair
    theirs.posts("in time")
    ours.holds("in time")
    from_room_menu(ours, "Room settings")
    ours.page.get_by_role("button", name="Archive this room").click()
    expect(ours.page.get_by_role("dialog")).to_have_count(0)

    theirs.posts("too late")
    expect(theirs.page.get_by_text("Not sent.")).to_be_visible()
    ours.goes_to("/")
    unread = {"room_id": theirs.page.url.rpartition("/")[2], "seq": 1}
    assert "error" not in ours.person.opens_tab().ask("message:unread", unread)
    ours.page.get_by_role("button", name="Browse rooms").first.press("Enter")
    ours.page.get_by_role("checkbox", name="Your archived rooms").press("Space")
    expect(ours.page).to_have_title(re.compile(r"^(?!\()"))
    expect(ours.page.get_by_role("navigation").get_by_role("link")).to_have_count(0)
    ours.page.get_by_role("button", name=re.compile("^Open ")).press("Enter")
    from_room_menu(ours, "Room settings")
    ours.page.get_by_role("button", name="Restore this room").click()
    expect(ours.page.get_by_role("dialog")).to_have_count(0)
    theirs.page.get_by_role("button", name="Retry").click()
    ours.holds("too late")


def test_member_is_removed_and_sees_it(pair: Pair) -> None:
    """The room is gone from his screen, and he from the roster."""
    ours, theirs = pair
    asks_about(ours, theirs.person)
    ours.page.get_by_role("button", name="Remove from the room").click()

    expect(theirs.composer).to_have_count(0)
    gone = ours.page.locator(f'[data-user="{theirs.person.username}"]')
    expect(gone).to_have_count(0)


def test_muted_member_is_told_when_he_writes(pair: Pair) -> None:
    """What he wrote stays with him, unsent."""
    ours, theirs = pair
    asks_about(ours, theirs.person)
    ours.page.get_by_role("button", name="Mute for an hour").click()
    expect(ours.page.get_by_role("button", name="Unmute")).to_be_visible()

    theirs.posts("may I?")
    expect(theirs.page.get_by_text("Not sent.")).to_be_visible()
    ours.page.get_by_role("button", name="Unmute").click()
    expect(ours.page.get_by_role("button", name="Mute for an hour")).to_be_visible()
    theirs.page.get_by_role("button", name="Retry").click()
    ours.holds("may I?")


def test_favourite_stands_first(pair: Pair) -> None:
    """It moves into its own section, and out of it again."""
    ours, _ = pair
    from_room_menu(ours, "Add to favourites")
    favourites = ours.page.get_by_role("list", name="Favourites")
    expect(favourites.get_by_role("link")).to_have_count(1)

    from_room_menu(ours, "No favourite any more")
    expect(favourites).to_have_count(0)


def test_invite_link_is_made_and_taken_back(pair: Pair) -> None:
    """Its whole address is shown once; taken back, it is gone from the list."""
    ours, _ = pair
    from_room_menu(ours, "Invite links")
    ours.page.get_by_role("button", name="Make a link").click()
    link = ours.page.get_by_role("textbox", name="Invite link")
    expect(link).to_have_value(re.compile(r"^http://.*/invite/\S+$"))

    ours.page.get_by_role("button", name="Take back").click()
    expect(link).to_have_count(0)
