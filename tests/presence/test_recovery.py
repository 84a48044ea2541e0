"""Redis may die: restarted empty, frozen, unreachable. No false offline, all right within 5 s."""

import contextlib
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from presence import PresenceUnavailable, Status
from presence.terms import Place
from tests.presence.workers import PATIENCE_S, QUICK, Worker
from tests.support.redis_process import RedisProcess
from tests.support.waiting import NotInTimeError, holds_for, wait_until

MakeWorker = Callable[..., Worker]
ONLINE, AWAY, OFFLINE = Status.ONLINE, Status.AWAY, Status.OFFLINE


def await_all_available(*workers: Worker) -> None:
    for worker in workers:
        worker.waits_until_available()


def test_redis_restarted_empty_shows_no_false_offline(
    own_redis: RedisProcess, make_worker: MakeWorker
) -> None:
    """All live connections are online again within 5 s, and nobody was ever shown offline."""
    one, other = make_worker(own_redis), make_worker(own_redis)
    users = [f"u{number}" for number in range(40)]
    for number, user in enumerate(users):
        (one, other)[number % 2].opens(user)
    for worker in (one, other):
        worker.waits_until_told(users[-1], ONLINE)
    former = one.tracker.epoch
    own_redis.restarts_empty()
    began_s = time.monotonic()
    for worker in (one, other):
        worker.waits_until_in_another_epoch(former)
        people = worker.tracker.snapshot(users).people
        assert {seen.status for seen in people.values()} == {ONLINE}
    assert time.monotonic() - began_s < 5.0
    assert one.tracker.epoch == other.tracker.epoch
    for worker in (one, other):
        assert worker.resets == [worker.tracker.epoch]
        assert worker.availability == [True, False, True]
    holds_for(lambda: len(one.told) == len(other.told) == 40, 0.5, "nothing more is told")


def test_store_that_was_just_emptied_is_asked_for_nobody(
    own_redis: RedisProcess, make_worker: MakeWorker
) -> None:
    """Before any thread has noticed that it began anew, it would call everybody offline."""
    worker = make_worker(own_redis)
    worker.opens("ann")
    worker.waits_until_told("ann", ONLINE)
    epoch, rev = worker.tracker.epoch, worker.tracker.rev
    assert epoch is not None
    worker.tracker._runtime.end()
    own_redis.flush()

    for ask in (
        lambda: worker.tracker.snapshot(["ann"]),
        lambda: worker.tracker.since(epoch, rev),
    ):
        with pytest.raises(PresenceUnavailable):
            ask()
    assert worker.availability == [True, False]


def test_those_who_left_while_redis_was_away_are_offline_once(
    own_redis: RedisProcess, make_worker: MakeWorker
) -> None:
    """Their end is one transition in the new log, told once on every worker."""
    one, other = make_worker(own_redis), make_worker(own_redis)
    gone, staying = one.opens("gone"), other.opens("stays")
    other.waits_until_told("stays", ONLINE)
    own_redis.dies()
    wait_until(lambda: not one.tracker.available, PATIENCE_S, "the loss is noticed")
    one.closes(gone)
    holds_for(lambda: not one.tracker.available, QUICK.grace_ms / 1000, "Redis stays away")
    own_redis.start()
    for worker in (one, other):
        worker.waits_until_told("gone", OFFLINE)
    await_all_available(one, other)
    for worker in (one, other):
        assert worker.statuses_told_of("gone") == [ONLINE, OFFLINE]
        assert worker.statuses_told_of("stays") == [ONLINE]
    assert {told.by for _, told in one.told if told.status is OFFLINE} <= {
        one.tracker.worker_id,
        other.tracker.worker_id,
    }
    assert one.status_of(staying.user_id) is ONLINE


def test_tab_in_its_grace_keeps_it_over_a_restart(
    own_redis: RedisProcess, make_worker: MakeWorker
) -> None:
    """A reload that falls into a restart of Redis shows nothing; who does not return is offline."""
    patient = replace(QUICK, grace_ms=3_000, lease_ms=4_000)
    worker = make_worker(own_redis, patient)
    reloading, leaving = worker.opens("ann"), worker.opens("ben")
    worker.waits_until_told("ben", ONLINE)
    former = worker.tracker.epoch
    worker.closes(reloading)
    worker.closes(leaving)
    own_redis.restarts_empty()
    worker.waits_until_in_another_epoch(former)
    worker.opens("ann")
    assert worker.waits_until_told("ben", OFFLINE).cause == "closed"
    assert worker.statuses_told_of("ann") == [ONLINE]


@pytest.mark.fault(13)
def test_frozen_redis_expires_nobody(own_redis: RedisProcess, make_worker: MakeWorker) -> None:
    """A Redis that stood still for longer than every lease shows nobody offline afterwards."""
    one, other = make_worker(own_redis), make_worker(own_redis)
    for number in range(30):
        (one, other)[number % 2].opens(f"u{number}")
    for worker in (one, other):
        worker.waits_until_told("u29", ONLINE)
    epoch = one.tracker.epoch
    own_redis.freezes()
    time.sleep(2 * QUICK.lease_ms / 1000)  # nothing to wait for: the point is that time passes
    own_redis.thaws()
    await_all_available(one, other)
    past_the_hold_s = (QUICK.hold_ms + QUICK.lease_ms) / 1000
    with contextlib.suppress(NotInTimeError):
        holds_for(lambda: len(one.told) == len(other.told) == 30, past_the_hold_s, "no news")
    news = [(told.user_id, told.status, told.cause) for _, told in [*one.told, *other.told]]
    assert [entry for entry in news if entry[1] is not ONLINE] == []
    assert len(news) == 60
    assert one.tracker.epoch == epoch
    assert one.tracker.counts().holds >= 1


