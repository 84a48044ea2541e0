"""bench/rows.py keeps results; bench/tables.py and bench/targets.py read them."""

from pathlib import Path

from bench import rows, tables
from bench.rows import OURS, Results, Rounds, Row, Run
from bench.targets import TARGETS, Target

RUN = Run("here and now", 0.1, 0.2)
OURS_ROW = Row("fan-out", OURS, "500", "us", [20.0, 10.0, 30.0])
NODE_ROW = Row("fan-out", "Node", "500", "us", [10.0, 10.0, 10.0])


def test_results_are_read_as_they_were_saved(tmp_path: Path) -> None:
    """The file is what a later run of some scenarios mends."""
    results = Results()
    results.replace("fan-out", [OURS_ROW, NODE_ROW], RUN)

    rows.save(tmp_path / "bench.json", results)

    assert rows.load(tmp_path / "bench.json") == results


def test_run_of_one_scenario_leaves_the_others_their_figures() -> None:
    """What was not measured anew stays, with the circumstances it was measured in."""
    results = Results()
    results.replace("idle", [Row("idle", OURS, "x", "us", [1.0])], RUN)
    results.replace("fan-out", [OURS_ROW], RUN)

    results.replace("fan-out", [NODE_ROW], RUN)

    assert [row.scenario for row in results.rows] == ["idle", "fan-out"]
    assert results.find("fan-out", OURS, "500") is None


def test_rounds_of_a_case_come_together_in_one_row() -> None:
    """Contestants take turns; each row has its own rounds, in order."""
    rounds = Rounds("fan-out")
    for value in (1.0, 2.0):
        rounds.add("a", "500", "us", value)
        rounds.add("b", "500", "us", value * 10)

    assert rounds.rows() == [
        Row("fan-out", "a", "500", "us", [1.0, 2.0]),
        Row("fan-out", "b", "500", "us", [10.0, 20.0]),
    ]


def test_table_tells_median_spread_and_how_many_times_ours() -> None:
    """A reader sees at once who is cheaper."""
    written = tables.of([OURS_ROW, NODE_ROW])

    assert "| Rollcall | 20.0 (10.0-30.0) |" in written
    assert "| Node | 10.0 (10.0-10.0), x 0.50 |" in written


def test_missed_target_says_so_and_one_without_a_measurement_too() -> None:
    """Nobody has to compare two columns to learn that a target was missed."""
    late = Target("late", "<=", 5, "ms", lambda _: 6.0)
    fast = Target("fast", ">=", 5, "/s", lambda _: 6.0)
    new = Target("new", "<=", 5, "ms", lambda _: None)

    written = tables.of_targets(Results(), [late, fast, new])

    assert "| late | <= 5.00 ms | 6.00 ms | **no** |" in written
    assert "| fast | >= 5.00 /s | 6.00 /s | yes |" in written
    assert "| new | <= 5.00 ms | not measured | - |" in written
    assert tables.of_targets(Results()).count("\n") >= len(TARGETS)
