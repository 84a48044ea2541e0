"""How late each transition is told here, by what caused it, against the published bound.

The rules of the file: a lag runs from the true moment of the cause to the handing over to the
fan-out, both by the store's clock, so the clocks of workers and browsers do not come in; what is
over its bound is a violation, unless the store was away or held meanwhile: then others were shown
as unknown, or the hold is in the promise. Probes are not people: they are handed on.
Source: docs/TIMINGS.md, docs/METRICS.md.
"""

from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Protocol

from prometheus_client import Counter, Gauge, Histogram

from chat.terms import is_probe

KIND_OF: Final[Mapping[str, str]] = {
    "connected": "came_online",
    "in_front": "changed",
    "hidden": "changed",
    "claimed": "changed",
    "claim_ended": "changed",
    "closed": "tab_closed",
    "silent": "silent",
    "worker_lost": "worker_killed",
    "signed_out": "signed_out",
}
"""The bound that each cause is held against; a drained tab and a lost store have none."""

LAG_BUCKETS: Final = (
    0.02, 0.05, 0.1, 0.25, 0.5, 1, 1.5, 2, 3, 4, 5, 5.5, 6, 7, 10, 15, 18, 20.5, 24, 30, 50,
)  # fmt: skip
KEPT_LAGS: Final = 500  # of each kind, for the quantiles that the administrator sees
KEPT_TRANSITIONS: Final = 100
SHIFTED: Final = "shifted"  # no transition: what is in front of somebody changed

lag_seconds = Histogram(
    "rollcall_presence_lag_seconds",
    "Time from what happened to a user to its handing to the fan-out, by the clock of Redis.",
    ["kind"],
    buckets=LAG_BUCKETS,
)
bound_seconds = Gauge(
    "rollcall_presence_bound_seconds",
    "The published bound that each kind of lag is held against.",
    ["kind"],
    multiprocess_mode="livemax",
)
violations_total = Counter(
    "rollcall_presence_bound_violations_total", "Lags over their bound.", ["kind"]
)
excused_total = Counter(
    "rollcall_presence_bound_excused_total",
    "Lags over their bound while the store was away or held.",
    ["kind"],
)


class Transition(Protocol):
    """What is asked of presence.terms.Transition."""

    @property
    def rev(self) -> int: ...
    @property
    def user_id(self) -> str: ...
    @property
    def status(self) -> str: ...
    @property
    def cause(self) -> str: ...
    @property
    def by(self) -> str: ...
    @property
    def at_ms(self) -> int: ...
    @property
    def since_ms(self) -> int: ...


OnProbes = Callable[[Sequence[Transition], int], None]
"""Takes the probes' transitions that were told at a time of the store's clock."""


@dataclass(frozen=True, slots=True)
class Told:
    """A transition as this worker told it; before is None where it never told of the user."""

    rev: int
    user_id: str
    before: str | None
    after: str
    cause: str
    by: str
    at_ms: int
    lag_ms: int
    kind: str | None


@dataclass(frozen=True, slots=True)
class LagSummary:
    """The lags of one kind: of the newest KEPT_LAGS, and how many ever were over the bound.

    violated_at_ms: when the last of those was told; 0 if there was none."""

    count: int
    p50_ms: int
    p99_ms: int
    max_ms: int
    violations: int
    violated_at_ms: int


class Lags:
    """Measures this worker's telling."""

    def __init__(self, bounds_ms: Mapping[str, int], now_ms: Callable[[], int | None]) -> None:
        """bounds_ms: of each kind; now_ms: the store's clock, None before it was heard."""
        self.bounds_ms = dict(bounds_ms)
        self._now_ms = now_ms
        self._on_probes: OnProbes = lambda _told, _now_ms: None
        self._on_lost: Callable[[], None] = lambda: None
        self._disturbed_ms = 0
        self._shown: dict[str, str] = {}
        self._newest: deque[Told] = deque(maxlen=KEPT_TRANSITIONS)
        self._lags: dict[str, deque[int]] = {kind: deque(maxlen=KEPT_LAGS) for kind in bounds_ms}
        self._violated = dict.fromkeys(bounds_ms, (0, 0))  # how many, the last one when
        for kind, bound_ms in bounds_ms.items():
            bound_seconds.labels(kind).set(bound_ms / 1000)

    def hand_probes_to(self, on_probes: OnProbes, on_lost: Callable[[], None]) -> None:
        """From now on the transitions of probes go there; on_lost: what was told is forgotten."""
        self._on_probes, self._on_lost = on_probes, on_lost

    def lose_sight(self) -> None:
        """The store went away, or is back: what viewers were shown is forgotten."""
        self.disturb()
        self._shown.clear()
        self._on_lost()

    def disturb(self) -> None:
        """The store is away or holds: what began before now is excused."""
        self._disturbed_ms = self._now_ms() or 0

    def is_disturbed_since(self, at_ms: int) -> bool:
        """Whether the store was away or held at some moment after at_ms of its clock."""
        return self._disturbed_ms >= at_ms

    def told(self, transitions: Sequence[Transition]) -> None:
        """These were handed to the fan-out just now."""
        now_ms = self._now_ms()
        if now_ms is None:
            return
        people = [one for one in transitions if not is_probe(one.user_id) and one.cause != SHIFTED]
        for one in people:
            self._note(one, now_ms)
        probes = [one for one in transitions if is_probe(one.user_id)]
        if probes:
            self._on_probes(probes, now_ms)

    def newest(self) -> list[Told]:
        """Return the newest transitions that were told here, the newest first."""
        return list(reversed(self._newest))

    def summaries(self) -> dict[str, LagSummary]:
        """Return what is known of each kind that ever happened here."""
        return {
            kind: _summary(sorted(lags), *self._violated[kind])
            for kind, lags in self._lags.items()
            if lags
        }

    def _note(self, one: Transition, now_ms: int) -> None:
        kind, lag_ms = KIND_OF.get(one.cause), max(0, now_ms - one.since_ms)
        before, after = self._shown.get(one.user_id), str(one.status)
        self._newest.append(
            Told(one.rev, one.user_id, before, after, one.cause, one.by, one.at_ms, lag_ms, kind)
        )
        self._show(one.user_id, after)
        if kind is not None:
            self._measure(kind, lag_ms, now_ms)

    def _show(self, user_id: str, status: str) -> None:
        if status == "offline":
            self._shown.pop(user_id, None)
        else:
            self._shown[user_id] = status

    def _measure(self, kind: str, lag_ms: int, now_ms: int) -> None:
        lag_seconds.labels(kind).observe(lag_ms / 1000)
        self._lags[kind].append(lag_ms)
        if lag_ms <= self.bounds_ms[kind]:
            return
        if self.is_disturbed_since(now_ms - lag_ms):
            excused_total.labels(kind).inc()
        else:
            violations_total.labels(kind).inc()
            self._violated[kind] = (self._violated[kind][0] + 1, now_ms)


def _summary(lags: Sequence[int], violations: int, violated_at_ms: int) -> LagSummary:
    p99 = lags[min(len(lags) - 1, len(lags) * 99 // 100)]
    return LagSummary(len(lags), lags[len(lags) // 2], p99, lags[-1], violations, violated_at_ms)
