"""What one WebSocket still has to be sent: written at once when nothing waits, in order otherwise.

The rule of the file: a frame is bytes that are ready for the wire; the first write is tried without
waiting, and only what the kernel does not take costs a line and a greenlet. Server frames are not
masked (RFC 6455, section 5.1), so the same bytes serve every recipient. Stock engineio 4.15.1
builds each frame anew and wakes a greenlet for each recipient: 29-37 us a delivery against 8.
Not here: who the recipients are (`fanout.py`), what a packet is (`edge.py`).
"""

import logging
import struct
from collections import deque
from collections.abc import Callable
from typing import Any, Final, Protocol

OWED_MAX_BYTES: Final = 1_000_000  # what a slow reader may owe; then he reconnects and resyncs
BATCH_BYTES: Final = 65_536  # of waiting frames that leave in one call

Piece = bytes | memoryview
"""A frame, or what is left of it. Thousands may owe the rest of one large frame: none has a copy,
which for 200 KB and five thousand readers would be a gigabyte."""

log = logging.getLogger(__name__)


class Green(Protocol):
    """A cooperative socket: `fd` is the plain one beneath, which never waits."""

    fd: Any  # eventlet ships no types

    def sendall(self, data: Piece) -> None:
        """Send all of it, letting others run meanwhile."""


def text_frame(text: str) -> bytes:
    """One unmasked, unfragmented text frame. Source: RFC 6455, section 5.2."""
    payload = text.encode()
    size = len(payload)
    if size < 126:  # noqa: PLR2004 - the three forms of the length, as the RFC has them
        return struct.pack("!BB", 0x81, size) + payload
    if size < 65_536:  # noqa: PLR2004
        return struct.pack("!BBH", 0x81, 126, size) + payload
    return struct.pack("!BBQ", 0x81, 127, size) + payload


class Outgoing:
    """The way out of one WebSocket; nothing here waits, and nothing leaves out of order."""

    __slots__ = ("_cut", "_farewell", "_owed_bytes", "_send_now", "_socket", "_spawn", "_waiting")

    def __init__(
        self,
        socket: Green,
        spawn: Callable[[Callable[[], None]], object],
        cut: Callable[[str], None],
    ) -> None:
        """spawn starts a greenlet; cut(reason) ends the connection, its reader cleans up."""
        self._socket = socket
        self._send_now: Callable[[bytes], int] = socket.fd.send
        self._spawn = spawn
        self._cut = cut
        self._waiting: deque[Piece] | None = None  # not None: a greenlet is sending
        self._owed_bytes = 0
        self._farewell: Callable[[], None] | None = None

    @property
    def owed_bytes(self) -> int:
        """What was written and the kernel did not take yet."""
        return self._owed_bytes

    def write(self, frame: bytes) -> None:
        """The frame left, or stands in line behind what was written before it.

        Of a connection that ends or is gone it is dropped."""
        if self._waiting is not None:
            self._wait_in_line(frame)
            return
        try:
            sent = self._send_now(frame)
        except BlockingIOError:
            sent = 0
        except OSError:  # gone; its reader has seen it, or will
            return
        if sent < len(frame):
            self._begin_line(memoryview(frame)[sent:])

    def end(self, farewell: Callable[[], None]) -> None:
        """Once all that was written has left, or cannot, farewell is called; once.

        Nothing written after this leaves, but what farewell writes."""
        if self._waiting is None:
            farewell()
        else:
            self._farewell = farewell

    def forget(self) -> None:
        """Nobody is told any more that the reader is slow: the connection is over."""
        self._cut = lambda _reason: None

    def _begin_line(self, rest: Piece) -> None:
        self._waiting, self._owed_bytes = deque((rest,)), len(rest)
        self._spawn(self._send_waiting)

    def _wait_in_line(self, frame: bytes) -> None:
        if self._farewell is not None:
            return
        if self._waiting is None or self._owed_bytes + len(frame) > OWED_MAX_BYTES:
            self._cut("slow")
            return
        self._waiting.append(frame)
        self._owed_bytes += len(frame)

    def _send_waiting(self) -> None:
        """Runs in a greenlet of its own until the line is empty; then the next write is direct."""
        try:
            while self._waiting:
                batch = _batch_of(self._waiting)
                self._socket.sendall(batch)
                self._owed_bytes -= len(batch)
        except OSError as gone:
            log.debug("outgoing: the socket is gone: %s", gone)
        finally:
            self._waiting, self._owed_bytes = None, 0
            farewell, self._farewell = self._farewell, None
            if farewell is not None:
                farewell()


def _batch_of(waiting: deque[Piece]) -> Piece:
    """The next frames as one piece, taken out of the line: at least one, at most BATCH_BYTES."""
    frames = [waiting.popleft()]
    size = len(frames[0])
    while waiting and size + len(waiting[0]) <= BATCH_BYTES:
        frames.append(waiting.popleft())
        size += len(frames[-1])
    # A view, as whoever sends it cuts off what has left: of bytes each cut would be a copy.
    return memoryview(frames[0]) if len(frames) == 1 else b"".join(frames)
