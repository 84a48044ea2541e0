"""Measures how long the loop stood still."""

import threading
import time


class StallWatch:
    """A greenlet that wants to run every 10 ms and notes the longest time it had to wait."""

    def __init__(self) -> None:
        self.longest_s = 0.0
        self._is_over = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self._thread.start()

    def stop(self) -> float:
        """Return the longest stall in seconds."""
        self._is_over.set()
        self._thread.join()
        return self.longest_s

    def _watch(self) -> None:
        before = time.monotonic()
        while not self._is_over.wait(0.01):
            now = time.monotonic()
            self.longest_s = max(self.longest_s, now - before - 0.01)
            before = now
