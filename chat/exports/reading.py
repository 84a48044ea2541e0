"""Reads a room from the tables as the records of its export, page by page.

The rules of the file: each page is a transaction of its own and bounded in messages and in texts,
so that neither memory nor the time until others have their turn grows with the room; what is posted
after the room's line was read is not in it; a message is as it was when its page was read.
"""

import re
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import msgspec
from sqlalchemy import Connection, Row, RowMapping, Select, func, select

from chat import wire
from chat.accounts.models import users
from chat.db import Database
from chat.errors import NotFound, Stale
from chat.exports.records import (
    FORMAT,
    VERSION,
    Mentioned,
    MessageLine,
    PersonLine,
    Reaction,
    RoomLine,
    Version,
)
from chat.ids import RoomId
from chat.messages.models import message_edits, messages, reactions
from chat.rooms.models import memberships, rooms

PAGE: Final = 50  # messages of one transaction: 25 ms of CPU when all texts are of full length
TEXTS: Final = 100  # earlier texts of one transaction, and at most of one message: the newest

# In text a < is always escaped, so this is the renderer's own.
_MENTION: Final = re.compile(r'<span [^<>]*?data-(?:user-id="([^"]*)"|mention="([^"]*)")')

_Text = Row[str, str, int]  # body, html, since when

Allowed = Callable[[Connection], None]
"""Raises when the room may not be read any more; asked in the transaction of each page."""


@dataclass(frozen=True, slots=True)
class Told:
    """One message: its record, and its text as safe HTML."""

    line: MessageLine
    html: str


@dataclass(frozen=True, slots=True)
class Page:
    """Messages by seq, and who is named in them for the first time."""

    people: list[PersonLine]
    messages: list[Told]


@dataclass(slots=True)
class _Known:
    """Whom the file has introduced: usernames by id. Grows with people, not with messages."""

    names: dict[str, str] = field(default_factory=dict)

    def introduced(self, rows: Sequence[Row[Any]]) -> list[PersonLine]:
        """The lines of these people, by name; they are known from now on."""
        self.names.update((row.id, row.username) for row in rows)
        lines = [PersonLine(*tuple(row)[1:]) for row in rows]
        return sorted(lines, key=lambda line: line.username)


class RoomReader:
    """One room, as an export reads it: once, from its line to its last page."""

    def __init__(self, db: Database, room_id: RoomId, allowed: Allowed) -> None:
        self._db = db
        self._room_id = room_id
        self._allowed = allowed
        self._known = _Known()

    def room(self) -> RoomLine:
        """The room as it is now; its messages go from first_seq to last_seq.

        Raises NotFound, or as allowed."""
        with self._db.reading() as sql:
            self._allowed(sql)
            return _room_line(sql, self._room_id)

    def members(self) -> list[PersonLine]:
        """The members of the room and who made it, by name."""
        is_own = (memberships.c.user_id == users.c.id) & (memberships.c.room_id == self._room_id)
        maker = select(rooms.c.created_by).where(rooms.c.id == self._room_id).scalar_subquery()
        query = _people().add_columns(memberships.c.role, memberships.c.joined_at_ms)
        query = query.select_from(users.outerjoin(memberships, is_own))
        query = query.where(memberships.c.user_id.is_not(None) | (users.c.id == maker))
        with self._db.reading() as sql:
            return self._known.introduced(sql.execute(query).all())

    def pages(self, first_seq: int, last_seq: int) -> Iterator[Page]:
        """The messages from first_seq to last_seq. Raises between two pages as allowed, and Stale
        when messages that would follow were removed meanwhile."""
        seq = first_seq - 1
        while seq < last_seq:
            with self._db.reading() as sql:
                self._allowed(sql)
                page = self._page(sql, seq, last_seq)
            if not page.messages or page.messages[0].line.seq != seq + 1:
                raise Stale("The oldest messages were removed meanwhile: export the room again.")
            seq = page.messages[-1].line.seq
            yield page

    def _page(self, sql: Connection, after: int, last_seq: int) -> Page:
        of_room = messages.c.room_id == self._room_id
        query = select(messages).where(of_room, messages.c.seq > after, messages.c.seq <= last_seq)
        rows = sql.execute(query.order_by(messages.c.seq).limit(PAGE)).mappings().all()
        whole = _with_parts(sql, _bounded(sql, rows))
        people = self._introduced(sql, whole)
        return Page(people, [self._told(row, parts) for row, parts in whole])

    def _introduced(self, sql: Connection, whole: Sequence["_Whole"]) -> list[PersonLine]:
        """The people of these messages who were not known yet."""
        named = {row[name] for row, _ in whole for name in ("author_id", "pinned_by", "deleted_by")}
        named |= {user_id for row, _ in whole for user_id in _called(row).users}
        named |= {one.user_id for _, parts in whole for one in parts.reacted}
        earlier = (version.html for _, parts in whole for version in parts.versions)
        named |= {user_id for html in earlier for user_id in _called_in(html).users}
        new = named - {None, *self._known.names}
        if not new:
            return []
        return self._known.introduced(sql.execute(_people().where(users.c.id.in_(new))).all())

    def _told(self, row: RowMapping, parts: "_Parts") -> Told:
        names = self._known.names
        line = MessageLine(
            seq=row["seq"],
            author=names[row["author_id"]],
            at_ms=row["at_ms"],
            body=row["body"],
            edited_at_ms=row["edited_at_ms"],
            versions=[
                Version(one.body, one.at_ms, _mentioned(_called_in(one.html), names))
                for one in parts.versions
            ],
            reply_to=parts.seqs.get(row["reply_to"]),
            thread=parts.seqs.get(row["thread_id"]),
            mentions=_mentioned(_called(row), names),
            reactions=_reactions(parts.reacted, names),
            pinned_at_ms=row["pinned_at_ms"],
            pinned_by=names.get(row["pinned_by"]),
            deleted_at_ms=row["deleted_at_ms"],
            deleted_by=names.get(row["deleted_by"]),
        )
        return Told(line, row["html"])


