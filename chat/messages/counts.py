"""What a user has not read, counted from seqs and mentions by index; nothing that could drift.

The rules of the file: own messages, deleted ones and answers in threads are not unread in a room;
a thread counts its answers for itself. Counting ends at UNREAD_MAX, so a year away costs no more
than a day. It only reads, within the caller's transaction.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final, NamedTuple

from msgspec.structs import replace
from sqlalchemy import (
    CTE,
    BigInteger,
    Column,
    Connection,
    Label,
    ScalarSelect,
    Select,
    String,
    column,
    func,
    literal,
    select,
    values,
)

from chat import wire
from chat.ids import RoomId, UserId
from chat.messages.models import mentions, messages, thread_reads

UNREAD_MAX: Final = 1000  # that many or more
THREADS_MAX: Final = 200  # followed threads that are told, those answered last
_CHUNK = 200  # rooms in one statement


class Counted(NamedTuple):
    """What is unread of a room, up to its message seq and its change rev."""

    unread: int
    mentions: int
    seq: int
    rev: int


def unread_counts(
    sql: Connection, user_id: UserId, read_seqs: Mapping[RoomId, int]
) -> dict[RoomId, tuple[int, int]]:
    """By room: messages of others after the place read up to, and mentions of the user there."""
    found: dict[RoomId, tuple[int, int]] = {}
    for chunk in _chunks(list(read_seqs.items())):
        for row in sql.execute(_of_rooms(user_id, chunk)):
            found[RoomId(row.room_id)] = (row.unread, row.mentions)
    return found


def unread_in(sql: Connection, user_id: UserId, room_id: RoomId, read_seq: int) -> Counted:
    """The same of one room, and what was counted: one statement, so it is just that."""
    newest = (_newest(messages.c.seq, room_id), _newest(messages.c.rev, room_id))
    row = sql.execute(_of_rooms(user_id, [(room_id, read_seq)]).add_columns(*newest)).one()
    return Counted(row.unread, row.mentions, row.seq, row.rev)


def of_thread(sql: Connection, user_id: UserId, thread_id: str, read_seq: int) -> tuple[int, int]:
    """The same of one thread."""
    unread = _counted(_unread(user_id).where(*_in_thread(messages, thread_id, read_seq)))
    called = _counted(_called(user_id).where(*_in_thread(mentions, thread_id, read_seq)))
    row = sql.execute(select(unread, called)).one()
    return row[0], row[1]


def followed_threads(sql: Connection, user_id: UserId) -> list[wire.FollowedThread]:
    """The threads that the user follows, the one answered last first."""
    last_seq = (
        select(func.max(messages.c.seq))
        .where(messages.c.thread_id == thread_reads.c.thread_id)
        .scalar_subquery()
        .label("last_seq")
    )
    place = (thread_reads.c.room_id, thread_reads.c.thread_id, thread_reads.c.read_seq)
    query = select(*place, last_seq).where(thread_reads.c.user_id == user_id)
    rows = sql.execute(query.order_by(last_seq.desc()).limit(THREADS_MAX)).all()
    threads = []
    for row in rows:
        if row.last_seq is not None:
            unread, called = of_thread(sql, user_id, row.thread_id, row.read_seq)
            threads.append(wire.FollowedThread(*row_of(row), unread=unread, mentions=called))
    return threads


def as_kept(
    sql: Connection, user_id: UserId, thread: wire.FollowedThread, first_seq: int
) -> wire.FollowedThread:
    """The thread with what its room keeps no more as read: it may not be swept yet."""
    if thread.read_seq >= first_seq - 1:
        return thread
    unread, called = of_thread(sql, user_id, thread.thread_id, first_seq - 1)
    return replace(thread, read_seq=first_seq - 1, unread=unread, mentions=called)


def row_of(row: Any) -> tuple[str, str, int, int]:  # Any: a row, in the order of its query
    """The fields of a followed thread that are stored."""
    return row.room_id, row.thread_id, row.last_seq, row.read_seq


def _of_rooms(user_id: UserId, reads: Sequence[tuple[RoomId, int]]) -> Select[Any]:
    place = values(column("room_id", String), column("read_seq", BigInteger), name="place")
    asked = place.data(list(reads)).cte("asked")
    unread = _counted(_unread(user_id).where(*_in_room(messages, asked)), asked)
    called = _counted(_called(user_id).where(*_in_room(mentions, asked)), asked)
    return select(asked.c.room_id, unread.label("unread"), called.label("mentions"))


def _newest(column: Column[Any], room_id: RoomId) -> Label[int]:  # Any: as models.py has it
    newest = select(func.coalesce(func.max(column), 0)).where(messages.c.room_id == room_id)
    return newest.scalar_subquery().label(column.name)


def _unread(user_id: UserId) -> Select[Any]:
    return select(literal(1).label("one")).where(
        messages.c.author_id != user_id, messages.c.deleted_at_ms.is_(None)
    )


def _called(user_id: UserId) -> Select[Any]:
    return select(literal(1).label("one")).where(mentions.c.user_id == user_id)


def _in_room(table: Any, asked: CTE) -> tuple[Any, ...]:  # Any: either table, and conditions
    is_there = table.c.room_id == asked.c.room_id
    return is_there, table.c.seq > asked.c.read_seq, table.c.thread_id.is_(None)


def _in_thread(table: Any, thread_id: str, read_seq: int) -> tuple[Any, ...]:  # as above
    return table.c.thread_id == thread_id, table.c.seq > read_seq


def _counted(found: Select[Any], *of: CTE) -> ScalarSelect[int]:
    """How many, at most UNREAD_MAX."""
    some = found.limit(UNREAD_MAX).correlate(*of).subquery()
    return select(func.count()).select_from(some).scalar_subquery()


def _chunks(
    reads: Sequence[tuple[RoomId, int]],
) -> Iterator[Sequence[tuple[RoomId, int]]]:
    for start in range(0, len(reads), _CHUNK):
        yield reads[start : start + _CHUNK]
