"""What keeps one from writing is told at once; what is gone leaves every list that is open."""

import re
from collections.abc import Callable
from dataclasses import dataclass

from playwright.sync_api import Locator, expect

from tests.browser.conftest import OpensScreen
from tests.browser.test_retention import ages, posts
from tests.support.people import Person
from tests.support.screen import Screen
from tests.support.server import Server
from tests.support.waiting import wait_until

SignsUp = Callable[[Server, str], Person]
WITHIN_MS = 15_000
CLOCK_IS_SLOW = "() => { const now = Date.now; Date.now = () => now() - 600_000; }"
# Every sentence that was shown, however short: a mute of seconds is over before one looks twice.
NOTES_BARS = """() => {
    window.bars = [];
    const note = () => bars.push(...[...document.querySelectorAll('.bar-note p')].map(
        (one) => one.textContent));
    new MutationObserver(note).observe(document, {childList: true, subtree: true});
}"""
SAID = "(words) => bars.some((one) => one.includes(words))"


def opens_from_menu(screen: Screen, name: str) -> Locator:
    """Open what an item of the room's menu leads to; return its lines."""
    screen.page.get_by_role("button", name="More about this room").click()
    screen.page.get_by_role("button", name=name).click()
    return lines_of(screen, name)


def searches(screen: Screen, words: str) -> None:
    """Ask for messages with these words; the pane stays open."""
    screen.page.get_by_role("button", name="Search messages").click()
    screen.page.get_by_role("searchbox", name="Search for").fill(words)
    screen.page.keyboard.press("Enter")


def asks_who_has_seen(screen: Screen, text: str) -> Locator:
    """Open the dialog about the message with that text, which quotes it."""
    line = screen.messages.locator("li[data-seq]").filter(has_text=text)
    line.get_by_role("button", name="More actions").press("Enter")
    screen.page.get_by_role("button", name="Who has seen it").press("Enter")
    seen = screen.page.get_by_role("dialog", name="Seen by")
    expect(seen).to_contain_text(text, timeout=WITHIN_MS)
    return seen


def is_deleted(keeper: Person, message: str) -> None:
    """A keeper of its room takes the message back."""
    assert keeper.api.delete(f"/api/v1/messages/{message}").status == 200


def lines_of(screen: Screen, name: str) -> Locator:
    """Return the lines of the open dialog of that name."""
    dialog = screen.page.get_by_role("dialog", name=name)
    expect(dialog).to_be_visible(timeout=WITHIN_MS)
    return dialog.get_by_role("listitem")


@dataclass
class Writer:
    """A member with a draft in the room and in a thread of it; what its owner does to him."""

    screen: Screen
    owner: Person
    room: str

    @property
    def answer(self) -> Locator:
        """Where he writes in the thread."""
        return self.screen.page.get_by_role("textbox", name="Answer in this thread")

    @property
    def notes(self) -> Locator:
        """Why he may not write."""
        return self.screen.page.locator(".bar-note")

    def becomes(self, role: str) -> None:
        """He has that role."""
        member = f"{self.room}/members/{self.screen.person.id}"
        assert self.owner.api.call("PATCH", member, {"role": role}).status == 200

    def is_muted_for(self, seconds: int) -> None:
        """He is muted from now on."""
        mute = {"user_id": self.screen.person.id, "duration_s": seconds}
        assert self.owner.api.post(f"{self.room}/mutes", mute).status == 201

    def reads(self, why: str) -> None:
        """Both places say why he may not write, and take nothing."""
        sentence = re.compile(why)
        expect(self.notes).to_have_text([sentence, sentence], timeout=WITHIN_MS)
        for field in (self.screen.composer, self.answer):
            expect(field).not_to_be_editable()

    def was_told(self, words: str) -> None:
        """They said so, if only for a moment."""
        page = self.screen.page
        wait_until(lambda: page.evaluate(SAID, words), WITHIN_MS / 1000, f"{words!r} was said")

    def goes_on(self, typed: str, stands: str) -> None:
        """He types on where he was; then that stands there."""
        expect(self.notes).to_have_count(0, timeout=WITHIN_MS)
        expect(self.screen.composer).to_be_focused()
        self.screen.page.keyboard.type(typed)
        expect(self.screen.composer).to_have_value(stands)
        expect(self.answer).to_have_value("an answer")


def test_who_may_not_write_reads_why_and_goes_on_when_it_ends(
    server: Server, signs_up: SignsUp, opens_screen: OpensScreen
) -> None:
    """In the room and in the thread beside it, without a reload: by his role, for a time, by a
    room put away; the drafts and the focus stay. A mute ends by the clock, and by the server's word
    where the reader's clock is slow."""
    ann, bob = signs_up(server, "ann"), signs_up(server, "bob")
    room = ann.creates_room()
    bob.joins(room)
    posts(ann, room, "a question")
    screen = opens_screen(bob)
    screen.opens_room(room)
    page, of = screen.page, f"/api/v1/rooms/{room}"
    screen.messages.get_by_role("button", name="Reply in thread").press("Enter")
    writer = Writer(screen, ann, of)
    writer.answer.fill("an answer")
    screen.composer.fill("half")

    writer.becomes("read_only")
    writer.reads("only read.*An owner can")
    page.keyboard.type("nothing")
    page.keyboard.press("Enter")
    writer.becomes("member")
    writer.goes_on(" a", "half a")
    writer.is_muted_for(3600)
    writer.reads("until .* (60|59) more minutes.*An owner or a moderator")
    assert screen.violations() == []
    assert ann.api.delete(f"{of}/mutes/{bob.id}").status == 204
    writer.goes_on(" th", "half a th")
    page.evaluate(NOTES_BARS)
    writer.is_muted_for(3)
    writer.was_told(" 1 more minute.")
    writer.goes_on("ou", "half a thou")
    assert ann.api.post(f"{of}/archive").status == 200
    writer.reads("archived.*until an owner or an administrator")
    assert ann.api.delete(f"{of}/archive").status == 200
    writer.goes_on("gh", "half a though")
    page.evaluate(CLOCK_IS_SLOW)
    writer.is_muted_for(1)
    writer.was_told(" 11 more minutes.")
    writer.goes_on("t", "half a thought")
    page.keyboard.press("Enter")
    screen.holds("half a thought")


