"""How live connections learn of what happened to rooms; called after the commit, in its order."""

from dataclasses import dataclass
from typing import Protocol

from chat import wire
from chat.ids import UserId


@dataclass(frozen=True, slots=True)
class MemberIn:
    """A new member, and the rev of his coming."""

    rev: int
    member: wire.RoomMember


class TellRooms(Protocol):
    """Each call returns at once; what is lost on the way is found by its rev."""

    def joined(self, room: wire.Room, joined: MemberIn) -> None:
        """The user is a member from now on; room is as he sees it."""

    def left(self, user_id: UserId, left: wire.MemberLeft, code: str) -> None:
        """The user is a member no more; code: left, kicked or banned."""

    def member_changed(self, changed: wire.MemberChanged) -> None:
        """The member has another role, or is muted or no longer."""

    def room_changed(self, changed: wire.RoomChanged) -> None:
        """The room has other settings."""

    def placed(self, user_id: UserId, placed: wire.RoomsPlaced) -> None:
        """The user keeps rooms elsewhere in his list."""

    def mute_ended(self, ended: wire.MuteEnded) -> None:
        """A mute ended by the clock: a hint."""

    def ban_ended(self, user_id: UserId, ended: wire.BanEnded) -> None:
        """A ban ended by the clock: a hint to the user himself."""
