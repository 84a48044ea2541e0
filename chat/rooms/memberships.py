"""Who is where: what the live connections, the roster and the messages ask about memberships.

The rule of the file: it only reads. Functions that take a Connection belong to the caller's
transaction; methods of Memberships open their own, in chunks that keep a statement short.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, TypeVar

from sqlalchemy import (
    BindParameter,
    Column,
    ColumnElement,
    Connection,
    RowMapping,
    Select,
    bindparam,
    select,
)

from chat import wire
from chat.accounts.models import users
from chat.db import Database
from chat.errors import NotFound, NotMember
from chat.ids import RoomId, UserId
from chat.prepared import Prepared, among, listed
from chat.rooms.models import memberships, rooms
from chat.terms import Head, Known, OwnRoom

PUBLIC, PRIVATE = "public", "private"
_CHUNK = 500  # values in one IN (...)

_HEAD = (rooms.c.id, rooms.c.last_seq, rooms.c.last_rev, rooms.c.first_seq)
_PLACE = (memberships.c.role, memberships.c.read_seq, memberships.c.read_version)

V = TypeVar("V")


@dataclass(frozen=True, slots=True)
class Standing:
    """A member's place in a room, and how far the room goes."""

    role: str
    read_seq: int
    read_version: int
    head: Head


class Memberships:
    """Reads about memberships, each of one moment."""

    def __init__(self, db: Database) -> None:
        self._db = db

    def heads_for(self, user_id: UserId) -> dict[RoomId, Head]:
        """How far each room goes that the user is a member of."""
        with self._db.reading() as sql:
            return _heads(_ALL_HEADS_OF.rows(sql, {"user_id": user_id}))

    def heads(self, room_ids: Sequence[RoomId]) -> dict[RoomId, Head]:
        """How far each of these rooms goes; one that is gone is left out."""
        with self._db.reading() as sql:
            return _heads(_HEADS.rows(sql, {"room_ids": listed(room_ids)}))

    def rooms_of(self, user_ids: Collection[UserId]) -> dict[UserId, frozenset[RoomId]]:
        """The rooms of each of these users; one without rooms has an empty set."""
        found: dict[UserId, set[RoomId]] = {user_id: set() for user_id in user_ids}
        with self._db.reading() as sql:
            for user_id, room_id in _ROOMS_OF.rows(sql, {"user_ids": listed(user_ids)}):
                found[UserId(user_id)].add(RoomId(room_id))
        return {user_id: frozenset(room_ids) for user_id, room_ids in found.items()}

    def members(self, asker_id: UserId, room_id: RoomId) -> tuple[int, list[UserId]]:
        """The room's rev, and its members as of that rev or later, for one of them.

        Raises NotFound, NotMember."""
        with self._db.reading() as sql:
            require_member(sql, room_id, asker_id)
            ((rev,),) = _CHANGED_REV.rows(sql, {"room_id": room_id})
            return rev, _ids(_MEMBERS.rows(sql, {"room_id": room_id}))

    def changed_rooms(
        self, viewer_id: UserId, held: Mapping[RoomId, int]
    ) -> dict[str, wire.RoomMembers]:
        """The members of those of the rooms that changed after the rev that is held of each.

        A room that the viewer is no member of has none. Members are as of the rev or later."""
        query = select(rooms.c.id, rooms.c.changed_rev).join(memberships)
        query = query.where(memberships.c.user_id == viewer_id)
        theirs = select(memberships.c.room_id, memberships.c.user_id)
        revs: dict[RoomId, int] = {}
        found: dict[RoomId, list[str]] = {room_id: [] for room_id in held}
        with self._db.reading() as sql:
            for chunk in _chunks(list(held)):
                own = sql.execute(query.where(rooms.c.id.in_(chunk)))
                revs.update((RoomId(row.id), row.changed_rev) for row in own)
            for room_id, rev in revs.items():
                if rev == held[room_id]:
                    del found[room_id]
            for chunk in _chunks(list(revs.keys() & found.keys())):
                for row in sql.execute(theirs.where(memberships.c.room_id.in_(chunk))):
                    found[RoomId(row.room_id)].append(row.user_id)
        return {
            room_id: wire.RoomMembers(rev=revs.get(room_id, 0), user_ids=user_ids)
            for room_id, user_ids in found.items()
        }

    def people(self, user_ids: Collection[UserId]) -> list[Known]:
        """These users. One query; thousands are for the caller to part."""
        with self._db.reading() as sql:
            return list(map(Known._make, _PEOPLE.rows(sql, {"user_ids": listed(user_ids)})))

    def seen_people(self, viewer_id: UserId) -> list[UserId]:
        """The viewer and everybody who shares a room with him."""
        with self._db.reading() as sql:
            return _ids(_SEEN_BY.rows(sql, {"viewer_id": viewer_id}))

    def person(self, user_id: UserId) -> Known:
        """The user, whoever asks. Raises NotFound."""
        with self._db.reading() as sql:
            return _one_known(_PERSON.first(sql, {"user_id": user_id}))

    def shared_rooms(
        self, viewer_id: UserId, user_ids: Collection[UserId]
    ) -> dict[UserId, frozenset[RoomId]]:
        """The rooms that the viewer shares with each of the users; who shares none is left out."""
        found: dict[UserId, set[RoomId]] = {}
        asked = {"viewer_id": viewer_id, "user_ids": listed(user_ids)}
        with self._db.reading() as sql:
            for user_id, room_id in _SHARED.rows(sql, asked):
                found.setdefault(UserId(user_id), set()).add(RoomId(room_id))
        return {user_id: frozenset(room_ids) for user_id, room_ids in found.items()}

    def seen_person(self, viewer_id: UserId, user_id: UserId) -> Known:
        """The user, if the viewer may see him. Raises NotFound."""
        with self._db.reading() as sql:
            asked = {"viewer_id": viewer_id, "user_id": user_id}
            return _one_known(_ONE_SEEN_BY.first(sql, asked))


