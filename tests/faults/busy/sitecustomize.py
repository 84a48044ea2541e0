"""A Python started with this folder on its path keeps its main thread busy when it is told to.

The handler of a signal runs where the event loop runs, and holds it as a loop without a yield
does: timers, sockets and every other handler wait. SIGUSR1 for a second, SIGUSR2 for three.
"""

import signal
import time

BUSY_S = {signal.SIGUSR1: 1.0, signal.SIGUSR2: 3.0}  # 5 and 15 s, a fifth as all timings


def keep_busy(number: int, _frame: object) -> None:
    """Return when the time of that signal is over, and compute until then."""
    end_s = time.monotonic() + BUSY_S[signal.Signals(number)]
    while time.monotonic() < end_s:
        pass


for _number in BUSY_S:
    signal.signal(_number, keep_busy)
