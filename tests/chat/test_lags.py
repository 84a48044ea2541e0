"""How late transitions are told, by what caused them, against the bound."""

from collections.abc import Sequence
from dataclasses import dataclass

import pytest
from prometheus_client import REGISTRY

from chat.lags import KEPT_TRANSITIONS, KIND_OF, Lags
from chat.lags import Transition as Told

BOUNDS_MS = {
    "came_online": 1_000,
    "changed": 2_000,
    "tab_closed": 6_000,
    "silent": 24_000,
    "worker_killed": 20_500,
    "signed_out": 1_000,
}


@dataclass(frozen=True)
class Transition:
    """A transition as the log has it."""

    user_id: str
    status: str
    cause: str
    since_ms: int
    at_ms: int = 0
    rev: int = 1
    by: str = "a worker"


class World:
    """Lags by a clock that is moved."""

    def __init__(self) -> None:
        self.now_ms: int | None = 100_000
        self.lags = Lags(BOUNDS_MS, lambda: self.now_ms)
        self.probes: list[str] = []
        self.lags.hand_probes_to(self._hear, self.probes.clear)

    def tells(self, cause: str, lag_ms: int, status: str = "offline", user: str = "ann") -> None:
        """Tell a transition whose cause was so long ago."""
        assert self.now_ms is not None
        self.lags.told([Transition(user, status, cause, self.now_ms - lag_ms)])

    def _hear(self, told: Sequence[Told], _now_ms: int) -> None:
        self.probes += [one.user_id for one in told]


def value(name: str, kind: str) -> float:
    """Return what /metrics says of one kind."""
    return REGISTRY.get_sample_value(name, {"kind": kind}) or 0.0


def test_every_kind_has_a_bound_and_a_cause() -> None:
    """No kind is measured against nothing, and none is never measured."""
    assert set(KIND_OF.values()) == set(BOUNDS_MS)
    World()
    assert value("rollcall_presence_bound_seconds", "tab_closed") == 6.0


def test_lag_counts_from_the_cause_under_its_kind() -> None:
    """A closed tab that is told 5.2 s after the close is 5.2 s late, and no violation."""
    world = World()
    before = value("rollcall_presence_lag_seconds_sum", "tab_closed")
    world.tells("closed", 5_200)
    world.tells("closed", 5_400)
    world.tells("claimed", 30)
    summary = world.lags.summaries()["tab_closed"]
    assert (summary.count, summary.p50_ms, summary.max_ms) == (2, 5_400, 5_400)
    assert (summary.violations, summary.violated_at_ms) == (0, 0)
    assert value("rollcall_presence_lag_seconds_sum", "tab_closed") - before == pytest.approx(10.6)
    assert world.lags.summaries()["changed"].max_ms == 30


def test_lag_over_its_bound_is_a_violation() -> None:
    """It is counted, and when the last one was is known."""
    world = World()
    before = value("rollcall_presence_bound_violations_total", "signed_out")
    world.tells("signed_out", 1_000)
    world.tells("signed_out", 1_001)
    assert world.lags.summaries()["signed_out"].violations == 1
    assert world.lags.summaries()["signed_out"].violated_at_ms == world.now_ms
    assert value("rollcall_presence_bound_violations_total", "signed_out") - before == 1


def test_lag_while_the_store_was_away_is_excused() -> None:
    """Others were shown as unknown meanwhile; what began after it is held to its bound again."""
    world = World()
    before = value("rollcall_presence_bound_excused_total", "signed_out")
    world.lags.disturb()
    world.now_ms = 105_000
    world.tells("signed_out", 5_000)
    world.tells("signed_out", 4_999)
    assert world.lags.summaries()["signed_out"].violations == 1
    assert value("rollcall_presence_bound_excused_total", "signed_out") - before == 1


def test_what_has_no_bound_is_told_of_and_not_measured() -> None:
    """A drained tab is among the newest transitions, and in no summary."""
    world = World()
    world.tells("drained", 16_000)
    assert world.lags.summaries() == {}
    assert [(one.cause, one.kind, one.lag_ms) for one in world.lags.newest()] == [
        ("drained", None, 16_000)
    ]


def test_newest_transitions_know_the_status_before() -> None:
    """From and to, the newest first; of the first that was told of a user only to is known."""
    world = World()
    world.tells("connected", 10, "online")
    world.tells("hidden", 10, "away")
    world.tells("closed", 10)
    world.tells("connected", 10, "online")
    assert [(one.before, one.after) for one in world.lags.newest()] == [
        (None, "online"),
        ("away", "offline"),
        ("online", "away"),
        (None, "online"),
    ]
    for _ in range(KEPT_TRANSITIONS + 5):
        world.tells("closed", 10)
    assert len(world.lags.newest()) == KEPT_TRANSITIONS


def test_probes_and_shifts_are_no_transitions_of_people() -> None:
    """Probes are handed on; a shift, after which a user is shown as before, is left out."""
    world = World()
    world.tells("connected", 10, "online", user="probe~w~1~closes")
    world.tells("shifted", 10, "online")
    assert world.lags.newest() == []
    assert world.lags.summaries() == {}
    assert world.probes == ["probe~w~1~closes"]
    world.lags.lose_sight()
    assert world.probes == []


def test_before_the_store_was_heard_nothing_is_measured() -> None:
    """Without its clock a lag would be of two clocks."""
    world = World()
    world.now_ms = None
    world.lags.told([Transition("ann", "online", "connected", 0)])
    assert world.lags.newest() == []
