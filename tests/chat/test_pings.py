"""Heartbeats: pinged in time, closed when silent, whatever the clock on the wall does."""

import pytest

from chat.pings import AT_ONCE, Pings
from tests.chat.conftest import MovedClock

INTERVAL_MS, PATIENCE_MS = 10_000, 25_000  # a second ping may be out before the first is overdue


class Heart:
    """A socket that counts its pings and knows what it was closed for."""

    def __init__(self) -> None:
        self.sent = self.unanswered = 0
        self.is_open = True

    def ping(self) -> int:
        """Be pinged."""
        if not self.is_open:
            return 0
        self.sent += 1
        self.unanswered = self.sent
        return self.sent

    def give_up(self, ping: int) -> None:
        """Be closed for that ping, unless it was answered."""
        if self.unanswered == ping:
            self.is_open = False


class Round:
    """Pings on a clock that is moved."""

    def __init__(self, clock: MovedClock) -> None:
        self.clock = clock
        self.pauses = 0
        self.pings = Pings(INTERVAL_MS, PATIENCE_MS, clock, self._pause)

    def answers(self, heart: Heart) -> None:
        """The client answers its ping."""
        heart.unanswered = 0
        self.pings.expect(heart)

    def passes(self, seconds: float) -> None:
        """Time goes by, looked at each tenth of a second."""
        for _ in range(round(seconds * 10)):
            self.clock.passes(0.1)
            self.pings.beat()

    def _pause(self) -> None:
        self.pauses += 1


@pytest.fixture
def rounds(moved_clock: MovedClock) -> Round:
    """The heartbeats of one worker."""
    return Round(moved_clock)


def test_socket_is_pinged_an_interval_after_each_answer(rounds: Round) -> None:
    """Not before, and one ping at a time."""
    heart = Heart()
    rounds.pings.expect(heart)

    rounds.passes(9.9)
    assert heart.sent == 0
    rounds.passes(0.1)
    assert heart.sent == 1
    rounds.answers(heart)
    rounds.passes(10)
    assert heart.sent == 2


def test_worker_that_stood_still_closes_nobody_whose_answer_it_has_not_read(
    rounds: Round,
) -> None:
    """What was pinged before the stall keeps the patience that it had; then it is closed."""
    heart = Heart()
    rounds.pings.expect(heart)
    rounds.passes(10)

    rounds.clock.passes(60)
    rounds.pings.beat()

    assert heart.is_open
    rounds.passes(24.9)
    assert heart.is_open
    rounds.passes(0.2)
    assert not heart.is_open


def test_silent_socket_is_closed_after_its_patience(rounds: Round) -> None:
    """Interval and patience after its last answer, not before."""
    heart = Heart()
    rounds.pings.expect(heart)

    rounds.passes(34.9)
    assert heart.is_open
    rounds.passes(0.1)
    assert not heart.is_open


def test_answer_that_came_late_belongs_to_its_own_ping(rounds: Round) -> None:
    """With a patience longer than the interval, a ping is not overdue for one that was answered."""
    heart = Heart()
    rounds.pings.expect(heart)
    rounds.passes(30)
    rounds.answers(heart)

    rounds.passes(10)  # the second ping is out, and the first one's patience is over
    assert (heart.sent, heart.is_open) == (2, True)
    rounds.passes(25)
    assert not heart.is_open


def test_closed_socket_is_left_alone(rounds: Round) -> None:
    """It gets no ping, and nothing is kept of it."""
    heart = Heart()
    rounds.pings.expect(heart)
    heart.is_open = False

    rounds.passes(60)

    assert heart.sent == 0


def test_many_at_once_let_others_run(rounds: Round) -> None:
    """A thousand that are due together cost pauses, so that no message waits for all of them."""
    hearts = [Heart() for _ in range(1000)]
    for heart in hearts:
        rounds.pings.expect(heart)

    rounds.passes(10)

    assert all(heart.sent == 1 for heart in hearts)
    assert rounds.pauses == 1000 // AT_ONCE
