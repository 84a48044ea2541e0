"""The statements of a search: which messages match, the newest first, within a time.

The rules of the file: only the rooms that are named are looked into; the
statement ends at its deadline. SQLite works in C and would hold up the event loop, so there the
statement runs on a thread and a connection of its own; PostgreSQL is green by itself.

An index gathers all words that begin with some letters before it gives the first message. Where
the newest messages say that many hold such a word, it is looked for in the messages themselves,
and the index answers for the rest of the question. Source: ADR 0017.
"""

import json
import sqlite3
import time
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from sqlalchemy import Connection, TextClause, text
from sqlalchemy.exc import DBAPIError

from chat.errors import SearchTooSlow
from chat.search.index import in_room
from chat.search.matching import Match, condition, fts5, tsquery
from chat.search.question import Term

LOOKED_THROUGH = 8000  # newest messages that PostgreSQL looks through before it asks its index
SAMPLED = 2000  # newest messages that say how common a beginning is
COMMON = 0.02  # the share of them from which SQLite looks for it in each message
GATHERED = 150_000  # messages that PostgreSQL looks at in the time its index gathers a million
ROOMS_IN_MATCH = 200  # rooms that SQLite looks up, 50 us each; of more, each hit's room is seen
MESSAGES_IN_MATCH = 200_000  # so too where the rooms hold more: every few hits are of one of them
POSTGRESQL_WEIGHS = 5_000_000  # messages x (30 + rooms) that its index weighs in 30 ms
_STEPS = 4000  # of SQLite's machine between two looks at the clock
_CANCELED = "57014"  # Source: PostgreSQL's documentation, appendix A

_BETWEEN = "n >= :from_n AND n < :to_n"

_SAMPLE_IN_SQLITE = """
SELECT avg({condition}) FROM
(SELECT words FROM message_words WHERE n < :to_n ORDER BY n DESC LIMIT :sampled) AS held
"""
_BY_INDEX_IN_SQLITE = """
SELECT held.n, held.message_id
FROM message_words_index AS index_ CROSS JOIN message_words AS held ON held.n = index_.rowid
WHERE message_words_index MATCH :match AND index_.rowid >= :from_n AND index_.rowid < :to_n
AND held.room_id IN (SELECT value FROM json_each(:rooms)) AND {condition}
ORDER BY index_.rowid DESC LIMIT :limit
"""
_BY_ROW_IN_SQLITE = """
SELECT held.n, held.message_id FROM message_words AS held
WHERE held.n >= :from_n AND held.n < :to_n
AND held.room_id IN (SELECT value FROM json_each(:rooms)) AND {condition}
ORDER BY held.n DESC LIMIT :limit
"""
_LOWEST_LOOKED_THROUGH = text(
    f"SELECT n FROM message_words WHERE {_BETWEEN} ORDER BY n DESC OFFSET :passed LIMIT 1"  # noqa: S608
)
_NEWEST = text(  # in a form that no index answers for: it would gather all there ever was
    "SELECT n, message_id FROM message_words WHERE n >= :low AND n < :to_n"
    " AND (words @@ CAST(:match AS tsquery)) IS TRUE AND room_id = ANY(:rooms)"
    " ORDER BY n DESC LIMIT :limit"
)
_SAMPLE = text(
    "SELECT avg((words @@ CAST(:term AS tsquery))::int) FROM (SELECT words FROM message_words"
    " WHERE n < :to_n ORDER BY n DESC LIMIT :sampled) AS newest"
)
_HITS = (
    "WITH hits AS MATERIALIZED (SELECT n, message_id, room_id FROM message_words"  # noqa: S608
    f" WHERE words @@ CAST(:match AS tsquery) AND {_BETWEEN}{{also}})"
    " SELECT n, message_id FROM hits WHERE room_id = ANY(:rooms) ORDER BY n DESC LIMIT :limit"
)
_BY_INDEX = text(_HITS.format(also=""))
_BY_INDEX_AND_ROW = text(  # in the same form
    _HITS.format(also=" AND (words @@ CAST(:looked_for AS tsquery)) IS TRUE")
)


class Found(NamedTuple):
    """A message that matches, and its place among all."""

    n: int
    message_id: str


@dataclass(frozen=True, slots=True)
class Wanted:
    """What matches, in those rooms, at from_n <= n < to_n; at most limit of it.

    messages: how many these rooms hold, about."""

    match: Match
    room_ids: tuple[str, ...]
    messages: int
    from_n: int
    to_n: int
    limit: int

    @property
    def bounds(self) -> dict[str, int]:
        """The parameters that both databases take alike."""
        return {"from_n": self.from_n, "to_n": self.to_n, "limit": self.limit}

    @property
    def of_rooms(self) -> tuple[Term, ...]:
        """The words of the rooms."""
        return tuple(Term((in_room(room_id),)) for room_id in self.room_ids)


