"""Own messages that cannot be sent: the browser keeps them, sends each once, tells refusals."""

from collections.abc import Callable
from dataclasses import dataclass

import pytest
from playwright.sync_api import BrowserContext, Locator, WebSocketRoute, expect

from tests.browser.conftest import OpensScreen
from tests.support.people import PASSWORD, Person
from tests.support.screen import Screen
from tests.support.server import Server

SignsUp = Callable[[Server, str], Person]
WITHIN_MS = 15_000
NO_DATABASE = "Object.defineProperty(window, 'indexedDB', {get() { throw new Error('none'); }});"


@dataclass
class Line:
    """What lies between the tabs of one browser and the events of the server; pages still load."""

    is_up: bool = False

    def take(self, context: BrowserContext) -> "Line":
        """Every WebSocket of the context goes over this line."""
        context.route_web_socket("**/socket.io/**", self._opened)
        return self

    def comes_up(self, screen: Screen) -> None:
        """It is up, and the page tries at once."""
        self.is_up = True
        screen.page.evaluate("dispatchEvent(new Event('online'))")

    def _opened(self, socket: WebSocketRoute) -> None:
        if self.is_up:
            socket.connect_to_server()
        else:
            socket.close()


@pytest.fixture
def ann(server: Server, signs_up: SignsUp) -> Person:
    """Ann."""
    return signs_up(server, "ann")


@pytest.fixture
def screen(ann: Person, opens_screen: OpensScreen) -> Screen:
    """Ann's browser."""
    screen = opens_screen(ann)
    screen.forgives("WebSocket")
    return screen


def pending(screen: Screen) -> Locator:
    """Return the lines that wait and outlive the page, from top to bottom."""
    return screen.messages.locator("li[data-client-id][data-kept]")


def waits(screen: Screen, *texts: str) -> None:
    """These lines wait, in this order, and no others."""
    expect(pending(screen).locator(".body")).to_have_text(list(texts), timeout=WITHIN_MS)


def opens(screen: Screen, room: str) -> None:
    """The room is on the screen, connected or not."""
    screen.goes_to(f"/rooms/{room}")
    expect(screen.composer).to_be_visible(timeout=WITHIN_MS)


def stored(person: Person, room: str) -> list[str]:
    """Return what the server holds of the room."""
    return [message["body"] for message in person.history(room)]


def test_unsent_messages_outlive_reload_and_tab_and_are_sent_once_in_order(
    ann: Person, screen: Screen
) -> None:
    """Written in two tabs without a line, one of them closed: the other sends all of it."""
    room, line = ann.creates_room(), Line().take(screen.context)
    opens(screen, room)
    screen.posts("one")
    screen.posts("two")
    waits(screen, "one", "two")

    screen.page.reload(wait_until="domcontentloaded")
    waits(screen, "one", "two")
    other = Screen(screen.context, ann, screen.proxy, screen.context.new_page())
    opens(other, room)
    waits(other, "one", "two")
    other.posts("three")
    waits(screen, "one", "two", "three")
    other.page.close()
    line.comes_up(screen)

    expect(screen.messages.locator("li[data-seq]")).to_have_count(3, timeout=WITHIN_MS)
    waits(screen)
    assert stored(ann, room) == screen.texts() == ["one", "two", "three"]
    screen.page.reload(wait_until="domcontentloaded")
    expect(screen.messages.locator("li[data-seq]")).to_have_count(3, timeout=WITHIN_MS)
    waits(screen)


