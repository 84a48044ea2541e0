"""What messages need of others: of rooms and of the index of words, within their own transaction,
and of the fan-out.

The rule of the file: contracts alone; `chat/app.py` hands in who keeps them.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any, Protocol

from sqlalchemy import Connection

from chat import wire
from chat.ids import RoomId, UserId
from chat.terms import Act, Head, ReadPlace


class Rooms(Protocol):
    """The rooms, their members and what those may do; each call is part of the transaction."""

    def next_seq(self, sql: Connection, room_id: RoomId, author_id: UserId) -> Head:
        """Take the room's next seq and rev for who may post. Raises NotFound, NotMember.

        The room's row stays locked to the end of the transaction."""

    def next_rev(self, sql: Connection, room_id: RoomId) -> int:
        """Take the room's next rev; its row stays locked to the end of the transaction."""

    def require(self, sql: Connection, room_id: RoomId, user_id: UserId, act: Act) -> Head:
        """The member may do that, and the room stays as it is to the end of the transaction.

        Raises NotFound, NotMember, Forbidden."""

    def require_member(self, sql: Connection, room_id: RoomId, user_id: UserId) -> Head:
        """How far the room goes, for a member of it. Raises NotFound, NotMember."""

    def heads_within(
        self, sql: Connection, user_id: UserId, room_ids: Collection[RoomId]
    ) -> dict[RoomId, Head]:
        """How far those of the rooms go that the user is a member of."""

    def changed_since(
        self, sql: Connection, user_id: UserId, held: Mapping[RoomId, int]
    ) -> Mapping[RoomId, wire.Room]:
        """Those of the rooms, as the user sees them, that changed themselves after the rev held.

        A rev ahead of the room's own counts as such a change."""

    def read_up_to(self, sql: Connection, room_id: RoomId, user_id: UserId, seq: int) -> ReadPlace:
        """The member has read up to seq, or further, never beyond the room's last.

        Raises NotFound, NotMember."""

    def unread_from(self, sql: Connection, room_id: RoomId, user_id: UserId, seq: int) -> ReadPlace:
        """The member has read up to the message before seq. Raises NotFound, NotMember."""

    def members_named(
        self, sql: Connection, room_id: RoomId, keys: Collection[str]
    ) -> dict[str, wire.Person]:
        """The members of these names, each by the key of his name."""

    def member_ids(self, sql: Connection, room_id: RoomId) -> list[UserId]:
        """All members of the room."""


Row = Mapping[Any, Any]  # of the table of messages: Any as SQLAlchemy has it


class Index(Protocol):
    """Where messages are put so that they can be found; each call is part of the transaction."""

    def add(self, sql: Connection, rows: Sequence[Row]) -> None:
        """The messages, just posted, are found by what they say."""

    def replace(self, sql: Connection, row: Row) -> None:
        """The message is found by what it says now, and by nothing that it said before."""

    def remove(self, sql: Connection, row: Row) -> None:
        """The message is not found any more."""


Present = Callable[[Collection[UserId]], Collection[UserId]]
"""Those of the users whom others see online or busy; nobody while presence is not known."""


IsSeen = Callable[[UserId], bool]
"""Others see the user as anything but offline; False while presence is not known."""


class Tell(Protocol):
    """Brings what was committed to live connections; returns at once. chat.fanout.Fanout."""

    def to_room(self, room_id: RoomId, event: str, answer: wire.Answer) -> None:
        """Every connection in the room gets the event."""

    def to_user(self, user_id: UserId, event: str, answer: wire.Answer) -> None:
        """Every connection of the user gets the event."""
