"""What a user has in front: told like a status, and never more often than once in apart_ms."""

from collections.abc import Callable
from dataclasses import replace

from presence import Attention, Claim, Claimed, Status, Transition
from presence.store import Store
from presence.terms import SHIFTED, Lease, LeaseRef
from tests.presence.workers import PATIENCE_S, QUICK, Worker
from tests.support.redis_process import RedisProcess
from tests.support.waiting import holds_for, wait_until

MakeWorker = Callable[..., Worker]
ANN = LeaseRef("ann", "a1")


def show(
    store: Store, focus: str, *, connection: str = "a1", away_in_ms: int | None = None
) -> None:
    attention = Attention.IN_FRONT if away_in_ms is None else Attention.IDLE
    store.grant([Lease("ann", connection, away_in_ms, attention=attention, focus=focus)])


def log_of(store: Store) -> list[Transition]:
    place, _ = store.latest([])
    return list(store.since(place.epoch, 0).transitions)


def told(store: Store) -> list[tuple[str, tuple[str, ...], int]]:
    return [(t.cause, t.focus, t.gen) for t in log_of(store)]


def focus_of(store: Store) -> tuple[str, ...]:
    return store.snapshot(["ann"]).people["ann"].focus


def test_shift_is_an_entry_without_a_new_gen(store: Store) -> None:
    """Going from one thing to another is logged once, and is no transition."""
    show(store, "den")
    show(store, "attic")
    show(store, "attic")
    assert told(store) == [("connected", ("den",), 1), (SHIFTED, ("attic",), 1)]
    assert log_of(store)[1].left == ("den",)
    assert log_of(store)[1].shifts == {"den", "attic"}
    assert focus_of(store) == ("attic",)
    assert [past.cause for past in store.why("ann").past] == ["connected"]


def test_focus_of_all_tabs_counts_while_they_are_in_front(store: Store) -> None:
    """Two tabs, two things; a tab that is hidden or idle has nothing in front."""
    show(store, "den")
    show(store, "attic", connection="a2")
    assert focus_of(store) == ("attic", "den")
    show(store, "den", away_in_ms=30_000)
    assert focus_of(store) == ("attic",)
    show(store, "attic", connection="a2", away_in_ms=0)
    assert focus_of(store) == ()


def test_focus_ends_with_the_connection(store: Store) -> None:
    """A tab in its grace counts as what it was; when it ends, so does its focus."""
    show(store, "den")
    show(store, "attic", connection="a2")
    store.shorten({ANN: 0}, QUICK.grace_ms)
    assert focus_of(store) == ("attic", "den")
    store.revoke(ANN)
    assert told(store)[-1] == (SHIFTED, ("attic",), 1)


def test_offline_away_and_invisible_have_no_focus(store: Store) -> None:
    """What is in front is told with online and busy alone; nothing is logged of the invisible."""
    show(store, "den")
    store.claim("ann", Claim(Claimed.BUSY, version=1))
    assert focus_of(store) == ("den",)
    store.claim("ann", Claim(Claimed.AWAY, version=2))
    assert focus_of(store) == ()
    store.claim("ann", Claim(Claimed.INVISIBLE, version=3))
    length = len(log_of(store))
    show(store, "attic")
    assert (focus_of(store), len(log_of(store))) == ((), length)
    store.claim("ann", Claim(version=4))
    assert focus_of(store) == ("attic",)
    store.revoke(ANN)
    assert focus_of(store) == ()


def test_own_doing_is_told_once_in_its_time(
    make_store: Callable[..., Store],
) -> None:
    """Twenty changes at once are one entry; the last is told when its time has come."""
    store = make_store(timings=replace(QUICK, apart_ms=2_000, lease_ms=60_000))
    show(store, "den")
    for version in range(1, 21):
        status = Claimed.BUSY if version % 2 else Claimed.ONLINE
        store.claim("ann", Claim(status, text=f"{version}", version=version))
        show(store, f"room{version}")
    assert [t.cause for t in log_of(store)] == ["connected", "claimed"]
    epoch = store.latest([])[0].epoch

    def told_after_a_sweep() -> bool:
        store.sweep(epoch, patience_ms=0)
        return len(log_of(store)) > 2

    wait_until(told_after_a_sweep, PATIENCE_S, "it comes")

    first, last = log_of(store)[1:]
    assert (last.status, last.text, last.focus) == (Status.ONLINE, "20", ("room20",))
    assert (last.cause, last.since_ms - first.at_ms) == ("in_front", 2_000)
    assert last.at_ms - first.at_ms >= 2_000


def test_leaving_never_waits(make_store: Callable[..., Store]) -> None:
    """Who changed something a moment ago and signs out is offline at once."""
    store = make_store(timings=replace(QUICK, apart_ms=60_000))
    show(store, "den")
    store.claim("ann", Claim(Claimed.BUSY, version=1))
    store.claim("ann", Claim(Claimed.AWAY, version=2))
    store.revoke(ANN)
    assert [t.status for t in log_of(store)] == [Status.ONLINE, Status.BUSY, Status.OFFLINE]


def test_what_was_taken_back_while_it_waited_is_never_told(
    make_store: Callable[..., Store],
) -> None:
    """A change and its undoing within apart_ms leave no mark."""
    store = make_store(timings=replace(QUICK, apart_ms=200))
    show(store, "den")
    show(store, "attic")
    show(store, "den")
    show(store, "attic")
    epoch, length = store.latest([])[0].epoch, len(log_of(store))

    def nothing_after_a_sweep() -> bool:
        store.sweep(epoch, patience_ms=0)
        return len(log_of(store)) == length

    holds_for(nothing_after_a_sweep, 0.5, "nothing is told")


def test_focus_comes_back_with_the_store(own_redis: RedisProcess, make_worker: MakeWorker) -> None:
    """A store that lost everything knows again what each tab has in front."""
    worker = make_worker(own_redis)
    tab = worker.opens("ann")
    worker.tracker.set_visible(tab.id, True, focus="den")
    epoch = worker.tracker.epoch

    own_redis.restarts_empty()

    worker.waits_until_in_another_epoch(epoch)
    assert worker.tracker.snapshot(["ann"]).people["ann"].focus == ("den",)


def test_other_workers_are_told_of_a_shift(
    empty_redis: RedisProcess, make_worker: MakeWorker
) -> None:
    """Every worker tells it, with what was left; the focus of a connection that is gone is not."""
    worker, other = make_worker(empty_redis), make_worker(empty_redis)
    tab = worker.opens("ann")
    worker.tracker.set_visible(tab.id, True, focus="den")
    worker.tracker.set_visible(tab.id, True, focus="attic")

    wait_until(lambda: len(other.told) == 3, PATIENCE_S, "three entries")

    shifts = [(entry.cause, entry.left, entry.focus) for _, entry in other.told[1:]]
    assert shifts == [(SHIFTED, (), ("den",)), (SHIFTED, ("den",), ("attic",))]
