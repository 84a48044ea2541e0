"""The connections of this worker, and the beat that renews their leases in one batch.

Fed by Engine.IO PONG, never by a timer in the browser: a connection that owes an answer to a ping
is not renewed, whatever the socket library believes of it. Times here are the worker's own
monotonic clock in seconds and never leave it; only ages do.
"""

import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from presence.store import Store
from presence.terms import Attention, Claim, Lease, LeaseRef, Place, Renewed
from presence.timings import Timings

SHORTEST_WAIT_S = 0.1  # a renewal may be overdue for as long as the store is away


@dataclass(slots=True)
class Local:
    """One live connection of this worker. granted_in: the epoch in which the store knows it."""

    ref: LeaseRef
    device: str
    seen_s: float
    hidden_s: float | None = None
    idle: bool = False
    focus: str = ""
    granted_in: str | None = None


class Connections:
    """Every connection of this worker: the living, and for a while those that left.

    Those that left are kept so that a store which was away, or began anew, can be told."""

    def __init__(self, timings: Timings, clock: Callable[[], float] = time.monotonic) -> None:
        self._timings = timings
        self._clock = clock
        self._living: dict[str, Local] = {}
        self._closed_s: dict[LeaseRef, float] = {}
        self._revoked_s: dict[LeaseRef, float] = {}
        self._claims: dict[str, Claim] = {}

    def __len__(self) -> int:
        return len(self._living)

    def add(self, ref: LeaseRef, device: str) -> Local:
        """The connection lives, and was seen just now."""
        self._living[ref.connection_id] = local = Local(ref, device, self._clock())
        return local

    def get(self, connection_id: str) -> Local | None:
        """Return the living connection of that name."""
        return self._living.get(connection_id)

    def seen(self, connection_id: str) -> None:
        """The connection gave a sign of life; one that is not here any more stays gone."""
        local = self._living.get(connection_id)
        if local is not None:
            local.seen_s = self._clock()

    def show(self, local: Local, *, visible: bool, idle: bool, focus: str = "") -> None:
        """The tab is in front, with this in it, or hidden. Hiding it twice does not start its time
        anew."""
        local.idle, local.focus = idle, focus
        if visible:
            local.hidden_s = None
        elif local.hidden_s is None:
            local.hidden_s = self._clock()

    def claim(self, claims: Mapping[str, Claim]) -> None:
        """What these users claim goes with every later grant; an older claim changes nothing."""
        for user_id, claim in claims.items():
            known = self._claims.get(user_id)
            if known is None or claim.version >= known.version:
                self._claims[user_id] = claim

    def claim_of(self, user_id: str) -> Claim | None:
        """Return what goes with the user's next grant."""
        return self._claims.get(user_id)

    def users(self) -> set[str]:
        """Return who has, or had within the longest lease, a connection here."""
        return {ref.user_id for ref in [*self.living(), *self.closed()]}

    def forget_claims(self) -> None:
        """Claims of users who are not here any more are forgotten."""
        if self._claims:
            users = self.users()
            self._claims = {user: held for user, held in self._claims.items() if user in users}

    def close(self, connection_id: str) -> LeaseRef | None:
        """The connection left; return its lease, None if it had left before."""
        local = self._living.pop(connection_id, None)
        if local is None:
            return None
        _put_last(self._closed_s, local.ref, self._clock(), self._forgotten_s())
        return local.ref

    def silence_ms(self, connection_id: str) -> int:
        """Return how long ago the living connection was last seen, 0 if it is not here."""
        local = self._living.get(connection_id)
        return 0 if local is None else self._age_ms(local.seen_s)

    def revoke(self, connection_id: str) -> LeaseRef | None:
        """The connection is ended without grace, also one that left and still has its grace.

        Returns its lease, None if it was ended before or left long ago."""
        local = self._living.pop(connection_id, None)
        ref = local.ref if local is not None else self._left(connection_id)
        if ref is None:
            return None
        self._closed_s.pop(ref, None)
        _put_last(self._revoked_s, ref, self._clock(), self._forgotten_s())
        return ref

    def alive(self) -> list[Local]:
        """Return those that answered within ping + timeout: the only ones that are renewed."""
        oldest_s = self._clock() - self._timings.alive_ms / 1000
        return [local for local in list(self._living.values()) if local.seen_s >= oldest_s]

    def living(self) -> list[LeaseRef]:
        """Return all that have not left."""
        return [local.ref for local in list(self._living.values())]

    def lease_of(self, local: Local) -> Lease:
        """Return what is asked of the store for this connection now."""
        away_in_ms, attention = None, Attention.IN_FRONT
        if local.idle:
            away_in_ms, attention = 0, Attention.IDLE
        elif local.hidden_s is not None:
            attention = Attention.HIDDEN
            away_in_ms = max(0, self._timings.hidden_away_ms - self._age_ms(local.hidden_s))
        user_id, connection_id = local.ref.user_id, local.ref.connection_id
        claim = self._claims.get(user_id)
        return Lease(
            user_id, connection_id, away_in_ms, local.device, attention, claim, local.focus
        )

    def lease_in_grace(self, ref: LeaseRef) -> Lease:
        """Return what is asked of a store that began anew for a connection that left just now."""
        return Lease(ref.user_id, ref.connection_id, claim=self._claims.get(ref.user_id))

    def closed(self) -> dict[LeaseRef, int]:
        """Return those that left within the longest lease, with how long ago in ms."""
        oldest_s = self._forgotten_s()
        closed = list(self._closed_s.items())
        return {ref: self._age_ms(at_s) for ref, at_s in closed if at_s >= oldest_s}

    def revoked(self) -> list[LeaseRef]:
        """Return those that were ended without grace within the longest lease."""
        oldest_s = self._forgotten_s()
        return [ref for ref, at_s in list(self._revoked_s.items()) if at_s >= oldest_s]

    def _left(self, connection_id: str) -> LeaseRef | None:
        left = list(self._closed_s)
        return next((ref for ref in left if ref.connection_id == connection_id), None)

    def _forgotten_s(self) -> float:
        return self._clock() - self._timings.lease_ms / 1000

    def _age_ms(self, at_s: float) -> int:
        return int((self._clock() - at_s) * 1000)


