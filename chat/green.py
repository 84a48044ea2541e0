"""Everything that knows eventlet: patching, the thread pool, the HTTP server, signals.

Rule of this file: it is the only module that imports eventlet (tests/serving/test_green.py). After
`patch`, threading, time, queue and socket of the standard library are green, and nobody else needs
to know. Leaving eventlet means to write this file anew. Source: ADR 0001.
"""

import os
import signal
import socket
import warnings
from collections.abc import Callable
from typing import Any, Final, ParamSpec, Protocol, TypeVar

os.environ.setdefault("EVENTLET_NO_GREENDNS", "yes")  # the system's resolver, by tpool
warnings.filterwarnings("ignore", message="\nEventlet is deprecated")

import eventlet  # noqa: E402 - the two lines above must come first
import eventlet.debug  # noqa: E402
import eventlet.hubs  # noqa: E402
import eventlet.patcher  # noqa: E402
import eventlet.tpool  # noqa: E402
import eventlet.wsgi  # noqa: E402
from eventlet.greenio import GreenSocket  # noqa: E402

ASYNC_MODE: Final = "eventlet"
P = ParamSpec("P")
R = TypeVar("R")

# As eventlet calls it: environ's values and the result are whatever PEP 3333 allows.
WsgiApp = Callable[[dict[str, Any], Callable[..., Any]], Any]


def patch() -> None:
    """Make the standard library green; call it before Flask, redis or SQLAlchemy are imported."""
    eventlet.monkey_patch()


def is_patched() -> bool:
    """Say whether `patch` was called: in a plain process (tests, commands) nothing is green."""
    return bool(eventlet.patcher.is_monkey_patched("thread"))


def call_in_pool(fn: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
    """Run fn on a real thread while other greenlets go on; return or raise what it does.

    For CPU-heavy work that lets go of the interpreter lock (argon2, images). fn must not touch
    green sockets or locks.
    """
    result: R = eventlet.tpool.execute(fn, *args, **kwargs)
    return result


def limit_pool(threads: int) -> None:
    """Bound the threads behind call_in_pool; call it before the first use."""
    eventlet.tpool.set_num_threads(threads)


class Listener(Protocol):
    """What `serve` takes connections from; GreenSocket.accept in shape."""

    def accept(self) -> tuple[GreenSocket, tuple[Any, ...]]:  # address families differ in length
        """Return the next connection; raise OSError(EPIPE) when there will be no more."""

    def getsockname(self) -> tuple[Any, ...]:
        """Return the address that is served."""


def green_socket(plain: socket.socket) -> GreenSocket:
    """Return a cooperative socket over a plain one, which must not be used any more."""
    return GreenSocket(plain)


class StopSignal:
    """Wakes a greenlet on SIGTERM or SIGINT.

    Python runs signal handlers between bytecodes, and the hub sleeps in epoll: a plain handler would
    wait for the next event. set_wakeup_fd writes to a socket that the hub watches.
    """

    def __init__(self) -> None:
        """Install the handlers; needs the main thread."""
        self._read, self._write = socket.socketpair()
        self._write.settimeout(0)
        signal.set_wakeup_fd(self._write.fileno(), warn_on_full_buffer=False)
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: None)

    def wait(self) -> None:
        """Return once a signal came or `set` was called; other greenlets run meanwhile."""
        self._read.recv(1)

    def set(self) -> None:
        """Wake the waiting greenlet as a signal would."""
        self._write.send(b"\0")
