"""Rooms as users see them: one, or the whole list; and members as everybody sees them.

The rules of the file: it only reads; a private room does not exist for those outside of it; what
is over by the clock (a mute) is left out. Cost: one query for the rooms, one for the people of the
direct ones, one for what is unread, however many rooms there are.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

import msgspec
from msgspec import UNSET
from sqlalchemy import Connection, RowMapping, Select, case, func, select

from chat import wire
from chat.accounts.models import users
from chat.clock import Clock
from chat.errors import NotFound
from chat.ids import RoomId, UserId
from chat.rooms.memberships import PUBLIC, people, to_person
from chat.rooms.models import memberships, rooms

ROOM, DIRECT, GROUP = "room", "direct", "group"
_CHUNK = 500  # values in one IN (...)


class Counts(Protocol):
    """What of rooms a user has not read; messages know."""

    def __call__(
        self, sql: Connection, user_id: UserId, read_seqs: Mapping[RoomId, int]
    ) -> Mapping[RoomId, tuple[int, int]]:
        """Unread messages and mentions among them, by room; a room without any may be left out."""


class HereIn(Protocol):
    """How many are here in rooms just now; presence knows. Asked outside of transactions."""

    def __call__(self, viewer_id: UserId) -> Mapping[RoomId, int]:
        """In each of the viewer's rooms, as far as it is known."""


class Views:
    """How rooms look to a user."""

    def __init__(self, now_ms: Clock, counts: Counts, here_in: HereIn) -> None:
        self._now_ms = now_ms
        self._counts = counts
        self._here_in = here_in

    def one(self, sql: Connection, room_id: RoomId, user_id: UserId) -> wire.Room:
        """The room as the user sees it, `here` aside. Raises NotFound."""
        return self._one(sql, _open_to(user_id), room_id, user_id)

    def rev(self, sql: Connection, room_id: RoomId, user_id: UserId) -> int:
        """How far the room goes, for whom it is open. Raises NotFound."""
        query = _open_to(user_id).where(rooms.c.id == room_id)
        rev: int | None = sql.scalar(query.with_only_columns(rooms.c.last_rev))
        if rev is None:
            raise NotFound
        return rev

    def any(self, sql: Connection, room_id: RoomId, user_id: UserId) -> wire.Room:
        """The same for who may change the room without being a member. Raises NotFound."""
        return self._one(sql, _seen_by(user_id), room_id, user_id)

    def listed(self, sql: Connection, user_id: UserId, *, archived: bool) -> list[wire.Room]:
        """The public rooms and the user's own, by name, direct ones last; `here` aside."""
        query = _open_to(user_id)
        if not archived:
            query = query.where(rooms.c.archived_at_ms.is_(None))
        named_first = case((rooms.c.kind == ROOM, 0), else_=1)
        query = query.order_by(named_first, rooms.c.name_key)
        return self._as_seen(sql, user_id, sql.execute(query).mappings().all())

    def changed(
        self, sql: Connection, user_id: UserId, held: Mapping[RoomId, int]
    ) -> dict[RoomId, wire.Room]:
        """The rooms whose settings or members changed after the rev held, as `one` each.

        Also those whose held rev is ahead of their own (a database restored from a copy). Cost:
        one query in 500 rooms where nothing changed."""
        found: dict[RoomId, wire.Room] = {}
        stale = _stale(sql, held)
        for start in range(0, len(stale), _CHUNK):
            query = _open_to(user_id).where(rooms.c.id.in_(stale[start : start + _CHUNK]))
            seen = self._as_seen(sql, user_id, sql.execute(query).mappings().all())
            found.update((RoomId(room.id), room) for room in seen)
        return found

    def with_here(self, viewer_id: UserId, seen: Sequence[wire.Room]) -> list[wire.Room]:
        """The rooms with how many people are in them now, where the viewer is a member."""
        here = self._here_in(viewer_id)
        replace = msgspec.structs.replace
        return [replace(one, here=here.get(RoomId(one.id), UNSET)) for one in seen]

    def member(self, sql: Connection, room_id: RoomId, user_id: UserId) -> wire.RoomMember:
        """The member and his place. Raises NotFound with the field user_id."""
        row = (
            sql.execute(
                _members().where(memberships.c.room_id == room_id, memberships.c.user_id == user_id)
            )
            .mappings()
            .one_or_none()
        )
        if row is None:
            raise NotFound("There is no such member.", field="user_id")
        return _to_member(row, self._now_ms())

    def members(self, sql: Connection, room_id: RoomId) -> list[wire.RoomMember]:
        """All members of the room, by name."""
        query = _members().where(memberships.c.room_id == room_id).order_by(users.c.username_key)
        now = self._now_ms()
        return [_to_member(row, now) for row in sql.execute(query).mappings()]

    def _one(
        self, sql: Connection, query: Select[Any], room_id: RoomId, user_id: UserId
    ) -> wire.Room:
        rows = sql.execute(query.where(rooms.c.id == room_id)).mappings().all()
        if not rows:
            raise NotFound
        return self._as_seen(sql, user_id, rows)[0]

    def _as_seen(
        self, sql: Connection, user_id: UserId, rows: Sequence[RowMapping]
    ) -> list[wire.Room]:
        reads = {RoomId(row["id"]): _read_seq(row) for row in rows if row["role"] is not None}
        counts = self._counts(sql, user_id, reads) if reads else {}
        direct = [RoomId(row["id"]) for row in rows if row["kind"] != ROOM]
        others = _people_in(sql, direct, user_id)
        now = self._now_ms()
        return [
            _to_room(row, counts.get(row["id"], (0, 0)), others.get(row["id"], []), now)
            for row in rows
        ]


