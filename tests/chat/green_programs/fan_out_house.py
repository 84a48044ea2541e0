"""The parts of a worker that a frame passes on its way out, and nothing else.

For the programs beside it.
Rule of the file: it is loaded after the program has patched what it runs in."""

import json
import socket
from collections.abc import Callable

import socketio
from engineio.packet import MESSAGE, Packet

from chat import green
from chat.buckets import Limit
from chat.clock import now_ms
from chat.connections import Connections, LiveConnection
from chat.delivery import Delivery
from chat.edge import Edge, EdgeLimits
from chat.ids import SessionId, UserId
from chat.packets import ConnectedManager, Json, TextPacket
from chat.terms import Identity
from tests.chat.green_programs.fan_out_plan import KERNEL_BYTES

TRANSPORTS = ("websocket", "polling")


class Nobody:
    """Wants to know nothing of connections."""

    def plain(self, address: green.Address) -> None:
        """A request."""

    def websocket(self, address: green.Address) -> None:
        """A WebSocket."""

    def gone(self, address: green.Address) -> None:
        """An end."""


class House:
    """A client says in CONNECT's auth which number it is; it is told `ready` when it is in."""

    def __init__(self, clients: int) -> None:
        """clients: the most that come."""
        self._numbers: dict[str, int] = {}  # by sid, what each client calls itself
        self._clients = clients
        manager = ConnectedManager()
        manager.on_connected = self._opened
        self.server = socketio.Server(
            client_manager=manager,
            async_mode=green.ASYNC_MODE,
            async_handlers=False,
            serializer=TextPacket,
            json=Json,
            transports=list(TRANSPORTS),
            ping_interval=25,
        )
        self.server.on("connect", self._comes)
        self.server.on("disconnect", self._goes)
        limits = EdgeLimits(Limit(1_000, 1_000), 1_000, 2 * clients, 25_000, 20_000, TRANSPORTS)
        self._edge = Edge(self.server, limits, now_ms, green.pause)
        self._connections = Connections(self._edge.send)
        self._delivery = Delivery(
            self._connections, self.server.start_background_task, pause=green.pause
        )
        self._app = self._edge.guarded(socketio.WSGIApp(self.server))
        self.on_all_in: Callable[[], None] = lambda: None

    def say(self, packet: str, is_for: Callable[[int], bool] = lambda _number: True) -> None:
        """Everybody of whom that is true gets the packet."""
        due = [one for one in self._connections if is_for(self._numbers[one.sid])]
        self._delivery.send(Packet(MESSAGE, packet), due)

    def serve(self) -> None:
        """Serve until this process is ended; the port is printed first."""
        server = green.HttpServer(self._app, Nobody())
        listener = socket.create_server(("127.0.0.1", 0), backlog=self._clients)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, KERNEL_BYTES)
        print(json.dumps({"port": listener.getsockname()[1]}), flush=True)
        number = 0
        while True:
            connection, (host, _) = listener.accept()
            number += 1
            server.serve(connection.detach(), (host, number, number))

    def _comes(self, sid: str, _environ: object, auth: dict[str, int]) -> None:
        number = self._numbers[sid] = auth["number"]
        name = f"c{number}"
        identity = Identity(UserId(name), name, name, SessionId(name))
        eio_sid = self.server.manager.eio_sid_from_sid(sid, "/")
        self._connections.add(LiveConnection(sid, eio_sid, identity, "127.0.0.1"))

    def _goes(self, sid: str, _reason: str) -> None:
        self._connections.remove(sid)

    def _opened(self, sid: str) -> None:
        connection = self._connections.get(sid)
        assert connection is not None
        self._connections.open_to(connection, Packet(MESSAGE, '2["ready"]'))
        if sum(one.parked is None for one in self._connections) == self._clients:
            self.server.start_background_task(self.on_all_in)
