"""A room that lets go of its oldest messages: set in the browser, seen live in a second one."""

import sqlite3
from collections.abc import Callable
from contextlib import closing

from playwright.sync_api import expect

from tests.browser.conftest import OpensScreen
from tests.browser.test_keeping import becomes_administrator
from tests.support.people import Person
from tests.support.server import Server
from tests.support.waiting import wait_until

SignsUp = Callable[[Server, str], Person]
WITHIN_MS = 15_000
DAY_MS = 86_400_000


def ages(server: Server, room: str, up_to: int, days: int) -> None:
    """The messages up to that seq were posted so many days earlier."""
    file = server.folder / "data" / "rollcall.db"
    with closing(sqlite3.connect(file, timeout=10)) as sql, sql:
        sql.execute(
            "UPDATE messages SET at_ms = at_ms - ? WHERE room_id = ? AND seq <= ?",
            (days * DAY_MS, room, up_to),
        )


def posts(author: Person, room: str, body: str, **place: str) -> str:
    """The message is posted; return its id."""
    message = {"client_id": body.replace(" ", "-"), "body": body, **place}
    answer = author.api.post(f"/api/v1/rooms/{room}/messages", message)
    assert answer.status == 201
    return str(answer.json["message"]["id"])


def test_rule_is_set_with_a_warning_and_removes_live(
    server: Server, signs_up: SignsUp, opens_screen: OpensScreen
) -> None:
    """The owner is told how many messages go and may leave it; on the other's screen, and in a
    program's timeline, they are gone without a reload, from an open thread too, and the place of
    the oldest says why; what was unread of them in a thread counts no more; a link to one of them
    says that it is not there."""
    ann, bob = signs_up(server, "ann"), signs_up(server, "bob")
    room = ann.creates_room()
    bob.joins(room)
    root = posts(ann, room, "message 0")
    posts(bob, room, "an old answer", thread_id=root)
    for n in range(1, 3):
        posts(ann, room, f"message {n}")
    posts(bob, room, "a new answer", thread_id=root)
    ages(server, room, 3, 40)
    tab, ours, theirs = bob.opens_tab(), opens_screen(ann), opens_screen(bob, 1)
    for screen in (ours, theirs):
        screen.opens_room(room)
        screen.holds("message 0")
    unread = ours.page.locator(f'a[href="/rooms/{room}"] .is-thread')
    expect(unread).to_contain_text("2 unread answers", timeout=WITHIN_MS)
    theirs.messages.locator(".thread-link").click()
    thread = theirs.page.get_by_role("complementary", name="Thread").locator("li[data-seq]")
    expect(thread).to_have_count(3, timeout=WITHIN_MS)

    page = ours.page
    page.get_by_role("button", name="More about this room").press("Enter")
    page.get_by_role("button", name="Room settings").press("Enter")
    dialog = page.get_by_role("dialog", name="Room settings")
    dialog.get_by_label("Keep messages").select_option("For another time")
    dialog.get_by_label("Days").fill("30")
    dialog.get_by_role("button", name="Save").press("Enter")
    warning = dialog.get_by_role("alert")
    expect(warning).to_contain_text("3 messages are older", timeout=WITHIN_MS)
    assert theirs.texts()[0] == "message 0"
    dialog.get_by_role("button", name="Delete").press("Enter")

    expect(dialog).to_have_count(0, timeout=WITHIN_MS)
    for screen in (ours, theirs):
        expect(screen.messages.locator("li[data-seq]")).to_have_count(1, timeout=WITHIN_MS)
        assert screen.texts() == ["message 2"]
        line = screen.page.get_by_text("Messages older than 30 days are removed.")
        expect(line).to_be_visible(timeout=WITHIN_MS)
        expect(screen.page.get_by_text("This is the beginning")).to_have_count(0)
    wait_until(lambda: sorted(tab.timeline[room].messages) == [4, 5], 15, "the program's timeline")
    expect(thread).to_have_count(2, timeout=WITHIN_MS)
    expect(thread.last).to_contain_text("a new answer")
    expect(thread.first).not_to_contain_text("message 0")
    expect(unread).to_contain_text("1 unread answer", timeout=WITHIN_MS)
    theirs.posts("and on")
    ours.holds("and on")
    theirs.forgives("404")
    theirs.page.evaluate("location.hash = '#1'")
    gone = theirs.page.get_by_role("status").get_by_text("This message is not there any more.")
    expect(gone).to_be_visible(timeout=WITHIN_MS)
    assert theirs.texts() == ["message 2", "and on"]


def test_administrator_who_is_no_owner_sets_the_rule(
    server: Server, signs_up: SignsUp, opens_screen: OpensScreen
) -> None:
    """He finds that in the settings, and the archive, and nothing that he may not do; a rule beyond
    the choices is shown as it is. To a public room that he is not in, browsing leads."""
    ann, bob = signs_up(server, "ann"), signs_up(server, "bob")
    becomes_administrator(bob)
    room = ann.creates_room()
    bob.joins(room)
    assert ann.api.call("PATCH", f"/api/v1/rooms/{room}", {"keep_days": 45}).status == 200
    screen = opens_screen(bob)
    screen.opens_room(room)

    screen.page.get_by_role("button", name="More about this room").click()
    screen.page.get_by_role("button", name="Room settings").click()
    dialog = screen.page.get_by_role("dialog", name="Room settings")
    expect(dialog.get_by_label("Days")).to_have_value("45")
    for name in ("Name", "Topic", "Description", "Slow mode", "Who can join?"):
        expect(dialog.get_by_label(name)).to_have_count(0)
    expect(dialog.get_by_role("button", name="Archive this room")).to_be_visible()
    expect(dialog.get_by_role("button", name="Export this room")).to_have_count(0)
    dialog.get_by_label("Keep messages").select_option("90 days")
    dialog.get_by_role("button", name="Save").click()

    expect(dialog).to_have_count(0, timeout=WITHIN_MS)
    expect(screen.page.get_by_text("Messages older than 90 days are removed.")).to_be_visible()
    name = f"Elsewhere of {ann.username}"
    other = ann.creates_room(name)
    screen.page.get_by_role("button", name="Browse rooms").first.press("Enter")
    screen.page.get_by_role("button", name=f"Settings of {name}").press("Enter")
    dialog.get_by_label("Keep messages").select_option("30 days")
    dialog.get_by_role("button", name="Save").press("Enter")
    expect(dialog).to_have_count(0, timeout=WITHIN_MS)
    kept = {one["id"]: one["keep_days"] for one in ann.api.get("/api/v1/rooms").json["rooms"]}
    assert kept[other] == 30
