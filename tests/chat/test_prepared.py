"""A prepared statement is what SQLAlchemy would have executed, and fails alike; both databases."""

import gc
import threading
from collections.abc import Iterator, Mapping
from typing import Any

import pytest
from sqlalchemy import (
    JSON,
    Boolean,
    Column,
    Connection,
    Integer,
    MetaData,
    String,
    Table,
    bindparam,
    event,
    insert,
    select,
    update,
)
from sqlalchemy.exc import DBAPIError, IntegrityError, OperationalError, ProgrammingError

from chat.accounts import models as accounts
from chat.db import Database, SqlUnavailable
from chat.messages import posting, rows
from chat.prepared import AT_ONCE, Prepared
from chat.rooms import memberships, revs
from chat.roster import claims
from chat.search import index
from tests.support.postgres import Postgres

HOUSE: dict[str, Prepared] = {
    f"{module.__name__}.{name}": one
    for module in (accounts, memberships, posting, rows, revs, index, claims)
    for name, one in vars(module).items()
    if isinstance(one, Prepared)
}
things = Table(
    "things",
    MetaData(),
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("name", String(20), nullable=False),
    Column("is_open", Boolean),
    Column("told", JSON),
)
COLUMNS = ("id", "name", "is_open", "told")
ADD = Prepared(insert(things), COLUMNS)
ADD_AND_TELL = Prepared(insert(things).returning(things.c.id, things.c.is_open), COLUMNS)
ALL = Prepared(select(things).where(things.c.id >= bindparam("least")).order_by(things.c.id))
RENAME = Prepared(
    update(things).where(things.c.name == bindparam("old")).values(name=bindparam("new"))
)


def thing(number: int, name: str = "some") -> dict[str, Any]:
    """Return a row."""
    told = {"deep": [number, None, "天"]} if number % 2 else None
    return {"id": number, "name": name, "is_open": bool(number % 2), "told": told}


@pytest.fixture
def house(db: Database) -> Iterator[Database]:
    """A database with a table of things."""
    with db.transaction() as sql:
        things.create(sql)
    yield db
    with db.transaction() as sql:
        things.drop(sql)


def executed(
    db: Database, statement: Any, values: Mapping[str, Any]
) -> tuple[str, tuple[Any, ...]]:
    """Return the text and the parameters that SQLAlchemy hands to the driver."""
    seen: list[tuple[str, tuple[Any, ...]]] = []

    def note(_sql: Any, _cursor: Any, text: str, bound: Any, *_: Any) -> tuple[str, Any]:
        seen.append((text, tuple(bound)))
        raise InterruptedError  # it is not executed: the values are not of this database

    event.listen(db.engine, "before_cursor_execute", note, retval=True)
    try:
        with pytest.raises(InterruptedError), db.transaction() as sql:
            sql.execute(statement, values)
    finally:
        event.remove(db.engine, "before_cursor_execute", note)
    return seen[0]


@pytest.mark.parametrize("name", HOUSE)
def test_what_is_executed_is_what_sqlalchemy_would_execute(db: Database, name: str) -> None:
    """Each prepared statement of the house: letter by letter, value by value."""
    prepared = HOUSE[name]
    said = prepared.said(db.engine.dialect)
    values = {name: f"of {name}" for name in said.names if name not in said.constants}
    assert values

    text, bound = executed(db, prepared.statement(db.engine.dialect), values)

    assert said.text == text
    assert said.bound(values) == bound


def test_rows_come_and_go_as_their_columns_types_have_them(house: Database) -> None:
    """Booleans and JSON are not what the drivers give."""
    rows = [thing(number) for number in range(1, 6)]
    with house.transaction() as sql:
        ADD.run_all(sql, rows)
    with house.reading() as sql:
        found = ALL.rows(sql, {"least": 2})
        theirs = [tuple(row) for row in sql.execute(ALL.statement(sql.dialect), {"least": 2})]

    assert found == [tuple(row.values()) for row in rows[1:]]
    assert found == theirs


@pytest.mark.parametrize("count", [0, 1, 2, AT_ONCE, AT_ONCE + 1, 3 * AT_ONCE])
def test_any_number_of_rows_is_inserted(house: Database, count: int) -> None:
    """In as few statements as the databases allow; each row answers."""
    rows = [thing(number) for number in range(count)]
    with house.transaction() as sql:
        told = ADD_AND_TELL.rows_of_all(sql, rows)
    with house.reading() as sql:
        found = ALL.rows(sql, {"least": 0})

    assert sorted(told) == [(row["id"], row["is_open"]) for row in rows]
    assert found == [tuple(row.values()) for row in rows]


