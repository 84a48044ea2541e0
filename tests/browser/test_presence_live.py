"""The main job in two real browsers on two workers: who is here, and what was said, at once."""

import statistics
import time
from collections.abc import Callable

from tests.browser.conftest import Browsers, OpensScreen
from tests.support.people import Person
from tests.support.screen import Screen
from tests.support.server import QUICK, Server

SignsUp = Callable[[Server, str], Person]
MESSAGE_MS = 200
PRESENCE_MS = 500
GRACE_MS = 1000
TAB_CLOSED_MS = 1600
LEASE_MS = 6000


def two_people_in_a_room(
    server: Server, signs_up: SignsUp, opens_screen: OpensScreen
) -> tuple[Screen, Screen, str]:
    """Return Ann's and Bob's screens with one room open, on two workers, and the room."""
    ann, bob = signs_up(server, "ann"), signs_up(server, "bob")
    room = ann.creates_room()
    bob.joins(room)
    ours, theirs = opens_screen(ann, 0), opens_screen(bob, 1)
    ours.opens_room(room)
    theirs.opens_room(room)
    ours.shows(bob, "online")
    for _ in range(10):  # the sockets that a browser opens ahead of need take places too
        if ours.worker_pid != theirs.worker_pid:
            break
        theirs.opens_room(room)
    assert ours.worker_pid != theirs.worker_pid
    return ours, theirs, room


def test_message_is_on_the_other_screen_within_200_ms(
    server: Server, signs_up: SignsUp, opens_screen: OpensScreen
) -> None:
    """From Enter in one browser to the paint in the other: 200 ms, in the median of eleven."""
    ours, theirs, _ = two_people_in_a_room(server, signs_up, opens_screen)

    for n in range(11):
        ours.posts(f"hello {n}")
        theirs.holds(f"hello {n}")

    sent = [one["at_ms"] for one in ours.record["sent"]]
    took = [theirs.came_at_ms(f"hello {n}") - at_ms for n, at_ms in enumerate(sent)]
    assert statistics.median(took) <= MESSAGE_MS, took
    assert theirs.texts() == ours.texts() == [f"hello {n}" for n in range(11)]


def test_presence_change_is_on_the_other_screen_within_500_ms(
    server: Server, signs_up: SignsUp, opens_screen: OpensScreen
) -> None:
    """From the connection of one browser to the dot in the other: 500 ms, in the median of five."""
    ann, bob = signs_up(server, "ann"), signs_up(server, "bob")
    room = ann.creates_room()
    bob.joins(room)
    watching = opens_screen(bob, 1)
    watching.opens_room(room)
    took = []

    for _ in range(5):
        began_ms = time.time() * 1000
        tab = ann.opens_tab()  # returns once the server has said session:ready
        watching.shows(ann, "online")
        took.append(watching.statuses_of(ann, since_ms=began_ms)[0][1] - began_ms)
        tab.closes()
        watching.shows(ann, "offline")

    assert statistics.median(took) <= PRESENCE_MS, took


def test_closed_tab_is_offline_after_the_grace_not_before(
    server: Server, signs_up: SignsUp, opens_screen: OpensScreen
) -> None:
    """Bob closes his tab; on Ann's screen he goes offline when the grace is over."""
    ours, theirs, _ = two_people_in_a_room(server, signs_up, opens_screen)
    closed_ms = time.time() * 1000

    theirs.page.close()

    ours.shows(theirs.person, "offline")
    ((status, at_ms),) = ours.statuses_of(theirs.person, since_ms=closed_ms)
    assert status == "offline"
    assert GRACE_MS <= at_ms - closed_ms <= TAB_CLOSED_MS + PRESENCE_MS


def test_reload_does_not_flicker(
    server: Server, signs_up: SignsUp, opens_screen: OpensScreen
) -> None:
    """Bob reloads three times; not one frame on Ann's screen shows him as anything but online."""
    ours, theirs, _ = two_people_in_a_room(server, signs_up, opens_screen)
    began_ms = time.time() * 1000

    for _ in range(3):
        theirs.page.reload(wait_until="domcontentloaded")
        theirs.shows(ours.person, "online")

    ours.stays_until(time.monotonic() + (TAB_CLOSED_MS + PRESENCE_MS) / 1000)
    assert ours.statuses_of(theirs.person, since_ms=began_ms) == []
    ours.shows(theirs.person, "online")


