"""WebSocket frames as they come in: bounded, unmasked cheaply, text alone.

The rule of the file: it changes one WebSocket object of eventlet and imports nothing of it; each
measure names what the stock code does. Source: eventlet 0.41.3, websocket.py; RFC 6455.
"""

import contextlib
import fcntl
import socket
import sys
import termios
from collections.abc import Iterable
from typing import Any, Protocol, cast

from chat.packets import BadPacketError, is_text_packet

TEXT_ONLY, TOO_FAST, TOO_BIG = 1003, 1008, 1009  # Source: RFC 6455, section 7.4.1
PEEK_BYTES = 4_096  # of what waits, looked at for the heads of frames
_CLOSE, _CONTROL, _LAST = 0x8, 0x8, 0x80  # Source: RFC 6455, section 5.2
_LONGER = {126: 2, 127: 8}  # bytes of the length that follows


class Guard(Protocol):
    """The socket whose frames these are."""

    @property
    def is_over(self) -> bool:
        """Whether nothing that still comes in counts."""

    @property
    def packet_bytes(self) -> int:
        """The most that one packet may have."""

    def has_frame_token(self) -> bool:
        """Let others run, then take a token for one frame."""

    def cut(self, reason: str, close_code: int | None) -> None:
        """End the connection."""

    def farewell(self) -> None:
        """The last frame was sent: the network is shut soon, whatever the client does."""

    def linger(self) -> None:
        """Read on and forget it, until the client has closed or its time is over."""


def bound_frames(ws: Any, guarded: Guard) -> None:  # eventlet ships no types
    """Bound what one WebSocket may send below the packets, and make its unmasking cheap.

    eventlet 0.41.3, websocket.py: caps one frame but not the sum of fragments (20 MB came in under
    a cap of 1 MB), keeps each piece of them, also empty ones, for ever, answers control frames
    without ever yielding, and unmasks byte by byte (5 MB/s)."""
    receive_frame = ws._recv_frame  # noqa: SLF001 - no public seam exists

    def bounded_frame(message: Any = None) -> Any:
        if not guarded.has_frame_token():
            guarded.cut("too fast", TOO_FAST)
        if guarded.is_over:
            raise BadPacketError("nothing more is heard")
        frame = receive_frame(message=message)
        if _joined(frame.data) > guarded.packet_bytes:
            guarded.cut("too big", TOO_BIG)
            raise BadPacketError("the fragments are too large together")
        return frame

    ws._recv_frame, ws._apply_mask = bounded_frame, unmask  # noqa: SLF001
    _part_politely(ws, guarded)


def _part_politely(ws: Any, guarded: Guard) -> None:  # no types, as above
    """The reader ends without a traceback, and the client learns why.

    eventlet 0.41.3 closes the socket with bytes unread: the kernel then resets the connection, and
    the close code is lost. Source: RFC 6455, section 7.1.1; RFC 1122, section 4.2.2.13."""
    wait = ws.wait

    def text_only() -> str | None:
        try:
            data = wait()
        except ValueError:  # a bad packet, or what is no UTF-8
            data = None
        if is_text_packet(data):
            return cast("str", data)
        if data is not None:
            guarded.cut("binary", TEXT_ONLY)
        if ws._remote_close_data is None:  # noqa: SLF001 - else it was the client who closed
            guarded.linger()
        return None

    def close(close_data: tuple[int, str] | None = None) -> None:
        guarded.farewell()
        ws._send_closing_frame(ignore_send_errors=True, close_data=close_data)  # noqa: SLF001
        with contextlib.suppress(OSError):
            ws.socket.shutdown(socket.SHUT_WR)

    ws.wait, ws.close = text_only, close


def release(ws: Any) -> None:  # no types, as above
    """Nothing of a WebSocket that is over refers to itself any more: no collection is needed."""
    ws.iterator.close()
    for name in ("_recv_frame", "_send", "wait", "close"):  # what was put in their place
        vars(ws).pop(name, None)


def has_message(network: socket.socket) -> bool:
    """Whether a message waits unread from its first byte to its last: reading it will not block.

    What comes behind a close does not count."""
    waiting = _unread_bytes(network)
    return waiting > 0 and _holds_message(network.recv(PEEK_BYTES, socket.MSG_PEEK), waiting)


def _unread_bytes(network: socket.socket) -> int:
    if network.fileno() < 0:  # closed meanwhile by another greenlet
        return 0
    count = fcntl.ioctl(network.fileno(), termios.FIONREAD, bytes(4))
    return int.from_bytes(count, sys.byteorder)


def _holds_message(head: bytes, waiting: int) -> bool:
    """Whether frames that begin as head, so many bytes in all, hold the last one of a message."""
    begin = 0
    while begin + 2 <= len(head):
        kind, size = head[begin], head[begin + 1] & 0x7F
        body = begin + 2 + _LONGER.get(size, 0) + 4  # 4: the mask, which a client's frame has
        if size in _LONGER:
            size = int.from_bytes(head[begin + 2 : body - 4], "big")
        if kind & 0x0F == _CLOSE or body > len(head) or body + size > waiting:
            return False
        if kind & _LAST and not kind & _CONTROL:
            return True
        begin = body + size
    return False


def _joined(pieces: list[bytes]) -> int:
    """The pieces of a message are one; return its size."""
    if len(pieces) > 1:
        pieces[:] = [b"".join(pieces)]
    return len(pieces[0]) if pieces else 0


def unmask(data: bytes, mask: Iterable[int], length: int | None = None, offset: int = 0) -> bytes:
    """The bytes of a client's frame, from its offset; one XOR of two long integers.

    Source: RFC 6455, section 5.3."""
    size = len(data) if length is None else length
    key = bytes(mask)
    start = offset % 4
    whole = (key[start:] + key[:start]) * (size // 4 + 1)
    masked = int.from_bytes(data[:size], "big") ^ int.from_bytes(whole[:size], "big")
    return masked.to_bytes(size, "big")
