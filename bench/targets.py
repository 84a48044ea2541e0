"""What is to be reached, as figures of the bench."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from bench import archive_report
from bench.rows import OURS, SEND_LOOP, Results

NODE = "Node Socket.IO + Redis adapter"
NODE_SQLITE = f"{NODE} + node:sqlite"
FLASK = "Flask-SocketIO + Redis queue"
Measure = Callable[[Results], float | None]


@dataclass(frozen=True, slots=True)
class Target:
    """What it is, the limit and its side, and where it is measured."""

    what: str
    sign: str
    limit: float
    unit: str
    measured: Measure

    def is_met(self, value: float) -> bool:
        """Whether the value is on the right side."""
        return value <= self.limit if self.sign == "<=" else value >= self.limit


def _median(scenario: str, case: str, contestant: str = OURS) -> Measure:
    def measured(results: Results) -> float | None:
        row = results.find(scenario, contestant, case)
        return row.spread.median if row else None

    return measured


def _ratio(above: Measure, below: Measure) -> Measure:
    def measured(results: Results) -> float | None:
        one, other = above(results), below(results)
        return one / other if one is not None and other else None

    return measured


def _rise(low: Measure, high: Measure) -> Measure:
    """By how many percent high is above low."""
    ratio = _ratio(high, low)

    def measured(results: Results) -> float | None:
        times = ratio(results)
        return None if times is None else (times - 1) * 100

    return measured


def _archive(what: str) -> Measure:
    """The p95 of the runs that bench.archive published."""
    return lambda _: archive_report.p95_ms(archive_report.kept(), what)


def _slowest_of_archive(what: str) -> Measure:
    """That of the slowest question, or kind of page, alone."""
    return lambda _: archive_report.worst_p95_ms(archive_report.kept(), what)


def _fan_out(contestant: str) -> Measure:
    return _median("fan-out", "500", contestant)


TARGETS = (
    Target(
        "fan-out to 500, beside Node", "<=", 0.7, "times", _ratio(_fan_out(OURS), _fan_out(NODE))
    ),
    Target(
        "fan-out to 500, beside stock Flask-SocketIO",
        "<=",
        0.25,
        "times",
        _ratio(_fan_out(OURS), _fan_out(FLASK)),
    ),
    Target(
        "fan-out to 500, beside the send loop",
        "<=",
        1.4,
        "times",
        _ratio(_fan_out(OURS), _fan_out(SEND_LOOP)),
    ),
    Target(
        "a delivery to 5 000, above one to 100",
        "<=",
        15,
        "%",
        _rise(_median("fan-out", "100"), _median("large fan-out", "5000")),
    ),
    Target("durable message in a room of 5", "<=", 400, "us CPU", _median("durable", "message")),
    Target("durable messages sustained", ">=", 2500, "/s", _median("durable", "sustained")),
    Target(
        "durable message, beside Node + node:sqlite",
        "<=",
        1,
        "times",
        _ratio(_median("durable", "message"), _median("durable", "message", NODE_SQLITE)),
    ),
    Target(
        "ack p99 at 1 000 durable messages/s",
        "<=",
        25,
        "ms",
        _median("durable", "ack p99 at 1000/s"),
    ),
    Target(
        "to the other worker, p50 at 1 000/s",
        "<=",
        5,
        "ms",
        _median("two workers", "p50 to the other worker at 1000/s"),
    ),
    Target(
        "to the other worker, p99 at 1 000/s",
        "<=",
        25,
        "ms",
        _median("two workers", "p99 to the other worker at 1000/s"),
    ),
    Target("memory a connection at 5 000", "<=", 36, "KiB", _median("idle", "memory at 5000")),
    Target(
        "worker with 10 000 idle", "<=", 8, "% of a core", _median("idle", "worker, 10000 idle")
    ),
    Target("Redis with 10 000 idle", "<=", 3, "% of a core", _median("idle", "Redis, 10000 idle")),
    Target(
        "crash of 5 000: the last one shown",
        "<=",
        32,
        "s",
        _median("crash", "crash: the last one shown"),
    ),
    Target(
        "crash of 5 000: not shown exactly once",
        "<=",
        0,
        "people",
        _median("crash", "crash: not shown exactly once"),
    ),
    Target(
        "5 000 come back: the last one shown",
        "<=",
        15,
        "s",
        _median("crash", "storm: the last one shown"),
    ),
    Target("roster of 5 000", "<=", 50, "ms", _median("snapshot", "roster of 5000 by HTTP")),
    Target(
        "longest wait of another client meanwhile",
        "<=",
        8,
        "ms",
        _median("snapshot", "longest wait of another client meanwhile"),
    ),
    Target(
        "second worker: a delivery",
        "<=",
        10,
        "% more",
        _rise(_fan_out(OURS), _median("two workers", "500")),
    ),
    Target(
        "second worker: a message",
        "<=",
        10,
        "% more",
        _rise(_median("small rooms", "message"), _median("two workers", "message at 200/s")),
    ),
    Target("history page of 50 in 1 000 000 messages, p95", "<=", 10, "ms", _archive("history")),
    Target("the same, of the slowest kind of page", "<=", 10, "ms", _slowest_of_archive("history")),
    Target("search in 1 000 000 messages, p95", "<=", 60, "ms", _archive("search")),
    Target("the same, of the slowest question", "<=", 60, "ms", _slowest_of_archive("search")),
    Target(
        "message to a room without local members",
        "<=",
        10,
        "us CPU",
        _median("bus", "8 workers: without members"),
    ),
)
