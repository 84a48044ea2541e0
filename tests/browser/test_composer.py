"""Writing: Enter sends, except while an input method composes; nothing is sent twice or lost."""

from collections.abc import Callable

import pytest

from tests.browser.conftest import OpensScreen
from tests.support.people import Person
from tests.support.screen import Screen
from tests.support.server import Server

SignsUp = Callable[[Server, str], Person]
ENTER = {"key": "Enter", "code": "Enter", "windowsVirtualKeyCode": 13}
KEYDOWN_229 = """(area) => area.dispatchEvent(new KeyboardEvent('keydown', {
    key: 'Enter', keyCode: 229, bubbles: true, cancelable: true}))"""


@pytest.fixture
def screen(server: Server, signs_up: SignsUp, opens_screen: OpensScreen) -> Screen:
    """Ann's screen with an empty room open."""
    ann = signs_up(server, "ann")
    screen = opens_screen(ann)
    screen.opens_room(ann.creates_room())
    return screen


def test_enter_during_composition_does_not_send(screen: Screen) -> None:
    """Enter that chooses a candidate of the input method belongs to it; the next one sends."""
    ime = screen.context.new_cdp_session(screen.page)
    screen.composer.focus()

    composed = {"text": "你好", "selectionStart": 2, "selectionEnd": 2}
    ime.send("Input.imeSetComposition", composed)
    ime.send("Input.dispatchKeyEvent", {"type": "rawKeyDown", **ENTER})
    ime.send("Input.dispatchKeyEvent", {"type": "keyUp", **ENTER})
    ime.send("Input.insertText", {"text": "你好"})
    assert (screen.composer.input_value(), screen.texts()) == ("你好", [])
    screen.composer.press("Enter")

    screen.holds("你好")
    assert screen.composer.input_value() == ""
    assert len(screen.record["sent"]) == 2, "both Enters reached the page"


def test_enter_with_key_code_229_does_not_send(screen: Screen) -> None:
    """Safari ends the composition before the keydown that ended it: keyCode 229 tells."""
    screen.composer.fill("まだ")

    screen.composer.evaluate(KEYDOWN_229)
    screen.posts("まだ、もう")

    screen.holds("まだ、もう")
    assert screen.texts() == ["まだ、もう"]


def test_shift_enter_breaks_the_line(screen: Screen) -> None:
    """Shift+Enter makes a second line, and Enter sends both as one message."""
    screen.composer.fill("one")
    screen.composer.press("Shift+Enter")
    screen.composer.press_sequentially("two")
    screen.composer.press("Enter")

    screen.holds("one")
    assert [text.split() for text in screen.texts()] == [["one", "two"]]


def test_empty_and_blank_are_not_sent(screen: Screen) -> None:
    """Enter with nothing but white space sends nothing."""
    screen.posts("")
    screen.posts("   ")
    screen.posts("something")

    screen.holds("something")
    assert screen.texts() == ["something"]


def test_markup_of_somebody_is_shown_and_never_run(screen: Screen) -> None:
    """Scripts, handlers and javascript: links in a message are text; Markdown is rendered."""
    attack = (
        "<img src=x onerror=alert(1)><script>alert(1)</script> **bold** [x](javascript:alert(1))"
    )
    screen.page.on("dialog", lambda dialog: screen.complaints.append("the script ran"))

    screen.posts(attack)

    screen.holds("bold")
    body = screen.messages.locator("li[data-seq] .body")
    assert body.locator("strong").inner_text() == "bold"
    assert body.locator("img, script, a[href^='javascript']").count() == 0


def test_draft_survives_a_reload(screen: Screen) -> None:
    """What was typed and not sent is still in the composer after a reload."""
    screen.composer.fill("half a thought")

    screen.page.reload(wait_until="domcontentloaded")

    screen.composer.wait_for()
    assert screen.composer.input_value() == "half a thought"


def test_message_written_without_a_connection_is_sent_once_later(screen: Screen) -> None:
    """A message typed while the line is down waits, goes out when it is back, and stands once."""
    screen.forgives("WebSocket connection to")
    screen.posts("before")
    screen.holds("before")

    screen.proxy.swallows()
    screen.posts("in the tunnel")
    screen.proxy.cuts()
    screen.proxy.passes()

    screen.holds("in the tunnel", within_s=15)
    assert screen.texts() == ["before", "in the tunnel"]
