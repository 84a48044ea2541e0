"""Messages: post, history, and what a client lacks.

The rules of the file: one transaction takes the seq and inserts the message, and only what it
committed is told to anybody; the same (room, author, client id) is one message for ever.
No Redis here: a post costs one SQL transaction. Source: docs/WALKS.md 4; docs/adr/0009.
"""

from collections.abc import Callable, Collection, Mapping
from typing import Any, Protocol

from msgspec import UNSET
from sqlalchemy import Connection, RowMapping, Select, insert, select
from sqlalchemy.exc import IntegrityError

from chat import wire
from chat.accounts.models import users
from chat.blocking import RunBlocking
from chat.buckets import Buckets, Limit
from chat.clock import Clock
from chat.db import Database
from chat.errors import Invalid, RateLimited
from chat.ids import MessageId, RoomId, UserId, new_id
from chat.messages.markdown import RENDERER, render_anywhere
from chat.messages.models import messages
from chat.terms import Identity
from chat.text import clean_body

POSTS_OF_USER = Limit(rate=60, burst=400)  # posts a second, on one worker
POSTS_OF_ROOM = Limit(rate=600, burst=3000)
RESET_PAGE = 50  # messages that a reset brings
SINCE_BUDGET = 3000  # messages one `message:since` brings; rooms beyond it are reset

_INSERT = insert(messages)  # built once: building it costs more than SQLite takes to run it


class Seqs(Protocol):
    """What messages need of rooms, within their own transaction."""

    def next_seq(self, sql: Connection, room_id: RoomId, author_id: UserId) -> int:
        """Take the room's next seq for a member. Raises NotFound, NotMember."""

    def require_member(self, sql: Connection, room_id: RoomId, user_id: UserId) -> None:
        """The user is a member of the room. Raises NotFound, NotMember."""

    def heads_within(
        self, sql: Connection, user_id: UserId, room_ids: Collection[RoomId]
    ) -> dict[RoomId, int]:
        """The newest seq of those of the rooms that the user is a member of."""


Posts = Callable[[RoomId, wire.Message], None]
"""Brings a committed message to the members of the room; returns at once."""


class Messages:
    """The messages of one Rollcall."""

    def __init__(
        self, db: Database, rooms: Seqs, now_ms: Clock, run_blocking: RunBlocking, tell: Posts
    ) -> None:
        self._db = db
        self._rooms = rooms
        self._now_ms = now_ms
        self._run_blocking = run_blocking
        self._tell = tell
        self._of_user = Buckets(POSTS_OF_USER)
        self._of_room = Buckets(POSTS_OF_ROOM)

    def post(self, author: Identity, request: wire.MessagePost) -> tuple[wire.Message, bool]:
        """The message is committed and on its way; returns it, and whether it is new.

        A client id that the author used in the room before gives the first message again, whatever
        the body. Raises Invalid, RateLimited, NotFound, NotMember; then nothing was stored."""
        room_id = RoomId(request.room_id)
        self._slow_down(author.user_id, room_id)
        row = self._new_row(author, request)
        try:
            with self._db.transaction() as sql:
                row["seq"] = self._rooms.next_seq(sql, room_id, author.user_id)
                _require_in_room(sql, request.reply_to, room_id)
                sql.execute(_INSERT, row)
        except IntegrityError as twice:
            return self._posted_before(author, request, twice), False
        message = _to_wire(row, _person(author))
        self._tell(room_id, message)
        return message, True

    def history(self, reader: Identity, room_id: RoomId, query: wire.HistoryQuery) -> wire.History:
        """A page of the room in seq order: the newest, or those before or after a seq.

        Raises Invalid when both are given, NotFound, NotMember."""
        if query.before is not None and query.after is not None:
            raise Invalid("Give before or after, not both.", field="before")
        with self._db.reading() as sql:
            self._rooms.require_member(sql, room_id, reader.user_id)
            found = _page(sql, room_id, query, query.limit + 1)
        return _history(found, query)

    def since(self, reader: Identity, request: wire.MessageSince) -> wire.Since:
        """What the client lacks of each room, from one moment; rooms that are not his are left out.

        A tail of at most TAIL_MAX messages, else a reset with the newest page. A seq ahead of the
        room's own (a database restored from a copy) is a reset too."""
        asked = {RoomId(room_id): seq for room_id, seq in request.rooms.items()}
        tails: dict[str, wire.Tail] = {}
        budget = SINCE_BUDGET
        with self._db.reading() as sql:
            heads = self._rooms.heads_within(sql, reader.user_id, asked)
            for room_id, last_seq in heads.items():
                tail = _tail(sql, room_id, (asked[room_id], last_seq), budget)
                budget -= len(tail.messages)
                tails[room_id] = tail
        return wire.Since(rooms=tails)

    def _slow_down(self, user_id: UserId, room_id: RoomId) -> None:
        now = self._now_ms()
        wait_s = self._of_user.take(user_id, now) or self._of_room.take(room_id, now)
        if wait_s:
            raise RateLimited(retry_after_s=wait_s)

    def _new_row(self, author: Identity, request: wire.MessagePost) -> dict[str, Any]:
        body = clean_body(request.body)
        html = render_anywhere(body, self._run_blocking)
        now = self._now_ms()
        return {
            "id": MessageId(new_id(now)),
            "room_id": request.room_id,
            "author_id": author.user_id,
            "client_id": request.client_id,
            "body": body,
            "html": html,
            "renderer": RENDERER,
            "reply_to": request.reply_to,
            "at_ms": now,
        }

    def _posted_before(
        self, author: Identity, request: wire.MessagePost, twice: IntegrityError
    ) -> wire.Message:
        query = _messages().where(
            messages.c.room_id == request.room_id,
            messages.c.author_id == author.user_id,
            messages.c.client_id == request.client_id,
        )
        with self._db.reading() as sql:
            row = sql.execute(query).mappings().one_or_none()
        if row is None:
            raise twice
        return _read(row)


