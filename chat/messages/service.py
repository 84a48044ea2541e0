"""Messages: post, history, and what a client lacks.

The rules of the file: one transaction takes the seq and inserts the message, and only what it
committed is told to anybody; the same (room, author, client id) is one message for ever.
No Redis here: a post costs one SQL transaction. Source: docs/WALKS.md 4; docs/adr/0009.
Not here: what happens to a message later (`changes.py`).
"""

from collections.abc import Collection, Mapping
from typing import Any

import msgspec
from msgspec import UNSET
from sqlalchemy import Connection, insert, select, update
from sqlalchemy.exc import IntegrityError

from chat import wire
from chat.blocking import RunBlocking
from chat.buckets import Buckets, Limit
from chat.clock import Clock
from chat.db import Database
from chat.errors import Archived, Invalid, Muted, NotFound, RateLimited, ReadOnly, SlowMode
from chat.ids import MessageId, RoomId, UserId, new_id
from chat.messages import mentions
from chat.messages.markdown import RENDERER, Rendered, render_anywhere
from chat.messages.models import messages
from chat.messages.needs import Rooms, Tell
from chat.messages.pages import Held, history, tail, thread_page, versions
from chat.messages.rows import messages_with_authors, person, read, read_one, to_wire
from chat.messages.threads import answered, require_root
from chat.terms import Head, Identity
from chat.text import clean_body

POSTS_OF_USER = Limit(rate=60, burst=400)  # posts a second, on one worker
POSTS_OF_ROOM = Limit(rate=600, burst=3000)
SINCE_BUDGET = 3000  # messages one `message:since` brings; rooms beyond it are reset

