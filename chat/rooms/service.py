"""Rooms: create, list, join, leave, add, read; and each room's next seq.

The rules of the file: SQL commits before anybody is told; a private room does not exist for those
outside of it; a room that has members has an owner.
"""

from collections.abc import Collection
from typing import Any, Protocol

from sqlalchemy import Connection, bindparam, delete, exists, insert, select, update
from sqlalchemy.exc import IntegrityError

from chat import wire
from chat.accounts.models import users
from chat.clock import Clock
from chat.db import Database
from chat.errors import Forbidden, Invalid, NotFound, NotMember, RoomNameTaken
from chat.ids import RoomId, UserId, new_id
from chat.rooms.memberships import (
    heads_within,
    is_membership,
    people,
    require_member,
    room_seen_by,
    rooms_seen_by,
    to_person,
    to_room,
)
from chat.rooms.models import memberships, rooms
from chat.terms import Act, Head, Identity
from chat.text import NAME_MAX, clean_name, clean_topic, key_of

OWNER, MEMBER = "owner", "member"
MODERATORS = frozenset({OWNER, "moderator"})
_ACTS_OF_MODERATORS: frozenset[Act] = frozenset({"delete_foreign", "pin_foreign"})

# Built once: building a statement costs more than SQLite takes to run it.
_TAKE_SEQ = (
    update(rooms)
    .where(rooms.c.id == bindparam("room"))
    .where(
        exists().where(
            memberships.c.room_id == bindparam("room"),
            memberships.c.user_id == bindparam("author"),
        )
    )
    .values(last_seq=rooms.c.last_seq + 1, last_rev=rooms.c.last_rev + 1)
    .returning(rooms.c.last_seq, rooms.c.last_rev)
)
_TAKE_REV = (
    update(rooms)
    .where(rooms.c.id == bindparam("room"))
    .values(last_rev=rooms.c.last_rev + 1)
    .returning(rooms.c.last_rev)
)


class TellRooms(Protocol):
    """How live connections learn of memberships; called after the commit."""

    def joined(self, user: wire.Person, room: wire.Room) -> None:
        """The user is a member from now on; room is as he sees it."""

    def left(self, user_id: UserId, room_id: RoomId) -> None:
        """The user is a member no more."""


