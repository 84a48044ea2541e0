"""How long the loop stood still: a timer that should fire ten times a second, and how late it is.

No client may notice a stall as a missed heartbeat; the longest of the last minute is what tells.
"""

import threading
import time
from collections import deque
from typing import Final

from prometheus_client import Histogram

TICK_S: Final = 0.1
REMEMBERED_S: Final = 60.0
LATENESS_BUCKETS: Final = (0.005, 0.02, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)

loop_stall_seconds = Histogram(
    "rollcall_loop_stall_seconds",
    "How late a timer of a tenth of a second fired: how long the loop stood still.",
    buckets=LATENESS_BUCKETS,
)


class Stalls:
    """Watches the loop of this worker."""

    def __init__(self) -> None:
        self._worst_of_second: deque[tuple[int, float]] = deque()
        self._is_stopped = threading.Event()

    def start(self) -> None:
        """The loop is watched from now on."""
        threading.Thread(target=self._run, name="stalls", daemon=True).start()

    def stop(self) -> None:
        """The loop is watched no more."""
        self._is_stopped.set()

    def note(self, late_s: float, now_s: float) -> None:
        """The timer fired late_s too late, at now_s of a monotonic clock."""
        late_s = max(0.0, late_s)
        loop_stall_seconds.observe(late_s)
        worst = self._worst_of_second
        if worst and worst[-1][0] == int(now_s):
            worst[-1] = int(now_s), max(worst[-1][1], late_s)
        else:
            worst.append((int(now_s), late_s))
        while worst[0][0] < now_s - REMEMBERED_S:
            worst.popleft()

    def longest_s(self) -> float:
        """Return the longest stall of the last minute."""
        return max((late_s for _, late_s in list(self._worst_of_second)), default=0.0)

    def _run(self) -> None:
        due_s = time.monotonic() + TICK_S
        while not self._is_stopped.wait(max(0.0, due_s - time.monotonic())):
            now_s = time.monotonic()
            self.note(now_s - due_s, now_s)
            due_s = now_s + TICK_S
