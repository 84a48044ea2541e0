"""An end for work that nothing else can end: one regular expression holds the interpreter's lock.

The rule of the file: a timer of the process's own CPU raises in the main thread, where the loop
is; other threads cannot be interrupted, so they are refused. Source: CPython, Modules/_sre: a match
looks for signals every 4 096 steps, and only the main thread's signals run.
"""

import os
import signal
import threading
from collections.abc import Callable
from types import FrameType
from typing import ParamSpec, TypeVar

P = ParamSpec("P")
R = TypeVar("R")

_waiting = False


def cut_off_after(budget_s: float, fn: Callable[P, R], /, *args: P.args, **kwargs: P.kwargs) -> R:
    """Return what fn does; raises TimeoutError once budget_s of the process's user CPU are spent.

    Outside of the main thread it raises TimeoutError at once. fn must not wait, and what it leaves
    half done must be its own. Not to be nested."""
    global _waiting  # noqa: PLW0603 - a process has one such timer
    if threading.get_native_id() != os.getpid():
        raise TimeoutError
    signal.signal(signal.SIGVTALRM, _cut)
    _waiting = True
    try:
        signal.setitimer(signal.ITIMER_VIRTUAL, budget_s)
        return fn(*args, **kwargs)
    finally:
        _waiting = False
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)


def _cut(_number: int, _frame: FrameType | None) -> None:
    """Raise once: what comes while fn is being left finds that nobody waits any more."""
    global _waiting  # noqa: PLW0603 - as above
    if _waiting:
        _waiting = False
        raise TimeoutError
