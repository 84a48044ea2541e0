"""The one door, with all its threads, on a real Redis: two trackers are two workers."""

import threading
from collections.abc import Callable, Collection, Sequence
from dataclasses import replace
from functools import partial
from itertools import product

import pytest

from chat.together import Together
from presence import Claim, Claimed, Connection, PresenceUnavailable, Status, Timings, Tracker
from presence.heartbeat import Local
from presence.keys import Keys
from presence.store import GRANT_BATCH
from presence.terms import LeaseRef, Place
from tests.presence.workers import PATIENCE_S, QUICK, Worker
from tests.support.redis_process import RedisProcess
from tests.support.waiting import holds_for, wait_until

MakeWorker = Callable[..., Worker]
Expire = Callable[[LeaseRef], tuple[Place, bool, bool]]
ONLINE, AWAY, OFFLINE = Status.ONLINE, Status.AWAY, Status.OFFLINE
LAG_S = 1.0  # what a machine that runs other tests too may add to a bound


def test_both_workers_tell_the_same_in_the_same_order(
    empty_redis: RedisProcess, make_worker: MakeWorker
) -> None:
    """Every viewer, on whatever worker, is shown the same transitions, once, in one order."""
    one, other = make_worker(empty_redis), make_worker(empty_redis)
    tabs = [worker.opens(f"u{n}") for n, worker in enumerate([one, other] * 10)]
    for number, tab in enumerate(tabs):
        (one, other)[number % 2].closes(tab)
    for worker in (one, other):
        for number in range(20):
            worker.waits_until_told(f"u{number}", OFFLINE)
    assert one.told == other.told
    assert [told.rev for _, told in one.told] == list(range(1, 41))


def test_those_who_connect_meanwhile_share_a_call(
    empty_redis: RedisProcess, make_worker: MakeWorker
) -> None:
    """A storm of them costs few calls; each has his lease when he is told that he is in."""
    calls: list[int] = []
    door = threading.Event()
    lines: list[Together[Local]] = []

    def together(grant_all: Callable[[Sequence[Local]], None]) -> Callable[[Local], None]:
        def counted(arrived: Sequence[Local]) -> None:
            calls.append(len(arrived))
            assert door.wait(PATIENCE_S)
            grant_all(arrived)

        lines.append(Together(counted, most=GRANT_BATCH))
        return lines[0].do

    asked: list[set[str]] = []

    def claims_of(user_ids: Collection[str]) -> dict[str, Claim]:
        asked.append(set(user_ids))
        return {}

    worker = make_worker(empty_redis, together=together, claims_of=claims_of)
    found: dict[str, Connection] = {}

    def connects(user_id: str) -> None:
        found[user_id] = worker.opens(user_id)

    users = [f"u{number}" for number in range(20)]
    threads = [threading.Thread(target=connects, args=(user_id,)) for user_id in users]
    threads[0].start()
    wait_until(lambda: calls, PATIENCE_S, "the first is served")
    for thread in threads[1:]:
        thread.start()
    wait_until(lambda: len(lines[0]) == 19, PATIENCE_S, "the others stand in line")
    door.set()
    for thread in threads:
        thread.join(PATIENCE_S)

    assert calls == [1, 19]
    assert asked[-1] == set(users[1:])
    assert {one.epoch for one in found.values()} == {worker.tracker.epoch}
    seen = worker.tracker.snapshot(users).people
    assert {seen[user_id].status for user_id in users} == {ONLINE}


def test_tab_closed_is_offline_after_the_grace_and_within_the_bound(
    empty_redis: RedisProcess, make_worker: MakeWorker
) -> None:
    """Not before the grace, not after the bound; last seen is the close."""
    worker, viewer = make_worker(empty_redis), make_worker(empty_redis)
    tab = worker.opens("ann")
    viewer.waits_until_told("ann", ONLINE)
    worker.closes(tab)
    told = viewer.waits_until_told("ann", OFFLINE)
    lasted_ms = told.at_ms - told.since_ms
    assert told.cause == "closed"
    assert QUICK.grace_ms <= lasted_ms <= QUICK.bounds().tab_closed_ms + LAG_S * 1000
    assert told.last_seen_at_ms == told.since_ms


