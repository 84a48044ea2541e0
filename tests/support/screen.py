"""A person in a real browser: what he does by roles and labels, and what his screen showed when.

A recorder in each page notes every status that was shown of somebody and every message that came,
with the clock's time: a flicker that lasts one frame is in the record. It hangs on three marks of
the page, `li[data-user]`, `[data-status]` and `li[data-seq]`.
"""

import re
import time
from dataclasses import dataclass, field
from typing import Any

from playwright.sync_api import BrowserContext, ConsoleMessage, Locator, Page, Request, expect
from playwright.sync_api import Error as PlaywrightError

from tests.support.chromium import axe_source
from tests.support.people import Person
from tests.support.proxy import Proxy
from tests.support.waiting import wait_until

RECORDER = """
window.record = {statuses: [], messages: [], sent: [], violations: [], timeOrigin: Date.now()};
(() => {
  const last = new Map(), known = new Set();
  const look = () => {
    const now = Date.now();
    for (const dot of document.querySelectorAll('[data-user] [data-status]')) {
      const user = dot.closest('[data-user]').dataset.user, status = dot.dataset.status;
      if (last.get(user) !== status) record.statuses.push({user, status, at_ms: now});
      last.set(user, status);
    }
    for (const line of document.querySelectorAll('li[data-seq]')) {
      if (known.has(line.dataset.key)) continue;
      known.add(line.dataset.key);
      const body = line.querySelector('.body');
      record.messages.push({text: body ? body.textContent.trim() : '', at_ms: now});
    }
  };
  new MutationObserver(look).observe(document, {childList: true, subtree: true, attributes: true});
  addEventListener('keydown', (event) => {
    if (event.key === 'Enter') record.sent.push({at_ms: Date.now()});
  }, true);
  addEventListener('securitypolicyviolation', (event) => {
    record.violations.push(`${event.violatedDirective} ${event.blockedURI}`);
  });
})();
"""
AXE = """async () => {
    const options = {runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa']};
    const {violations, passes} = await axe.run(document, options);
    if (passes.length < 5) throw new Error('axe saw no page');
    return violations.map(({id, nodes}) => `${id}: ${nodes.map((n) => n.html).join(' | ')}`);
}"""
SHOWN_DEADLINE_S = 15.0  # a machine that is shared; what is promised sooner is asked for sooner


@dataclass
class Screen:
    """One page of one person. Whatever the browser complains about is collected in `complaints`."""

    context: BrowserContext
    person: Person
    proxy: Proxy
    page: Page
    complaints: list[str] = field(default_factory=list)
    forgiven: list[str] = field(default_factory=list)

    def watch(self) -> None:
        """Errors in the console, uncaught exceptions and foreign requests are complaints."""
        self.page.add_init_script(RECORDER)
        self.page.on("console", self._on_console)
        self.page.on("pageerror", lambda error: self.complaints.append(f"uncaught: {error}"))
        self.page.on("request", self._on_request)

    def goes_to(self, path: str) -> None:
        """The page of that path is loaded."""
        self.page.goto(f"http://{self.proxy.host}{path}", wait_until="domcontentloaded")

    def opens_room(self, room_id: str) -> None:
        """The room is on the screen, live: the composer can be used and people have a status."""
        self.goes_to(f"/rooms/{room_id}")
        expect(self.composer).to_be_visible()
        self.shows(self.person, "online")

    def posts(self, text: str) -> None:
        """The person types the text and presses Enter."""
        self.composer.fill(text)
        self.composer.press("Enter")

    @property
    def composer(self) -> Locator:
        """Where one writes."""
        return self.page.get_by_role("textbox", name=re.compile("^(Message|给)"))

    @property
    def messages(self) -> Locator:
        """The list of messages."""
        return self.page.get_by_role("list", name=re.compile("^(Messages in|.*消息)"))

    def holds(self, text: str, *, within_s: float = SHOWN_DEADLINE_S) -> None:
        """A message with that text is on the screen, once, and the server has it."""
        line = self.messages.locator("li[data-seq]").filter(has_text=text)
        expect(line).to_have_count(1, timeout=within_s * 1000)

    def texts(self) -> list[str]:
        """Return the texts of the stored messages, from top to bottom."""
        return [
            text.strip() for text in self.messages.locator("li[data-seq] .body").all_text_contents()
        ]

    def shows(self, person: Person, status: str, *, within_s: float = SHOWN_DEADLINE_S) -> None:
        """The roster shows that status of the person."""
        dot = self.page.locator(f'[data-user="{person.username}"] [data-status="{status}"]')
        expect(dot).to_have_count(1, timeout=within_s * 1000)

    def statuses_of(self, person: Person, *, since_ms: float = 0) -> list[tuple[str, float]]:
        """Return (status, at_ms by the clock) of each change that was shown since then."""
        return [
            (look["status"], look["at_ms"])
            for look in self.record["statuses"]
            if look["user"] == person.username and look["at_ms"] >= since_ms
        ]

    def violations(self) -> Any:
        """Return each violation that axe-core finds on the page, with the elements."""
        self.page.evaluate(axe_source())  # a script tag would need our CSP's nonce
        return self.page.evaluate(AXE)

    def sideways_px(self) -> int:
        """Return by how much the page is wider than the window."""
        root = "document.scrollingElement"
        return int(self.page.evaluate(f"{root}.scrollWidth - {root}.clientWidth"))

    def came_at_ms(self, text: str) -> float:
        """Return the clock's time at which the message appeared in this page."""
        (came,) = [one["at_ms"] for one in self.record["messages"] if one["text"] == text]
        return float(came)

    @property
    def record(self) -> Any:
        """What the recorder in the page has noted so far."""
        return self.page.evaluate("window.record")

    @property
    def worker_pid(self) -> int:
        """The worker that holds this page's connection."""
        port = wait_until(
            lambda: next(reversed(self.proxy.websocket_ports()), None), 5, "a WebSocket is open"
        )
        return self.person.server.worker_of(port)

    def stays_until(self, moment_s: float) -> None:
        """The page lives on until that moment (monotonic seconds)."""
        left_ms = (moment_s - time.monotonic()) * 1000
        if left_ms > 0:
            self.page.wait_for_timeout(left_ms)

    def forgives(self, pattern: str) -> None:
        """Complaints that match are part of what the test does."""
        self.forgiven.append(pattern)

    def unforgiven(self) -> list[str]:
        """Return the complaints that no test expected, CSP violations among them."""
        found = list(self.complaints)
        if not self.page.is_closed():
            found += [f"CSP: {one}" for one in (self.record or {}).get("violations", [])]
        return [one for one in found if not any(re.search(p, one) for p in self.forgiven)]

    def described(self) -> str:
        """Return what the page shows right now as a screen reader has it, and its complaints."""
        lines = [f"{self.person.username} at {self.page.url}", *self.complaints]
        try:
            lines.append(self.page.locator("body").aria_snapshot(timeout=2000))
        except PlaywrightError as away:
            lines.append(f"no page to look at: {away}")
        lines.append(self.page.content())
        return "\n".join(lines)

    def _on_console(self, message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"}:
            self.complaints.append(f"console {message.type}: {message.text}")

    def _on_request(self, request: Request) -> None:
        if not request.url.startswith((f"http://{self.proxy.host}/", "data:", "blob:")):
            self.complaints.append(f"another origin: {request.url}")