_INSERT = insert(messages)  # built once: building it costs more than SQLite takes to run it


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
    ) -> None:
        self._db = db
        self._rooms = rooms
        self._now_ms = now_ms
        self._run_blocking = run_blocking
        self._tell = tell
        self._mentions = mentioned
        self._of_user = Buckets(POSTS_OF_USER)
        self._of_room = Buckets(POSTS_OF_ROOM)

    def post(self, author: Identity, request: wire.MessagePost) -> tuple[wire.Message, bool]:
        """The message is committed and on its way; returns it, and whether it is new.

        A client id that the author used in the room before gives the first message again, as it is
        now, whatever the body, and though he may not post any more. Raises Invalid, RateLimited,
        NotFound, NotMember, Archived, ReadOnly, Muted, SlowMode; then nothing was stored."""
        room_id = RoomId(request.room_id)
        self._slow_down(author.user_id, room_id)
        row, rendered, reach = self._new_row(author, request)
        root: wire.Message | None = None
        try:
            with self._db.transaction() as sql:
                head = self._rooms.next_seq(sql, room_id, author.user_id)
                row.update(seq=head.seq, rev=head.rev, body_rev=head.rev)
                _require_in_room(sql, request.reply_to, room_id)
                sql.execute(_INSERT, row)
                mentions.store(sql, row, rendered, reach)
                if request.thread_id is not None:
                    root = self._answered(sql, row, rendered.user_ids)
        except (IntegrityError, Archived, ReadOnly, Muted, SlowMode) as refusal:
            return self._posted_before(author, request, refusal), False
        message = to_wire(row, person(author))
        self._tell.to_room(room_id, "message:new", message)
        if root is not None:
            self._tell.to_room(room_id, "message:changed", root)
        return message, True

    def history(self, reader: Identity, room_id: RoomId, query: wire.HistoryQuery) -> wire.History:
        """A page of the room in seq order: the newest, or those before or after a seq.

        Raises Invalid when both are given, NotFound, NotMember."""
        _require_one_side(query)
        with self._db.reading() as sql:
            head = self._rooms.require_member(sql, room_id, reader.user_id)
            return history(sql, room_id, query, head.rev)

    def since(self, reader: Identity, request: wire.MessageSince) -> wire.Since:
        """What the client lacks of each room, from one moment; rooms that are not his are left out.

        The room itself, too, when its settings or members changed. A tail of at most TAIL_MAX
        messages, else a reset with the newest page. A seq or rev ahead of the room's own (a
        database restored from a copy) is a reset too."""
        revs = request.revs or {}
        asked = {RoomId(one): Held(seq, revs.get(one)) for one, seq in request.rooms.items()}
        tails: dict[str, wire.Tail] = {}
        budget = SINCE_BUDGET
        with self._db.reading() as sql:
            heads = self._rooms.heads_within(sql, reader.user_id, asked)
            rooms = self._rooms.changed_since(sql, reader.user_id, _behind(asked, heads))
            for room_id, head in heads.items():
                found = tail(sql, room_id, asked[room_id], head, budget)
                budget -= len(found.messages) + len(found.changed or ())
                room = rooms.get(room_id, UNSET)
                tails[room_id] = msgspec.structs.replace(found, room=room)
        return wire.Since(rooms=tails)

    def get(self, reader: Identity, message_id: str) -> wire.Message:
        """The message as it is now. Raises NotFound, NotMember."""
        with self._db.reading() as sql:
            self._require_readable(sql, reader, message_id)
            return read_one(sql, message_id)

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
            page = thread_page(sql, root_id, query, head.rev)
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
        with self._db.reading() as sql:
            self._rooms.require_member(sql, room_id, reader.user_id)
            found = read(sql, query.order_by(messages.c.pinned_at_ms.desc(), messages.c.seq.desc()))
        return wire.MessageList(messages=found, has_more=False)

    def _require_readable(self, sql: Connection, reader: Identity, message_id: str) -> Head:
        query = select(messages.c.room_id).where(messages.c.id == message_id)
        room_id = sql.execute(query).scalar_one_or_none()
        if room_id is None:
            raise NotFound
        return self._rooms.require_member(sql, RoomId(room_id), reader.user_id)

    def _slow_down(self, user_id: UserId, room_id: RoomId) -> None:
        now = self._now_ms()
        wait_s = self._of_user.take(user_id, now) or self._of_room.take(room_id, now)
        if wait_s:
            raise RateLimited(retry_after_s=wait_s)

    def _new_row(
        self, author: Identity, request: wire.MessagePost
    ) -> tuple[dict[str, Any], Rendered, mentions.Reach]:
        """The row without its seq; what it says, and whom it may call."""
        body = clean_body(request.body)
        reach = self._mentions.reach(RoomId(request.room_id), body)
        rendered = render_anywhere(body, self._run_blocking, reach.callees)
        now = self._now_ms()
        row = {
            "id": MessageId(new_id(now)),
            "room_id": request.room_id,
            "author_id": author.user_id,
            "client_id": request.client_id,
            "body": body,
            "html": rendered.html,
            "renderer": RENDERER,
            "reply_to": request.reply_to,
            "thread_id": request.thread_id,
            "mentions": mentions.on_wire(rendered),
            "at_ms": now,
        }
        return row, rendered, reach

    def _answered(
        self, sql: Connection, answer: dict[str, Any], called: Collection[str]
    ) -> wire.Message:
        """The root of a thread has one answer more. Raises Invalid when it can have none."""
        root_id, room_id = answer["thread_id"], RoomId(answer["room_id"])
        require_root(sql, root_id, room_id)
        answered(sql, answer, called)
        rev = self._rooms.next_rev(sql, room_id)
        sql.execute(update(messages).where(messages.c.id == root_id).values(rev=rev))
        return read_one(sql, root_id)

    def _posted_before(
        self, author: Identity, request: wire.MessagePost, refusal: Exception
    ) -> wire.Message:
        """The first message of that client id; raises the refusal when there is none."""
        query = messages_with_authors().where(
            messages.c.room_id == request.room_id,
            messages.c.author_id == author.user_id,
            messages.c.client_id == request.client_id,
        )
        with self._db.reading() as sql:
            found = read(sql, query)
        if not found:
            raise refusal
        return found[0]


def _behind(asked: Mapping[RoomId, Held], heads: Mapping[RoomId, Head]) -> dict[RoomId, int]:
    """The revs that are held of rooms that have another by now."""
    revs = ((room_id, asked[room_id].rev, head.rev) for room_id, head in heads.items())
    return {room_id: held for room_id, held, rev in revs if held is not None and held != rev}


def _require_one_side(query: wire.HistoryQuery) -> None:
    if query.before is not None and query.after is not None:
        raise Invalid("Give before or after, not both.", field="before")


def _require_in_room(sql: Connection, message_id: str | None, room_id: RoomId) -> None:
    if message_id is None:
        return
    query = select(messages.c.id).where(messages.c.id == message_id, messages.c.room_id == room_id)
    if sql.execute(query).first() is None:
        raise Invalid("The message replied to is not in this room.", field="reply_to")
