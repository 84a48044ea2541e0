"""bench/figures.py: the statistics that are published."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.figures import Lags, Spread, percentile, readable


@pytest.mark.parametrize(("share", "expected"), [(0, 1), (0.5, 50), (0.99, 99), (1, 100)])
def test_percentile_of_a_hundred_is_the_value_of_that_rank(share: float, expected: int) -> None:
    """Nearest rank: no value is made up between two that were measured."""
    assert percentile(range(1, 101), share) == expected


@given(st.lists(st.floats(0, 1e6), min_size=1), st.floats(0, 1))
def test_percentile_is_a_value_that_the_share_does_not_exceed(
    values: list[float], share: float
) -> None:
    """It was measured, and at least that share of all is at or below it."""
    found = percentile(values, share)

    assert found in values
    assert sum(value <= found for value in values) >= math.floor(share * len(values))


def test_percentile_of_nothing_is_refused() -> None:
    """A bench that measured nothing must not publish a figure."""
    with pytest.raises(ValueError, match="nothing"):
        percentile([], 0.5)


def test_lags_name_the_ends_and_the_middle() -> None:
    """Count, least, median, p99 and most, whatever the order they came in."""
    assert Lags.of([3.0, 1.0, 2.0]) == Lags(3, 1.0, 2.0, 3.0, 3.0)


def test_spread_is_the_median_of_the_rounds_between_its_ends() -> None:
    """One disturbed round moves the ends, not the figure."""
    assert Spread.of([10.0, 11.0, 99.0]) == Spread(11.0, 10.0, 99.0)


def test_ratio_is_of_the_medians() -> None:
    """Twice the cost is 2, beside nothing it is without end."""
    assert Spread.of([4.0]).over(Spread.of([1.0, 2.0, 3.0])) == 2.0
    assert Spread.of([4.0]).over(Spread.of([0.0])) == math.inf


@pytest.mark.parametrize(
    ("value", "written"),
    [(0, "0"), (0.1234, "0.12"), (12.34, "12.3"), (1234.5, "1 234"), (123, "123")],
)
def test_figure_is_written_with_the_digits_that_count(value: float, written: str) -> None:
    """Nobody reads the fourth digit of a measurement."""
    assert readable(value) == written
