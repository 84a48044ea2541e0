"""The store's clock, known from its answers."""

from hypothesis import given
from hypothesis import strategies as st

from presence.store_clock import StoreClock

AHEAD_MS = 5_000_000


def answer(asked_s: float, there_s: float, back_s: float) -> tuple[int, float, float]:
    """Return what is heard when the question took there_s and the answer back_s."""
    return int((asked_s + there_s) * 1000) + AHEAD_MS, asked_s, asked_s + there_s + back_s


def test_clock_that_was_never_heard_is_not_known() -> None:
    """Before the first answer there is no time to tell."""
    assert StoreClock(1.0).now_ms(1.0) is None


@given(st.lists(st.tuples(*[st.floats(0, 3)] * 3), min_size=1, max_size=20))
def test_clock_is_never_further_off_than_half_of_the_quickest_answer(
    trips: list[tuple[float, float, float]],
) -> None:
    """Slow answers do not spoil what a quick one told."""
    clock, at_s, quickest_s = StoreClock(1.0), 100.0, 1e9
    for pause_s, there_s, back_s in trips:
        clock.heard(*answer(at_s + pause_s, there_s, back_s))
        at_s += pause_s + there_s + back_s
        quickest_s = min(quickest_s, there_s + back_s)
    known_ms = clock.now_ms(at_s)
    assert known_ms is not None
    drift_s = (at_s - 100.0) * 0.001
    assert abs(known_ms - (at_s * 1000 + AHEAD_MS)) <= (quickest_s / 2 + drift_s) * 1000 + 3


def test_answer_after_a_silence_is_remembered() -> None:
    """Whoever judges by time learns that the store, or the worker, stood still."""
    clock = StoreClock(1.0)
    clock.heard(*answer(10.0, 0.0, 0.0))
    clock.heard(*answer(10.9, 0.0, 0.0))
    assert clock.silent_until_ms(11.5) == 0
    assert abs(clock.silent_until_ms(11.95) - (11_950 + AHEAD_MS)) <= 3  # it goes on
    clock.heard(*answer(11.0, 0.5, 0.5))
    assert clock.silent_until_ms(12.5) == 11_500 + AHEAD_MS


def test_jump_of_the_clock_is_believed_at_once() -> None:
    """After a jump the old answer, however quick, is worth nothing."""
    clock = StoreClock(1.0)
    clock.heard(*answer(10.0, 0.0, 0.0))
    now_ms, asked_s, answered_s = answer(11.0, 0.1, 0.1)
    clock.heard(now_ms - 3_600_000, asked_s, answered_s)
    known_ms = clock.now_ms(12.0)
    assert known_ms is not None
    assert abs(known_ms - (12_000 + AHEAD_MS - 3_600_000)) <= 101
