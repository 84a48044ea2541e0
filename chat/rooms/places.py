"""Where a user keeps rooms in his own list: favourites, and an order of his own.

The rule of the file: it concerns the user alone, so it takes no rev of the room and is told to his
own tabs; place_version counts his changes, so that a late word never overwrites a newer one.
"""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, case, func, select, update

from chat import wire
from chat.db import Database
from chat.ids import RoomId, UserId
from chat.rooms.memberships import require_member
from chat.rooms.models import memberships
from chat.rooms.tell import TellRooms
from chat.terms import Identity


class Places:
    """Each user's own list."""

    def __init__(self, db: Database, tell: TellRooms) -> None:
        self._db = db
        self._tell = tell

    def set(self, user: Identity, room_id: RoomId, request: wire.PlaceRoom) -> wire.RoomsPlaced:
        """The room is a favourite of the user, or is none. Raises NotFound, NotMember."""
        with self._db.transaction() as sql:
            require_member(sql, room_id, user.user_id)
            version = _next_version(sql, user.user_id)
            mine = _of(user.user_id).where(memberships.c.room_id == room_id)
            values = {"favourite": request.favourite, "place_version": version}
            sql.execute(mine.values(values))
            placed = _placed(sql, user.user_id, [room_id])
        self._tell.placed(user.user_id, placed)
        return placed

    def order(self, user: Identity, request: wire.OrderRooms) -> wire.RoomsPlaced:
        """The user's rooms are in that order; those not named have no position of their own.

        Rooms that he is not a member of are left out."""
        named = [RoomId(room_id) for room_id in dict.fromkeys(request.room_ids)]
        with self._db.transaction() as sql:
            version = _next_version(sql, user.user_id)
            values = {"position": _position_in(named), "place_version": version}
            sql.execute(_of(user.user_id).values(values))
            placed = _placed(sql, user.user_id)
        self._tell.placed(user.user_id, placed)
        return placed


def _of(user_id: UserId) -> Any:  # Any: SQLAlchemy's own type is long and of no use here
    return update(memberships).where(memberships.c.user_id == user_id)


def _position_in(named: Sequence[RoomId]) -> Any:  # as above
    places = {room_id: place for place, room_id in enumerate(named)}
    return case(places, value=memberships.c.room_id, else_=None) if places else None


def _next_version(sql: Connection, user_id: UserId) -> int:
    """One more than all before; the user's rows are locked, so two changes take turns."""
    mine = memberships.c.user_id == user_id
    lock = select(memberships.c.room_id).where(mine).order_by(memberships.c.room_id)
    sql.execute(lock.with_for_update()).all()
    newest = select(func.coalesce(func.max(memberships.c.place_version), 0)).where(mine)
    version: int = sql.execute(newest).scalar_one() + 1
    return version


def _placed(
    sql: Connection, user_id: UserId, room_ids: Sequence[RoomId] | None = None
) -> wire.RoomsPlaced:
    columns = ("room_id", "favourite", "position", "place_version")
    query = select(*[memberships.c[name] for name in columns])
    query = query.where(memberships.c.user_id == user_id).order_by(memberships.c.room_id)
    if room_ids is not None:
        query = query.where(memberships.c.room_id.in_(room_ids))
    places = [wire.RoomPlace(**row) for row in sql.execute(query).mappings()]
    return wire.RoomsPlaced(places=places)
