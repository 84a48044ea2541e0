"""The atomic acts on a real Redis, one by one."""

from collections.abc import Callable

import pytest
import redis

from chat.redis_client import connect
from presence.errors import PresenceUnavailable
from presence.keys import Keys
from presence.store import Store
from presence.terms import Lease, LeaseRef, Status
from tests.presence.workers import UNHURRIED
from tests.support.child import free_port

ANN1, ANN2, BEN1 = LeaseRef("ann", "a1"), LeaseRef("ann", "a2"), LeaseRef("ben", "b1")
MakeStore = Callable[..., Store]


def grant(store: Store, *refs: LeaseRef, away_in_ms: int | None = None) -> None:
    store.grant([Lease(ref.user_id, ref.connection_id, away_in_ms) for ref in refs])


def run_out(client: redis.Redis, keys: Keys, *refs: LeaseRef) -> None:
    """The deadlines of these leases have passed long ago; nobody has noticed yet."""
    client.zadd(keys.deadlines, {f"l {ref.user_id} {ref.connection_id}": 1 for ref in refs})


def log_of(store: Store) -> list[tuple[int, str, Status, int]]:
    place, _ = store.latest([])
    transitions = store.since(place.epoch, 0).transitions
    return [(t.rev, t.user_id, t.status, t.gen) for t in transitions]


def epoch_of(store: Store) -> str:
    return store.life().place.epoch


def test_grant_of_a_first_connection_makes_the_user_online(store: Store) -> None:
    """The first tab is a transition, the second is none."""
    grant(store, ANN1)
    grant(store, ANN2)
    assert log_of(store) == [(1, "ann", Status.ONLINE, 1)]


def test_grant_writes_a_key_that_expires_at_its_deadline(
    store: Store, client: redis.Redis, keys: Keys
) -> None:
    """The status key with its TTL and the deadline in the set are the same moment."""
    grant(store, ANN1)
    deadline = client.zscore(keys.deadlines, "l ann a1")
    with client.pipeline(transaction=True) as at_one_moment:
        at_one_moment.time()
        at_one_moment.pttl(keys.lease(ANN1))
        (seconds, micros), left_ms = at_one_moment.execute()
    expected = seconds * 1000 + micros // 1000 + left_ms
    assert deadline is not None
    assert abs(deadline - expected) <= 5


def test_grant_of_more_than_a_batch_grants_all(store: Store) -> None:
    """Six hundred connections take several scripts; none is left out."""
    refs = [LeaseRef(f"u{number}", "c") for number in range(600)]
    grant(store, *refs)
    assert len(store.here()) == 600
    assert store.renew(refs, epoch_of(store)).lost == ()


def test_renew_names_the_leases_that_were_ended(
    store: Store, client: redis.Redis, keys: Keys
) -> None:
    """A lease that was ended is not revived; the caller learns of it."""
    grant(store, ANN1, BEN1)
    run_out(client, keys, ANN1)
    assert store.expire(ANN1)[1]
    assert store.renew([ANN1, BEN1], epoch_of(store)).lost == (ANN1,)
    assert store.latest(["ann"])[1]["ann"].status is Status.OFFLINE


def test_renew_saves_a_lease_that_is_overdue_but_not_ended(
    store: Store, client: redis.Redis, keys: Keys
) -> None:
    """Whoever renews before anybody decided lives on: the event that comes late decides nothing."""
    grant(store, ANN1)
    run_out(client, keys, ANN1)
    assert store.renew([ANN1], epoch_of(store)).lost == ()
    assert not store.expire(ANN1)[1]
    assert log_of(store) == [(1, "ann", Status.ONLINE, 1)]


def test_renew_in_another_epoch_does_nothing(store: Store) -> None:
    """A worker that believes in a former life of the store renews nothing in this one."""
    grant(store, ANN1)
    renewed = store.renew([ANN1], "another")
    assert not renewed.is_same_epoch
    assert store.life().workers == ()


