"""Work that would stall the event loop: password hashing, later images, archives, big searches.

A stalled loop answers no heartbeat, and a heartbeat not answered shows people as offline. So what
takes more than a few milliseconds of CPU goes through here, two at a time.
Source: docs/adr/0005-sql.md for what must not (SQL is green by itself).
"""

import threading
from collections.abc import Callable
from typing import ParamSpec, Protocol, TypeVar

from chat import green

LOOKUPS = 1  # a thread beside the pool's, so that the name of a host does not wait for a hash

P = ParamSpec("P")
R = TypeVar("R")


class RunBlocking(Protocol):
    """How a service is handed the pool."""

    def __call__(self, fn: Callable[P, R], /, *args: P.args, **kwargs: P.kwargs) -> R:
        """Return or raise what fn does, while other greenlets go on."""


class BlockingPool:
    """At most `size` calls at a time on real threads; the next caller waits, in a green way."""

    def __init__(self, size: int) -> None:
        """size is the number of threads; in a process that is not green calls are made directly.

        eventlet's own twenty would each keep what a hash needed, 19 MiB: 390 MB a worker."""
        self._turns = threading.BoundedSemaphore(size)
        if green.is_patched():
            green.limit_pool(size + LOOKUPS)

    def __call__(self, fn: Callable[P, R], /, *args: P.args, **kwargs: P.kwargs) -> R:
        """Return or raise what fn does, while other greenlets go on.

        fn must not touch Redis, SQL, sockets or locks: it runs outside of the green world.
        """
        with self._turns:
            if green.is_patched():
                return green.call_in_pool(fn, *args, **kwargs)
            return fn(*args, **kwargs)
