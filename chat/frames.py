"""WebSocket frames as they come in, put together to messages: bounded, text alone.

The rule of the file: bytes go in, messages come out; it reads no socket and sends nothing. eventlet
0.41.3, websocket.py: calls recv four times a frame, caps one frame but not the sum of fragments
(20 MB came in under a cap of 1 MB), keeps each piece of them, also empty ones, for ever, and
unmasks byte by byte (5 MB/s). Source: RFC 6455, sections 5 and 7.4.
"""

import struct
from typing import Final

from chat.packets import BadPacketError

PIECE, TEXT, BINARY, CLOSE, PING, PONG = 0x0, 0x1, 0x2, 0x8, 0x9, 0xA
NORMAL, PROTOCOL_ERROR, TEXT_ONLY, NOT_UTF8, TOO_FAST, TOO_BIG = 1000, 1002, 1003, 1007, 1008, 1009
_OPCODES: Final = frozenset({PIECE, TEXT, BINARY, CLOSE, PING, PONG})
_LAST, _RESERVED, _OPCODE = 0x80, 0x70, 0x0F  # of the first byte
_MASKED, _SIZE = 0x80, 0x7F  # of the second
_LONGER: Final = {126: 2, 127: 8}  # bytes of the length that follows
_MASK_BYTES = 4
_CONTROL_MAX = 125
_STATUS = struct.Struct("!H")
_REGISTERED: Final = frozenset({*range(1000, 1004), *range(1007, 1015)})  # others no frame may have

Frame = tuple[int, bytes]


class BadFrameError(BadPacketError):
    """What came breaks the RFC, or a bound of this server: the client is told by close_code."""

    def __init__(self, close_code: int, reason: str) -> None:
        super().__init__(reason)
        self.close_code = close_code
        self.reason = reason


class Frames:
    """What one client sent: `feed` takes the bytes as they come, `next` gives what is whole."""

    __slots__ = ("_at", "_begun", "_most_bytes", "_unread")

    def __init__(self, most_bytes: int) -> None:
        """most_bytes: of one message, its fragments together."""
        self._most_bytes = most_bytes
        self._unread = b""
        self._at = 0  # what is before it was given out
        self._begun: bytearray | None = None  # the pieces of a message that goes on

    def feed(self, data: bytes) -> None:
        """These bytes came."""
        self._unread = self._unread[self._at :] + data if self._unread else data
        self._at = 0

    def next(self) -> Frame | None:
        """Return a frame's opcode and payload, None when the next one is not there yet.

        TEXT has a whole message, however many fragments it had; PIECE, with nothing, is a fragment
        of one that goes on. Raises BadFrameError, of an oversized frame before it is read."""
        unread, at = self._unread, self._at
        if len(unread) < at + 2:
            return None
        first, size, body = unread[at], unread[at + 1] & _SIZE, at + 2
        if size in _LONGER:
            begin, body = body, body + _LONGER[size]
            if len(unread) < body:
                return None
            size = int.from_bytes(unread[begin:body], "big")
        self._check(first, unread[at + 1], size)
        body += _MASK_BYTES
        end = body + size
        if len(unread) < end:
            return None
        payload = unmask(unread[body:end], unread[body - _MASK_BYTES : body])
        self._unread, self._at = (b"", 0) if end == len(unread) else (unread, end)
        return self._whole(first, payload)

    def _check(self, first: int, second: int, size: int) -> None:
        opcode = first & _OPCODE
        if opcode not in _OPCODES or first & _RESERVED or not second & _MASKED:
            raise BadFrameError(PROTOCOL_ERROR, "malformed")
        if opcode & CLOSE:  # a control frame
            if not first & _LAST or size > _CONTROL_MAX:
                raise BadFrameError(PROTOCOL_ERROR, "malformed")
            return
        if (opcode == PIECE) != (self._begun is not None):
            raise BadFrameError(PROTOCOL_ERROR, "malformed")
        if opcode == BINARY:
            raise BadFrameError(TEXT_ONLY, "binary")
        if size + len(self._begun or b"") > self._most_bytes:
            raise BadFrameError(TOO_BIG, "too big")

    def _whole(self, first: int, payload: bytes) -> Frame:
        opcode = first & _OPCODE
        if opcode & CLOSE or (first & _LAST and self._begun is None):
            return opcode, payload
        if self._begun is None:
            self._begun = bytearray()
        self._begun += payload
        if not first & _LAST:
            return PIECE, b""
        message, self._begun = bytes(self._begun), None
        return TEXT, message


def unmask(data: bytes, mask: bytes) -> bytes:
    """The bytes of a client's frame: one XOR of two long integers. Source: RFC 6455, 5.3."""
    size = len(data)
    whole = (mask * (size // _MASK_BYTES + 1))[:size]
    masked = int.from_bytes(data, "big") ^ int.from_bytes(whole, "big")
    return masked.to_bytes(size, "big")


def control_frame(opcode: int, payload: bytes = b"") -> bytes:
    """A control frame of the server's. payload: at most 125 bytes."""
    return bytes((_LAST | opcode, len(payload))) + payload


def close_frame(code: int, reason: str = "") -> bytes:
    """The server's last frame. Source: RFC 6455, 5.5.1."""
    return control_frame(CLOSE, _STATUS.pack(code) + reason.encode())


def answer_to_close(payload: bytes) -> int:
    """The code that answers a client's close: its own, if it may say that."""
    if not payload:
        return NORMAL
    try:
        code = int(_STATUS.unpack_from(payload)[0])
        payload[_STATUS.size :].decode()
    except (struct.error, UnicodeDecodeError):
        return PROTOCOL_ERROR
    is_known = code in _REGISTERED or 3000 <= code < 5000  # noqa: PLR2004 - RFC 6455, 7.4.2
    return code if is_known else PROTOCOL_ERROR