def found_in_sqlite(file: str, wanted: Wanted, limit_s: float) -> list[Found]:
    """What is found in the database of that file. For a thread: it touches nothing that is green.

    Raises SearchTooSlow after limit_s."""
    deadline = time.monotonic() + limit_s
    address = f"{Path(file).resolve().as_uri()}?mode=rw"
    with closing(sqlite3.connect(address, uri=True, timeout=limit_s)) as connection:
        connection.execute("PRAGMA query_only=ON").close()
        connection.set_progress_handler(lambda: time.monotonic() > deadline, _STEPS)
        try:
            return [Found(*row) for row in _ask_sqlite(connection, wanted)]
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode == sqlite3.SQLITE_INTERRUPT:
                raise SearchTooSlow from error
            raise


def _ask_sqlite(connection: sqlite3.Connection, wanted: Wanted) -> list[tuple[int, str]]:
    common = [
        term
        for term in wanted.match.open_terms
        if _share_in_sqlite(connection, term, wanted) > COMMON
    ]
    by_index, by_row = wanted.match.parted(common)
    if len(wanted.room_ids) <= ROOMS_IN_MATCH and wanted.messages <= MESSAGES_IN_MATCH:
        by_index = by_index.also(wanted.of_rooms)
    asked = {**wanted.bounds, "rooms": json.dumps(wanted.room_ids)}
    if not by_index.all_of:
        looked_for, terms = condition(wanted.match)
        statement = _BY_ROW_IN_SQLITE.format(condition=looked_for)
        return connection.execute(statement, {**asked, **terms}).fetchall()
    looked_for, terms = condition(by_row)
    statement = _BY_INDEX_IN_SQLITE.format(condition=looked_for)
    return connection.execute(statement, {**asked, **terms, "match": fts5(by_index)}).fetchall()


def _share_in_sqlite(connection: sqlite3.Connection, term: Term, wanted: Wanted) -> float:
    """Of the newest messages, those with the term."""
    looked_for, terms = condition(Match(((term,),)))
    asked = {**terms, "to_n": wanted.to_n, "sampled": SAMPLED}
    statement = _SAMPLE_IN_SQLITE.format(condition=looked_for)
    return connection.execute(statement, asked).fetchone()[0] or 0.0


def found_in_postgresql(sql: Connection, wanted: Wanted, limit_s: float) -> list[Found]:
    """What is found, in the caller's reading.

    A word that is in every tenth message would be sorted a hundred thousand times by the index, and
    is found at once among the newest. Raises SearchTooSlow after limit_s a statement."""
    sql.execute(text(f"SET LOCAL statement_timeout = {int(limit_s * 1000)}"))
    sql.execute(text("SET LOCAL jit = off"))  # compiling takes longer than answering
    bound = {**wanted.bounds, "match": tsquery(wanted.match), "rooms": list(wanted.room_ids)}
    try:
        low = sql.execute(
            _LOWEST_LOOKED_THROUGH, {**bound, "passed": LOOKED_THROUGH}
        ).scalar_one_or_none()
        newest = sql.execute(_NEWEST, {**bound, "low": wanted.from_n if low is None else low}).all()
        if low is None or len(newest) == wanted.limit:
            return [Found(*row) for row in newest]
        statement, parts = _by_index(sql, wanted)
        return [Found(*row) for row in sql.execute(statement, {**bound, **parts})]
    except DBAPIError as error:
        if getattr(error.orig, "pgcode", "") == _CANCELED:
            raise SearchTooSlow from error
        raise


def _by_index(sql: Connection, wanted: Wanted) -> tuple[TextClause, dict[str, str]]:
    common = [
        term
        for term in wanted.match.open_terms
        if _share(sql, term, wanted) * GATHERED > wanted.messages
    ]
    by_index, by_row = wanted.match.parted(common)
    if wanted.messages * (30 + len(wanted.room_ids)) <= POSTGRESQL_WEIGHS:
        by_index = by_index.also(wanted.of_rooms)
    if not by_index.all_of or not by_row:
        whole = by_index if by_index.all_of else wanted.match
        return _BY_INDEX, {"match": tsquery(whole)}
    return _BY_INDEX_AND_ROW, {"match": tsquery(by_index), "looked_for": tsquery(by_row)}


def _share(sql: Connection, term: Term, wanted: Wanted) -> float:
    """Of the newest messages, those with the term."""
    asked = {"term": tsquery(Match(((term,),))), "to_n": wanted.to_n, "sampled": SAMPLED}
    return float(sql.execute(_SAMPLE, asked).scalar() or 0)
