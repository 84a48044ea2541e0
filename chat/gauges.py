"""What a worker holds and how well it keeps up, written into the metrics once a second."""

import threading
from collections.abc import Callable
from typing import Protocol

from prometheus_client import Counter, Gauge

EVERY_S = 1.0

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
presence_held = Gauge(
    "rollcall_presence_held",
    "1 while nothing is ended because the store had stood still; the worst worker's.",
    multiprocess_mode="livemax",
)
presence_heard_seconds = Gauge(
    "rollcall_presence_listener_heard_seconds",
    "How long ago a listener last heard its own keyspace event; the worst worker's.",
    multiprocess_mode="livemax",
)
presence_renewals_total = Counter(
    "rollcall_presence_renewals_total", "Batches in which a worker renewed its leases."
)
presence_renewing_seconds_total = Counter(
    "rollcall_presence_renewing_seconds_total", "Time that those batches took."
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
loop_longest_stall_seconds = Gauge(
    "rollcall_loop_longest_stall_seconds",
    "How long the loop stood still at most in the last minute; the worst worker's.",
    multiprocess_mode="livemax",
)
gc_frozen_objects = Gauge(
    "rollcall_gc_frozen_objects",
    "Objects of the start that the collector of garbage leaves out; the least of the workers'.",
    multiprocess_mode="livemin",
)
gc_threshold = Gauge(
    "rollcall_gc_threshold",
    "New objects after which the collector looks for garbage; the least of the workers'.",
    multiprocess_mode="livemin",
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
    def probe_age_ms(self) -> int | None: ...
    @property
    def held(self) -> bool: ...
    @property
    def log_lag(self) -> int: ...
    @property
    def connections(self) -> int: ...
    @property
    def here(self) -> int: ...
    @property
    def renewals(self) -> int: ...
    @property
    def renewing_ms(self) -> int: ...


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
        longest_stall_s: Callable[[], float],
        on_disturbed: Callable[[], None],
    ) -> None:
        """Each is asked from a thread of its own and must not wait.

        on_disturbed: called each second while the store is away or holds."""
        self._count_connections = count_connections
        self._count_sockets = count_sockets
        self._count_sids = count_sids
        self._count_backlog = count_backlog
        self._is_presence_available = is_presence_available
        self._presence_counts = presence_counts
        self._longest_stall_s = longest_stall_s
        self._on_disturbed = on_disturbed
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
        loop_longest_stall_seconds.set(self._longest_stall_s())
        is_available = self._is_presence_available()
        presence_available.set(is_available)
        counts = self._presence_counts()
        presence_held.set(counts.held)
        if counts.held or not is_available:
            self._on_disturbed()
        if counts.probe_age_ms is not None:
            presence_heard_seconds.set(counts.probe_age_ms / 1000)
        presence_hears_events.set(counts.hears_events)
        presence_log_lag.set(counts.log_lag)
        self._advance(presence_renewals_total, "renewals", counts.renewals)
        self._advance(presence_renewing_seconds_total, "renewing", counts.renewing_ms, 1000)
        for by, total in ended_of(counts).items():
            self._advance(presence_ended_total.labels(by), by, total)
        for kind, total in troubles_of(counts).items():
            self._advance(presence_trouble_total.labels(kind), kind, total)

    def _advance(self, counter: Counter, name: str, total: int, unit: int = 1) -> None:
        counter.inc(max(0, total - self._before.get(name, 0)) / unit)
        self._before[name] = total

    def _run(self) -> None:
        while not self._is_stopped.wait(EVERY_S):
            self.write()


def ended_of(counts: Counts) -> dict[str, int]:
    """Return how many leases were ended, by what brought it there."""
    return {
        "event": counts.claims_event,
        "sweep": counts.claims_sweep,
        "close": counts.claims_close,
    }


def troubles_of(counts: Counts) -> dict[str, int]:
    """Return how often presence had to recover, by kind."""
    return {
        "lease_lost": counts.leases_lost,
        "epoch_changed": counts.epoch_changes,
        "gap": counts.gaps,
        "hold": counts.holds,
        "failure": counts.failures,
    }
