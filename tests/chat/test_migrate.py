"""Migrations: they lead to what the code declares, once, however many processes start."""

import itertools
import subprocess
import sys

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, column, insert, inspect, select, text
from sqlalchemy import table as table_of
from structlog.testing import capture_logs

from chat import migrate, tables
from chat.db import Database, metadata
from chat.search import filling
from tests.chat.before_search import conversation_of_before

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


def test_messages_of_before_are_made_findable_in_batches_that_stay(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Broken off, the next start goes on where it was; the log tells how far it came."""
    posted = conversation_of_before(database_url, 25)
    monkeypatch.setattr(filling, "BATCH", 10)
    monkeypatch.setattr(filling, "TOLD_EACH_S", 0.0)
    keep, kept = migrate.keep, itertools.count()

    def keep_two(connection: Connection, revision: str) -> None:
        if next(kept) == 2:
            raise KeyboardInterrupt
        keep(connection, revision)

    with monkeypatch.context() as patched:
        patched.setattr(migrate, "keep", keep_two)
        with pytest.raises(KeyboardInterrupt), capture_logs() as lines:
            migrate.upgrade(database_url)
    assert [(line["done"], line["total"]) for line in lines] == [(10, 25), (20, 25)]
    db = Database(database_url)
    assert migrate.is_at_head(db) is False

    with capture_logs() as lines:
        migrate.upgrade(database_url)

    assert [line["done"] for line in lines if "done" in line] == [25, 25]
    assert migrate.is_at_head(db) is True
    assert _findable(db) == posted
    assert not inspect(db.engine).has_table("message_words_filled")
    db.close()


def test_process_that_comes_between_two_batches_takes_over(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first one then finds nothing left to do, and each message is there once."""
    posted = conversation_of_before(database_url, 25)
    monkeypatch.setattr(filling, "BATCH", 10)
    keep = migrate.keep

    def keep_late(connection: Connection, revision: str) -> None:
        monkeypatch.setattr(migrate, "keep", keep)
        connection.commit()
        subprocess.run([sys.executable, "-c", UPGRADE, database_url], check=True)
        keep(connection, revision)

    monkeypatch.setattr(migrate, "keep", keep_late)
    migrate.upgrade(database_url)

    db = Database(database_url)
    assert migrate.is_at_head(db) is True
    assert _findable(db) == posted
    db.close()


def _findable(db: Database) -> list[str]:
    """Return the ids of the messages that search finds, oldest first."""
    table = table_of("message_words", column("n"), column("message_id"))
    with db.reading() as sql:
        if db.is_sqlite:
            found = "SELECT rowid FROM message_words_index WHERE message_words_index MATCH 'hi'"
        else:
            found = "SELECT n FROM message_words WHERE words @@ 'hi'"
        places = sql.execute(text(found)).scalars().all()
        ids = select(table.c.message_id).where(table.c.n.in_(places)).order_by(table.c.n)
        return list(sql.execute(ids).scalars())
