"""A store whose users are spread over several shards, with one log of all.

The rules of the file:
- A shard is a whole store under a tag of its own: leases, deadlines, workers, hold, epoch, and a
  log to which its scripts append in the step that makes the transition. Nothing weakens that.
- The log of all gives each entry of each shard its rev, once and in the shard's order, by a script
  of its own (lua/sequence.lua). Who made the transition brings it there at once; if he cannot, the
  next sweep of any worker does. So there is one (epoch, rev), as without shards.
- The log's epoch stands on the lives of its shards (lua/join.lua): when one of them begins anew, it
  does too. An epoch that is asked about is always the log's.

Not here: what an act does in a shard (store.py). Source: docs/adr/0012.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import chain
from typing import Any, TypeVar

import redis

from presence.errors import PresenceUnavailable
from presence.keys import Keys, text_of
from presence.scripts import unavailable_on_error
from presence.store import Store
from presence.terms import (
    Claim,
    Lease,
    LeaseRef,
    Life,
    Place,
    Renewed,
    Seen,
    Snapshot,
    Swept,
    Transition,
    Why,
)
from presence.timings import Timings

BRING_BATCH = 200  # entries of a shard's log brought by one script

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Order:
    """The lives on which the log of all stands: its own epoch, and that of each shard.

    brought: up to which rev each shard's log is known to be in the log of all; it only grows."""

    epoch: str
    shards: tuple[str, ...]
    brought: list[int]


