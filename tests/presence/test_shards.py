"""Users spread over shards: one log of all, in which each entry of each shard is once."""

import logging
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import redis
from redis.crc import key_slot

from presence import PresenceUnavailable, Status
from presence.keys import Keys
from presence.shards import ShardedStore
from presence.store import Store
from presence.terms import Lease, LeaseRef, Place, Transition
from presence.timings import Timings
from tests.presence.workers import CALM, Worker
from tests.support.redis_process import RedisProcess
from tests.support.waiting import holds_for, wait_until

SHARDS = 3
USERS = [f"u{number}" for number in range(30)]


@pytest.fixture
def keys() -> Keys:
    """The names of a store of three shards."""
    return Keys(shards=SHARDS)


@pytest.fixture
def make(client: redis.Redis, keys: Keys) -> Callable[..., ShardedStore]:
    """The function make(worker_id) -> the store as that worker uses it, joined."""

    def made(worker_id: str = "w1") -> ShardedStore:
        store = ShardedStore(client, keys, Timings(), worker_id)
        store.life()
        return store

    return made


def logged(store: Store) -> list[Transition]:
    """All entries of the log of all; their revs have no hole."""
    entries = store.since(store.life().place.epoch, 0).transitions
    assert [entry.rev for entry in entries] == list(range(1, len(entries) + 1))
    return list(entries)


def leases(users: list[str]) -> list[Lease]:
    """One connection of each of the users."""
    return [Lease(user, f"c-{user}") for user in users]


def test_keys_of_a_shard_are_on_one_slot_and_shards_on_several() -> None:
    """Redis Cluster refuses a script whose keys lie apart."""
    keys = Keys(shards=8)
    slots = [{key_slot(key.encode()) for key in part.for_scripts()} for part in keys.shards]
    assert all(len(slot) == 1 for slot in slots)
    assert len(set.union(*slots, {key_slot(keys.log.encode())})) == 9


def test_one_shard_keeps_the_names_it_had() -> None:
    """A store that is not spread is the one of versions that knew no shards."""
    assert Keys(shards=1).for_scripts() == Keys().for_scripts()
    assert Keys().log == "{p}:v2:log"
    assert [part.log for part in Keys(shards=2).shards] == ["{p0}:v2:log", "{p1}:v2:log"]


def test_users_are_spread_evenly() -> None:
    """No shard has more than a fifth more than its part."""
    keys = Keys(shards=4)
    parts = [keys.shard_of(f"user-{number}") for number in range(4_000)]
    assert max(parts.count(shard) for shard in range(4)) < 1_200


def test_a_user_s_keys_stand_in_his_shard_alone(
    make: Callable[..., ShardedStore], client: redis.Redis, keys: Keys
) -> None:
    """Under the prefix itself there is the log, and nobody's lease."""
    store = make()
    store.grant(leases(USERS))
    for user in USERS:
        own = keys.shards[keys.shard_of(user)]
        assert client.exists(own.lease(LeaseRef(user, f"c-{user}")))
    names: Any = client.keys("{p}:*lease*")
    assert names == []
    assert sorted(store.here()) == sorted(USERS)


def test_transitions_of_all_shards_are_in_one_log_in_each_user_s_order(
    make: Callable[..., ShardedStore],
) -> None:
    """What either worker does is in the log when the act returns."""
    one, other = make("w1"), make("w2")
    one.grant(leases(USERS))
    assert {entry.user_id for entry in logged(other)} == set(USERS)
    for user in USERS[:10]:
        assert other.revoke(LeaseRef(user, f"c-{user}"))[1]
    entries = logged(one)
    assert len(entries) == len(USERS) + 10
    for user in USERS[:10]:
        statuses = [entry.status for entry in entries if entry.user_id == user]
        assert statuses == [Status.ONLINE, Status.OFFLINE]


def test_what_a_dead_worker_did_not_bring_the_sweep_of_another_brings_once(
    make: Callable[..., ShardedStore],
) -> None:
    """A worker that dies between transition and log loses nothing: the shard's log has it."""
    dead, one, other = make("dead"), make("w1"), make("w2")
    for shard, part in dead._spread(leases(USERS), lambda lease: lease.user_id):
        dead._shards[shard].grant(part)  # the act of the shard, and then nothing more
    assert logged(one) == []
    epoch = one.life().place.epoch
    with ThreadPoolExecutor() as pool:
        list(pool.map(lambda store: store.sweep(epoch, patience_ms=0), [one, other] * 4))
    assert sorted(entry.user_id for entry in logged(one)) == sorted(USERS)


