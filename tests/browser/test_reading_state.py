"""The state of reading: who is typing, who is meant, what is unread again."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Locator, expect

from tests.browser.conftest import OpensScreen
from tests.support.people import Person
from tests.support.screen import Screen
from tests.support.server import Server

SignsUp = Callable[[Server, str], Person]
LATEST_MS = 15_000
FORGOTTEN_MS = 20_000


@pytest.fixture
def house(server: Server, signs_up: SignsUp) -> tuple[Person, Person, str]:
    """Ann, Bob, and Ann's room with both in it."""
    ann, bob = signs_up(server, "ann"), signs_up(server, "bob")
    room = ann.creates_room()
    bob.joins(room)
    return ann, bob, room


@pytest.fixture
def pair(house: tuple[Person, Person, str], opens_screen: OpensScreen) -> tuple[Screen, Screen]:
    """Ann's and Bob's screens with the room open."""
    ann, bob, room = house
    screens = opens_screen(ann, 0), opens_screen(bob, 1)
    for screen in screens:
        screen.opens_room(room)
    return screens


def note_of(screen: Screen) -> Locator:
    """Return the line below the composer."""
    return screen.page.locator(".composer-note")


def test_who_types_is_shown_until_the_message_is_there(pair: tuple[Screen, Screen]) -> None:
    """The others read it below their composer, which does not move; the writer does not."""
    ours, theirs = pair
    writes = f"{theirs.person.username} is typing…"
    before = ours.composer.bounding_box()

    theirs.composer.press_sequentially("hello")

    expect(note_of(ours)).to_contain_text(writes, timeout=LATEST_MS)
    assert ours.composer.bounding_box() == before
    expect(note_of(theirs)).not_to_contain_text("typing")
    theirs.composer.press("Enter")
    ours.holds("hello")
    expect(note_of(ours)).not_to_contain_text("typing", timeout=LATEST_MS)


def test_who_empties_the_field_types_no_more(pair: tuple[Screen, Screen]) -> None:
    """What was begun and taken back is not waited for; begun anew, it is told anew."""
    ours, theirs = pair
    writes = f"{theirs.person.username} is typing…"
    for _ in range(2):
        theirs.composer.press_sequentially("h")
        expect(note_of(ours)).to_contain_text(writes, timeout=LATEST_MS)
        theirs.composer.press("Backspace")
        expect(note_of(ours)).not_to_contain_text("typing", timeout=5_000)


def test_several_who_type_are_named_and_forgotten_by_themselves(
    house: tuple[Person, Person, str],
    server: Server,
    signs_up: SignsUp,
    opens_screen: OpensScreen,
) -> None:
    """Two by name, more as several; whoever is not heard again is gone without a word."""
    ann, bob, room = house
    cid, dan = signs_up(server, "cid"), signs_up(server, "dan")
    for person in (cid, dan):
        person.joins(room)
    tabs = [person.opens_tab() for person in (bob, cid, dan)]
    screen = opens_screen(ann)
    screen.opens_room(room)
    typing = {"room_id": room, "typing": True}

    for tab in tabs[:2]:
        tab.ask("message:typing", typing)
    names = f"{bob.username} and {cid.username}"
    expect(note_of(screen)).to_contain_text(f"{names} are typing…", timeout=LATEST_MS)
    for tab in tabs:
        tab.ask("message:typing", typing)
    expect(note_of(screen)).to_contain_text("Several people are typing…", timeout=LATEST_MS)

    expect(note_of(screen)).not_to_contain_text("typing", timeout=FORGOTTEN_MS)
