"""Waiting before something that died is started again."""

from serving.backoff import HEALTHY_S, LONGEST_S, Backoff


def test_deaths_in_a_row_wait_twice_as_long_each_up_to_a_bound() -> None:
    """A worker that cannot start does not burn a core."""
    backoff, now, delays = Backoff(), 0.0, []
    for _ in range(9):
        backoff.started(now)
        delays.append(backoff.died(now + 0.01))
        now += 0.01 + delays[-1]
    assert delays[:4] == [0.1, 0.2, 0.4, 0.8]
    assert delays[-1] == LONGEST_S


def test_death_after_a_healthy_life_is_followed_at_once() -> None:
    """One crash a day is answered as fast as the first."""
    backoff = Backoff()
    backoff.started(0.0)
    backoff.died(0.1)
    backoff.started(0.2)
    assert backoff.died(0.2 + HEALTHY_S) == 0.1


def test_is_due_only_between_its_time_and_the_next_start() -> None:
    """A restart happens once for each death."""
    backoff = Backoff()
    backoff.started(0.0)
    backoff.died(1.0)
    assert not backoff.is_due(1.05)
    assert backoff.is_waiting()
    assert backoff.is_due(1.1)
    backoff.started(1.1)
    assert not backoff.is_waiting()
    assert not backoff.is_due(9.0)
