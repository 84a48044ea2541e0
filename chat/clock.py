"""The wall clock. Services take it as an argument, so that tests move time instead of sleeping."""

import time
from collections.abc import Callable

Clock = Callable[[], int]
"""Returns milliseconds since 1970, UTC."""


def now_ms() -> int:
    """Return the milliseconds since 1970 by this machine's clock."""
    return time.time_ns() // 1_000_000


def steady_ms() -> int:
    """Return milliseconds that only ever go forward, whatever is done to the wall clock."""
    return time.monotonic_ns() // 1_000_000
