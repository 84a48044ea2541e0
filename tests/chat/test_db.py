"""The database: all or nothing, never nested, never stalling, and named when it is away."""

import sqlite3
import threading
from pathlib import Path

import pytest
from sqlalchemy import text

from chat import db as chat_db
from chat.db import Database, SqlUnavailable
from tests.chat.green_programs.run import run_green
from tests.support.postgres import Postgres


@pytest.fixture
def numbers(database_url: str) -> Database:
    """A database with one table of numbers."""
    db = Database(database_url)
    with db.transaction() as sql:
        sql.execute(text("CREATE TABLE numbers (n INTEGER PRIMARY KEY)"))
    return db


def kept(db: Database) -> list[int]:
    """Return the committed numbers."""
    with db.reading() as sql:
        return list(sql.scalars(text("SELECT n FROM numbers ORDER BY n")))


def test_transaction_that_ends_is_committed(numbers: Database) -> None:
    """What was written is there for the next reader."""
    with numbers.transaction() as sql:
        sql.execute(text("INSERT INTO numbers VALUES (1)"))
    assert kept(numbers) == [1]


def test_transaction_that_raises_writes_nothing(numbers: Database) -> None:
    """All or nothing."""

    def write_then_fail() -> None:
        with numbers.transaction() as sql:
            sql.execute(text("INSERT INTO numbers VALUES (1)"))
            raise RuntimeError("on the way")

    with pytest.raises(RuntimeError, match="on the way"):
        write_then_fail()
    assert kept(numbers) == []


def test_reading_commits_nothing(numbers: Database) -> None:
    """A write in a read is lost, so that it is noticed."""
    with numbers.reading() as sql:
        sql.execute(text("INSERT INTO numbers VALUES (1)"))
    assert kept(numbers) == []


def test_transaction_inside_another_raises_at_once(numbers: Database) -> None:
    """It would wait for itself on SQLite, so it is refused everywhere; afterwards all is well."""
    with (
        numbers.reading(),
        pytest.raises(RuntimeError, match="inside another"),
        numbers.transaction(),
    ):
        pass
    assert kept(numbers) == []


def test_wrong_statement_is_a_defect_and_not_an_absence(numbers: Database) -> None:
    """A table that does not exist is not told as `unavailable`."""
    with pytest.raises(Exception, match="nothing_of_that_name") as raised, numbers.reading() as sql:
        sql.execute(text("SELECT * FROM nothing_of_that_name"))
    assert not isinstance(raised.value, SqlUnavailable)


def test_two_threads_share_the_one_connection_of_sqlite(numbers: Database) -> None:
    """Twenty writers at once all commit; the pool hands its connection round."""

    def write(number: int) -> None:
        with numbers.transaction() as sql:
            sql.execute(text("INSERT INTO numbers VALUES (:n)"), {"n": number})

    writers = [threading.Thread(target=write, args=(number,)) for number in range(20)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    assert kept(numbers) == list(range(20))


def test_sqlite_that_stays_locked_is_unavailable(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A lock that nobody gives back ends in SqlUnavailable, not in a hang."""
    monkeypatch.setattr(chat_db, "LOCK_PATIENCE_S", 0.2)
    path = tmp_path / "locked.db"
    db = Database(f"sqlite:///{path}")
    kept_open = sqlite3.connect(path, isolation_level=None)
    kept_open.execute("BEGIN EXCLUSIVE")
    with pytest.raises(SqlUnavailable), db.transaction():
        pass
    kept_open.close()
    with db.transaction():
        pass


def test_sqlite_in_a_folder_that_is_gone_is_unavailable(tmp_path: Path) -> None:
    """A file that cannot be opened is an absence."""
    db = Database(f"sqlite:///{tmp_path / 'gone' / 'rollcall.db'}")
    with pytest.raises(SqlUnavailable), db.reading():
        pass


def test_postgresql_that_is_not_there_is_unavailable(tmp_path: Path) -> None:
    """A server that does not listen is an absence, told within the connect timeout."""
    db = Database(f"postgresql://nobody@/nothing?host={tmp_path}")
    with pytest.raises(SqlUnavailable) as raised, db.reading():
        pass
    assert raised.value.as_body()["error"]["temporary"] is True


def test_postgresql_that_hangs_up_is_unavailable_once(postgres_server: Postgres) -> None:
    """A connection cut in the middle is an absence; the next transaction has a new one."""
    url = postgres_server.fresh_database()
    db, other = Database(url), Database(url)

    def cut_in_the_middle() -> None:
        with db.reading() as sql:
            pid = sql.scalar(text("SELECT pg_backend_pid()"))
            with other.reading() as axe:
                axe.execute(text("SELECT pg_terminate_backend(:pid)"), {"pid": pid})
            sql.execute(text("SELECT 1"))

    with pytest.raises(SqlUnavailable):
        cut_in_the_middle()
    with db.reading() as sql:
        assert sql.scalar(text("SELECT 1")) == 1
    db.close()
    other.close()
    postgres_server.drop(url)


def test_sqlite_keeps_what_the_rules_say(tmp_path: Path) -> None:
    """WAL, synchronous NORMAL, foreign keys on, no waiting in C."""
    with Database(f"sqlite:///{tmp_path / 'x.db'}").reading() as sql:
        pragmas = {
            name: sql.scalar(text(f"PRAGMA {name}"))
            for name in ("journal_mode", "synchronous", "foreign_keys", "busy_timeout")
        }
    assert pragmas == {
        "journal_mode": "wal",
        "synchronous": 1,
        "foreign_keys": 1,
        "busy_timeout": 0,
    }


def test_slow_postgresql_queries_overlap_in_a_green_process(postgres_server: Postgres) -> None:
    """Two queries of one second each take less than two together; the loop goes on."""
    url = postgres_server.fresh_database()
    told = run_green("slow_queries", url)
    postgres_server.drop(url)
    assert told["took_s"] < 1.8
    assert told["longest_stall_s"] < 0.5


def test_sqlite_locked_by_another_process_does_not_stall_the_loop(tmp_path: Path) -> None:
    """While another process holds the lock, other greenlets run; then it is written."""
    told = run_green("locked_out", str(tmp_path / "shared.db"))
    assert told["written"] == 4
    assert told["waited_s"] > 0.8
    assert told["longest_stall_s"] < 0.5
