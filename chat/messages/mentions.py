"""Mentions: whom a text calls, and the rows by which each user's are counted.

The rules of the file: only members are meant, and never the author. Who was here is asked before
the transaction and stored with the message: it does not change when they leave. `@here` means
those whom others see online or busy, so it tells nothing of who is invisible.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

import msgspec
from sqlalchemy import Connection, delete, insert, select

from chat import wire
from chat.db import Database
from chat.errors import Invalid
from chat.ids import RoomId, UserId
from chat.messages.inline_marks import HERE, ROOM, Callees, names_in
from chat.messages.markdown import NOBODY, Rendered
from chat.messages.models import mentions
from chat.messages.needs import Present, Rooms

NAMES_MAX = 50  # names in one text


@dataclass(frozen=True, slots=True)
class Reach:
    """Whom a text may call, as of now: by name, and by the words for many."""

    callees: Callees = NOBODY
    members: Collection[UserId] = field(default=())
    present: Collection[UserId] = field(default=())


NONE = Reach()


class Mentions:
    """Who may be meant in which room."""

    def __init__(self, db: Database, rooms: Rooms, present: Present) -> None:
        """present(user_ids) -> those of them who are here for others to see."""
        self._db = db
        self._rooms = rooms
        self._present = present

    def reach(self, room_id: RoomId, body: str) -> Reach:
        """Whom the text may call; costs nothing when it has no @. Raises Invalid: too many."""
        names = names_in(body)
        if not names:
            return NONE
        if len(names) > 2 * NAMES_MAX:  # each with and without the full stop behind it
            raise Invalid(f"A message calls at most {NAMES_MAX} names.", field="body")
        words = frozenset({HERE, ROOM} & names)
        with self._db.reading() as sql:
            people = self._rooms.members_named(sql, room_id, names)
            members = self._rooms.member_ids(sql, room_id) if words else ()
        present = self._present(members) if HERE in words else ()
        return Reach(Callees(people, words), members, present)

    def preview(self, author_id: UserId, room_id: RoomId, body: str) -> wire.MentionPreview:
        """How many the text would call now. Raises Invalid, NotFound, NotMember."""
        with self._db.reading() as sql:
            self._rooms.require_member(sql, room_id, author_id)
            members = self._rooms.member_ids(sql, room_id)
        others = set(members) - {author_id}
        people = self.reach(room_id, body).callees.people.values()
        return wire.MentionPreview(
            users=sorted({one.id for one in people} - {author_id}),
            here=len(others.intersection(self._present(members))),
            room=len(others),
        )


def on_wire(rendered: Rendered) -> str | None:
    """The mentions of a text as a message keeps them; None: it calls nobody."""
    if not rendered.user_ids and not rendered.words:
        return None
    called = wire.Mentions(
        users=list(rendered.user_ids), here=HERE in rendered.words, room=ROOM in rendered.words
    )
    return msgspec.json.encode(called).decode()


def words_of(stored: str | None) -> frozenset[str]:
    """The words for many that a message's mentions hold."""
    if stored is None:
        return frozenset()
    called = msgspec.json.decode(stored, type=wire.Mentions)
    return frozenset(
        word for word, is_said in ((HERE, called.here), (ROOM, called.room)) if is_said
    )


def store(sql: Connection, message: Mapping[str, Any], rendered: Rendered, reach: Reach) -> None:
    """Each user whom the message calls has one row of it, of the nearest kind."""
    kinds: dict[str, str] = {}
    if ROOM in rendered.words:
        kinds.update(dict.fromkeys(reach.members, ROOM))
    if HERE in rendered.words:
        kinds.update(dict.fromkeys(reach.present, HERE))
    kinds.update(dict.fromkeys(rendered.user_ids, "user"))
    kinds.pop(message["author_id"], None)
    _insert(sql, message, kinds)


def restore(sql: Connection, message: Mapping[Any, Any], rendered: Rendered) -> None:
    """After an edit: who is named has a row, who is not has none.

    Those whom `@here` or `@room` called keep theirs while the word stands; it calls nobody anew."""
    of_message = mentions.c.message_id == message["id"]
    kept_kinds = [word for word in (HERE, ROOM) if word in rendered.words]
    sql.execute(delete(mentions).where(of_message, mentions.c.kind.not_in(kept_kinds)))
    kept = set(sql.scalars(select(mentions.c.user_id).where(of_message)))
    named = [one for one in rendered.user_ids if one not in kept | {message["author_id"]}]
    _insert(sql, message, dict.fromkeys(named, "user"))


def _insert(sql: Connection, message: Mapping[Any, Any], kinds: Mapping[str, str]) -> None:
    place = {
        "message_id": message["id"],
        "room_id": message["room_id"],
        "thread_id": message.get("thread_id"),
        "seq": message["seq"],
    }
    rows = [{**place, "user_id": user_id, "kind": kind} for user_id, kind in kinds.items()]
    if rows:
        sql.execute(insert(mentions), rows)
