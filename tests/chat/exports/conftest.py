"""A room with people, and ways to write it down and to make a room of what was written."""

import io
from collections.abc import Callable
from functools import partial

import pytest

from chat.db import Database
from chat.exports.checking import check, messages_in
from chat.exports.importing import Imported, Importer
from chat.exports.page import Words
from chat.exports.reading import RoomReader
from chat.exports.service import JSONL, export_of
from chat.ids import RoomId
from chat.messages.texts import FileTexts
from chat.rooms.audit import note_of
from chat.search.index import Index
from chat.terms import Identity
from tests.chat.conftest import MovedClock
from tests.chat.house import House

Imports = Callable[..., Imported]
"""(bytes of a file, name=, owner=, into=, until=) -> what became of it."""


@pytest.fixture
def house(db: Database, moved_clock: MovedClock) -> House:
    """Rooms and messages on a fresh database."""
    return House(db, moved_clock)


@pytest.fixture
def ann(house: House) -> Identity:
    """Who owns the room."""
    return house.signs_up("ann")


@pytest.fixture
def bob(house: House) -> Identity:
    """A member."""
    return house.signs_up("bob")


@pytest.fixture
def lobby(house: House, ann: Identity, bob: Identity) -> RoomId:
    """A room of both."""
    return house.opens_room(ann, bob)


def exported(db: Database, room_id: RoomId, kind: str = JSONL) -> bytes:
    """Return the whole file."""
    export = export_of(RoomReader(db, room_id, lambda _sql: None), kind, Words())
    return b"".join(part for part, _ in export.parts)


def importer_of(
    house: House,
    file: bytes,
    name: str,
    owner: str | None = None,
    into: Database | None = None,
) -> Importer:
    """Return who imports the file, which was checked."""
    texts = FileTexts()
    checked = check(io.BytesIO(file), texts, lambda *_: None)
    return Importer(
        into or house.db,
        house.now_ms,
        texts,
        Index(),
        partial(_noted, now_ms=house.now_ms),
        checked=checked,
        name=name or checked.room.name,
        owner=owner,
    )


@pytest.fixture
def imports(house: House) -> Imports:
    """A function that checks a file and imports it, or only its messages up to a seq."""

    def run(
        file: bytes,
        *,
        name: str = "",
        owner: str | None = None,
        into: Database | None = None,
        until: int | None = None,
    ) -> Imported:
        importer = importer_of(house, file, name, owner, into)
        lines = messages_in(io.BytesIO(file), importer.begin())
        if until is not None:
            importer.store((line for line in lines if line.seq <= until), lambda *_: None)
            raise KeyboardInterrupt
        return importer.finish(importer.store(lines, lambda *_: None))

    return run


def _noted(sql, by_id, room_id, act, facts, *, now_ms):  # type: ignore[no-untyped-def]  # as Note
    note_of(sql, by_id, room_id, act, now_ms=now_ms(), facts=facts)
