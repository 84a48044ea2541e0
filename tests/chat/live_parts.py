"""Live connections without sockets: what each would be sent, and workers on one real Redis."""

import itertools
import json
from collections.abc import Sequence
from typing import Any

from engineio.packet import Packet

from chat.bus import Bus
from chat.bus_scripts import INBOX, WORKERS
from chat.connections import Connections, LiveConnection
from chat.fanout import Fanout
from chat.ids import ConnectionId, RoomId, SessionId, UserId
from chat.redis_client import connect
from chat.terms import Identity
from tests.support.redis_process import RedisProcess
from tests.support.waiting import wait_until

_numbers = itertools.count(1)


class Screens:
    """The packets queued for each socket, decoded: (event, payload) in order."""

    def __init__(self) -> None:
        self.packets: dict[str, list[Packet]] = {}

    def send(self, engine_sid: str, packet: Packet) -> None:
        """Take a packet as the socket edge would."""
        self.packets.setdefault(engine_sid, []).append(packet)

    def of(self, connection: LiveConnection) -> list[tuple[str, Any]]:
        """Return what the connection was sent."""
        packets = self.packets.get(connection.eio_sid, [])
        return [_event(packet) for packet in packets]

    def names(self, connection: LiveConnection) -> list[str]:
        """Return the names of the events that the connection was sent."""
        return [name for name, _ in self.of(connection)]


def _event(packet: Packet) -> tuple[str, Any]:
    frame = packet.encode()
    assert frame.startswith("42")
    name, payload = json.loads(frame[2:])
    return name, payload


def connection_of(user: str, *, session: str = "", address: str = "192.0.2.1") -> LiveConnection:
    """Return a new connection of the user, not yet in any table."""
    number = next(_numbers)
    identity = Identity(UserId(user), user, user.title(), SessionId(session or f"session-{user}"))
    connection = LiveConnection(f"sid-{number}", f"eio-{number}", identity, address)
    connection.id = ConnectionId(f"connection-{number}")
    return connection


def inbox_of_a_worker(redis_server: RedisProcess) -> str:
    """Return the key of the inbox of a worker who does not read it."""
    with redis_server.client() as redis:
        redis.sadd(WORKERS, "reader")
        redis.xadd(f"{INBOX}reader", {"e": ""})
    return f"{INBOX}reader"


class Worker:
    """One worker's table, fan-out and bus; several share a Redis in one process."""

    def __init__(self, redis_url: str) -> None:
        self.screens = Screens()
        self.connections = Connections(self.screens.send)
        self.cut: list[tuple[list[str], str]] = []
        self.gaps = 0
        self.client = connect(redis_url, size=2)
        self.heard: set[str] = set()  # rooms of which Redis was told that they are heard of here
        self.unheard: set[str] = set()  # rooms with members of which it was not told yet
        self.bus = Bus(self.client, self._receive, self._gap, on_heard=self._hears, block_ms=50)
        self.connections.on_room = self._moves
        self.fanout = Fanout(self.connections, self.bus.publish, self._cut)

    def opens(self, user: str, *rooms: str, session: str = "") -> LiveConnection:
        """Return a connection of the user that is in the rooms and gets everything at once."""
        connection = connection_of(user, session=session)
        self.connections.add(connection)
        self.connections.enter(connection, [RoomId(room) for room in rooms])
        connection.parked = None
        if self.bus.is_reading:
            wait_until(lambda: self.heard >= set(rooms), 10, "entries for the rooms come here")
        return connection

    def stops(self) -> None:
        """The bus is closed."""
        self.bus.stop()
        self.client.close()

    def _moves(self, room_id: RoomId, *, is_here: bool) -> None:
        (self.unheard.add if is_here else self.unheard.discard)(room_id)
        self.bus.hears(room_id, is_here=is_here)

    def _hears(self, rooms: Sequence[str]) -> None:
        self.heard.update(rooms)
        self.unheard.difference_update(rooms)

    def _receive(self, kind: str, target: str, frame: str) -> None:
        self.fanout.receive(kind, target, frame)

    def _gap(self) -> None:
        self.gaps += 1

    def _cut(self, session_ids: Any, code: str) -> None:
        self.cut.append((list(session_ids), code))
