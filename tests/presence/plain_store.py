"""The store as a plain Python model: the same acts on dictionaries, by the rules of rules.py.

The model is told what the store's clock said at each act. It knows nothing of Redis; where the
two differ after any history, one of them is wrong.
"""

from dataclasses import dataclass, field, replace

from presence.rules import (
    BACKWARD_JUMP_MS,
    OWN_DOING,
    Standing,
    ended_because,
    has_lapsed,
    is_transition,
    must_wait,
    next_review_ms,
    shown_of,
    stood_still,
)
from presence.terms import OFFLINE, SHIFTED, Claim, Lease, LeaseRef, Shown, Status
from presence.timings import Timings


@dataclass(frozen=True)
class Noted:
    """A transition as the model writes it down."""

    user_id: str
    shown: Shown
    gen: int
    cause: str
    by: str


@dataclass
class PlainStore:
    """Leases, workers, statuses and the log, without a store."""

    timings: Timings
    leases: dict[LeaseRef, Standing] = field(default_factory=dict)
    owners: dict[LeaseRef, str] = field(default_factory=dict)
    reviews: dict[str, int] = field(default_factory=dict)
    workers: dict[str, int] = field(default_factory=dict)
    shown: dict[str, Shown] = field(default_factory=dict)
    last_seen_ms: dict[str, int] = field(default_factory=dict)
    claims: dict[str, Claim] = field(default_factory=dict)
    versions: dict[str, int] = field(default_factory=dict)
    gens: dict[str, int] = field(default_factory=dict)
    told_at_ms: dict[str, int] = field(default_factory=dict)
    waiting: dict[str, str] = field(default_factory=dict)
    log: list[Noted] = field(default_factory=list)
    tick_ms: int | None = None
    hold_until_ms: int = 0

    def begin(self, now_ms: int) -> bool:
        """The head of every act: the hold begins, goes on or is over."""
        overdue = self.leases or self.reviews
        if stood_still(now_ms, self.tick_ms, self.timings.stall_ms) and overdue:
            self.hold_until_ms = now_ms + self.timings.hold_ms
            if self.tick_ms is not None and now_ms < self.tick_ms - BACKWARD_JUMP_MS:
                self._clamp(now_ms)
        self.tick_ms = now_ms
        return now_ms < self.hold_until_ms

    def claim(self, worker: str, user_id: str, claim: Claim, now_ms: int) -> None:
        self.begin(now_ms)
        if claim.version >= self.versions.get(user_id, -1):
            self._keep(user_id, claim, now_ms)
        self._settle(worker, user_id, "claimed", now_ms, now_ms)

    def grant(self, worker: str, lease: Lease, now_ms: int) -> None:
        self.begin(now_ms)
        ref, away_in_ms = LeaseRef(lease.user_id, lease.connection_id), lease.away_in_ms
        cause = "connected"
        if ref in self.leases:
            cause = "in_front" if away_in_ms is None else "hidden"
        lease_ms = self.timings.lease_ms
        away_at_ms = None if away_in_ms is None else now_ms + away_in_ms
        self.leases[ref] = Standing(now_ms + lease_ms, lease_ms, away_at_ms, focus=lease.focus)
        self.owners[ref] = worker
        if lease.claim is not None and lease.claim.version > self.versions.get(ref.user_id, -1):
            self._keep(ref.user_id, lease.claim, now_ms)
        self._settle(worker, ref.user_id, cause, now_ms, now_ms)

    def renew(self, worker: str, refs: list[LeaseRef], now_ms: int) -> tuple[LeaseRef, ...]:
        self.begin(now_ms)
        self.workers[worker] = now_ms + self.timings.worker_lease_ms
        for ref in refs:
            standing = self.leases.get(ref)
            if standing is not None and standing.closed_at_ms is None:
                self.leases[ref] = replace(standing, deadline_ms=now_ms + self.timings.lease_ms)
        return tuple(ref for ref in refs if ref not in self.leases)

    def shorten(
        self, ref: LeaseRef, age_ms: int, now_ms: int, cause: str = "closed", before_ms: int = 0
    ) -> None:
        self.begin(now_ms)
        standing = self.leases.get(ref)
        if standing is None or standing.closed_at_ms is not None:
            return
        closed_at_ms = now_ms - age_ms
        deadline_ms = max(now_ms + 1, closed_at_ms + self.timings.grace_ms)
        self.leases[ref] = replace(
            standing,
            closed_at_ms=closed_at_ms,
            closed_cause=cause,
            closed_since_ms=closed_at_ms - before_ms,
            deadline_ms=min(standing.deadline_ms, deadline_ms),
        )

    def expire(self, worker: str, ref: LeaseRef, now_ms: int) -> tuple[bool, bool]:
        if self.begin(now_ms):
            return False, True
        standing = self.leases.get(ref)
        if standing is None or standing.deadline_ms > now_ms:
            return False, False
        self._take(worker, ref, now_ms)
        return True, False

    def revoke(self, worker: str, ref: LeaseRef, now_ms: int) -> bool:
        self.begin(now_ms)
        if ref not in self.leases:
            return False
        self._take(worker, ref, now_ms, ("signed_out", now_ms))
        return True

    def sweep(self, worker: str, patience_ms: int, now_ms: int) -> tuple[bool, int, int]:
        if self.begin(now_ms):
            return True, 0, 0
        self._orphan_one_worker(now_ms)
        touched = ended = 0
        for (due_ms, _), kind, subject in self._due(now_ms):
            if kind == "r":
                self._settle(worker, str(subject), "hidden", now_ms, due_ms)
            elif now_ms - self.leases[subject].deadline_ms >= patience_ms:  # type: ignore[index]
                self._take(worker, subject, now_ms)  # type: ignore[arg-type] # kind says lease
                ended += 1
            else:
                touched += 1
        return False, touched, ended

    def loses_everything(self) -> None:
        """The store restarted empty."""
        self.__init__(self.timings)  # type: ignore[misc] # a new life is a new object

    def clock_moves(self, by_ms: int, *, unnoticed: bool) -> None:
        """The clock is by_ms further, for whoever looks; unnoticed: somebody looked meanwhile."""
        if unnoticed and self.tick_ms is not None:
            self.tick_ms += by_ms

    def _due(self, now_ms: int) -> list[tuple[tuple[int, str], str, LeaseRef | str]]:
        due: list[tuple[tuple[int, str], str, LeaseRef | str]] = []
        for ref, standing in self.leases.items():
            if standing.deadline_ms <= now_ms:
                member = f"l {ref.user_id} {ref.connection_id}"
                due.append(((standing.deadline_ms, member), "l", ref))
        for user_id, at_ms in self.reviews.items():
            if at_ms <= now_ms:
                due.append(((at_ms, f"r {user_id}"), "r", user_id))
        return sorted(due, key=lambda entry: entry[0])

    def _orphan_one_worker(self, now_ms: int) -> None:
        dead = sorted((at_ms, name) for name, at_ms in self.workers.items() if at_ms < now_ms)
        if not dead:
            return
        ended_at_ms, name = dead[0]
        del self.workers[name]
        for ref, standing in self.leases.items():
            if self.owners[ref] == name:
                deadline_ms = max(now_ms + 1, ended_at_ms + self.timings.orphan_ms)
                self.leases[ref] = replace(
                    standing,
                    orphaned_at_ms=ended_at_ms - self.timings.worker_lease_ms,
                    deadline_ms=min(standing.deadline_ms, deadline_ms),
                )
                self.owners[ref] = f"orphan of {name}"

    def _clamp(self, now_ms: int) -> None:
        latest_ms = now_ms + self.timings.lease_ms
        for ref, standing in self.leases.items():
            deadline_ms = min(standing.deadline_ms, latest_ms)
            self.leases[ref] = replace(standing, deadline_ms=deadline_ms)
        self.reviews = {user: min(at_ms, now_ms) for user, at_ms in self.reviews.items()}
        self.workers = {name: min(at_ms, latest_ms) for name, at_ms in self.workers.items()}

    def _keep(self, user_id: str, claim: Claim, now_ms: int) -> None:
        self.versions[user_id] = claim.version
        self.claims.pop(user_id, None)
        if not has_lapsed(claim, now_ms):
            self.claims[user_id] = claim

    def _take(
        self, worker: str, ref: LeaseRef, now_ms: int, because: tuple[str, int] | None = None
    ) -> None:
        standing = self.leases.pop(ref)
        del self.owners[ref]
        cause, since_ms = because or ended_because(standing)
        self._settle(worker, ref.user_id, cause, now_ms, since_ms)

    def _settle(self, worker: str, user_id: str, cause: str, now_ms: int, since_ms: int) -> None:
        connections = [standing for ref, standing in self.leases.items() if ref.user_id == user_id]
        claim = self.claims.get(user_id)
        has_ended = claim is not None and has_lapsed(claim, now_ms)
        if has_ended:
            del self.claims[user_id]
        review_ms = next_review_ms(connections, claim, now_ms)
        before = self.shown.get(user_id, OFFLINE)
        after = shown_of(connections, claim, now_ms)
        cause = self._cause(user_id, cause, after, has_ended=has_ended)
        told_at_ms, apart_ms = self.told_at_ms.get(user_id, -1), self.timings.apart_ms
        if after != before and must_wait(cause, told_at_ms, now_ms, apart_ms):
            self.waiting[user_id] = cause
            free_ms = told_at_ms + apart_ms
            self.reviews[user_id] = min(review_ms or free_ms, free_ms)
            return
        self._review(user_id, review_ms)
        self.waiting.pop(user_id, None)
        if after == before:
            return
        if cause in OWN_DOING:
            self.told_at_ms[user_id] = now_ms
        if after.status is Status.OFFLINE:
            self.last_seen_ms[user_id] = since_ms
        self._note(worker, user_id, cause, after)

    def _cause(self, user_id: str, cause: str, after: Shown, *, has_ended: bool) -> str:
        is_here = after.status is not Status.OFFLINE
        waiting = self.waiting.get(user_id)
        if has_ended and is_here:
            cause = "claim_ended"
        if waiting and (cause == "hidden" or (waiting == "claim_ended" and is_here)):
            return waiting
        return cause

    def _review(self, user_id: str, at_ms: int | None) -> None:
        self.reviews.pop(user_id, None)
        if at_ms is not None:
            self.reviews[user_id] = at_ms

    def _note(self, worker: str, user_id: str, cause: str, after: Shown) -> None:
        if is_transition(self.shown.get(user_id, OFFLINE), after):
            self.gens[user_id] = self.gens.get(user_id, 0) + 1
        else:
            cause = SHIFTED
        self.shown[user_id] = after
        self.log.append(Noted(user_id, after, self.gens[user_id], cause, worker))
