"""What a worker holds, in the metrics."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import pytest
from prometheus_client import REGISTRY

from chat.gauges import Gauges


@dataclass
class Counts:
    """Presence's own totals."""

    claims_event: int = 0
    claims_sweep: int = 0
    claims_close: int = 0
    leases_lost: int = 0
    epoch_changes: int = 0
    gaps: int = 0
    holds: int = 0
    failures: int = 0
    hears_events: bool = True
    log_lag: int = 0
    held: bool = False
    probe_age_ms: int | None = None
    connections: int = 0
    here: int = 0
    renewals: int = 0
    renewing_ms: int = 0


def value(name: str, **labels: str) -> float:
    """Return what /metrics says of one number."""
    return REGISTRY.get_sample_value(name, labels) or 0.0


is_available = [False]
disturbances: list[bool] = []


@pytest.fixture
def counted() -> Iterator[tuple[Counts, Callable[[Counts], None]]]:
    """Totals of zero, and a function that writes given totals as those of one worker."""
    now = [Counts()]
    writer = Gauges(
        count_connections=lambda: 3,
        count_sockets=lambda: 4,
        count_sids=lambda: 2,
        count_backlog=lambda: 5,
        is_presence_available=lambda: is_available[0],
        presence_counts=lambda: now[0],
        longest_stall_s=lambda: 0.25,
        on_disturbed=lambda: disturbances.append(now[0].held),
    )

    def write(counts: Counts) -> None:
        now[0] = counts
        writer.write()

    is_available[0] = False
    write(Counts())
    yield Counts(), write
    writer.stop()


def test_what_is_held_is_written_as_it_is(
    counted: tuple[Counts, Callable[[Counts], None]],
) -> None:
    """Connections, sockets, sids, backlog and whether presence is known are gauges."""
    zero, write = counted
    write(replace(zero, hears_events=False, log_lag=7))
    assert value("rollcall_connections") == 3
    assert value("rollcall_edge_sockets") == 4
    assert value("rollcall_edge_sids") == 2
    assert value("rollcall_bus_backlog") == 5
    assert value("rollcall_presence_available") == 0
    assert value("rollcall_presence_hears_events") == 0
    assert value("rollcall_presence_log_lag") == 7


def test_totals_of_presence_are_counted_once(
    counted: tuple[Counts, Callable[[Counts], None]],
) -> None:
    """A total that is read every second adds its growth, not itself."""
    zero, write = counted
    ended = value("rollcall_presence_leases_ended_total", by="sweep")
    gaps = value("rollcall_presence_trouble_total", kind="gap")
    for _ in range(3):
        write(replace(zero, claims_sweep=2, gaps=1))
    write(replace(zero, claims_sweep=5, gaps=1))
    assert value("rollcall_presence_leases_ended_total", by="sweep") - ended == 5
    assert value("rollcall_presence_trouble_total", kind="gap") - gaps == 1


def test_renewals_and_what_the_listener_heard_are_told(
    counted: tuple[Counts, Callable[[Counts], None]],
) -> None:
    """The time of a batch comes out of two counters, in seconds."""
    zero, write = counted
    renewals = value("rollcall_presence_renewals_total")
    renewing_s = value("rollcall_presence_renewing_seconds_total")
    write(replace(zero, renewals=3, renewing_ms=1_500, probe_age_ms=2_500, held=True))
    assert value("rollcall_presence_renewals_total") - renewals == 3
    assert value("rollcall_presence_renewing_seconds_total") - renewing_s == 1.5
    assert value("rollcall_presence_listener_heard_seconds") == 2.5
    assert value("rollcall_presence_held") == 1
    assert value("rollcall_loop_longest_stall_seconds") == 0.25


def test_hold_and_absence_excuse_lags(
    counted: tuple[Counts, Callable[[Counts], None]],
) -> None:
    """Each second of either is told to whoever measures lags; a healthy second is not."""
    zero, write = counted
    disturbances.clear()
    write(zero)
    is_available[0] = True
    write(replace(zero, held=True))
    write(zero)
    assert disturbances == [False, True]
