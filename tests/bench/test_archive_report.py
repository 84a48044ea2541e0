"""bench/archive_report.py: a table for each database, and the slowest question of both."""

from bench import archive_report
from bench.archive_report import Archive, Asked


def run_of(database: str, slowest_ms: float) -> Archive:
    """A run of two questions and a page."""
    asked = [
        Asked("search", "a word", "in 200 rooms", [1.0, 2.0, 3.0], [1.0, 1.0, 1.0]),
        Asked("search", "a word", "in 1 room", [slowest_ms] * 3, [0.5, 0.5, 0.5]),
        Asked("history", "the newest page", "in 200 rooms", [4.0], [2.0]),
    ]
    return Archive(database, 1_000_000, 60, 40, "Measured.", (0.5, 1.5), asked)


def test_table_has_a_row_a_question_and_a_column_a_reader() -> None:
    """p95 of the CPU and of the time for each reader."""
    assert archive_report.told(run_of("SQLite", 7)).splitlines() == [
        "| 1 000 000 messages, p95 of CPU / of time, in ms | in 200 rooms | in 1 room |",
        "| --- | ---: | ---: |",
        "| a word | 1.00 / 3.00 | 0.50 / 7.00 |",
        "| the newest page | 2.00 / 4.00 | - |",
        "",
        "Measured. Load average 0.5 before, 1.5 after. To fill the search took 60 s (40 s CPU).",
    ]


def test_p95_is_that_of_all_questions_on_the_slower_database() -> None:
    """Of three hundred answers three are dear; half a measurement is none."""
    both = [run_of("SQLite", 7), run_of("PostgreSQL", 9)]
    for run, often_ms in zip(both, (2.0, 3.0), strict=True):
        run.asked.append(Asked("search", "another", "in 1 room", [often_ms] * 300, [1.0] * 300))
    assert archive_report.p95_ms(both, "search") == 3
    assert archive_report.p95_ms(both, "history") == 4
    assert archive_report.p95_ms(both[:1], "search") is None


def test_slowest_question_is_told_by_itself() -> None:
    """Half a measurement is none here too."""
    both = [run_of("SQLite", 7), run_of("PostgreSQL", 9)]
    assert archive_report.worst_p95_ms(both, "search") == 9
    assert archive_report.worst_p95_ms(both, "history") == 4
    assert archive_report.worst_p95_ms(both[:1], "search") is None


def test_time_on_a_busy_machine_meets_no_target() -> None:
    """Nor does it miss one: it says nothing."""
    both = [run_of("SQLite", 7), run_of("PostgreSQL", 9)]
    both[1].load = (0.5, 6.0)
    assert archive_report.p95_ms(both, "search") is None
    assert archive_report.worst_p95_ms(both, "search") is None
