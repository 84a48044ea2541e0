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


def test_archived_room_can_be_read_and_is_restored(pair: Pair) -> None:
    """Who wrote meanwhile is told why it does not go, who looks finds it put away; restored by its
    owner, below its messages, it goes."""
    ours, theirs = pair
    theirs.posts("in time")
    ours.holds("in time")
    theirs.forgives("WebSocket connection to")
    theirs.proxy.swallows()
    theirs.posts("too late")
    from_room_menu(ours, "Room settings")
    ours.page.get_by_role("button", name="Archive this room").click()
    expect(ours.page.get_by_role("dialog")).to_have_count(0)

    theirs.proxy.cuts()
    theirs.proxy.passes()
    expect(theirs.page.get_by_text("Not sent. This room is archived.")).to_be_visible()
    expect(theirs.page.locator(".bar-note")).to_contain_text("until an owner")
    expect(theirs.page.get_by_role("button", name="Restore this room")).to_have_count(0)
    ours.goes_to("/")
    unread = {"room_id": theirs.page.url.rpartition("/")[2], "seq": 1}
    assert "error" not in ours.person.opens_tab().ask("message:unread", unread)
    ours.page.get_by_role("button", name="Browse rooms").first.press("Enter")
    ours.page.get_by_role("checkbox", name="Your archived rooms").press("Space")
    expect(ours.page).to_have_title(re.compile(r"^(?!\()"))
    expect(ours.page.get_by_role("navigation").get_by_role("link")).to_have_count(0)
    ours.page.get_by_role("button", name=re.compile("^Open ")).press("Enter")
    ours.page.get_by_role("button", name="Restore this room").click()
    expect(ours.composer).to_be_editable()
    expect(theirs.composer).to_be_editable()
    theirs.page.get_by_role("button", name="Retry").click()
    ours.holds("too late")
