"""WebSocket frames as they come in: bounded, unmasked cheaply, text alone.

The rule of the file: it changes one WebSocket object of eventlet and imports nothing of it; each
measure names what the stock code does. Source: eventlet 0.41.3, websocket.py; RFC 6455.
"""

from collections.abc import Iterable
from typing import Any, Final, Protocol

from chat.packets import BadPacketError

TEXT_ONLY, TOO_FAST, TOO_BIG = 1003, 1008, 1009  # Source: RFC 6455, section 7.4.1
_PACKET_TYPES: Final = "123456"  # of Engine.IO, from a client


class Guard(Protocol):
    """The socket whose frames these are."""

    def has_frame_token(self) -> bool:
        """Let others run, then take a token for one frame."""

    @property
    def packet_bytes(self) -> int:
        """The most that one packet may have."""

    def cut(self, reason: str, close_code: int | None) -> None:
        """End the connection."""


def bound_frames(ws: Any, guarded: Guard) -> None:  # eventlet ships no types
    """Bound what one WebSocket may send below the packets, and make its unmasking cheap.

    eventlet 0.41.3, websocket.py: caps one frame but not the sum of fragments (20 MB came in under
    a cap of 1 MB), answers control frames without ever yielding, and unmasks byte by byte (5 MB/s).
    """
    receive_frame, wait = ws._recv_frame, ws.wait  # noqa: SLF001 - no public seam exists

    def bounded_frame(message: Any = None) -> Any:
        if not guarded.has_frame_token():
            guarded.cut("too fast", TOO_FAST)
            raise BadPacketError("too many frames")
        frame = receive_frame(message=message)
        if sum(map(len, frame.data)) > guarded.packet_bytes:
            guarded.cut("too big", TOO_BIG)
            raise BadPacketError("the fragments are too large together")
        return frame

    def text_only() -> str | None:
        data = wait()
        if data is None:
            return None
        if not isinstance(data, str) or data[:1] not in _PACKET_TYPES or not data:
            guarded.cut("binary", TEXT_ONLY)
            return None
        return data

    ws._recv_frame, ws.wait, ws._apply_mask = bounded_frame, text_only, unmask  # noqa: SLF001


def unmask(data: bytes, mask: Iterable[int], length: int | None = None, offset: int = 0) -> bytes:
    """The bytes of a client's frame, from its offset; one XOR of two long integers.

    Source: RFC 6455, section 5.3."""
    size = len(data) if length is None else length
    key = bytes(mask)
    start = offset % 4
    whole = (key[start:] + key[:start]) * (size // 4 + 1)
    masked = int.from_bytes(data[:size], "big") ^ int.from_bytes(whole[:size], "big")
    return masked.to_bytes(size, "big")
