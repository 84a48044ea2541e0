"""A guarded Socket.IO server without a network: packets are handed to its sockets."""

import itertools
import json
import socket
from collections.abc import Callable
from typing import Any

import engineio.socket
import socketio
from engineio.packet import MESSAGE, OPEN, Packet

from chat.buckets import Limit
from chat.edge import Edge, EdgeLimits
from chat.edge_socket import EdgeSocket
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
_sids = itertools.count(1)


class FakeNetwork:
    """Stands for a GreenSocket: remembers that it was shut."""

    def __init__(self) -> None:
        self.is_shut = False

    def shutdown(self, how: int) -> None:
        """One direction is closed, or both."""
        self.is_shut = self.is_shut or how == socket.SHUT_RDWR

    def recv(self, _most: int) -> bytes:
        """The client has closed."""
        return b""

    def fileno(self) -> int:
        """Nothing waits unread: it is the number of a closed socket."""
        return -1


class FakeWebSocket:
    """Stands for eventlet's WebSocket: frames come from a list, the close code is kept."""

    class Frame:
        """One frame as eventlet hands it on."""

        def __init__(self, data: bytes) -> None:
            self.opcode = 1
            self.data = [data]

    def __init__(self) -> None:
        self.closed_with: tuple[int, str] | None = None
        self.socket = FakeNetwork()
        self.messages: list[str | bytes | None] = []
        self._remote_close_data: bytes | None = None
        self._apply_mask: Callable[..., bytes] = lambda *_: b""
        self.iterator = (message for message in self.messages)

    def wait(self) -> str | bytes | None:
        """Return the next message, which came in one frame."""
        if self.messages[0] is not None:
            self._recv_frame()
        return self.messages.pop(0)

    def close(self, close_data: tuple[int, str] | None = None) -> None:
        """Say farewell."""
        self._send_closing_frame(close_data=close_data)

    def _send_closing_frame(
        self, *, ignore_send_errors: bool = False, close_data: tuple[int, str] | None = None
    ) -> None:
        self.closed_with = self.closed_with or close_data

    def _recv_frame(self, message: Any = None) -> "FakeWebSocket.Frame":
        return message or self.Frame(b"x" * 10)


class WiredWebSocket(FakeWebSocket):
    """A WebSocket with a network of its own: short frames are read when it is waited for."""

    def __init__(self, network: socket.socket) -> None:
        super().__init__()
        self.socket: Any = network  # Any: a real one here

    def wait(self) -> str | bytes | None:
        """Return the next message, which came in one frame masked with zeros; None at the end."""
        head = self.socket.recv(6, socket.MSG_WAITALL)
        return self.socket.recv(head[1] & 0x7F, socket.MSG_WAITALL).decode() if head else None


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
        guarded.websocket = FakeWebSocket()
        return guarded

    def connects(self, guarded: EdgeSocket) -> None:
        """The socket is connected to the namespace."""
        guarded.receive(Packet(MESSAGE, "0"))

    def _pause(self) -> None:
        self.pauses += 1


def sent(guarded: EdgeSocket) -> list[str]:
    """Return the packets that wait for the client."""
    return [packet.encode() for packet in list(guarded.queue.queue) if packet is not None]


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
