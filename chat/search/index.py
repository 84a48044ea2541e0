"""What the index holds of a message, and its writing, in the transaction of the message itself.

The rules of the file: one row a message that can be found, none of a deleted one; the same words on
both databases. Besides what a message says, words with a colon say where it stands, whose it is and
what it holds; no word of a text has a colon. Source: ADR 0017.
"""

import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, and_, delete
from sqlalchemy.dialects import postgresql, sqlite

from chat.prepared import Prepared
from chat.search.models import SLOTS_A_MS, first_n, message_words
from chat.search.words import words_of

Row = Mapping[Any, Any]  # of the table of messages: Any as SQLAlchemy has it

_INSERTS: Final = {
    name: dialect.insert(message_words).on_conflict_do_nothing(index_elements=["n"])
    for name, dialect in (("sqlite", sqlite), ("postgresql", postgresql))
}
_COLUMNS: Final = ("n", "message_id", "room_id", "words")
_PLACE_ONE: Final = Prepared(_INSERTS, _COLUMNS)
_PLACE_MANY: Final = Prepared(
    {name: place.returning(message_words.c.n) for name, place in _INSERTS.items()}, _COLUMNS
)
_LAST_PLACE = 16_383  # Source: PostgreSQL's documentation, 8.11.1; later words share it


def in_room(room_id: str) -> str:
    """The word of messages in that room."""
    return f"r:{room_id}"


def by_author(user_id: str) -> str:
    """The word of messages by that user."""
    return f"a:{user_id}"


def holding(kind: str) -> str:
    """The word of messages that hold a link, or code."""
    return f"h:{kind}"


class Index:
    """Where messages are put so that they can be found."""

    def add(self, sql: Connection, rows: Sequence[Row]) -> None:
        """The messages, just posted, are found once the transaction is committed.

        Cost on SQLite: 135 us for a message alone, 60 each for four, 26 for sixteen."""
        _write(sql, rows)

    def replace(self, sql: Connection, row: Row) -> None:
        """The message is found by what it says now, and by nothing that it said before."""
        self.remove(sql, row)
        _write(sql, [row])

    def remove(self, sql: Connection, row: Row) -> None:
        """The message is not found any more."""
        sql.execute(delete(message_words).where(_is_of(row)))


def words_for(row: Row) -> list[str]:
    """All words of the message, those about it before those in it."""
    html = row["html"]
    about = [in_room(row["room_id"]), by_author(row["author_id"])]
    about += [holding("link")] if "<a " in html else []
    about += [holding("code")] if "<code" in html else []
    return about + words_of(row["body"])


def stored(words: Sequence[str], *, is_sqlite: bool) -> str:
    """The words as the column holds them."""
    return " ".join(words) if is_sqlite else " ".join(_lexemes(words))


def _lexemes(words: Iterable[str]) -> Iterable[str]:
    """Each word with its place, as a tsvector is written; no word holds a quote or a backslash."""
    for place, word in enumerate(words, 1):
        yield f"'{word}':{min(place, _LAST_PLACE)}"


def _write(sql: Connection, rows: Sequence[Row]) -> None:
    """Each message has a place; who finds another's there goes one further. In order of places, so
    that two workers cannot wait for each other."""
    is_sqlite = sql.dialect.name == "sqlite"
    waiting = [_entry(row, is_sqlite=is_sqlite) for row in rows]
    while waiting:
        waiting = sorted(_apart(waiting), key=lambda entry: entry["n"])
        placed = _placed(sql, waiting)
        waiting = [{**one, "n": one["n"] + 1} for one in waiting if one["n"] not in placed]


def _placed(sql: Connection, entries: Sequence[dict[str, Any]]) -> set[int]:  # Any: as below
    """The places that were free. Of one message the count says it, which costs a third less."""
    if len(entries) == 1:
        return {entries[0]["n"]} if _PLACE_ONE.run(sql, entries[0]) else set()
    return {n for (n,) in _PLACE_MANY.rows_of_all(sql, entries)}


def _entry(row: Row, *, is_sqlite: bool) -> dict[str, Any]:  # Any: a column's value
    words = stored(words_for(row), is_sqlite=is_sqlite)
    return {"n": n_of(row), "message_id": row["id"], "room_id": row["room_id"], "words": words}


def _apart(entries: Iterable[dict[str, Any]]) -> Iterator[dict[str, Any]]:  # Any: the same
    """The entries, no two of them at one place."""
    taken: set[int] = set()
    for entry in entries:
        n = entry["n"]
        while n in taken:
            n += 1
        taken.add(n)
        yield {**entry, "n": n}


def n_of(row: Row) -> int:
    """Where the message stands if nobody of another room does: by its time, then by its seq."""
    begin = zlib.crc32(row["room_id"].encode())  # rooms that began together do not meet each time
    return first_n(row["at_ms"]) + (begin + int(row["seq"])) % SLOTS_A_MS


def _is_of(row: Row) -> ColumnElement[bool]:
    begin = first_n(row["at_ms"])
    is_near = message_words.c.n.between(begin, begin + 2 * SLOTS_A_MS)
    return and_(is_near, message_words.c.message_id == row["id"])
