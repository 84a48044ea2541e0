"""What the crowd cost, as a table."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from bench import page
from bench.crowd_scene import Counts
from bench.figures import percentile, readable
from bench.processes import Costs

PAGE = page.DOCS / "PERFORMANCE.md"


@dataclass(frozen=True)
class Measured:
    """The arrival of everybody, then the churn; wrong names every roster that was."""

    people: int
    rooms: int
    arrival: Counts
    arrival_s: float
    arrival_costs: Costs
    churn: Counts
    churn_s: float
    churn_costs: Costs
    memory: Costs
    client_cpu_s: float
    wrong: list[str]
    load_before: float


def tell(result: Measured) -> None:
    """Print the table and what was wrong."""
    for name, value in _rows(result):
        print(f"{name}: {value}")
    for line in result.wrong[:20]:
        print(f"wrong: {line}")
    print(f"load average before: {result.load_before:.1f}")


def publish(result: Measured) -> None:
    """The page's part is this run's."""
    heading = page.circumstances("flask-socketio", "eventlet", "redis")
    load = f"Load average before the run: {result.load_before:.1f}."
    rows = ([name, value] for name, value in _rows(result))
    what = f"{result.people} people, {result.rooms} rooms"
    page.write(PAGE, "crowd", f"{heading} {load}\n\n{page.table([what, 'measured'], rows)}")


def _rows(result: Measured) -> Iterator[tuple[str, str]]:
    yield "rosters wrong in the end", str(len(result.wrong))
    yield "connections lost", str(result.churn.lost)
    yield from _arrival(result)
    yield from _churn(result)
    for part, cost in result.memory.by_part.items():
        yield f"memory: {part}", f"{cost.rss_bytes / 2**20:.0f} MiB"


def _arrival(result: Measured) -> Iterator[tuple[str, str]]:
    arrival, people = result.arrival, result.people
    yield "all arrived, with their rosters, within", f"{result.arrival_s:.0f} s"
    spent_ms = result.arrival_costs.total.cpu_s / people * 1e3
    yield "CPU an arrival, all processes", f"{readable(spent_ms)} ms"
    yield "diff frames an arrival", readable(arrival.frames / people)


def _churn(result: Measured) -> Iterator[tuple[str, str]]:
    churn, seconds = result.churn, result.churn_s
    yield "reconnects", f"{churn.reconnects} in {seconds:.0f} s"
    for part, cost in result.churn_costs.by_part.items():
        yield f"CPU while they come and go: {part}", f"{cost.cpu_s / seconds * 100:.1f} % of a core"
    spent_ms = result.churn_costs.total.cpu_s / max(1, churn.reconnects) * 1e3
    yield "CPU a reconnect, all processes", f"{readable(spent_ms)} ms"
    yield "diff frames a second", readable(churn.frames / seconds)
    yield "diff frames a reconnect", readable(churn.frames / max(1, churn.reconnects))
    yield "changes a frame", f"{churn.changes / max(1, churn.frames):.2f}"
    yield "bytes a frame", readable(churn.frame_bytes / max(1, churn.frames))
    yield "people told a roster:sync", readable(churn.synced_people / max(1, churn.syncs))
    p50, p99 = (percentile(churn.sync_s, share) * 1e3 for share in (0.5, 0.99))
    yield "answer to roster:sync, p50 and p99", f"{readable(p50)} and {readable(p99)} ms"
    yield "the load client's own CPU", f"{result.client_cpu_s / seconds * 100:.0f} % of a core"
