"""The pool for work that would stall the loop."""

import pytest

from chat.blocking import BlockingPool
from tests.chat.green_programs.run import run_green


def test_call_gives_what_the_function_gives() -> None:
    """Results, keyword arguments and exceptions pass through."""
    pool = BlockingPool(1)
    assert pool(int, "ff", base=16) == 255
    with pytest.raises(ValueError, match="invalid literal"):
        pool(int, "not a number")
    assert pool(int, "1") == 1


def test_long_computations_run_two_at_a_time_beside_the_loop() -> None:
    """In a green process the loop goes on while two threads compute, never three."""
    told = run_green("hashes")
    assert told["finished"] == 4
    assert told["most"] == 2
    assert told["longest_stall_s"] < 0.5
    assert told["threads"] <= 1 + 2 + 1, "main, the pool's two, and one that finds hosts"