def test_hidden_tab_is_away_and_comes_back(
    starts_server: Callable[..., Server], signs_up: SignsUp, opens_screen: OpensScreen
) -> None:
    """A tab that nobody can see becomes away after its time, and online when it is seen again."""
    server = starts_server(settings={**QUICK, "ROLLCALL_HIDDEN_AWAY_MS": "1000"})
    ours, theirs, _ = two_people_in_a_room(server, signs_up, opens_screen)

    set_visibility(theirs, "hidden")
    ours.shows(theirs.person, "away")
    set_visibility(theirs, "visible")

    ours.shows(theirs.person, "online")


def test_killed_worker_stops_neither_messages_nor_the_truth(
    starts_server: Callable[..., Server], signs_up: SignsUp, opens_screen: OpensScreen
) -> None:
    """SIGKILL of the worker under Bob: his page comes back by itself, and Ann saw no offline."""
    server = starts_server()
    ours, theirs, _ = two_people_in_a_room(server, signs_up, opens_screen)
    theirs.forgives("WebSocket connection to")
    theirs.posts("before")
    ours.holds("before")
    killed_ms, killed_s = time.time() * 1000, time.monotonic()

    server.worker_dies(theirs.worker_pid)
    ours.posts("from the living")
    theirs.posts("from the orphan")

    for screen in (ours, theirs):
        screen.holds("from the living", within_s=10)
        screen.holds("from the orphan", within_s=10)
    worker_killed_s = 4.1 + 1
    ours.stays_until(killed_s + worker_killed_s)
    assert ours.statuses_of(theirs.person, since_ms=killed_ms) == []
    assert ours.texts() == theirs.texts()


def test_frozen_browser_is_offline_within_the_lease(
    server: Server,
    signs_up: SignsUp,
    opens_screen: OpensScreen,
    browsers: Browsers,
) -> None:
    """SIGSTOP of Bob's browser (a closed laptop): offline within the lease and a second."""
    ours, theirs, _ = two_people_in_a_room(server, signs_up, opens_screen)
    frozen_ms = time.time() * 1000

    browsers[1].freezes()
    try:
        ours.shows(theirs.person, "offline", within_s=LEASE_MS / 1000 + 5)
        ((status, at_ms),) = ours.statuses_of(theirs.person, since_ms=frozen_ms)
    finally:
        browsers[1].thaws()

    assert status == "offline"
    assert GRACE_MS <= at_ms - frozen_ms <= LEASE_MS + 1000
    ours.shows(theirs.person, "online", within_s=10)


def test_own_loss_shows_others_as_unknown_and_heals(
    server: Server, signs_up: SignsUp, opens_screen: OpensScreen
) -> None:
    """While Ann's line is down she is told so, and sees nobody falsely green; then all is well."""
    ours, theirs, _ = two_people_in_a_room(server, signs_up, opens_screen)
    ours.forgives("WebSocket connection to")

    ours.proxy.swallows()
    ours.shows(theirs.person, "unknown", within_s=15)
    banner = ours.page.get_by_role("status").get_by_text("Reconnecting")
    assert banner.is_visible()
    theirs.posts("while you were away")
    ours.proxy.cuts()
    ours.proxy.passes()

    ours.holds("while you were away", within_s=15)
    ours.shows(theirs.person, "online", within_s=10)
    banner.wait_for(state="hidden", timeout=5000)


def set_visibility(screen: Screen, state: str) -> None:
    """The page believes that its tab is hidden or in front (headless tabs never are hidden)."""
    screen.page.evaluate(
        """(state) => {
            Object.defineProperty(document, 'visibilityState', {value: state, configurable: true});
            Object.defineProperty(document, 'hidden',
                {value: state === 'hidden', configurable: true});
            document.dispatchEvent(new Event('visibilitychange'));
        }""",
        state,
    )
