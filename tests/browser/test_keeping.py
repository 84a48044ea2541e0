"""Keeping order: who is banned, how that is lifted, and the log of what was done."""

from collections.abc import Callable

from playwright.sync_api import Locator, expect

from tests.browser.conftest import OpensScreen
from tests.support.people import Person
from tests.support.screen import Screen
from tests.support.server import Server

SignsUp = Callable[[Server, str], Person]
WITHIN_MS = 15_000
PAGE = 30  # entries of the log that are shown at first


def opens(screen: Screen, button: str) -> Locator:
    """Open what a button of the room's settings leads to, by keyboard; return the dialog."""
    page = screen.page
    page.get_by_role("button", name="More about this room").press("Enter")
    page.get_by_role("button", name="Room settings").press("Enter")
    settings = page.get_by_role("dialog", name="Room settings")
    settings.get_by_role("button", name=button).press("Enter")
    dialog = page.get_by_role("dialog", name=button)
    expect(dialog).to_be_visible(timeout=WITHIN_MS)
    return dialog


def test_bans_are_listed_and_lifted_and_the_log_is_paged(
    server: Server, signs_up: SignsUp, opens_screen: OpensScreen
) -> None:
    """The keeper sees who is banned and why, lifts it, and reads all that was done by pages."""
    ann, bob = signs_up(server, "ann"), signs_up(server, "bob")
    room = ann.creates_room()
    for n in range(PAGE):
        ann.api.call("PATCH", f"/api/v1/rooms/{room}", {"topic": f"topic {n}"})
    ban = {"user_id": bob.id, "reason": "spam & worse", "duration_s": 3600}
    assert ann.api.post(f"/api/v1/rooms/{room}/bans", ban).status == 201
    screen = opens_screen(ann)
    screen.opens_room(room)

    bans = opens(screen, "Banned people")
    line = bans.get_by_role("listitem").filter(has_text=bob.username)
    expect(line).to_contain_text("spam & worse", timeout=WITHIN_MS)
    line.get_by_role("button", name=f"Lift the ban of {bob.username}").press("Enter")
    expect(line).to_have_count(0, timeout=WITHIN_MS)
    expect(bans).to_contain_text("Nobody is banned from this room.")
    assert bob.api.post(f"/api/v1/rooms/{room}/join").status == 200
    bans.get_by_role("button", name="Close").press("Enter")

    log = opens(screen, "Log of this room")
    entries = log.locator("li.found-one")
    expect(entries).to_have_count(PAGE, timeout=WITHIN_MS)
    expect(entries.nth(0)).to_contain_text(f"{ann.username} lifted the ban of {bob.username}")
    expect(entries.nth(1)).to_contain_text("Reason: spam & worse")
    expect(entries.nth(2)).to_contain_text(f"topic {PAGE - 2} → topic {PAGE - 1}")
    log.get_by_role("button", name="Show older ones").click()
    expect(entries).to_have_count(PAGE + 2, timeout=WITHIN_MS)
    expect(log.get_by_role("button", name="Show older ones")).to_have_count(0)
