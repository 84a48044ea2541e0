"""Work is ended when its CPU is spent, within one regular expression too."""

import gc
import re
import signal
from concurrent.futures import ThreadPoolExecutor
from time import process_time

import pytest

from chat.cut_off import cut_off_after


def test_a_match_that_would_take_for_ever_is_ended() -> None:
    """Two to the power of sixty steps end with a TimeoutError, and the next work is its own."""
    with pytest.raises(TimeoutError):
        cut_off_after(0.01, re.match, r"(a|a)+b", "a" * 60)
    assert cut_off_after(0.01, len, "abc") == 3
    assert signal.getitimer(signal.ITIMER_VIRTUAL) == (0.0, 0.0)


def test_an_error_leaves_no_timer_behind() -> None:
    """What fn raises comes out, and nothing is cut off afterwards."""
    with pytest.raises(ZeroDivisionError):
        cut_off_after(0.01, divmod, 1, 0)
    assert signal.getitimer(signal.ITIMER_VIRTUAL) == (0.0, 0.0)
    assert sum(range(1_000_000)) > 0, "more than the budget, and nobody minds"


def test_an_end_that_was_swallowed_comes_again() -> None:
    """As where it met a callback of the garbage collector: Python drops what is raised there."""
    ends: list[BaseException] = []
    until_s = process_time() + 5

    def swallows_one() -> None:
        while process_time() < until_s:
            try:
                while process_time() < until_s:
                    pass
            except TimeoutError as end:
                if ends:
                    raise
                ends.append(end)

    with pytest.raises(TimeoutError):
        cut_off_after(0.01, swallows_one)
    assert len(ends) == 1


def test_no_garbage_is_collected_meanwhile() -> None:
    """A collection would spend what fn has, and its callbacks swallow the end; later it goes on."""
    told: list[str] = []

    def note(phase: str, _info: dict[str, int]) -> None:
        told.append(phase)

    gc.callbacks.append(note)
    try:
        meanwhile = cut_off_after(1.0, lambda: [list(told) for _ in range(50_000)])
    finally:
        gc.callbacks.remove(note)
    assert meanwhile[-1] == []
    assert gc.isenabled()


def test_a_thread_that_cannot_be_interrupted_is_refused() -> None:
    """Elsewhere than in the main thread nothing is begun."""
    begun: list[int] = []
    with ThreadPoolExecutor(1) as pool, pytest.raises(TimeoutError):
        pool.submit(cut_off_after, 1.0, begun.append, 1).result()
    assert begun == []
