"""Texts that would run, shown in Chromium as messages, names and topics: nothing of them runs.

Without the policy of the pages, so that what makes a text safe stands alone. That a text which
does run is noticed is a test too. The long form is test_xss_everywhere.py, by `make xss`.
"""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import OpensScreen
from tests.browser.xss_acts import judges, notices, opens_whole, raw_html
from tests.browser.xss_house import BOOT_BREAKERS, SETTINGS, signs_up_as
from tests.browser.xss_wall import NAMES, Wall, built
from tests.browser.xss_watch import Watch
from tests.support.screen import Screen
from tests.support.server import Server
from tests.support.waiting import wait_until

LEAST_SAID = 270
LEAST_NAMES = 250
ALIVE_LEAST = 20
PEOPLE, ROOMS, BROWSED = ".person-name", ".room-name", ".browse-what strong, .browse-what p"


@pytest.fixture(scope="module")
def wall(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Wall]:
    """A Rollcall of this file alone: nobody else's lists hold such names."""
    server = Server(tmp_path_factory.mktemp("xss"), workers=1, settings=SETTINGS)
    try:
        server.start()
        owner = signs_up_as(server, "owner", BOOT_BREAKERS[0])
        assert owner is not None
        yield built(server, owner)
        assert server.new_tracebacks() == []
    finally:
        server.stop()


@pytest.fixture
def watched(wall: Wall, opens_screen: OpensScreen) -> tuple[Screen, Watch]:
    """The owner's screen, without the policy, and what is noted of it."""
    screen = opens_screen(wall.owner, bypass_csp=True)
    return screen, Watch(screen.page)


def test_nothing_runs_in_messages_names_and_topics(
    wall: Wall, watched: tuple[Screen, Watch]
) -> None:
    """All messages, a roster, a room list and a dialog full of such names: each is only text.

    The same pages, told to take the names for HTML, run dozens of them: they are not dead."""
    screen, watch = watched
    assert sum(len(room.said) for room in wall.rooms) > LEAST_SAID

    for room in reversed(wall.rooms):
        opens_whole(screen, room)
        judges(screen, watch)
    page = screen.page
    page.get_by_role("button", name="Browse rooms").click()
    expect(page.locator(".browse-what p")).to_have_count(len(NAMES))
    assert len(NAMES) > LEAST_NAMES
    assert missing(page, PEOPLE) == missing(page, ROOMS) == missing(page, BROWSED) == []
    judges(screen, watch)
    notices(screen, watch)

    watch.takes_for_html(f"{PEOPLE}, {ROOMS}, {BROWSED}")
    wait_until(lambda: watch.seen() and len(watch.ran()) > ALIVE_LEAST, 10, "names run as HTML")


def test_a_message_that_is_not_made_safe_is_noticed(
    wall: Wall, watched: tuple[Screen, Watch]
) -> None:
    """With answers that hold the raw texts as HTML, dozens of them run and all are seen."""
    screen, watch = watched
    screen.forgives(".")
    screen.page.route(re.compile(r"/messages\?"), raw_html)

    screen.goes_to(f"/rooms/{wall.rooms[0].id}")
    expect(screen.messages.locator("li[data-seq]")).to_have_count(len(wall.rooms[0].said))
    watch.touches_everything()

    assert watch.strangers()
    assert watch.handlers()
    wait_until(lambda: watch.seen() and len(watch.ran()) > ALIVE_LEAST, 10, "raw texts are noted")


def missing(page: Page, places: str) -> list[str]:
    """Return the names that stand in none of these places, white space aside."""
    texts = "\n".join("".join(one.split()) for one in page.locator(places).all_text_contents())
    return [name for name in NAMES if "".join(name.split()) not in texts]
