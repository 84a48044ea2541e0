"""Everybody reconnects at once: all are in, and nobody is left behind.

Five thousand on four workers, with their figures: `python -m tests.soak.herd`."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from tests.soak.herd import herd
from tests.support.people import Person, sign_up
from tests.support.server import Server
from tests.support.waiting import wait_until

PEOPLE, TABS_EACH = 15, 20


def test_three_hundred_that_come_at_once_are_all_in(
    starts_server: Callable[..., Server],
) -> None:
    """None is lost, and when all have left nothing stays."""
    server = starts_server()
    people = [sign_up(server, "person") for _ in range(PEOPLE)]
    room = people[0].creates_room()
    for one in people[1:]:
        one.joins(room)
    cookies = [one.api.cookie for one in people] * TABS_EACH

    # In a thread: Playwright leaves a running loop behind in the one of the tests.
    with ThreadPoolExecutor(1) as beside:
        _, lost = beside.submit(lambda: asyncio.run(herd(server, cookies))).result()

    assert lost == 0
    wait_until(lambda: held(people[0]) == 0, 20, "nobody is left inside")


def held(person: Person) -> int:
    """Return how many connections the workers hold, by their own count."""
    metrics = person.api.get("/metrics").body.decode()
    (line,) = [one for one in metrics.splitlines() if one.startswith("rollcall_edge_sockets ")]
    return int(float(line.split()[1]))
