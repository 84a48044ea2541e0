"""Makes a room of an export that was checked: in batches, so that a running Rollcall goes on.

The rules of the file:
- The room is private, archived and without members until its last message is in: nobody sees half
  of one. Its id follows from the file and the room's name, those of messages from that: who runs it
  again goes on where it ended, and a room that is whole is left as it is.
- People are the accounts of the same names; who has none gets one that nobody can sign in to
  before a password is set for it.
- Everything counts as read. Revs are new: no client holds any of this room.
Source: docs/EXPORT.md.
"""

import itertools
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Protocol

from sqlalchemy import Connection, insert, select, update
from sqlalchemy.dialects import postgresql, sqlite

from chat import wire
from chat.accounts.models import users
from chat.clock import Clock
from chat.db import Database
from chat.errors import Invalid, NotFound, RoomNameTaken, Stale
from chat.exports.checking import Checked, Progress
from chat.exports.records import MessageLine, PersonLine
from chat.exports.rows import Renders, RoomRows, Values
from chat.ids import RoomId, UserId, id_for, new_id
from chat.messages.models import mentions, message_edits, messages, reactions, thread_reads
from chat.rooms.models import audit, memberships, rooms
from chat.text import clean_description, clean_name, clean_topic, key_of

BATCH: Final = 100  # messages of one transaction: some 30 ms on SQLite
NO_PASSWORD: Final = "none"  # noqa: S105 - no hash is that: nobody signs in by it
ACT: Final = "import"  # in the log of the room: it is whole


class Index(Protocol):
    """Where messages are put so that they can be found; search knows."""

    def add(self, sql: Connection, rows: Sequence[Mapping[Any, Any]]) -> None:
        """The messages are found by what they say, with the transaction."""


Note = Callable[[Connection, UserId, RoomId, str, dict[str, Any]], None]
"""The log of the room has the act, whose it was, and the facts, with the caller's transaction."""


@dataclass(frozen=True, slots=True)
class Imported:
    """What became of a file: the room, how many messages this run stored, accounts it made.

    members: who sees the room from now on; nobody new when it was whole before."""

    room_id: RoomId
    name: str
    messages: int
    accounts: int
    members: list[UserId]


