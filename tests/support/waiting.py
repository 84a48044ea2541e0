"""Waiting for a fact with a deadline: the one place in the tests where time passes by sleeping."""

import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")

POLL_S = 0.02


class NotInTimeError(AssertionError):
    """A fact did not come true before its deadline; the message says which."""


def wait_until(predicate: Callable[[], T | None], deadline_s: float, what: str) -> T:
    """Return the first true value of predicate; NotInTimeError when deadline_s passes first."""
    end = time.monotonic() + deadline_s
    while True:
        value = predicate()
        if value:
            return value
        if time.monotonic() >= end:
            raise NotInTimeError(f"not within {deadline_s} s: {what} (last value: {value!r})")
        time.sleep(POLL_S)


def holds_for(predicate: Callable[[], object], duration_s: float, what: str) -> None:
    """Raise NotInTimeError at once when predicate is false at any look within duration_s."""
    end = time.monotonic() + duration_s
    while time.monotonic() < end:
        if not predicate():
            raise NotInTimeError(f"did not hold for {duration_s} s: {what}")
        time.sleep(POLL_S)