def facts_of(sql: Connection, room_id: RoomId) -> wire.RoomFacts:
    """What of the room is the same for all who see it. Raises NotFound."""
    row = sql.execute(select(rooms).where(rooms.c.id == room_id)).mappings().one_or_none()
    if row is None:
        raise NotFound
    return wire.RoomFacts(
        id=row["id"],
        name=row["name"],
        visibility=row["visibility"],
        topic=row["topic"],
        description=row["description"],
        is_archived=row["archived_at_ms"] is not None,
        slow_mode_s=row["slow_mode_s"],
        keep_days=row["keep_days"],
        first_seq=row["first_seq"],
    )


def _stale(sql: Connection, held: Mapping[RoomId, int]) -> list[RoomId]:
    """The rooms that changed themselves after the rev held, or whose own rev is below it."""
    room_ids, query = list(held), select(rooms.c.id, rooms.c.changed_rev, rooms.c.last_rev)
    found: list[RoomId] = []
    for start in range(0, len(room_ids), _CHUNK):
        chunk = query.where(rooms.c.id.in_(room_ids[start : start + _CHUNK]))
        for room_id, changed_rev, last_rev in sql.execute(chunk):
            if not changed_rev <= held[room_id] <= last_rev:
                found.append(room_id)
    return found


_own = memberships.alias("own")


def _open_to(user_id: UserId) -> Select[Any]:  # Any: the columns' types are of no use here
    is_open = (rooms.c.visibility == PUBLIC) | _own.c.user_id.is_not(None)
    return _seen_by(user_id).where(is_open)


def _seen_by(user_id: UserId) -> Select[Any]:  # as above
    everybody = memberships.alias("everybody")
    count = (
        select(func.count())
        .select_from(everybody)
        .where(everybody.c.room_id == rooms.c.id)
        .scalar_subquery()
    )
    mine = (_own.c.role, _own.c.read_seq, _own.c.read_version, _own.c.muted_until_ms)
    place = (_own.c.favourite, _own.c.position, _own.c.place_version)
    is_own = (_own.c.room_id == rooms.c.id) & (_own.c.user_id == user_id)
    query = select(rooms, *mine, *place, count.label("member_count"))
    return query.select_from(rooms.outerjoin(_own, is_own))


def _members() -> Select[Any]:  # as above
    mine = (memberships.c.role, memberships.c.joined_at_ms, memberships.c.muted_until_ms)
    return people().add_columns(*mine).join(memberships, memberships.c.user_id == users.c.id)


def _people_in(
    sql: Connection, room_ids: Sequence[RoomId], viewer_id: UserId
) -> dict[str, list[wire.Person]]:
    """The people of each room but the viewer, by name."""
    found: dict[str, list[wire.Person]] = {}
    query = people().add_columns(memberships.c.room_id)
    query = query.join(memberships, memberships.c.user_id == users.c.id)
    query = query.where(users.c.id != viewer_id).order_by(users.c.username_key)
    for start in range(0, len(room_ids), _CHUNK):
        chunk = query.where(memberships.c.room_id.in_(room_ids[start : start + _CHUNK]))
        for row in sql.execute(chunk).mappings():
            found.setdefault(row["room_id"], []).append(to_person(row))
    return found


def _to_member(row: RowMapping, now_ms: int) -> wire.RoomMember:
    return wire.RoomMember(
        user_id=row["id"],
        username=row["username"],
        display_name=row["display_name"],
        role=row["role"],
        joined_at_ms=row["joined_at_ms"],
        muted_until_ms=_still(row["muted_until_ms"], now_ms),
    )


def _to_room(
    row: RowMapping, counts: tuple[int, int], others: list[wire.Person], now_ms: int
) -> wire.Room:
    is_direct = row["kind"] != ROOM
    return wire.Room(
        id=row["id"],
        kind=DIRECT if is_direct else ROOM,
        name=row["name"],
        visibility=row["visibility"],
        topic=row["topic"],
        description=row["description"],
        is_archived=row["archived_at_ms"] is not None,
        slow_mode_s=row["slow_mode_s"],
        keep_days=row["keep_days"],
        first_seq=row["first_seq"],
        last_seq=row["last_seq"],
        last_at_ms=row["last_at_ms"],
        rev=row["last_rev"],
        member_count=row["member_count"],
        is_member=row["role"] is not None,
        role=row["role"],
        read_seq=None if row["role"] is None else _read_seq(row),
        unread=counts[0],
        mentions=counts[1],
        favourite=bool(row["favourite"]),
        position=row["position"],
        place_version=row["place_version"] or 0,
        read_version=row["read_version"] or 0,
        muted_until_ms=_still(row["muted_until_ms"], now_ms),
        is_group=row["kind"] == GROUP if is_direct else UNSET,
        people=others if is_direct else UNSET,
    )


def _read_seq(row: RowMapping) -> int:
    """How far the member has read; what is not kept counts as read."""
    return max(int(row["read_seq"]), int(row["first_seq"]) - 1)


def _still(until_ms: int | None, now_ms: int) -> Any:  # Any: a time, or msgspec's "left out"
    return until_ms if until_ms is not None and until_ms > now_ms else UNSET
