"""Delivery to audiences. Nothing else in Rollcall emits.

The rule of the file: an audience is a room, a user, a session or named connections, never
"everybody", and an empty name is refused: to Socket.IO's own emit it would mean every client.
A frame is encoded once, goes to the local connections at once and through the bus to the other
workers as it is. Nothing here waits: a dead Redis delays other workers, never the caller.
Source: docs/WALKS.md 4; docs/adr/0007 for the bus.
"""

import logging
from collections.abc import Callable, Iterable, Sequence
from typing import Protocol

import msgspec
from engineio.packet import MESSAGE, Packet

from chat import wire
from chat.connections import Connections, LiveConnection
from chat.ids import RoomId, SessionId, UserId
from chat.terms import Role, role_of

log = logging.getLogger(__name__)


class EmptyAudienceError(ValueError):
    """An audience without a name: a defect of the caller."""


class Publish(Protocol):
    """How a frame reaches the other workers; returns at once, also while Redis is away."""

    def __call__(self, kind: str, target: str, frame: str) -> None:
        """kind and target are free of white space; frame is any text."""


class EndSessions(Protocol):
    """How the connections of sessions are cut on this worker."""

    def __call__(self, session_ids: Sequence[SessionId], code: str) -> None:
        """Tell each connection `session:ended`, then disconnect it."""


class Deliver(Protocol):
    """How a packet reaches connections of this worker, in the order of the calls."""

    def __call__(self, packet: Packet, to: Sequence[LiveConnection]) -> None:
        """Each of them gets the packet; returns at once."""


class Fanout:
    """Delivers events to rooms, users and connections, here and on every other worker."""

    def __init__(
        self,
        connections: Connections,
        publish: Publish,
        cut: EndSessions,
        deliver: Deliver | None = None,
    ) -> None:
        """Without deliver, packets go to all connections in one go."""
        self._connections = connections
        self._deliver = deliver or connections.send
        self._publish = publish
        self._cut = cut
        self._receivers: dict[str, Callable[[str, str], None]] = {
            "room": self._room_received,
            "user": self._user_received,
            "enter": self._enter_received,
            "leave": self._leave_received,
            "end": self._end_received,
            "role": self._role_received,
        }

    def to_room(self, room_id: RoomId, event: str, answer: wire.Answer) -> None:
        """Every connection in the room gets the event, on this worker without delay."""
        frame = wire.event_text(event, answer)
        self._room_received(_named(room_id), frame)
        self._publish("room", room_id, frame)

    def to_user(self, user_id: UserId, event: str, answer: wire.Answer) -> None:
        """Every connection of the user gets the event."""
        frame = wire.event_text(event, answer)
        self._user_received(_named(user_id), frame)
        self._publish("user", user_id, frame)

    def to_connections(
        self, connections: Iterable[LiveConnection], event: str, answer: wire.Answer
    ) -> None:
        """These connections of this worker get the event; other workers are not told."""
        self._deliver(_packet(wire.event_text(event, answer)), list(connections))

    def last_words(self, connection: LiveConnection, event: str, answer: wire.Answer) -> None:
        """The connection gets the event before it is closed, ahead of whatever still waits."""
        self._connections.send(_packet(wire.event_text(event, answer)), [connection])

    def open_to(self, connection: LiveConnection, ready: wire.SessionReady) -> None:
        """The connection gets `session:ready`, then whatever happened while it connected."""
        self._connections.open_to(connection, _packet(wire.event_text("session:ready", ready)))

    def user_joined(self, user_id: UserId, room_id: RoomId, room: wire.RoomBody) -> None:
        """Every connection of the user, on every worker, is in the room and gets `room:joined`."""
        frame = wire.event_text("room:joined", room)
        target = f"{_named(user_id)}:{_named(room_id)}"
        self._enter_received(target, frame)
        self._publish("enter", target, frame)

    def user_left(self, user_id: UserId, room_id: RoomId, code: str) -> None:
        """No connection of the user, on any worker, is in the room; each gets `room:left`."""
        frame = wire.event_text("room:left", wire.RoomLeft(room_id=room_id, code=code))
        target = f"{_named(user_id)}:{_named(room_id)}"
        self._leave_received(target, frame)
        self._publish("leave", target, frame)

    def end_sessions(self, session_ids: Sequence[SessionId], code: str) -> None:
        """Every connection of these sessions, on every worker, is told the code and cut."""
        if not session_ids:
            return
        self._cut(session_ids, code)
        self._publish("end", _named(code), msgspec.json.encode(session_ids).decode())

    def role_changed(self, user_id: UserId, role: Role) -> None:
        """Every connection of the user, on every worker, acts in the role and gets
        `session:role`."""
        frame = wire.event_text("session:role", wire.SessionRole(role=role))
        target = f"{_named(user_id)}:{role}"
        self._role_received(target, frame)
        self._publish("role", target, frame)

    def presence_diff(self, viewers: Sequence[LiveConnection], diff: wire.PresenceDiff) -> None:
        """These viewers of this worker get the diff; every worker reads the log by itself."""
        for viewer in viewers:
            viewer.told_rev = max(viewer.told_rev, diff.rev)
        self.to_connections(viewers, "presence:diff", diff)

    def hear(self, kind: str, receive: Callable[[str, str], None]) -> None:
        """What other workers publish of that kind, which is for workers alone, goes there."""
        self._receivers[kind] = receive

    def receive(self, kind: str, target: str, frame: str) -> None:
        """Deliver here what another worker published; a kind of a newer version is left out.

        What it would have told, clients find by their heads."""
        deliver = self._receivers.get(kind)
        if deliver is None:
            log.info("fanout: an entry of a newer version was left out: %s", kind)
        else:
            deliver(target, frame)

    def _room_received(self, target: str, frame: str) -> None:
        members = self._connections.in_room(RoomId(target))
        if members:
            self._deliver(_packet(frame), members)

    def _user_received(self, target: str, frame: str) -> None:
        tabs = self._connections.of_user(UserId(target))
        if tabs:
            self._deliver(_packet(frame), tabs)

    def _enter_received(self, target: str, frame: str) -> None:
        user_id, room_id = target.split(":")
        self._connections.user_enters(UserId(user_id), RoomId(room_id))
        self._user_received(user_id, frame)

    def _leave_received(self, target: str, frame: str) -> None:
        user_id, room_id = target.split(":")
        self._connections.user_leaves(UserId(user_id), RoomId(room_id))
        self._user_received(user_id, frame)

    def _end_received(self, target: str, frame: str) -> None:
        self._cut(msgspec.json.decode(frame, type=list[SessionId]), target)

    def _role_received(self, target: str, frame: str) -> None:
        user_id, role = target.split(":")
        if self._connections.set_role(UserId(user_id), role_of(role)):
            self._user_received(user_id, frame)


def _packet(frame: str) -> Packet:
    """One Engine.IO packet for all recipients: it keeps its encoded form."""
    return Packet(MESSAGE, frame)


def _named(target: str) -> str:
    if not target:
        raise EmptyAudienceError("An event needs an audience.")
    return target
