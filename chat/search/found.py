"""The statements of a search: which messages match, the newest first, within a time.

The rules of the file: only the rooms that are named are looked into; the statement ends at its
deadline. SQLite works in C and would hold up the event loop, so there the statement runs on a
thread and a connection of its own; PostgreSQL is green by itself.

The newest messages are asked how many of them hold each word. From that comes what the index is
asked for (`plan.py`); the rest is looked for in the messages that it names. Source: ADR 0017.
"""

import json
import sqlite3
import time
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, NamedTuple

from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError

from chat.errors import SearchTooSlow
from chat.search.index import in_room
from chat.search.matching import Match, condition, fts5, piece_of, tsquery
from chat.search.plan import Costs, Plan
from chat.search.question import Term

SAMPLED = 2000  # newest messages that say how common a word is
LOOKS = 8000  # into a message for a word, at most, to know that
SQLITE = Costs(read=150, passed=35, gathered=30, choice=0.2, knows_order=True)
POSTGRESQL = Costs(read=200, passed=20, gathered=12, choice=1.0, knows_order=False)
PATIENCE = 3  # times the messages that should hold a page are passed before the index is asked
ROOMS_IN_MATCH = 200  # rooms that SQLite looks up, 50 us each; of more, each hit's room is seen
MESSAGES_IN_MATCH = 200_000  # so too where the rooms hold more: every few hits are of one of them
POSTGRESQL_WEIGHS = 5_000_000  # messages x (30 + rooms) that its index weighs in 30 ms
_STEPS = 4000  # of SQLite's machine between two looks at the clock
_CANCELED = "57014"  # Source: PostgreSQL's documentation, appendix A

_BETWEEN = "n >= :from_n AND n < :to_n"

