"""Acts that wait for their time, in this process's memory: for hints, never for what must happen.

Rule of the file: what was put off is lost with the process, so nothing may depend on it. An act
that fails is logged and not tried again. One thread, however many acts wait.
"""

import heapq
import itertools
import logging
import threading
from collections.abc import Callable

from chat.clock import Clock

LATEST_MS = 24 * 3600 * 1000  # what is further off is not kept: hints are for those who wait
WAITING_MAX = 10_000

log = logging.getLogger(__name__)


class Later:
    """Calls acts when it is time."""

    def __init__(self, now_ms: Clock) -> None:
        self._now_ms = now_ms
        self._numbers = itertools.count()
        self._waiting: list[tuple[int, int, Callable[[], None]]] = []
        self._wake = threading.Event()
        self._is_stopped = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Acts are called from now on."""
        self._thread = threading.Thread(target=self._run, name="later", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Nothing is called any more."""
        self._is_stopped.set()
        self._wake.set()
        if self._thread is not None:
            self._thread.join(2.0)

    def at(self, at_ms: int, act: Callable[[], None]) -> None:
        """Call act when the clock shows at_ms; more than a day off, or one too many, never."""
        if at_ms - self._now_ms() > LATEST_MS or len(self._waiting) >= WAITING_MAX:
            return
        heapq.heappush(self._waiting, (at_ms, next(self._numbers), act))
        self._wake.set()

    def call_due(self) -> None:
        """Every act whose time has come was called, in the order of their times."""
        while self._waiting and self._waiting[0][0] <= self._now_ms():
            _, _, act = heapq.heappop(self._waiting)
            try:
                act()
            except Exception:
                log.exception("later: an act failed")

    def _run(self) -> None:
        while not self._is_stopped.is_set():
            self._wake.wait(self._wait_s())
            self._wake.clear()
            self.call_due()

    def _wait_s(self) -> float | None:
        if not self._waiting:
            return None
        return max(0.0, (self._waiting[0][0] - self._now_ms()) / 1000)
