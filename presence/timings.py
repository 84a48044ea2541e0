"""Every timing of presence, the relations between them, and the bounds that follow.

All values are milliseconds. A contradiction raises at start, never at three in the morning.
docs/TIMINGS.md explains each; a test compares that page with this file.
"""

from dataclasses import dataclass, fields

from presence.errors import TimingsError

DELIVERY_MS = 500  # what a bound leaves for reading the log and for the fan-out to viewers
AT_ONCE_MS = 1_000  # nothing is waited for; the bound is the promise itself
LONGEST_STALL_MS = 3_000  # a store silent for longer has missed renewals: hold
REBUILD_MS = 3_000  # a new epoch waits so long for late workers: all are right within 5 s
SHORTEST_REBUILD_MS = 600  # and so long at least: a worker tries again each 500 ms


@dataclass(frozen=True, slots=True)
class Bounds:
    """How long it takes at most until others are shown what happened to somebody, in
    milliseconds: the first four are ways to leave, changed is between online, away and busy."""

    tab_closed_ms: int
    silent_ms: int
    worker_killed_ms: int
    signed_out_ms: int
    came_online_ms: int
    changed_ms: int


@dataclass(frozen=True, slots=True)
class Timings:
    """The timings of one service. All workers on one store use the same.

    ping_ms, ping_timeout_ms: Engine.IO's heartbeat; who stays silent for their sum is gone.
    renew_ms: how often a worker renews its leases. lease_ms: how long one renewal lasts.
    worker_lease_ms: how long a worker lives without a beat. grace_ms: what a close leaves.
    sweep_ms: the longest a due deadline waits. hidden_away_ms: hidden so long is away.
    apart_ms: what a user does by himself is told once in this time (0: each is told).

    Raises TimingsError, naming both values."""

    ping_ms: int = 10_000
    ping_timeout_ms: int = 8_000
    renew_ms: int = 8_000
    lease_ms: int = 30_000
    worker_lease_ms: int = 10_000
    grace_ms: int = 5_000
    sweep_ms: int = 500
    hidden_away_ms: int = 30_000
    apart_ms: int = 1_000

    def __post_init__(self) -> None:
        for field in fields(self):
            value = getattr(self, field.name)
            if value < (0 if field.name == "apart_ms" else 1):
                raise TimingsError(f"{field.name}={value} must be above 0.")
        self._at_least("lease_ms", "3 x renew_ms", 3 * self.renew_ms)
        self._at_least(
            "lease_ms",
            "ping_ms + ping_timeout_ms + grace_ms",
            self.ping_ms + self.ping_timeout_ms + self.grace_ms,
        )
        self._at_least("lease_ms", "worker_lease_ms", self.worker_lease_ms)
        self._at_least("lease_ms", "16 x sweep_ms", 16 * self.sweep_ms)
        self._at_least("worker_lease_ms", "8 x sweep_ms", 8 * self.sweep_ms)
        self._at_least("grace_ms", "sweep_ms", self.sweep_ms)

    @property
    def alive_ms(self) -> int:
        """A connection silent for longer is not renewed: it owed an answer to a ping."""
        return self.ping_ms + self.ping_timeout_ms

    @property
    def silence_ms(self) -> int:
        """A close after so long without a sign of life was found by the ping, not told: the socket
        library's own word for it depends on which of its two timers was first."""
        return self.ping_ms + self.ping_timeout_ms // 2

    @property
    def beat_ms(self) -> int:
        """How often a worker says that it lives: three beats may be lost."""
        return self.worker_lease_ms // 4

    @property
    def orphan_ms(self) -> int:
        """What the leases of a dead worker are left, counted from the end of its own lease."""
        return max(self.worker_lease_ms // 2, self.worker_lease_ms - DELIVERY_MS)

    @property
    def drain_ms(self) -> int:
        """The grace of a worker that is stopping on purpose: its clients come back elsewhere."""
        return 3 * self.grace_ms

    @property
    def patience_ms(self) -> int:
        """How long the sweep leaves a due lease, once touched, to the expired event."""
        return self.sweep_ms // 5

    @property
    def stall_ms(self) -> int:
        """A store that nobody reached for longer stood still: hold before expiring anybody."""
        return min(LONGEST_STALL_MS, self.lease_ms // 4, self.worker_lease_ms // 2)

    @property
    def hold_ms(self) -> int:
        """How long a hold lasts: every worker renews within it."""
        return self.renew_ms + max(1_000, self.renew_ms // 4)

    def bounds(self) -> Bounds:
        """The promises that follow from these timings. Source: docs/TIMINGS.md."""
        return Bounds(
            tab_closed_ms=self.grace_ms + self.sweep_ms + DELIVERY_MS,
            silent_ms=self.alive_ms + self.grace_ms + self.sweep_ms + DELIVERY_MS,
            worker_killed_ms=self.worker_lease_ms + self.orphan_ms + self.sweep_ms + DELIVERY_MS,
            signed_out_ms=AT_ONCE_MS,
            came_online_ms=AT_ONCE_MS,
            changed_ms=self.apart_ms + self.sweep_ms + DELIVERY_MS,
        )

    def _at_least(self, name: str, formula: str, minimum: int) -> None:
        value = getattr(self, name)
        if value < minimum:
            raise TimingsError(f"{name}={value} must be at least {formula}={minimum}.")