def test_refusal_is_told_at_its_message_and_holds_back_none_behind_it(
    server: Server, signs_up: SignsUp, ann: Person, screen: Screen
) -> None:
    """Muted while the line was down: what was written meanwhile is refused once it is up; Retry
    sends it, Delete takes it away, its text can be had, by keyboard."""
    bob = signs_up(server, "bob")
    room, line = bob.creates_room(), Line(is_up=True).take(screen.context)
    ann.joins(room)
    mute = {"user_id": ann.id, "duration_s": 3600}
    screen.opens_room(room)
    line.is_up = False
    screen.proxy.cuts()
    screen.posts("first")
    screen.posts("second")
    waits(screen, "first", "second")
    assert bob.api.post(f"/api/v1/rooms/{room}/mutes", mute).status == 201
    line.comes_up(screen)

    refused = pending(screen).filter(has_text="first")
    expect(refused).to_contain_text("You are muted in this room.", timeout=WITHIN_MS)
    expect(screen.page.get_by_text("Not sent.")).to_have_count(2, timeout=WITHIN_MS)
    expect(screen.composer).not_to_be_editable(timeout=WITHIN_MS)
    assert bob.api.delete(f"/api/v1/rooms/{room}/mutes/{ann.id}").status == 204
    expect(screen.composer).to_be_editable(timeout=WITHIN_MS)
    screen.posts("third")
    screen.holds("third", within_s=WITHIN_MS / 1000)
    waits(screen, "first", "second")

    refused.get_by_role("button", name="Copy text").press("Enter")
    expect(screen.page.get_by_text("Text copied.")).to_be_visible(timeout=WITHIN_MS)
    refused.get_by_role("button", name="Retry").press("Enter")
    screen.holds("first", within_s=WITHIN_MS / 1000)
    pending(screen).get_by_role("button", name="Delete").press("Enter")
    waits(screen)
    assert stored(ann, room) == ["third", "first"]


def test_nothing_unsent_is_left_for_the_next_user_of_the_browser(
    server: Server, signs_up: SignsUp, ann: Person, screen: Screen
) -> None:
    """Signing out asks first; whoever signs in next neither sees nor sends what was left."""
    bob = signs_up(server, "bob")
    room, line = ann.creates_room(), Line().take(screen.context)
    bob.joins(room)
    opens(screen, room)
    screen.posts("secret")
    waits(screen, "secret")

    signs_out(screen)
    expect(screen.page.get_by_role("dialog")).to_contain_text("1 message was not sent yet")
    screen.page.keyboard.press("Escape")
    waits(screen, "secret")
    signs_out(screen)
    screen.page.get_by_role("dialog").get_by_role("button", name="Sign out").click()
    screen.page.get_by_label("Username").fill(bob.username)
    screen.page.get_by_label("Password").fill(PASSWORD)
    screen.page.get_by_role("button", name="Sign in", exact=True).click()
    line.is_up = True
    opens(screen, room)
    screen.posts("mine")

    screen.holds("mine", within_s=WITHIN_MS / 1000)
    assert stored(bob, room) == ["mine"]
    assert screen.page.evaluate("indexedDB.databases()") == [
        {"name": f"rollcall:{bob.id}", "version": 1}
    ]


def test_tab_of_a_user_sends_nothing_in_the_session_of_another(
    server: Server, signs_up: SignsUp, ann: Person, screen: Screen
) -> None:
    """Somebody else signed in in another tab: the line is his, and this page is over."""
    bob = signs_up(server, "bob")
    room, line = ann.creates_room(), Line().take(screen.context)
    bob.joins(room)
    opens(screen, room)
    screen.posts("ann's own")
    waits(screen, "ann's own")

    url = f"http://{screen.proxy.host}"
    cookies = [{"name": n, "value": v, "url": url} for n, v in bob.api.cookies.items()]
    screen.context.add_cookies(cookies)  # type: ignore[arg-type] # Playwright's own type of a cookie
    line.comes_up(screen)

    over = screen.page.get_by_role("alert").filter(has_text="Somebody else has signed in")
    expect(over).to_be_visible(timeout=WITHIN_MS)
    assert stored(bob, room) == []


def test_browser_without_a_database_says_so_only_when_it_matters(
    ann: Person, screen: Screen
) -> None:
    """It sends as ever; a message that cannot leave says that the page must stay open."""
    room, line = ann.creates_room(), Line(is_up=True).take(screen.context)
    screen.context.add_init_script(NO_DATABASE)
    screen.opens_room(room)
    note = screen.page.get_by_text("leave this page open")

    screen.posts("one")
    screen.holds("one")
    assert note.count() == 0
    line.is_up = False
    screen.proxy.cuts()
    screen.posts("two")
    expect(note).to_be_visible(timeout=WITHIN_MS)
    line.comes_up(screen)

    screen.holds("two", within_s=WITHIN_MS / 1000)
    expect(note).to_have_count(0)
    assert stored(ann, room) == ["one", "two"]


def signs_out(screen: Screen) -> None:
    """The menu's button is pressed."""
    screen.page.get_by_role("button", name="settings and sign out").click()
    screen.page.get_by_role("button", name="Sign out", exact=True).click()
