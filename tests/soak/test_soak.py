"""The soak in its short form, and an oracle that is not blind."""

from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.soak.costs import Life
from tests.soak.faults import Fault, network_cut, redis_restarted, worker_killed
from tests.soak.oracle import Line, false_offline, wrong
from tests.soak.script import Script
from tests.soak.tab import View
from tests.soak.town import Plan, Town

SHORT: tuple[Fault, ...] = (worker_killed, redis_restarted, network_cut)


def test_short_soak_finds_nothing_wrong(tmp_path: Path) -> None:
    """Nine people on two workers, three faults: every view true, nothing lost, nothing left."""
    plan = Plan(people=9, workers=2, seed=7, scale=0.2, pace_s=0.5, period_s=4, seconds=12)

    with Town(plan, tmp_path) as town:
        findings = Script(town, print, SHORT).plays()

    assert findings.wrong == []
    assert findings.is_right, findings.left_over
    assert sum(findings.faults.values()) >= 2
    assert findings.messages > 10
    assert findings.views >= 3 * 9 / 2


LINE: Line = [(1, "a"), (2, "b"), (3, "c")]


def view(statuses: Mapping[str, str], held: Line, shown: Mapping[str, list[str]]) -> View:
    """Return what a tab shows of one room, r."""
    return View(dict(statuses), dict(shown), {"r": list(held)}, ())


@pytest.mark.parametrize("held", [LINE, LINE[1:], LINE[2:]])
def test_view_that_holds_the_newest_without_a_hole_is_right(held: Line) -> None:
    """A tab that came late holds fewer messages, and is right."""
    seen = view({"ann": "online"}, held, {})

    assert list(wrong(seen, {"ann": "online"}, {"r": LINE})) == []


@pytest.mark.parametrize(
    "held", [[], LINE[:2], [LINE[0], LINE[2]], [*LINE, (3, "c")], [LINE[1], LINE[0], LINE[2]]]
)
def test_view_that_lacks_doubles_or_turns_a_message_is_wrong(held: Line) -> None:
    """Nothing, too little, a hole, one twice, the wrong order: each is found."""
    seen = view({"ann": "online"}, held, {})

    assert len(list(wrong(seen, {"ann": "online"}, {"r": LINE}))) == 1


@pytest.mark.parametrize("shown", ["offline", "unknown", "busy", None])
def test_view_with_another_status_is_wrong(shown: str | None) -> None:
    """Somebody online who is shown otherwise, or not at all, is found."""
    seen = view({} if shown is None else {"ann": shown}, LINE, {})

    assert len(list(wrong(seen, {"ann": "online"}, {"r": LINE}))) == 1


def test_offline_for_a_moment_is_not_forgiven() -> None:
    """Somebody steady who was shown offline and online again since the last look is found."""
    seen = view(
        {"ann": "online"}, [], {"ann": ["unknown", "offline", "online"], "bob": ["offline"]}
    )

    assert len(list(false_offline(seen, ["ann"]))) == 1
    assert list(false_offline(seen, ["carol"])) == []


def test_slope_is_what_memory_grows_by_in_an_hour() -> None:
    """A megabyte in a quarter of an hour is four in an hour; a short life has no slope."""
    grows = Life("worker", [(20.0 * n, 50_000_000 + 1_000_000 * n // 45) for n in range(91)])

    assert grows.slope_mb_per_hour == pytest.approx(4, abs=0.1)
    assert Life("worker", grows.sizes[:5]).slope_mb_per_hour is None
