"""What rooms say of their retention: who may set it, and from which message on they keep them.

The rule of the file: first_seq only grows, with a rev of its own, in the caller's transaction.
"""

from sqlalchemy import Connection, select, update

from chat import wire
from chat.errors import NotFound
from chat.ids import RoomId
from chat.rooms import revs, steps
from chat.rooms.models import rooms
from chat.rooms.views import facts_of
from chat.terms import Head, Identity


class Retaining:
    """How rooms let go of their oldest messages."""

    def require_keeper(self, sql: Connection, asker: Identity, room_id: RoomId) -> Head:
        """How far the room goes, for who may set how long it keeps messages.

        Raises NotFound, NotMember, Forbidden, Archived."""
        steps.require_may(sql, room_id, asker, "set_retention")
        columns = (rooms.c.last_seq, rooms.c.last_rev, rooms.c.first_seq)
        return Head(*sql.execute(select(*columns).where(rooms.c.id == room_id)).one())

    def rule_of(self, sql: Connection, room_id: RoomId) -> tuple[int, Head]:
        """For how many days the room keeps messages by its own rule, and how far it goes.

        The room's row is the transaction's own until its end. Raises NotFound."""
        columns = (rooms.c.last_seq, rooms.c.last_rev, rooms.c.first_seq, rooms.c.keep_days)
        query = select(*columns).where(rooms.c.id == room_id).with_for_update()
        row = sql.execute(query).one_or_none()
        if row is None:
            raise NotFound
        return row.keep_days, Head(row.last_seq, row.last_rev, row.first_seq)

    def cut(self, sql: Connection, room_id: RoomId, first_seq: int) -> wire.RoomChanged:
        """Messages before first_seq are kept no more; what is to be told after the commit."""
        rev = revs.take_change(sql, room_id)
        sql.execute(update(rooms).where(rooms.c.id == room_id).values(first_seq=first_seq))
        return wire.RoomChanged(room_id=room_id, rev=rev, room=facts_of(sql, room_id))
