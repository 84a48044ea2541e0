"""What one saved for later: the same on every device, with a way back to where it was said."""

from collections.abc import Callable

from playwright.sync_api import Locator, expect

from tests.browser.conftest import OpensScreen
from tests.support.people import Person
from tests.support.screen import Screen
from tests.support.server import Server

SignsUp = Callable[[Server, str], Person]
WITHIN_MS = 15_000
PAGE = 60  # messages that a read room shows first


def line_of(screen: Screen, text: str) -> Locator:
    """Return the line of the message with that text."""
    return screen.messages.locator("li[data-seq]").filter(has_text=text)


def opens_saved(screen: Screen) -> Locator:
    """Open the list of saved messages; return its lines."""
    screen.page.get_by_role("button", name="Saved messages").press("Enter")
    dialog = screen.page.get_by_role("dialog", name="Saved messages")
    expect(dialog).to_be_visible(timeout=WITHIN_MS)
    return dialog.get_by_role("listitem")


def test_saved_message_is_marked_listed_and_found_again_on_every_device(
    server: Server, signs_up: SignsUp, opens_screen: OpensScreen
) -> None:
    """Saved by keyboard on one device, listed on the other, which leads to it far back and takes
    it off the list of both; nobody else sees anything of it."""
    ann, bob = signs_up(server, "ann"), signs_up(server, "bob")
    room, other = ann.creates_room(), ann.creates_room()
    bob.joins(room)
    tab = bob.opens_tab()
    for n in range(PAGE + 20):
        tab.posts_until_acked(room, f"message {n:03}")
    ann.api.post(f"/api/v1/rooms/{room}/read", {"seq": PAGE + 20})
    desk, phone, theirs = opens_screen(ann, 0), opens_screen(ann, 1), opens_screen(bob, 1)
    phone.opens_room(other)
    for screen in (desk, theirs):
        screen.opens_room(room)

    newest = line_of(desk, f"message {PAGE + 19:03}")
    more = newest.get_by_role("button", name="More actions")
    more.press("Enter")
    desk.page.get_by_role("button", name="Save for later").press("Enter")
    expect(newest).to_contain_text("Saved for later", timeout=WITHIN_MS)
    first = message_id_of(ann, room, 1)
    ann.api.post(f"/api/v1/messages/{first}/save", {"on": True})
    expect(line_of(theirs, f"message {PAGE + 19:03}")).not_to_contain_text("Saved")

    lines = opens_saved(phone)
    expect(lines).to_contain_text(["message 000", f"message {PAGE + 19:03}"], timeout=WITHIN_MS)
    lines.first.get_by_role("button", name="Go to the message").press("Enter")
    far = line_of(phone, "message 000")
    expect(far).to_be_in_viewport(timeout=WITHIN_MS)
    expect(far).to_contain_text("Saved for later")

    lines = opens_saved(phone)
    lines.nth(1).get_by_role("button", name="Remove from saved").click()
    expect(lines).to_have_count(1)
    expect(newest).not_to_contain_text("Saved", timeout=WITHIN_MS)

    desk.page.get_by_role("region", name="Messages").press("Home")
    theirs.messages.hover()
    theirs.page.mouse.wheel(0, -20_000)
    for screen in (desk, theirs):
        expect(line_of(screen, "message 000")).to_have_count(1, timeout=WITHIN_MS)


def message_id_of(person: Person, room: str, seq: int) -> str:
    """Return the id of the room's message of that seq."""
    answer = person.api.get(f"/api/v1/rooms/{room}/messages?before={seq + 1}&limit=1")
    return str(answer.json["messages"][0]["id"])
