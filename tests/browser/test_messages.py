"""What is done to messages, by mouse and by keyboard, and seen at once in a second browser."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Locator, expect

from tests.browser.conftest import OpensScreen
from tests.support.people import Person
from tests.support.screen import Screen
from tests.support.server import Server

SignsUp = Callable[[Server, str], Person]
Pair = tuple[Screen, Screen]
COLOUR = "(element) => getComputedStyle(element).color"


@pytest.fixture
def pair(server: Server, signs_up: SignsUp, opens_screen: OpensScreen) -> Pair:
    """Ann's and Bob's screens, Ann's room open in both, with one message of hers."""
    ann, bob = signs_up(server, "ann"), signs_up(server, "bob")
    room = ann.creates_room()
    bob.joins(room)
    ours, theirs = opens_screen(ann, 0), opens_screen(bob, 1)
    for screen in (ours, theirs):
        screen.opens_room(room)
    ours.posts("first words")
    for screen in (ours, theirs):
        screen.holds("first words")
    return ours, theirs


def line_of(screen: Screen, text: str) -> Locator:
    """Return the line of the message with that text, under the pointer."""
    line = screen.messages.locator("li[data-seq]").filter(has_text=text)
    line.hover()
    return line


def test_up_in_the_empty_composer_opens_the_last_message_for_change(pair: Pair) -> None:
    """Enter saves, the other sees the new text and that it was edited; Esc leaves it alone."""
    ours, theirs = pair
    edit = ours.page.get_by_role("textbox", name="Edit message")

    ours.composer.press("ArrowUp")
    edit.fill("second thoughts")
    edit.press("Enter")

    theirs.holds("second thoughts")
    expect(theirs.messages.get_by_text("(edited)")).to_be_visible()
    expect(ours.composer).to_be_focused()
    ours.composer.press("ArrowUp")
    edit.fill("never mind")
    edit.press("Escape")
    expect(edit).to_have_count(0)
    ours.holds("second thoughts")


def test_thread_is_answered_beside_the_room(pair: Pair) -> None:
    """The answer stands in the thread alone; the root says in the room how many there are."""
    ours, theirs = pair
    line_of(theirs, "first words").get_by_role("button", name="Reply in thread").click()
    answer = theirs.page.get_by_role("textbox", name="Answer in this thread")
    answer.fill("an aside")
    answer.press("Enter")

    link = ours.messages.get_by_role("button", name=re.compile("1 answer"))
    expect(link).to_be_visible()
    expect(ours.messages.get_by_text("an aside")).to_have_count(0)
    link.click()
    pane = ours.page.get_by_role("complementary", name="Thread")
    expect(pane.get_by_text("an aside")).to_be_visible()
    pane.get_by_role("textbox", name="Answer in this thread").fill("and one more")
    pane.get_by_role("textbox", name="Answer in this thread").press("Enter")
    theirs_pane = theirs.page.get_by_role("complementary", name="Thread")
    expect(theirs_pane.get_by_text("and one more")).to_be_visible()
    pane.get_by_role("textbox", name="Answer in this thread").press("Escape")
    expect(pane).to_have_count(0)
    expect(ours.composer).to_be_focused()


def test_spoiler_tells_nothing_until_it_is_pressed(pair: Pair) -> None:
    """By keyboard, by mouse, for each reader by himself; nor does it by name or aloud."""
    ours, theirs = pair
    ours.posts("it was ||the butler||, and then ||the [cook](https://example.org/)||")
    veiled = theirs.messages.get_by_role("button", name="Hidden text: press to show it")
    expect(veiled).to_have_count(2)
    expect(theirs.page.get_by_role("log")).to_contain_text("it was …, and then …")
    assert theirs.messages.locator(".spoiler").first.evaluate(COLOUR) == "rgba(0, 0, 0, 0)"

    veiled.first.press("Enter")
    shown = theirs.messages.locator(".spoiler.is-shown")
    expect(shown).to_have_text(["the butler"])
    assert shown.first.evaluate(COLOUR) != "rgba(0, 0, 0, 0)"
    veiled.first.click()
    expect(shown).to_have_text(["the butler", "the cook"])
    expect(veiled).to_have_count(0)
    expect(ours.messages.locator(".spoiler.is-shown")).to_have_count(0)
