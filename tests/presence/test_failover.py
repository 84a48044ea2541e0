"""Another Redis takes over: a promoted replica, found by Sentinel or at the same address."""

import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from presence import Status
from tests.presence.workers import CALM, PATIENCE_S, Worker
from tests.support.proxy import Proxy
from tests.support.redis_process import RedisProcess
from tests.support.sentinel import Sentinel
from tests.support.waiting import holds_for, wait_until

MakeWorker = Callable[..., Worker]
ONLINE, OFFLINE = Status.ONLINE, Status.OFFLINE


class Behind:
    """The address of a proxy, as a worker is given it."""

    def __init__(self, proxy: Proxy) -> None:
        self.url = f"redis://{proxy.host}/0"


@pytest.fixture
def proxy(sentinel: Sentinel) -> Iterator[Proxy]:
    """An address that leads to the master, until it leads elsewhere."""
    proxy = Proxy(sentinel.master.port)
    yield proxy
    proxy.stop()


@pytest.fixture
def sentinel(tmp_path: Path) -> Iterator[Sentinel]:
    """A master, its replica and who watches them."""
    watched = Sentinel(tmp_path)
    try:
        watched.start()
        yield watched
    finally:
        watched.stop()


def shows_online(worker: Worker, users: list[str]) -> bool:
    """Whether presence is available and the store says online of every user."""
    if not worker.tracker.available:
        return False
    people = worker.tracker.snapshot(users).people
    return {seen.status for seen in people.values()} == {ONLINE}


def hears_events(worker: Worker) -> bool:
    """Whether the worker's listener hears what expires."""
    return worker.tracker.counts().hears_events


def kills(sentinel: Sentinel) -> None:
    """The master is gone (SIGKILL) and the replica promoted."""
    killed = sentinel.master
    killed.dies()
    sentinel.waits_for_another_master(killed)


def swaps(sentinel: Sentinel) -> None:
    """An operator swaps the two: the old master lives on as the replica."""
    former = sentinel.master
    sentinel.fails_over()
    sentinel.waits_for_another_master(former)


@pytest.mark.parametrize(("fails_over", "back_s"), [(kills, 5.0), (swaps, 8.0)])
def test_another_master_is_followed(
    sentinel: Sentinel,
    make_worker: MakeWorker,
    fails_over: Callable[[Sentinel], None],
    back_s: float,
) -> None:
    """All who stayed are online again soon after the promotion, never offline; who left meanwhile
    is offline, once. Events, log and renewals go on with the new master."""
    one, other = make_worker(sentinel, CALM), make_worker(sentinel, CALM)
    users = [f"u{number}" for number in range(30)]
    for number, user in enumerate(users):
        (one, other)[number % 2].opens(user)
    gone, former = one.opens("gone"), one.tracker.epoch
    for worker in (one, other):
        worker.waits_until_told("gone", ONLINE)

    one.closes(gone)
    fails_over(sentinel)
    promoted_s = time.monotonic()

    for worker in (one, other):
        worker.waits_until_in_another_epoch(former)
        wait_until(partial(shows_online, worker, users), PATIENCE_S, "those who stayed are online")
    assert time.monotonic() - promoted_s < back_s
    for worker in (one, other):
        worker.waits_until_told("gone", OFFLINE)
        wait_until(partial(hears_events, worker), PATIENCE_S, "it hears events")
    assert one.tracker.epoch == other.tracker.epoch
    late = other.opens("late")
    one.waits_until_told("late", ONLINE)
    other.closes(late)
    for worker in (one, other):
        worker.waits_until_told("late", OFFLINE)
    quiet_s = CALM.lease_ms / 1000
    holds_for(lambda: len(one.told) == len(other.told) == 34, quiet_s, "nothing more is told")
    for worker in (one, other):
        assert [worker.statuses_told_of(user) for user in users] == [[ONLINE]] * len(users)
        assert worker.statuses_told_of("gone") == [ONLINE, OFFLINE]


def test_replica_promoted_behind_the_same_address_begins_a_new_epoch(
    sentinel: Sentinel, make_worker: MakeWorker, proxy: Proxy
) -> None:
    """Without Sentinel: a name that follows the master leads to a server that may lack the newest
    writes, the epoch's key among what it holds. It is not taken for the one before."""
    worker = make_worker(Behind(proxy))
    worker.opens("ann")
    worker.waits_until_told("ann", ONLINE)
    former = worker.tracker.epoch
    master, replica = sentinel.master, sentinel.replica
    wait_until(lambda: worker.tracker.epoch in held_epochs(replica), PATIENCE_S, "it is in step")

    master.dies()
    with replica.client() as client:
        client.replicaof("NO", "ONE")
    proxy.leads_to(replica.port)

    worker.waits_until_in_another_epoch(former)
    wait_until(partial(shows_online, worker, ["ann"]), PATIENCE_S, "ann is online")
    assert worker.statuses_told_of("ann") == [ONLINE]


def held_epochs(server: RedisProcess) -> list[str]:
    """The epoch that the server holds, if it holds one."""
    with server.client() as client:
        epochs: Any = client.mget(["{p}:v2:epoch"])
    return [epoch.decode() for epoch in epochs if epoch]
