"""What is done with messages: by keys alone, by mouse alone, and live on the other's screen."""

import re
import uuid
from collections.abc import Callable

import pytest
from playwright.sync_api import Locator, expect

from tests.browser.conftest import OpensScreen
from tests.browser.hands import Hand, both_ways
from tests.support.people import Person
from tests.support.screen import Screen
from tests.support.server import Server

SignsUp = Callable[[Server, str], Person]
Pair = tuple[Screen, Screen]
FORMS = """# Heading

- a *list*
  1. in a list

> a quote

| a | b |
|---|---|
| 1 | 2 |

~~gone~~ [a link](https://example.org/)

```python
def here(): return "now"
```"""


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


def chooses(screen: Screen, hand: Hand, text: str, item: str) -> None:
    """An item of that message's menu was chosen."""
    line = line_of(screen, text)
    hand.presses(line.get_by_role("button", name="More actions"))
    hand.presses(line.get_by_role("group").get_by_role("button", name=item))


def reacts(pair: Pair, hand: Hand) -> None:
    """A reaction is given, joined and taken back."""
    ours, theirs = pair
    line = line_of(ours, "first words")
    hand.presses(line.get_by_role("button", name="React", exact=True))
    hand.presses(line.get_by_role("button", name="🎉", exact=True))
    given = line_of(theirs, "first words").get_by_role("button", name="🎉 1 person")
    hand.presses(given)
    expect(ours.page.get_by_role("button", name="🎉 2 people")).to_be_visible()
    hand.presses(line_of(theirs, "first words").get_by_role("button", name="🎉 2 people"))
    expect(ours.page.get_by_role("button", name="🎉 1 person")).to_be_visible()


def answers(pair: Pair, hand: Hand) -> None:
    """An answer stands in the thread, which is shut again on both screens."""
    ours, theirs = pair
    line = line_of(theirs, "first words")
    hand.presses(line.get_by_role("button", name="Reply in thread"))
    answer = theirs.page.get_by_role("textbox", name="Answer in this thread")
    answer.fill("an aside")
    pane = theirs.page.get_by_role("complementary", name="Thread")
    hand.presses(pane.get_by_role("button", name="Send"))
    hand.presses(ours.messages.get_by_role("button", name=re.compile("1 answer")))
    expect(ours.page.get_by_role("complementary").get_by_text("an aside")).to_be_visible()
    for screen in pair:
        hand.presses(screen.page.get_by_role("button", name="Close thread"))


def edits(pair: Pair, hand: Hand) -> None:
    """It says something else, and what it said before can be read."""
    ours, theirs = pair
    hand.presses(line_of(ours, "first words").get_by_role("button", name="Edit"))
    box = ours.page.get_by_role("textbox", name="Edit message")
    box.fill("second thoughts")
    hand.presses(ours.page.get_by_role("button", name="Save", exact=True))
    theirs.holds("second thoughts")
    chooses(theirs, hand, "second thoughts", "What it said before")
    before = theirs.page.get_by_role("dialog", name="What it said before")
    expect(before.get_by_text("first words")).to_be_visible()
    hand.presses(before.get_by_role("button", name="Close"))


def pins(pair: Pair, hand: Hand) -> None:
    """Everybody finds it among the pinned ones."""
    ours, theirs = pair
    chooses(ours, hand, "second thoughts", "Pin to this room")
    expect(theirs.messages.get_by_text("Pinned")).to_be_visible()
    hand.presses(theirs.page.get_by_role("button", name="More about this room"))
    hand.presses(theirs.page.get_by_role("button", name="Pinned messages"))
    pins = theirs.page.get_by_role("dialog", name="Pinned messages")
    expect(pins.get_by_text("second thoughts")).to_be_visible()
    hand.presses(pins.get_by_role("button", name="Close"))


def saves(theirs: Screen, hand: Hand) -> None:
    """It was among the saved ones, and is there no more."""
    chooses(theirs, hand, "second thoughts", "Save for later")
    expect(theirs.messages.get_by_text("Saved for later")).to_be_visible()
    hand.presses(theirs.page.get_by_role("button", name="Saved messages"))
    saved = theirs.page.get_by_role("dialog", name="Saved messages")
    hand.presses(saved.get_by_role("button", name="Remove from saved"))
    expect(saved.get_by_text("Nothing is saved yet.")).to_be_visible()
    hand.presses(saved.get_by_role("button", name="Close"))


@both_ways
def test_message_is_changed_answered_and_taken_away(pair: Pair, hand: Hand) -> None:
    """A reaction, an answer, an edit with what it said before, a pin, a bookmark, unread again, a
    stub: all of it on the other's screen at once, but for what is one's own."""
    ours, theirs = pair
    for does in (reacts, answers, edits, pins):
        does(pair, hand)
    saves(theirs, hand)
    chooses(theirs, hand, "second thoughts", "Mark unread from here")
    expect(theirs.page.locator("[aria-current] .badge")).to_contain_text("1 unread message")

    chooses(ours, hand, "second thoughts", "Delete message")
    dialog = ours.page.get_by_role("dialog")
    hand.presses(dialog.get_by_role("button", name="Delete", exact=True))
    expect(theirs.messages.get_by_text("This message was deleted.")).to_be_visible()
    expect(theirs.messages.get_by_text("second thoughts")).to_have_count(0)
    expect(theirs.page.get_by_role("button", name="More actions")).to_have_count(0)


