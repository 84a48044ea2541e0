"""A room's counters: seq counts its messages, rev all of its changes; neither has holes.

The rules of the file: every change of a room takes the next rev in the transaction that makes the
change, and first: the room's row stays locked to the end, so changes of a room are committed in the
order of their revs, and a rollback leaves no hole. Who may not post is refused before anything was
taken. Source: docs/ROOMS.md, docs/adr/0009.
"""

import math
from typing import Any, Final

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    Connection,
    and_,
    bindparam,
    exists,
    or_,
    select,
    update,
)

from chat.errors import Archived, Muted, NotFound, NotMember, ReadOnly, SlowMode, SlowModeMet
from chat.ids import RoomId, UserId
from chat.prepared import Prepared
from chat.rooms.memberships import is_membership, require_member
from chat.rooms.models import memberships, rooms
from chat.rooms.roles import MODERATOR, OWNER, READ_ONLY
from chat.terms import Head, ReadPlace

_NOW: Final[BindParameter[int]] = bindparam("now")
_HAS_VOICE = and_(
    memberships.c.room_id == bindparam("room"),
    memberships.c.user_id == bindparam("author"),
    memberships.c.role != READ_ONLY,
    or_(memberships.c.muted_until_ms.is_(None), memberships.c.muted_until_ms <= _NOW),
)
_WAITED = or_(
    rooms.c.slow_mode_s == 0,
    memberships.c.role == OWNER,
    memberships.c.role == MODERATOR,
    memberships.c.slowed_at_ms.is_(None),
    memberships.c.slowed_at_ms <= _NOW - rooms.c.slow_mode_s * 1000,
)
_TAKE_SEQ: Final = Prepared(
    update(rooms)
    .where(rooms.c.id == bindparam("room"), rooms.c.archived_at_ms.is_(None))
    .where(exists().where(_HAS_VOICE, _WAITED))
    .values(last_seq=rooms.c.last_seq + 1, last_rev=rooms.c.last_rev + 1, last_at_ms=_NOW)
    .returning(rooms.c.last_seq, rooms.c.last_rev, rooms.c.slow_mode_s)
)
_NEXT_REV = (
    update(rooms)
    .where(rooms.c.id == bindparam("room"))
    .values(last_rev=rooms.c.last_rev + 1)
    .returning(rooms.c.last_rev)
)
_TAKE_CHANGE: Final = Prepared(_NEXT_REV.values(changed_rev=rooms.c.last_rev + 1))
_TAKE_REV: Final = Prepared(_NEXT_REV)
_SLOWED: Final = Prepared(
    update(memberships)
    .where(memberships.c.room_id == bindparam("room"))
    .where(memberships.c.user_id == bindparam("author"))
    .where(
        or_(
            memberships.c.role == OWNER,
            memberships.c.role == MODERATOR,
            memberships.c.slowed_at_ms.is_(None),
            memberships.c.slowed_at_ms <= bindparam("latest"),
        )
    )
    .values(slowed_at_ms=_NOW)
)


def take_seq(sql: Connection, room_id: RoomId, author_id: UserId, now_ms: int) -> Head:
    """The room's next seq and rev, for a member who may post now, in the caller's transaction.

    One statement; one more in a room in slow mode. Raises NotFound, NotMember, Archived, ReadOnly,
    Muted, SlowMode: then nothing was taken; SlowModeMet, on PostgreSQL alone, when two posts of one
    member meet in slow mode: the caller rolls back."""
    who: dict[str, str | int] = {"room": room_id, "author": author_id, "now": now_ms}
    taken = _TAKE_SEQ.first(sql, who)
    if taken is None:
        raise _refusal(sql, room_id, author_id, now_ms)
    last_seq, last_rev, slow_mode_s = taken
    if slow_mode_s:
        _note_slowed(sql, who, slow_mode_s)
    return Head(last_seq, last_rev)


def take_rev(sql: Connection, room_id: RoomId) -> int:
    """The room's next rev, in the caller's transaction, for a change of a message.

    One statement; it locks the room's row. Raises NotFound."""
    return _taken(_TAKE_REV.first(sql, {"room": room_id}))


