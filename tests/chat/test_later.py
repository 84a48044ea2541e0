"""Acts that wait for their time: called then, in order, whatever one of them does."""

from collections.abc import Callable

from chat.later import LATEST_MS, WAITING_MAX, Later
from tests.chat.conftest import MovedClock

WaitUntil = Callable[[Callable[[], object], float, str], object]


def fails() -> None:
    """An act that cannot be done."""
    raise ZeroDivisionError


def test_acts_are_called_when_it_is_time_in_the_order_of_their_times(
    moved_clock: MovedClock,
) -> None:
    """Not before their millisecond; one that fails does not keep the next from being called."""
    later = Later(moved_clock)
    called: list[str] = []
    later.at(moved_clock() + 2000, lambda: called.append("second"))
    later.at(moved_clock() + 1000, lambda: called.append("first"))
    later.at(moved_clock() + 1000, fails)

    moved_clock.at_ms += 999
    later.call_due()
    assert called == []
    moved_clock.at_ms += 1
    later.call_due()
    assert called == ["first"]
    moved_clock.passes(1)
    later.call_due()
    assert called == ["first", "second"]


def test_memory_is_bounded(moved_clock: MovedClock) -> None:
    """What is more than a day off, or one too many, is not kept: it was only a hint."""
    later = Later(moved_clock)
    called: list[str] = []
    later.at(moved_clock() + LATEST_MS + 1, lambda: called.append("too far"))
    for _ in range(WAITING_MAX + 5):
        later.at(moved_clock(), lambda: called.append("due"))
    moved_clock.at_ms += LATEST_MS + 1
    later.call_due()

    assert called == ["due"] * WAITING_MAX


def test_thread_calls_by_itself_and_ends(wait_until: WaitUntil) -> None:
    """With a running clock nobody has to ask; after stop nothing is called."""
    called: list[str] = []
    later = Later(lambda: 0)
    later.start()
    later.at(0, lambda: called.append("due"))
    wait_until(lambda: called == ["due"], 10, "the act is called")

    later.stop()
    later.at(0, lambda: called.append("late"))

    assert called == ["due"]