@dataclass(frozen=True, slots=True)
class _Parts:
    """What belongs to a message and stands in other rows; seqs: of messages by their ids."""

    versions: list[_Text]
    reacted: list[Row[Any]]
    seqs: dict[str, int]


_Whole = tuple[RowMapping, _Parts]


def _people() -> Select[tuple[str, str, str]]:
    return select(users.c.id, users.c.username, users.c.display_name)


def _room_line(sql: Connection, room_id: RoomId) -> RoomLine:
    query = select(rooms, users.c.username).join(users, users.c.id == rooms.c.created_by)
    row = sql.execute(query.where(rooms.c.id == room_id)).mappings().one_or_none()
    if row is None:
        raise NotFound
    return RoomLine(
        format=FORMAT,
        version=VERSION,
        name=row["name"],
        visibility=row["visibility"],
        topic=row["topic"],
        description=row["description"],
        slow_mode_s=row["slow_mode_s"],
        is_archived=row["archived_at_ms"] is not None,
        created_at_ms=row["created_at_ms"],
        created_by=row["username"],
        last_seq=row["last_seq"],
        first_seq=row["first_seq"],
    )


def _bounded(sql: Connection, rows: Sequence[RowMapping]) -> Sequence[RowMapping]:
    """The first of the messages, as many as have TEXTS earlier texts together; one at least."""
    edited = [row["id"] for row in rows if row["edited_at_ms"] is not None]
    query = select(message_edits.c.message_id, func.count().label("texts"))
    query = query.where(message_edits.c.message_id.in_(edited))
    grouped = sql.execute(query.group_by(message_edits.c.message_id)) if edited else ()
    counts = {row.message_id: row.texts for row in grouped}
    texts = 0
    for place, row in enumerate(rows):
        texts += counts.get(row["id"], 0)
        if texts > TEXTS and place:
            return rows[:place]
    return rows


def _with_parts(sql: Connection, rows: Sequence[RowMapping]) -> list[_Whole]:
    reacted = _reacted(sql, rows)
    seqs = _seqs(sql, {row[name] for row in rows for name in ("reply_to", "thread_id")} - {None})
    return [(row, _Parts(_versions(sql, row), reacted.get(row["id"], []), seqs)) for row in rows]


def _reacted(sql: Connection, rows: Sequence[RowMapping]) -> dict[str, list[Row[Any]]]:
    """The rows of reactions, by message."""
    query = select(reactions).where(reactions.c.message_id.in_([row["id"] for row in rows]))
    found: dict[str, list[Row[Any]]] = {}
    for one in sql.execute(query):
        found.setdefault(one.message_id, []).append(one)
    return found


def _versions(sql: Connection, row: RowMapping) -> list[_Text]:
    """What the message said before, oldest first; of more than TEXTS the newest."""
    if row["edited_at_ms"] is None:
        return []
    query = select(message_edits.c.body, message_edits.c.html, message_edits.c.at_ms)
    query = query.where(message_edits.c.message_id == row["id"])
    newest = query.order_by(message_edits.c.body_rev.desc()).limit(TEXTS)
    return [*sql.execute(newest).all()][::-1]


def _seqs(sql: Connection, message_ids: Collection[str]) -> dict[str, int]:
    """Where the messages stand; those that the room keeps no more are in no file."""
    if not message_ids:
        return {}
    query = select(messages.c.id, messages.c.seq).join(rooms, rooms.c.id == messages.c.room_id)
    kept = query.where(messages.c.id.in_(message_ids), messages.c.seq >= rooms.c.first_seq)
    return {row.id: row.seq for row in sql.execute(kept)}


def _reactions(reacted: Sequence[Row[Any]], names: dict[str, str]) -> list[Reaction]:
    """In the order in which they came; those of one moment by name."""
    found = [Reaction(one.emoji, names[one.user_id], one.at_ms) for one in reacted]
    return sorted(found, key=lambda one: (one.at_ms, one.emoji, one.user))


def _called(row: RowMapping) -> wire.Mentions:
    if row["mentions"] is None:
        return wire.Mentions(users=[])
    return msgspec.json.decode(row["mentions"], type=wire.Mentions)


def _called_in(html: str) -> wire.Mentions:
    """Whom a text meant by its own HTML: of earlier ones nothing else is kept."""
    found = _MENTION.findall(html)
    words = {word for _, word in found}
    users = list(dict.fromkeys(user_id for user_id, _ in found if user_id))
    return wire.Mentions(users, here="here" in words, room="room" in words)


def _mentioned(called: wire.Mentions, names: Mapping[str, str]) -> Mentioned | None:
    """The same by names; None: nobody."""
    users = [names[one] for one in called.users if one in names]
    if not users and not called.here and not called.room:
        return None
    return Mentioned(users, called.here, called.room)
