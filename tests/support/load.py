"""A light client: thousands of connections in one process, Engine.IO 4 and Socket.IO 5 by hand.

On the standard library alone. It understands text frames alone: Rollcall sends no others.
"""

from __future__ import annotations

import asyncio
import base64
import json
import os
import struct
from collections.abc import Callable
from typing import Any, cast

MASK = bytes(4)  # a zero mask is a legal mask and leaves the payload as it is (RFC 6455, 5.3)
OP_TEXT, OP_CLOSE, OP_PING = 0x1, 0x8, 0x9


class RefusedError(Exception):
    """The server answered the handshake with something other than 101; `status` says what."""

    def __init__(self, status: int, body: str) -> None:
        super().__init__(f"refused with {status}: {body[:200]}")
        self.status = status
        self.body = body


def text_frame(text: str) -> bytes:
    """The client's frame for one text message, masked as the protocol demands."""
    payload = text.encode()
    size = len(payload)
    if size < 126:
        return struct.pack("!BB", 0x80 | OP_TEXT, 0x80 | size) + MASK + payload
    if size < 65536:
        return struct.pack("!BBH", 0x80 | OP_TEXT, 0x80 | 126, size) + MASK + payload
    return struct.pack("!BBQ", 0x80 | OP_TEXT, 0x80 | 127, size) + MASK + payload


class LoadConnection(asyncio.Protocol):
    """One Socket.IO connection. `ready` is set by session:ready; `emit` returns the ack."""

    def __init__(self, host: str, cookie: str, on_event: Callable[[str, Any], None] | None) -> None:
        self._host = host
        self._cookie = cookie
        self._on_event = on_event
        self._buffer = bytearray()
        self._upgraded = False
        self._acks: dict[int, asyncio.Future[Any]] = {}
        self._next_ack = 0
        self.ready: asyncio.Future[dict[str, Any]] = asyncio.get_running_loop().create_future()
        self.closed = asyncio.Event()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Ask for the upgrade."""
        self._transport = cast("asyncio.Transport", transport)
        key = base64.b64encode(os.urandom(16)).decode()
        self._transport.write(
            f"GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\nHost: {self._host}\r\n"
            f"Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: {key}\r\n"
            f"Sec-WebSocket-Version: 13\r\nOrigin: http://{self._host}\r\n"
            f"Cookie: {self._cookie}\r\n\r\n".encode()
        )

    def data_received(self, chunk: bytes) -> None:
        """Take every frame that is whole."""
        self._buffer += chunk
        if not self._upgraded and not self._take_handshake():
            return
        while (frame := self._take_frame()) is not None:
            self._receive(*frame)

    def _take_handshake(self) -> bool:
        end = self._buffer.find(b"\r\n\r\n")
        if end < 0:
            return False
        head = bytes(self._buffer[:end])
        del self._buffer[: end + 4]
        status = int(head.split(b" ", 2)[1])
        if status != 101:
            self._fail(RefusedError(status, self._buffer.decode(errors="replace")))
            self._transport.close()
            return False
        self._upgraded = True
        return True

    def _take_frame(self) -> tuple[int, bytes] | None:
        buffer = self._buffer
        if len(buffer) < 2:
            return None
        size, start = buffer[1] & 0x7F, 2
        if size == 126:
            if len(buffer) < 4:
                return None
            size, start = struct.unpack_from("!H", buffer, 2)[0], 4
        elif size == 127:
            if len(buffer) < 10:
                return None
            size, start = struct.unpack_from("!Q", buffer, 2)[0], 10
        if len(buffer) < start + size:
            return None
        opcode, payload = buffer[0] & 0x0F, bytes(buffer[start : start + size])
        del buffer[: start + size]
        return opcode, payload

    def _receive(self, opcode: int, payload: bytes) -> None:
        if opcode == OP_CLOSE:
            self._transport.close()
        if opcode != OP_TEXT:
            return
        packet = payload.decode()
        if packet == "2":
            self._transport.write(text_frame("3"))
        elif packet.startswith("0"):
            self._transport.write(text_frame('40{"visible":true}'))
        elif packet.startswith("42"):
            event, *rest = json.loads(packet[2:])
            self._event(event, rest[0] if rest else None)
        elif packet.startswith("43"):
            self._ack(packet[2:])
        elif packet.startswith("44"):
            self._fail(RefusedError(0, packet[2:]))

    def _event(self, event: str, payload: Any) -> None:
        if event == "session:ready" and not self.ready.done():
            self.ready.set_result(payload)
        if self._on_event is not None:
            self._on_event(event, payload)

    def _ack(self, text: str) -> None:
        number, _, body = text.partition("[")
        waiting = self._acks.pop(int(number), None)
        if waiting is not None and not waiting.done():
            (result,) = json.loads("[" + body)
            waiting.set_result(result)

    async def emit(self, event: str, payload: dict[str, Any]) -> Any:
        """Send one event; the ack's value. Raises ConnectionError when the connection ends."""
        self._next_ack += 1
        answer: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        self._acks[self._next_ack] = answer
        packet = f"42{self._next_ack}{json.dumps([event, payload], separators=(',', ':'))}"
        self._transport.write(text_frame(packet))
        return await answer

    def close(self) -> None:
        """Close the TCP connection, as a closed tab does."""
        self._transport.close()

    def connection_lost(self, exc: Exception | None) -> None:
        """Whoever waits is told."""
        self.closed.set()
        self._fail(exc or ConnectionError("closed by the server"))

    def _fail(self, error: Exception) -> None:
        for waiting in [self.ready, *self._acks.values()]:
            if not waiting.done():
                waiting.set_exception(error)
                waiting.exception()  # looked at: a storm of refusals is counted, not warned about
        self._acks.clear()


async def connect(
    host: str, port: int, cookie: str, on_event: Callable[[str, Any], None] | None = None
) -> LoadConnection:
    """A connection that has got its session:ready.

    Raises RefusedError with the HTTP status, or OSError when there is nobody to answer."""
    loop = asyncio.get_running_loop()
    _, connection = await loop.create_connection(
        lambda: LoadConnection(f"{host}:{port}", cookie, on_event), host, port
    )
    await connection.ready
    return connection
