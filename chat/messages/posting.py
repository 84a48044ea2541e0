"""The way in of a message: checked, committed together with those that arrive with it, then told.

The rules of the file:
- Messages that arrive together share one transaction. One that is refused before it took a seq is
  left out; whatever else goes wrong rolls all of them back, and each is then tried alone. So
  nobody fails for a neighbour, and a batch of one is the plain case.
- A batch is sorted by room, as it locks a room's row for each: two workers cannot wait for each
  other. Within a room the order is that of arrival.
- No Redis, and nothing remembered of who may post: the statement that takes the seq decides.
Source: docs/WALKS.md 4; docs/adr/0009, 0015.
"""

from collections import OrderedDict
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from sqlalchemy import Connection, insert, select, update
from sqlalchemy.exc import IntegrityError

from chat import wire
from chat.blocking import RunBlocking
from chat.buckets import Buckets, Limit
from chat.clock import Clock
from chat.db import Database, SqlUnavailable
from chat.errors import (
    Archived,
    ChatError,
    ClientIdUsed,
    Internal,
    Invalid,
    Muted,
    NotFound,
    NotMember,
    RateLimited,
    ReadOnly,
    SlowMode,
    SlowModeMet,
)
from chat.ids import MessageId, RoomId, UserId, new_id
from chat.messages import mentions
from chat.messages.markdown import RENDERER, Rendered, posts_worth, render_anywhere
from chat.messages.models import messages
from chat.messages.needs import Index, Rooms, Tell
from chat.messages.pages import has_said
from chat.messages.rows import messages_with_authors, own_part, person, read, read_one, to_wire
from chat.messages.threads import answered, require_root
from chat.prepared import Prepared
from chat.terms import Identity
from chat.text import clean_body
from chat.together import Together

POSTS_OF_USER = Limit(rate=60, burst=400)  # short posts a second, on one worker: posts_worth
POSTS_OF_ROOM = Limit(rate=600, burst=3000)
BATCH_MAX: Final = 64  # messages of one transaction: rooms stay locked for all of it
GATHER_S: Final = 0.002  # between two transactions: of 1 000 messages a second two share one
RECENT_MAX: Final = 10_000  # posts, so that a resend costs its neighbours nothing

_COLUMNS: Final = (
    *("id", "room_id", "seq", "author_id", "client_id", "body", "html", "renderer", "reply_to"),
    *("at_ms", "rev", "body_rev", "thread_id", "mentions"),
)
_INSERT: Final = Prepared(insert(messages), _COLUMNS)
# What a resend may meet where the first post went through: then it gets the first answer.
_MAY_HAVE_BEEN_POSTED = (
    *(IntegrityError, Invalid, NotFound, NotMember),
    *(Archived, ReadOnly, Muted, SlowMode),
)


@dataclass(eq=False, slots=True)
class Post:
    """A message on its way in, and what became of it: message, or refusal."""

    author: Identity
    row: dict[str, Any]  # Any: a column's value
    rendered: Rendered
    reach: mentions.Reach
    message: wire.Message | None = None
    root: wire.Message | None = None
    refusal: Exception = field(default_factory=Internal)

    @property
    def key(self) -> tuple[str, str, str]:
        """What one message has and no other: room, author, client id."""
        return self.row["room_id"], self.row["author_id"], self.row["client_id"]


