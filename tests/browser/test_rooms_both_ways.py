"""What is done with rooms: by keys alone, by mouse alone, and live on the other's screen."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Locator, expect

from tests.browser.conftest import OpensScreen
from tests.browser.hands import Hand, both_ways
from tests.support.people import Person
from tests.support.screen import Screen
from tests.support.server import Server

SignsUp = Callable[[Server, str], Person]
Pair = tuple[Screen, Screen]
DAY_MS = 86_400_000


@pytest.fixture
def pair(server: Server, signs_up: SignsUp, opens_screen: OpensScreen) -> Pair:
    """Ann's screen and Bob's, each with a room of Ann's open in which both are."""
    ann, bob = signs_up(server, "ann"), signs_up(server, "bob")
    room = ann.creates_room()
    bob.joins(room)
    ours, theirs = opens_screen(ann, 0), opens_screen(bob, 1)
    for screen in (ours, theirs):
        screen.opens_room(room)
    both_are_here(ours)
    return ours, theirs


def both_are_here(ours: Screen) -> None:
    """The roster shows so, and nobody moves in it any more: a key pressed on a line hits it."""
    expect(ours.page.get_by_role("button", name="2 members, 2 here now")).to_be_visible()


def chooses_in_menu(screen: Screen, hand: Hand, item: str) -> None:
    """An item of the open room's menu was chosen."""
    hand.presses(screen.page.get_by_role("button", name="More about this room"))
    menu = screen.page.get_by_role("group", name="More about this room")
    hand.presses(menu.get_by_role("button", name=item))


def opens(screen: Screen, hand: Hand, item: str) -> Locator:
    """Choose an item of the open room's menu; return the dialog."""
    chooses_in_menu(screen, hand, item)
    dialog = screen.page.get_by_role("dialog")
    expect(dialog).to_be_visible()
    return dialog


def asks_about(screen: Screen, hand: Hand, person: Person) -> Locator:
    """Open the dialog about somebody in the roster."""
    line = screen.page.locator(f'[data-user="{person.username}"]')
    hand.goes_over(line)
    hand.presses(line.get_by_role("button", name=re.compile("^More about")))
    dialog = screen.page.get_by_role("dialog")
    expect(dialog.get_by_role("combobox", name="Role")).to_be_visible()
    return dialog


def link_of(screen: Screen, name: str) -> Locator:
    """Return the room's line in the list of rooms."""
    return screen.page.get_by_role("navigation", name="Rooms").get_by_role("link", name=name)


def is_made(pair: Pair, hand: Hand, name: str) -> None:
    """A private room of that name is open on both screens."""
    ours, theirs = pair
    page = ours.page
    hand.presses(page.get_by_role("button", name="Create a room"))
    page.get_by_label("Name").fill(name)
    hand.ticks(page.get_by_role("radio", name=re.compile("^Private")))
    hand.presses(page.get_by_role("button", name="Create room"))
    expect(page.get_by_role("main", name=name)).to_be_visible()
    opens(ours, hand, "Add someone").get_by_label("Username").fill(theirs.person.username)
    hand.presses(page.get_by_role("button", name="Add", exact=True))
    hand.presses(link_of(theirs, name))
    expect(theirs.page.get_by_role("main", name=name)).to_be_visible()


def is_described(pair: Pair, hand: Hand, name: str) -> None:
    """It has that name, a topic, a description and a pace, and everybody can read them."""
    ours, theirs = pair
    settings = opens(ours, hand, "Room settings")
    settings.get_by_label("Name").fill(name)
    settings.get_by_label("Topic (optional)").fill("quiet, please")
    settings.get_by_label("Description (optional)").fill("For those\nwho read.")
    hand.chooses(settings.get_by_label("Slow mode"), "1 hour")
    hand.presses(settings.get_by_role("button", name="Save"))
    expect(theirs.page.get_by_role("main", name=name)).to_be_visible()
    expect(theirs.page.locator(".room-topic")).to_have_text("quiet, please")
    about = opens(theirs, hand, "About this room")
    expect(about).to_contain_text("For those\nwho read.")
    expect(about).to_contain_text("Private · 2 members · Slow mode")
    hand.presses(about.get_by_role("button", name="Close"))