def test_renew_tells_a_worker_that_its_own_lease_had_lapsed(
    store: Store, client: redis.Redis, keys: Keys
) -> None:
    """A worker that was away too long learns that it may have been taken for dead."""
    epoch = epoch_of(store)
    assert store.renew([], epoch).lapsed
    assert not store.renew([], epoch).lapsed
    client.zadd(keys.workers, {"w1": 1})
    assert store.renew([], epoch).lapsed


def test_shorten_makes_no_transition_and_never_makes_longer(
    store: Store, client: redis.Redis, keys: Keys
) -> None:
    """A close alone shows nothing; a second close does not begin a second grace."""
    grant(store, ANN1)
    store.shorten({ANN1: 0}, UNHURRIED.grace_ms)
    deadline = client.zscore(keys.deadlines, "l ann a1")
    store.shorten({ANN1: 0}, UNHURRIED.drain_ms)
    assert client.zscore(keys.deadlines, "l ann a1") == deadline
    assert log_of(store) == [(1, "ann", Status.ONLINE, 1)]


def test_renew_after_shorten_changes_nothing(store: Store, client: redis.Redis, keys: Keys) -> None:
    """A heartbeat that was on its way when the tab closed does not keep it open."""
    grant(store, ANN1)
    store.shorten({ANN1: 0}, UNHURRIED.grace_ms)
    deadline = client.zscore(keys.deadlines, "l ann a1")
    assert store.renew([ANN1], epoch_of(store)).lost == ()
    assert client.zscore(keys.deadlines, "l ann a1") == deadline


def test_expire_before_the_deadline_decides_nothing(store: Store) -> None:
    """An event alone proves nothing: the deadline decides."""
    grant(store, ANN1)
    assert store.expire(ANN1)[1:] == (False, False)
    assert store.latest(["ann"])[1]["ann"].status is Status.ONLINE


def test_expire_by_many_ends_a_lease_once(
    make_store: MakeStore, client: redis.Redis, keys: Keys
) -> None:
    """However many workers ask, one ends the lease and one transition is made, by its worker."""
    stores = [make_store(f"w{number}") for number in range(4)]
    grant(stores[0], ANN1)
    run_out(client, keys, ANN1)
    assert [store.expire(ANN1)[1] for store in stores] == [True, False, False, False]
    latest = stores[0].latest(["ann"])[1]["ann"]
    assert (latest.status, latest.cause, latest.by) == (Status.OFFLINE, "silent", "w0")


def test_expire_of_one_of_two_tabs_keeps_the_user_online(
    store: Store, client: redis.Redis, keys: Keys
) -> None:
    """One tab is not the user."""
    grant(store, ANN1, ANN2)
    run_out(client, keys, ANN1)
    assert store.expire(ANN1)[1]
    assert log_of(store) == [(1, "ann", Status.ONLINE, 1)]


def test_expire_of_a_closed_tab_says_so_and_when(
    store: Store, client: redis.Redis, keys: Keys
) -> None:
    """Last seen is the moment of the close, not the end of the grace."""
    grant(store, ANN1)
    store.shorten({ANN1: 250}, UNHURRIED.grace_ms)
    run_out(client, keys, ANN1)
    store.expire(ANN1)
    latest = store.latest(["ann"])[1]["ann"]
    assert latest.cause == "closed"
    assert latest.last_seen_at_ms == latest.since_ms
    assert 250 <= latest.at_ms - latest.since_ms < 250 + 1_000


def test_revoke_is_immediate(store: Store) -> None:
    """Who signs out is offline at once; asking again does nothing."""
    grant(store, ANN1)
    assert store.revoke(ANN1)[1]
    assert not store.revoke(ANN1)[1]
    assert log_of(store)[-1] == (2, "ann", Status.OFFLINE, 2)
    assert store.here() == []


