"""How long to wait before something that died is started again."""

FIRST_S = 0.1
LONGEST_S = 5.0
HEALTHY_S = 10.0  # one that lived this long begins with FIRST_S again


class Backoff:
    """Doubles from FIRST_S to LONGEST_S over deaths in a row; `now` is a monotonic time in s."""

    def __init__(self) -> None:
        """Nothing has died yet."""
        self.deaths = 0
        self._started_at = 0.0
        self._due_at: float | None = None

    def started(self, now: float) -> None:
        """Note that it runs from now on."""
        self._started_at, self._due_at = now, None

    def died(self, now: float) -> float:
        """Note the death; return the seconds until it is due again."""
        self.deaths = 1 if now - self._started_at >= HEALTHY_S else self.deaths + 1
        delay = min(LONGEST_S, FIRST_S * 2.0 ** (self.deaths - 1))
        self._due_at = now + delay
        return delay

    def is_waiting(self) -> bool:
        """Return whether it died and was not started since."""
        return self._due_at is not None

    def is_due(self, now: float) -> bool:
        """Return whether it died and its time has come."""
        return self._due_at is not None and now >= self._due_at