def test_many_workers_at_once_bring_each_entry_once(make: Callable[..., ShardedStore]) -> None:
    """Eight workers come and go at once; the log has each step of each user, in his order."""
    workers = [make(f"w{number}") for number in range(8)]

    def come_and_go(number: int) -> None:
        user = f"u{number}"
        for _ in range(10):
            workers[number].grant(leases([user]))
            workers[number].revoke(LeaseRef(user, f"c-{user}"))

    with ThreadPoolExecutor(max_workers=8) as pool:
        list(pool.map(come_and_go, range(8)))
    entries = logged(workers[0])
    assert len(entries) == 160
    for number in range(8):
        gens = [entry.gen for entry in entries if entry.user_id == f"u{number}"]
        assert gens == list(range(1, 21))


def test_snapshot_and_what_follows_it_in_the_log_give_the_state(
    make: Callable[..., ShardedStore],
) -> None:
    """The place of a snapshot is the log's, though its people come from three shards."""
    store = make()
    store.grant(leases(USERS[:20]))
    snapshot = store.snapshot(USERS)
    assert [user for user, seen in snapshot.people.items() if seen.status is Status.ONLINE] == (
        USERS[:20]
    )
    store.grant(leases(USERS[20:]))
    after = store.since(snapshot.epoch, snapshot.rev).transitions
    assert sorted(entry.user_id for entry in after) == sorted(USERS[20:])
    place, latest = store.latest(USERS)
    assert place == Place(snapshot.epoch, len(USERS))
    assert {entry.rev for entry in latest.values()} == {place.rev}


def test_shard_that_begins_anew_ends_the_epoch(
    make: Callable[..., ShardedStore], client: redis.Redis
) -> None:
    """A shard that lost everything is noticed by the next act in it, and begins a new epoch of all;
    what its workers grant again is in the new log."""
    store = make()
    store.grant(leases(USERS))
    former = store.life().place.epoch
    lost: Any = client.keys("{p1}:*")
    client.delete(*lost)
    assert store.sweep(former, patience_ms=0).place.epoch != former
    life = store.life()
    assert life.place.epoch != former
    assert store.grant(leases(USERS)) == Place(life.place.epoch, 0)
    in_it = {user for user in USERS if Keys(shards=SHARDS).shard_of(user) == 1}
    assert {entry.user_id for entry in logged(store)} == in_it
    assert sorted(store.here()) == sorted(USERS)


def test_entries_trimmed_before_anybody_brought_them_end_the_epoch(
    make: Callable[..., ShardedStore], client: redis.Redis, keys: Keys
) -> None:
    """A hole is never closed in silence: the views are compared in a new epoch."""
    store = make()
    former = store.life().place.epoch
    user = next(user for user in USERS if keys.shard_of(user) == 2)
    shard = store._shards[2]
    shard.grant(leases([user]))
    shard.revoke(LeaseRef(user, f"c-{user}"))
    client.xtrim(keys.shards[2].log, maxlen=1, approximate=False)
    with pytest.raises(PresenceUnavailable):
        store.sweep(former, patience_ms=0)
    assert store.life().place.epoch != former


@pytest.mark.parametrize(("before", "after"), [(1, 3), (3, 1), (3, 2)])
def test_another_number_of_shards_waits_until_nobody_uses_the_former(
    empty_redis: RedisProcess,
    make_worker: Callable[..., Worker],
    caplog: pytest.LogCaptureFixture,
    before: int,
    after: int,
) -> None:
    """A worker set to another number takes no part while others live, and says why; when the last
    of them has ended, a new epoch begins with its number."""
    caplog.set_level(logging.WARNING)
    old = make_worker(empty_redis, CALM, shards=before)
    old.opens("ann")
    old.waits_until_told("ann", Status.ONLINE)
    new = make_worker(empty_redis, CALM, shards=after)
    assert not new.tracker.available
    why = f"spread users over {before} shards, this one is set to {after}"
    assert why in caplog.text
    assert why in (new.tracker.waits_for or "")
    new.opens("ben")
    holds_for(lambda: old.tracker.available and not new.tracker.available, 1.5, "the new one waits")
    former = old.tracker.epoch
    old.dies()
    wait_until(lambda: new.tracker.available, 8.0, "the new one serves")
    assert (new.tracker.waits_for, old.tracker.waits_for) == (None, None)
    assert new.tracker.epoch != former
    assert new.status_of("ben") is Status.ONLINE
    assert new.status_of("ann") is Status.OFFLINE


def test_worker_that_is_alone_may_change_the_number(
    empty_redis: RedisProcess, make_worker: Callable[..., Worker]
) -> None:
    """A restart of a single worker with another setting waits for nobody."""
    old = make_worker(empty_redis)
    old.tracker.stop()
    new = make_worker(empty_redis, CALM, shards=2)
    assert new.tracker.available
