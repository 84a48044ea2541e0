"""R5: the master of Redis is killed and Sentinel promotes its replica; Rollcall goes with it."""

import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import pytest

from tests.faults.test_redis_restarts_empty import shows_all_online
from tests.support.claims import assert_equals_fresh_load, assert_never_shown
from tests.support.people import Person
from tests.support.sentinel import Sentinel
from tests.support.server import Server
from tests.support.waiting import wait_until

SignsUp = Callable[[Server, str], Person]
BACK_ONLINE_S = 5.0
SLACK_S = 5.0  # the machine of the tests may be busy with other servers


@pytest.fixture
def sentinel(tmp_path: Path) -> Iterator[Sentinel]:
    """A master, its replica and who watches them."""
    folder = tmp_path / "sentinel"
    folder.mkdir()
    watched = Sentinel(folder)
    try:
        watched.start()
        yield watched
    finally:
        watched.stop()


@pytest.mark.fault(22)
def test_master_is_killed_and_its_replica_takes_over(
    sentinel: Sentinel, starts_server: Callable[..., Server], signs_up: SignsUp
) -> None:
    """Everybody is online again, offline was never shown; messages cross workers, sessions hold,
    and who left meanwhile is offline."""
    server = starts_server(redis_url=sentinel.url)
    ann, bob, carol = (signs_up(server, name) for name in ("ann", "bob", "carol"))
    room = ann.creates_room()
    bob.joins(room)
    carol.joins(room)
    writer = ann.opens_tab(reconnects=True)
    held_by = server.worker_of(writer.local_port)
    reader = bob.opens_tab_on(lambda pid: pid != held_by, reconnects=True)
    leaves = carol.opens_tab()
    wait_until(partial(shows_all_online, reader, [ann, bob, carol]), 10, "all are online")

    killed = sentinel.master
    killed_s = time.monotonic()
    killed.dies()
    leaves.closes()
    sentinel.waits_for_another_master(killed)

    within_s = BACK_ONLINE_S + SLACK_S
    for tab in (writer, reader):
        wait_until(partial(shows_all_online, tab, [ann, bob]), within_s, "all are online again")
        tab.sees(carol.id, "offline", within_s=within_s)
        assert_never_shown(tab, ann, "offline", since_s=killed_s)
        assert_never_shown(tab, bob, "offline", since_s=killed_s)
    posted = writer.posts_until_acked(room, "after")
    assert reader.holds(room, 1, within_s=within_s) == [posted["id"]]
    assert bob.api.get("/api/v1/session").json["user"]["id"] == bob.id
    assert bob.api.get("/readyz").status == 200
    assert_equals_fresh_load(reader, bob, [room])
