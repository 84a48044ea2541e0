"""A drained worker's people do not come back all at once: each is told his own moment."""

import os
import signal
import time
from collections.abc import Callable

from tests.soak.tab import SoakTab
from tests.support.claims import assert_never_shown
from tests.support.people import Person
from tests.support.server import Server
from tests.support.waiting import wait_until

SignsUp = Callable[[Server, str], Person]
TABS = 24  # about half of them on the worker that ends
SPREAD_MS = 200  # the least; more people, more time
ALIVE_MS = 3_600


def test_people_of_a_drained_worker_come_back_spread_and_miss_nothing(
    starts_server: Callable[..., Server], signs_up: SignsUp
) -> None:
    """Each tab is told another moment and comes back by itself; nobody is shown offline, and what
    was posted meanwhile is on every screen."""
    server = starts_server()
    ann, bob = signs_up(server, "ann"), signs_up(server, "bob")
    room = ann.creates_room()
    bob.joins(room)
    viewer = bob.opens_tab(reconnects=True)
    tabs = [SoakTab(server.host, ann.api.cookie, ALIVE_MS).comes() for _ in range(TABS)]
    try:
        wait_until(lambda: all(tab.is_connected for tab in tabs), 20, "all are there")
        drained_s = time.monotonic()

        doomed = server.worker_of(viewer.local_port)
        os.kill(doomed, signal.SIGTERM)
        bodies = [f"while it drains {n}" for n in range(20)]
        for body in bodies:
            tabs[0].posts_until_acked(room, body)
        server.worker_returns(doomed)
        wait_until(lambda: all(tab.is_connected for tab in tabs), 20, "all are back")

        told_ms = [one["reconnect_in_ms"] for tab in tabs for one in tab.heard("server:draining")]
        assert len(told_ms) >= TABS // 4
        assert len(set(told_ms)) > len(told_ms) // 2, "everybody was told the same moment"
        assert max(told_ms) - min(told_ms) >= SPREAD_MS / 4
        assert max(told_ms) <= SPREAD_MS
        for tab in (*tabs, viewer):
            tab.holds(room, len(bodies), within_s=10)
            assert tab.timeline[room].bodies() == bodies
        viewer.stays_until(time.monotonic() + viewer.ready["bounds_ms"]["tab_closed"] / 1000)
        assert_never_shown(viewer, ann, "offline", since_s=drained_s)
    finally:
        for tab in tabs:
            tab.closes()
