"""Keys of the whole page: their list, from place to place, everything read, what Enter does."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import OpensScreen
from tests.support.people import Person
from tests.support.screen import Screen
from tests.support.server import Server
from tests.support.waiting import wait_until

SignsUp = Callable[[Server, str], Person]


@pytest.fixture
def read_of(server: Server, signs_up: SignsUp, opens_screen: OpensScreen) -> tuple[Screen, Person]:
    """Ann's screen with a room open; in two others Bob has said something since."""
    ann, bob = signs_up(server, "ann"), signs_up(server, "bob")
    rooms = [ann.creates_room() for _ in range(3)]
    tab = bob.opens_tab()
    for room in rooms:
        bob.joins(room)
        tab.posts(room, f"hello @{ann.username}")
    screen = opens_screen(ann)
    screen.opens_room(rooms[0])
    screen.holds("hello")
    return screen, ann


def is_gone(page: Page) -> None:
    """No dialog is left. One that Esc closed is hidden at once, and out of the page when its event
    came: until then it still has the keys."""
    expect(page.locator("dialog")).to_have_count(0)


def test_keys_are_listed_as_they_are_bound(read_of: tuple[Screen, Person]) -> None:
    """`?` and Ctrl+/ and the menu open the list, not where one writes; it fits a phone."""
    screen, _ = read_of
    page = screen.page
    dialog = page.get_by_role("dialog", name="Keyboard shortcuts")

    screen.composer.focus()
    page.keyboard.press("?")
    expect(screen.composer).to_have_value("?")
    screen.composer.fill("")
    page.keyboard.press("Control+/")
    expect(dialog).to_contain_text("Go to a room or a person")
    assert screen.violations() == []
    page.keyboard.press("Escape")
    is_gone(page)
    expect(screen.composer).to_be_focused()

    page.locator(".messages").focus()
    page.keyboard.press("?")
    expect(dialog).to_be_visible()
    page.keyboard.press("?")
    page.keyboard.press("Escape")
    is_gone(page)
    opens_menu(screen).get_by_role("button", name="Keyboard shortcuts").click()
    page.set_viewport_size({"width": 390, "height": 844})
    expect(dialog).to_be_visible()
    assert screen.sideways_px() == 0


def test_a_key_goes_from_place_to_place(read_of: tuple[Screen, Person]) -> None:
    """F6 goes around rooms, messages, composer and people, Shift+F6 back; what is hidden is not."""
    screen, _ = read_of
    page = screen.page
    places = [
        page.locator(".rooms [aria-current]"),
        page.get_by_role("region", name="Messages"),
        screen.composer,
        page.get_by_role("region", name="List of people"),
    ]
    screen.composer.focus()

    for place in (places[3], places[0], places[1], places[2]):
        page.keyboard.press("F6")
        expect(place).to_be_focused()
    page.keyboard.press("Shift+F6")
    expect(places[1]).to_be_focused()
    page.get_by_role("button", name=re.compile("here now")).click()
    page.keyboard.press("Control+Shift+F6")
    expect(places[2]).to_be_focused()
    page.keyboard.press("Control+F6")
    expect(places[0]).to_be_focused()


def test_everything_is_read_and_enter_breaks_the_line_as_the_reader_wants(
    read_of: tuple[Screen, Person],
) -> None:
    """Shift+Esc takes every number from the list of rooms, and the server knows. With the switch
    in the menu Enter makes a line and Ctrl+Enter sends, also after a reload and in an edit."""
    screen, ann = read_of
    badges = screen.page.locator(".rooms .badge")
    expect(badges).to_have_count(4)

    screen.page.keyboard.press("Shift+Escape")

    expect(badges).to_have_count(0)
    expect(screen.page.get_by_text("Everything is marked as read.")).to_be_visible()
    wait_until(lambda: unread(ann) == [(0, 0)] * 3, 10, "all rooms are read")

    expect(screen.page.locator(".hint")).to_have_text(re.compile("^Enter sends"))
    opens_menu(screen).get_by_text("Ctrl+Enter sends, Enter breaks the line").click()
    screen.page.keyboard.press("Escape")
    expect(screen.page.locator(".hint")).to_have_text(re.compile("^Ctrl.Enter sends . Enter"))
    screen.page.reload(wait_until="domcontentloaded")

    screen.composer.press_sequentially("one")
    screen.composer.press("Enter")
    screen.composer.press_sequentially("two")
    screen.composer.press("Control+Enter")

    screen.holds("one\ntwo")
    expect(screen.composer).to_have_value("")
    screen.composer.press("ArrowUp")
    box = screen.page.get_by_role("textbox", name="Edit message")
    box.press("Enter")
    box.press_sequentially("three")
    box.press("Control+Enter")
    screen.holds("three")


def opens_menu(screen: Screen) -> Locator:
    """Press the button beside the reader's name; return the menu."""
    screen.page.get_by_role("button", name="Status, settings and sign out").click()
    menu = screen.page.locator(".menu")
    expect(menu).to_be_visible()
    return menu


def unread(person: Person) -> list[tuple[int, int]]:
    """Return (unread, mentions) of each of the person's rooms."""
    listed = person.api.get("/api/v1/rooms").json["rooms"]
    return [(one["unread"], one["mentions"]) for one in listed if one["is_member"]]