_SAMPLE_IN_SQLITE = """
SELECT avg(is_own), avg(CASE WHEN {condition} THEN 1.0 ELSE 0.0 END){looks} FROM (
SELECT words, ' ' || words || ' ' AS spaced,
room_id IN (SELECT value FROM json_each(:rooms)) AS is_own
FROM message_words WHERE n < :to_n ORDER BY n DESC LIMIT :sampled) AS held
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
_SAMPLE = """
SELECT (SELECT reltuples FROM pg_class WHERE oid = 'message_words'::regclass),
avg((room_id = ANY(:rooms))::int), avg((words @@ CAST(:match AS tsquery))::int){looks} FROM (
SELECT words, room_id FROM message_words WHERE n < :to_n ORDER BY n DESC LIMIT :sampled) AS newest
"""
_LOWEST_PASSED = text(
    f"SELECT n FROM message_words WHERE {_BETWEEN} ORDER BY n DESC OFFSET :passed LIMIT 1"  # noqa: S608
)
_BY_ROW = text(  # in a form that no index answers for: it would gather all there ever was
    f"SELECT n, message_id FROM message_words WHERE {_BETWEEN}"  # noqa: S608
    " AND (words @@ CAST(:match AS tsquery)) IS TRUE AND room_id = ANY(:rooms)"
    " ORDER BY n DESC LIMIT :limit"
)
_BY_INDEX = text(
    "WITH hits AS MATERIALIZED (SELECT n, message_id, room_id FROM message_words"  # noqa: S608
    f" WHERE words @@ CAST(:by_index AS tsquery) AND {_BETWEEN}"
    " AND (words @@ CAST(:by_row AS tsquery)) IS TRUE)"  # in the same form
    " SELECT n, message_id FROM hits WHERE room_id = ANY(:rooms) ORDER BY n DESC LIMIT :limit"
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
    by_index, by_row = _divided_in_sqlite(connection, wanted)
    looked_for, pieces = condition(by_row)
    asked = {**wanted.bounds, **pieces, "rooms": json.dumps(wanted.room_ids)}
    if not by_index.all_of:
        return connection.execute(_BY_ROW_IN_SQLITE.format(condition=looked_for), asked).fetchall()
    statement = _BY_INDEX_IN_SQLITE.format(condition=looked_for)
    return connection.execute(statement, {**asked, "match": fts5(by_index)}).fetchall()


def _divided_in_sqlite(connection: sqlite3.Connection, wanted: Wanted) -> tuple[Match, Match]:
    few = len(wanted.room_ids) <= ROOMS_IN_MATCH and wanted.messages <= MESSAGES_IN_MATCH
    if wanted.match.is_one_word and not few:
        return wanted.match, Match(())
    looks, asked = _sample(wanted, "instr(spaced, :{}) > 0", piece_of)
    looked_for, pieces = condition(wanted.match)
    statement = _SAMPLE_IN_SQLITE.format(condition=looked_for, looks=looks)
    asked |= {**pieces, "rooms": json.dumps(wanted.room_ids)}
    sample = connection.execute(statement, asked).fetchone()
    return _plan(wanted, sample, SQLITE).divided(wanted.match, wanted.of_rooms if few else ())


def found_in_postgresql(sql: Connection, wanted: Wanted, limit_s: float) -> list[Found]:
    """What is found, in the caller's reading.

    The index would sort a word that is in every tenth message a hundred thousand times; where that
    should be found soon, the newest messages are passed. Raises SearchTooSlow after limit_s a
    statement."""
    sql.execute(text(f"SET LOCAL statement_timeout = {int(limit_s * 1000)}"))
    sql.execute(text("SET LOCAL jit = off"))  # compiling takes longer than answering
    try:
        return _ask_postgresql(sql, wanted)
    except DBAPIError as error:
        if getattr(error.orig, "pgcode", "") == _CANCELED:
            raise SearchTooSlow from error
        raise


def _ask_postgresql(sql: Connection, wanted: Wanted) -> list[Found]:
    few = wanted.messages * (30 + len(wanted.room_ids)) <= POSTGRESQL_WEIGHS
    rooms = wanted.of_rooms if few else ()
    plan, messages = _plan_in_postgresql(sql, wanted)
    by_index, by_row = plan.divided(wanted.match, rooms)
    if by_index.all_of:
        return _by_index(sql, wanted, by_index, by_row)
    passed = {"passed": int(PATIENCE * plan.reach * messages)}
    low = sql.execute(_LOWEST_PASSED, {**wanted.bounds, **passed}).scalar_one_or_none()
    if low is None:
        return _by_row(sql, wanted)
    found = _by_row(sql, replace(wanted, from_n=low))
    if len(found) == wanted.limit:
        return found
    rest = replace(wanted, to_n=low, limit=wanted.limit - len(found))
    by_index, by_row = plan.divided_for_index(wanted.match, rooms)
    if not by_index.all_of:
        return found + _by_row(sql, rest)
    return found + _by_index(sql, rest, by_index, by_row)


def _plan_in_postgresql(sql: Connection, wanted: Wanted) -> tuple[Plan, float]:
    """How to divide it, and how many messages there are, about."""
    looks, asked = _sample(wanted, "(words @@ CAST(:{} AS tsquery))::int", _said_alone)
    asked |= {"rooms": list(wanted.room_ids), "match": tsquery(wanted.match)}
    messages, *sample = sql.execute(text(_SAMPLE.format(looks=looks)), asked).one()
    return _plan(wanted, sample, POSTGRESQL), max(messages, wanted.messages)


def _by_row(sql: Connection, wanted: Wanted) -> list[Found]:
    asked = {**wanted.bounds, "match": tsquery(wanted.match), "rooms": list(wanted.room_ids)}
    return [Found(*row) for row in sql.execute(_BY_ROW, asked)]


def _by_index(sql: Connection, wanted: Wanted, by_index: Match, by_row: Match) -> list[Found]:
    parts = {"by_index": tsquery(by_index), "by_row": tsquery(by_row)}
    asked = {**wanted.bounds, **parts, "rooms": list(wanted.room_ids)}
    return [Found(*row) for row in sql.execute(_BY_INDEX, asked)]


def _said_alone(term: Term) -> str:
    return tsquery(Match(((term,),)))


def _sample(wanted: Wanted, look: str, said: Callable[[Term], str]) -> tuple[str, dict[str, Any]]:
    """What is asked of the newest messages, and its parameters: each word is looked for."""
    terms = wanted.match.words
    looks = "".join(f", avg({look.format(f'term_{n}')})" for n in range(len(terms)))
    pieces = {f"term_{n}": said(term) for n, term in enumerate(terms)}
    return looks, {**pieces, "to_n": wanted.to_n, "sampled": _sampled(terms)}


def _plan(wanted: Wanted, sample: Sequence[Any], costs: Costs) -> Plan:  # Any: a number or NULL
    """What holds of the newest messages is taken for true of all.

    What none of them holds may be in a few, which are not found soon."""
    own, matching, *held = (float(share or 0) for share in sample)
    shares = dict(zip(wanted.match.words, held, strict=True))
    shares |= dict.fromkeys(wanted.of_rooms, own / max(1, len(wanted.room_ids)))
    least = 1 / _sampled(wanted.match.words)
    at_least = {term: max(share, least) for term, share in shares.items()}
    reach = wanted.limit / max(wanted.limit, wanted.messages * matching)
    return Plan(at_least, costs, reach)


def _sampled(terms: Sequence[Term]) -> int:
    return min(SAMPLED, LOOKS // max(1, len(terms)))