def is_slow(theirs: Screen, hand: Hand) -> None:
    """Who may write once an hour keeps the second message, and is told how long: in the thread in
    which he wrote it, and in the room."""
    told = re.compile(r"Slow mode\. Please try again in (60|59) minutes")
    theirs.posts("one")
    theirs.holds("one")
    line = theirs.messages.locator("li[data-seq]").filter(has_text="one")
    hand.goes_over(line)
    hand.presses(line.get_by_role("button", name="Reply in thread"))
    thread = theirs.page.get_by_role("complementary", name="Thread")
    answer = thread.get_by_role("textbox", name="Answer in this thread")
    answer.fill("two")
    answer.press("Enter")
    expect(thread.locator(".composer-note")).to_contain_text(told)
    expect(answer).to_have_value("two")
    expect(thread.locator("li[data-client-id]")).to_have_count(0)
    theirs.posts("three")
    expect(theirs.composer).to_have_value("three")
    expect(theirs.page.locator("main .composer-note")).to_contain_text(told)
    hand.presses(thread.get_by_role("button", name="Close thread"))


def is_put_away_and_restored(pair: Pair, hand: Hand, name: str) -> None:
    """It was in no list and counted nothing; it was found all the same, and is in use again."""
    ours, theirs = pair
    page = ours.page
    settings = opens(ours, hand, "Room settings")
    hand.presses(settings.get_by_role("button", name="Archive this room"))
    expect(settings).to_have_count(0)
    theirs.goes_to("/")
    expect(theirs.page.get_by_role("navigation", name="Rooms").get_by_role("link")).to_have_count(1)
    expect(theirs.page).to_have_title(re.compile(r"^(?!\()"))
    hand.presses(theirs.page.get_by_role("button", name="Browse rooms").first)
    hand.ticks(theirs.page.get_by_role("checkbox", name="Your archived rooms"))
    hand.presses(theirs.page.get_by_role("button", name=f"Open {name}"))
    theirs.holds("one")
    hand.presses(opens(ours, hand, "Room settings").get_by_text("Restore this room"))
    expect(page.get_by_role("dialog")).to_have_count(0)
    expect(opens(theirs, hand, "About this room")).not_to_contain_text("Archived")


@both_ways
def test_room_is_made_described_slowed_and_put_away(pair: Pair, hand: Hand) -> None:
    """Made private, with a member added; what it is for, its pace, a place among the favourites;
    archived it is out of the list, found again and restored."""
    ours, theirs = pair
    page, name = ours.page, f"Study of {ours.person.username}"
    is_made(pair, hand, f"Den of {ours.person.username}")
    is_described(pair, hand, name)
    is_slow(theirs, hand)
    chooses_in_menu(ours, hand, "Add to favourites")
    expect(page.get_by_role("list", name="Favourites").get_by_role("link")).to_contain_text(name)
    chooses_in_menu(ours, hand, "No favourite any more")
    expect(page.get_by_role("list", name="Favourites")).to_have_count(0)
    is_put_away_and_restored(pair, hand, name)


def is_muted_for_a_while(pair: Pair, hand: Hand, dialog: Locator) -> None:
    """He reads that, and until when; what was refused is sent once he may speak again."""
    ours, theirs = pair
    hand.presses(dialog.get_by_role("button", name="Mute…"))
    dialog.get_by_label("Reason").fill("too loud")
    hand.chooses(dialog.get_by_label("Muted for"), "7 days")
    hand.presses(dialog.get_by_role("button", name="Mute", exact=True))
    expect(dialog.get_by_text("Muted until")).to_be_visible()
    expect(theirs.page.locator(".bar-note")).to_contain_text("You are muted in this room until")
    hand.presses(theirs.page.get_by_role("button", name="Retry"))
    expect(theirs.page.get_by_text("Not sent. You are muted in this room.")).to_be_visible()
    hand.presses(dialog.get_by_role("button", name="Unmute"))
    expect(dialog.get_by_role("button", name="Mute…")).to_be_visible()
    expect(theirs.composer).to_be_editable()
    hand.presses(theirs.page.get_by_role("button", name="Retry"))
    ours.holds("may I?")


def logged(ours: Screen) -> dict[str, dict[str, Any]]:
    """Return what the log of the open room says of the newest act of each kind."""
    path = ours.page.url.rpartition("/")[2]
    entries = ours.person.api.get(f"/api/v1/rooms/{path}/audit").json["entries"]
    return {one["act"]: {**one["facts"], "at_ms": one["at_ms"]} for one in reversed(entries)}