def test_reload_shows_nothing(empty_redis: RedisProcess, make_worker: MakeWorker) -> None:
    """A tab that comes back within the grace, on the other worker, is no transition."""
    one, other = make_worker(empty_redis), make_worker(empty_redis)
    tab = one.opens("ann")
    other.waits_until_told("ann", ONLINE)
    for _ in range(5):
        one.closes(tab)
        tab, one, other = other.opens("ann"), other, one
    holds_for(lambda: one.statuses_told_of("ann") == [ONLINE], 1.0, "ann stays online")


def test_signed_out_is_offline_at_once(empty_redis: RedisProcess, make_worker: MakeWorker) -> None:
    """A sign-out has no grace; its later disconnect changes nothing."""
    worker, viewer = make_worker(empty_redis), make_worker(empty_redis)
    tab = worker.opens("ann")
    worker.tracker.signed_out(tab.id)
    assert worker.status_of("ann") is OFFLINE
    worker.closes(tab)
    told = viewer.waits_until_told("ann", OFFLINE)
    assert told.cause == "signed_out"
    assert viewer.statuses_told_of("ann") == [ONLINE, OFFLINE]
    wait_until(lambda: worker.tracker.counts().claims_close == 1, PATIENCE_S, "it is counted")


def test_silent_tab_is_offline_by_its_lease(
    empty_redis: RedisProcess, make_worker: MakeWorker
) -> None:
    """A tab that answers no ping is not renewed, even if its socket never closes."""
    worker = make_worker(empty_redis)
    tab, other_tab = worker.opens("ann"), worker.opens("ben")
    worker.falls_silent(tab)
    told = worker.waits_until_told("ann", OFFLINE)
    assert told.cause == "silent"
    assert told.at_ms - told.since_ms <= QUICK.lease_ms + QUICK.sweep_ms + LAG_S * 1000
    assert worker.status_of(other_tab.user_id) is ONLINE


def test_drained_tab_that_does_not_come_back_says_so(
    empty_redis: RedisProcess, make_worker: MakeWorker
) -> None:
    """What a stopping worker leaves is told apart from a closed tab: it has a longer grace."""
    worker, viewer = make_worker(empty_redis), make_worker(empty_redis)
    worker.opens("ann")
    worker.tracker.drain()
    told = viewer.waits_until_told("ann", OFFLINE)
    assert told.cause == "drained"
    assert told.at_ms - told.since_ms >= QUICK.drain_ms


def test_forgotten_user_leaves_nothing_in_the_store(
    empty_redis: RedisProcess, make_worker: MakeWorker
) -> None:
    """Who left for good costs nothing."""
    worker = make_worker(empty_redis)
    worker.tracker.set_status("ann", Claim(Claimed.BUSY))
    worker.tracker.signed_out(worker.opens("ann").id)
    worker.waits_until_told("ann", OFFLINE)
    worker.tracker.forget(["ann"])
    with empty_redis.client() as client:
        assert not [key for key in client.keys("*") if b"ann" in key]


def test_renewals_are_counted_with_their_time(
    empty_redis: RedisProcess, make_worker: MakeWorker
) -> None:
    """Who looks after the service sees how long a batch takes, and how many are here."""
    worker = make_worker(empty_redis)
    worker.opens("ann")
    wait_until(lambda: worker.tracker.counts().renewals >= 2, PATIENCE_S, "leases are renewed")
    counts = worker.tracker.counts()
    assert counts.here == 1
    assert 0 <= counts.renewing_ms < counts.renewals * PATIENCE_S * 1000


