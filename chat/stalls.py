"""How long the loop stood still: a timer that should fire ten times a second, and how late it is.

No client may notice a stall as a missed heartbeat. The longest of the last minute is what tells;
the log names what ran during a long one.
"""

import contextlib
import gc
import threading
import time
from collections import deque
from typing import Final

import structlog
from prometheus_client import Histogram

from chat.bystander import Bystander

TICK_S: Final = 0.1
REMEMBERED_S: Final = 60.0
NAMED_S: Final = 0.25  # a stall as long as this is told with what caused it
LATENESS_BUCKETS: Final = (0.005, 0.02, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)
PAUSE_BUCKETS: Final = (0.0005, 0.001, 0.005, 0.02, 0.05, 0.1, 0.25, 1)

loop_stall_seconds = Histogram(
    "rollcall_loop_stall_seconds",
    "How late a timer of a tenth of a second fired: how long the loop stood still.",
    buckets=LATENESS_BUCKETS,
)
gc_pause_seconds = Histogram(
    "rollcall_gc_pause_seconds",
    "How long a collection of garbage held a worker.",
    ["generation"],
    buckets=PAUSE_BUCKETS,
)

log = structlog.get_logger(__name__)


class Pauses:
    """The collections of garbage in this process."""

    def __init__(self) -> None:
        self._began_s = 0.0
        # Noted now and counted later: a collection may come while a metric's lock is held.
        self._pauses: deque[tuple[int, float]] = deque(maxlen=10_000)

    def start(self) -> None:
        """Every collection is noted from now on."""
        gc.callbacks.append(self._told)

    def stop(self) -> None:
        """None is noted any more; nothing happens when none was."""
        with contextlib.suppress(ValueError):
            gc.callbacks.remove(self._told)

    def count(self) -> float:
        """Count those since the last call; return how long all of them took, in seconds."""
        total_s = 0.0
        while self._pauses:
            generation, pause_s = self._pauses.popleft()
            gc_pause_seconds.labels(generation).observe(pause_s)
            total_s += pause_s
        return total_s

    def _told(self, phase: str, info: dict[str, int]) -> None:
        if phase == "start":
            self._began_s = time.perf_counter()
        else:
            self._pauses.append((info["generation"], time.perf_counter() - self._began_s))


class Stalls:
    """Watches the loop of this worker."""

    def __init__(self) -> None:
        self._worst_of_second: deque[tuple[int, float]] = deque()
        self._is_stopped = threading.Event()
        self._bystander = Bystander(TICK_S + NAMED_S / 2)
        self._pauses = Pauses()

    def start(self) -> None:
        """The loop is watched from now on; called on its own thread."""
        self._pauses.start()
        self._bystander.start()
        threading.Thread(target=self._run, name="stalls", daemon=True).start()

    def stop(self) -> None:
        """The loop is watched no more."""
        self._is_stopped.set()
        self._bystander.stop()
        self._pauses.stop()

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
            late_s = now_s - due_s
            self.note(late_s, now_s)
            self._name(late_s)
            due_s = now_s + TICK_S

    def _name(self, late_s: float) -> None:
        """Log what a long stall was spent on."""
        seen, collecting_s = self._bystander.turned(), self._pauses.count()
        if late_s >= NAMED_S:
            log.warning(
                "the loop stood still",
                seconds=round(late_s, 3),
                collecting=round(collecting_s, 3),
                at=seen or "unknown",
            )
