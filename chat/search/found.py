"""The statements of a search: which messages match, the newest first, within a time.

The rules of the file: only the rooms that are named are looked into; the
statement ends at its deadline. SQLite works in C and would hold up the event loop, so there the
statement runs on a thread and a connection of its own; PostgreSQL is green by itself.
Source: ADR 0017.
"""

import json
import sqlite3
import time
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError

from chat.errors import SearchTooSlow
from chat.search.matching import Match, fts5, tsquery

LOOKED_THROUGH = 5000  # newest messages that PostgreSQL looks through before it asks its index
_STEPS = 4000  # of SQLite's machine between two looks at the clock
_CANCELED = "57014"  # Source: PostgreSQL's documentation, appendix A

_BETWEEN = "n >= :from_n AND n < :to_n"

_SQLITE = """
SELECT held.n, held.message_id
FROM message_words_index AS index_ CROSS JOIN message_words AS held ON held.n = index_.rowid
WHERE message_words_index MATCH :match AND index_.rowid >= :from_n AND index_.rowid < :to_n
AND held.room_id IN (SELECT value FROM json_each(:rooms)) ORDER BY index_.rowid DESC LIMIT :limit
"""
_LOWEST_LOOKED_THROUGH = text(
    f"SELECT n FROM message_words WHERE {_BETWEEN} ORDER BY n DESC OFFSET {LOOKED_THROUGH} LIMIT 1"  # noqa: S608
)
_NEWEST = text(
    "SELECT n, message_id FROM message_words WHERE n >= :low AND n < :to_n"
    " AND words @@ CAST(:match AS tsquery) AND room_id = ANY(:rooms) ORDER BY n DESC LIMIT :limit"
)
_BY_INDEX = text(
    "WITH hits AS MATERIALIZED (SELECT n, message_id, room_id FROM message_words"  # noqa: S608
    f" WHERE words @@ CAST(:match AS tsquery) AND {_BETWEEN})"
    " SELECT n, message_id FROM hits WHERE room_id = ANY(:rooms) ORDER BY n DESC LIMIT :limit"
)


class Found(NamedTuple):
    """A message that matches, and its place among all."""

    n: int
    message_id: str


@dataclass(frozen=True, slots=True)
class Wanted:
    """What matches, in those rooms, at from_n <= n < to_n; at most limit of it."""

    match: Match
    room_ids: tuple[str, ...]
    from_n: int
    to_n: int
    limit: int

    @property
    def bounds(self) -> dict[str, int]:
        """The parameters that both databases take alike."""
        return {"from_n": self.from_n, "to_n": self.to_n, "limit": self.limit}


def found_in_sqlite(file: str, wanted: Wanted, limit_s: float) -> list[Found]:
    """What is found in the database of that file. For a thread: it touches nothing that is green.

    Raises SearchTooSlow after limit_s."""
    deadline = time.monotonic() + limit_s
    asked = {"match": fts5(wanted.match), "rooms": json.dumps(wanted.room_ids)}
    address = f"{Path(file).resolve().as_uri()}?mode=rw"
    with closing(sqlite3.connect(address, uri=True, timeout=limit_s)) as connection:
        connection.execute("PRAGMA query_only=ON").close()
        connection.set_progress_handler(lambda: time.monotonic() > deadline, _STEPS)
        try:
            rows = connection.execute(_SQLITE, {**asked, **wanted.bounds}).fetchall()
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode == sqlite3.SQLITE_INTERRUPT:
                raise SearchTooSlow from error
            raise
    return [Found(*row) for row in rows]


def found_in_postgresql(sql: Connection, wanted: Wanted, limit_s: float) -> list[Found]:
    """What is found, in the caller's reading.

    A word that is in every tenth message would be sorted a hundred thousand times by the index, and
    is found at once among the newest. Raises SearchTooSlow after limit_s a statement."""
    sql.execute(text(f"SET LOCAL statement_timeout = {int(limit_s * 1000)}"))
    sql.execute(text("SET LOCAL jit = off"))  # compiling takes longer than answering
    asked = {"match": tsquery(wanted.match), "rooms": list(wanted.room_ids)}
    bound = {**asked, **wanted.bounds}
    try:
        low = sql.execute(_LOWEST_LOOKED_THROUGH, bound).scalar_one_or_none()
        newest = sql.execute(_NEWEST, {**bound, "low": wanted.from_n if low is None else low}).all()
        if low is None or len(newest) == wanted.limit:
            return [Found(*row) for row in newest]
        return [Found(*row) for row in sql.execute(_BY_INDEX, bound)]
    except DBAPIError as error:
        if getattr(error.orig, "pgcode", "") == _CANCELED:
            raise SearchTooSlow from error
        raise
