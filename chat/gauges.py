"""What a worker holds and how well it keeps up, written into the metrics once a second.

Also measured: how late this very thread wakes. That is how long the loop stood still, which no
client may notice as a missed heartbeat.
"""

import threading
import time
from collections.abc import Callable, Iterable
from typing import Protocol

from prometheus_client import Counter, Gauge, Histogram

EVERY_S = 1.0
_LATENESS_BUCKETS = (0.005, 0.02, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)

connections = Gauge("rollcall_connections", "Live connections.", multiprocess_mode="livesum")
edge_sockets = Gauge(
    "rollcall_edge_sockets", "Engine.IO sockets, also before CONNECT.", multiprocess_mode="livesum"
)
edge_sids = Gauge(
    "rollcall_edge_sids",
    "Names that python-socketio keeps for connections; more than connections is a leak.",
    multiprocess_mode="livesum",
)
bus_backlog = Gauge(
    "rollcall_bus_backlog", "Entries that wait for Redis.", multiprocess_mode="livesum"
)
presence_available = Gauge(
    "rollcall_presence_available",
    "1 while presence is known, 0 while others are shown as unknown; the worst worker's.",
    multiprocess_mode="livemin",
)
presence_hears_events = Gauge(
    "rollcall_presence_hears_events",
    "1 while keyspace events arrive, 0 while the sweep works alone; the worst worker's.",
    multiprocess_mode="livemin",
)
presence_log_lag = Gauge(
    "rollcall_presence_log_lag",
    "Transitions in the log that a worker has not told yet; the worst worker's.",
    multiprocess_mode="livemax",
)
presence_lag_seconds = Histogram(
    "rollcall_presence_lag_seconds",
    "Time from a transition's decision, by the clock of Redis, to its telling by a worker.",
    buckets=_LATENESS_BUCKETS,
)
presence_ended_total = Counter(
    "rollcall_presence_leases_ended_total",
    "Leases that a worker ended, by what brought it there: event, sweep, or close.",
    ["by"],
)
presence_trouble_total = Counter(
    "rollcall_presence_trouble_total",
    "Times that presence had to recover: lease_lost, epoch_changed, gap, hold, or failure.",
    ["kind"],
)
loop_stall_seconds = Histogram(
    "rollcall_loop_stall_seconds",
    "How late a one-second timer fired: how long the loop stood still.",
    buckets=_LATENESS_BUCKETS,
)


class Counts(Protocol):
    """What presence counts by itself since the worker started, and how it sees the log."""

    @property
    def claims_event(self) -> int: ...
    @property
    def claims_sweep(self) -> int: ...
    @property
    def claims_close(self) -> int: ...
    @property
    def leases_lost(self) -> int: ...
    @property
    def epoch_changes(self) -> int: ...
    @property
    def gaps(self) -> int: ...
    @property
    def holds(self) -> int: ...
    @property
    def failures(self) -> int: ...
    @property
    def hears_events(self) -> bool: ...
    @property
    def log_lag(self) -> int: ...


class Told(Protocol):
    """A transition, as far as its lag is concerned."""

    @property
    def at_ms(self) -> int:
        """When it was decided, by the clock of Redis."""


class Gauges:
    """Writes one worker's numbers into the metrics, once a second."""

    def __init__(
        self,
        *,
        count_connections: Callable[[], int],
        count_sockets: Callable[[], int],
        count_sids: Callable[[], int],
        count_backlog: Callable[[], int],
        is_presence_available: Callable[[], bool],
        presence_counts: Callable[[], Counts],
    ) -> None:
        """Each is asked from a thread of its own and must not wait."""
        self._count_connections = count_connections
        self._count_sockets = count_sockets
        self._count_sids = count_sids
        self._count_backlog = count_backlog
        self._is_presence_available = is_presence_available
        self._presence_counts = presence_counts
        self._before: dict[str, int] = {}
        self._is_stopped = threading.Event()

    def start(self) -> None:
        """The numbers are written from now on."""
        threading.Thread(target=self._run, name="gauges", daemon=True).start()

    def stop(self) -> None:
        """Nothing is written any more."""
        self._is_stopped.set()

    def write(self) -> None:
        """Write the numbers as they are now."""
        connections.set(self._count_connections())
        edge_sockets.set(self._count_sockets())
        edge_sids.set(self._count_sids())
        bus_backlog.set(self._count_backlog())
        presence_available.set(self._is_presence_available())
        counts = self._presence_counts()
        presence_hears_events.set(counts.hears_events)
        presence_log_lag.set(counts.log_lag)
        for by, total in _ended(counts).items():
            self._advance(presence_ended_total.labels(by), by, total)
        for kind, total in _troubles(counts).items():
            self._advance(presence_trouble_total.labels(kind), kind, total)

    def _advance(self, counter: Counter, name: str, total: int) -> None:
        counter.inc(max(0, total - self._before.get(name, 0)))
        self._before[name] = total

    def _run(self) -> None:
        due_s = time.monotonic() + EVERY_S
        while not self._is_stopped.wait(max(0.0, due_s - time.monotonic())):
            loop_stall_seconds.observe(max(0.0, time.monotonic() - due_s))
            self.write()
            due_s = time.monotonic() + EVERY_S


def observe_lag(told: Iterable[Told], now_ms: int) -> None:
    """Note how old each transition is at the moment of its telling."""
    for one in told:
        presence_lag_seconds.observe(max(0, now_ms - one.at_ms) / 1000)


def _ended(counts: Counts) -> dict[str, int]:
    return {
        "event": counts.claims_event,
        "sweep": counts.claims_sweep,
        "close": counts.claims_close,
    }


def _troubles(counts: Counts) -> dict[str, int]:
    return {
        "lease_lost": counts.leases_lost,
        "epoch_changed": counts.epoch_changes,
        "gap": counts.gaps,
        "hold": counts.holds,
        "failure": counts.failures,
    }