class Rooms:
    """The rooms of one Rollcall."""

    def __init__(self, db: Database, now_ms: Clock, tell: TellRooms) -> None:
        self._db = db
        self._now_ms = now_ms
        self._tell = tell

    def create(self, creator: Identity, request: wire.CreateRoom) -> wire.Room:
        """A room exists, and its creator is owner and member.

        Raises Invalid, RoomNameTaken (also by a private room: a name is an address)."""
        row = self._new_row(creator, request)
        try:
            with self._db.transaction() as sql:
                sql.execute(insert(rooms).values(row))
                self._insert_member(sql, row["id"], creator.user_id, OWNER)
                room = room_seen_by(sql, row["id"], creator.user_id)
        except IntegrityError as refused:
            raise RoomNameTaken(field="name") from refused
        self._tell.joined(_person(creator), room)
        return room

    def visible_to(self, user_id: UserId) -> list[wire.Room]:
        """The public rooms and the user's own private ones, by name."""
        query = rooms_seen_by(user_id).order_by(rooms.c.name_key)
        with self._db.reading() as sql:
            found = sql.execute(query).mappings().all()
        return [to_room(row) for row in found]

    def get(self, user_id: UserId, room_id: RoomId) -> wire.Room:
        """The room as the user sees it. Raises NotFound."""
        with self._db.reading() as sql:
            return room_seen_by(sql, room_id, user_id)

    def join(self, joiner: Identity, room_id: RoomId) -> wire.Room:
        """The user is a member of the room; a private one lets in only those who are.

        Raises NotFound."""
        was_member, room = self._become_member(joiner.user_id, room_id)
        if not was_member:
            self._tell.joined(_person(joiner), room)
        return room

    def leave(self, leaver: Identity, room_id: RoomId) -> None:
        """The user is no member; if no owner is left, the oldest member becomes owner.

        Raises NotFound, NotMember."""
        with self._db.transaction() as sql:
            require_member(sql, room_id, leaver.user_id)
            sql.execute(delete(memberships).where(is_membership(room_id, leaver.user_id)))
            _keep_an_owner(sql, room_id)
        self._tell.left(leaver.user_id, room_id)

    def add_member(self, adder: Identity, room_id: RoomId, username: str) -> wire.Room:
        """The named user is a member; returns the room as the adder sees it.

        Raises Invalid, NotFound (for the user with field username), NotMember."""
        with self._db.reading() as sql:
            require_member(sql, room_id, adder.user_id)
            person = _person_named(sql, username)
        was_member, room = self._become_member(UserId(person.id), room_id, adder.user_id)
        if not was_member:
            self._tell.joined(person, room)
        return self.get(adder.user_id, room_id)

    def read_up_to(self, reader: Identity, room_id: RoomId, seq: int) -> int:
        """The user has read the room up to seq; a lower one than before changes nothing.

        Returns where he has read to, never beyond the room's last. Raises NotFound, NotMember."""
        with self._db.transaction() as sql:
            standing = require_member(sql, room_id, reader.user_id)
            read_seq = max(standing.read_seq, min(seq, standing.head.seq))
            if read_seq > standing.read_seq:
                place = is_membership(room_id, reader.user_id)
                sql.execute(update(memberships).where(place).values(read_seq=read_seq))
        return read_seq

    def next_seq(self, sql: Connection, room_id: RoomId, author_id: UserId) -> Head:
        """Take the room's next seq and rev for a member, within the caller's transaction.

        One statement: the room's row stays locked to the end, so seqs are committed in their
        order and a rollback leaves no hole. Raises NotFound, NotMember."""
        who = {"room": room_id, "author": author_id}
        taken = sql.execute(_TAKE_SEQ, who).one_or_none()
        if taken is None:
            require_member(sql, room_id, author_id)
            raise NotMember  # joined between the two statements: the next try will do
        return Head(taken.last_seq, taken.last_rev)

    def next_rev(self, sql: Connection, room_id: RoomId) -> int:
        """Take the room's next rev, within the caller's transaction; its row stays locked."""
        rev: int = sql.execute(_TAKE_REV, {"room": room_id}).scalar_one()
        return rev

    def require(self, sql: Connection, room_id: RoomId, user_id: UserId, act: Act) -> None:
        """The member may do that now, and the room stays as it is to the end of the transaction.

        Raises NotFound, NotMember, Forbidden."""
        sql.execute(select(rooms.c.id).where(rooms.c.id == room_id).with_for_update())
        standing = require_member(sql, room_id, user_id)
        if act in _ACTS_OF_MODERATORS and standing.role not in MODERATORS:
            raise Forbidden

    def require_member(self, sql: Connection, room_id: RoomId, user_id: UserId) -> Head:
        """How far the room goes, for a member of it. Raises NotFound, NotMember."""
        return require_member(sql, room_id, user_id).head

    def heads_within(
        self, sql: Connection, user_id: UserId, room_ids: Collection[RoomId]
    ) -> dict[RoomId, Head]:
        """How far those of the rooms go that the user is a member of."""
        return heads_within(sql, user_id, room_ids)

    def _become_member(
        self, user_id: UserId, room_id: RoomId, invited_by: UserId | None = None
    ) -> tuple[bool, wire.Room]:
        """Whether the user was a member before, and the room as he sees it now."""
        try:
            with self._db.transaction() as sql:
                seen = room_seen_by(sql, room_id, invited_by or user_id)
                role = MEMBER if _has_owner(sql, room_id) else OWNER
                if sql.execute(select(1).where(_exists(room_id, user_id))).first() is None:
                    self._insert_member(sql, RoomId(seen.id), user_id, role)
                    return False, room_seen_by(sql, room_id, user_id)
        except IntegrityError:  # the same user joined at the same time
            pass
        return True, self.get(user_id, room_id)

    def _new_row(self, creator: Identity, request: wire.CreateRoom) -> dict[str, Any]:
        now = self._now_ms()
        name = clean_name(request.name, field="name")
        return {
            "id": RoomId(new_id(now)),
            "name": name,
            "name_key": _key_of(name),
            "visibility": request.visibility,
            "topic": clean_topic(request.topic),
            "last_seq": 0,
            "created_by": creator.user_id,
            "created_at_ms": now,
        }

    def _insert_member(self, sql: Connection, room_id: RoomId, user_id: UserId, role: str) -> None:
        row = {
            "room_id": room_id,
            "user_id": user_id,
            "role": role,
            "joined_at_ms": self._now_ms(),
            "read_seq": 0,
        }
        sql.execute(insert(memberships).values(row))


def _key_of(name: str) -> str:
    """The name's key; a ligature may stand for 18 letters, so it is bounded by itself."""
    key = key_of(name)
    if len(key) > NAME_MAX * 4:
        raise Invalid("The field name has too many ligatures.", field="name")
    return key


def _person(identity: Identity) -> wire.Person:
    return wire.Person(
        id=identity.user_id, username=identity.username, display_name=identity.display_name
    )


def _person_named(sql: Connection, username: str) -> wire.Person:
    name = clean_name(username, field="username")
    query = people().where(users.c.username_key == key_of(name))
    row = sql.execute(query).mappings().one_or_none()
    if row is None:
        raise NotFound("There is no user of that name.", field="username")
    return to_person(row)


def _exists(room_id: RoomId, user_id: UserId) -> Any:  # Any: SQLAlchemy's own type is private
    return exists().where(is_membership(room_id, user_id))


def _has_owner(sql: Connection, room_id: RoomId) -> bool:
    query = select(1).where(memberships.c.room_id == room_id, memberships.c.role == OWNER).limit(1)
    return sql.execute(query).first() is not None


def _keep_an_owner(sql: Connection, room_id: RoomId) -> None:
    if _has_owner(sql, room_id):
        return
    oldest = select(memberships.c.user_id).where(memberships.c.room_id == room_id)
    heir = sql.execute(oldest.order_by(memberships.c.joined_at_ms, memberships.c.user_id).limit(1))
    user_id = heir.scalar_one_or_none()
    if user_id is not None:
        place = is_membership(room_id, user_id)
        sql.execute(update(memberships).where(place).values(role=OWNER))
