"""Completing names behind @ and emoji behind a colon, wherever one writes."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Locator, expect

from tests.browser.conftest import OpensScreen
from tests.support.people import Person
from tests.support.screen import Screen
from tests.support.server import Server

SignsUp = Callable[[Server, str], Person]
WITHIN_MS = 15_000
ENTER = {"key": "Enter", "code": "Enter", "windowsVirtualKeyCode": 13}


@pytest.fixture
def others(server: Server, signs_up: SignsUp) -> tuple[Person, Person]:
    """Bob and Amy."""
    return signs_up(server, "bob"), signs_up(server, "amy")


@pytest.fixture
def screen(
    server: Server, signs_up: SignsUp, others: tuple[Person, Person], opens_screen: OpensScreen
) -> Screen:
    """Ann's screen with a room open in which Bob is here, and Amy is offline."""
    ann, (bob, amy) = signs_up(server, "ann"), others
    room = ann.creates_room()
    for person in others:
        person.joins(room)
    bob.opens_tab().ask("presence:visible", {"visible": True, "room_id": room})
    screen = opens_screen(ann)
    screen.opens_room(room)
    screen.shows(bob, "online", within_s=15)
    screen.shows(amy, "offline", within_s=15)
    here = screen.page.locator(f'.is-here [data-user="{bob.username}"]')
    expect(here).to_have_count(1, timeout=WITHIN_MS)
    return screen


def options(screen: Screen) -> Locator:
    """Return what is proposed."""
    return screen.page.get_by_role("listbox", name="Suggestions").get_by_role("option")


def chosen(screen: Screen, field: Locator) -> Locator:
    """Return the proposal that the field says is the active one."""
    active = field.get_attribute("aria-activedescendant")
    return screen.page.locator(f'[role=option][aria-selected=true][id="{active}"]')


def test_names_are_completed_by_keyboard_those_here_first(
    screen: Screen, others: tuple[Person, Person]
) -> None:
    """Who is here stands first, the words for many say how many; arrows, Tab and Esc work."""
    bob, amy = others
    field = screen.composer
    field.press_sequentially("hello @")

    expect(options(screen)).to_have_count(4, timeout=WITHIN_MS)
    for at, text in enumerate((bob.username, amy.username, "1 person who is", "all 2 other")):
        expect(options(screen).nth(at)).to_contain_text(text, timeout=WITHIN_MS)
    expect(chosen(screen, field)).to_contain_text("Here now")
    field.press("ArrowDown")
    expect(options(screen).nth(1)).to_have_attribute("aria-selected", "true")
    expect(chosen(screen, field)).to_contain_text(amy.username)
    field.press("Escape")
    expect(options(screen)).to_have_count(0)
    field.press_sequentially(bob.username[:2])
    expect(options(screen)).to_have_count(0)

    field.fill(f"你好@{bob.username[:3].upper()}")
    expect(options(screen)).to_have_count(1)
    field.press("Tab")
    expect(field).to_have_value(f"你好@{bob.username} ")
    expect(options(screen)).to_have_count(0)
    field.press("Enter")
    screen.holds("你好")
    mention = screen.messages.locator(".mention")
    expect(mention).to_have_text(f"@{bob.username}", timeout=WITHIN_MS)


def test_name_typed_in_full_and_keys_of_an_input_method_choose_nothing(
    screen: Screen, others: tuple[Person, Person]
) -> None:
    """Enter sends what needs no completing; while an input method composes it belongs to that."""
    field, amy = screen.composer, others[1]
    screen.posts(f"see @{amy.username}")
    screen.holds(f"see @{amy.username}")
    expect(options(screen)).to_have_count(0)

    ime = screen.context.new_cdp_session(screen.page)
    field.press_sequentially("@")
    expect(options(screen).first).to_be_visible(timeout=WITHIN_MS)
    composed = {"text": "xiao", "selectionStart": 4, "selectionEnd": 4}
    ime.send("Input.imeSetComposition", composed)
    ime.send("Input.dispatchKeyEvent", {"type": "rawKeyDown", **ENTER})
    ime.send("Input.dispatchKeyEvent", {"type": "keyUp", **ENTER})
    ime.send("Input.insertText", {"text": "小"})
    expect(field).to_have_value("@小")
    expect(options(screen)).to_have_count(0)


def test_names_and_emoji_are_completed_by_mouse_in_edits_and_threads(
    screen: Screen, others: tuple[Person, Person]
) -> None:
    """Each field has its own list; Esc shuts the list before it leaves the field."""
    amy = others[1]
    screen.posts("lunch")
    screen.holds("lunch")
    line = screen.messages.locator("li[data-seq]").filter(has_text="lunch")
    line.hover()
    line.get_by_role("button", name="Edit").click()
    edit = screen.page.get_by_role("textbox", name="Edit message")
    expect(edit).to_be_focused()
    edit.press_sequentially(" @am")
    expect(options(screen)).to_have_count(1)
    edit.press("Escape")
    expect(options(screen)).to_have_count(0)
    edit.press_sequentially(" @am")
    options(screen).first.click()
    expect(edit).to_have_value(f"lunch @am @{amy.username} ")
    expect(edit).to_be_focused()
    edit.press("Escape")
    expect(edit).to_have_count(0)

    line.hover()
    line.get_by_role("button", name="Reply in thread").click()
    answer = screen.page.get_by_role("textbox", name="Answer in this thread")
    answer.press_sequentially("yes :tad")
    expect(options(screen)).to_contain_text([":tada:"], timeout=WITHIN_MS)
    options(screen).first.click()
    expect(answer).to_have_value("yes 🎉 ")
