"""Figures out of measurements; pure functions, no rounding before the end."""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass


def percentile(values: Sequence[float], share: float) -> float:
    """The smallest value that at least that share of all do not exceed (nearest rank).

    Raises ValueError when there is none."""
    if not values:
        raise ValueError("a percentile of nothing")
    rank = max(1, math.ceil(share * len(values)))
    return sorted(values)[rank - 1]


@dataclass(frozen=True, slots=True)
class Spread:
    """The median of several rounds, and the least and the most of them."""

    median: float
    least: float
    most: float

    @classmethod
    def of(cls, rounds: Sequence[float]) -> Spread:
        """The spread of these rounds. Raises StatisticsError when there are none."""
        return cls(statistics.median(rounds), min(rounds), max(rounds))

    def over(self, other: Spread) -> float:
        """How many times the other's median this one is."""
        return self.median / other.median if other.median else math.inf


@dataclass(frozen=True, slots=True)
class Lags:
    """How long something took, in milliseconds, over many occurrences."""

    count: int
    least_ms: float
    p50_ms: float
    p99_ms: float
    max_ms: float

    @classmethod
    def of(cls, lags_ms: Sequence[float]) -> Lags:
        """The figures of these occurrences. Raises ValueError when there are none."""
        return cls(
            len(lags_ms),
            percentile(lags_ms, 0),
            percentile(lags_ms, 0.5),
            percentile(lags_ms, 0.99),
            percentile(lags_ms, 1),
        )


def readable(value: float) -> str:
    """A figure with three digits that count, thousands apart."""
    if value == 0:
        return "0"
    if abs(value) >= 100:
        return f"{value:,.0f}".replace(",", " ")
    return f"{value:.1f}" if abs(value) >= 10 else f"{value:.2f}"
