"""The commands `export` and `import`: a room into a file, and out of it again.

Rule of this file: a file is whole or not there; progress goes to standard error, so that a room can
be written to a pipe.
"""

import contextlib
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO, Any, BinaryIO

import click
from sqlalchemy import Connection, select

from chat import clock, wire
from chat.commands import database_of, redis_of, refusals_told, tell_workers
from chat.config import Config
from chat.db import Database
from chat.errors import NotFound
from chat.exports.checking import check, messages_in
from chat.exports.importing import Imported, Importer
from chat.exports.page import Words
from chat.exports.reading import RoomReader
from chat.exports.service import HTML, JSONL, Export, export_of
from chat.fanout import Fanout
from chat.ids import RoomId, UserId
from chat.messages.counts import unread_counts
from chat.messages.texts import FileTexts
from chat.rooms.audit import note_of
from chat.rooms.models import rooms
from chat.rooms.views import ROOM, Views
from chat.search.index import Index
from chat.text import key_of

STDOUT = "-"
STEP = 100  # messages between two looks at the bar


@click.command("export")
@click.argument("room")
@click.argument("file", type=click.Path(dir_okay=False, allow_dash=True))
@click.option("--format", "kind", type=click.Choice([JSONL, HTML]), help="By FILE's name if none.")
@click.pass_obj
@refusals_told
def export(config: Config, room: str, file: str, kind: str | None) -> None:
    """Write ROOM (its name or its id) to FILE: JSON Lines, which can be imported, or one page."""
    chosen = kind or (HTML if file.endswith((".html", ".htm")) else JSONL)
    db = database_of(config)
    reader = RoomReader(db, _room_named(db, room), lambda _: None)
    begun = export_of(reader, chosen, Words())
    with _written(file) as out:
        _write(begun, out)
    db.close()
    click.echo(f"{begun.room.name}: {begun.room.messages} messages.", err=True)


@click.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False))
@click.option("--name", help="What the new room is called; as in the file if not given.")
@click.option("--owner", help="A username that owns the new room, beside those of the file.")
@click.pass_obj
@refusals_told
def import_(config: Config, file: str, name: str | None, owner: str | None) -> None:
    """Make a new room of FILE, which `export` wrote. Again: it goes on, and doubles nothing."""
    db = database_of(config)
    with Path(file).open("rb") as lines:
        done = _imported(db, lines, name, owner)
    with contextlib.closing(redis_of(config)) as redis:
        tell_workers(redis, lambda fanout: _tell_members(db, fanout, done))
    db.close()
    if not done.members:
        click.echo(f"{done.name} was imported before; nothing was done.")
    else:
        click.echo(f"{done.name}: {done.messages} messages; {done.accounts} accounts made.")


def _write(begun: Export, out: IO[bytes]) -> None:
    with _bar("Exporting", begun.room.last_seq) as shown:
        for part, seq in begun.parts:
            out.write(part)
            shown(seq)


@contextlib.contextmanager
def _written(file: str) -> Iterator[IO[bytes]]:
    """The file is there, whole, at the end; on an error it is as it was."""
    if file == STDOUT:
        yield sys.stdout.buffer
        return
    whole, part = Path(file), Path(f"{file}.part")
    try:
        with part.open("wb") as out:
            yield out
        part.replace(whole)
    finally:
        part.unlink(missing_ok=True)


def _imported(db: Database, file: BinaryIO, name: str | None, owner: str | None) -> Imported:
    texts = FileTexts()
    with _bar("Checking") as shown:
        checked = check(file, texts, shown)
    file.seek(0)
    importer = Importer(
        db,
        clock.now_ms,
        texts,
        Index(),
        _note,
        checked=checked,
        name=name or checked.room.name,
        owner=owner,
    )
    begun = importer.begin()
    with _bar("Importing", checked.room.last_seq) as shown:
        shown(begun)
        stored = importer.store(messages_in(file, begun), lambda seq, _: shown(seq))
    return importer.finish(stored)


def _note(
    sql: Connection,
    by_id: UserId,
    room_id: RoomId,
    act: str,
    facts: dict[str, Any],  # Any: JSON
) -> None:
    note_of(sql, by_id, room_id, act, now_ms=clock.now_ms(), facts=facts)


def _tell_members(db: Database, fanout: Fanout, done: Imported) -> None:
    """The open tabs of the members show the room."""
    views = Views(clock.now_ms, counts=unread_counts, here_in=lambda _: {})
    for user_id in done.members:
        with db.reading() as sql:
            room = views.one(sql, done.room_id, user_id)
        fanout.user_joined(user_id, done.room_id, wire.RoomBody(room=room))


def _room_named(db: Database, room: str) -> RoomId:
    """The room of that name or id; a direct one has no name, and belongs to its people."""
    is_it = (rooms.c.name_key == key_of(room)) | (rooms.c.id == room)
    with db.reading() as sql:
        found = sql.execute(select(rooms.c.id).where(is_it, rooms.c.kind == ROOM)).scalar()
    if found is None:
        raise NotFound("There is no room of that name.")
    return RoomId(found)


@contextlib.contextmanager
def _bar(label: str, length: int = 0) -> Iterator[Callable[..., None]]:
    """A bar on standard error while it is a terminal; the function takes where it is, and of what.

    length: 0 where it becomes known later."""
    with click.progressbar(length=max(1, length), label=label, file=sys.stderr) as bar:

        def shown(place: int, last: int = 0) -> None:
            bar.length = last or bar.length
            if place - bar.pos >= STEP or place >= (bar.length or 0):
                bar.update(place - bar.pos)

        yield shown