def test_who_may_not_write_is_offered_nothing_that_would_be_refused(
    server: Server, signs_up: SignsUp, opens_screen: OpensScreen
) -> None:
    """No reaction, edit, pin or deletion beside his own message while he may only read; what he may
    do stays, and all is there again when he may write."""
    ann, bob = signs_up(server, "ann"), signs_up(server, "bob")
    room = ann.creates_room()
    bob.joins(room)
    mine = posts(bob, room, "mine")
    thumb = {"emoji": "👍", "on": True}
    assert ann.api.post(f"/api/v1/messages/{mine}/reactions", thumb).status == 200
    screen = opens_screen(bob)
    screen.opens_room(room)
    writer = Writer(screen, ann, f"/api/v1/rooms/{room}")
    line = screen.messages.locator("li[data-seq]").filter(has_text="mine")
    bar, chip = line.get_by_role("toolbar"), line.locator(".reaction")

    def is_offered(*acts: str) -> None:
        line.hover()
        expect(bar.get_by_role("button")).to_have_count(len(acts), timeout=WITHIN_MS)
        for act in acts:
            expect(bar.get_by_role("button", name=act, exact=True)).to_be_visible()

    is_offered("React", "Reply in thread", "Edit", "More actions")
    writer.becomes("read_only")
    is_offered("Reply in thread", "More actions")
    chip.click(force=True)
    bar.get_by_role("button", name="More actions").click()
    items = line.locator(".menu-item")
    expect(items.filter(has_text="Save for later")).to_be_visible()
    expect(items.filter(has_text=re.compile("Pin|Delete"))).to_have_count(0)
    assert screen.violations() == []
    screen.page.keyboard.press("Escape")
    expect(chip).to_have_attribute("aria-pressed", "false")
    writer.becomes("member")
    is_offered("React", "Reply in thread", "Edit", "More actions")
    chip.click()
    expect(chip).to_have_attribute("aria-pressed", "true", timeout=WITHIN_MS)


def test_what_is_gone_leaves_every_list_that_is_open(
    server: Server, signs_up: SignsUp, opens_screen: OpensScreen
) -> None:
    """Deleted or kept no more: what was found, what is saved, pins and threads show it no longer,
    without being asked again, also what went while the line was down; of what was saved, and of a
    thread, a stub stays. What is about one message closes."""
    ann, bob = signs_up(server, "ann"), signs_up(server, "bob")
    room = ann.creates_room()
    bob.joins(room)
    old, saved, pinned, root = (
        posts(ann, room, f"needle {what}") for what in ("old", "saved", "pinned", "root")
    )
    posts(bob, room, "mine", thread_id=root)
    posts(ann, room, "unread", thread_id=root)
    more = posts(ann, room, "one more")
    ages(server, room, 1, 40)
    for message in (old, saved):
        assert bob.api.post(f"/api/v1/messages/{message}/save", {"on": True}).status == 200
    assert ann.api.post(f"/api/v1/messages/{pinned}/pin", {"on": True}).status == 200
    screen = opens_screen(bob)
    screen.opens_room(room)
    page, hits = screen.page, screen.page.locator(".hit")

    searches(screen, "needle")
    expect(hits).to_have_count(4, timeout=WITHIN_MS)
    seen = asks_who_has_seen(screen, "one more")
    is_deleted(ann, more)
    expect(seen).to_have_count(0, timeout=WITHIN_MS)
    expect(page.get_by_text("This message is not there any more.")).to_be_visible()
    page.get_by_role("button", name="Saved messages").click()
    lines = lines_of(screen, "Saved messages")
    expect(lines).to_have_count(2, timeout=WITHIN_MS)
    is_deleted(ann, saved)
    expect(lines.first).to_contain_text("This message was deleted.", timeout=WITHIN_MS)
    assert ann.api.call("PATCH", f"/api/v1/rooms/{room}", {"keep_days": 30}).status == 200
    expect(lines).to_have_count(1, timeout=WITHIN_MS)
    expect(hits).to_have_count(2)
    page.keyboard.press("Escape")

    lines = opens_from_menu(screen, "Pinned messages")
    expect(lines).to_contain_text(["needle pinned"], timeout=WITHIN_MS)
    screen.forgives("WebSocket connection to")
    screen.proxy.swallows()
    is_deleted(ann, pinned)
    screen.proxy.cuts()
    screen.proxy.passes()
    expect(lines).to_have_count(0, timeout=WITHIN_MS)
    expect(hits).to_have_count(1, timeout=WITHIN_MS)
    page.keyboard.press("Escape")
    lines = opens_from_menu(screen, "Unread threads")
    expect(lines).to_contain_text(["needle root"], timeout=WITHIN_MS)
    is_deleted(ann, root)
    expect(lines).to_contain_text(["This message was deleted."], timeout=WITHIN_MS)
    expect(page.get_by_text("Nothing was found.")).to_be_visible(timeout=WITHIN_MS)
