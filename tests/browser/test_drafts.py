"""Drafts: what is typed on one device is there on the other, and nobody is written over."""

from collections.abc import Callable

from playwright.sync_api import expect

from tests.browser.conftest import OpensScreen
from tests.support.people import Person
from tests.support.server import Server

SignsUp = Callable[[Server, str], Person]
WITHIN_MS = 15_000


def test_draft_is_on_every_device_until_it_is_sent(
    server: Server, signs_up: SignsUp, opens_screen: OpensScreen
) -> None:
    """Begun on one, there on the other in the field or as the pencil; sent on that one, gone on
    both; who is typing is not written over, and a text that was left behind untold is kept."""
    ann = signs_up(server, "ann")
    room, other = ann.creates_room(), ann.creates_room()
    desk, phone = opens_screen(ann, 0), opens_screen(ann, 1)
    desk.opens_room(room)
    phone.opens_room(other)
    pencil = phone.page.locator(f'a[href="/rooms/{room}"]').get_by_text("Draft")

    desk.composer.press_sequentially("see you at")
    expect(pencil).to_have_count(1, timeout=WITHIN_MS)
    phone.page.locator(f'a[href="/rooms/{room}"]').click()
    expect(phone.composer).to_have_value("see you at")
    desk.composer.press_sequentially(" ten")
    expect(phone.composer).to_have_value("see you at ten", timeout=WITHIN_MS)
    phone.composer.press("End")
    phone.composer.press_sequentially(", Bob")
    expect(desk.composer).to_have_value("see you at ten, Bob", timeout=WITHIN_MS)

    phone.composer.press("Enter")
    phone.holds("see you at ten, Bob")
    for screen in (desk, phone):
        expect(screen.composer).to_have_value("", timeout=WITHIN_MS)
        screen.goes_to(f"/rooms/{other}")
        expect(screen.page.get_by_text("Draft", exact=True)).to_have_count(0)


def test_draft_that_was_left_untold_meets_the_other_one(
    server: Server, signs_up: SignsUp, opens_screen: OpensScreen
) -> None:
    """Written while the line was down, and the page closed: it stands below what came meanwhile."""
    ann = signs_up(server, "ann")
    room = ann.creates_room()
    draft = {"room_id": room, "body": "at home", "version": 1}
    assert ann.api.post("/api/v1/drafts", draft).status == 200
    screen = opens_screen(ann)
    left = f"localStorage.setItem('rollcall:{ann.id}:draft:{room}', 'on the train')"
    screen.page.add_init_script(left)
    screen.opens_room(room)
    expect(screen.composer).to_have_value("at home\non the train", timeout=WITHIN_MS)