def test_sweep_ends_what_is_overdue_without_any_event(
    store: Store, client: redis.Redis, keys: Keys
) -> None:
    """With no event ever heard, looking gives the same result."""
    grant(store, ANN1, BEN1)
    run_out(client, keys, ANN1)
    swept = store.sweep(epoch_of(store), patience_ms=UNHURRIED.patience_ms)
    assert (swept.touched, swept.ended) == (0, 1)
    assert store.here() == ["ben"]


def test_sweep_leaves_what_is_barely_due_to_the_listener(
    store: Store, client: redis.Redis, keys: Keys
) -> None:
    """Within the patience a due lease is touched, so that Redis tells of it, and not ended."""
    grant(store, ANN1)
    run_out(client, keys, ANN1)
    swept = store.sweep(epoch_of(store), patience_ms=10**15)
    assert (swept.touched, swept.ended) == (1, 0)
    assert store.here() == ["ann"]


def test_sweep_by_two_workers_ends_each_lease_once(
    make_store: MakeStore, client: redis.Redis, keys: Keys
) -> None:
    """Both look at the same leases; the sum of what they ended is what was overdue."""
    one, other = make_store("w1"), make_store("w2")
    refs = [LeaseRef(f"u{number}", "c") for number in range(700)]
    grant(one, *refs)
    run_out(client, keys, *refs)
    epoch = epoch_of(one)
    first, second = one.sweep(epoch, patience_ms=0), other.sweep(epoch, patience_ms=0)
    assert (first.ended, first.more, second.ended, second.more) == (500, True, 200, False)
    assert len({rev for rev, *_ in log_of(one)}) == len(log_of(one))


def test_sweep_turns_a_hidden_tab_away_when_its_time_has_come(
    store: Store, client: redis.Redis, keys: Keys
) -> None:
    """Away is decided by a deadline in the store, not by a timer in the browser."""
    grant(store, ANN1, away_in_ms=1)
    grant(store, ANN2, away_in_ms=60_000)
    epoch = epoch_of(store)
    store.sweep(epoch, patience_ms=0)
    assert store.latest(["ann"])[1]["ann"].status is Status.ONLINE
    store.revoke(ANN2)
    latest = store.latest(["ann"])[1]["ann"]
    assert (latest.status, latest.last_seen_at_ms) == (Status.AWAY, None)


def test_sweep_shortens_the_leases_of_a_dead_worker(
    make_store: MakeStore, client: redis.Redis, keys: Keys
) -> None:
    """A worker that stopped beating leaves its users the time to come back, and no more."""
    dead, living = make_store("dead"), make_store("living")
    grant(dead, ANN1)
    epoch = epoch_of(dead)
    dead.renew([ANN1], epoch)
    seconds, micros = client.time()
    died_at_ms = seconds * 1000 + micros // 1000 - 10
    client.zadd(keys.workers, {"dead": died_at_ms})
    assert "dead" not in living.sweep(epoch, patience_ms=0).workers
    assert client.zscore(keys.deadlines, "l ann a1") == died_at_ms + UNHURRIED.orphan_ms
    run_out(client, keys, ANN1)
    living.sweep(epoch, patience_ms=0)
    latest = living.latest(["ann"])[1]["ann"]
    assert (latest.cause, latest.since_ms) == (
        "worker_lost",
        died_at_ms - UNHURRIED.worker_lease_ms,
    )


def test_hold_after_a_stall_ends_nobody_until_it_is_over(
    store: Store, client: redis.Redis, keys: Keys
) -> None:
    """A store that stood still finds everybody overdue, and believes nothing of it."""
    grant(store, ANN1)
    run_out(client, keys, ANN1)
    epoch = epoch_of(store)
    client.hincrby(keys.clock, "tick", -UNHURRIED.stall_ms - 50)
    swept = store.sweep(epoch, patience_ms=0)
    assert (swept.held, swept.ended, swept.holds) == (True, 0, 1)
    assert store.expire(ANN1)[2]
    assert store.here() == ["ann"]
    client.hset(keys.clock, "hold", 1)
    assert store.sweep(epoch, patience_ms=0).ended == 1