def require_member(sql: Connection, room_id: RoomId, user_id: UserId) -> Standing:
    """The member's standing in the room. Raises NotFound, NotMember. Cost: two index look-ups."""
    found = _STANDING.first(sql, {"room_id": room_id, "user_id": user_id})
    if found is None:
        raise NotFound
    visibility, _, last_seq, last_rev, first_seq, role, read_seq, read_version = found
    if role is None:
        raise NotFound if visibility == PRIVATE else NotMember
    return Standing(role, read_seq, read_version, Head(last_seq, last_rev, first_seq))


def heads_within(
    sql: Connection, user_id: UserId, room_ids: Collection[RoomId]
) -> dict[RoomId, Head]:
    """How far those of the rooms go that the user is a member of."""
    found: dict[RoomId, Head] = {}
    for chunk in _chunks(list(room_ids)):
        own = _HEADS_OF.where(rooms.c.id.in_(chunk))
        found.update(_heads(sql.execute(own, {"user_id": user_id})))
    return found


def own_rooms(sql: Connection, user_id: UserId) -> dict[RoomId, OwnRoom]:
    """The rooms that the user is a member of."""
    query = select(rooms.c.id, rooms.c.name_key, rooms.c.last_seq).join(memberships)
    found = sql.execute(query.where(memberships.c.user_id == user_id))
    return {RoomId(row.id): OwnRoom(row.name_key, row.last_seq) for row in found}


def members_named(
    sql: Connection, room_id: RoomId, keys: Collection[str]
) -> dict[str, wire.Person]:
    """The members of the room whose names have these keys, by key."""
    query = people().add_columns(users.c.username_key)
    query = query.join(memberships, memberships.c.user_id == users.c.id)
    query = query.where(memberships.c.room_id == room_id, users.c.username_key.in_(keys))
    return {row["username_key"]: to_person(row) for row in sql.execute(query).mappings()}


