"""The rows that an imported room is made of; pure, one line of the file at a time.

The rule of the file: ids follow from the room's and from the seq, so that the same line makes the
same row again, and a message can name one that was stored before.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final, Protocol

from chat import wire
from chat.exports.records import Mentioned, MessageLine, RoomLine
from chat.ids import RoomId, id_for
from chat.text import key_of

Values = dict[str, Any]  # a row to be: Any as SQLAlchemy has it

NOBODY: Final = Mentioned()


class Renders(Protocol):
    """Bodies as safe HTML; messages know."""

    renderer: str

    def checked(self, body: str) -> str:
        """The text as it is stored."""

    def html(self, body: str, people: Sequence[wire.Person], words: Iterable[str]) -> str:
        """The text, in which these people and words are called."""


class RoomRows:
    """The rows of one room; people by the keys of their names."""

    def __init__(
        self, room_id: RoomId, room: RoomLine, people: Mapping[str, wire.Person], texts: Renders
    ) -> None:
        self.rev = 0  # the last that was given away
        self._room_id = room_id
        self._room = room
        self._people = people
        self._texts = texts

    def message(self, line: MessageLine) -> Values:
        """The message; each of its texts has taken a rev, its last one the highest."""
        self.rev += 1 + len(line.versions)
        is_deleted = line.deleted_at_ms is not None
        body = "" if is_deleted else self._texts.checked(line.body)
        called = self._called(line)
        return {
            "id": self.message_id(line.seq),
            "room_id": self._room_id,
            "seq": line.seq,
            "author_id": self.id_of(line.author),
            "client_id": f"import:{line.seq}",
            "body": body,
            "html": "" if is_deleted else self._html(line.mentions, body),
            "renderer": self._texts.renderer,
            "reply_to": line.reply_to and self.message_id(line.reply_to),
            "thread_id": line.thread and self.message_id(line.thread),
            "mentions": wire.to_json(called).decode() if called else None,
            "at_ms": line.at_ms,
            "edited_at_ms": line.edited_at_ms,
            "deleted_at_ms": line.deleted_at_ms,
            "deleted_by": line.deleted_by and self.id_of(line.deleted_by),
            "pinned_at_ms": line.pinned_at_ms,
            "pinned_by": line.pinned_by and self.id_of(line.pinned_by),
            "rev": self.rev,
            "body_rev": self.rev,
        }

    def edits(self, line: MessageLine, row: Values) -> list[Values]:
        """What the message said before."""
        first_rev = row["rev"] - len(line.versions)
        found = []
        for rev, version in enumerate(line.versions, first_rev):
            body = self._texts.checked(version.body)
            said = {
                "body": body,
                "html": self._html(version.mentions, body),
                "at_ms": version.at_ms,
            }
            found.append({"message_id": row["id"], "body_rev": rev, **said})
        return found

    def mentions(self, line: MessageLine, row: Values) -> list[Values]:
        """Those who are named; whom `@here` and `@room` called is not known any more."""
        named = dict.fromkeys(self.id_of(one) for one in (line.mentions or NOBODY).users)
        named.pop(row["author_id"], None)
        place = {"message_id": row["id"], "room_id": self._room_id, "seq": line.seq}
        place |= {"thread_id": row["thread_id"], "kind": "user"}
        return [{**place, "user_id": user_id} for user_id in named]

    def reactions(self, line: MessageLine, row: Values) -> list[Values]:
        """The reactions to it."""
        return [
            {
                "message_id": row["id"],
                "emoji": one.emoji,
                "user_id": self.id_of(one.user),
                "at_ms": one.at_ms,
            }
            for one in line.reactions
        ]

    def follower(self, user_id: str, root_id: str) -> Values:
        """The user follows the thread, and has read all of it."""
        place = {"room_id": self._room_id, "read_seq": self._room.last_seq}
        return {**place, "user_id": user_id, "thread_id": root_id}

    def membership(self, user_id: str, role: str, joined_at_ms: int) -> Values:
        """The member has read all there is."""
        place = {"room_id": self._room_id, "read_seq": self._room.last_seq}
        return {**place, "user_id": user_id, "role": role, "joined_at_ms": joined_at_ms}

    def id_of(self, username: str) -> str:
        """The id of the account of that name."""
        return self._people[key_of(username)].id

    def message_id(self, seq: int) -> str:
        """The id of the message of that seq."""
        return id_for(self._room.created_at_ms, f"{self._room_id}\n{seq}")

    def _called(self, line: MessageLine) -> wire.Mentions | None:
        said = line.mentions
        if said is None:
            return None
        return wire.Mentions([self.id_of(one) for one in said.users], said.here, said.room)

    def _html(self, mentions: Mentioned | None, body: str) -> str:
        said = mentions or NOBODY
        words = [word for word, is_said in (("here", said.here), ("room", said.room)) if is_said]
        return self._texts.html(body, [self._people[key_of(one)] for one in said.users], words)