def test_hold_does_not_delay_a_sign_out(store: Store, client: redis.Redis, keys: Keys) -> None:
    """What somebody said is believed at once; only silence is doubted."""
    grant(store, ANN1)
    client.hincrby(keys.clock, "tick", -UNHURRIED.stall_ms - 50)
    assert store.revoke(ANN1)[1]
    assert store.here() == []


def test_clock_that_jumped_back_leaves_no_lease_longer_than_the_longest(
    store: Store, client: redis.Redis, keys: Keys
) -> None:
    """After a jump back by an hour, the dead are found within one lease, not within an hour."""
    grant(store, ANN1)
    hour_ms = 3_600_000
    client.zincrby(keys.deadlines, hour_ms, "l ann a1")
    client.hincrby(keys.clock, "tick", hour_ms)
    reply = store.sweep(epoch_of(store), patience_ms=0)
    seconds, _ = client.time()
    deadline = client.zscore(keys.deadlines, "l ann a1")
    assert reply.held
    assert deadline is not None
    assert deadline <= (seconds + 1) * 1000 + UNHURRIED.lease_ms


def test_an_idle_store_without_leases_does_not_hold(
    store: Store, client: redis.Redis, keys: Keys
) -> None:
    """A service that was down over night expires nobody falsely, and need not wait."""
    epoch = epoch_of(store)
    client.hincrby(keys.clock, "tick", -3_600_000)
    assert not store.sweep(epoch, patience_ms=0).held


def test_epoch_is_made_once_and_anew_when_the_store_is_empty(
    store: Store, client: redis.Redis
) -> None:
    """Every act answers with the name of the store's life; an empty store has a new one."""
    first = epoch_of(store)
    assert epoch_of(store) == first
    client.flushall()
    assert epoch_of(store) != first


def test_life_of_another_redis_process_is_a_new_epoch_that_remembers_last_seen(
    store: Store, client: redis.Redis, keys: Keys
) -> None:
    """Restored from a file, the store may lack its newest writes: it begins anew.

    Nobody is here before the workers say so; gens go on, last seen is kept."""
    grant(store, ANN1)
    store.revoke(ANN1)
    grant(store, BEN1)
    before = store.life().place
    last_seen_at_ms = store.latest(["ann"])[1]["ann"].last_seen_at_ms
    client.set(keys.for_scripts()[1], "the run id of the Redis before")
    after = store.life().place
    assert (after.epoch != before.epoch, after.rev, store.here()) == (True, 0, [])
    for people in (store.latest(["ann", "ben"])[1], store.snapshot(["ann", "ben"]).people):
        assert {person.status for person in people.values()} == {Status.OFFLINE}
        assert people["ann"].last_seen_at_ms == last_seen_at_ms
    assert store.renew([BEN1], after.epoch).lost == (BEN1,)
    grant(store, BEN1)
    assert log_of(store) == [(1, "ben", Status.ONLINE, 2)]


def test_missing_users_go_offline_once_however_many_ask(make_store: MakeStore) -> None:
    """Who was shown as present in the old epoch and is not in the new one goes offline, once."""
    one, other = make_store("w1"), make_store("w2")
    grant(one, BEN1)
    epoch = epoch_of(one)
    one.missing({"ann": 700, "ben": 0}, epoch)
    other.missing({"ann": 0, "ben": 0}, epoch)
    assert log_of(one) == [(1, "ben", Status.ONLINE, 1), (2, "ann", Status.OFFLINE, 1)]
    latest = one.latest(["ann"])[1]["ann"]
    assert (latest.cause, latest.by) == ("missing", "w1")
    assert latest.last_seen_at_ms == latest.at_ms - 700