def _require_in_room(sql: Connection, message_id: str | None, room_id: RoomId) -> None:
    if message_id is None:
        return
    query = select(messages.c.id).where(messages.c.id == message_id, messages.c.room_id == room_id)
    if sql.execute(query).first() is None:
        raise Invalid("The message replied to is not in this room.", field="reply_to")


def _page(
    sql: Connection, room_id: RoomId, query: wire.HistoryQuery, limit: int
) -> list[wire.Message]:
    """At most limit messages, the nearest to the seq asked for first."""
    found = _messages().where(messages.c.room_id == room_id).limit(limit)
    if query.after is not None:
        found = found.where(messages.c.seq > query.after).order_by(messages.c.seq)
    else:
        if query.before is not None:
            found = found.where(messages.c.seq < query.before)
        found = found.order_by(messages.c.seq.desc())
    return [_read(row) for row in sql.execute(found).mappings()]


def _history(found: list[wire.Message], query: wire.HistoryQuery) -> wire.History:
    page = found[: query.limit]
    if query.after is None:
        page.reverse()
    return wire.History(messages=page, has_more=len(found) > query.limit)


def _tail(sql: Connection, room_id: RoomId, between: tuple[int, int], budget: int) -> wire.Tail:
    since, last_seq = between
    if since == last_seq:
        return wire.Tail(messages=[], reset=False)
    if 0 < last_seq - since <= min(wire.TAIL_MAX, budget):
        after = wire.HistoryQuery(after=since)
        return wire.Tail(messages=_page(sql, room_id, after, wire.TAIL_MAX), reset=False)
    newest = _page(sql, room_id, wire.HistoryQuery(), max(1, min(RESET_PAGE, budget)))
    return wire.Tail(messages=newest[::-1], reset=True)


def _messages() -> Select[tuple[Any, ...]]:  # Any: the columns' types are of no use here
    authors = (users.c.username, users.c.display_name)
    return select(messages, *authors).join(users, users.c.id == messages.c.author_id)


def _read(row: RowMapping) -> wire.Message:
    author = wire.Person(
        id=row["author_id"], username=row["username"], display_name=row["display_name"]
    )
    return _to_wire(row, author)


def _to_wire(row: Mapping[Any, Any], author: wire.Person) -> wire.Message:
    is_deleted = row.get("deleted_at_ms") is not None
    return wire.Message(
        id=row["id"],
        room_id=row["room_id"],
        seq=row["seq"],
        client_id=row["client_id"],
        author_id=row["author_id"],
        author=author,
        body=row["body"],
        html=row["html"],
        at_ms=row["at_ms"],
        reply_to=_if_set(row["reply_to"]),
        edited_at_ms=_if_set(row.get("edited_at_ms")),
        deleted=True if is_deleted else UNSET,
    )


def _if_set(value: Any) -> Any:  # Any: a column's value, or msgspec's word for "left out"
    return UNSET if value is None else value


def _person(identity: Identity) -> wire.Person:
    return wire.Person(
        id=identity.user_id, username=identity.username, display_name=identity.display_name
    )