def test_first_and_count(house: Database) -> None:
    """Nothing found is None; what changed is counted."""
    with house.transaction() as sql:
        assert ALL.first(sql, {"least": 0}) is None
        ADD.run_all(sql, [thing(1), thing(2), thing(3, "other")])
        assert RENAME.run(sql, {"old": "some", "new": "one"}) == 2
        assert RENAME.run(sql, {"old": "some", "new": "one"}) == 0
        assert ALL.first(sql, {"least": 2}) == (2, "one", False, None)


def test_it_is_part_of_the_callers_transaction(house: Database) -> None:
    """Rolled back with it, in a savepoint of it too."""
    with house.transaction() as sql:
        ADD.run_all(sql, [thing(1)])
        with pytest.raises(IntegrityError), sql.begin_nested():
            _adds_one_by_one(sql, thing(2), thing(1))
        assert [row[0] for row in ALL.rows(sql, {"least": 0})] == [1]
    with pytest.raises(IntegrityError), house.transaction() as sql:
        _adds_one_by_one(sql, thing(3), thing(1))

    with house.reading() as sql:
        assert [row[0] for row in ALL.rows(sql, {"least": 0})] == [1]


def test_faults_have_sqlalchemys_names_and_no_values(house: Database) -> None:
    """Who catches IntegrityError catches it here too; a value in a log would be somebody's word."""
    with house.transaction() as sql:
        ADD.run_all(sql, [thing(1)])
    with pytest.raises(IntegrityError) as twice, house.transaction() as sql:
        ADD.run_all(sql, [thing(1, "secret")])
    assert "secret" not in str(twice.value)

    gone = Prepared(select(Table("nowhere", MetaData(), Column("id", Integer))))
    with pytest.raises((OperationalError, ProgrammingError)), house.reading() as sql:
        gone.rows(sql, {})
    with pytest.raises(KeyError), house.reading() as sql:
        ALL.rows(sql, {})
    with house.reading() as sql:
        assert ALL.rows(sql, {"least": 0}), "the connection is as good as before"


def test_connection_that_is_gone_is_used_no_more(postgres_server: Postgres) -> None:
    """The pool makes another; the fault says that it was the connection. SQLite has none to go."""
    url = postgres_server.fresh_database()
    house, other = Database(url), Database(url)
    with house.transaction() as sql:
        things.create(sql)
    with pytest.raises(SqlUnavailable) as gone, house.reading() as sql:
        _asks_after_its_end(sql, other)

    assert isinstance(gone.value.__cause__, DBAPIError)
    assert gone.value.__cause__.connection_invalidated
    with house.reading() as sql:
        assert ALL.rows(sql, {"least": 0}) == []
    house.close()
    postgres_server.drop(url)


def _adds_one_by_one(sql: Connection, *rows: dict[str, Any]) -> None:
    for row in rows:
        ADD.run_all(sql, [row])


def _asks_after_its_end(sql: Connection, other: Database) -> None:
    (pid,) = sql.exec_driver_sql("SELECT pg_backend_pid()").one()
    ending = threading.Thread(target=_ends, args=(other, pid))
    ending.start()
    ending.join(10)
    ALL.rows(sql, {"least": 0})


def _ends(db: Database, pid: int) -> None:
    with db.transaction() as sql:
        sql.exec_driver_sql(f"SELECT pg_terminate_backend({pid})")
    db.close()


def test_who_listens_to_the_cursors_hears_of_it(house: Database) -> None:
    """A tracer of queries, or a test that counts them."""
    heard: list[str] = []
    for when in ("before_cursor_execute", "after_cursor_execute"):
        event.listen(house.engine, when, lambda *told, when=when: heard.append(f"{when} {told[2]}"))
    with house.reading() as sql:
        ALL.rows(sql, {"least": 0})

    text = ALL.said(house.engine.dialect).text
    assert heard == [f"before_cursor_execute {text}", f"after_cursor_execute {text}"]


def test_text_that_depends_on_values_is_refused(db: Database) -> None:
    """An IN with a list is another text for each length: the first would be remembered."""
    some = Prepared(select(things.c.id).where(things.c.id.in_(bindparam("ids", expanding=True))))

    with pytest.raises(ValueError, match="prepared"):
        some.said(db.engine.dialect)


def test_nothing_is_left_for_the_collector(house: Database) -> None:
    """What refers to itself waits for a collection, and a collection for everybody."""
    with house.transaction() as sql:
        ADD.run_all(sql, [thing(0)])
        ALL.rows(sql, {"least": 0})
        gc.collect()
        gc.disable()
        try:
            for number in range(1, 50):
                ADD.run_all(sql, [thing(number)])
                ALL.rows(sql, {"least": 0})
            assert gc.collect() < 10
        finally:
            gc.enable()