def is_membership(
    room_id: RoomId | Column[str], user_id: UserId | BindParameter[str]
) -> ColumnElement[bool]:
    """The condition that names one membership."""
    return (memberships.c.room_id == room_id) & (memberships.c.user_id == user_id)


def people() -> Select[tuple[str, str, str]]:
    """The query for what anybody may know of users."""
    return select(users.c.id, users.c.username, users.c.display_name)


def to_person(row: RowMapping) -> wire.Person:
    """A row of `people` as the wire has it."""
    return wire.Person(id=row["id"], username=row["username"], display_name=row["display_name"])


def _ids(rows: Iterable[Sequence[Any]]) -> list[UserId]:  # Any: a user's id
    return [user_id for (user_id,) in rows]


def _one_known(row: Sequence[Any] | None) -> Known:  # Any: a value of _KNOWN's columns
    if row is None:
        raise NotFound
    return Known._make(row)


def _heads(rows: Iterable[Sequence[Any]]) -> dict[RoomId, Head]:  # Any: a value of _HEAD's columns
    return {RoomId(room_id): Head(*head) for room_id, *head in rows}


def _chunks(values: Sequence[V]) -> Iterator[Sequence[V]]:
    for start in range(0, len(values), _CHUNK):
        yield values[start : start + _CHUNK]


# Built once: building them costs three times what asking does, and every connection asks.
_STANDING: Final = Prepared(
    select(rooms.c.visibility, *_HEAD, *_PLACE)
    .select_from(rooms.outerjoin(memberships, is_membership(rooms.c.id, bindparam("user_id"))))
    .where(rooms.c.id == bindparam("room_id"))
)
_CHANGED_REV: Final = Prepared(
    select(rooms.c.changed_rev).where(rooms.c.id == bindparam("room_id"))
)
_HEADS: Final = Prepared(among(select(*_HEAD), rooms.c.id, "room_ids"))
_HEADS_OF: Final = (
    select(*_HEAD)
    .join(memberships, memberships.c.room_id == rooms.c.id)
    .where(memberships.c.user_id == bindparam("user_id"))
)
_ALL_HEADS_OF: Final = Prepared(_HEADS_OF)
_ROOMS_OF: Final = Prepared(
    among(select(memberships.c.user_id, memberships.c.room_id), memberships.c.user_id, "user_ids")
)
_theirs, _own = memberships.alias("theirs"), memberships.alias("own")
_SHARED: Final = Prepared(
    among(
        select(_theirs.c.user_id, _theirs.c.room_id)
        .join(_own, _own.c.room_id == _theirs.c.room_id)
        .where(_own.c.user_id == bindparam("viewer_id")),
        _theirs.c.user_id,
        "user_ids",
    )
)
_KNOWN: Final = select(users.c.id, users.c.username, users.c.display_name, users.c.last_seen_at_ms)
_PEOPLE: Final = Prepared(among(_KNOWN, users.c.id, "user_ids"))
_PERSON: Final = Prepared(_KNOWN.where(users.c.id == bindparam("user_id")))
_MEMBERS: Final = Prepared(
    select(memberships.c.user_id).where(memberships.c.room_id == bindparam("room_id"))
)
_SHARING: Final = (  # with the viewer, himself among them if he has rooms
    select(_theirs.c.user_id)
    .join(_own, _own.c.room_id == _theirs.c.room_id)
    .where(_own.c.user_id == bindparam("viewer_id"))
)
_SEEN_BY: Final = Prepared(
    _SHARING.union(select(users.c.id).where(users.c.id == bindparam("viewer_id")))
)
_ONE_SEEN_BY: Final = Prepared(
    _KNOWN.where(users.c.id == bindparam("user_id")).where(
        users.c.id.in_(_SHARING) | (users.c.id == bindparam("viewer_id"))
    )
)
