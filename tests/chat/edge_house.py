"""A guarded Socket.IO server without a network: packets are handed to its sockets."""

import itertools
import json
import socket
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import engineio.socket
import socketio
from engineio.packet import MESSAGE, OPEN, Packet

from chat.buckets import Limit
from chat.edge import Edge, EdgeLimits
from chat.edge_socket import EdgeSocket
from chat.frames import CLOSE
from chat.green import KEEP
from chat.outgoing import Outgoing
from chat.packets import ConnectedManager, Json, TextPacket
from tests.chat.conftest import MovedClock

BURST = 10
HANDSHAKE = {
    "HTTP_UPGRADE": "websocket",
    "HTTP_CONNECTION": "keep-alive, Upgrade",
    "HTTP_SEC_WEBSOCKET_VERSION": "13",
    "HTTP_SEC_WEBSOCKET_KEY": "AAAAAAAAAAAAAAAAAAAAAA==",
}
PACKET_BYTES = 1000
MEDIUM = 126  # the second byte of a frame whose length stands in the next two
_sids = itertools.count(1)


class FakeLine:
    """Stands for a connection: what is written is kept, `arrives` is what its client sends."""

    def __init__(self) -> None:
        self.socket = self  # a GreenSocket, and the plain one beneath it
        self.fd = self
        self.written = bytearray()
        self.is_shut = False
        self.is_closed = False
        self.arrived: Callable[[int], None] | None = None
        self._unread: list[bytes] = []

    def watch(self, arrived: Callable[[int], None]) -> None:
        """The loop calls arrived as long as something is unread."""
        self.arrived = arrived

    def unwatch(self) -> None:
        """Nobody is called any more."""
        self.arrived = None

    def soon(self, fn: Callable[[], None]) -> None:
        """Run fn, at once."""
        fn()

    def close(self) -> None:
        """The connection is gone."""
        self.unwatch()
        self.is_closed = True

    def send(self, data: bytes) -> int:
        """The kernel takes all of it."""
        self.written += data
        return len(data)

    def sendall(self, data: bytes | memoryview) -> None:
        """As send."""
        self.written += data

    def recv(self, most: int) -> bytes:
        """Return what is unread, as a socket that never waits."""
        if self.is_closed:
            raise OSError("closed")
        if not self._unread:
            raise BlockingIOError
        first = self._unread.pop(0)
        if len(first) > most:
            self._unread.insert(0, first[most:])
        return first[:most]

    def settimeout(self, timeout_s: float) -> None:
        """Nothing here waits."""

    def shutdown(self, how: int) -> None:
        """One direction is closed, or both."""
        self.is_shut = self.is_shut or how == socket.SHUT_RDWR

    def arrives(self, data: bytes) -> None:
        """The client sends this, empty: it closes; as much is read as the server wants."""
        self._unread.append(data)
        self.reads()

    def reads(self) -> None:
        """The loop calls whoever watches as long as something is unread."""
        while self.arrived is not None and self._unread:
            self.arrived(0)

    @property
    def unread(self) -> int:
        """How many bytes nobody has read."""
        return sum(map(len, self._unread))

    def frames(self) -> list[tuple[int, bytes]]:
        """Return opcode and payload of each frame that was written; none here is longer."""
        frames, rest = [], bytes(self.written)
        while rest:
            size, body = rest[1], 2
            if size == MEDIUM:
                size, body = int.from_bytes(rest[2:4], "big"), 4
            frames.append((rest[0] & 0x0F, rest[body : body + size]))
            rest = rest[body + size :]
        return frames


class House:
    """A guarded server, and sockets that came to it."""

    def __init__(self, clock: MovedClock) -> None:
        self.clock = clock
        self.pauses = 0
        self.opened: list[str] = []
        self.heard: list[tuple[Any, ...]] = []
        manager = ConnectedManager()
        self.server = socketio.Server(
            client_manager=manager,
            async_mode="threading",
            async_handlers=False,
            serializer=TextPacket,
            json=Json,
        )
        manager.on_connected = self.opened.append
        self.server.on("connect", lambda _sid, _environ, _auth: None)
        self.server.on("echo", lambda _sid, *data: self.heard.append(data))
        self.server.on("*", lambda event, _sid, *_data: self.heard.append((event,)))
        limits = EdgeLimits(Limit(1, BURST), PACKET_BYTES, 3, 1500, 800, ("websocket",))
        self.edge = Edge(self.server, limits, clock, self._pause)

    def comes(self, address: str = "192.0.2.1") -> EdgeSocket:
        """Return a socket whose Engine.IO handshake is done."""
        engine, sid = self.server.eio, f"eio{next(_sids)}"
        engine.sockets[sid] = guarded = engineio.socket.Socket(engine, sid)
        guarded.send(Packet(OPEN, {"sid": sid, "pingInterval": 1000}))
        engine.handlers["connect"](sid, {"REMOTE_ADDR": address})
        assert isinstance(guarded, EdgeSocket)
        guarded.connected = True
        guarded.line = line = FakeLine()
        guarded.outgoing = Outgoing(line, lambda fn: fn(), lambda reason: guarded.cut(reason, None))
        return guarded

    def opens(self, line: Any = None) -> tuple[EdgeSocket, Any]:
        """Return a socket that came by WebSocket, connected, and its line; that may be given."""
        guarded = self.comes()
        guarded.line, guarded.connected = None, False
        line = line or FakeLine()
        self.opens_websocket(guarded, line)
        self.connects(guarded)
        return guarded, line

    def opens_websocket(self, guarded: EdgeSocket, line: Any) -> None:
        """The socket has this WebSocket from now on."""
        guarded._websocket_handler(SimpleNamespace(environ={KEEP: lambda: line}, iterator=None))

    def connects(self, guarded: EdgeSocket) -> None:
        """The socket is connected to the namespace."""
        guarded.receive(Packet(MESSAGE, "0"))

    def _pause(self) -> None:
        self.pauses += 1


def sent(guarded: EdgeSocket) -> list[str]:
    """Return the packets that wait for the client."""
    return [packet.encode() for packet in list(guarded.queue.queue) if packet is not None]


def closed_with(guarded: EdgeSocket) -> tuple[int, str] | None:
    """Return the code and the reason of the farewell, None without one."""
    assert isinstance(guarded.line, FakeLine)
    for opcode, payload in guarded.line.frames():
        if opcode == CLOSE:
            return int.from_bytes(payload[:2], "big"), payload[2:].decode()
    return None


def is_shut(guarded: EdgeSocket) -> bool:
    """Whether its network was closed in both directions."""
    assert isinstance(guarded.line, FakeLine)
    return guarded.line.is_shut


def refusal_of(house: House, query: str, **environ: object) -> tuple[str, str]:
    """Return the status and the code with which a handshake is answered; '' when it passes."""
    started: list[str] = []
    passed: list[bool] = []

    def app(_environ: Any, _start: Any) -> list[bytes]:
        passed.append(True)
        return []

    asked = {"PATH_INFO": "/socket.io/", "QUERY_STRING": query, **environ}
    body = house.edge.guarded(app)(asked, lambda status, _headers: started.append(status))
    if passed:
        return "", ""
    return started[0][:3], json.loads(b"".join(body))["error"]["code"]