class Importer:
    """Imports one checked file into one database."""

    def __init__(
        self,
        db: Database,
        now_ms: Clock,
        texts: Renders,
        index: Index,
        note: Note,
        *,
        checked: Checked,
        name: str,
        owner: str | None,
    ) -> None:
        """name: of the new room; owner: a username that owns it, beside those of the file."""
        self._db = db
        self._now_ms = now_ms
        self._index = index
        self._note = note
        self._file = checked
        self._name = clean_name(name, field="name")
        self._owner = owner
        made = f"{checked.digest}\n{key_of(self._name)}"
        self._room_id = RoomId(id_for(checked.room.created_at_ms, made))
        self._people: dict[str, wire.Person] = {}
        self._rows = RoomRows(self._room_id, checked.room, self._people, texts)
        self._accounts = 0

    def begin(self) -> int:
        """The room is there, seen by nobody; returns up to which seq it is filled already.

        Raises RoomNameTaken, NotFound for an owner without an account, Invalid without an owner, or
        while there is no account at all: the first one administers, and is nobody's of a file."""
        if self._owner is None and "owner" not in {one.role for one in self._file.people.values()}:
            raise Invalid("The file names no owner of the room: say who shall own it.")
        with self._db.transaction() as sql:
            if sql.execute(select(users.c.id).limit(1)).first() is None:
                raise Invalid("Make your own account first: the first one administers Rollcall.")
            self._find_people(sql)
            row = sql.execute(select(rooms).where(rooms.c.id == self._room_id)).one_or_none()
            if row is None:
                self._make_room(sql)
                return self._file.room.first_seq - 1
            self._rows.rev = row.last_rev
            return int(row.last_seq)

    def store(self, lines: Iterable[MessageLine], progress: Progress) -> int:
        """The messages are in the room, BATCH by BATCH; returns how many those were.

        Raises Stale when somebody else imports the same file at this moment."""
        stored, rest = 0, iter(lines)
        while batch := list(itertools.islice(rest, BATCH)):
            with self._db.transaction() as sql:
                self._store(sql, batch)
            stored += len(batch)
            progress(batch[-1].seq, self._file.room.last_seq)
        return stored

    def finish(self, stored: int) -> Imported:
        """The room is what the file says, for its members to see; one that was whole stays so.

        Raises Stale as store does."""
        of_import = (audit.c.scope == self._room_id) & (audit.c.act == ACT)
        members: list[UserId] = []
        with self._db.transaction() as sql:
            seq = self._locked(sql)
            if sql.execute(select(audit.c.id).where(of_import)).first() is None:
                self._require_filled(seq, self._file.room.last_seq)
                members = self._open(sql)
        return Imported(self._room_id, self._name, stored, self._accounts, members)

    def _find_people(self, sql: Connection) -> None:
        """Everybody whom the file names has an account, and so has the owner."""
        for key, line in self._file.people.items():
            self._people[key] = _person(sql, key) or self._made_account(sql, key, line)
        if self._owner is not None:
            owner = _person(sql, key_of(self._owner))
            if owner is None:
                raise NotFound(f"There is no account of the name {self._owner}.")
            self._people[key_of(self._owner)] = owner

    def _made_account(self, sql: Connection, key: str, line: PersonLine) -> wire.Person:
        self._accounts += 1
        person = wire.Person(
            id=new_id(self._now_ms()),
            username=line.username,
            display_name=clean_name(line.display_name, field="display_name"),
        )
        row = {"id": person.id, "username": person.username, "display_name": person.display_name}
        rest = {"username_key": key, "password_hash": NO_PASSWORD, "created_at_ms": self._now_ms()}
        sql.execute(insert(users).values(row | rest))
        return person

    def _make_room(self, sql: Connection) -> None:
        room, key = self._file.room, key_of(self._name)
        if sql.execute(select(rooms.c.id).where(rooms.c.name_key == key)).first() is not None:
            raise RoomNameTaken("Another room has that name: give the new one another.")
        row = {
            "id": self._room_id,
            "name": self._name,
            "name_key": key,
            "visibility": "private",
            "topic": clean_topic(room.topic),
            "description": clean_description(room.description),
            "slow_mode_s": room.slow_mode_s,
            "first_seq": room.first_seq,
            "last_seq": room.first_seq - 1,
            "archived_at_ms": self._now_ms(),
            "created_by": self._rows.id_of(room.created_by),
            "created_at_ms": room.created_at_ms,
        }
        sql.execute(insert(rooms).values(row))

    def _store(self, sql: Connection, batch: Sequence[MessageLine]) -> None:
        self._require_filled(self._locked(sql), batch[0].seq - 1)
        rows = [self._rows.message(line) for line in batch]
        sql.execute(insert(messages), rows)
        self._index.add(sql, [row for row in rows if row["deleted_at_ms"] is None])
        self._store_parts(sql, list(zip(batch, rows, strict=True)))
        self._follow(sql, [row for row in rows if row["thread_id"] is not None])
        last = {"last_seq": batch[-1].seq, "last_at_ms": batch[-1].at_ms}
        filled = update(rooms).where(rooms.c.id == self._room_id)
        sql.execute(filled.values(last_rev=self._rows.rev, **last))

    def _store_parts(self, sql: Connection, whole: Sequence[tuple[MessageLine, Values]]) -> None:
        """What belongs to the messages stands in its own tables."""
        for table, parts_of in (
            (message_edits, self._rows.edits),
            (mentions, self._rows.mentions),
            (reactions, self._rows.reactions),
        ):
            parts = [part for line, row in whole for part in parts_of(line, row)]
            if parts:
                sql.execute(insert(table), parts)

    def _follow(self, sql: Connection, answers: Sequence[Values]) -> None:
        """Who answered a thread or began it follows it."""
        if not answers:
            return
        query = select(messages.c.author_id, messages.c.id)
        query = query.where(messages.c.id.in_({row["thread_id"] for row in answers}))
        pairs = {(user_id, root_id) for user_id, root_id in sql.execute(query)}
        pairs |= {(row["author_id"], row["thread_id"]) for row in answers}
        dialect = postgresql if sql.dialect.name == "postgresql" else sqlite
        rows = [self._rows.follower(*pair) for pair in sorted(pairs)]
        sql.execute(dialect.insert(thread_reads).on_conflict_do_nothing(), rows)

    def _locked(self, sql: Connection) -> int:
        """The room is this transaction's own; returns up to which seq it is filled."""
        query = select(rooms.c.last_seq).where(rooms.c.id == self._room_id).with_for_update()
        return int(sql.execute(query).scalar_one())

    def _require_filled(self, seq: int, expected: int) -> None:
        if seq != expected:
            raise Stale("Somebody else is importing this file: run it again later.")

    def _open(self, sql: Connection) -> list[UserId]:
        """The room has its members, whom it returns, and its visibility; its log has its import."""
        room, members = self._file.room, self._members()
        sql.execute(insert(memberships), [self._rows.membership(*one) for one in members])
        values = {
            "visibility": room.visibility,
            "archived_at_ms": self._now_ms() if room.is_archived else None,
            "changed_rev": rooms.c.last_rev,
        }
        sql.execute(update(rooms).where(rooms.c.id == self._room_id).values(values))
        owners = [user_id for user_id, role, _ in members if role == "owner"]
        facts = {"name": room.name, "messages": room.messages}
        self._note(sql, UserId(owners[-1]), self._room_id, ACT, facts)
        return [UserId(user_id) for user_id, _, _ in members]

    def _members(self) -> list[tuple[str, str, int]]:
        """Who is in the room, in which role, since when; who was named as the owner comes last."""
        found = {
            self._people[key].id: (line.role, line.joined_at_ms)
            for key, line in self._file.people.items()
            if line.role is not None and line.joined_at_ms is not None
        }
        if self._owner is not None:
            owner_id = self._rows.id_of(self._owner)
            found.pop(owner_id, None)
            found[owner_id] = ("owner", self._now_ms())
        return [(user_id, role, at_ms) for user_id, (role, at_ms) in found.items()]


def _person(sql: Connection, username_key: str) -> wire.Person | None:
    query = select(users.c.id, users.c.username, users.c.display_name)
    row = sql.execute(query.where(users.c.username_key == username_key)).one_or_none()
    if row is None:
        return None
    return wire.Person(id=row.id, username=row.username, display_name=row.display_name)
