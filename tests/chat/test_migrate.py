"""Migrations: they lead to what the code declares, once, however many processes start."""

import subprocess
import sys

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import column, insert, inspect, text
from sqlalchemy import table as table_of

from chat import migrate, tables
from chat.db import Database, metadata

UPGRADE = "import sys; from chat import migrate; migrate.upgrade(sys.argv[1])"


def test_migrated_schema_is_what_the_models_declare(db: Database) -> None:
    """Alembic finds no difference between the migrated database and the tables in the code."""
    with db.reading() as sql:
        context = MigrationContext.configure(
            sql,
            opts={
                "compare_type": True,
                "compare_server_default": True,
                "include_object": migrate.is_compared,
            },
        )
        assert compare_metadata(context, metadata) == []
    assert set(metadata.tables) == {table.name for table in tables.ALL}


def test_fresh_database_is_not_at_head_until_it_is_upgraded(database_url: str) -> None:
    """/readyz can tell a database that still waits for its migrations."""
    db = Database(database_url)
    assert migrate.is_at_head(db) is False
    migrate.upgrade(database_url)
    assert migrate.is_at_head(db) is True
    db.close()


def test_newest_revision_is_the_head_that_alembic_finds() -> None:
    """Workers compare with the newest file's name: the files count up to the only head."""
    script = ScriptDirectory.from_config(migrate.alembic_config())
    assert script.get_heads() == [migrate.newest_revision()]


def test_database_of_a_newer_version_is_left_alone(database_url: str) -> None:
    """A revision that this code does not have ends the upgrade with a sentence."""
    migrate.upgrade(database_url)
    db = Database(database_url)
    with db.transaction() as sql:
        sql.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    assert migrate.is_at_head(db) is False
    db.close()
    with pytest.raises(migrate.UnknownSchemaError, match="9999"):
        migrate.upgrade(database_url)


def test_upgrade_twice_changes_nothing(database_url: str) -> None:
    """A second start finds nothing to do."""
    migrate.upgrade(database_url)
    migrate.upgrade(database_url)
    db = Database(database_url)
    assert migrate.is_at_head(db) is True
    db.close()


def test_processes_that_start_at_once_migrate_once(database_url: str) -> None:
    """Four processes upgrade an empty database at the same time, and all succeed."""
    starts = [
        subprocess.Popen([sys.executable, "-c", UPGRADE, database_url], stderr=subprocess.PIPE)
        for _ in range(4)
    ]
    outcomes = [(start.communicate()[1].decode(), start.returncode) for start in starts]
    assert [code for _, code in outcomes] == [0, 0, 0, 0], outcomes
    db = Database(database_url)
    assert migrate.is_at_head(db) is True
    db.close()


def test_sessions_and_memberships_are_found_by_their_user(db: Database) -> None:
    """The questions asked at every beat have an index."""
    inspector = inspect(db.engine)
    for table in ("sessions", "memberships"):
        indexed = [index["column_names"] for index in inspector.get_indexes(table)]
        assert ["user_id"] in indexed


def test_oldest_account_of_an_older_installation_becomes_its_administrator(
    database_url: str,
) -> None:
    """Accounts made before there were roles have one administrator: who came first."""
    db = Database(database_url)
    people = [
        {"id": name, "username": name, "username_key": name, "display_name": name}
        | {"password_hash": "none", "created_at_ms": at_ms}
        for name, at_ms in (("late", 2), ("early", 1))
    ]
    with db.transaction() as sql:
        command.upgrade(migrate.alembic_config(sql), "0002")
        sql.execute(insert(table_of("users", *map(column, people[0]))), people)
    migrate.upgrade(database_url)
    with db.reading() as sql:
        roles = {row.id: row.role for row in sql.execute(text("SELECT id, role FROM users"))}
    db.close()
    assert roles == {"late": "user", "early": "admin"}
