"""Who has read up to where: shown to the others in small rooms, by leave of the reader."""

from collections.abc import Callable

from playwright.sync_api import Locator, expect

from tests.browser.conftest import OpensScreen
from tests.support.people import Person
from tests.support.screen import Screen
from tests.support.server import Server

SignsUp = Callable[[Server, str], Person]
WITHIN_MS = 15_000


def seen(screen: Screen, text: str) -> Locator:
    """Return what the line of the message with that text says of its readers."""
    return screen.messages.locator("li[data-seq]").filter(has_text=text).locator(".seen")


def test_readers_stand_at_the_last_message_they_read_unless_they_will_not(
    server: Server, signs_up: SignsUp, opens_screen: OpensScreen
) -> None:
    """Live, and the same after a reload; never who is invisible, nor who has forbidden it in his
    settings: what was told before is taken back."""
    ann, bob, cid, dan = (signs_up(server, name) for name in ("ann", "bob", "cid", "dan"))
    room = ann.creates_room()
    for person in (bob, cid, dan):
        person.joins(room)
    screen = opens_screen(ann)
    screen.opens_room(room)
    for text in ("one", "two"):
        screen.posts(text)
        screen.holds(text)
    hidden = dan.opens_tab()
    hidden.ask("presence:set", {"status": "invisible"})
    screen.shows(dan, "offline", within_s=15)

    bob.opens_tab().ask("message:read", {"room_id": room, "seq": 1})
    expect(seen(screen, "one")).to_contain_text(f"Seen by {bob.username}", timeout=WITHIN_MS)
    hidden.ask("message:read", {"room_id": room, "seq": 2})
    cid.opens_tab().ask("message:read", {"room_id": room, "seq": 2})
    expect(seen(screen, "two")).to_contain_text(f"Seen by {cid.username}", timeout=WITHIN_MS)
    screen.opens_room(room)
    expect(seen(screen, "two")).to_contain_text(f"Seen by {cid.username}", timeout=WITHIN_MS)
    expect(seen(screen, "one")).to_contain_text(f"Seen by {bob.username}")
    expect(screen.page.get_by_text(f"Seen by {dan.username}")).to_have_count(0)

    seen(screen, "two").press("Enter")
    dialog = screen.page.get_by_role("dialog", name="Seen by")
    expect(dialog.get_by_role("listitem")).to_contain_text([cid.username], timeout=WITHIN_MS)
    screen.page.keyboard.press("Escape")
    expect(seen(screen, "two")).to_be_focused()
    line = screen.messages.locator("li[data-seq]").filter(has_text="one")
    line.hover()
    line.get_by_role("button", name="More actions").click()
    line.get_by_role("button", name="Who has seen it").click()
    both = sorted((bob.username, cid.username))
    expect(dialog.get_by_role("listitem")).to_contain_text(both, timeout=WITHIN_MS)
    screen.page.keyboard.press("Escape")

    theirs = opens_screen(bob, 1)
    theirs.opens_room(bob.creates_room())
    theirs.page.get_by_role("button", name="Status, settings and sign out").press("Enter")
    switch = theirs.page.get_by_role("checkbox", name="Others may see how far I have read")
    expect(switch).to_be_checked(timeout=WITHIN_MS)
    switch.press("Space")
    expect(switch).not_to_be_checked(timeout=WITHIN_MS)
    expect(switch).to_be_enabled(timeout=WITHIN_MS)
    screen.opens_room(room)
    expect(seen(screen, "two")).to_contain_text(f"Seen by {cid.username}", timeout=WITHIN_MS)
    expect(seen(screen, "one")).to_have_count(0)
