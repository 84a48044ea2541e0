"""Messages: history, threads, and what a client lacks.

The rule of the file: it reads. Posting (`posting.py`) and what happens to a message later
(`changes.py`) have files of their own. Source: docs/adr/0009.
"""

from collections.abc import Collection, Mapping

import msgspec
from msgspec import UNSET
from sqlalchemy import Connection, select

from chat import wire
from chat.blocking import RunBlocking
from chat.clock import Clock
from chat.db import Database
from chat.errors import Invalid, NotFound
from chat.ids import RoomId, UserId
from chat.messages import mentions
from chat.messages.models import messages
from chat.messages.needs import Index, Rooms, Tell
from chat.messages.pages import (
    REMOVED,
    Budget,
    Held,
    around,
    history,
    require_kept,
    seq_at,
    tail,
    thread_page,
    versions,
)
from chat.messages.posting import Posting
from chat.messages.rows import messages_with_authors, read, read_one
from chat.terms import Head, Identity

_PLACES = ("before", "after", "around", "at_ms")


class Messages:
    """The messages of one Rollcall."""

    def __init__(
        self,
        db: Database,
        rooms: Rooms,
        now_ms: Clock,
        run_blocking: RunBlocking,
        tell: Tell,
        *,
        mentioned: mentions.Mentions,
        index: Index,
        gather_s: float = 0.0,
    ) -> None:
        """gather_s: see Posting; with 0 only what comes during a commit shares the next one."""
        self._db = db
        self._rooms = rooms
        self._posting = Posting(
            db,
            rooms,
            now_ms,
            run_blocking,
            tell,
            mentioned=mentioned,
            index=index,
            gather_s=gather_s,
        )

    def post(self, author: Identity, request: wire.MessagePost) -> tuple[wire.Message, bool]:
        """The message is committed and on its way; returns it, and whether it is new.

        See Posting.post."""
        return self._posting.post(author, request)

    def history(self, reader: Identity, room_id: RoomId, query: wire.HistoryQuery) -> wire.History:
        """A page of the room in seq order: the newest, those before or after a seq, or around one.

        Raises Invalid when more than one place is given, NotFound (also around a message that is
        kept no more), NotMember."""
        _require_one_side(query)
        with self._db.reading() as sql:
            head = self._rooms.require_member(sql, room_id, reader.user_id)
            seq = _middle(sql, room_id, query, head)
            if seq is None:
                return history(sql, room_id, query, head)
            return around(sql, room_id, seq, query.limit, head)

    def since(self, reader: Identity, request: wire.MessageSince) -> wire.Since:
        """What the client lacks of each room, from one moment; rooms that are not his are left out.

        The room itself, too, when its settings or members changed. A tail of at most TAIL_MAX
        messages, else a reset with the newest page. A seq or rev ahead of the room's own (a
        database restored from a copy) is a reset too. What is beyond the bytes of a Budget is left
        out, and asked for again."""
        revs = request.revs or {}
        asked = {RoomId(one): Held(seq, revs.get(one)) for one, seq in request.rooms.items()}
        tails: dict[str, wire.Tail] = {}
        budget = Budget()
        with self._db.reading() as sql:
            heads = self._rooms.heads_within(sql, reader.user_id, asked)
            rooms = self._rooms.changed_since(sql, reader.user_id, _behind(asked, heads))
            for room_id, head in heads.items():
                if budget.size_bytes <= 0:
                    break
                found = tail(sql, room_id, asked[room_id], head, budget)
                budget.spend(found)
                room = rooms.get(room_id, UNSET)
                tails[room_id] = msgspec.structs.replace(found, room=room)
        return wire.Since(rooms=tails)

    def get(self, reader: Identity, message_id: str) -> wire.Message:
        """The message as it is now. Raises NotFound, NotMember."""
        with self._db.reading() as sql:
            self._require_readable(sql, reader, message_id)
            return read_one(sql, message_id)

    def readable(
        self, sql: Connection, reader_id: UserId, message_ids: Collection[str]
    ) -> list[wire.Message]:
        """Those of the messages that stand and whose room the reader is a member of, whole."""
        standing = messages.c.id.in_(message_ids) & messages.c.deleted_at_ms.is_(None)
        found = read(sql, messages_with_authors().where(standing))
        room_ids = {RoomId(message.room_id) for message in found}
        heads = self._rooms.heads_within(sql, reader_id, room_ids)
        return [
            message
            for message in found
            if (head := heads.get(RoomId(message.room_id))) and message.seq >= head.first_seq
        ]

    def versions(self, reader: Identity, message_id: str) -> wire.MessageVersions:
        """All that the message ever said, oldest first; nothing once it was deleted.

        Raises NotFound, NotMember."""
        with self._db.reading() as sql:
            self._require_readable(sql, reader, message_id)
            return versions(sql, message_id)

    def thread(self, reader: Identity, root_id: str, query: wire.HistoryQuery) -> wire.ThreadPage:
        """A page of the answers to a message. Raises Invalid, NotFound, NotMember."""
        _require_one_side(query)
        with self._db.reading() as sql:
            head = self._require_readable(sql, reader, root_id)
            page = thread_page(sql, root_id, query, head)
            return wire.ThreadPage(
                root=read_one(sql, root_id),
                messages=page.messages,
                has_more=page.has_more,
                rev=page.rev,
            )

    def pinned(self, reader: Identity, room_id: RoomId) -> wire.MessageList:
        """What is pinned to the room, the one pinned last first. Raises NotFound, NotMember."""
        query = messages_with_authors().where(
            messages.c.room_id == room_id, messages.c.pinned_at_ms.is_not(None)
        )
        query = query.order_by(messages.c.pinned_at_ms.desc(), messages.c.seq.desc())
        with self._db.reading() as sql:
            head = self._rooms.require_member(sql, room_id, reader.user_id)
            found = read(sql, query.where(messages.c.seq >= head.first_seq))
        return wire.MessageList(messages=found, has_more=False)

    def _require_readable(self, sql: Connection, reader: Identity, message_id: str) -> Head:
        query = select(messages.c.room_id, messages.c.seq, messages.c.deleted_at_ms)
        row = sql.execute(query.where(messages.c.id == message_id)).one_or_none()
        if row is None:
            raise NotFound
        head = self._rooms.require_member(sql, RoomId(row.room_id), reader.user_id)
        require_kept(row, head)
        return head


def _behind(asked: Mapping[RoomId, Held], heads: Mapping[RoomId, Head]) -> dict[RoomId, int]:
    """The revs that are held of rooms that have another by now."""
    revs = ((room_id, asked[room_id].rev, head.rev) for room_id, head in heads.items())
    return {room_id: held for room_id, held, rev in revs if held is not None and held != rev}


def _middle(sql: Connection, room_id: RoomId, query: wire.HistoryQuery, head: Head) -> int | None:
    """The message that the page is to be around; None when it has a beginning or an end instead."""
    if not isinstance(query, wire.RoomHistoryQuery):
        return None
    if query.at_ms is not None:
        return seq_at(sql, room_id, query.at_ms, head)
    if query.around is None:
        return None
    if 0 < query.around < head.first_seq:
        raise NotFound(REMOVED)
    return min(query.around, head.seq)


def _require_one_side(query: wire.HistoryQuery) -> None:
    given = [name for name in _PLACES if getattr(query, name, None) is not None]
    if len(given) > 1:
        raise Invalid(f"Give {given[0]} or {given[1]}, not both.", field=given[0])