class Posting:
    """The way in of one Rollcall's messages, on one worker."""

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
        gather_s: float,
    ) -> None:
        self._db = db
        self._rooms = rooms
        self._now_ms = now_ms
        self._run_blocking = run_blocking
        self._tell = tell
        self._mentions = mentioned
        self._index = index
        self._of_user = Buckets(POSTS_OF_USER)
        self._of_room = Buckets(POSTS_OF_ROOM)
        self._line = Together(self._commit_all, most=BATCH_MAX, gather_s=gather_s)
        self._recent: OrderedDict[int, None] = OrderedDict()  # keys' hashes: a third of the memory

    def post(self, author: Identity, request: wire.MessagePost) -> tuple[wire.Message, bool]:
        """The message is committed and on its way; returns it, and whether it is new.

        A client id that the author used in the room before gives the first message again, as it is
        now, though he may not post any more or is no member. Raises ClientIdUsed when that never
        said so, Invalid, RateLimited, NotFound, NotMember, Archived, ReadOnly, Muted, SlowMode;
        then nothing was stored."""
        self._slow_down(author.user_id, request)
        post = self._prepared(author, request)
        if hash(post.key) in self._recent:  # a resend, which would roll its neighbours back
            self._commit_all([post])
        else:
            self._line.do(post)
        if post.message is None:
            return self._posted_before(post), False
        return post.message, True

    def _commit_all(self, posts: Sequence[Post]) -> None:
        """Each post has its message, committed and told, or its refusal. Raises SqlUnavailable."""
        try:
            self._commit(sorted(posts, key=lambda post: post.row["room_id"]))
        except SqlUnavailable:
            raise
        except Exception as error:  # noqa: BLE001 - whose it is, is found out one by one
            if len(posts) == 1:
                posts[0].refusal = error
                return
            for post in posts:
                self._commit_all([post])

    def _commit(self, posts: Sequence[Post]) -> None:
        with self._db.transaction() as sql:
            taken = [post for post in posts if self._takes_seq(sql, post)]
            if taken:
                _INSERT.run_all(sql, [post.row for post in taken])
                self._index.add(sql, [post.row for post in taken])
            for post in taken:
                mentions.store(sql, post.row, post.rendered, post.reach)
                if post.row["thread_id"] is not None:
                    post.root = self._answered(sql, post.row, post.rendered.user_ids)
        for post in taken:
            post.message = to_wire(post.row, person(post.author))
            self._remember(post)
        self._tell_all(taken)

    def _tell_all(self, posts: Sequence[Post]) -> None:
        for post in posts:
            room_id = RoomId(post.row["room_id"])
            if post.message is not None:
                self._tell.to_room(room_id, "message:new", post.message)
            if post.root is not None:
                self._tell.to_room(room_id, "message:changed", post.root)

    def _takes_seq(self, sql: Connection, post: Post) -> bool:
        """Whether the post has its seq and rev; one that is refused has taken nothing.

        Raises SlowModeMet."""
        room_id = RoomId(post.row["room_id"])
        try:
            self._require_context(sql, post, room_id)
            head = self._rooms.next_seq(sql, room_id, post.author.user_id)
        except SlowModeMet:
            raise
        except ChatError as refusal:
            post.refusal = refusal
            return False
        post.row.update(seq=head.seq, rev=head.rev, body_rev=head.rev)
        return True

    def _require_context(self, sql: Connection, post: Post, room_id: RoomId) -> None:
        """What the post answers is in its room. Raises Invalid; of a foreign room says nothing."""
        reply_to, root_id = post.row["reply_to"], post.row["thread_id"]
        if reply_to is None and root_id is None:
            return
        self._rooms.require_member(sql, room_id, post.author.user_id)
        if reply_to is not None:
            _require_in_room(sql, reply_to, room_id)
        if root_id is not None:
            require_root(sql, root_id, room_id)

    def _answered(
        self, sql: Connection, answer: dict[str, Any], called: Collection[str]
    ) -> wire.Message:
        """The root of a thread has one answer more."""
        root_id, room_id = answer["thread_id"], RoomId(answer["room_id"])
        answered(sql, answer, called)
        rev = self._rooms.next_rev(sql, room_id)
        sql.execute(update(messages).where(messages.c.id == root_id).values(rev=rev))
        return read_one(sql, root_id)

    def _posted_before(self, post: Post) -> wire.Message:
        """The first message of that client id; raises the refusal when there is none.

        Who is no member any more is told nothing that others did to it. Raises ClientIdUsed."""
        refusal = post.refusal
        if not isinstance(refusal, _MAY_HAVE_BEEN_POSTED):
            raise refusal
        room_id, author_id, client_id = post.key
        query = messages_with_authors().where(
            messages.c.room_id == room_id,
            messages.c.author_id == author_id,
            messages.c.client_id == client_id,
        )
        with self._db.reading() as sql:
            found = read(sql, query)
            if found and not has_said(sql, found[0].id, post.row["body"]):
                raise ClientIdUsed(field="client_id")
        if not found:
            raise refusal
        self._remember(post)
        is_out = isinstance(refusal, NotFound | NotMember)
        return own_part(found[0]) if is_out else found[0]

    def _slow_down(self, user_id: UserId, request: wire.MessagePost) -> None:
        now, cost = self._now_ms(), posts_worth(request.body)
        wait_s = self._of_user.take(user_id, now, cost) or self._of_room.take(
            request.room_id, now, cost
        )
        if wait_s:
            raise RateLimited(retry_after_s=wait_s)

    def _prepared(self, author: Identity, request: wire.MessagePost) -> Post:
        """The post without its seq: what it says, and whom it may call. Raises Invalid."""
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
        return Post(author, row, rendered, reach)

    def _remember(self, post: Post) -> None:
        """A resend of it comes alone, and so may a stranger of its hash; the unique key judges."""
        if len(self._recent) >= RECENT_MAX:
            self._recent.popitem(last=False)
        self._recent[hash(post.key)] = None


def _require_in_room(sql: Connection, message_id: str, room_id: RoomId) -> None:
    query = select(messages.c.id).where(messages.c.id == message_id, messages.c.room_id == room_id)
    if sql.execute(query).first() is None:
        raise Invalid("The message replied to is not in this room.", field="reply_to")
