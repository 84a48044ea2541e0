"""Where the loop stands still: a real thread looks at it while it does.

A stall is measured by the loop itself, afterwards (chat.stalls); by then what caused it is over. So
a thread that is not green looks whether the loop is overdue, and notes what runs at that moment.

Rule of the file: the thread touches no lock and no log, which are green; it holds the interpreter
for some microseconds a look.
"""

import sys
import time
from pathlib import Path
from types import FrameType
from typing import Final

from chat import green

LOOK_EVERY_S: Final = 0.05
FRAMES_MAX: Final = 6


class Bystander:
    """Looks at the loop of this worker from outside."""

    def __init__(self, overdue_s: float) -> None:
        """overdue_s: a loop that did not turn for longer stands still."""
        self._overdue_s = overdue_s
        self._loop = green.this_thread()
        self._turned_s = time.monotonic()
        self._seen = ""
        self._is_stopped = False

    def start(self) -> None:
        """Looks from now on; called on the loop's own thread."""
        self._loop, self._turned_s = green.this_thread(), time.monotonic()
        green.run_beside(self._look)

    def stop(self) -> None:
        """Looks no more, soon."""
        self._is_stopped = True

    def turned(self) -> str:
        """The loop turns: return what ran when it was overdue, the innermost first; '' if it was
        not, or nobody looked."""
        seen, self._seen = self._seen, ""
        self._turned_s = time.monotonic()
        return seen

    def _look(self) -> None:
        while not self._is_stopped:
            green.nap(LOOK_EVERY_S)
            if not self._seen and time.monotonic() - self._turned_s > self._overdue_s:
                self._seen = places(sys._current_frames().get(self._loop))  # noqa: SLF001 - documented


def places(frame: FrameType | None) -> str:
    """Return the innermost calls of a stack, `file:line function` each, the innermost first."""
    stack: list[str] = []
    while frame is not None and len(stack) < FRAMES_MAX:
        stack.append(_place(frame))
        frame = frame.f_back
    return " < ".join(stack)


def _place(frame: FrameType) -> str:
    file = "/".join(Path(frame.f_code.co_filename).parts[-2:])
    return f"{file}:{frame.f_lineno} {frame.f_code.co_name}"
