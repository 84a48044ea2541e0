"""Token buckets in this process's memory: how fast, and how much at once, by any key.

Rule of the file: no I/O and no clock of its own; a full bucket is forgotten, so memory holds only
those who were busy lately. Limits count on each worker alone. Source: ADR 0009.
"""

import math
from collections.abc import Hashable
from dataclasses import dataclass

PRUNE_EVERY = 4096  # takes between two looks for buckets that are full again


@dataclass(frozen=True, slots=True)
class Limit:
    """rate tokens a second in the long run, burst tokens at once."""

    rate: float
    burst: float

    def times(self, factor: float) -> "Limit":
        """The same for that many."""
        return Limit(self.rate * factor, self.burst * factor)


class Buckets:
    """One bucket for each key, all of one limit."""

    def __init__(self, limit: Limit) -> None:
        self._limit = limit
        self._tokens: dict[Hashable, tuple[float, int]] = {}  # tokens left, and when
        self._takes = 0

    def take(self, key: Hashable, now_ms: int, cost: float = 1.0) -> int:
        """Take cost tokens; returns 0, or the whole seconds to wait when there are too few."""
        self._prune(now_ms)
        left = self._left(key, now_ms)
        if left < cost:
            return max(1, math.ceil((cost - left) / self._limit.rate))
        self._tokens[key] = (left - cost, now_ms)
        return 0

    def __len__(self) -> int:
        return len(self._tokens)

    def _left(self, key: Hashable, now_ms: int) -> float:
        tokens, at_ms = self._tokens.get(key, (self._limit.burst, now_ms))
        gained = max(0, now_ms - at_ms) / 1000 * self._limit.rate
        return min(self._limit.burst, tokens + gained)

    def _prune(self, now_ms: int) -> None:
        self._takes += 1
        if self._takes % PRUNE_EVERY:
            return
        full = [key for key in self._tokens if self._left(key, now_ms) >= self._limit.burst]
        for key in full:
            del self._tokens[key]
