"""Pages of a room: its history both ways, and what a client lacks.

The rule of the file: the head is read before the messages, so what is told is never older than
the rev that is told with it. It only reads, within the caller's transaction.
"""

from dataclasses import dataclass

from msgspec import UNSET
from sqlalchemy import ColumnElement, Connection, func, select

from chat import wire
from chat.ids import RoomId
from chat.messages.models import message_edits, messages
from chat.messages.rows import messages_with_authors, read
from chat.terms import Head

_SAID = (message_edits.c.body, message_edits.c.html, message_edits.c.body_rev)
RESET_PAGE = 50  # messages that a reset brings


@dataclass(frozen=True, slots=True)
class Held:
    """How far a client holds a room without a hole; rev is None for who does not count revs."""

    seq: int
    rev: int | None


def history(sql: Connection, room_id: RoomId, query: wire.HistoryQuery, rev: int) -> wire.History:
    """The page in seq order, as of rev at least: the newest, or those before or after a seq."""
    return _history(sql, messages.c.room_id == room_id, query, rev)


def thread_page(sql: Connection, root_id: str, query: wire.HistoryQuery, rev: int) -> wire.History:
    """The same of the answers to one root."""
    return _history(sql, messages.c.thread_id == root_id, query, rev)


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


def _history(
    sql: Connection, where: ColumnElement[bool], query: wire.HistoryQuery, rev: int
) -> wire.History:
    found = _page(sql, where, query, query.limit + 1)
    page = found[: query.limit]
    if query.after is None:
        page.reverse()
    return wire.History(messages=page, has_more=len(found) > query.limit, rev=rev)


def tail(sql: Connection, room_id: RoomId, held: Held, head: Head, budget: int) -> wire.Tail:
    """What is missing between held and head, at most budget messages, else a reset."""
    if held.seq == head.seq and held.rev in (None, head.rev):
        return wire.Tail(messages=[], reset=False, rev=head.rev)
    changed_count = _count_changed(sql, room_id, held, head)
    if not 0 <= head.seq - held.seq <= min(wire.TAIL_MAX, budget) or changed_count is None:
        return _reset(sql, room_id, head, max(1, min(RESET_PAGE, budget)))
    after, of_room = wire.HistoryQuery(after=held.seq), messages.c.room_id == room_id
    return wire.Tail(
        messages=_page(sql, of_room, after, wire.TAIL_MAX) if head.seq > held.seq else [],
        changed=_changed(sql, room_id, held) if changed_count else UNSET,
        reset=False,
        rev=head.rev,
    )


def _reset(sql: Connection, room_id: RoomId, head: Head, limit: int) -> wire.Tail:
    newest = _page(sql, messages.c.room_id == room_id, wire.HistoryQuery(), limit)
    return wire.Tail(messages=newest[::-1], reset=True, rev=head.rev)


def _page(
    sql: Connection, where: ColumnElement[bool], query: wire.HistoryQuery, limit: int
) -> list[wire.Message]:
    """At most limit messages, the nearest to the seq asked for first."""
    found = messages_with_authors().where(where).limit(limit)
    if query.after is not None:
        found = found.where(messages.c.seq > query.after).order_by(messages.c.seq)
    else:
        if query.before is not None:
            found = found.where(messages.c.seq < query.before)
        found = found.order_by(messages.c.seq.desc())
    return read(sql, found)


def _count_changed(sql: Connection, room_id: RoomId, held: Held, head: Head) -> int | None:
    """How many held messages changed since; None when that cannot be told one by one."""
    if held.rev is None:
        return 0
    if held.rev > head.rev:  # a database that was restored from a copy
        return None
    query = select(messages.c.id).where(_is_changed(room_id, held)).limit(wire.CHANGED_MAX + 1)
    count: int = sql.execute(select(func.count()).select_from(query.subquery())).scalar_one()
    return None if count > wire.CHANGED_MAX else count


def _changed(sql: Connection, room_id: RoomId, held: Held) -> list[wire.Message]:
    query = messages_with_authors().where(_is_changed(room_id, held))
    return read(sql, query.order_by(messages.c.rev))


def _is_changed(room_id: RoomId, held: Held) -> ColumnElement[bool]:
    is_held = messages.c.seq <= held.seq
    return (messages.c.room_id == room_id) & (messages.c.rev > held.rev) & is_held
