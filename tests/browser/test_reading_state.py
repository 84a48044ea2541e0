"""The state of reading: who is typing, who is meant, what is unread again."""

import re
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
    either = "|".join(f"{a.username} and {b.username}" for a, b in ((bob, cid), (cid, bob)))
    both = re.compile(f"({either}) are typing…")
    expect(note_of(screen)).to_contain_text(both, timeout=LATEST_MS)
    for tab in tabs:
        tab.ask("message:typing", typing)
    expect(note_of(screen)).to_contain_text("Several people are typing…", timeout=LATEST_MS)

    expect(note_of(screen)).not_to_contain_text("typing", timeout=FORGOTTEN_MS)


def line_of(screen: Screen, text: str) -> Locator:
    """Return the line of the message with that text."""
    return screen.messages.locator("li[data-seq]").filter(has_text=text)


def test_message_that_means_the_reader_stands_out_until_it_is_read(
    house: tuple[Person, Person, str], opens_screen: OpensScreen
) -> None:
    """An @ with the number of mentions stands beside the room, and goes on every device when one
    has read them; the message is highlighted for whom it means alone."""
    ann, bob, room = house
    other = ann.creates_room()
    desk, phone, theirs = opens_screen(ann, 0), opens_screen(ann, 1), opens_screen(bob, 1)
    desk.opens_room(other)
    theirs.opens_room(room)
    badge = desk.page.locator(f'a[href="/rooms/{room}"] .badge.is-mention')

    for text in ("just so", f"hello @{ann.username}", "and @room"):
        theirs.posts(text)
        theirs.holds(text.split("@")[0])

    expect(badge).to_contain_text("2 mentions of you", timeout=LATEST_MS)
    expect(desk.page.locator(f'a[href="/rooms/{room}"]')).to_contain_text("3 unread messages")
    phone.opens_room(room)
    expect(line_of(phone, "hello")).to_have_class(re.compile("is-meant"))
    expect(line_of(phone, "just so")).not_to_have_class(re.compile("is-meant"))
    expect(line_of(theirs, "hello")).not_to_have_class(re.compile("is-meant"))
    expect(badge).to_have_count(0, timeout=LATEST_MS)


def test_own_answering_and_deleted_messages_are_not_unread(
    house: tuple[Person, Person, str], opens_screen: OpensScreen
) -> None:
    """The number beside the room is the same live and after a reload, and a deletion lowers it."""
    ann, bob, room = house
    other = ann.creates_room()
    screen = opens_screen(ann)
    screen.opens_room(other)
    count = screen.page.locator(f'a[href="/rooms/{room}"] .badge:not(.is-thread)')
    mine, theirs = ann.opens_tab(), bob.opens_tab()

    root = mine.posts(room, "mine")["id"]
    answer = {"room_id": room, "client_id": "answer", "body": "theirs", "thread_id": root}
    assert "id" in theirs.ask("message:post", answer)
    theirs.posts(room, "one")
    gone = [theirs.posts(room, text)["id"] for text in ("two", "three")]

    expect(count).to_contain_text("3 unread messages", timeout=LATEST_MS)
    theirs.ask("message:delete", {"message_id": gone[0]})
    expect(count).to_contain_text("2 unread messages", timeout=LATEST_MS)
    screen.opens_room(other)
    expect(count).to_contain_text("2 unread messages", timeout=LATEST_MS)
    theirs.ask("message:delete", {"message_id": gone[1]})
    expect(count).to_contain_text("1 unread message", timeout=LATEST_MS)
    screen.page.locator(f'a[href="/rooms/{room}"]').click()
    expect(screen.messages.locator("[data-new] + li[data-seq]")).to_contain_text("one")
    expect(count).to_have_count(0, timeout=LATEST_MS)


def test_mentions_from_before_the_page_was_opened_are_counted(
    house: tuple[Person, Person, str], opens_screen: OpensScreen
) -> None:
    """The server knows them; a reload changes nothing."""
    ann, bob, room = house
    other = ann.creates_room()
    bob.opens_tab().posts(room, f"are you there, @{ann.username}?")
    screen = opens_screen(ann)
    for _ in range(2):
        screen.opens_room(other)
        badge = screen.page.locator(f'a[href="/rooms/{room}"] .badge.is-mention')
        expect(badge).to_contain_text("1 mention of you", timeout=LATEST_MS)


def test_message_and_all_after_it_are_unread_again_on_every_device(
    house: tuple[Person, Person, str], opens_screen: OpensScreen
) -> None:
    """The count and the line "New" are back although the room is open, until it is opened anew."""
    ann, bob, room = house
    other = ann.creates_room()
    tab = bob.opens_tab()
    for text in ("one", "two", "three"):
        tab.posts(room, text)
    desk, phone = opens_screen(ann, 0), opens_screen(ann, 1)
    phone.opens_room(other)
    desk.opens_room(room)
    count = f'a[href="/rooms/{room}"] .badge'
    expect(desk.page.locator(count)).to_have_count(0, timeout=LATEST_MS)

    line_of(desk, "two").hover()
    line_of(desk, "two").get_by_role("button", name="More actions").click()
    desk.page.get_by_role("button", name="Mark unread from here").click()

    for screen in (desk, phone):
        expect(screen.page.locator(count)).to_contain_text("2 unread", timeout=LATEST_MS)
    below = desk.messages.locator("[data-new] + li[data-seq]")
    expect(below).to_contain_text("two")
    desk.page.locator(f'a[href="/rooms/{other}"]').click()
    expect(desk.page.locator(count)).to_contain_text("2 unread")
    desk.page.locator(f'a[href="/rooms/{room}"]').click()
    for screen in (desk, phone):
        expect(screen.page.locator(count)).to_have_count(0, timeout=LATEST_MS)
