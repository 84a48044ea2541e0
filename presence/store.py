"""The atomic acts on leases: each is one Lua script, so two workers may call any of them at once.

Times count from the store's own clock (Redis TIME); durations travel as milliseconds. A failed
call raises PresenceUnavailable and may or may not have been carried out: every act is idempotent,
so the caller simply asks again. Nothing here retries, waits, or remembers.
Redis 6.2 has every command used. Source: docs/adr/0003, docs/adr/0004.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, TypeVar

import redis

from presence.errors import PresenceUnavailable, ShardsDiffer
from presence.keys import Keys, text_of
from presence.records import (
    claim_in,
    claim_text,
    held_in,
    latest_in,
    past_in,
    seen_in,
    standing_in,
    transition_of,
)
from presence.rules import deciding_rule, has_lapsed, shown_of
from presence.scripts import Scripts, unavailable_on_error
from presence.store_clock import StoreClock
from presence.terms import (
    Changes,
    Claim,
    Lease,
    LeaseRef,
    Life,
    Place,
    Renewed,
    Reply,
    Snapshot,
    Swept,
    Transition,
    Why,
)
from presence.timings import Timings

GRANT_BATCH = 250  # a call settles each: 250 hold Redis for about 10 ms
RENEW_BATCH = 500
SNAPSHOT_BATCH = 1_000
SWEEP_LIMIT = 500
CHANGES_LIMIT = 1_000
IN_FRONT = -1
SILENCE_S = 1.0  # without an answer; then the store, or the worker, stood still

T = TypeVar("T")


class Store:
    """The acts, bound to one Redis, one worker and one set of timings."""

    def __init__(self, client: redis.Redis, keys: Keys, timings: Timings, worker_id: str) -> None:
        self._client = client
        self._keys = keys
        self._timings = timings
        self._worker_id = worker_id
        self.clock = StoreClock(max(SILENCE_S, 3 * timings.sweep_ms / 1000))
        self._scripts = Scripts(client, keys, timings, worker_id)

    def grant(self, leases: Sequence[Lease]) -> Place | None:
        """Every named connection lives for lease_ms from now, as described; None if none is named.

        Granting again is the same as granting once. A transition follows where the status changed.
        """
        place = None
        for batch in _batches(leases, GRANT_BATCH):
            args: list[str | int] = [self._timings.lease_ms]
            for lease in batch:
                away_in = IN_FRONT if lease.away_in_ms is None else lease.away_in_ms
                claim = "" if lease.claim is None else claim_text(lease.claim)
                args += [lease.user_id, lease.connection_id, away_in, lease.device]
                args += [str(lease.attention), lease.focus, claim]
            place = self._act("grant", args).place
        return place

    def renew(self, leases: Sequence[LeaseRef], epoch: str) -> Renewed:
        """Extend every named lease and the worker's own; name those that had been ended.

        A lease that was ended is not revived: the caller grants again. Nothing happens when the
        store is in another epoch. Batches of 500; cost O(log n) a lease."""
        lost: list[LeaseRef] = []
        lapsed = False
        for batch in _batches(leases, RENEW_BATCH) or [()]:
            args: list[str | int] = [self._timings.worker_lease_ms, self._timings.lease_ms]
            for lease in batch:
                args += [lease.user_id, lease.connection_id]
            reply = self._act("renew", args, epoch)
            if reply.result is None:
                return Renewed(reply.place, reply.held, is_same_epoch=False, lapsed=True, lost=())
            lapsed = lapsed or bool(reply.result[0])
            lost += [batch[int(position)] for position in reply.result[1]]
        return Renewed(reply.place, reply.held, is_same_epoch=True, lapsed=lapsed, lost=tuple(lost))

    def shorten(
        self,
        closed: Mapping[LeaseRef, int],
        grace_ms: int,
        *,
        cause: str = "closed",
        before_ms: int = 0,
    ) -> Place | None:
        """Every named lease ends grace_ms after it closed; None if none is named.

        closed: how long ago each closed, in ms. A lease is never made longer.
        cause: of the transition that may follow, with what began before_ms before the close."""
        place = None
        for batch in _batches(list(closed.items()), GRANT_BATCH):
            args: list[str | int] = [grace_ms, cause, before_ms]
            for lease, age_ms in batch:
                args += [lease.user_id, lease.connection_id, age_ms]
            place = self._act("shorten", args).place
        return place

    def claim(self, user_id: str, claim: Claim) -> Place:
        """The user's claim is this one, unless the store knows one of a higher version.

        A transition follows where what others see changed; none at all for who has no connection
        or is and stays invisible. What lapses is reviewed as hidden tabs are, by the sweep."""
        return self._act("claim", [user_id, claim_text(claim)]).place

    def why(self, user_id: str) -> Why:
        """Return all that decides how this one user is shown now. O(his connections)."""
        reply = self._act("why", [user_id])
        claim_json, flat, past = _result(reply)
        now_ms, claim = reply.now_ms, claim_in(claim_json)
        rows = list(zip(flat[::3], map(json.loads, flat[1::3]), flat[2::3], strict=True))
        standings = [standing_in(row, deadline_ms) for _, row, deadline_ms in rows]
        if claim is not None and has_lapsed(claim, now_ms):
            claim = None
        return Why(
            shown_of(standings, claim, now_ms),
            deciding_rule(standings, claim, now_ms),
            claim,
            tuple(held_in(text_of(name), row, left - now_ms) for name, row, left in rows),
            tuple(past_in(text_of(line)) for line in past),
        )

    def expire(self, lease: LeaseRef) -> tuple[Place, bool, bool]:
        """End the lease if it is due; return (place, ended, held).

        Of any number of workers that ask, one ends it. During a hold nobody does."""
        reply = self._act("expire", [lease.user_id, lease.connection_id])
        outcome = _result(reply)[0]
        return reply.place, outcome == 1, outcome == -1

    def revoke(self, lease: LeaseRef) -> tuple[Place, bool]:
        """End the lease now; return (place, whether this call ended it)."""
        reply = self._act("revoke", [lease.user_id, lease.connection_id])
        return reply.place, _result(reply)[0] == 1

    def sweep(self, epoch: str, *, patience_ms: int) -> Swept:
        """End up to 500 leases overdue by patience_ms, touch those due for less, and so on.

        Leases of workers that stopped beating are shortened; reviews that are due are settled."""
        timings = self._timings
        args = [SWEEP_LIMIT, patience_ms, timings.orphan_ms, timings.worker_lease_ms]
        reply = self._act("sweep", args, epoch)
        if reply.result is None:
            return Swept(reply.place, reply.held, is_same_epoch=False)
        touched, ended, more, holds, workers = reply.result
        return Swept(
            reply.place,
            reply.held,
            is_same_epoch=True,
            touched=touched,
            ended=ended,
            more=bool(more),
            holds=holds,
            workers=tuple(text_of(name) for name in workers),
        )

    def snapshot(self, user_ids: Sequence[str]) -> Snapshot:
        """Return what may be said of each user, and a place up to which all is contained.

        More than 1000 users take several scripts: the place is the first one's, so that replaying
        the log from it gives the right end. Raises PresenceUnavailable if the epoch changed."""
        parts = [self._part(batch) for batch in _batches(user_ids, SNAPSHOT_BATCH) or [()]]
        people = {user_id: seen for part in parts for user_id, seen in part.people.items()}
        return Snapshot(_one_epoch(part.epoch for part in parts), parts[0].rev, people)

    def latest(self, user_ids: Sequence[str]) -> tuple[Place, dict[str, Transition]]:
        """Return each user's newest transition, and a place as snapshot does.

        Users without one are left out; one of a former epoch reads as offline with rev 0."""
        parts = [self._records(batch) for batch in _batches(user_ids, SNAPSHOT_BATCH) or [()]]
        epoch = _one_epoch(place.epoch for place, _ in parts)
        people = {
            user_id: latest_in(epoch, user_id, record, focus)
            for _, records in parts
            for user_id, record, focus in records
            if record
        }
        return parts[0][0], people

    def since(self, epoch: str, rev: int) -> Changes:
        """Return the transitions after (epoch, rev), or reset when they are not all known."""
        reply = self._act("since", [rev, CHANGES_LIMIT], epoch)
        is_whole, entries = _result(reply)
        transitions = tuple(
            transition_of(entry_id, dict(zip(flat[::2], flat[1::2], strict=True)))[1]
            for entry_id, flat in entries
        )
        return Changes(reply.place.epoch, reply.place.rev, transitions, reset=not is_whole)

    def missing(self, ages_ms: Mapping[str, int], epoch: str) -> Place | None:
        """Every named user without a record in this epoch is offline; None if none is named.

        ages_ms: how long ago each was last known to be here. Whoever asks first makes the
        transition; asking again makes none."""
        place = None
        for batch in _batches(list(ages_ms.items()), RENEW_BATCH):
            args = [value for pair in batch for value in pair]
            place = self._act("missing", args, epoch).place
        return place

    def forget(self, user_ids: Sequence[str]) -> None:
        """Nothing is known of these users any more: no last transition, no past, no claim."""
        with unavailable_on_error():
            for user_id in user_ids:
                self._client.delete(*self._keys.of_user(user_id))

    def life(self) -> Life:
        """Make sure that the epoch is that of the Redis process that runs, and describe it.

        Raises ShardsDiffer while live workers use another number of shards.
        One INFO and one script. Where INFO is forbidden a restart from a file goes unnoticed."""
        reply = self._act("life", [self._run_id(), len(self._keys.shards) or 1])
        born_ms, workers, others = _result(reply)
        if others:
            raise ShardsDiffer(
                f"Live workers spread users over {others} shards, this one is set to "
                f"{len(self._keys.shards) or 1}: it waits until they have ended."
            )
        names = tuple(text_of(name) for name in workers)
        return Life(reply.place, reply.now_ms - born_ms, names)

    def here(self) -> list[str]:
        """Return the users who are not offline. O(n); meant for a worker that joins."""
        with unavailable_on_error():
            members: Any = self._client.smembers(self._keys.here)  # redis-py types it as awaitable
        return [text_of(member) for member in members]

    def leave(self) -> None:
        """This worker is no longer missed when it stops beating; its leases run to their ends."""
        with unavailable_on_error(), self._client.pipeline(transaction=True) as pipeline:
            pipeline.zrem(self._keys.workers, self._worker_id)
            pipeline.delete(self._keys.held(self._worker_id))
            pipeline.execute()

    def _part(self, user_ids: Sequence[str]) -> Snapshot:
        place, records = self._records(user_ids)
        people = {
            user_id: seen_in(place.epoch, record, focus) for user_id, record, focus in records
        }
        return Snapshot(place.epoch, place.rev, people)

    def _records(self, user_ids: Sequence[str]) -> tuple[Place, list[tuple[str, str, str]]]:
        """The place, and each user with his record and his focus: one script."""
        reply = self._act("snapshot", [" ".join(user_ids)])
        records, focus = (text_of(lines).split("\n") for lines in _result(reply))
        if not user_ids:
            return reply.place, []  # of nobody it answers one empty line
        return reply.place, list(zip(user_ids, records, focus, strict=True))

    def _run_id(self) -> str:
        with unavailable_on_error():
            try:
                server: Any = self._client.info("server")  # redis-py types it as awaitable
            except redis.exceptions.NoPermissionError:
                return ""
        return str(server.get("run_id", ""))

    def _act(self, act: str, args: Sequence[str | int], believed: str = "") -> Reply:
        return self._scripts.run(act, args, believed, self.clock)


def _result(reply: Reply) -> tuple[Any, ...]:
    if reply.result is None:
        raise PresenceUnavailable("The store is in another epoch.")
    return reply.result


def _one_epoch(epochs: Iterable[str]) -> str:
    first, *others = set(epochs)
    if others:
        raise PresenceUnavailable("The epoch changed while a snapshot was read.")
    return first


def _batches(items: Sequence[T], size: int) -> list[Sequence[T]]:
    return [items[start : start + size] for start in range(0, len(items), size)]