@both_ways
def test_message_is_shown_in_its_form_and_found_again(pair: Pair, hand: Hand) -> None:
    """Markdown and coloured code on the other's screen; a spoiler tells nothing until it is asked
    for; found by a word and by a filter, by its day, and taken away as a file."""
    ours, theirs = pair
    ours.posts(FORMS)
    theirs.holds("Heading")
    body = theirs.messages.locator(".body").filter(has_text="Heading")
    for form in ("li em", "li ol li", "blockquote", "table td", "del, s", "a[href]", "pre .hl-k"):
        expect(body.locator(form).first).to_be_visible()
    ours.posts("it was ||the butler||!")
    veiled = theirs.messages.get_by_role("button", name="Hidden text: press to show it")
    hand.presses(veiled)
    expect(veiled).to_have_count(0)
    expect(theirs.messages.locator(".spoiler.is-shown")).to_have_text("the butler")
    expect(ours.messages.get_by_role("button", name="Hidden text")).to_have_count(1)

    hand.presses(theirs.page.get_by_role("button", name="Search messages"))
    theirs.page.get_by_role("searchbox", name="Search for").fill("here")
    hand.presses(theirs.page.get_by_role("button", name="With code"))
    hits = theirs.page.locator(".hit")
    expect(hits).to_have_count(1)
    hand.presses(hits)
    expect(theirs.messages.locator("li.is-aimed")).to_contain_text("Heading")
    hand.presses(theirs.page.get_by_role("button", name="Close search"))
    hand.presses(theirs.page.get_by_role("button", name="More about this room"))
    hand.presses(theirs.page.get_by_role("button", name="Jump to a date"))
    theirs.page.get_by_label("Day").fill("2020-01-31")
    hand.presses(theirs.page.get_by_role("button", name="Jump", exact=True))
    expect(theirs.messages.locator("li.is-aimed")).to_contain_text("first words")

    hand.presses(ours.page.get_by_role("button", name="More about this room"))
    hand.presses(ours.page.get_by_role("button", name="Room settings"))
    hand.presses(ours.page.get_by_role("button", name="Export this room"))
    with ours.page.expect_download() as coming:
        hand.presses(ours.page.get_by_role("button", name="Export", exact=True))
    assert "the butler" in coming.value.path().read_text()


def says(author: Person, room: str, body: str, **place: str) -> str:
    """The message is posted, over no line that may be lost; return its id."""
    message = {"client_id": uuid.uuid4().hex, "body": body, **place}
    answer = author.api.post(f"/api/v1/rooms/{room}/messages", message)
    assert answer.status == 201
    return str(answer.json["message"]["id"])


@both_ways
def test_unread_answers_are_counted_on_every_device_until_the_thread_is_read(
    hand: Hand, server: Server, signs_up: SignsUp, opens_screen: OpensScreen
) -> None:
    """At the room and at the root, with those that name the reader; the room's menu leads there."""
    ann, bob = signs_up(server, "ann"), signs_up(server, "bob")
    room, other = ann.creates_room(), ann.creates_room()
    bob.joins(room)
    root = says(ann, room, "what do you think?")
    desk, phone = opens_screen(ann, 0), opens_screen(ann, 1)
    for screen in (desk, phone):
        screen.opens_room(other)
    bodies = ("well", "once deleted", f"ask @{ann.username}")
    answers = [says(bob, room, body, thread_id=root) for body in bodies]
    badges = [one.page.locator(f'a[href="/rooms/{room}"] .is-thread') for one in (desk, phone)]
    for badge in badges:
        expect(badge).to_contain_text("3 unread answers, 1 mention of you")
    assert bob.api.delete(f"/api/v1/messages/{answers[1]}").status == 200
    for badge in badges:
        expect(badge).to_contain_text("2 unread answers")

    hand.presses(desk.page.locator(f'a[href="/rooms/{room}"]'))
    link = desk.messages.locator(".thread-link")
    expect(link).to_contain_text("2 unread answers, 1 mention of you")
    hand.presses(desk.page.get_by_role("button", name="More about this room"))
    hand.presses(desk.page.get_by_role("button", name="Unread threads"))
    dialog = desk.page.get_by_role("dialog", name="Unread threads")
    expect(dialog).to_contain_text("what do you think?")
    hand.presses(dialog.get_by_role("button", name="Open the thread"))
    expect(desk.page.get_by_role("complementary", name="Thread")).to_contain_text("well")
    for badge in badges:
        expect(badge).to_have_count(0)
    expect(link).not_to_contain_text("unread")
