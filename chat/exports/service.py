"""Exports: a room's owner gets all of it as a file, which is written while it is read.

The rules of the file: memory does not grow with the room; each page asks again whether the asker
may (who is no owner any more gets no further page); other work has its turn between two pages.
Source: docs/EXPORT.md.
"""

import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final, Protocol

import structlog
from sqlalchemy import Connection

from chat.buckets import Buckets, Limit
from chat.clock import Clock
from chat.db import Database
from chat.errors import ChatError, RateLimited
from chat.exports.page import HtmlPage, Words
from chat.exports.reading import Page, RoomReader
from chat.exports.records import EndLine, PersonLine, RoomLine, written
from chat.ids import RoomId
from chat.terms import Identity

EXPORTS_OF_USER = Limit(rate=1 / 30, burst=5)  # exports a second, on one worker

JSONL: Final = "jsonl"
HTML: Final = "html"

Facts = dict[str, Any]  # Any: JSON, a few named strings and numbers

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Export:
    """A file on its way: its parts, each with the seq up to which it then goes."""

    room: RoomLine
    parts: Iterator[tuple[bytes, int]]


class _Form(Protocol):
    """How a file is written."""

    def head(self, room: RoomLine, members: list[PersonLine]) -> bytes:
        """What stands before the first message."""

    def messages(self, page: Page) -> bytes:
        """One page."""

    def end(self) -> bytes:
        """What stands after the last message."""


class RoomKeeping(Protocol):
    """Who may export a room, and the log of what was done there."""

    def require_exporter(self, sql: Connection, asker: Identity, room_id: RoomId) -> None:
        """The asker may. Raises NotFound, NotMember, Forbidden."""

    def note_export(self, asker: Identity, room_id: RoomId, facts: Facts) -> None:
        """The log says so; the same once more in the transaction of the entry. Raises as above."""


class Exports:
    """The exports of one Rollcall, on one worker."""

    def __init__(self, db: Database, now_ms: Clock, rooms: RoomKeeping) -> None:
        self._db = db
        self._now_ms = now_ms
        self._rooms = rooms
        self._of_user = Buckets(EXPORTS_OF_USER)

    def begin(self, asker: Identity, room_id: RoomId, kind: str, words: Words) -> Export:
        """The export is in the room's log, and its parts can be taken; kind: jsonl or html.

        Raises NotFound, NotMember, Forbidden, RateLimited. A part raises ConnectionAbortedError
        when the rest cannot or may not be read: what was sent lacks its end then."""

        def allowed(sql: Connection) -> None:
            self._rooms.require_exporter(sql, asker, room_id)

        reader = RoomReader(self._db, room_id, allowed)
        reader.room()  # refuses before the bucket is asked
        wait_s = self._of_user.take(asker.user_id, self._now_ms())
        if wait_s:
            raise RateLimited(retry_after_s=wait_s)
        self._rooms.note_export(asker, room_id, {"format": kind})
        export = export_of(reader, kind, words)
        return Export(export.room, _broken_off(export.parts, room_id))


def export_of(reader: RoomReader, kind: str, words: Words) -> Export:
    """The room as a file of that kind. Raises as the reader does, also between two parts."""
    room = reader.room()
    form: _Form = HtmlPage(words) if kind == HTML else _Lines()
    return Export(room, _parts(reader, room, form))


class _Lines:
    """JSON Lines."""

    def __init__(self) -> None:
        self._people = 0
        self._messages = 0

    def head(self, room: RoomLine, members: list[PersonLine]) -> bytes:
        self._people += len(members)
        return written([room, *members])

    def messages(self, page: Page) -> bytes:
        self._people += len(page.people)
        self._messages += len(page.messages)
        return written([*page.people, *(told.line for told in page.messages)])

    def end(self) -> bytes:
        return written([EndLine(self._messages, self._people)])


def _parts(reader: RoomReader, room: RoomLine, form: _Form) -> Iterator[tuple[bytes, int]]:
    yield form.head(room, reader.members()), 0
    for page in reader.pages(room.first_seq, room.last_seq):
        yield form.messages(page), page.messages[-1].line.seq
        time.sleep(0)  # others have their turn, also where the socket takes all at once
    yield form.end(), room.last_seq


def _broken_off(parts: Iterator[tuple[bytes, int]], room_id: RoomId) -> Iterator[tuple[bytes, int]]:
    """The parts; a refusal between them ends the connection, as its head has long been sent."""
    try:
        yield from parts
    except ChatError as refusal:
        log.info("export broken off", room_id=room_id, code=refusal.code)
        raise ConnectionAbortedError(refusal.code) from refusal
