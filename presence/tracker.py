"""One door for every change of presence: what a worker tells it, and what it tells the worker.

A Tracker is made once in each worker process; what runs behind it is presence.runtime. While the
store is away it takes everything, decides nothing, and puts the store right afterwards.
"""

import logging
import secrets
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from typing import TypeVar

import redis

from presence.errors import PresenceUnavailable
from presence.heartbeat import Local, grant_all_of
from presence.keys import Keys, word
from presence.runtime import Runtime
from presence.terms import (
    Changes,
    Claim,
    Connection,
    Counts,
    LeaseRef,
    Snapshot,
    Transition,
    Why,
)
from presence.timings import Timings

log = logging.getLogger(__name__)

T = TypeVar("T")
S = TypeVar("S", Snapshot, Changes)
ClaimsOf = Callable[[Collection[str]], Mapping[str, Claim]]
ComeIn = Callable[[Callable[[Sequence[Local]], None]], Callable[[Local], None]]


def one_by_one(grant_all: Callable[[Sequence[Local]], None]) -> Callable[[Local], None]:
    """Each lease is asked for by itself."""
    return lambda local: grant_all([local])


class Tracker:
    """Presence as one worker knows and changes it."""

    def __init__(
        self,
        client: redis.Redis,
        blocking: Callable[[], redis.Redis],
        timings: Timings,
        *,
        on_transitions: Callable[[str, Sequence[Transition]], None],
        on_reset: Callable[[str], None],
        on_available: Callable[[bool], None],
        claims_of: ClaimsOf | None = None,
        together: ComeIn = one_by_one,
        prefix: str = "{p}",
        shards: int = 1,
    ) -> None:
        """Nothing is sent to Redis before start().

        client: for short commands; it must raise within seconds when Redis hangs, and not retry.
        blocking: makes a client for one link that waits; it is called twice.
        on_transitions(epoch, transitions): what viewers must be shown, in order, once.
        on_reset(epoch): the store began anew; comes between on_available(False) and (True).
        on_available(False): others are unknown from now on; (True): snapshots are right again.
        The three are called from presence's own threads; what they raise is logged.
        shards: over how many tags users are spread, the same for all workers; one that is set to
        another number than those who live stays unavailable until they have ended.
        claims_of(user_ids): the claims that are kept elsewhere, for a store that lost them; asked
        at each connect, and for all users here when the store began anew. What it raises is logged,
        and what this worker knows counts.
        together(grant_all): how one connection's lease is asked for; what it returns comes back
        when grant_all was called with it, alone or among those who connect at the same time: a
        thousand who come back at once then cost a tenth of the calls."""
        self._timings = timings
        self._claims_of = claims_of
        self._worker_id = secrets.token_hex(8)
        self._is_draining = False
        self._claims_close = 0
        self._runtime = Runtime(
            client,
            blocking,
            timings,
            Keys(prefix, shards),
            self._worker_id,
            on_transitions=on_transitions,
            learn_claims=self._learn_claims,
            on_reset=on_reset,
            on_available=on_available,
        )
        self._store = self._runtime.store
        self._connections = self._runtime.connections
        self._recovery = self._runtime.recovery
        self._come_in = together(self._let_in)

    @property
    def worker_id(self) -> str:
        """The name of this worker in transitions (by): random, new at each start."""
        return self._worker_id

    @property
    def epoch(self) -> str | None:
        """The epoch this worker is in; None before it reached the store for the first time."""
        return self._recovery.epoch

    @property
    def rev(self) -> int:
        """How far this worker has told the log to its viewers."""
        return self._runtime.view.rev

    @property
    def available(self) -> bool:
        """False while the store cannot be relied on: others are unknown, not offline."""
        return self._recovery.available

    @property
    def waits_for(self) -> str | None:
        """Why it stays unavailable until somebody sets this worker, or the others, otherwise."""
        return self._recovery.waits_for

    def start(self) -> None:
        """Presence runs. If Redis answers, it is available when this returns; if not, soon after
        it does."""
        self._runtime.start()

    def drain(self) -> None:
        """Own leases have a long grace: clients that come back elsewhere are never shown offline.

        Later disconnects change nothing. Calling it again does nothing."""
        if self._is_draining:
            return
        self._is_draining = True
        refs = [self._connections.close(ref.connection_id) for ref in self._connections.living()]
        try:
            closed = dict.fromkeys(filter(None, refs), 0)
            self._store.shorten(closed, self._timings.drain_ms, cause="drained")
        except PresenceUnavailable as error:
            log.warning("presence could not drain; its leases run out by themselves: %s", error)

    def stop(self) -> None:
        """Drained, and every thread has ended. The tracker cannot be started again."""
        self.drain()
        self._runtime.end()
        try:
            self._store.leave()
        except PresenceUnavailable as error:
            log.warning("presence could not say good-bye: %s", error)

    def connected(
        self,
        user_id: str,
        connection_id: str | None = None,
        *,
        visible: bool = True,
        device: str = "",
    ) -> Connection:
        """The connection lives, as far as this worker knows; the store knows it now or, if it is
        away, as soon as it is back (then epoch is None).

        connection_id: must be unique over all workers; one is made if it is None.
        Raises ValueError for an id that is empty or holds white space."""
        ref = LeaseRef(word(user_id), word(connection_id or secrets.token_hex(16)))
        local = self._connections.add(ref, device)
        self._connections.show(local, visible=visible, idle=False)
        self._come_in(local)
        return Connection(ref.connection_id, ref.user_id, local.granted_in, self.rev)

    def seen(self, connection_id: str) -> None:
        """The connection gave a sign of life; its next renewals are right. Sends nothing."""
        self._connections.seen(connection_id)

    def disconnected(self, connection_id: str) -> None:
        """The connection closed: its user has the grace to come back. Twice is as good as once.

        One that owed an answer to a ping did not close, it was found silent: since it was seen."""
        silence_ms = self._connections.silence_ms(connection_id)
        ref = self._connections.close(connection_id)
        if ref is None:
            return
        grace_ms, is_silent = self._timings.grace_ms, silence_ms >= self._timings.silence_ms
        cause, before_ms = ("silent", silence_ms) if is_silent else ("closed", 0)
        self._attempt(
            lambda: self._store.shorten({ref: 0}, grace_ms, cause=cause, before_ms=before_ms)
        )

    def signed_out(self, connection_id: str) -> None:
        """The connection is ended now, without a grace. Twice is as good as once."""
        ref = self._connections.revoke(connection_id)
        if ref is not None:
            revoked = self._attempt(lambda: self._store.revoke(ref))
            self._claims_close += revoked is not None and revoked[1]

    def set_visible(
        self,
        connection_id: str,
        visible: bool,  # noqa: FBT001 - the wire says it so
        *,
        idle: bool = False,
        focus: str = "",
    ) -> None:
        """The tab is in front, or hidden: away after hidden_away_ms, decided by the store.

        idle: nobody is in front of it: away now. focus: what it has in front, a word of the
        caller's own; it lives and dies with the connection, and others see it while the tab is in
        front. A connection that is gone is left alone. Raises ValueError for white space."""
        focus = focus and word(focus)
        local = self._connections.get(connection_id)
        if local is None:
            return
        self._connections.show(local, visible=visible, idle=idle, focus=focus)
        self._grant([local])

    def set_status(self, user_id: str, claim: Claim) -> None:
        """The user claims this of himself from now on, on all his devices; the store knows it now
        or, if it is away, as soon as it is back.

        A claim outlives every connection of its user, and Redis itself as far as a worker with a
        connection of his knows it, or claims_of does. It lapses at until_ms of the store's clock,
        shown by the next sweep. While he is invisible, nothing about him is logged or told."""
        self._connections.claim({word(user_id): claim})
        place = self._attempt(lambda: self._store.claim(user_id, claim))
        if place is not None:
            self._recovery.noticed(place.epoch)

    def claim_of(self, user_id: str) -> Claim | None:
        """Return the user's newest claim as far as this worker knows it. Sends nothing."""
        return self._connections.claim_of(user_id)

    def why(self, user_id: str) -> Why:
        """Return why the user is shown as he is. One script. Raises PresenceUnavailable."""
        return self._ask(lambda: self._store.why(user_id))

    def forget(self, user_ids: Sequence[str]) -> None:
        """The store remembers nothing of these users, who are offline for good. One command each.

        Raises PresenceUnavailable."""
        self._ask(lambda: self._store.forget(user_ids))

    def snapshot(self, user_ids: Sequence[str]) -> Snapshot:
        """Return the present state of these users. Raises PresenceUnavailable.

        One script for each 1000 users; a user without a record is offline."""
        return self._ask_here(lambda: self._store.snapshot(user_ids))

    def since(self, epoch: str, rev: int) -> Changes:
        """Return the transitions of all users after (epoch, rev), or reset.

        One script, for those that this worker has not read yet. Raises PresenceUnavailable."""
        read = self._runtime.reader.read_after(epoch, rev)
        newer = self._ask_here(lambda: self._store.since(epoch, rev + len(read)))
        return newer if newer.reset else replace(newer, transitions=read + newer.transitions)

    def now_ms(self) -> int | None:
        """Return what the store's clock shows, as its answers told; None before the first.

        Right to within half of the quickest answer. Sends nothing."""
        return self._store.clock.now_ms(time.monotonic())

    def focused(self) -> Mapping[str, Collection[str]]:
        """Return the users by what they have in front, as this worker told it. Sends nothing."""
        return self._runtime.view.focused()

    def silent_until_ms(self) -> int:
        """Return until when the store gave no answer for over a second, by its clock: it, or this
        worker, stood still. Now, while it still does; 0: never. Sends nothing."""
        return self._store.clock.silent_until_ms(time.monotonic())

    def counts(self) -> Counts:
        """Return what this worker's presence did so far, for metrics. Sends nothing."""
        return self._runtime.counts(self._claims_close)

    def _learn_claims(self, user_ids: Collection[str]) -> None:
        if self._claims_of is None or not user_ids:
            return
        try:
            self._connections.claim(self._claims_of(user_ids))
        except Exception:  # where they are kept is not ours, and presence goes on without
            log.exception("claims could not be read")

    def _let_in(self, arrived: Sequence[Local]) -> None:
        self._learn_claims({local.ref.user_id for local in arrived})
        self._grant(arrived)

    def _grant(self, wanted: Sequence[Local]) -> None:
        grace_ms = self._timings.grace_ms
        place = self._attempt(
            lambda: grant_all_of(self._store, self._connections, wanted, grace_ms)
        )
        if place is not None:
            self._recovery.noticed(place.epoch)

    def _attempt(self, act: Callable[[], T]) -> T | None:
        """Do it now if the store is there; what could not be done the recovery does."""
        if not self.available:
            return None
        try:
            return act()
        except PresenceUnavailable as error:
            self._recovery.owes(error)
            return None

    def _ask(self, question: Callable[[], T]) -> T:
        if not self.available:
            raise PresenceUnavailable("The presence store is away or begins anew.")
        try:
            return question()
        except PresenceUnavailable as error:
            self._recovery.failed(error)
            raise

    def _ask_here(self, question: Callable[[], S]) -> S:
        """An answer of another epoch is none: a store that was just emptied knows nobody."""
        epoch = self.epoch
        answer = self._ask(question)
        self._recovery.noticed(answer.epoch)
        if answer.epoch != epoch:
            raise PresenceUnavailable("The presence store begins anew.")
        return answer
