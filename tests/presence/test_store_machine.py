"""The real store against the plain model, in random histories of several workers.

Time is moved by moving everything that the store wrote down the other way; its clock is never
touched. A move that somebody noticed moves the tick along; one that nobody noticed is a stall.
"""

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from presence.keys import Keys
from presence.rules import has_lapsed, is_transition
from presence.store import Store
from presence.terms import (
    OFFLINE,
    SHIFTED,
    Claim,
    Claimed,
    Lease,
    LeaseRef,
    Reply,
    Shown,
    Status,
    Transition,
)
from tests.presence.plain_store import Noted, PlainStore
from tests.presence.workers import QUICK
from tests.support.redis_process import RedisProcess

# The stall is far longer than a slow machine may be between two acts.
TIMINGS = replace(
    QUICK,
    lease_ms=40_000,
    worker_lease_ms=20_000,
    grace_ms=4_000,
    hidden_away_ms=3_000,
    apart_ms=2_000,
)
REFS = [LeaseRef(user, f"{user}{number}") for user in ("ann", "ben") for number in (1, 2)]
WORKERS = ("w1", "w2")
refs = st.sampled_from(REFS)
claims = st.builds(
    Claim,
    status=st.sampled_from(Claimed),
    text=st.sampled_from(["", 'in a "meeting" / 会议']),
    emoji=st.sampled_from(["", "🍜"]),
    until_ms=st.none() | st.sampled_from([-1_000, 1_500, 14_000]),  # from now; absolute when told
    version=st.integers(0, 5),
)
workers = st.sampled_from(WORKERS)
server: RedisProcess


@pytest.fixture(scope="module", autouse=True)
def machine_redis() -> Iterator[None]:
    """A Redis of these histories alone: they flush it at will."""
    global server  # noqa: PLW0603 - hypothesis makes the machine itself and can pass it nothing
    with TemporaryDirectory() as folder:
        server = RedisProcess(Path(folder))
        server.start()
        yield
        server.stop()


class WatchedStore(Store):
    """A store that tells what its clock said at the last act."""

    now_ms = 0
    acts = 0

    def _act(self, act: str, args: Any, believed: str = "") -> Reply:  # as the base
        reply = super()._act(act, args, believed)
        self.now_ms = reply.now_ms
        self.acts += 1
        return reply


