"""Membership changes out to live connections: rooms entered and left, on every worker at once."""

from collections.abc import Collection
from typing import Protocol

import msgspec

from chat import wire
from chat.connections import Connections
from chat.errors import NotFound
from chat.fanout import Fanout
from chat.ids import RoomId, UserId
from chat.roster.service import Roster


class MemberIn(Protocol):
    """A new member, and the rev of his coming."""

    @property
    def rev(self) -> int:
        """The room's rev."""

    @property
    def member(self) -> wire.RoomMember:
        """Who came."""


class RoomsSeen(Protocol):
    """The rooms as users see them."""

    def __call__(self, user_id: UserId, room_id: RoomId) -> wire.Room:
        """The room as the user sees it. Raises NotFound."""


class Moves:
    """Tells of members who came and went; satisfies rooms.tell.TellRooms."""

    def __init__(self, fanout: Fanout, roster: Roster, connections: Connections) -> None:
        self._fanout = fanout
        self._roster = roster
        self._connections = connections

    def joined(self, room: wire.Room, joined: MemberIn) -> None:
        """The user's connections are in the room and know it; the members know the user."""
        room_id, member = RoomId(room.id), joined.member
        user_id = UserId(member.user_id)
        self._fanout.user_joined(user_id, room_id, wire.RoomBody(room=room))
        epoch, rev, line = self._roster.member(user_id, room_id)
        line = msgspec.structs.replace(line, role=member.role, joined_at_ms=member.joined_at_ms)
        place = wire.PresencePlace(epoch=epoch, rev=rev)
        told = wire.MemberJoined(room_id=room_id, rev=joined.rev, member=line, presence=place)
        self._fanout.to_room(room_id, "member:joined", told)

    def left(self, user_id: UserId, left: wire.MemberLeft, code: str) -> None:
        """The user's connections are out of the room and know it; the members know it too."""
        room_id = RoomId(left.room_id)
        self._fanout.user_left(user_id, room_id, code)
        self._fanout.to_room(room_id, "member:left", left)

    def member_changed(self, changed: wire.MemberChanged) -> None:
        """The members know of the member's role, or that he is muted or no longer."""
        self._fanout.to_room(RoomId(changed.room_id), "member:changed", changed)

    def room_changed(self, changed: wire.RoomChanged) -> None:
        """The members know what the room is now."""
        self._fanout.to_room(RoomId(changed.room_id), "room:changed", changed)

    def placed(self, user_id: UserId, placed: wire.RoomsPlaced) -> None:
        """The user's tabs know where he keeps the rooms."""
        self._fanout.to_user(user_id, "rooms:placed", placed)

    def mute_ended(self, ended: wire.MuteEnded) -> None:
        """The members know that the mute's time is over."""
        self._fanout.to_room(RoomId(ended.room_id), "mute:ended", ended)

    def ban_ended(self, user_id: UserId, ended: wire.BanEnded) -> None:
        """The user knows that the ban's time is over."""
        self._fanout.to_user(user_id, "ban:ended", ended)

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
