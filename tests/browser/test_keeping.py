"""Keeping order: who is banned, how that is lifted, and the log of what was done."""

import sqlite3
from collections.abc import Callable
from contextlib import closing

from playwright.sync_api import Locator, expect

from tests.browser.conftest import OpensScreen
from tests.support.api import Api
from tests.support.people import PASSWORD, Person
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


def test_administrator_bans_from_everywhere(
    server: Server, signs_up: SignsUp, opens_screen: OpensScreen
) -> None:
    """In a room of somebody else, by keyboard: every tab of the banned is told why, and signing in
    is refused until the ban is lifted; who is no administrator has no such button."""
    ann, bob, eve = (signs_up(server, name) for name in ("ann", "bob", "eve"))
    becomes_administrator(ann)
    room = bob.creates_room()
    for person in (ann, eve):
        person.joins(room)
    theirs, ours = opens_screen(eve, 1), opens_screen(ann)
    for screen, other in ((theirs, bob), (ours, eve)):
        screen.opens_room(room)
        more = screen.page.get_by_role("button", name=f"More about {other.username}")
        more.press("Enter")
    ban = "Ban from everywhere…"
    expect(theirs.page.get_by_role("dialog")).to_contain_text("Write to", timeout=WITHIN_MS)
    expect(theirs.page.get_by_role("button", name=ban)).to_have_count(0)

    ours.page.get_by_role("button", name=ban).press("Enter")
    dialog = ours.page.get_by_role("dialog")
    dialog.get_by_label("Reason").fill("spam")
    dialog.get_by_role("button", name="Ban from everywhere").press("Enter")

    theirs.forgives("40[13]")  # what was under way when the session ended
    expect(theirs.page.get_by_text("This account is banned.")).to_be_visible(timeout=WITHIN_MS)
    assert refusal_of(eve) == "banned"
    assert ann.api.delete(f"/api/v1/rooms/{room}/bans/{eve.id}?scope=everywhere").status == 204
    assert refusal_of(eve) == ""


def becomes_administrator(person: Person) -> None:
    """He is one from his next session on, which begins here; the other way takes a process."""
    file = person.server.folder / "data" / "rollcall.db"
    with closing(sqlite3.connect(file)) as sql, sql:
        sql.execute("UPDATE users SET role = 'admin' WHERE id = ?", (person.id,))
    person.signs_in()


def refusal_of(person: Person) -> str:
    """Return the code with which signing in is refused, '' when it is not."""
    browser = Api(person.server.host)
    return browser.post(
        "/api/v1/session", {"username": person.username, "password": PASSWORD}
    ).error


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


def test_owner_takes_the_room_away_as_a_file(
    server: Server, signs_up: SignsUp, opens_screen: OpensScreen
) -> None:
    """Both kinds are chosen and saved by keyboard, and the page says when a file is there."""
    ann = signs_up(server, "ann")
    room = ann.creates_room()
    message = {"client_id": "c", "body": "taken away 你好"}
    assert ann.api.post(f"/api/v1/rooms/{room}/messages", message).status == 201
    screen = opens_screen(ann)
    screen.opens_room(room)
    dialog = opens(screen, "Export this room")

    files = {}
    for kind in ("JSON Lines", "Web page"):
        dialog.get_by_role("radio", name=kind).press("Space")
        with screen.page.expect_download(timeout=WITHIN_MS) as coming:
            dialog.get_by_role("button", name="Export", exact=True).press("Enter")
        expect(dialog.get_by_role("status")).to_contain_text("saved", timeout=WITHIN_MS)
        file = coming.value
        files[file.suggested_filename.rpartition(".")[2]] = file.path().read_text()

    assert '"body":"taken away 你好"' in files["jsonl"]
    assert files["jsonl"].splitlines()[-1].startswith('{"type":"end"')
    assert files["html"].endswith("</html>\n")
