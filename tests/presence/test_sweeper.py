"""The sweep: paces, patience, and what a worker learns by it."""

from collections.abc import Callable

import pytest
import redis

from presence.keys import Keys
from presence.store import Store
from presence.sweeper import LONGEST_PAUSE, Sweeper
from presence.terms import Lease
from tests.presence.workers import QUICK, UNHURRIED

MakeSweeper = Callable[..., Sweeper]


@pytest.fixture
def holds() -> list[bool]:
    """One entry for each hold that the sweeper reported."""
    return []


@pytest.fixture
def make_sweeper(store: Store, holds: list[bool]) -> MakeSweeper:
    """The function make_sweeper(hears=...) -> a sweeper without jitter."""

    def make(*, hears: bool) -> Sweeper:
        return Sweeper(
            store,
            QUICK,
            lambda _, longest: longest,
            events_are_heard=lambda: hears,
            on_hold=lambda: holds.append(True),
        )

    return make


def just_due(store: Store, client: redis.Redis, keys: Keys, count: int) -> str:
    leases = [Lease(f"u{number}", "c") for number in range(count)]
    store.grant(leases)
    seconds, micros = client.time()
    now_ms = seconds * 1000 + micros // 1000
    client.zadd(keys.deadlines, {f"l {lease.user_id} c": now_ms for lease in leases})
    return store.life().place.epoch


def test_sweep_without_events_ends_at_once_what_is_due(
    make_sweeper: MakeSweeper, store: Store, client: redis.Redis, keys: Keys
) -> None:
    """Where nothing is heard, nobody is waited for; a full pass is followed by the next."""
    sweeper = make_sweeper(hears=False)
    sweeper.sweep(just_due(store, client, keys, 1_200))
    assert sweeper.ended == 1_200
    assert store.here() == []


def test_sweep_with_events_leaves_the_listener_its_patience(
    make_sweeper: MakeSweeper, store: Store, client: redis.Redis, keys: Keys
) -> None:
    """Where events are heard, what has just become due is touched and left to them."""
    sweeper = make_sweeper(hears=True)
    swept = sweeper.sweep(just_due(store, client, keys, 3))
    assert (swept.touched, swept.ended) == (3, 0)


def test_pause_and_patience_together_stay_below_the_sweep() -> None:
    """One sweep covers looking, waiting for the event, and looking again."""
    assert LONGEST_PAUSE * QUICK.sweep_ms + QUICK.patience_ms < QUICK.sweep_ms


def test_sweep_reports_the_beginning_of_a_hold_once(
    make_sweeper: MakeSweeper, store: Store, client: redis.Redis, keys: Keys, holds: list[bool]
) -> None:
    """Every worker grants its connections anew when the store begins to hold, not while it does."""
    sweeper = make_sweeper(hears=True)
    store.grant([Lease("ann", "a1")])
    epoch = store.life().place.epoch
    client.hincrby(keys.clock, "tick", -UNHURRIED.stall_ms - 50)
    sweeper.sweep(epoch)
    sweeper.sweep(epoch)
    assert (holds, sweeper.held, sweeper.holds) == ([True], True, 1)


def test_sweep_learns_the_living_workers(
    make_sweeper: MakeSweeper, make_store: Callable[..., Store], store: Store
) -> None:
    """The workers that beat are those among whom the leases' events are shared."""
    epoch = store.life().place.epoch
    make_store("w1").renew([], epoch)
    make_store("w2").renew([], epoch)
    sweeper = make_sweeper(hears=True)
    sweeper.sweep(epoch)
    assert sorted(sweeper.workers) == ["w1", "w2"]


def test_sweep_in_another_epoch_does_nothing(
    make_sweeper: MakeSweeper, store: Store, client: redis.Redis, keys: Keys
) -> None:
    """What is overdue in a life that this worker has not joined is not its to end."""
    just_due(store, client, keys, 1)
    sweeper = make_sweeper(hears=False)
    swept = sweeper.sweep("a former epoch")
    assert (swept.is_same_epoch, sweeper.ended, store.here()) == (False, 0, ["u0"])
