"""Migrations: bring a database to the schema of this code, and say whether it is there.

Any number of processes may start at once: the first takes a lock that covers the whole upgrade
(BEGIN IMMEDIATE on SQLite, an advisory lock on PostgreSQL), the others find nothing left to do. A
migration that takes minutes commits in between (`keep`): another may come in and go on with it.
The migrations themselves lie in migrations/ beside the code, or inside of the installed package.

Rule of this file: Alembic is loaded by whoever migrates. Every worker asks `is_at_head`, and with
Alembic come a template engine and the lexers of a dozen languages: a fifth of a worker's start.
"""

from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import Connection, inspect, text

from chat.db import Database, begin_sqlite

if TYPE_CHECKING:
    from alembic.config import Config as AlembicConfig

_LOCK = 0x526F6C6C  # any constant of our own; every Rollcall process takes the same
_HERE = Path(__file__).resolve().parent


class UnknownSchemaError(Exception):
    """The database is at a revision that this code does not have: a newer version was there."""


class _DoneMeanwhileError(Exception):
    """Another process came in between and finished the migration."""


def upgrade(url: str) -> None:
    """Bring the database at url to the newest schema, or leave it as it was.

    One transaction, but for what a long migration keeps; several processes may call it at once.
    Raises SqlUnavailable, UnknownSchemaError.
    """
    db = Database(url)
    try:
        while not _upgraded(db):
            pass
    finally:
        db.close()


def keep(connection: Connection, revision: str) -> None:
    """What the running migration did so far is committed, and it has its turn again.

    Broken off, it is begun anew from there; it reads from the database how far it came, where other
    processes may have gone on meanwhile. revision is the one it follows."""
    connection.commit()
    if connection.dialect.name == "sqlite":
        begin_sqlite(connection, "BEGIN IMMEDIATE")
    _wait_for_turn(connection)
    if _revision(connection) != revision:
        raise _DoneMeanwhileError


def is_at_head(db: Database) -> bool:
    """Say whether the schema is the one this code was written for. Raises SqlUnavailable."""
    with db.reading() as connection:
        return _revision(connection) == newest_revision()


def newest_revision() -> str:
    """Return the name of the last migration: files are named by theirs, four digits that count."""
    return max(file.name[:4] for file in (_folder() / "versions").glob("[0-9]*.py"))


def next_revision() -> str:
    """Return the name for the migration that follows the last one."""
    return f"{int(newest_revision()) + 1:04}"


def alembic_config(connection: Connection | None = None) -> "AlembicConfig":
    """Return Alembic's configuration; its commands then work on the given open connection."""
    from alembic.config import Config as AlembicConfig  # noqa: PLC0415 - the rule of this file

    config = AlembicConfig()
    config.set_main_option("script_location", str(_folder()).replace("%", "%%"))
    config.attributes["connection"] = connection
    return config


def is_compared(_object: object, name: str | None, kind: str, *_: object) -> bool:
    """Say whether Alembic compares it with the tables in the code.

    Not what each database has of its own for search: FTS5's tables, and an index by GIN."""
    is_fts5 = kind == "table" and str(name).startswith("message_words_index")
    return not is_fts5 and not (kind == "index" and name == "ix_message_words_words")


def _upgraded(db: Database) -> bool:
    try:
        with db.transaction() as connection:
            _wait_for_turn(connection)
            if _revision(connection) != newest_revision():
                _upgrade(connection)
    except _DoneMeanwhileError:
        return False
    return True


def _upgrade(connection: Connection) -> None:
    from alembic import command  # noqa: PLC0415 - the rule of this file
    from alembic.util import CommandError  # noqa: PLC0415 - the same

    try:
        command.upgrade(alembic_config(connection), "head")
    except CommandError as unknown:
        raise UnknownSchemaError(str(unknown)) from unknown


def _revision(connection: Connection) -> str | None:
    if not inspect(connection).has_table("alembic_version"):
        return None
    return connection.execute(text("SELECT version_num FROM alembic_version")).scalar()


def _folder() -> Path:
    installed = _HERE / "migrations"
    return installed if installed.is_dir() else _HERE.parent / "migrations"


def _wait_for_turn(connection: Connection) -> None:
    if connection.dialect.name != "sqlite":
        connection.execute(text("SET LOCAL lock_timeout = '60s'"))
        connection.execute(text("SET LOCAL statement_timeout = 0"))
        connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
