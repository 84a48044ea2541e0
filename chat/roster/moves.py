"""Membership changes out to live connections: rooms entered and left, on every worker at once."""

from collections.abc import Collection
from typing import Protocol

from chat import wire
from chat.connections import Connections
from chat.errors import NotFound
from chat.fanout import Fanout
from chat.ids import RoomId, UserId
from chat.roster.service import Roster


class RoomsSeen(Protocol):
    """The rooms as users see them."""

    def __call__(self, user_id: UserId, room_id: RoomId) -> wire.Room:
        """The room as the user sees it. Raises NotFound."""


class Moves:
    """Tells of members who came and went; satisfies rooms.service.TellRooms."""

    def __init__(self, fanout: Fanout, roster: Roster, connections: Connections) -> None:
        self._fanout = fanout
        self._roster = roster
        self._connections = connections

    def joined(self, user: wire.Person, room: wire.Room) -> None:
        """The user's connections are in the room and know it; the members know the user."""
        room_id = RoomId(room.id)
        self._fanout.user_joined(UserId(user.id), room_id, wire.RoomBody(room=room))
        _, _, member = self._roster.member(user, room_id)
        joined = wire.MemberJoined(room_id=room_id, member=member)
        self._fanout.to_room(room_id, "member:joined", joined)

    def left(self, user_id: UserId, room_id: RoomId) -> None:
        """The user's connections are out of the room and know it; the members know it too."""
        self._fanout.user_left(user_id, room_id)
        left = wire.MemberLeft(room_id=room_id, user_id=user_id)
        self._fanout.to_room(room_id, "member:left", left)

    def missed(
        self,
        user_id: UserId,
        entered: Collection[RoomId],
        left: Collection[RoomId],
        room_seen: RoomsSeen,
    ) -> None:
        """The user's connections here know of moves that the bus did not bring."""
        tabs = self._connections.of_user(user_id)
        for room_id in left:
            self._fanout.to_connections(tabs, "room:left", wire.RoomLeft(room_id=room_id))
        for room_id in entered:
            try:
                room = room_seen(user_id, room_id)
            except NotFound:  # left again meanwhile
                continue
            self._fanout.to_connections(tabs, "room:joined", wire.RoomBody(room=room))