def test_unreachable_redis_is_unavailable_and_no_snapshot_is_guessed(
    own_redis: RedisProcess, make_worker: MakeWorker
) -> None:
    """While Redis is away everything is accepted, nothing is decided, and it is said so."""
    worker = make_worker(own_redis)
    tab = worker.opens("ann")
    worker.waits_until_told("ann", ONLINE)
    own_redis.dies()
    wait_until(lambda: worker.availability == [True, False], PATIENCE_S, "it is said so")
    with pytest.raises(PresenceUnavailable):
        worker.tracker.snapshot(["ann"])
    with pytest.raises(PresenceUnavailable):
        worker.tracker.since(worker.tracker.epoch or "", 0)
    worker.tracker.set_visible(tab.id, True, idle=True)
    late = worker.opens("ben")
    assert late.epoch is None
    worker.tracker.signed_out(worker.opens("cid").id)
    own_redis.start()
    worker.waits_until_available()
    wait_until(lambda: worker.status_of("ben") is ONLINE, PATIENCE_S, "ben was put in")
    assert worker.status_of("ann") is AWAY
    assert worker.status_of("cid") is OFFLINE
    assert OFFLINE not in worker.statuses_told_of("ann")


def test_signed_out_during_a_freeze_is_offline_after_it(
    own_redis: RedisProcess, make_worker: MakeWorker
) -> None:
    """What was said while the store could not hear is done when it can."""
    worker = make_worker(own_redis)
    tab = worker.opens("ann")
    worker.waits_until_told("ann", ONLINE)
    own_redis.freezes()
    wait_until(lambda: not worker.tracker.available, 12.0, "the freeze is noticed")
    worker.tracker.signed_out(tab.id)
    own_redis.thaws()
    assert worker.waits_until_told("ann", OFFLINE).cause == "signed_out"


def test_worker_that_was_away_is_put_right_by_the_others_and_by_itself(
    empty_redis: RedisProcess, make_worker: MakeWorker
) -> None:
    """A worker taken for dead loses its users; back again, its first beat shows them online."""
    frozen, watching = make_worker(empty_redis), make_worker(empty_redis)
    frozen.opens("ann")
    watching.waits_until_told("ann", ONLINE)
    frozen.tracker._runtime.heartbeat.beat = _raise  # type: ignore[assignment, method-assign] # stopped, not dead
    watching.waits_until_told("ann", OFFLINE)
    del frozen.tracker._runtime.heartbeat.beat  # it runs on
    watching.waits_until_told("ann", ONLINE)


def test_part_of_the_log_that_was_lost_is_made_up_for(
    empty_redis: RedisProcess, make_worker: MakeWorker
) -> None:
    """A gap in the log is closed by comparing views: the end result is told, once."""
    worker = make_worker(empty_redis)
    worker.tracker._runtime.reader.pause()
    with empty_redis.client() as client:
        tabs = [worker.opens(user) for user in ("ann", "ben", "cid")]
        worker.tracker.signed_out(tabs[0].id)
        client.xtrim("{p}:v2:log", maxlen=1, approximate=False)
    epoch = worker.tracker.epoch
    assert epoch is not None
    worker.tracker._runtime.reader.start_at(Place(epoch, 0))
    worker.waits_until_told("cid", ONLINE)
    assert worker.statuses_told_of("ann") == []
    assert worker.statuses_told_of("ben") == [ONLINE]
    assert worker.tracker.counts().gaps == 1
    worker.opens("dan")
    worker.waits_until_told("dan", ONLINE)


@pytest.mark.fault(15)
def test_listener_link_killed_loses_nothing(
    empty_redis: RedisProcess, make_worker: MakeWorker
) -> None:
    """While the listeners are cut again and again, every end is told within its bound, once."""
    worker = make_worker(empty_redis)
    with empty_redis.client() as client:
        for number in range(10):
            tab = worker.opens(f"u{number}")
            worker.closes(tab)
            client.client_kill_filter(_type="pubsub")
    for number in range(10):
        told = worker.waits_until_told(f"u{number}", OFFLINE)
        assert told.at_ms - told.since_ms <= QUICK.bounds().tab_closed_ms + 1_000
    assert len(worker.told) == 20
    assert worker.availability == [True]


def test_close_whose_call_broke_is_made_up_for(
    empty_redis: RedisProcess, make_worker: MakeWorker, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One broken link at the wrong moment does not make a grace as long as a lease."""
    worker = make_worker(empty_redis)
    tabs = [worker.opens(user) for user in ("ann", "ben")]
    shorten, revoke = worker.tracker._store.shorten, worker.tracker._store.revoke
    monkeypatch.setattr(worker.tracker._store, "shorten", _break_once(shorten))
    worker.closes(tabs[0])
    monkeypatch.setattr(worker.tracker._store, "revoke", _break_once(revoke))
    worker.tracker.signed_out(tabs[1].id)
    assert worker.waits_until_told("ben", OFFLINE).cause == "signed_out"
    told = worker.waits_until_told("ann", OFFLINE)
    assert told.cause == "closed"
    assert told.at_ms - told.since_ms <= QUICK.bounds().tab_closed_ms + 1_000
    assert worker.availability == [True]


def _break_once(call: Callable[..., Any]) -> Callable[..., Any]:
    broken: list[bool] = []

    def breaks_once(*args: object, **named: object) -> object:
        if not broken:
            broken.append(True)
            raise PresenceUnavailable("Connection reset by peer")
        return call(*args, **named)

    return breaks_once


def _raise(_: str) -> None:
    raise PresenceUnavailable("this worker stands still")
