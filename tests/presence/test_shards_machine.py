"""The sharded store against plain models, one for each shard, in the histories of the other one.

What a shard's clock said at its last act is the shard's own: each model is told that of its shard.
"""

from collections.abc import Callable
from typing import Any

from hypothesis import HealthCheck, settings

from presence.keys import Keys
from presence.shards import ShardedStore
from presence.terms import Lease, LeaseRef
from tests.presence.plain_store import Noted, PlainStore
from tests.presence.test_store_machine import (
    TIMINGS,
    WORKERS,
    Histories,
    WatchedStore,
    machine_redis,
)

__all__ = ["TestShardedHistories", "machine_redis"]
SHARDS = 3  # ann and ben stand in different ones, and one has nobody


class WatchedShards(ShardedStore):
    """A sharded store whose shards tell what their clocks said at their last acts."""

    def __init__(self, *args: Any) -> None:  # as the base
        super().__init__(*args)
        self.watched = [WatchedStore(args[0], part, *args[2:]) for part in self._keys.shards]
        self._shards = list(self.watched)


class PlainShards(PlainStore):
    """The models of the shards, seen as one. The moment that is passed in is nobody's.

    now_of: what a shard's clock said last; acts_of: how often it was asked."""

    def __init__(
        self, keys: Keys, now_of: Callable[[int], int], acts_of: Callable[[int], int]
    ) -> None:
        super().__init__(TIMINGS)
        self.keys = keys
        self.now_of = now_of
        self.acts_of = acts_of
        self.acts_seen = [0] * len(keys.shards)
        self.parts = [PlainStore(TIMINGS) for _ in keys.shards]
        self._see()

    def begin(self, now_ms: int) -> bool:
        """The head of whatever was asked since: of the shards that were asked, and no others."""
        for shard, part in enumerate(self.parts):
            acts = self.acts_of(shard)
            if acts != self.acts_seen[shard]:
                self.acts_seen[shard] = acts
                part.begin(self.now_of(shard))
        self._see()
        return False

    def claim(self, worker: str, user_id: str, claim: Any, now_ms: int) -> None:
        shard = self.keys.shard_of(user_id)
        self.parts[shard].claim(worker, user_id, claim, self.now_of(shard))
        self._see()

    def grant(self, worker: str, lease: Lease, now_ms: int) -> None:
        shard = self.keys.shard_of(lease.user_id)
        self.parts[shard].grant(worker, lease, self.now_of(shard))
        self._see()

    def renew(self, worker: str, refs: list[LeaseRef], now_ms: int) -> tuple[LeaseRef, ...]:
        lost: list[LeaseRef] = []
        for shard, part in enumerate(self.parts):
            own = [ref for ref in refs if self.keys.shard_of(ref.user_id) == shard]
            lost += part.renew(worker, own, self.now_of(shard))
        self._see()
        return tuple(lost)

    def shorten(
        self, ref: LeaseRef, age_ms: int, now_ms: int, cause: str = "closed", before_ms: int = 0
    ) -> None:
        shard = self.keys.shard_of(ref.user_id)
        self.parts[shard].shorten(ref, age_ms, self.now_of(shard), cause, before_ms)
        self._see()

    def expire(self, worker: str, ref: LeaseRef, now_ms: int) -> tuple[bool, bool]:
        shard = self.keys.shard_of(ref.user_id)
        outcome = self.parts[shard].expire(worker, ref, self.now_of(shard))
        self._see()
        return outcome

    def revoke(self, worker: str, ref: LeaseRef, now_ms: int) -> bool:
        shard = self.keys.shard_of(ref.user_id)
        outcome = self.parts[shard].revoke(worker, ref, self.now_of(shard))
        self._see()
        return outcome

    def sweep(self, worker: str, patience_ms: int, now_ms: int) -> tuple[bool, int, int]:
        outcomes = [
            part.sweep(worker, patience_ms, self.now_of(shard))
            for shard, part in enumerate(self.parts)
        ]
        self._see()
        held, touched, ended = zip(*outcomes, strict=True)
        return any(held), sum(touched), sum(ended)

    def loses_everything(self) -> None:
        self.parts = [PlainStore(TIMINGS) for _ in self.parts]
        self._see()

    def clock_moves(self, by_ms: int, *, unnoticed: bool) -> None:
        for part in self.parts:
            part.clock_moves(by_ms, unnoticed=unnoticed)
        self._see()

    def _see(self) -> None:
        for name in ("leases", "reviews", "shown", "claims", "gens", "waiting"):
            setattr(
                self, name, {k: v for part in self.parts for k, v in getattr(part, name).items()}
            )
        self.log = [noted for part in self.parts for noted in part.log]


class ShardedHistories(Histories):
    """The same rules and invariants; the log's order is promised for each user."""

    def _make(self) -> None:
        self.keys = Keys(shards=SHARDS)
        self.parts = self.keys.shards
        self.sharded = {
            name: WatchedShards(self.client, self.keys, TIMINGS, name) for name in WORKERS
        }
        self.stores = dict(self.sharded)
        self.model = PlainShards(self.keys, self._now_in, self._acts_in)

    def _learn_epoch(self) -> None:
        for store in self.stores.values():  # as each worker asks for itself
            store.life()
        super()._learn_epoch()

    def _now_in(self, shard: int) -> int:
        """What the shard's clock said to whoever asked last."""
        stores = [store.watched[shard] for store in self.sharded.values()]
        return max(store.now_ms for store in stores) + self.moved_ms

    def _acts_in(self, shard: int) -> int:
        return sum(store.watched[shard].acts for store in self.sharded.values())

    def _now_of(self, worker: str) -> int:
        return max(self._now_in(shard) for shard in range(SHARDS))

    def _in_order(self, noted: list[Noted]) -> list[Noted]:
        return sorted(noted, key=lambda one: one.user_id)


ShardedHistories.TestCase.settings = settings(
    max_examples=8,
    stateful_step_count=30,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)
TestShardedHistories = ShardedHistories.TestCase
