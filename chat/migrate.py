"""Migrations: bring a database to the schema of this code, and say whether it is there.

Any number of processes may start at once: the first takes a lock that covers the whole upgrade
(BEGIN IMMEDIATE on SQLite, an advisory lock on PostgreSQL), the others find nothing left to do.
The migrations themselves lie in migrations/ beside the code, or inside of the installed package.
"""

from pathlib import Path

from alembic import command
from alembic.config import Config as AlembicConfig
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text

from chat.db import Database

_LOCK = 0x526F6C6C  # any constant of our own; every Rollcall process takes the same
_HERE = Path(__file__).resolve().parent


def upgrade(url: str) -> None:
    """Bring the database at url to the newest schema, or leave it as it was.

    One transaction; several processes may call it at once. Raises SqlUnavailable.
    """
    db = Database(url)
    try:
        with db.transaction() as connection:
            _wait_for_turn(db, connection)
            command.upgrade(alembic_config(connection), "head")
    finally:
        db.close()


def is_at_head(db: Database) -> bool:
    """Say whether the schema is the one this code was written for. Raises SqlUnavailable."""
    heads = set(ScriptDirectory.from_config(alembic_config()).get_heads())
    with db.reading() as connection:
        return set(MigrationContext.configure(connection).get_current_heads()) == heads


def next_revision() -> str:
    """Return the name for the migration that follows the last one: four digits."""
    return f"{len(list((_folder() / 'versions').glob('[0-9]*.py'))) + 1:04}"


def alembic_config(connection: Connection | None = None) -> AlembicConfig:
    """Return Alembic's configuration; its commands then work on the given open connection."""
    config = AlembicConfig()
    config.set_main_option("script_location", str(_folder()).replace("%", "%%"))
    config.attributes["connection"] = connection
    return config


def _folder() -> Path:
    installed = _HERE / "migrations"
    return installed if installed.is_dir() else _HERE.parent / "migrations"


def _wait_for_turn(db: Database, connection: Connection) -> None:
    if not db.is_sqlite:
        connection.execute(text("SET LOCAL lock_timeout = '60s'"))
        connection.execute(text("SET LOCAL statement_timeout = 0"))
        connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
