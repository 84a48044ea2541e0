"""bench/kinds.py: the judge of measured lags, and the bounds it goes by."""

import re
from pathlib import Path

import pytest

from bench.kinds import Judged, Kind, Kinds
from presence.timings import Timings

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "TIMINGS.md").read_text()
GONE = Kind("gone", "offline", least_ms=5_000, bound_ms=6_000)


@pytest.mark.parametrize(
    ("shown", "wrong"),
    [
        ([("offline", 15.5)], []),
        ([("offline", 14.9)], ["4900 ms"]),
        ([("offline", 16.1)], ["6100 ms"]),
        ([], ["shown []"]),
        ([("offline", 15.5), ("offline", 15.6)], ["shown ['offline', 'offline']"]),
        ([("away", 15.5)], ["shown ['away']"]),
    ],
)
def test_occurrence_is_right_only_once_and_within_its_bounds(
    shown: list[tuple[str, float]], wrong: list[str]
) -> None:
    """Early, late, never, twice and something else are each told."""
    judged = Judged(GONE)

    judged.add(10.0, shown)

    assert judged.wrong == wrong


def test_page_states_the_bounds_that_the_bench_goes_by() -> None:
    """What is measured is what is published: the page names each kind and its two bounds."""
    kinds = Kinds.of(Timings())
    for kind in (getattr(kinds, name) for name in Kinds.__slots__):
        least, bound = (f"{ms:,}".replace(",", " ") for ms in (kind.least_ms, kind.bound_ms))
        row = rf"^\| {re.escape(kind.name)} \|.*\| {least} \|.*\| \*\*{bound}\*\* \|"
        assert re.search(row, PAGE, re.MULTILINE), kind.name
