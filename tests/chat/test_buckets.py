"""Token buckets: a burst at once, a rate in the long run, and no memory of the quiet."""

from hypothesis import given
from hypothesis import strategies as st

from chat import buckets
from chat.buckets import Buckets, Limit


def test_burst_passes_at_once_and_the_next_has_to_wait() -> None:
    """The wait that is named is enough, and not longer than needed by more than a second."""
    limited = Buckets(Limit(rate=2, burst=3))

    assert [limited.take("ann", 0) for _ in range(3)] == [0, 0, 0]
    assert limited.take("ann", 0) == 1
    assert limited.take("ann", 1000) == 0


def test_keys_have_buckets_of_their_own() -> None:
    """One who is too fast slows nobody else."""
    limited = Buckets(Limit(rate=1, burst=1))

    assert (limited.take("ann", 0), limited.take("bob", 0)) == (0, 0)
    assert limited.take("ann", 0) == 1


def test_refused_take_costs_nothing() -> None:
    """Trying again and again does not put the moment off."""
    limited = Buckets(Limit(rate=1, burst=1))
    limited.take("ann", 0)
    for at_ms in range(0, 1000, 10):
        assert limited.take("ann", at_ms) == 1

    assert limited.take("ann", 1000) == 0


def test_clock_that_goes_back_gives_nothing_away() -> None:
    """A jump of the wall clock neither fills nor empties a bucket."""
    limited = Buckets(Limit(rate=1, burst=1))
    limited.take("ann", 10_000)

    assert limited.take("ann", 0) == 1


def test_full_buckets_are_forgotten() -> None:
    """Memory holds only those who were busy lately."""
    limited = Buckets(Limit(rate=1, burst=2))
    for n in range(buckets.PRUNE_EVERY - 1):
        limited.take(n, 0)

    limited.take("late", 60_000)

    assert len(limited) == 1


@given(st.lists(st.integers(0, 400), max_size=200))
def test_no_pattern_gets_more_than_burst_and_rate(pauses_ms: list[int]) -> None:
    """Whatever the timing, what passes in a time is at most the burst and the rate's share."""
    limited = Buckets(Limit(rate=5, burst=10))
    now_ms = passed = 0
    for pause_ms in pauses_ms:
        now_ms += pause_ms
        passed += limited.take("ann", now_ms) == 0

    assert passed <= 10 + now_ms / 1000 * 5 + 1e-6
