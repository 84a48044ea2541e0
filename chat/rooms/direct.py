"""Direct rooms: two people or a group of up to 20; no name, no roles; the same people have one.

The rules of the file: a room of two never changes its people; a group may grow and be left, and is
found by the people who are in it now. Source: docs/ROOMS.md.
"""

import hashlib
from collections.abc import Collection
from typing import Any

from sqlalchemy import Connection, insert, select, update
from sqlalchemy.exc import IntegrityError

from chat import wire
from chat.accounts.models import users
from chat.clock import Clock
from chat.db import Database
from chat.errors import Forbidden, Invalid, NotFound, RoomFull
from chat.ids import RoomId, UserId, new_id
from chat.rooms import steps
from chat.rooms.memberships import PRIVATE
from chat.rooms.models import memberships, rooms
from chat.rooms.roles import MEMBER
from chat.rooms.tell import MemberIn, TellRooms
from chat.rooms.views import DIRECT, GROUP, Views
from chat.terms import Identity

_PAIR = 2


class DirectRooms:
    """The direct rooms of one Rollcall."""

    def __init__(self, db: Database, now_ms: Clock, views: Views, tell: TellRooms) -> None:
        self._db = db
        self._now_ms = now_ms
        self._views = views
        self._tell = tell

    def open(self, opener: Identity, request: wire.OpenDirect) -> tuple[wire.Room, bool]:
        """The one room of the opener and these people, and whether it is new.

        Raises Invalid, NotFound with the field user_ids, RoomFull."""
        user_ids = sorted({opener.user_id, *map(UserId, request.user_ids)})
        _require_some(user_ids)
        try:
            return self._found(opener, user_ids) or self._opened(opener, user_ids)
        except IntegrityError:  # somebody else opened it at the same time
            found = self._found(opener, user_ids)
            if found is None:
                raise
            return found

    def _found(self, opener: Identity, user_ids: list[UserId]) -> tuple[wire.Room, bool] | None:
        query = select(rooms.c.id).where(rooms.c.people_key == _key_of(user_ids))
        with self._db.reading() as sql:
            room_id = sql.execute(query).scalar_one_or_none()
            if room_id is None:
                return None
            return self._views.one(sql, RoomId(room_id), opener.user_id), False

    def _opened(self, opener: Identity, user_ids: list[UserId]) -> tuple[wire.Room, bool]:
        row = self._new_row(opener, user_ids)
        room_id = row["id"]
        with self._db.transaction() as sql:
            _require_all_exist(sql, user_ids)
            sql.execute(insert(rooms).values(row))
            came_in = [self._add(sql, room_id, user_id) for user_id in user_ids]
            seen = {user_id: self._views.one(sql, room_id, user_id) for user_id in user_ids}
        for one in came_in:
            self._tell.joined(seen[UserId(one.member.user_id)], one)
        return seen[opener.user_id], True

    def _add(self, sql: Connection, room_id: RoomId, user_id: UserId) -> MemberIn:
        steps.begin(sql, room_id, user_id, MEMBER, self._now_ms())
        return MemberIn(0, self._views.member(sql, room_id, user_id))

    def _new_row(self, opener: Identity, user_ids: list[UserId]) -> dict[str, Any]:
        now = self._now_ms()
        room_id = RoomId(new_id(now))
        return {
            "id": room_id,
            "kind": DIRECT if len(user_ids) == _PAIR else GROUP,
            "name": "",
            "name_key": f"\n{room_id}",
            "visibility": PRIVATE,
            "topic": "",
            "description": "",
            "people_key": _key_of(user_ids),
            "created_by": opener.user_id,
            "created_at_ms": now,
        }


def room_for_one_more(sql: Connection, room_id: RoomId, user_id: UserId, kind: str) -> None:
    """The direct room, which the caller locked, may get that person too, and is found by them all.

    Raises Forbidden for a room of two, RoomFull."""
    if kind != GROUP:
        raise Forbidden("Nobody is added to a room of two people: open one for all of you.")
    there = people_of(sql, room_id)
    if len(there) >= wire.DIRECT_MAX:
        raise RoomFull(f"A direct room holds {wire.DIRECT_MAX} people.")
    find_by(sql, room_id, [*there, user_id])


def find_by(sql: Connection, room_id: RoomId, user_ids: Collection[UserId]) -> None:
    """The group is the room of these people, unless they have one, or are only two."""
    key = _key_of(user_ids)
    taken = sql.execute(select(1).where(rooms.c.people_key == key)).first() is not None
    found_by = None if taken or len(user_ids) <= _PAIR else key
    sql.execute(update(rooms).where(rooms.c.id == room_id).values(people_key=found_by))


def people_of(sql: Connection, room_id: RoomId) -> list[UserId]:
    """The ids of the room's people."""
    query = select(memberships.c.user_id).where(memberships.c.room_id == room_id)
    return [UserId(user_id) for user_id in sql.scalars(query)]


def _require_some(user_ids: Collection[UserId]) -> None:
    if len(user_ids) < _PAIR:
        raise Invalid("Name somebody besides yourself.", field="user_ids")
    if len(user_ids) > wire.DIRECT_MAX:
        raise RoomFull(f"A direct room holds {wire.DIRECT_MAX} people.", field="user_ids")


def _require_all_exist(sql: Connection, user_ids: Collection[UserId]) -> None:
    if len(sql.execute(select(users.c.id).where(users.c.id.in_(user_ids))).all()) != len(user_ids):
        raise NotFound("There is no such user.", field="user_ids")


def _key_of(user_ids: Collection[UserId]) -> str:
    return hashlib.sha256(" ".join(sorted(user_ids)).encode()).hexdigest()
