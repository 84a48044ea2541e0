"""The backstop: overdue deadlines and dead workers, found by looking, whatever was heard.

Every worker sweeps, at its own random pace; the store lets one of them end a lease. A pass is
bounded and goes on while the bound was reached. It looks every 0.4 to 0.7 of sweep_ms and leaves
what it touched 0.2 to the listener, so that the sum stays below sweep_ms.
The hold, in which nothing is ended, is the store's: lua/head.lua. Source: docs/adr/0003.
"""

import threading
from collections.abc import Callable

from presence.store import Store
from presence.terms import Swept
from presence.timings import Timings

SHORTEST_PAUSE, LONGEST_PAUSE = 0.4, 0.7  # of sweep_ms


class Sweeper:
    """Looks for what is overdue, and so learns of the epoch, the hold and the other workers."""

    def __init__(
        self,
        store: Store,
        timings: Timings,
        jitter: Callable[[float, float], float],
        *,
        events_are_heard: Callable[[], bool],
        on_hold: Callable[[], None],
    ) -> None:
        self._store = store
        self._timings = timings
        self._jitter = jitter
        self._events_are_heard = events_are_heard
        self._on_hold = on_hold
        self._woken = threading.Event()
        self._touched = False
        self.workers: tuple[str, ...] = ()
        self.held = False
        self.holds = 0
        self.ended = 0
        self.rev = 0

    def wait(self) -> None:
        """Return when the next pass is due: soon, if something was left to the listener."""
        pause = self._jitter(SHORTEST_PAUSE, LONGEST_PAUSE) * self._timings.sweep_ms
        if self._touched:
            pause = self._timings.patience_ms
        self._woken.wait(pause / 1000)
        self._woken.clear()

    def hasten(self) -> None:
        """The next pass comes now: something may have been missed."""
        self._woken.set()

    def sweep(self, epoch: str) -> Swept:
        """All that is overdue is ended, unless the store holds. Raises PresenceUnavailable."""
        swept = self._pass(epoch)
        while swept.more:
            swept = self._pass(epoch)
        return swept

    def _pass(self, epoch: str) -> Swept:
        patience_ms = self._timings.patience_ms if self._events_are_heard() else 0
        swept = self._store.sweep(epoch, patience_ms=patience_ms)
        self._touched = swept.touched > 0
        if not swept.is_same_epoch:
            return swept
        self.ended += swept.ended
        self.rev = swept.place.rev
        self.holds = swept.holds
        self.workers = swept.workers
        began_to_hold = swept.held and not self.held
        self.held = swept.held
        if began_to_hold:
            self._on_hold()
        return swept