class Histories(RuleBasedStateMachine):
    """Any interleaving of acts, clock moves and losses, on two workers."""

    @initialize()
    def begin(self) -> None:
        self.client = server.client()
        self.client.flushall()
        self.moved_ms = 0
        self._make()
        self._learn_epoch()

    def _make(self) -> None:
        """The store of each worker, the names it uses, and the model of it."""
        self.keys = Keys()
        self.parts: tuple[Keys, ...] = (self.keys,)
        self.stores: dict[str, Store] = {
            name: WatchedStore(self.client, self.keys, TIMINGS, name) for name in WORKERS
        }
        self.model: PlainStore = PlainStore(TIMINGS)

    @rule(
        worker=workers,
        ref=refs,
        away_in_ms=st.sampled_from([None, 0, 2_000]),
        focus=st.sampled_from(["", "den", "attic"]),
        claim=st.none() | claims,
    )
    def grant(
        self, worker: str, ref: LeaseRef, away_in_ms: int | None, focus: str, claim: Claim | None
    ) -> None:
        stored, meant = self._from_now(worker, claim)
        lease = Lease(ref.user_id, ref.connection_id, away_in_ms, claim=stored, focus=focus)
        self.stores[worker].grant([lease])
        self.model.grant(worker, replace(lease, claim=meant), self._now_of(worker))

    @rule(worker=workers, user=st.sampled_from(["ann", "ben"]), claim=claims)
    def claim(self, worker: str, user: str, claim: Claim) -> None:
        stored, meant = self._from_now(worker, claim)
        assert stored is not None
        assert meant is not None
        self.stores[worker].claim(user, stored)
        self.model.claim(worker, user, meant, self._now_of(worker))

    @rule(worker=workers)
    def renew(self, worker: str) -> None:
        renewed = self.stores[worker].renew(REFS, self.epoch)
        assert renewed.lost == self.model.renew(worker, REFS, self._now_of(worker))

    @rule(
        worker=workers,
        ref=refs,
        age_ms=st.sampled_from([0, 500, 9_000]),
        why=st.sampled_from([("closed", 0), ("silent", 1_800), ("drained", 0)]),
    )
    def shorten(self, worker: str, ref: LeaseRef, age_ms: int, why: tuple[str, int]) -> None:
        cause, before_ms = why
        self.stores[worker].shorten(
            {ref: age_ms}, TIMINGS.grace_ms, cause=cause, before_ms=before_ms
        )
        self.model.shorten(ref, age_ms, self._now_of(worker), cause, before_ms)

    @rule(worker=workers, ref=refs)
    def expire(self, worker: str, ref: LeaseRef) -> None:
        _, ended, held = self.stores[worker].expire(ref)
        assert (ended, held) == self.model.expire(worker, ref, self._now_of(worker))

    @rule(worker=workers, ref=refs)
    def revoke(self, worker: str, ref: LeaseRef) -> None:
        _, ended = self.stores[worker].revoke(ref)
        assert ended == self.model.revoke(worker, ref, self._now_of(worker))

    @rule(worker=workers, patience_ms=st.sampled_from([0, 2_500]))
    def sweep(self, worker: str, patience_ms: int) -> None:
        swept = self.stores[worker].sweep(self.epoch, patience_ms=patience_ms)
        expected = self.model.sweep(worker, patience_ms, self._now_of(worker))
        assert (swept.held, swept.touched, swept.ended) == expected

    @rule(by_ms=st.sampled_from([100, 1_500, 3_500, 12_000, 25_000, 50_000]))
    def time_passes(self, by_ms: int) -> None:
        self._move(by_ms, unnoticed=True)

    @rule(by_ms=st.sampled_from([5_000, 60_000]))
    def store_stands_still(self, by_ms: int) -> None:
        self._move(by_ms, unnoticed=False)

    @rule(by_ms=st.sampled_from([-2_000, -60_000]))
    def clock_jumps_back(self, by_ms: int) -> None:
        self._move(by_ms, unnoticed=False)

    @rule()
    def store_restarts_empty(self) -> None:
        self.client.flushall()
        self.model.loses_everything()
        self._learn_epoch()

    @invariant()
    def statuses_are_the_models(self) -> None:
        _, latest = self.stores["w1"].latest(["ann", "ben"])
        self.model.begin(self._now_of("w1"))
        shown = {user: transition.shown for user, transition in latest.items()}
        assert shown == self.model.shown
        assert {user: transition.gen for user, transition in latest.items()} == self.model.gens

    @invariant()
    def log_is_the_models_without_a_hole(self) -> None:
        transitions = self.stores["w1"].since(self.epoch, 0).transitions
        self.model.begin(self._now_of("w1"))
        assert [transition.rev for transition in transitions] == list(
            range(1, len(self.model.log) + 1)
        )
        noted = [Noted(t.user_id, t.shown, t.gen, t.cause, t.by) for t in transitions]
        assert self._in_order(noted) == self._in_order(self.model.log)

    @invariant()
    def offline_is_having_no_connection_or_being_invisible(self) -> None:
        unseen = {
            user for user, claim in self.model.claims.items() if claim.status is Claimed.INVISIBLE
        }
        held = {ref.user_id for ref in self.model.leases}
        here = set(self.stores["w1"].here())
        assert here - unseen <= held
        for user_id, shown in self.model.shown.items():
            assert (shown.status is Status.OFFLINE) == (user_id not in here)
            assert (shown.text, shown.emoji) == ("", "") or user_id in here

    @invariant()
    def every_entry_shows_something_new(self) -> None:
        """One entry a transition, one a shift of the focus alone, and nothing else."""
        last: dict[str, Transition] = {}
        for entry in self.stores["w1"].since(self.epoch, 0).transitions:
            before = last.get(entry.user_id)
            shown = OFFLINE if before is None else before.shown
            assert entry.shown != shown
            assert entry.left == shown.focus
            assert is_transition(shown, entry.shown) == (entry.cause != SHIFTED)
            assert entry.cause != SHIFTED or before is None or entry.gen == before.gen
            last[entry.user_id] = entry
        self.model.begin(self._now_of("w1"))

    @invariant()
    def what_waits_has_a_review(self) -> None:
        assert self.model.waiting.keys() <= self.model.reviews.keys()

    @invariant()
    def snapshot_is_the_newest_entry(self) -> None:
        people = self.stores["w1"].snapshot(["ann", "ben"]).people
        self.model.begin(self._now_of("w1"))
        for user, shown in self.model.shown.items():
            seen = people[user]
            assert Shown(seen.status, seen.text, seen.emoji, seen.focus) == shown

    @invariant()
    def claims_are_the_models(self) -> None:
        for user in ("ann", "ben"):
            claim = self.stores["w1"].why(user).claim
            self.model.begin(self._now_of("w1"))
            kept = self.model.claims.get(user)
            if kept is not None and has_lapsed(kept, self._now_of("w1")):
                kept = None
            assert claim == (kept and self._claim_as_stored(kept))

    @invariant()
    def deadlines_are_the_models(self) -> None:
        expected = {
            f"l {ref.user_id} {ref.connection_id}".encode(): self._as_stored(standing.deadline_ms)
            for ref, standing in self.model.leases.items()
        }
        expected |= {
            f"r {user}".encode(): self._as_stored(at_ms)
            for user, at_ms in self.model.reviews.items()
        }
        stored: dict[bytes, int] = {}
        for part in self.parts:
            scores: Any = self.client.zrange(part.deadlines, 0, -1, withscores=True)
            stored |= {bytes(member): int(score) for member, score in scores}
        assert stored == expected

    def teardown(self) -> None:
        if hasattr(self, "client"):
            self.client.close()

    def _learn_epoch(self) -> None:
        self.epoch = self.stores["w1"].life().place.epoch
        self.model.begin(self._now_of("w1"))

    def _in_order(self, noted: list[Noted]) -> list[Noted]:
        """What of the log's order the store promises: all of it."""
        return noted

    def _now_of(self, worker: str) -> int:
        store = self.stores[worker]
        assert isinstance(store, WatchedStore)
        return store.now_ms + self.moved_ms

    def _from_now(self, worker: str, claim: Claim | None) -> tuple[Claim | None, Claim | None]:
        """The claim as the store is told it, and as the model knows it: time was moved."""
        if claim is None or claim.until_ms is None:
            return claim, claim
        meant = replace(claim, until_ms=self._now_of(worker) + claim.until_ms)
        return self._claim_as_stored(meant), meant

    def _claim_as_stored(self, claim: Claim) -> Claim:
        until_ms = claim.until_ms
        return replace(claim, until_ms=None if until_ms is None else self._as_stored(until_ms))

    def _as_stored(self, at_ms: int) -> int:
        return at_ms - self.moved_ms

    def _move(self, by_ms: int, *, unnoticed: bool) -> None:
        self.moved_ms += by_ms
        self.model.clock_moves(by_ms, unnoticed=unnoticed)
        for part in {self.keys, *self.parts}:
            self._move_sorted_set(part.deadlines, by_ms)
            self._move_sorted_set(part.workers, by_ms)
            self.client.hincrby(part.clock, "hold", -by_ms)
            if not unnoticed:
                self.client.hincrby(part.clock, "tick", -by_ms)
        tables: Any = self.client.keys("*:connections:*")
        for key in tables:
            self._move_connections(key, by_ms)
        kept: Any = self.client.keys("*:claim:*")
        for key in kept:
            self._move_claim(key, by_ms)
        told: Any = self.client.keys("*:focus:*")
        for key in told:
            self._move_focus(key, by_ms)

    def _move_sorted_set(self, key: str, by_ms: int) -> None:
        members: Any = self.client.zrange(key, 0, -1)
        for member in members:
            self.client.zincrby(key, -by_ms, member)

    def _move_connections(self, key: bytes, by_ms: int) -> None:
        table: Any = self.client.hgetall(key)
        for name, text in table.items():
            standing = json.loads(text)
            for at in ("away_at", "closed_at", "closed_since", "orphaned_at"):
                if at in standing:
                    standing[at] -= by_ms
            self.client.hset(key.decode(), name, json.dumps(standing))

    def _move_claim(self, key: bytes, by_ms: int) -> None:
        text: Any = self.client.get(key)
        claim = json.loads(text)
        if "until_at" in claim:
            claim["until_at"] -= by_ms
            self.client.set(key.decode(), json.dumps(claim))

    def _move_focus(self, key: bytes, by_ms: int) -> None:
        text: Any = self.client.get(key)
        epoch, told_at, rest = text.decode().split(" ", 2)
        self.client.set(key, f"{epoch} {int(told_at) - by_ms} {rest}")


Histories.TestCase.settings = settings(
    max_examples=60,
    stateful_step_count=30,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)
TestHistories = Histories.TestCase