def test_clock_of_the_store_is_known_without_asking(
    empty_redis: RedisProcess, make_worker: MakeWorker
) -> None:
    """The answers that a worker gets anyway tell it what the store's clock shows."""
    worker = make_worker(empty_redis)
    with empty_redis.client() as client:
        seconds, micros = client.time()
    known_ms = worker.tracker.now_ms()
    assert known_ms is not None
    assert abs(known_ms - (seconds * 1000 + micros // 1000)) < 2_000


def test_hidden_tab_is_away_and_back_at_once(
    empty_redis: RedisProcess, make_worker: MakeWorker
) -> None:
    """Away comes by the store's deadline; showing the tab again is online at once."""
    worker = make_worker(empty_redis)
    tab = worker.opens("ann")
    worker.tracker.set_visible(tab.id, False)
    assert worker.status_of("ann") is ONLINE
    told = worker.waits_until_told("ann", AWAY)
    assert told.at_ms - told.since_ms <= QUICK.sweep_ms + LAG_S * 1000
    worker.tracker.set_visible(tab.id, True)
    assert worker.status_of("ann") is ONLINE


def test_two_tabs_make_the_most_present_of_both(
    empty_redis: RedisProcess, make_worker: MakeWorker
) -> None:
    """One tab in front outweighs any number of hidden or idle ones, on any worker."""
    one, other = make_worker(empty_redis), make_worker(empty_redis)
    hidden = one.opens("ann", visible=False)
    one.waits_until_told("ann", AWAY)
    front = other.opens("ann")
    assert one.status_of("ann") is ONLINE
    other.tracker.set_visible(front.id, True, idle=True)
    assert one.status_of("ann") is AWAY
    other.closes(front)
    one.closes(hidden)
    one.waits_until_told("ann", OFFLINE)
    assert one.statuses_told_of("ann") == [ONLINE, AWAY, ONLINE, AWAY, OFFLINE]


def test_worker_killed_shows_nothing_of_those_who_come_back(
    empty_redis: RedisProcess, make_worker: MakeWorker
) -> None:
    """Who reconnects elsewhere is never shown offline; the others are, once, within the bound."""
    dying, staying = make_worker(empty_redis), make_worker(empty_redis)
    dying.opens("ann")
    dying.opens("ben")
    staying.waits_until_told("ben", ONLINE)
    # One renewal of its own lease at least: a worker that never beat is found by its leases.
    wait_until(
        lambda: len(staying.tracker._runtime.sweeper.workers) == 2, PATIENCE_S, "both workers beat"
    )
    dying.dies()
    staying.opens("ann")
    told = staying.waits_until_told("ben", OFFLINE)
    assert told.cause == "worker_lost"
    assert told.at_ms - told.since_ms <= QUICK.bounds().worker_killed_ms + LAG_S * 1000
    holds_for(lambda: staying.statuses_told_of("ann") == [ONLINE], 1.0, "ann stays online")
    assert staying.statuses_told_of("ben") == [ONLINE, OFFLINE]


def test_expiries_are_decided_once_by_two_workers(
    empty_redis: RedisProcess, make_worker: MakeWorker
) -> None:
    """Fifty leases that end together: fifty claims and fifty transitions in all."""
    one, other = make_worker(empty_redis), make_worker(empty_redis)
    tabs = [one.opens(f"u{number}") for number in range(50)]
    for tab in tabs:
        one.closes(tab)
    for number in range(50):
        other.waits_until_told(f"u{number}", OFFLINE)

    def claims() -> int:
        counts = [worker.tracker.counts() for worker in (one, other)]
        return sum(count.claims_event + count.claims_sweep for count in counts)

    wait_until(lambda: claims() >= 50, PATIENCE_S, "the claims are counted")
    holds_for(lambda: claims() == 50, 0.3, "nobody claims a second time")
    assert len(other.told) == 100


def test_without_notifications_the_sweep_gives_the_same(
    empty_redis: RedisProcess, make_worker: MakeWorker, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where Redis tells nothing and may not be told to, the bounds hold all the same."""
    monkeypatch.setattr("presence.listener.switch_events_on", lambda _: False)
    with empty_redis.client() as client:
        client.config_set("notify-keyspace-events", "")
    worker = make_worker(empty_redis)
    tabs = [worker.opens(f"u{number}") for number in range(20)]
    for tab in tabs:
        worker.closes(tab)
    for number in range(20):
        told = worker.waits_until_told(f"u{number}", OFFLINE)
        lasted_ms = told.at_ms - told.since_ms
        assert QUICK.grace_ms <= lasted_ms <= QUICK.bounds().tab_closed_ms + LAG_S * 1000
    swept = wait_until(lambda: worker.tracker.counts().claims_sweep == 20, PATIENCE_S, "all count")
    counts = worker.tracker.counts()
    assert (swept, counts.claims_event, counts.hears_events) == (True, 0, False)
    assert len(worker.told) == 40


def test_drain_shows_nothing_of_a_deploy(
    empty_redis: RedisProcess, make_worker: MakeWorker
) -> None:
    """A worker that stops in order leaves its clients three graces to come back."""
    leaving, staying = make_worker(empty_redis), make_worker(empty_redis)
    tab = leaving.opens("ann")
    staying.waits_until_told("ann", ONLINE)
    leaving.tracker.drain()
    leaving.closes(tab)
    holds_for(
        lambda: staying.statuses_told_of("ann") == [ONLINE],
        2 * QUICK.grace_ms / 1000,
        "ann stays online for longer than a grace",
    )
    staying.opens("ann")
    leaving.stops()
    holds_for(lambda: staying.statuses_told_of("ann") == [ONLINE], 1.5, "ann stays online")


def test_snapshot_and_what_follows_it_fit_together(
    empty_redis: RedisProcess, make_worker: MakeWorker
) -> None:
    """A snapshot names its place, and since() goes on exactly there."""
    worker = make_worker(empty_redis)
    worker.opens("ann")
    before = worker.tracker.snapshot(["ann", "ben"])
    assert {user: seen.status for user, seen in before.people.items()} == {
        "ann": ONLINE,
        "ben": OFFLINE,
    }
    worker.opens("ben")
    changes = worker.tracker.since(before.epoch, before.rev)
    assert [(t.user_id, t.status) for t in changes.transitions] == [("ben", ONLINE)]
    wait_until(lambda: worker.tracker.rev == changes.rev, PATIENCE_S, "the log is told")
    worker.opens("cid")
    both = worker.tracker.since(before.epoch, before.rev)
    assert [one.user_id for one in both.transitions] == ["ben", "cid"], "one read, one not"
    assert both.rev == changes.rev + 1
    assert worker.tracker.since("another", before.rev).reset


def test_joining_worker_is_told_nothing_of_the_past(
    empty_redis: RedisProcess, make_worker: MakeWorker
) -> None:
    """Who is here already is known to a new worker, and no news."""
    first = make_worker(empty_redis)
    tab = first.opens("ann")
    second = make_worker(empty_redis)
    assert second.tracker.rev == 1
    first.tracker.signed_out(tab.id)
    second.waits_until_told("ann", OFFLINE)
    assert second.statuses_told_of("ann") == [OFFLINE]


def test_away_redis_at_the_start_is_waited_for(own_redis: RedisProcess) -> None:
    """A worker starts without its store, takes connections, and puts them in when it comes."""
    own_redis.dies()
    worker = Worker(own_redis.url).starts()
    tab = worker.opens("ann")
    assert (worker.tracker.available, tab.epoch) == (False, None)
    with pytest.raises(PresenceUnavailable):
        worker.tracker.snapshot(["ann"])
    own_redis.start()
    worker.waits_until_available()
    wait_until(lambda: worker.status_of("ann") is ONLINE, PATIENCE_S, "ann is put in")
    worker.stops()


@pytest.mark.parametrize("word", ["", "a b", "a\n", "\u2003"])
def test_id_with_white_space_is_refused(empty_redis: RedisProcess, word: str) -> None:
    """Ids are words: anything else would make two leases of one."""
    worker = Worker(empty_redis.url)
    with pytest.raises(ValueError, match="white space"):
        worker.tracker.connected(word)


def test_tracker_sends_nothing_before_it_starts(empty_redis: RedisProcess) -> None:
    """Making a tracker is no I/O; its epoch is not known, and nothing is available."""
    tracker: Tracker = Worker(empty_redis.url).tracker
    assert (tracker.epoch, tracker.rev, tracker.available) == (None, 0, False)
    with empty_redis.client() as client:
        assert client.keys("*") == []


def test_two_prefixes_on_one_redis_know_nothing_of_each_other(
    empty_redis: RedisProcess, make_worker: MakeWorker
) -> None:
    """Two services may share a Redis: what one writes is all under its own prefix."""
    worker = make_worker(empty_redis)
    worker.opens("ann")
    with empty_redis.client() as client:
        names = [key.decode() for key in client.keys("*")]
    assert names
    assert all(name.startswith("{p") for name in names)
    assert not Keys("{q}").lease_named("{p}:v2:lease:ann a1")


def test_old_and_new_timings_may_share_a_store(
    empty_redis: RedisProcess, make_worker: MakeWorker
) -> None:
    """During an upgrade workers of both kinds renew, sweep and decide side by side."""
    newer: Timings = replace(QUICK, grace_ms=500, lease_ms=2_000)
    old, new = make_worker(empty_redis), make_worker(empty_redis, newer)
    tab_old, tab_new = old.opens("ann"), new.opens("ben")
    old.closes(tab_old)
    new.closes(tab_new)
    for worker in (old, new):
        worker.waits_until_told("ann", OFFLINE)
        worker.waits_until_told("ben", OFFLINE)
    assert old.told == new.told


def test_an_expiry_is_one_call_however_many_workers_hear_it(
    empty_redis: RedisProcess, make_worker: MakeWorker, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Four workers hear forty leases run out; the store is asked about each of them once."""
    calm = replace(QUICK, lease_ms=6_000, worker_lease_ms=6_000)  # nobody is taken for dead here
    workers = [make_worker(empty_redis, calm) for _ in range(4)]
    asked: list[LeaseRef] = []
    for worker in workers:
        expire = worker.tracker._store.expire
        monkeypatch.setattr(worker.tracker._store, "expire", _noting(asked, expire))
    for worker in workers:
        wait_until(partial(_is_listening_beside, worker, 4), PATIENCE_S, "it listens")
    users = [f"u{number}" for number in range(40)]
    for user in users:
        workers[0].closes(workers[0].opens(user))
    for worker, user in product(workers, users):
        worker.waits_until_told(user, Status.OFFLINE)
    assert len(asked) == len(set(asked)) <= len(users)
    wait_until(lambda: _ended_by(workers) == len(users), PATIENCE_S, "each was ended once")
    assert sum(worker.tracker.counts().claims_event for worker in workers) > 0


def _ended_by(workers: list[Worker]) -> int:
    counts = [worker.tracker.counts() for worker in workers]
    return sum(one.claims_event + one.claims_sweep for one in counts)


def _noting(asked: list[LeaseRef], expire: Expire) -> Expire:
    def noted(lease: LeaseRef) -> tuple[Place, bool, bool]:
        asked.append(lease)
        return expire(lease)

    return noted


def _is_listening_beside(worker: Worker, count: int) -> bool:
    return (
        worker.tracker.counts().hears_events
        and len(worker.tracker._runtime.sweeper.workers) == count
    )
