"""Pages of a room: its history both ways and around a message, and what a client lacks.

The rule of the file: the head is read before the messages, so what is told is never older than
the rev that is told with it. It only reads, within the caller's transaction.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final

import msgspec
from msgspec import UNSET, UnsetType
from sqlalchemy import (
    Column,
    ColumnElement,
    Connection,
    and_,
    bindparam,
    func,
    select,
    text,
)

from chat import wire
from chat.errors import NotFound
from chat.ids import RoomId
from chat.messages.models import message_edits, messages
from chat.messages.rows import Row, messages_with_authors, named, read, whole
from chat.prepared import Prepared
from chat.terms import Head

_SAID = (message_edits.c.body, message_edits.c.html, message_edits.c.body_rev)
REMOVED = "The message was removed: this room keeps its messages for some days only."
_AFTER_ALL: Final = 2**63 - 1  # no seq is as great
RESET_PAGE = 50  # messages that a reset brings
SINCE_MESSAGES = 3000  # that one `message:since` brings; rooms beyond it are reset
# Of them as JSON. A quarter of what a slow reader may owe (outgoing.OWED_MAX_BYTES): an answer that
# cost him his connection would be asked for again after it.
SINCE_BYTES = 262_144
_IS_EARLIER = (  # the first message from the middle on; where none is left there is none earlier
    "coalesce((SELECT at_ms FROM messages WHERE room_id = :room_id AND seq >= (low + high) / 2"
    " ORDER BY seq LIMIT 1) < :at_ms, false)"
)
_HALVING = text(
    "WITH RECURSIVE halving(low, high) AS ("  # noqa: S608
    " SELECT CAST(:low AS BIGINT), CAST(:high AS BIGINT) UNION ALL"
    f" SELECT CASE WHEN {_IS_EARLIER} THEN (low + high) / 2 + 1 ELSE low END,"
    f" CASE WHEN {_IS_EARLIER} THEN high ELSE (low + high) / 2 END"
    " FROM halving WHERE low < high) SELECT max(low) FROM halving"
)


@dataclass(frozen=True, slots=True)
class Place:
    """Where messages stand in an order of their own: a room, or a thread in it."""

    name: str  # its id
    downwards: Prepared  # both ask for name, least, before and limit
    upwards: Prepared


@dataclass(frozen=True, slots=True)
class Held:
    """How far a client holds a room without a hole; rev is None for who does not count revs."""

    seq: int
    rev: int | None


@dataclass(slots=True)
class Budget:
    """What one answer may still bring."""

    messages: int = SINCE_MESSAGES
    size_bytes: int = SINCE_BYTES

    def spend(self, tail: wire.Tail) -> None:
        """So much less is left."""
        told = told_in(tail)
        self.messages -= len(told)
        self.size_bytes -= size_of(told)


def told_in(tail: wire.Tail) -> list[wire.Message]:
    """All messages of it."""
    return [*(tail.changed or ()), *tail.messages]


def size_of(told: Iterable[wire.Message]) -> int:
    """How many bytes they are on the wire."""
    return sum(len(msgspec.json.encode(message)) for message in told)


def require_kept(row: Any, head: Head) -> None:  # Any: a row that has these columns
    """The message is kept, or a stub that its answers or a resend need. Raises NotFound.

    row: seq and deleted_at_ms."""
    if row.seq < head.first_seq and row.deleted_at_ms is None:
        raise NotFound(REMOVED)


def has_said(sql: Connection, message_id: str, body: str) -> bool:
    """Whether the message says that now, or ever said it; a deleted one may have said anything."""
    now = (messages.c.body == body) | messages.c.deleted_at_ms.is_not(None)
    standing = select(messages.c.id).where(messages.c.id == message_id, now)
    earlier = select(message_edits.c.message_id).where(
        message_edits.c.message_id == message_id, message_edits.c.body == body
    )
    return sql.execute(standing.union_all(earlier).limit(1)).first() is not None


def history(sql: Connection, room_id: RoomId, query: wire.HistoryQuery, head: Head) -> wire.History:
    """The page in seq order, as of head at least: the newest, or those before or after a seq."""
    return _history(sql, _in_room(room_id), query, head)


def around(sql: Connection, room_id: RoomId, seq: int, limit: int, head: Head) -> wire.History:
    """At most limit messages with seq in their middle, or as near to it as the room has any."""
    of_room = _in_room(room_id)
    older_limit = limit // 2 + 1  # seq itself is among them
    older = _found(sql, of_room, wire.HistoryQuery(before=seq + 1), older_limit + 1, head)
    newer_limit = limit - min(len(older), older_limit)
    newer = _found(sql, of_room, wire.HistoryQuery(after=seq), newer_limit + 1, head)
    return wire.History(
        messages=whole(sql, [*older[:older_limit][::-1], *newer[:newer_limit]]),
        has_more=len(older) > older_limit,
        has_newer=len(newer) > newer_limit,
        target_seq=seq,
        rev=head.rev,
        first_seq=_first_seq(head),
    )


def seq_at(sql: Connection, room_id: RoomId, at_ms: int, head: Head) -> int:
    """The first kept message at that time or later; the room's last when there is none.

    Times rise with the seqs of a room but for the few ms in which two were posted at once. Halving
    needs no index on the way in. Cost: one statement, 42 index look-ups in a room of a million."""
    asked = {"room_id": room_id, "at_ms": at_ms, "low": head.first_seq, "high": head.seq}
    seq: int = sql.execute(_HALVING, asked).scalar_one()
    return seq


def thread_page(
    sql: Connection, root_id: str, query: wire.HistoryQuery, head: Head
) -> wire.History:
    """The same of the answers to one root."""
    return _history(sql, Place(root_id, *_OF_THREAD), query, head)


def versions(sql: Connection, message_id: str) -> wire.MessageVersions:
    """All that the message said, oldest first."""
    current = (messages.c.edited_at_ms, messages.c.at_ms)
    earlier = select(*_SAID, message_edits.c.at_ms).where(message_edits.c.message_id == message_id)
    found = sql.execute(earlier.order_by(message_edits.c.body_rev)).all()
    now = select(messages.c.body, messages.c.html, messages.c.body_rev, func.coalesce(*current))
    standing = (messages.c.id == message_id) & messages.c.deleted_at_ms.is_(None)
    found = [*found, *sql.execute(now.where(standing))]
    return wire.MessageVersions(
        versions=[
            wire.MessageVersion(body=body, html=html, body_rev=body_rev, at_ms=at_ms)
            for body, html, body_rev, at_ms in found
        ]
    )


def _in_room(room_id: RoomId) -> Place:
    return Place(room_id, *_OF_ROOM)


def _history(sql: Connection, place: Place, query: wire.HistoryQuery, head: Head) -> wire.History:
    found = _page(sql, place, query, query.limit + 1, head)
    page = found[: query.limit]
    if query.after is None:
        page.reverse()
    return wire.History(
        messages=page,
        has_more=len(found) > query.limit,
        rev=head.rev,
        first_seq=_first_seq(head),
    )


def tail(sql: Connection, room_id: RoomId, held: Held, head: Head, budget: Budget) -> wire.Tail:
    """What is missing between held and head if it fits the budget, else a reset with what does.

    A reset brings one message at least, if any is kept."""
    if held.seq == head.seq and held.rev in (None, head.rev):
        return _tail(head, [])
    longest = min(wire.TAIL_MAX, budget.messages)
    if held.seq + 1 < head.first_seq or not 0 <= head.seq - held.seq <= longest:
        return _reset(sql, room_id, head, budget)
    changed_count = _count_changed(sql, room_id, held, head)
    if changed_count is None:
        return _reset(sql, room_id, head, budget)
    after, of_room = wire.HistoryQuery(after=held.seq), _in_room(room_id)
    found = _tail(
        head,
        _page(sql, of_room, after, wire.TAIL_MAX, head) if head.seq > held.seq else [],
        changed=_changed(sql, room_id, held, head) if changed_count else UNSET,
    )
    fits = size_of(told_in(found)) <= budget.size_bytes
    return found if fits else _reset(sql, room_id, head, budget)


def _reset(sql: Connection, room_id: RoomId, head: Head, budget: Budget) -> wire.Tail:
    limit = max(1, min(RESET_PAGE, budget.messages))
    newest = _page(sql, _in_room(room_id), wire.HistoryQuery(), limit, head)
    left_bytes = budget.size_bytes
    fitting = 0
    for message in newest:
        left_bytes -= size_of([message])
        if left_bytes < 0:
            break
        fitting += 1
    return _tail(head, newest[: max(1, fitting)][::-1], reset=True)


def _tail(
    head: Head,
    found: list[wire.Message],
    *,
    reset: bool = False,
    changed: list[wire.Message] | UnsetType = UNSET,
) -> wire.Tail:
    return wire.Tail(found, reset, head.rev, changed, first_seq=_first_seq(head))


def _first_seq(head: Head) -> int | UnsetType:
    return head.first_seq if head.first_seq > 1 else UNSET


def _page(
    sql: Connection, place: Place, query: wire.HistoryQuery, limit: int, head: Head
) -> list[wire.Message]:
    """At most limit messages that are kept, the nearest to the seq asked for first."""
    return whole(sql, _found(sql, place, query, limit, head))


def _found(
    sql: Connection, place: Place, query: wire.HistoryQuery, limit: int, head: Head
) -> Sequence[Row]:
    """The rows of such a page."""
    asked = {"name": place.name, "least": head.first_seq, "before": _AFTER_ALL, "limit": limit}
    if query.before is not None:
        asked["before"] = query.before
    if query.after is None:
        return named(place.downwards.rows(sql, asked))
    asked["least"] = max(head.first_seq, query.after + 1)
    return named(place.upwards.rows(sql, asked))


def _count_changed(sql: Connection, room_id: RoomId, held: Held, head: Head) -> int | None:
    """How many held messages changed since; None when that cannot be told one by one."""
    if held.rev is None:
        return 0
    if held.rev > head.rev:  # a database that was restored from a copy
        return None
    changed = _is_changed(room_id, held, head)
    query = select(messages.c.id).where(changed).limit(wire.CHANGED_MAX + 1)
    count: int = sql.execute(select(func.count()).select_from(query.subquery())).scalar_one()
    return None if count > wire.CHANGED_MAX else count


def _changed(sql: Connection, room_id: RoomId, held: Held, head: Head) -> list[wire.Message]:
    query = messages_with_authors().where(_is_changed(room_id, held, head))
    return read(sql, query.order_by(messages.c.rev))


def _is_changed(room_id: RoomId, held: Held, head: Head) -> ColumnElement[bool]:
    """Found by rev. The seq is no way in: it would lead through all that is held."""
    is_held = (messages.c.seq + 0).between(head.first_seq, held.seq)
    return and_(messages.c.room_id == room_id, messages.c.rev > held.rev, is_held)


def _both_ways(column: Column[str]) -> tuple[Prepared, Prepared]:
    """The statements for a page, downwards and upwards, of the messages that the column names.

    One least seq is asked for: of two, SQLite takes the first for its way into the index, and read
    a million rows to leave them out (tests/chat/messages/test_plans.py)."""
    seq = messages.c.seq
    found = messages_with_authors().where(column == bindparam("name"), seq >= bindparam("least"))
    found = found.where(seq < bindparam("before")).limit(bindparam("limit"))
    return Prepared(found.order_by(seq.desc())), Prepared(found.order_by(seq))


_OF_ROOM: Final = _both_ways(messages.c.room_id)
_OF_THREAD: Final = _both_ways(messages.c.thread_id)
