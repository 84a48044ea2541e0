"""How long the loop stood still."""

import gc
import threading
import time
from collections.abc import Callable

from chat.stalls import NAMED_S, REMEMBERED_S, Pauses, Stalls
from tests.chat.green_programs.run import run_green

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
    before = set(threading.enumerate())
    stalls = Stalls()
    stalls.start()
    assert set(threading.enumerate()) - before
    began_s = time.monotonic()
    # Its memory of seconds: what it tells of them may well be 0.
    wait_until(lambda: len(stalls._worst_of_second) > 1, 10, "two seconds were watched")
    assert stalls.longest_s() < time.monotonic() - began_s
    stalls.stop()
    wait_until(lambda: set(threading.enumerate()) <= before, 5, "its threads end")


def test_long_stall_names_what_ran_meanwhile() -> None:
    """The log says where the loop was, and that it was no garbage that was collected."""
    told = run_green("stands_still")

    assert told["event"] == "the loop stood still"
    assert told["seconds"] >= NAMED_S
    assert told["collecting"] < told["seconds"]
    assert "computes_for_too_long" in told["at"]


def test_pauses_of_the_collector_are_counted_once() -> None:
    """Each collection since the last count, whatever its generation."""
    pauses = Pauses()
    pauses.start()
    gc.collect()
    pauses.stop()
    gc.collect()

    assert pauses.count() > 0
    assert pauses.count() == 0