class ShardedStore(Store):
    """The acts of Store, each in the shard of its user. Safe for many threads and workers."""

    def __init__(self, client: redis.Redis, keys: Keys, timings: Timings, worker_id: str) -> None:
        super().__init__(client, keys, timings, worker_id)
        self._shards = [Store(client, one, timings, worker_id) for one in keys.shards]
        for shard in self._shards:
            shard.clock = self.clock
        self._joined: Order | None = None

    def life(self) -> Life:
        """As Store.life, of the log and of every shard. One INFO and one script each, and one."""
        super().life()
        args: list[str | int] = []
        for shard in self._shards:
            place = shard.life().place
            args += [place.epoch, place.rev]
        reply = self._act("join", args)
        assert reply.result is not None  # noqa: S101 - join needs no epoch to be believed in
        born_ms, workers, brought = reply.result
        epochs = tuple(str(epoch) for epoch in args[::2])
        self._joined = Order(reply.place.epoch, epochs, [int(rev) for rev in brought])
        names = tuple(text_of(name) for name in workers)
        return Life(reply.place, reply.now_ms - born_ms, names)

    def grant(self, leases: Sequence[Lease]) -> Place | None:
        """As Store.grant; one script or more a shard."""
        order, place = self._order(), None
        for shard, part in self._spread(leases, lambda lease: lease.user_id):
            place = self._told(order, shard, self._shards[shard].grant(part), place)
        return place

    def renew(self, leases: Sequence[LeaseRef], epoch: str) -> Renewed:
        """As Store.renew: the worker's lease is renewed in every shard, and last in the log."""
        order, lost, lapsed, held = self._order(), list[LeaseRef](), False, False
        if order.epoch != epoch:
            return Renewed(
                Place(order.epoch, 0), held=False, is_same_epoch=False, lapsed=True, lost=()
            )
        parts = dict(self._spread(leases, lambda lease: lease.user_id))
        for shard, store in enumerate(self._shards):
            renewed = store.renew(parts.get(shard, ()), order.shards[shard])
            if not renewed.is_same_epoch:
                return replace(renewed, place=_elsewhere(renewed.place))
            lost += renewed.lost
            lapsed, held = lapsed or renewed.lapsed, held or renewed.held
        own = super().renew((), epoch)
        lapsed = lapsed or own.lapsed
        return replace(own, lost=tuple(lost), lapsed=lapsed, held=held)

    def shorten(
        self,
        closed: Mapping[LeaseRef, int],
        grace_ms: int,
        *,
        cause: str = "closed",
        before_ms: int = 0,
    ) -> Place | None:
        """As Store.shorten; one script or more a shard."""
        order, place = self._order(), None
        for shard, part in self._spread(closed, lambda ref: ref.user_id):
            ages = {ref: closed[ref] for ref in part}
            answer = self._shards[shard].shorten(ages, grace_ms, cause=cause, before_ms=before_ms)
            place = self._told(order, shard, answer, place)
        return place

    def claim(self, user_id: str, claim: Claim) -> Place:
        """As Store.claim."""
        order, shard = self._order(), self._keys.shard_of(user_id)
        return self._place(order, shard, self._shards[shard].claim(user_id, claim))

    def why(self, user_id: str) -> Why:
        """As Store.why."""
        return self._shards[self._keys.shard_of(user_id)].why(user_id)

    def expire(self, lease: LeaseRef) -> tuple[Place, bool, bool]:
        """As Store.expire."""
        order, shard = self._order(), self._keys.shard_of(lease.user_id)
        place, ended, held = self._shards[shard].expire(lease)
        return self._place(order, shard, place), ended, held

    def revoke(self, lease: LeaseRef) -> tuple[Place, bool]:
        """As Store.revoke."""
        order, shard = self._order(), self._keys.shard_of(lease.user_id)
        place, ended = self._shards[shard].revoke(lease)
        return self._place(order, shard, place), ended

    def sweep(self, epoch: str, *, patience_ms: int) -> Swept:
        """As Store.sweep, of every shard; what others left unbrought is in the log afterwards."""
        order = self._order()
        if order.epoch != epoch:
            return Swept(Place(order.epoch, 0), held=False, is_same_epoch=False)
        parts = []
        for shard, store in enumerate(self._shards):
            swept = store.sweep(order.shards[shard], patience_ms=patience_ms)
            if not swept.is_same_epoch:
                return replace(swept, place=_elsewhere(swept.place))
            self._place(order, shard, swept.place)
            parts.append(swept)
        own = super().sweep(epoch, patience_ms=patience_ms)
        return replace(
            own,
            held=any(part.held for part in parts),
            touched=sum(part.touched for part in parts),
            ended=sum(part.ended for part in parts),
            more=any(part.more for part in parts),
            holds=sum(part.holds for part in parts),
        )

    def snapshot(self, user_ids: Sequence[str]) -> Snapshot:
        """As Store.snapshot; the place is the log's before any shard was asked."""
        order, place = self._order(), self._act("snapshot", [""]).place
        people: dict[str, Seen] = {}
        for shard, part in self._spread(user_ids, str):
            found = self._shards[shard].snapshot(part)
            self._expect(order, shard, found.epoch)
            people.update(found.people)
        return Snapshot(place.epoch, place.rev, {user_id: people[user_id] for user_id in user_ids})

    def latest(self, user_ids: Sequence[str]) -> tuple[Place, dict[str, Transition]]:
        """As Store.latest; each transition has the rev of the place, by which it is in the log."""
        order, place = self._order(), self._act("snapshot", [""]).place
        people: dict[str, Transition] = {}
        for shard, part in self._spread(user_ids, str):
            there, found = self._shards[shard].latest(part)
            self._expect(order, shard, there.epoch)
            for user_id, transition in found.items():
                people[user_id] = replace(transition, rev=place.rev if transition.rev else 0)
        return place, people

    def missing(self, ages_ms: Mapping[str, int], epoch: str) -> Place | None:
        """As Store.missing; one script or more a shard."""
        order, place = self._order(), None
        if order.epoch != epoch:
            return Place(order.epoch, 0)
        for shard, part in self._spread(ages_ms, str):
            ages = {user_id: ages_ms[user_id] for user_id in part}
            answer = self._shards[shard].missing(ages, order.shards[shard])
            place = self._told(order, shard, answer, place)
        return place

    def here(self) -> list[str]:
        """As Store.here, of every shard."""
        return [user_id for shard in self._shards for user_id in shard.here()]

    def leave(self) -> None:
        """As Store.leave, in every shard and in the log."""
        for shard in self._shards:
            shard.leave()
        super().leave()

    def _order(self) -> Order:
        if self._joined is None:
            self.life()
        assert self._joined is not None  # noqa: S101 - life has just joined
        return self._joined

    def _spread(self, items: Iterable[T], user_of: Any) -> list[tuple[int, list[T]]]:
        """Return the items of each shard that has any, in the order given."""
        parts: dict[int, list[T]] = {}
        for item in items:
            parts.setdefault(self._keys.shard_of(user_of(item)), []).append(item)
        return sorted(parts.items(), key=lambda part: part[0])

    def _told(
        self, order: Order, shard: int, answer: Place | None, before: Place | None
    ) -> Place | None:
        """What an act on several shards answers: a place that is not ours wins."""
        place = before if answer is None else self._place(order, shard, answer)
        return before if before is not None and before.epoch != order.epoch else place

    def _place(self, order: Order, shard: int, answer: Place) -> Place:
        """The log's place after an act of the shard: what it noted there is in the log now."""
        if answer.epoch != order.shards[shard]:
            return _elsewhere(answer)
        if answer.rev > order.brought[shard]:
            self._bring(order, shard)
        return Place(order.epoch, 0)

    def _bring(self, order: Order, shard: int) -> None:
        """All that the shard's log held is in the log of all. Anybody may do so at once."""
        while True:
            entries = self._logged(shard, order.brought[shard])
            if not entries:
                return
            args: list[Any] = [shard, order.shards[shard], _rev_of(entries[0][0])]
            for _, fields in entries:
                args += [2 * len(fields), *chain.from_iterable(fields.items())]
            reply = self._act("sequence", args, order.epoch)
            if reply.result is None:
                raise PresenceUnavailable("The log stands on other lives of its shards.")
            order.brought[shard] = max(order.brought[shard], int(reply.result[0]))
            if len(entries) < BRING_BATCH:
                return

    def _logged(self, shard: int, after: int) -> list[tuple[Any, dict[Any, Any]]]:
        key, start = self._keys.shards[shard].log, f"{after + 1}-0"
        with unavailable_on_error():
            entries: Any = self._client.xrange(key, start, "+", count=BRING_BATCH)  # as awaitable
        return list(entries)

    def _expect(self, order: Order, shard: int, epoch: str) -> None:
        if epoch != order.shards[shard]:
            raise PresenceUnavailable(f"Shard {shard} began another epoch.")


def store_of(client: redis.Redis, keys: Keys, timings: Timings, worker_id: str) -> Store:
    """Return the store for these keys: sharded if they are."""
    kind = ShardedStore if keys.shards else Store
    return kind(client, keys, timings, worker_id)


def _elsewhere(place: Place) -> Place:
    """A place in no epoch of the log: whoever sees it looks what began anew."""
    return Place(f"shard in {place.epoch}", 0)


def _rev_of(entry_id: bytes | str) -> int:
    return int(text_of(entry_id).partition("-")[0])
