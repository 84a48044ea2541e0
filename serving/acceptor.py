"""Accepts every connection and gives it to the worker that holds the fewest.

The worker with the fewest connections that are or may become WebSockets takes the next one, then
the one with the fewest at all, then chance: so WebSockets spread evenly however many plain requests
come between, and none is lost in the backlog of a dead one. A worker that is stuck gets no more
while another is not: its own clients come back, and would meet it again.
"""

import errno
import random
import selectors
import socket
import time
from collections.abc import Sequence
from functools import partial

from chat.config import ConfigError
from serving import handoff
from serving.refusal import Refusals
from serving.worker_process import WorkerProcess

BACKLOG = 2048
STUCK_S = 3.0  # a worker that did not say ALIVE for so long; three times what it should take
BATCH = 64  # connections accepted before reports and signals are looked at again


def listen(host: str, port: int) -> socket.socket:
    """Return the listening socket; raise ConfigError when the address cannot be had.

    SO_REUSEPORT stays off: a second Rollcall must not take half of the connections silently.
    """
    try:
        family, kind, _, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        listener = socket.socket(family, kind)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)  # accepted ones inherit it
        listener.bind(address)
        listener.listen(BACKLOG)
    except OSError as wrong:
        raise ConfigError(_refused(host, port, wrong)) from None
    listener.settimeout(0)
    return listener


class Acceptor:
    """The way from the listening socket to the workers."""

    def __init__(
        self,
        listener: socket.socket,
        workers: Sequence[WorkerProcess],
        seats: int,
        selector: selectors.BaseSelector,
    ) -> None:
        """Accept nothing yet; seats is how many connections a worker may hold."""
        self._listener = listener
        self._workers = workers
        self._seats = seats
        self._selector = selector
        self._is_open = False
        self._held: tuple[socket.socket, str, int] | None = None
        self.refusals = Refusals(selector)

    def adjust(self) -> None:
        """Accept while a worker is ready; else leave connections waiting in the backlog."""
        if self._held is not None:
            held, self._held = self._held, None
            self._place(*held)
        wants_open = not self.is_waiting and any(worker.is_ready for worker in self._workers)
        if wants_open and not self._is_open:
            self._selector.register(self._listener, selectors.EVENT_READ, self.accept)
        elif self._is_open and not wants_open:
            self._selector.unregister(self._listener)
        self._is_open = wants_open

    @property
    def is_waiting(self) -> bool:
        """Return whether a connection waits here for a worker that takes none at the moment."""
        return self._held is not None

    def accept(self) -> None:
        """Place up to BATCH connections that wait."""
        for _ in range(BATCH):
            try:
                connection, address = self._listener.accept()
            except BlockingIOError:
                return
            except OSError as wrong:
                if wrong.errno in {errno.EMFILE, errno.ENFILE}:
                    self.refusals.drop_all()
                return
            self._place(connection, address[0], address[1])
            if self.is_waiting:
                return

    def close(self) -> None:
        """Accept no more; the address is free."""
        if self._is_open:
            self._selector.unregister(self._listener)
            self._is_open = False
        self._listener.close()

    def _place(self, connection: socket.socket, host: str, port: int) -> None:
        ready = [worker for worker in self._workers if worker.is_ready]
        free = [worker for worker in ready if worker.seats.total < self._seats]
        if ready and not free:
            self.refusals.add(connection)
            return
        for worker in sorted(free, key=partial(_load, now=time.monotonic())):
            if worker.link and handoff.send(worker.link, connection, host, port):
                worker.seats.taken()
                connection.close()
                return
        self._held = (connection, host, port)


def _load(worker: WorkerProcess, now: float) -> tuple[bool, int, int, float]:
    # chance decides between equals, it guards nothing
    chance = random.random()  # noqa: S311
    is_stuck = worker.silence_s(now) > STUCK_S
    return is_stuck, worker.seats.lasting, worker.seats.total, chance


def _refused(host: str, port: int, wrong: OSError) -> str:
    if wrong.errno == errno.EADDRINUSE:
        return f"ROLLCALL_PORT (--port): port {port} on {host} is in use by another program"
    if wrong.errno == errno.EACCES:
        return f"ROLLCALL_PORT (--port): this user may not listen on port {port}"
    return f"ROLLCALL_HOST (--host): cannot listen on {host}: {wrong.strerror}"