def _put_last(
    left_s: dict[LeaseRef, float], ref: LeaseRef, now_s: float, forgotten_s: float
) -> None:
    """Note who left, and drop from the front those who left before forgotten_s."""
    while left_s and next(iter(left_s.values())) < forgotten_s:
        del left_s[next(iter(left_s))]
    left_s[ref] = now_s


class Heartbeat:
    """Renews the worker's own lease at every beat, and all its leases each renew_ms."""

    def __init__(
        self,
        store: Store,
        connections: Connections,
        timings: Timings,
        jitter: Callable[[float, float], float],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._store = store
        self._connections = connections
        self._timings = timings
        self._jitter = jitter
        self._clock = clock
        self._renew_at_s = 0.0
        self._grants_all = False
        self._woken = threading.Event()
        self.leases_lost = 0
        self.renewals = 0
        self.renewing_ms = 0

    def wait(self) -> None:
        """Return when the next beat, or the next renewal, is due."""
        to_beat_s = self._timings.beat_ms / 1000 * self._jitter(0.8, 1.0)
        to_renewal_s = max(SHORTEST_WAIT_S, self._renew_at_s - self._clock())
        self._woken.wait(min(to_beat_s, to_renewal_s))
        self._woken.clear()

    def hasten(self) -> None:
        """The next beat comes now: a connection may wait for its lease."""
        self._woken.set()

    def grant_all(self) -> None:
        """The next beat comes now and grants every connection anew: the store may doubt them."""
        self._grants_all = True
        self._woken.set()

    def beat(self, epoch: str) -> Place:
        """The worker is known to live; leases due are renewed; those lost or new are granted.

        Raises PresenceUnavailable; then the next beat does what this one owed."""
        due = self._clock() >= self._renew_at_s
        renewed = self._renew(self._granted(epoch) if due else (), epoch)
        if not renewed.is_same_epoch:
            return renewed.place
        self.leases_lost += len(renewed.lost)
        self._grants_all = self._grants_all or renewed.lapsed
        self._grant(epoch, {ref.connection_id for ref in renewed.lost})
        if due:
            self._connections.forget_claims()
            self._renew_at_s = self._clock() + self._timings.renew_ms / 1000 * self._jitter(0.9, 1)
        return renewed.place

    def _granted(self, epoch: str) -> list[LeaseRef]:
        return [local.ref for local in self._connections.alive() if local.granted_in == epoch]

    def _renew(self, leases: Sequence[LeaseRef], epoch: str) -> Renewed:
        began_s = self._clock()
        renewed = self._store.renew(leases, epoch)
        if leases:
            self.renewals += 1
            self.renewing_ms += round((self._clock() - began_s) * 1000)
        return renewed

    def _grant(self, epoch: str, lost: set[str]) -> None:
        everything = self._grants_all
        waiting = [
            local
            for local in self._connections.alive()
            if everything or local.granted_in != epoch or local.ref.connection_id in lost
        ]
        grant_all_of(self._store, self._connections, waiting, self._timings.grace_ms)
        self._grants_all = self._grants_all and not everything


def grant_all_of(
    store: Store, connections: Connections, wanted: Sequence[Local], grace_ms: int
) -> Place | None:
    """Each of these lives in the store, or is closing there if it left meanwhile.

    None if there is none."""
    place = store.grant([connections.lease_of(local) for local in wanted])
    if place is None:
        return None
    for local in wanted:
        local.granted_in = place.epoch
    # A grant on its way when its connection left comes after the end, and makes a ghost of it.
    gone = {local.ref for local in wanted if connections.get(local.ref.connection_id) is not local}
    if gone:
        closed = connections.closed()
        store.shorten({ref: closed[ref] for ref in gone & closed.keys()}, grace_ms)
        for ref in gone & set(connections.revoked()):
            store.revoke(ref)
    return place
