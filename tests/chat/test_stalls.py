"""How long the loop stood still."""

import threading
import time
from collections.abc import Callable

from chat.stalls import REMEMBERED_S, Stalls

WaitUntil = Callable[[Callable[[], object], float, str], object]


def test_longest_stall_of_the_last_minute_is_told() -> None:
    """A stall is forgotten after a minute, a shorter one beside it never hides it."""
    stalls = Stalls()
    stalls.note(0.2, 10.0)
    stalls.note(1.5, 10.1)
    stalls.note(0.1, 10.2)
    stalls.note(0.3, 20.0)
    assert stalls.longest_s() == 1.5
    stalls.note(-0.1, 10.0 + REMEMBERED_S + 1.5)
    assert stalls.longest_s() == 0.3


def test_loop_that_turns_is_watched_until_stop(wait_until: WaitUntil) -> None:
    """The timer fires by itself, and its thread ends."""
    threads = threading.active_count()
    stalls = Stalls()
    stalls.start()
    began_s = time.monotonic()
    # Its memory of seconds: what it tells of them may well be 0.
    wait_until(lambda: len(stalls._worst_of_second) > 1, 10, "two seconds were watched")
    assert stalls.longest_s() < time.monotonic() - began_s
    stalls.stop()
    wait_until(lambda: threading.active_count() == threads, 5, "the thread ends")
