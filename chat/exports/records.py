"""The lines of an exported room: JSON Lines, each line one record whose `type` says what it is.

The rules of the file: people are named by their usernames and messages by their seqs, so that a
file says nothing of one database alone. First the room, then its members, then the messages by seq,
each person introduced before the first message that names him, and the end last: a file without
one was cut off. Shapes may grow by fields that can be left out; a change of what stands is another
VERSION. Source: docs/EXPORT.md.
"""

from collections.abc import Iterable
from typing import Annotated, Final

import msgspec
from msgspec import Meta, Struct

FORMAT: Final = "rollcall-room"
VERSION: Final = 1
EMOJI_MAX: Final = 20  # different emoji on one message, as in chat/messages/changes.py
PINS_MAX: Final = 100  # pinned messages of one room, likewise

Ms = Annotated[int, Meta(ge=0, lt=2**45)]  # since 1970; what an id can hold
Place = Annotated[int, Meta(ge=1, lt=2**53)]  # a seq
Visibility = Annotated[str, Meta(pattern=r"^(public|private)\Z")]
Role = Annotated[str, Meta(pattern=r"^(owner|moderator|member|read_only)\Z")]


class _Record(Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """A field left at its default stays off the line."""


class RoomLine(_Record, frozen=True, tag_field="type", tag="room"):
    """The room. The messages from first_seq to last_seq follow: those before were removed."""

    format: str
    version: int
    name: str
    visibility: Visibility
    topic: str
    description: str
    slow_mode_s: Annotated[int, Meta(ge=0, le=6 * 3600)]
    is_archived: bool
    created_at_ms: Ms
    created_by: str
    last_seq: Annotated[int, Meta(ge=0, lt=2**53)]
    first_seq: Place = 1

    @property
    def messages(self) -> int:
        """How many messages follow."""
        return self.last_seq - self.first_seq + 1


class PersonLine(_Record, frozen=True, tag_field="type", tag="person"):
    """Somebody whom the file names; role and joined_at_ms: of a member of the room."""

    username: str
    display_name: str
    role: Role | None = None
    joined_at_ms: Ms | None = None


class Mentioned(_Record, frozen=True):
    """Whom a text means: people in its order, and the words for many."""

    users: list[str] = []
    here: bool = False
    room: bool = False


class Version(_Record, frozen=True):
    """What a message said before, since when, and whom that meant."""

    body: str
    at_ms: Ms
    mentions: Mentioned | None = None


class Reaction(_Record, frozen=True):
    """One emoji of one person."""

    emoji: str
    user: str
    at_ms: Ms


class MessageLine(_Record, frozen=True, tag_field="type", tag="message"):
    """A message as it is now; versions: what it said before, oldest first. A deleted one is a stub.

    reply_to, thread: the seq of the message that it answers, of the root of its thread."""

    seq: Place
    author: str
    at_ms: Ms
    body: str = ""
    edited_at_ms: Ms | None = None
    versions: list[Version] = []
    reply_to: Place | None = None
    thread: Place | None = None
    mentions: Mentioned | None = None
    reactions: list[Reaction] = []
    pinned_at_ms: Ms | None = None
    pinned_by: str | None = None
    deleted_at_ms: Ms | None = None
    deleted_by: str | None = None


class EndLine(_Record, frozen=True, tag_field="type", tag="end"):
    """Nothing follows. So many messages and people stood before."""

    messages: int
    people: int


Line = RoomLine | PersonLine | MessageLine | EndLine

_encoder = msgspec.json.Encoder()
_decoder = msgspec.json.Decoder(Line)


def written(lines: Iterable[Line]) -> bytes:
    """The records as lines of UTF-8, each with its line feed."""
    return b"".join(_encoder.encode(line) + b"\n" for line in lines)


def read(line: bytes) -> Line:
    """The record of one line. Raises msgspec.MsgspecError, or ValueError where it is no UTF-8."""
    record: Line = _decoder.decode(line)
    return record


def named_in(message: MessageLine) -> list[str]:
    """Everybody whom the message names, its author first; some of them more than once."""
    marked = [message.pinned_by, message.deleted_by]
    texts = [message.mentions, *(version.mentions for version in message.versions)]
    called = [name for mentions in texts if mentions for name in mentions.users]
    reacted = [one.user for one in message.reactions]
    return [message.author, *(one for one in marked if one is not None), *called, *reacted]
