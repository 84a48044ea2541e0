"""A deploy: SIGTERM, then a new start. Everything ends in good order and nothing is lost."""

import time
from collections.abc import Callable

import psutil
import pytest

from tests.support.claims import assert_equals_fresh_load, assert_never_shown
from tests.support.people import Person
from tests.support.redis_process import RedisProcess
from tests.support.server import Server

StartsServer = Callable[..., Server]
SignsUp = Callable[[Server, str], Person]


def test_drain_ends_with_zero_and_leaves_no_process(
    starts_server: StartsServer, signs_up: SignsUp
) -> None:
    """SIGTERM with people connected: exit code 0, no orphan, no traceback, and soon."""
    server = starts_server()
    ann = signs_up(server, "ann")
    tab = ann.opens_tab()
    family = psutil.Process(server.pid).children(recursive=True)
    assert len(family) == 4, "two workers, their nursery and their Redis"
    began_s = time.monotonic()

    code = server.drains()

    assert code == 0
    assert time.monotonic() - began_s < 8
    assert [process for process in family if process.is_running()] == []
    tab.waits_for("server:draining", within_s=1)


@pytest.mark.fault(3)
def test_deploy_shows_nobody_offline_and_loses_nothing(
    starts_server: StartsServer, private_redis: RedisProcess, signs_up: SignsUp
) -> None:
    """Stop and start on the same data: people come back, and nobody was shown offline."""
    server = starts_server(redis_url=private_redis.url)
    ann, bob = signs_up(server, "ann"), signs_up(server, "bob")
    room = ann.creates_room()
    bob.joins(room)
    writer, viewer = ann.opens_tab(reconnects=True), bob.opens_tab(reconnects=True)
    viewer.sees(ann.id, "online", within_s=2)
    writer.posts(room, "before")
    drained_s = time.monotonic()

    assert server.drains() == 0
    server.start()

    writer.posts_until_acked(room, "after")
    assert viewer.holds(room, 2, within_s=10) == [message["id"] for message in ann.history(room)]
    viewer.stays_until(time.monotonic() + viewer.ready["bounds_ms"]["tab_closed"] / 1000)
    assert_never_shown(viewer, ann, "offline", since_s=drained_s)
    assert_equals_fresh_load(viewer, bob, [room])


def test_supervisor_killed_leaves_no_orphan(starts_server: StartsServer, signs_up: SignsUp) -> None:
    """A supervisor that dies (SIGKILL) takes its workers with it: they end by themselves."""
    server = starts_server()
    signs_up(server, "ann").opens_tab()
    workers = [psutil.Process(pid) for pid in server.worker_pids()]

    server.supervisor_dies()

    gone, alive = psutil.wait_procs(workers, timeout=15)
    assert (len(gone), alive) == (2, [])