def test_since_gives_the_log_after_a_rev(store: Store) -> None:
    """What happened after a place is given in order; nothing if nothing did."""
    grant(store, ANN1, BEN1)
    store.revoke(ANN1)
    epoch = epoch_of(store)
    changes = store.since(epoch, 1)
    assert [t.rev for t in changes.transitions] == [2, 3]
    assert (changes.rev, changes.reset) == (3, False)
    assert store.since(epoch, 3).transitions == ()


def test_since_asks_for_all_when_the_place_is_not_known(
    store: Store, client: redis.Redis, keys: Keys
) -> None:
    """Another epoch, a rev of the future, or a log that was trimmed: a reset, never a guess."""
    grant(store, ANN1, BEN1)
    epoch = epoch_of(store)
    assert store.since("another", 1).reset
    assert store.since(epoch, 3).reset
    client.xtrim(keys.log, maxlen=1, approximate=False)
    assert store.since(epoch, 0).reset
    assert not store.since(epoch, 1).reset


def test_old_snapshot_and_the_log_after_it_equal_a_new_snapshot(store: Store) -> None:
    """The two ways to know the present state cannot differ."""
    grant(store, ANN1, BEN1)
    place, before = store.latest(["ann", "ben", "cid"])
    store.revoke(ANN1)
    grant(store, LeaseRef("cid", "c1"), away_in_ms=0)
    later = store.since(place.epoch, place.rev).transitions
    replayed = before | {transition.user_id: transition for transition in later}
    assert replayed == store.latest(["ann", "ben", "cid"])[1]


def test_snapshot_tells_last_seen_of_those_who_are_offline_only(store: Store) -> None:
    """Who is here was not *last* seen; who was never here is offline without a time."""
    grant(store, ANN1, BEN1)
    store.revoke(BEN1)
    snapshot = store.snapshot(["ann", "ben", "cid"])
    ann, ben, cid = (snapshot.people[user] for user in ("ann", "ben", "cid"))
    assert (ann.status, ann.last_seen_at_ms, ann.rev) == (Status.ONLINE, None, 1)
    assert (ben.status, ben.last_seen_at_ms, ben.rev) == (Status.OFFLINE, ben.at_ms, 3)
    assert (cid.status, cid.last_seen_at_ms, cid.at_ms) == (Status.OFFLINE, None, None)
    assert snapshot.rev == 3


def test_latest_of_many_users_keeps_the_place_of_the_first_script(store: Store) -> None:
    """Two thousand five hundred users take three scripts and are all there."""
    refs = [LeaseRef(f"u{number}", "c") for number in range(2_500)]
    grant(store, *refs)
    place, people = store.latest([ref.user_id for ref in refs])
    assert len(people) == 2_500
    assert place.rev == 2_500


def test_leave_takes_the_worker_out_without_touching_its_leases(
    store: Store, client: redis.Redis, keys: Keys
) -> None:
    """A worker that said good-bye is not taken for dead."""
    grant(store, ANN1)
    epoch = epoch_of(store)
    store.renew([ANN1], epoch)
    store.leave()
    assert store.life().workers == ()
    assert store.here() == ["ann"]


def test_scripts_that_redis_forgot_are_sent_again(store: Store, client: redis.Redis) -> None:
    """A restarted Redis knows no script; the act succeeds all the same."""
    grant(store, ANN1)
    client.script_flush()
    grant(store, BEN1)
    assert len(store.here()) == 2


def test_store_that_cannot_be_reached_is_unavailable_not_empty(keys: Keys) -> None:
    """An unreachable Redis raises; it never reads as a world where everybody is offline."""
    with connect(f"redis://127.0.0.1:{free_port()}/0") as client:
        store = Store(client, keys, UNHURRIED, "w1")
        with pytest.raises(PresenceUnavailable):
            store.latest(["ann"])
        with pytest.raises(PresenceUnavailable):
            store.here()
