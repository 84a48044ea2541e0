"""Heartbeats of all sockets of a worker from one thread: when to ping, and who did not answer.

The rule of the file: the interval and the patience are the same for every socket, so two lines in
order of time are all that is kept; no timer and no greenlet for each socket. The stock server keeps
a sleeping greenlet for each connection, and wakes another one for each of them within every
ping_timeout. engineio 4.15.1, socket.py schedule_ping, server.py _service_task.
"""

import itertools
import logging
import threading
from collections import deque
from collections.abc import Callable, Iterator
from typing import Final, Protocol, TypeVar

from chat.clock import Clock

TICK_S: Final = 0.1
AT_ONCE: Final = 100  # sockets between two pauses
STALL_MS: Final = 500  # a beat so late comes from a worker that stood still

T = TypeVar("T")

log = logging.getLogger(__name__)


class Pinged(Protocol):
    """A socket with a heartbeat."""

    def ping(self) -> int:
        """Send a PING; returns its number, 0 from a socket that is closed."""

    def give_up(self, ping: int) -> None:
        """Close the socket, if it is open and that PING still the one to be answered."""


class Pings:
    """The heartbeats of one worker."""

    def __init__(
        self, interval_ms: int, patience_ms: int, now_ms: Clock, pause: Callable[[], None]
    ) -> None:
        """A socket is pinged interval_ms after its last answer; it has patience_ms to answer."""
        self._interval_ms = interval_ms
        self._patience_ms = patience_ms
        self._now_ms = now_ms
        self._pause = pause
        self._due: deque[tuple[int, Pinged]] = deque()
        self._unanswered: deque[tuple[int, tuple[Pinged, int]]] = deque()
        self._beaten_ms: int | None = None
        self._is_stopped = threading.Event()

    def start(self) -> None:
        """Sockets are pinged from now on."""
        threading.Thread(target=self._run, name="edge.pings", daemon=True).start()

    def stop(self) -> None:
        """Nobody is pinged any more."""
        self._is_stopped.set()

    def expect(self, socket: Pinged) -> None:
        """The socket is pinged once the interval has passed; called again after each answer."""
        self._due.append((self._now_ms() + self._interval_ms, socket))

    def beat(self) -> None:
        """Ping every socket whose time has come; close those that did not answer."""
        now = self._now_ms()
        self._forgive(now)
        for socket in self._taken(self._due, now):
            number = socket.ping()
            if number:
                self._unanswered.append((now + self._patience_ms, (socket, number)))
        for socket, number in self._taken(self._unanswered, now):
            socket.give_up(number)

    def _forgive(self, now: int) -> None:
        """The time in which the worker itself stood still does not count as anybody's silence.

        Answers that came meanwhile are not read yet; without this everybody pinged just before
        is closed. Leases go by the true time, so a dead client is offline all the same."""
        stood_ms = 0 if self._beaten_ms is None else now - self._beaten_ms
        self._beaten_ms = now
        if stood_ms >= STALL_MS:
            self._unanswered = deque((due + stood_ms, one) for due, one in self._unanswered)

    def _taken(self, line: deque[tuple[int, T]], now: int) -> Iterator[T]:
        """What is due, taken out of the line; others run in between."""
        for count in itertools.count(1):
            if not line or line[0][0] > now:
                return
            yield line.popleft()[1]
            if count % AT_ONCE == 0:
                self._pause()

    def _run(self) -> None:
        while not self._is_stopped.wait(TICK_S):
            try:
                self.beat()
            except Exception:
                log.exception("edge: a heartbeat failed, it goes on")