def take_change(sql: Connection, room_id: RoomId) -> int:
    """The room's next rev, for a change of the room itself or of its members. As take_rev."""
    return _taken(_TAKE_CHANGE.first(sql, {"room": room_id}))


def require_voice(sql: Connection, room_id: RoomId, user_id: UserId, now_ms: int) -> Head:
    """The member may change messages of the room now: slow mode aside, he could post.

    Returns how far the room goes. Raises NotFound, NotMember, Archived, ReadOnly, Muted."""
    place = _place_of(sql, room_id, user_id)
    refusal = _silence(place, now_ms)
    if refusal is not None:
        raise refusal
    return Head(place.last_seq, place.last_rev, place.first_seq)


def read_up_to(sql: Connection, room_id: RoomId, user_id: UserId, seq: int) -> ReadPlace:
    """The member has read up to seq, or further. Raises NotMember."""
    return _moved_read(sql, room_id, user_id, seq, memberships.c.read_seq < seq)


def unread_after(sql: Connection, room_id: RoomId, user_id: UserId, seq: int) -> ReadPlace:
    """The member has read up to seq and no further. Raises NotMember."""
    return _moved_read(sql, room_id, user_id, seq, memberships.c.read_seq != seq)


def wait_s(until_ms: int, now_ms: int) -> int:
    """Whole seconds until then, at least one."""
    return max(1, math.ceil((until_ms - now_ms) / 1000))


def _moved_read(
    sql: Connection, room_id: RoomId, user_id: UserId, seq: int, when: ColumnElement[bool]
) -> ReadPlace:
    """Each move takes the next version; it is decided in the statement that makes it."""
    mine = is_membership(room_id, user_id)
    move = update(memberships).where(mine, when)
    moved = sql.execute(move.values(read_seq=seq, read_version=memberships.c.read_version + 1))
    place = select(memberships.c.read_seq, memberships.c.read_version).where(mine)
    row = sql.execute(place).one_or_none()
    if row is None:
        raise NotMember
    return ReadPlace(row.read_seq, row.read_version, has_moved=moved.rowcount > 0)


def _taken(row: tuple[int, ...] | None) -> int:
    if row is None:
        raise NotFound
    return row[0]


def _note_slowed(sql: Connection, who: dict[str, str | int], slow_mode_s: int) -> None:
    """Remember the post; on PostgreSQL the first statement may have seen an older membership."""
    latest = int(who["now"]) - slow_mode_s * 1000
    if not _SLOWED.run(sql, {**who, "latest": latest}):
        raise SlowModeMet(retry_after_s=slow_mode_s)


def _refusal(sql: Connection, room_id: RoomId, author_id: UserId, now_ms: int) -> Exception:
    place = _place_of(sql, room_id, author_id)
    silence = _silence(place, now_ms)
    if silence is not None:
        return silence
    free_at_ms = (place.slowed_at_ms or 0) + place.slow_mode_s * 1000
    if free_at_ms > now_ms:
        return SlowMode(retry_after_s=wait_s(free_at_ms, now_ms))
    return NotMember()  # joined between the two statements: the next try will do


def _place_of(
    sql: Connection, room_id: RoomId, user_id: UserId
) -> Any:  # Any: a row, whose columns' types are of no use here
    """The member's place and the room's state. Raises NotFound, NotMember."""
    require_member(sql, room_id, user_id)
    mine = (memberships.c.role, memberships.c.muted_until_ms, memberships.c.slowed_at_ms)
    head = (rooms.c.last_seq, rooms.c.last_rev, rooms.c.first_seq)
    query = select(*mine, *head, rooms.c.archived_at_ms, rooms.c.slow_mode_s).join(
        rooms, rooms.c.id == memberships.c.room_id
    )
    row = sql.execute(query.where(is_membership(room_id, user_id))).first()
    if row is None:
        raise NotMember
    return row


def _silence(place: Any, now_ms: int) -> Exception | None:  # Any: as above
    if place.archived_at_ms is not None:
        return Archived()
    if place.role == READ_ONLY:
        return ReadOnly()
    if place.muted_until_ms is not None and place.muted_until_ms > now_ms:
        return Muted(retry_after_s=wait_s(place.muted_until_ms, now_ms))
    return None
