"""A server of the real edge and delivery: once all clients are in, it says what was planned."""

# ruff: noqa: E402 - patched before anything of the chat is loaded, as in a worker
from chat import green

green.patch()

import json
import socket
import sys
import time

import socketio
from engineio.packet import MESSAGE, Packet

from chat.buckets import Limit
from chat.clock import now_ms
from chat.connections import Connections, LiveConnection
from chat.delivery import Delivery
from chat.edge import Edge, EdgeLimits
from chat.ids import SessionId, UserId
from chat.packets import ConnectedManager, Json, TextPacket
from chat.terms import Identity
from tests.chat.green_programs.fan_out_plan import CLIENTS, END, KERNEL_BYTES, plan

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
    """The parts of a worker that a frame passes on its way out, and nothing else."""

    def __init__(self, seed: int) -> None:
        self._seed = seed
        self._numbers: dict[str, int] = {}  # by sid, what each client calls itself
        manager = ConnectedManager()
        manager.on_connected = self._opened
        server = socketio.Server(
            client_manager=manager,
            async_mode=green.ASYNC_MODE,
            async_handlers=False,
            serializer=TextPacket,
            json=Json,
            transports=list(TRANSPORTS),
            ping_interval=25,
        )
        server.on("connect", self._comes)
        self._server = server
        limits = EdgeLimits(Limit(1_000, 1_000), 1_000, 2 * CLIENTS, 25_000, 20_000, TRANSPORTS)
        self._edge = Edge(server, limits, now_ms, green.pause)
        self._connections = Connections(self._edge.send)
        self._delivery = Delivery(
            self._connections, server.start_background_task, pause=green.pause
        )
        self.app = self._edge.guarded(socketio.WSGIApp(server))

    def _comes(self, sid: str, _environ: object, auth: dict[str, int]) -> None:
        number = self._numbers[sid] = auth["number"]
        name = f"c{number}"
        identity = Identity(UserId(name), name, name, SessionId(name))
        eio_sid = self._server.manager.eio_sid_from_sid(sid, "/")
        self._connections.add(LiveConnection(sid, eio_sid, identity, "127.0.0.1"))

    def _opened(self, sid: str) -> None:
        connection = self._connections.get(sid)
        assert connection is not None
        self._connections.open_to(connection, Packet(MESSAGE, '2["ready"]'))
        if sum(one.parked is None for one in self._connections) == CLIENTS:
            self._server.start_background_task(self._speak)

    def _speak(self) -> None:
        everybody = self._connections.all()
        for said in plan(self._seed):
            due = [one for one in everybody if said.is_for(self._numbers[one.sid])]
            self._delivery.send(Packet(MESSAGE, said.packet), due)
            if said.pause_s:
                time.sleep(said.pause_s)
        self._delivery.send(Packet(MESSAGE, f'2["{END}"]'), everybody)


def main() -> None:
    """Serve until this process is ended; the port is printed first."""
    house = House(int(sys.argv[1]))
    server = green.HttpServer(house.app, Nobody())
    listener = socket.create_server(("127.0.0.1", 0), backlog=CLIENTS)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, KERNEL_BYTES)
    print(json.dumps({"port": listener.getsockname()[1]}), flush=True)
    number = 0
    while True:
        connection, (host, _) = listener.accept()
        number += 1
        server.serve(connection.detach(), (host, number, number))


main()
