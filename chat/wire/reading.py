"""What a user has read and keeps for himself on the wire: places, drafts, threads, mentions."""

from typing import Annotated

from msgspec import UNSET, Meta, UnsetType

from chat.text import BODY_MAX
from chat.wire.messages import Message
from chat.wire.shapes import SEQ_MAX, Answer, Id, Request, Seq


class MentionQuery(Request, frozen=True):
    """body is the text that is about to be posted."""

    body: Annotated[str, Meta(max_length=BODY_MAX)] = ""


class ReadTo(Request, frozen=True):
    """The body of `POST /api/v1/rooms/<id>/read`."""

    seq: Seq
    thread_id: Id | None = None


class UnreadFrom(Request, frozen=True):
    """The body of `POST /api/v1/rooms/<id>/unread`."""

    seq: Annotated[int, Meta(ge=1, le=SEQ_MAX)]


class ReadingChange(Request, frozen=True):
    """receipts: others may know how far one has read."""

    receipts: bool


class MessageSave(Request, frozen=True):
    """For the user alone."""

    message_id: Id
    on: bool


class MessageRead(Request, frozen=True):
    """With thread_id: read up to there in that thread alone."""

    room_id: Id
    seq: Seq
    thread_id: Id | None = None


class MessageUnread(Request, frozen=True):
    """seq is the first message that counts as unread again."""

    room_id: Id
    seq: Annotated[int, Meta(ge=1, le=SEQ_MAX)]


class MessageTyping(Request, frozen=True):
    room_id: Id
    typing: bool
    thread_id: Id | None = None


class DraftSet(Request, frozen=True):
    """version: one more than that of the draft it grew from; an empty body is no draft."""

    room_id: Id
    body: str
    version: Annotated[int, Meta(ge=1, le=SEQ_MAX)]
    thread_id: Id | None = None


class SavedMessage(Answer, frozen=True):
    message: Message
    saved_at_ms: int


class SavedList(Answer, frozen=True):
    """What the user saved, of the rooms that he may read now."""

    saved: list[SavedMessage]
    has_more: bool


class SavedChanged(Answer, frozen=True):
    message_id: str
    on: bool


class Draft(Answer, frozen=True):
    """The newest draft of one place; of two, the greater version is newer."""

    room_id: str
    body: str
    version: int
    at_ms: int
    thread_id: str | UnsetType = UNSET


class DraftList(Answer, frozen=True):
    drafts: list[Draft]


class FollowedThread(Answer, frozen=True):
    """A thread in which the user wrote, or whose root is his, or which named him."""

    room_id: str
    thread_id: str
    last_seq: int
    read_seq: int
    unread: int
    mentions: int


class ThreadList(Answer, frozen=True):
    threads: list[FollowedThread]


class Receipt(Answer, frozen=True):
    """`receipt:read`: that member lets others know that he has read up to seq."""

    room_id: str
    user_id: str
    seq: int


class ReceiptList(Answer, frozen=True):
    receipts: list[Receipt]


class Typing(Answer, frozen=True):
    """`typing:now`: forget it after typing_ms when nothing more is heard."""

    room_id: str
    user_id: str
    typing: bool
    thread_id: str | UnsetType = UNSET


class ReadingSettings(Answer, frozen=True):
    receipts: bool


class MentionPreview(Answer, frozen=True):
    """How many a text would call: those who are here now, and all but the author."""

    users: list[str]
    here: int
    room: int


class RoomRead(Answer, frozen=True):
    """`room:read`: how far the user has read, and what is unread; 1000 means that many or more.

    last_seq: up to there it was counted, with every change of a message up to rev. Of two, the
    greater version is newer; thread_id: it is about that thread alone."""

    room_id: str
    seq: int
    last_seq: int
    rev: int
    unread: int
    mentions: int
    version: int
    thread_id: str | UnsetType = UNSET
