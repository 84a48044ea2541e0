"""Messages on the wire: to post and change them, pages of history, what a client lacks."""

from typing import Annotated

from msgspec import UNSET, Meta, UnsetType

from chat.wire.rooms import Room
from chat.wire.shapes import SINCE_ROOMS_MAX, Answer, ClientId, Id, Person, Request, Seq

HISTORY_MAX = 200  # messages a page of history holds at most
HISTORY_DEFAULT = 50
TAIL_MAX = 300  # messages a room that `message:since` still closes one by one; more is a reset
CHANGED_MAX = 300  # changed messages a room that it tells of; more is a reset

Emoji = Annotated[str, Meta(min_length=1, max_length=64)]


class PostToRoom(Request, frozen=True):
    """The body of `POST /api/v1/rooms/<id>/messages`; the room is named by the path."""

    client_id: ClientId
    body: str
    reply_to: Id | None = None
    thread_id: Id | None = None


class EditMessage(Request, frozen=True):
    """The body of `PATCH /api/v1/messages/<id>`; body_rev names the text that was changed."""

    body: str
    body_rev: Seq | None = None


class React(Request, frozen=True):
    """The body of `POST /api/v1/messages/<id>/reactions`."""

    emoji: Emoji
    on: bool


class Toggle(Request, frozen=True):
    on: bool


class PageQuery(Request, frozen=True):
    """before is the time in ms of the oldest one held, exclusive; the newest come first."""

    before: Seq | None = None
    limit: Annotated[int, Meta(ge=1, le=HISTORY_MAX)] = HISTORY_DEFAULT


class HistoryQuery(Request, frozen=True):
    """before and after are seqs, both exclusive; at most one of them is given."""

    before: Seq | None = None
    after: Seq | None = None
    limit: Annotated[int, Meta(ge=1, le=HISTORY_MAX)] = HISTORY_DEFAULT


class RoomHistoryQuery(HistoryQuery, frozen=True):
    """around: the page has that seq in its middle; at_ms: the first message at that time or later.

    At most one of before, after, around and at_ms is given."""

    around: Seq | None = None
    at_ms: Seq | None = None


class MessagePost(Request, frozen=True):
    room_id: Id
    client_id: ClientId
    body: str
    reply_to: Id | None = None
    thread_id: Id | None = None


class MessageSince(Request, frozen=True):
    """rooms names the newest seq that the client holds without a hole, by room; revs the rev."""

    rooms: Annotated[dict[Id, Seq], Meta(max_length=SINCE_ROOMS_MAX)]
    revs: Annotated[dict[Id, Seq], Meta(max_length=SINCE_ROOMS_MAX)] | None = None


class MessageEdit(Request, frozen=True):
    """body_rev, when given, names the text that was changed: an older one than now is `stale`."""

    message_id: Id
    body: str
    body_rev: Seq | None = None


class MessageDelete(Request, frozen=True):
    message_id: Id


class MessageReact(Request, frozen=True):
    message_id: Id
    emoji: Emoji
    on: bool


class MessagePin(Request, frozen=True):
    message_id: Id
    on: bool


class Reaction(Answer, frozen=True):
    emoji: str
    user_ids: list[str]


class ThreadSummary(Answer, frozen=True):
    """What a root shows of its thread; user_ids are those who answered last, five at most."""

    replies: int
    last_at_ms: int
    user_ids: list[str]


class Mentions(Answer, frozen=True):
    """Whom a message means: by name, those who were here, all of the room."""

    users: list[str]
    here: bool = False
    room: bool = False


class Message(Answer, frozen=True):
    """A message as every member gets it; html is safe to insert as it is.

    rev is that of the room at the last change of the message: of two, the greater is newer."""

    id: str
    room_id: str
    seq: int
    client_id: str
    author_id: str
    author: Person
    body: str
    html: str
    at_ms: int
    rev: int
    body_rev: int
    reply_to: str | UnsetType = UNSET
    thread_id: str | UnsetType = UNSET
    thread: ThreadSummary | UnsetType = UNSET
    mentions: Mentions | UnsetType = UNSET
    reactions: list[Reaction] | UnsetType = UNSET
    pinned_at_ms: int | UnsetType = UNSET
    pinned_by: str | UnsetType = UNSET
    edited_at_ms: int | UnsetType = UNSET
    deleted: bool | UnsetType = UNSET


class MessageBody(Answer, frozen=True):
    message: Message


class History(Answer, frozen=True):
    """Messages in seq order; has_more tells of more in the direction that was asked for.

    They are as of rev at least. Around a message: has_more tells of older ones, has_newer of newer,
    and target_seq is the message itself, or the first at that time or later. first_seq: messages
    before it are kept no more; left out while all are."""

    messages: list[Message]
    has_more: bool
    rev: int
    has_newer: bool | UnsetType = UNSET
    target_seq: int | UnsetType = UNSET
    first_seq: int | UnsetType = UNSET


class ThreadPage(Answer, frozen=True):
    """The root of a thread and a page of its answers, in seq order."""

    root: Message
    messages: list[Message]
    has_more: bool
    rev: int


class MessageVersion(Answer, frozen=True):
    """What a message said from at_ms on, until the next version."""

    body: str
    html: str
    at_ms: int
    body_rev: int


class MessageVersions(Answer, frozen=True):
    versions: list[MessageVersion]


class MessageList(Answer, frozen=True):
    messages: list[Message]
    has_more: bool


class Changed(Answer, frozen=True):
    """The ack of a change of a message: where it stands, and the rev of the room it has now."""

    seq: int
    rev: int


class Posted(Answer, frozen=True):
    """The ack of `message:post`, sent after the commit. again: that client id was used before."""

    id: str
    seq: int
    at_ms: int
    rev: int
    again: bool | UnsetType = UNSET


class Tail(Answer, frozen=True):
    """What a room's client lacks. reset: forget the room's messages, these are the newest.

    first_seq: messages before it are kept no more; left out while all are. An empty reset: nothing
    is kept, and the newest message was first_seq - 1. changed: messages up to the seq asked for
    that changed after the rev asked for. What is told is as of rev at least; room: as it is now,
    when it changed itself."""

    messages: list[Message]
    reset: bool
    rev: int
    changed: list[Message] | UnsetType = UNSET
    room: Room | UnsetType = UNSET
    first_seq: int | UnsetType = UNSET


class Since(Answer, frozen=True):
    """Rooms that were asked for; left out are those that the user is not a member of, and those
    that were too much for one answer: they are asked for again."""

    rooms: dict[str, Tail]
