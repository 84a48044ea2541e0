"""Statements of the hot path: compiled once for each database, then handed to the driver.

The rule of the file: SQLAlchemy says a statement, here it is only remembered. What is executed is,
letter by letter and value by value, what SQLAlchemy itself would execute
(tests/chat/test_prepared.py), in the transaction of the caller; it fails with the same errors, and
whoever listens to the engine's cursors hears of it.
What it leaves out is asked anew each time and never changes: the key of the cache, how parameters
and rows are read. Measured: 29 us of a statement that SQLite runs in 6. Source: docs/adr/0024.
"""

import re
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from operator import attrgetter, methodcaller
from typing import Any, Final, TypeVar

import msgspec
from sqlalchemy import (
    BindParameter,
    Column,
    CompoundSelect,
    Connection,
    Dialect,
    Select,
    Text,
    UpdateBase,
    any_,
    bindparam,
    cast,
    func,
    select,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.exc import DBAPIError

Statement = Select[Any] | CompoundSelect[Any] | UpdateBase
Values = Mapping[str, Any]  # Any: a value of a column, as everywhere in this file
Row = tuple[Any, ...]
Processor = Callable[[Any], Any]
T = TypeVar("T")

AT_ONCE: Final = 200  # rows of one INSERT: old SQLites take 999 parameters

_ROW: Final = re.compile(r"VALUES \(([^()]+)\)")
_ALL: Final = methodcaller("fetchall")
_COUNT: Final = attrgetter("rowcount")


@dataclass(frozen=True, slots=True)
class Said:
    """The statement as one database is told it."""

    text: str
    names: tuple[str, ...]  # of the parameters, in their order
    constants: Values  # of those that the statement itself holds
    writers: Mapping[str, Processor]  # of parameters that the driver takes in another form
    readers: tuple[tuple[int, Processor], ...]  # of columns that the driver gives in another form
    row: str  # the parameters of one row of an INSERT, as they stand there; else empty

    def bound(self, values: Values) -> Row:
        """The values in the order of the parameters. Raises KeyError: one is missing."""
        known = {**self.constants, **values}
        for name, write in self.writers.items():
            known[name] = write(known[name])
        return tuple([known[name] for name in self.names])

    def read(self, row: Row) -> Row:
        """The row as its columns' types have it."""
        fields = list(row)
        for place, read in self.readers:
            fields[place] = read(fields[place])
        return tuple(fields)

    def for_rows(self, count: int) -> str:
        """The INSERT with that many rows. Raises ValueError: it is none."""
        if not self.row:
            raise ValueError("Only an INSERT of plain values has rows.")
        return self.text.replace(f"({self.row})", ", ".join([f"({self.row})"] * count), 1)


class Prepared:
    """One statement. Its parameters are named; rows come as plain tuples."""

    def __init__(
        self, statement: Statement | Mapping[str, Statement], columns: Sequence[str] = ()
    ) -> None:
        """statement, or one for each database by its name; columns: those of an INSERT.

        An IN with a list is refused when it is compiled: its text would be another each time."""
        self._statements = statement
        self._columns = columns
        self._said: dict[str, Said] = {}

    def rows(self, sql: Connection, values: Values) -> list[Row]:
        """What the statement finds or returns. Raises what Connection.execute would."""
        said = self.said(sql.dialect)
        found = _done(sql, said.text, said.bound(values), _ALL)
        return [said.read(row) for row in found] if said.readers else found

    def first(self, sql: Connection, values: Values) -> Row | None:
        """The first of them; None: there is none."""
        found = self.rows(sql, values)
        return found[0] if found else None

    def run(self, sql: Connection, values: Values) -> int:
        """How many rows the statement has changed. For one that returns none."""
        said = self.said(sql.dialect)
        count: int = _done(sql, said.text, said.bound(values), _COUNT)
        return count

    def run_all(self, sql: Connection, many: Sequence[Values]) -> None:
        """All of the rows are inserted."""
        for text, bound in self.all_said(sql.dialect, many):
            _done(sql, text, bound, _COUNT)

    def rows_of_all(self, sql: Connection, many: Sequence[Values]) -> list[Row]:
        """What an INSERT of all of the rows returns."""
        return [
            self.said(sql.dialect).read(row)
            for text, bound in self.all_said(sql.dialect, many)
            for row in _done(sql, text, bound, _ALL)
        ]

    def all_said(self, dialect: Dialect, many: Sequence[Values]) -> list[tuple[str, Row]]:
        """An INSERT of many rows as the database is told it, and its parameters."""
        said = self.said(dialect)
        parts = (many[start : start + AT_ONCE] for start in range(0, len(many), AT_ONCE))
        return [
            (said.for_rows(len(part)), tuple(chain.from_iterable(map(said.bound, part))))
            for part in parts
        ]

    def statement(self, dialect: Dialect) -> Statement:
        """The statement as SQLAlchemy has it."""
        if isinstance(self._statements, Mapping):
            return self._statements[dialect.name]
        return self._statements

    def said(self, dialect: Dialect) -> Said:
        """The statement as that database is told it; compiled when it is asked for first."""
        said = self._said.get(dialect.name)
        if said is None:
            said = self._said[dialect.name] = _compiled(
                self.statement(dialect), dialect, self._columns
            )
        return said


def among(query: Select[Any], column: Column[str], name: str) -> dict[str, Statement]:
    """The query for rows whose column is one of a list; the parameter `name` is `listed` values.

    One text however long the list is. Measured for 500 of 5 000 users on SQLite: 0.95 ms where an
    IN of 500 parameters takes 1.5."""
    value: BindParameter[str] = bindparam(name, type_=Text())
    each = func.json_each(value).table_valued("value")
    elements = select(func.jsonb_array_elements_text(cast(value, JSONB))).scalar_subquery()
    return {
        "sqlite": query.where(column.in_(select(each.c.value))),
        # An array and no join: the column's index is used whatever is known of the table.
        "postgresql": query.where(column == any_(func.array(elements))),
    }


def listed(values: Collection[str]) -> str:
    """These values as a parameter of `among`."""
    return msgspec.json.encode(list(values)).decode()


def _compiled(statement: Statement, dialect: Dialect, columns: Sequence[str]) -> Said:
    compiled = statement.compile(dialect=dialect, column_keys=list(columns) or None)
    if compiled.positiontup is None:
        raise TypeError("The parameters of a prepared statement have places: see db.py.")
    if compiled.post_compile_params or compiled.literal_execute_params:
        raise ValueError("A statement whose text depends on its values cannot be prepared.")
    binds = {name: bind for bind, name in compiled.bind_names.items()}
    kinds = {name: bind.type.dialect_impl(dialect) for name, bind in binds.items()}
    return Said(
        text=compiled.string,
        names=tuple(compiled.positiontup),
        constants={n: bind.effective_value for n, bind in binds.items() if not bind.required},
        writers={n: one for n, kind in kinds.items() if (one := kind.bind_processor(dialect))},
        readers=_readers(statement, dialect),
        row=found[1] if (found := _ROW.search(compiled.string)) else "",
    )


def _readers(statement: Statement, dialect: Dialect) -> tuple[tuple[int, Processor], ...]:
    kinds = [column.type.dialect_impl(dialect) for column in statement.exported_columns]
    readers = ((place, kind.result_processor(dialect, None)) for place, kind in enumerate(kinds))
    return tuple((place, read) for place, read in readers if read is not None)


def _done(sql: Connection, text: str, bound: Row, take: Callable[[Any], T]) -> T:
    if not sql.in_transaction():
        sql.begin()  # as Connection.execute does: else its commit would do nothing
    cursor = sql.connection.cursor()
    told = (sql, cursor, text, bound, None, False)
    try:
        for listener in sql.dispatch.before_cursor_execute:
            listener(*told)
        cursor.execute(text, bound)
        for listener in sql.dispatch.after_cursor_execute:
            listener(*told)
        return take(cursor)
    except BaseException as error:
        _raise_named(sql, text, error)
        raise
    finally:
        cursor.close()


def _raise_named(sql: Connection, text: str, error: BaseException) -> None:
    """What the driver raised is raised under SQLAlchemy's name, without the values.

    A connection that is gone, or was left in the middle of an answer, is used no more."""
    driver_error = sql.dialect.loaded_dbapi.Error
    is_left = not isinstance(error, Exception)  # a greenlet that was killed, a time that ran out
    driver = sql.connection.driver_connection
    is_gone = isinstance(error, driver_error) and sql.dialect.is_disconnect(error, driver, None)
    if is_left or is_gone:
        sql.invalidate(error)
    if isinstance(error, driver_error):
        raise DBAPIError.instance(
            text,
            None,
            error,
            driver_error,
            connection_invalidated=is_gone,
            dialect=sql.dialect,
        ) from error
