"""Reading: where new begins, nothing jumps under the eyes, what was read is read everywhere."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import OpensScreen
from tests.support.people import Person
from tests.support.server import Server
from tests.support.waiting import wait_until

SignsUp = Callable[[Server, str], Person]
DRIFT_MAX_PX = 1
DRAWN_MAX = 300
STEPS_AT_LEAST = 4  # some pages of history were loaded on the way
# Goes towards the top, each time noting how far the line under the eyes was moved by what came.
GOES_UP = """async (times) => {
    const box = document.querySelector('.messages');
    const frame = () => new Promise((done) => requestAnimationFrame(() => setTimeout(done, 0)));
    const drifts = [];
    for (let time = 0; time < times; time += 1) {
        box.scrollTop -= 2000;
        await frame();
        const top = box.getBoundingClientRect().top + 80;
        const lines = [...box.querySelectorAll('li[data-seq]')];
        const found = lines.find((one) => one.getBoundingClientRect().bottom > top);
        const line = found.querySelector('.body'); // its byline goes when older ones come above
        const before = line.getBoundingClientRect().top;
        await new Promise((done) => setTimeout(done, 250));
        const after = line.isConnected ? line.getBoundingClientRect().top : Infinity;
        drifts.push(Math.abs(after - before));
    }
    return drifts;
}"""

SEQ_IN_VIEW = """() => {
    const top = document.querySelector('.messages').getBoundingClientRect().top + 80;
    const lines = [...document.querySelectorAll('.messages li[data-seq]')];
    return lines.find((one) => one.getBoundingClientRect().bottom > top).dataset.seq;
}"""


@pytest.fixture
def full_room(server: Server, signs_up: SignsUp) -> tuple[Person, Person, str]:
    """Ann, who has read nothing, Bob, who wrote 400 messages, and their room."""
    ann, bob = signs_up(server, "ann"), signs_up(server, "bob")
    room = bob.creates_room()
    tab = bob.opens_tab()
    for n in range(400):
        tab.posts_until_acked(room, f"message {n}")
    ann.joins(room)
    return ann, bob, room


def test_a_long_room_is_read_upwards_without_a_jump(
    full_room: tuple[Person, Person, str], opens_screen: OpensScreen
) -> None:
    """Older messages come as one reads up: the line under the eyes stays to the pixel, the page
    holds 300 lines at most, and the beginning of the room is reached."""
    ann, _, room = full_room
    screen = opens_screen(ann)
    screen.opens_room(room)
    expect(screen.messages.locator("li[data-seq]").first).to_be_visible()

    beginning = screen.page.get_by_text("This is the beginning of this room.")
    drifts: list[float] = []

    def goes_up() -> bool:
        drifts.extend(screen.page.evaluate(GOES_UP, 1))
        return beginning.is_visible()

    wait_until(goes_up, 30, "the beginning of the room is reached")

    assert len(drifts) >= STEPS_AT_LEAST
    assert max(drifts) <= DRIFT_MAX_PX, drifts
    assert len(screen.texts()) <= DRAWN_MAX
    assert screen.texts()[0] == "message 0"


def test_message_that_comes_while_one_reads_above_moves_nothing(
    full_room: tuple[Person, Person, str], opens_screen: OpensScreen
) -> None:
    """It raises the count on the button, which leads to it; then the button is gone."""
    ann, bob, room = full_room
    screen = opens_screen(ann)
    screen.opens_room(room)
    expect(screen.messages.locator("li[data-seq]").first).to_be_visible()
    screen.page.evaluate(GOES_UP, 1)
    body = screen.page.locator(f'li[data-seq="{screen.page.evaluate(SEQ_IN_VIEW)}"] .body')
    before = body.bounding_box()

    bob.opens_tab().posts(room, "while you read above")

    button = screen.page.get_by_role("button", name="1 new message")
    expect(button).to_be_visible()
    after = body.bounding_box()
    assert before is not None
    assert after is not None
    assert abs(after["y"] - before["y"]) <= DRIFT_MAX_PX
    button.click()
    expect(screen.messages.get_by_text("while you read above")).to_be_in_viewport()
    expect(button).to_be_hidden()


def test_room_opens_at_the_first_unread_message(
    server: Server, signs_up: SignsUp, opens_screen: OpensScreen
) -> None:
    """The line "New" stands before it and stays while one reads."""
    ann, bob = signs_up(server, "ann"), signs_up(server, "bob")
    room, other = ann.creates_room(), ann.creates_room()
    bob.joins(room)
    screen = opens_screen(ann)
    tab = bob.opens_tab()
    tab.posts(room, "read before")
    screen.opens_room(room)
    screen.holds("read before")
    screen.opens_room(other)
    for n in range(60):
        tab.posts_until_acked(room, f"unread {n}")

    link = screen.page.locator(f'a[href="/rooms/{room}"]')
    expect(link).to_contain_text("60 unread messages")
    expect(screen.page).to_have_title(re.compile(r"^\(60\)"))
    link.click()

    line = screen.messages.locator("[data-new]")
    expect(line).to_be_in_viewport()
    below = line.locator("xpath=following-sibling::li[@data-seq][1]")
    expect(below).to_contain_text("unread 0")
    tab.posts(room, "one more")
    expect(screen.page.get_by_role("button", name=re.compile("new messages"))).to_be_visible()
    expect(below).to_contain_text("unread 0")


def test_what_is_read_on_one_device_is_read_on_the_other(
    server: Server, signs_up: SignsUp, opens_screen: OpensScreen
) -> None:
    """The count beside the room goes within a second when the other device shows the message."""
    ann, bob = signs_up(server, "ann"), signs_up(server, "bob")
    room, other = ann.creates_room(), ann.creates_room()
    bob.joins(room)
    desk, phone = opens_screen(ann, 0), opens_screen(ann, 1)
    desk.opens_room(other)
    bob.opens_tab().posts(room, "hello")
    badge = desk.page.locator(f'a[href="/rooms/{room}"] .badge')
    expect(badge).to_be_visible()

    phone.opens_room(room)
    phone.holds("hello")

    expect(badge).to_have_count(0, timeout=1500)
    expect(desk.page).to_have_title(re.compile(r"^(?!\()"))


def test_message_that_a_closed_tab_could_not_send_is_sent_by_the_next_one(
    server: Server, signs_up: SignsUp, opens_screen: OpensScreen
) -> None:
    """Written without a connection, then the tab is closed: the next tab sends it, once."""
    ann = signs_up(server, "ann")
    room = ann.creates_room()
    screen = opens_screen(ann)
    screen.forgives("WebSocket connection to|ERR_INTERNET_DISCONNECTED")
    screen.opens_room(room)

    screen.context.set_offline(True)
    screen.posts("written in the tunnel")
    expect(screen.messages.locator("li[data-client-id][data-kept]")).to_have_count(1)
    screen.page.close()
    screen.context.set_offline(False)
    assert ann.history(room) == []
    next_tab = screen.context.new_page()
    next_tab.goto(f"http://{screen.proxy.host}/rooms/{room}")

    expect(next_tab.locator("li[data-seq]")).to_have_count(1, timeout=10_000)
    assert [one["body"] for one in ann.history(room)] == ["written in the tunnel"]


def test_folded_roster_stays_folded(
    server: Server, signs_up: SignsUp, opens_screen: OpensScreen
) -> None:
    """The people can be put away, and stay away after a reload."""
    ann = signs_up(server, "ann")
    screen = opens_screen(ann)
    screen.opens_room(ann.creates_room())
    people = screen.page.get_by_role("complementary", name="People in this room")
    expect(people).to_be_visible()

    screen.page.get_by_role("button", name=re.compile("1 member")).click()
    expect(people).to_be_hidden()
    screen.page.reload(wait_until="domcontentloaded")

    expect(screen.composer).to_be_visible()
    expect(people).to_be_hidden()


def test_draft_marks_its_room_and_waits_there(
    server: Server, signs_up: SignsUp, opens_screen: OpensScreen
) -> None:
    """Another room in between: the pencil tells of the draft, and Back finds it."""
    ann = signs_up(server, "ann")
    room, other = ann.creates_room(), ann.creates_room()
    screen = opens_screen(ann)
    screen.opens_room(room)
    screen.composer.fill("half a thought")

    screen.page.locator(f'a[href="/rooms/{other}"]').click()

    wait_until(lambda: screen.composer.input_value() == "", 5, "the other room's composer is empty")
    expect(screen.page.locator(f'a[href="/rooms/{room}"]')).to_contain_text("Draft")
    screen.page.go_back()
    expect(screen.composer).to_have_value("half a thought")
