"""The store's clock as a worker knows it without asking: from the answers that it got anyway.

Every answer of the store carries its time, read at some moment between question and answer. The
closer those two lay together the better it is known; an old answer is worth less each second, so
that two clocks which drift apart are not trusted for ever. All of it is arithmetic: no I/O.
"""

RESOLUTION_S = 0.001  # answers are cut to whole milliseconds
DRIFT = 0.001  # of the time since: how much worse an answer becomes; ten times what clocks drift


class StoreClock:
    """Tells the store's time from the best answer so far; one a worker."""

    def __init__(self, silence_s: float) -> None:
        """silence_s: how long between two answers is a silence; the sweep asks more often."""
        self._resumed_ms = 0
        self._silence_s = silence_s
        self._answered_s: float | None = None
        self._ahead_s: float | None = None
        self._doubt_s = 0.0
        self._heard_s = 0.0

    def heard(self, now_ms: int, asked_s: float, answered_s: float) -> None:
        """The store's clock stood at now_ms at some moment between asked_s and answered_s.

        Both are of the worker's monotonic clock. An answer that contradicts what was known, because
        the store's clock jumped, replaces it."""
        if self._answered_s is not None and answered_s - self._answered_s > self._silence_s:
            self._resumed_ms = now_ms
        self._answered_s = answered_s
        doubt_s = (answered_s - asked_s) / 2
        ahead_s = now_ms / 1000 - (asked_s + doubt_s)
        if not self._is_known_better(ahead_s, doubt_s, answered_s):
            self._ahead_s, self._doubt_s, self._heard_s = ahead_s, doubt_s, answered_s

    def now_ms(self, at_s: float) -> int | None:
        """Return what the store's clock shows at at_s; None before it was heard."""
        return None if self._ahead_s is None else round((at_s + self._ahead_s) * 1000)

    def silent_until_ms(self, at_s: float) -> int:
        """Return when the last silence ended, by the store's clock: at_s if one goes on; 0: never.

        The store, or this worker, stood still."""
        is_silent = self._answered_s is not None and at_s - self._answered_s > self._silence_s
        return (self.now_ms(at_s) or 0) if is_silent else self._resumed_ms

    def _is_known_better(self, ahead_s: float, doubt_s: float, at_s: float) -> bool:
        if self._ahead_s is None:
            return False
        known_doubt_s = self._doubt_s + (at_s - self._heard_s) * DRIFT
        contradiction_s = abs(ahead_s - self._ahead_s) - doubt_s - known_doubt_s
        return doubt_s > known_doubt_s and contradiction_s <= RESOLUTION_S
