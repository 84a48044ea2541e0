"""Going to a room or a person by a few letters, by keys and by mouse."""

from collections.abc import Callable

from playwright.sync_api import Locator, expect

from tests.browser.conftest import OpensScreen
from tests.support.people import Person
from tests.support.screen import Screen
from tests.support.server import Server

SignsUp = Callable[[Server, str], Person]
WITHIN_MS = 15_000


def opens_switcher(screen: Screen) -> Locator:
    """Press the keys; return the field, which has the focus."""
    screen.page.keyboard.press("Control+k")
    field = screen.page.get_by_role("combobox", name="Room or person")
    expect(field).to_be_focused(timeout=WITHIN_MS)
    return field


def is_in(screen: Screen, name: str) -> None:
    """The room of that name is open, and one can write at once."""
    expect(screen.page.get_by_role("main", name=name)).to_be_visible(timeout=WITHIN_MS)
    expect(screen.composer).to_be_focused(timeout=WITHIN_MS)


def test_rooms_and_people_are_found_by_letters_and_opened(
    server: Server, signs_up: SignsUp, opens_screen: OpensScreen
) -> None:
    """The room one came from is first; Esc goes back to where one was; an input method's Enter
    chooses nothing; a person leads to the room of the two; all of it by mouse too."""
    ann, bob = signs_up(server, "ann"), signs_up(server, "bob")
    oak, elm = f"Oak {ann.username}", f"Elm {ann.username}"
    rooms = [ann.creates_room(name) for name in (oak, elm, f"Ash {ann.username}")]
    bob.joins(rooms[1])
    screen = opens_screen(ann)
    screen.opens_room(rooms[0])
    screen.page.locator(f'a[href="/rooms/{rooms[1]}"]').click()
    is_in(screen, elm)

    field = opens_switcher(screen)
    options = screen.page.get_by_role("dialog").get_by_role("option")
    expect(options.first).to_contain_text(oak, timeout=WITHIN_MS)
    expect(options.first).to_have_attribute("aria-selected", "true")
    screen.page.keyboard.press("Escape")
    expect(screen.page.get_by_role("dialog")).to_have_count(0, timeout=WITHIN_MS)
    expect(screen.composer).to_be_focused(timeout=WITHIN_MS)
    opens_switcher(screen).press("Enter")
    is_in(screen, oak)

    field = opens_switcher(screen)
    session = screen.context.new_cdp_session(screen.page)
    session.send("Input.imeSetComposition", {"text": "eml", "selectionStart": 3, "selectionEnd": 3})
    field.dispatch_event("keydown", {"key": "Enter", "isComposing": True, "bubbles": True})
    expect(field).to_be_focused()
    field.fill("no such place")
    expect(screen.page.get_by_role("dialog")).to_contain_text("nobody you share one with")
    field.fill(f"LM {ann.username[-2:]}")
    expect(options).to_have_count(1, timeout=WITHIN_MS)
    field.press("Enter")
    is_in(screen, elm)

    field = opens_switcher(screen)
    field.fill(bob.username)
    expect(options).to_have_count(1, timeout=WITHIN_MS)
    field.press("Enter")
    is_in(screen, bob.username)
    screen.page.get_by_role("button", name="Go to…").click()
    screen.page.get_by_role("dialog").get_by_role("option", name=oak).click()
    is_in(screen, oak)
