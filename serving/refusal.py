"""Connections for which no worker has room: each is told so and closed, none is left hanging."""

import selectors
import socket
import time
from collections import deque
from functools import partial

RETRY_AFTER_S = 5
LINGER_S = 1.0  # a close with unread bytes would reset the connection and lose the answer
MOST = 256  # that linger at once; the oldest is closed for the next

_BODY = (
    b'{"error": {"code": "too_many_connections", "message": "The server is full; try again soon.", '
    b'"temporary": true, "retry_after_s": %d}}' % RETRY_AFTER_S
)
ANSWER = (
    b"HTTP/1.1 503 Service Unavailable\r\n"
    b"Content-Type: application/json\r\n"
    b"Content-Length: %d\r\n"
    b"Retry-After: %d\r\n"
    b"Cache-Control: no-store\r\n"
    b"Connection: close\r\n\r\n%s" % (len(_BODY), RETRY_AFTER_S, _BODY)
)


class Refusals:
    """Connections that were answered and are read until the other side closes, or LINGER_S."""

    def __init__(self, selector: selectors.BaseSelector) -> None:
        """Hold none."""
        self._selector = selector
        self._waiting: deque[tuple[float, socket.socket]] = deque()

    def __len__(self) -> int:
        """Return how many linger."""
        return len(self._waiting)

    def add(self, connection: socket.socket) -> None:
        """Answer 503 on a connection, which now belongs here."""
        connection.settimeout(0)
        try:
            connection.send(ANSWER)
            connection.shutdown(socket.SHUT_WR)
        except OSError:
            connection.close()
            return
        if len(self._waiting) >= MOST:
            self._close(self._waiting.popleft()[1])
        self._selector.register(connection, selectors.EVENT_READ, partial(self._read, connection))
        self._waiting.append((time.monotonic() + LINGER_S, connection))

    def expire(self, now: float) -> None:
        """Close those whose time is over."""
        while self._waiting and self._waiting[0][0] <= now:
            self._close(self._waiting.popleft()[1])

    def drop_all(self) -> None:
        """Close every one."""
        self.expire(float("inf"))

    def _read(self, connection: socket.socket) -> None:
        try:
            rest = connection.recv(65536)
        except BlockingIOError:
            return
        except OSError:
            rest = b""
        if not rest:
            self._close(connection)

    def _close(self, connection: socket.socket) -> None:
        if connection.fileno() >= 0:
            self._selector.unregister(connection)
            connection.close()