def comes_back_by_invite(pair: Pair, hand: Hand) -> None:
    """One link is taken back; another, for one, lets him in."""
    ours, theirs = pair
    room = ours.page.url
    invites = opens(ours, hand, "Invite links")
    hand.presses(invites.get_by_role("button", name="Make a link"))
    hand.presses(invites.get_by_role("button", name="Take back"))
    expect(invites.get_by_role("listitem")).to_have_count(0)
    hand.chooses(invites.get_by_label("Valid for"), "7 days")
    hand.chooses(invites.get_by_label("Lets in"), "1 person")
    hand.presses(invites.get_by_role("button", name="Make a link"))
    expect(invites.get_by_text("used: 0 / 1")).to_be_visible()
    link = invites.get_by_role("textbox", name="Invite link").input_value()
    theirs.goes_to(link.removeprefix(f"http://{ours.proxy.host}"))
    hand.presses(theirs.page.get_by_role("button", name=re.compile("Join")))
    expect(theirs.composer).to_be_visible()
    assert theirs.page.url.rpartition("/")[2] == room.rpartition("/")[2]
    hand.presses(invites.get_by_role("button", name="Close"))
    both_are_here(ours)


def is_banned(pair: Pair, hand: Hand) -> None:
    """He is out; the list of the banned says why, and until when."""
    ours, theirs = pair
    dialog = asks_about(ours, hand, theirs.person)
    hand.presses(dialog.get_by_role("button", name="Ban…"))
    dialog.get_by_label("Reason").fill("spam")
    hand.chooses(dialog.get_by_label("Banned for"), "7 days")
    hand.presses(dialog.get_by_role("button", name="Ban from the room"))
    expect(theirs.composer).to_have_count(0)
    settings = opens(ours, hand, "Room settings")
    hand.presses(settings.get_by_role("button", name="Banned people"))
    bans = ours.page.get_by_role("dialog", name="Banned people")
    expect(bans.get_by_role("listitem")).to_contain_text(re.compile("spam.*until", re.DOTALL))


@both_ways
def test_member_is_kept_in_order_and_comes_back_by_invite(pair: Pair, hand: Hand) -> None:
    """Another role; muted for as long as chosen; removed; back by a link for one; banned."""
    ours, theirs = pair
    bob = theirs.person
    dialog = asks_about(ours, hand, bob)
    theirs.forgives("WebSocket connection to")
    theirs.proxy.swallows()
    theirs.posts("may I?")
    hand.chooses(dialog.get_by_label("Role"), "May only read")
    hand.presses(dialog.get_by_role("button", name="Change the role"))
    expect(dialog.locator(".person-card")).to_contain_text("May only read")
    theirs.proxy.cuts()
    theirs.proxy.passes()
    expect(theirs.page.get_by_text("Not sent. You may only read in this room.")).to_be_visible()
    expect(theirs.composer).not_to_be_editable()
    hand.chooses(dialog.get_by_label("Role"), "Member")
    hand.presses(dialog.get_by_role("button", name="Change the role"))
    expect(dialog.locator(".person-card")).to_contain_text("· Member")
    expect(theirs.composer).to_be_editable()
    is_muted_for_a_while(pair, hand, dialog)
    hand.presses(dialog.get_by_role("button", name="Remove from the room…"))
    dialog.get_by_label("Reason").fill("still too loud")
    hand.presses(dialog.get_by_role("button", name="Remove from the room", exact=True))
    expect(dialog).to_have_count(0)
    log = logged(ours)
    assert (log["mute"]["reason"], log["kick"]["reason"]) == ("too loud", "still too loud")
    assert round((log["mute"]["until_ms"] - log["mute"]["at_ms"]) / DAY_MS) == 7
    expect(theirs.composer).to_have_count(0)
    expect(ours.page.locator(f'[data-user="{bob.username}"]')).to_have_count(0)
    comes_back_by_invite(pair, hand)
    is_banned(pair, hand)


@both_ways
def test_several_people_have_a_room_of_their_own(
    pair: Pair, hand: Hand, server: Server, signs_up: SignsUp
) -> None:
    """Chosen in a list; it stands in the lists of the others when something is said, by names."""
    ours, theirs = pair
    cid = signs_up(server, "cid")
    cid.joins(ours.page.url.rpartition("/")[2])
    ours.shows(cid, "offline")
    hand.presses(ours.page.get_by_role("button", name="Write to somebody"))
    dialog = ours.page.get_by_role("dialog")
    for person in (theirs.person, cid):
        hand.ticks(dialog.get_by_role("checkbox", name=re.compile(person.username)))
    hand.presses(dialog.get_by_role("button", name="Write"))
    expect(ours.page.get_by_role("main", name=re.compile(cid.username))).to_be_visible()
    ours.posts("between the three of us")
    ours.holds("between the three of us")
    line = link_of(theirs, cid.username)
    expect(line).to_contain_text("1 unread message")
    hand.presses(line)
    theirs.holds("between the three of us")
    expect(theirs.messages.locator("[data-new]")).to_be_visible()
