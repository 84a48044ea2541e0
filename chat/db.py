"""SQL: one engine a process, short transactions, Core statements; SQLite or PostgreSQL.

Rules of this file, and of everyone who calls it:
- A transaction holds no Redis call, no HTTP call and no other transaction (that one raises).
- SQLite has a pool of one connection and never waits in C: a locked database is tried again from
  Python, so that the event loop goes on. Source: docs/adr/0005-sql.md.
- A database that is away comes out as SqlUnavailable; a wrong statement stays what it is.
"""

import random
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import cast

from sqlalchemy import Connection, Engine, MetaData, Table, create_engine, event, make_url
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from sqlalchemy.pool import QueuePool

from chat.errors import Unavailable

LOCK_PATIENCE_S = 5.0
_FIRST_RETRY_S = 0.002
_LONGEST_RETRY_S = 0.05
_POOL_WAIT_S = 10
_POSTGRESQL_POOL = 20
_CONNECT_S = 5
_STATEMENT_MS = 15_000
_LOCK_MS = 5_000

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(column_0_N_label)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
        "pk": "pk_%(table_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
    }
)
"""Every table of Rollcall; migrations/ must lead to exactly this (a test compares)."""


class SqlUnavailable(Unavailable):
    """The database cannot be reached, or stayed locked for 5 s; nothing was committed."""

    sentence = "The database is away for the moment: try again soon."


class Database:
    """The database behind one URL. Opens no connection before it is asked something."""

    def __init__(self, url: str) -> None:
        """url is sqlite:///path or postgresql://...; the driver is chosen here."""
        self.is_sqlite = make_url(url).get_backend_name() == "sqlite"
        self.file = (make_url(url).database or "") if self.is_sqlite else ""
        self.engine = sqlite_engine(url) if self.is_sqlite else postgresql_engine(url)
        self._inside = threading.local()

    @contextmanager
    def transaction(self) -> Iterator[Connection]:
        """Yield a connection whose writes are committed together at the end, or not at all.

        On SQLite it owns the write lock from its first line. Raises SqlUnavailable.
        """
        with self._begun("BEGIN IMMEDIATE") as connection:
            yield connection
            connection.commit()

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """Yield a connection for reads, of one moment on SQLite. Raises SqlUnavailable."""
        with self._begun("BEGIN") as connection:
            yield connection

    def lock(self, connection: Connection, table: Table) -> None:
        """No other transaction writes the table until this one ends; they wait, readers do not.

        Nothing to do on SQLite, where a transaction owns the write lock from its first line."""
        if not self.is_sqlite:
            connection.exec_driver_sql(f"LOCK TABLE {table.name} IN SHARE ROW EXCLUSIVE MODE")

    def close(self) -> None:
        """Close the pooled connections; a later call opens new ones."""
        self.engine.dispose()

    @contextmanager
    def _begun(self, begin: str) -> Iterator[Connection]:
        with self._not_nested(), _absence_named(), self.engine.connect() as connection:
            if self.is_sqlite:
                begin_sqlite(connection, begin)
            yield connection

    @contextmanager
    def _not_nested(self) -> Iterator[None]:
        if getattr(self._inside, "is_open", False):
            raise RuntimeError("A transaction inside another would wait for itself on SQLite.")
        self._inside.is_open = True
        try:
            yield
        finally:
            self._inside.is_open = False


def sqlite_engine(url: str) -> Engine:
    """Return an engine of one connection that begins nothing by itself: use begin_sqlite."""
    engine = create_engine(
        url,
        poolclass=QueuePool,
        pool_size=1,
        max_overflow=0,
        pool_timeout=_POOL_WAIT_S,
        # The pool hands its one connection from thread to thread, never to two at once.
        connect_args={"timeout": 0, "isolation_level": None, "check_same_thread": False},
    )
    event.listen(engine, "connect", _prepare_sqlite)
    return engine


def postgresql_engine(url: str) -> Engine:
    """Return an engine of 20 psycopg2 connections, the driver that eventlet makes green."""
    engine = create_engine(
        make_url(url).set(drivername="postgresql+psycopg2"),
        paramstyle="format",  # parameters have places on both databases: prepared.py
        pool_size=_POSTGRESQL_POOL,
        max_overflow=0,
        pool_timeout=_POOL_WAIT_S,
        pool_pre_ping=True,
        connect_args={"connect_timeout": _CONNECT_S, "application_name": "rollcall"},
    )
    event.listen(engine, "connect", _prepare_postgresql)
    return engine


def begin_sqlite(connection: Connection, begin: str) -> None:
    """Begin for real: after `BEGIN IMMEDIATE` this is the only writer, after `BEGIN` a snapshot.

    Waits up to LOCK_PATIENCE_S for other processes, other greenlets go on. Raises
    sqlite3.OperationalError. The driver is asked itself: through SQLAlchemy it is 33 us more.
    """
    driver = cast("sqlite3.Connection", connection.connection.driver_connection)
    _until_unlocked(lambda: driver.execute(begin).close())
    if begin == "BEGIN":  # which by itself takes no snapshot: the first read does
        _until_unlocked(lambda: driver.execute("SELECT 1 FROM sqlite_schema").close())


def _prepare_sqlite(connection: sqlite3.Connection, _record: object) -> None:
    _until_unlocked(lambda: connection.execute("PRAGMA journal_mode=WAL").close())
    connection.execute("PRAGMA synchronous=NORMAL").close()
    connection.execute("PRAGMA foreign_keys=ON").close()


def _prepare_postgresql(connection: object, _record: object) -> None:
    with connection.cursor() as cursor:  # type: ignore[attr-defined]  # a psycopg2 connection
        cursor.execute(f"SET statement_timeout = {_STATEMENT_MS}")
        cursor.execute(f"SET lock_timeout = {_LOCK_MS}")
    connection.commit()  # type: ignore[attr-defined]  # the same


def _until_unlocked(attempt: Callable[[], None]) -> None:
    deadline, pause_s = time.monotonic() + LOCK_PATIENCE_S, _FIRST_RETRY_S
    while True:
        try:
            return attempt()
        except sqlite3.OperationalError as error:
            if not _is_locked(error) or time.monotonic() > deadline:
                raise
        time.sleep(pause_s * random.uniform(0.5, 1))  # noqa: S311  (spreads writers, no secret)
        pause_s = min(pause_s * 2, _LONGEST_RETRY_S)


def _is_locked(error: BaseException) -> bool:
    return _sqlite_code(error) in {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}


def _sqlite_code(error: BaseException) -> int:
    """Return the primary result code, 0 when it is not of SQLite."""
    original = error.orig if isinstance(error, DBAPIError) else error
    return getattr(original, "sqlite_errorcode", 0) & 0xFF


@contextmanager
def _absence_named() -> Iterator[None]:
    try:
        yield
    except PoolTimeoutError as error:
        raise SqlUnavailable(retry_after_s=1) from error
    except (DBAPIError, sqlite3.OperationalError) as error:
        if not _is_absence(error):
            raise
        raise SqlUnavailable(retry_after_s=1) from error


def _is_absence(error: DBAPIError | sqlite3.OperationalError) -> bool:
    if _sqlite_code(error) == sqlite3.SQLITE_ERROR:  # a wrong statement, a missing table
        return False
    if isinstance(error, sqlite3.OperationalError):  # while it began
        return True
    return error.connection_invalidated or isinstance(error, OperationalError | InterfaceError)
