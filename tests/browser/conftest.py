"""Two real browsers. Whatever one of them complains about fails the test that made it complain."""

import contextlib
import os
import signal
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import psutil
import pytest
from playwright.sync_api import Browser, Playwright, expect, sync_playwright

from tests.conftest import CALL_FAILED
from tests.support.chromium import Chromium, find_chromium
from tests.support.people import Person
from tests.support.proxy import Proxy
from tests.support.screen import SHOWN_DEADLINE_S, Screen

OpensScreen = Callable[..., Screen]

# A minute by itself: `make xss` runs it.
collect_ignore = [] if os.environ.get("TEST_XSS") else ["test_xss_everywhere.py"]


class RealBrowser:
    """A Chromium of our own with its processes, so that a test can stop all of them."""

    def __init__(self, playwright: Playwright, chromium: Chromium) -> None:
        before = _main_processes(chromium)
        self.browser: Browser = playwright.chromium.launch(
            executable_path=chromium.binary,
            args=list(chromium.args),
            ignore_default_args=list(chromium.ignore_default_args) or None,
            env=dict(chromium.env) or None,
        )
        ours = _main_processes(chromium) - before
        # A process that is just being forked still has its parent's command line: the eldest.
        self._main = min(ours, key=psutil.Process.create_time)

    def freezes(self) -> None:
        """Every process of this browser stands still, as on a laptop whose lid was closed."""
        self._signal(signal.SIGSTOP)

    def thaws(self) -> None:
        """Every process of this browser goes on."""
        self._signal(signal.SIGCONT)

    def _signal(self, number: signal.Signals) -> None:
        for process in (self._main, *self._main.children(recursive=True)):
            with contextlib.suppress(ProcessLookupError):
                os.kill(process.pid, number)


class Browsers:
    """Browsers that share nothing, each started when it is first asked for."""

    def __init__(self, playwright: Playwright, chromium: Chromium) -> None:
        self._needs = playwright, chromium
        self._started: dict[int, RealBrowser] = {}

    def __getitem__(self, number: int) -> RealBrowser:
        if number not in self._started:
            self._started[number] = RealBrowser(*self._needs)
        return self._started[number]

    def close(self) -> None:
        """All of them have ended."""
        for one in self._started.values():
            one.thaws()
            one.browser.close()


@pytest.fixture(scope="session")
def chromium() -> Chromium:
    """The Chromium to drive; without one the browser tests fail, they are never skipped."""
    return find_chromium()


@pytest.fixture(scope="session")
def playwright() -> Iterator[Playwright]:
    """Playwright's driver; what it is told to expect has as long as all that a screen shows."""
    expect.set_options(timeout=SHOWN_DEADLINE_S * 1000)
    with sync_playwright() as driver:
        yield driver


@pytest.fixture(scope="module")
def browsers(playwright: Playwright, chromium: Chromium) -> Iterator[Browsers]:
    """Browsers for all tests of one file."""
    some = Browsers(playwright, chromium)
    yield some
    some.close()


@pytest.fixture
def opens_screen(browsers: Browsers, request: pytest.FixtureRequest) -> Iterator[OpensScreen]:
    """A function (person, browser=0, signed_in=True, **context) -> Screen; checked at the end.

    Of a test that failed, what each screen showed at that moment is in the output."""
    with ExitStack() as stack:
        screens: list[Screen] = []

        def opens(
            person: Person, browser: int = 0, *, signed_in: bool = True, **options: Any
        ) -> Screen:
            proxy = Proxy(person.server.port)
            stack.callback(proxy.stop)
            context = browsers[browser].browser.new_context(**{"locale": "en-US"} | options)
            stack.callback(context.close)
            if signed_in:
                context.add_cookies(_cookies_of(person, proxy))
            screen = Screen(context, person, proxy, context.new_page())
            screen.watch()
            screens.append(screen)
            return screen

        yield opens
        if request.node.stash.get(CALL_FAILED, False):
            print(*(one.described() for one in screens), sep="\n\n")
        complaints = {one.person.username: found for one in screens if (found := one.unforgiven())}
        assert complaints == {}


def _cookies_of(person: Person, proxy: Proxy) -> Any:  # Playwright's own type of a cookie
    url = f"http://{proxy.host}"
    return [{"name": n, "value": v, "url": url} for n, v in person.api.cookies.items()]


def _main_processes(chromium: Chromium) -> set[psutil.Process]:
    found = set()
    for process in psutil.Process().children(recursive=True):
        with contextlib.suppress(psutil.NoSuchProcess):
            command = process.cmdline()
            is_child = any(part.startswith("--type=") for part in command)
            if command[:1] == [str(chromium.binary)] and not is_child:
                found.add(process)
    return found
