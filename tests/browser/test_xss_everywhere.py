"""Texts that would run: 281 of them, wherever people may write, and nothing of them ever runs.

The long form of test_xss.py, by itself a minute: answers, earlier texts, pins, statuses, invites.

Each claim is made twice: with the policy of the pages, and with that header taken away, so that
what makes the text safe stands alone. Not here: the policy itself (tests/pages/test_headers.py).
"""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import OpensScreen
from tests.browser.xss_acts import judges, notices, opens_whole, raw_html
from tests.browser.xss_house import (
    BOOT_BREAKERS,
    PAYLOADS,
    PINNED,
    SETTINGS,
    House,
    Room,
    filled,
)
from tests.browser.xss_watch import Watch
from tests.support.people import Person
from tests.support.screen import Screen
from tests.support.server import Server
from tests.support.waiting import wait_until

ALIVE_LEAST = 40
LEAST_TAKEN = 270


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """A Rollcall of this file alone: nobody else's lists hold such names."""
    server = Server(tmp_path_factory.mktemp("xss"), workers=1, settings=SETTINGS)
    everybody: list[Person] = []
    try:
        server.start()
        yield filled(server, everybody)
        assert server.new_tracebacks() == []
    finally:
        for person in everybody:
            person.leaves_the_house()
        server.stop()


@pytest.fixture(params=[True, False], ids=["with_policy", "without_policy"])
def with_policy(request: pytest.FixtureRequest) -> bool:
    """Whether pages keep their Content-Security-Policy."""
    return bool(request.param)


@pytest.fixture
def watched(house: House, opens_screen: OpensScreen, *, with_policy: bool) -> tuple[Screen, Watch]:
    """The owner's screen and what is noted of it."""
    screen = opens_screen(house.owner, bypass_csp=not with_policy)
    return screen, Watch(screen.page)


def test_nothing_runs_in_messages(
    house: House, watched: tuple[Screen, Watch], *, with_policy: bool
) -> None:
    """Posted and answered, hovered, focused, toggled and clicked: nothing is more than text.

    Without the policy also by mouse, and in the lists of pins and of what was said before."""
    screen, watch = watched
    assert sum(len(room.said) for room in house.rooms) > LEAST_TAKEN

    for room in house.rooms:
        opens_whole(screen, room)
        opens_thread(screen, room)
        judges(screen, watch)
        if with_policy:
            continue
        watch.follows_by_mouse(screen.messages.locator(".body a"))
        opens_pins(screen, room)
        judges(screen, watch)
        opens_versions(screen, room)
        judges(screen, watch)

    notices(screen, watch)


def test_nothing_runs_in_names(house: House, watched: tuple[Screen, Watch]) -> None:
    """People, rooms, topics, statuses: lists, heads, dialogs and pages show them as text."""
    screen, watch = watched
    page = screen.page
    opens_whole(screen, house.rooms[0])
    names = page.locator(".person-name").all_text_contents()
    assert len(names) == len(house.people)
    assert all(any(one.startswith(name) for one in names) for name in BOOT_BREAKERS)
    assert any("xss(" in words for words in page.locator(".person-words").all_text_contents())
    listed = page.get_by_role("navigation", name="Rooms").inner_text()
    assert [title for title in house.titles if shown(title) not in shown(listed)] == []
    chooses(screen, "Room settings")
    page.keyboard.press("Escape")
    page.locator(".person-more").first.click()
    expect(page.get_by_role("dialog")).to_be_visible()
    page.keyboard.press("Escape")
    judges(screen, watch)

    screen.goes_to(f"/invite/{house.invite}")
    expect(page.get_by_role("heading", name=re.compile("svg onload"))).to_be_visible()
    screen.goes_to("/admin")
    expect(page.locator(".transition").first).to_be_visible()
    judges(screen, watch)
    notices(screen, watch)


def test_nothing_runs_while_a_room_changes(house: House, watched: tuple[Screen, Watch]) -> None:
    """Payload after payload is the room's topic and description, in front of who reads there."""
    screen, watch = watched
    room = house.rooms[0]
    opens_whole(screen, room)
    topic = screen.page.locator(".room-topic")

    taken = [one for one in PAYLOADS[::4] if changes_room(house.owner, room, one)]

    assert len(taken) > LEAST_TAKEN // 5
    expect(topic).to_have_text(taken[-1])
    judges(screen, watch)
    notices(screen, watch)


def test_what_is_not_made_safe_is_noticed(
    house: House, watched: tuple[Screen, Watch], *, with_policy: bool
) -> None:
    """With answers that hold the raw texts as HTML, dozens run; with the policy still none does."""
    screen, watch = watched
    screen.forgives(".")
    screen.page.route(re.compile(r"/messages\?"), raw_html)

    for room in house.rooms:
        screen.goes_to(f"/rooms/{room.id}")
        expect(screen.messages.locator("li[data-seq]")).to_have_count(len(room.said))
        watch.touches_everything()
        assert watch.strangers()
        wait_until(watch.seen, 10, "a raw text is noted")

    assert (len(watch.ran()) > ALIVE_LEAST) != with_policy
    assert watch.ran() == set() or not with_policy


def opens_thread(screen: Screen, room: Room) -> None:
    """The answers to the room's first message stand beside it."""
    screen.messages.locator(".thread-link").click()
    pane = screen.page.get_by_role("complementary", name="Thread")
    expect(pane.locator("li[data-seq]")).to_have_count(len(room.said) + 1)


def opens_pins(screen: Screen, room: Room) -> None:
    """The dialog of pinned messages is open."""
    chooses(screen, "Pinned messages")
    expect(screen.page.get_by_role("dialog").locator(".body")).to_have_count(
        min(PINNED, len(room.said))
    )


def opens_versions(screen: Screen, room: Room) -> None:
    """The dialog of everything that the edited message said before is open."""
    screen.page.keyboard.press("Escape")
    line = screen.messages.locator("li[data-seq]").first
    line.hover()
    line.get_by_role("button", name="More actions").click()
    screen.page.get_by_role("button", name="What it said before").click()
    versions = screen.page.get_by_role("dialog").locator(".body")
    expect(versions).to_have_count(len(room.said))


def chooses(screen: Screen, item: str) -> None:
    """The item of the open room's menu was chosen, and its dialog is open."""
    screen.page.get_by_role("button", name="More about this room").click()
    screen.page.get_by_role("button", name=item).click()
    expect(screen.page.get_by_role("dialog")).to_be_visible()


def changes_room(owner: Person, room: Room, text: str) -> bool:
    """Whether the server took the text as topic and description of the room."""
    wish = {"topic": text, "description": text}
    answer = owner.api.call("PATCH", f"/api/v1/rooms/{room.id}", wish)
    assert answer.status in {200, 400}, answer.body
    return answer.status == 200


def shown(text: str) -> str:
    """Return the text without white space, of which a screen shows less."""
    return "".join(text.split())
