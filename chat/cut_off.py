"""An end for work that nothing else can end: one regular expression holds the interpreter's lock.

The rule of the file: a timer of the process's own CPU raises in the main thread, where the loop
is; other threads cannot be interrupted, so they are refused. Source: CPython, Modules/_sre: a match
looks for signals every 4 096 steps, and only the main thread's signals run. What is raised in a
finalizer is swallowed there (Python/errors.c, PyErr_WriteUnraisable), so it raises again and again;
and no garbage is collected meanwhile, as whoever watches that would be where most signals meet.
"""

import gc
import os
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Final, ParamSpec, TypeVar

AGAIN_S: Final = 0.005

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
    with _no_collections():
        _waiting = True
        try:
            signal.setitimer(signal.ITIMER_VIRTUAL, budget_s, AGAIN_S)
            return fn(*args, **kwargs)
        finally:
            _waiting = False
            signal.setitimer(signal.ITIMER_VIRTUAL, 0)


@contextmanager
def _no_collections() -> Iterator[None]:
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


def _cut(_number: int, _frame: FrameType | None) -> None:
    """What comes after fn was left finds that nobody waits any more."""
    if _waiting:
        raise TimeoutError
