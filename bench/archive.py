"""Search and history among many messages, on SQLite or PostgreSQL.

    python -m bench.archive [--messages 1000000] [--database-url URL] [--publish]

The messages are made up: words as frequent as in real texts, English and Chinese, in a hundred
rooms over two years; the reader is in half of them. They are written as they were before there was
search, so that the migration's time is told too. Asked by the services, in this process."""

from __future__ import annotations

import argparse
import itertools
import json
import os
import random
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

from alembic import command
from sqlalchemy import insert, text

from bench import page
from bench.people import furnish, sign_up
from chat import create_app, migrate, wire
from chat.config import Config
from chat.db import Database
from chat.ids import RoomId, SessionId, UserId, new_id
from chat.messages.models import messages
from chat.messages.service import Messages
from chat.rooms.memberships import own_rooms
from chat.search.service import Search
from chat.terms import Identity

BEFORE_SEARCH = "0005"
ROOMS, AUTHORS, WORDS = 100, 50, 50_000
SPAN_MS = 2 * 365 * 86_400_000
BATCH = 5000
ROUNDS = 40
CHINESE = "的一是不了人我在有他这为之大来以个中上们到说国和地也子时道出而要于就下得可你年生天气预报"
QUESTIONS = {
    "the most frequent word": "w0",
    "a word of one in a hundred": "w30",
    "a rare word": "w20000",
    "two frequent words": "w0 w1",
    "a frequent and a rare word": "w0 w9000",
    "a phrase": '"w0 w1"',
    "two Chinese characters": "天气",
    "one Chinese character": "天",
    "a beginning": "w30*",
    "by an author, with a link": "from:person7 has:link",
    "a word before a day": "w5 before:{day}",
    "a word that nobody wrote": "notaword",
}


def main() -> None:
    """Make the messages, ask, tell; write the figures when asked to."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--messages", type=int, default=1_000_000)
    options.add_argument("--database-url", default="")
    options.add_argument("--publish", action="store_true")
    chosen = options.parse_args()
    with tempfile.TemporaryDirectory(prefix="rollcall-bench-") as folder:
        url = chosen.database_url or f"sqlite:///{Path(folder) / 'rollcall.db'}"
        figures = measured(url, chosen.messages)
    print(page.table(("ms", "p50", "p95", "p99"), rows_of(figures)))
    print({name: one for name, one in figures.items() if name != "asked"})
    if chosen.publish:
        kind = "postgresql" if url.startswith("postgresql") else "sqlite"
        kept = page.MEASURED / f"archive-{kind}.json"
        kept.write_text(json.dumps(figures, indent=2) + "\n")


def measured(url: str, count: int) -> dict[str, Any]:
    """The times of each question, in ms, and what it took to get there."""
    db, load = Database(url), os.getloadavg()[0]
    with db.transaction() as sql:
        command.upgrade(migrate.alembic_config(sql), BEFORE_SEARCH)
    reader, room_ids = furnished(url, db, count)
    started = time.perf_counter()
    migrate.upgrade(url)
    migrated_s = time.perf_counter() - started
    if not db.is_sqlite:
        with db.transaction() as sql:
            sql.execute(text("ANALYZE"))
    talk = services(url)
    ask = asked_by(reader, db, talk)
    day = datetime.fromtimestamp(time.time() - 365 * 86_400, UTC).date().isoformat()
    times = {name: timed(partial(ask, q.format(day=day))) for name, q in QUESTIONS.items()}
    times |= pages_of(reader, talk, room_ids[0])
    db.close()
    return {
        "messages": count,
        "migrated_s": round(migrated_s, 1),
        "load": [round(load, 1), round(os.getloadavg()[0], 1)],
        "circumstances": page.circumstances("sqlalchemy"),
        "asked": {name: spread(ms) for name, ms in times.items()},
    }


def furnished(url: str, db: Database, count: int) -> tuple[Identity, list[RoomId]]:
    """The messages are there; returns the reader and the rooms, the first half of them his."""
    people = sign_up(url, AUTHORS)
    halves = [people if n < ROOMS // 2 else people[1:] for n in range(ROOMS)]
    room_ids = [RoomId(one) for one in furnish(url, halves)]
    written = made_up([one.user_id for one in people], room_ids, count)
    while batch := list(itertools.islice(written, BATCH)):
        with db.transaction() as sql:
            sql.execute(insert(messages), batch)
    with db.transaction() as sql:
        sql.execute(
            text(
                "UPDATE rooms SET last_rev = found.most, last_seq = found.most FROM"
                " (SELECT room_id, max(seq) AS most FROM messages GROUP BY room_id) AS found"
                " WHERE room_id = rooms.id"
            )
        )
    reader = UserId(people[0].user_id)
    return Identity(reader, "person0", "person0", SessionId("bench")), room_ids


def made_up(author_ids: list[str], room_ids: list[RoomId], count: int) -> Iterator[dict[str, Any]]:
    """The rows of so many messages, in the order of time; the same texts each time."""
    chance = random.Random(7)  # noqa: S311 - the same each time
    weights = list(itertools.accumulate(1 / (n + 2) for n in range(WORDS)))
    words = [f"w{n}" for n in range(WORDS)]
    begin_ms, seqs = int(time.time() * 1000) - SPAN_MS, dict.fromkeys(room_ids, 0)
    for n in range(count):
        room_id, at_ms = chance.choice(room_ids), begin_ms + SPAN_MS * n // count
        seqs[room_id] = seq = seqs[room_id] + 1
        body = " ".join(chance.choices(words, cum_weights=weights, k=chance.randint(3, 25)))
        if n % 5 == 0:
            body += " " + "".join(chance.choices(CHINESE, k=chance.randint(4, 30)))
        link = ' <a href="https://example.org">it</a>' if n % 50 == 0 else ""
        yield {
            "id": new_id(at_ms),
            "room_id": room_id,
            "seq": seq,
            "rev": seq,
            "body_rev": seq,
            "author_id": chance.choice(author_ids),
            "client_id": f"c{n}",
            "body": body,
            "html": f"<p>{body}{link}</p>",
            "renderer": "bench",
            "at_ms": at_ms,
        }


def services(url: str) -> Messages:
    """The messages of an app on that database; it talks to no Redis before it is started."""
    environ = {"ROLLCALL_DATABASE_URL": url, "ROLLCALL_SECRET_KEY": "x" * 32}
    config = Config.from_environ({**environ, "ROLLCALL_REDIS_URL": "redis://127.0.0.1:1/0"})
    found: Messages = create_app(config).extensions["rollcall"].talk.messages
    return found


def asked_by(reader: Identity, db: Database, talk: Messages) -> Callable[[str], int]:
    """A function (question) -> the number of hits; its clock lets the reader ask at any pace."""
    clock = itertools.count(0, 60_000)

    def directly(fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Any:  # as any fn has it
        return fn(*args, **kwargs)

    search = Search(
        db,
        lambda: next(clock),
        directly,
        own_rooms=own_rooms,
        read_messages=talk.readable,
    )
    return lambda q: len(search.search(reader, wire.SearchQuery(q=q)).hits)


def pages_of(reader: Identity, talk: Messages, room_id: RoomId) -> dict[str, list[float]]:
    """The times of pages of 50: the newest, far back, around a message, at a time."""
    chance = random.Random(7)  # noqa: S311 - the same each time
    newest = talk.history(reader, room_id, wire.HistoryQuery(limit=1)).messages[0]

    def opened(**places: Callable[[], int]) -> Callable[[], object]:
        def ask() -> object:
            place = {name: chosen() for name, chosen in places.items()}
            return talk.history(reader, room_id, wire.RoomHistoryQuery(**place))

        return ask

    def anywhere() -> int:
        return chance.randint(1, newest.seq)

    def any_time() -> int:
        return newest.at_ms - chance.randint(0, SPAN_MS)

    return {
        "history: the newest page": timed(opened()),
        "history: a page before a message": timed(opened(before=anywhere)),
        "history: around a message": timed(opened(around=anywhere)),
        "history: at a time": timed(opened(at_ms=any_time)),
    }


def timed(ask: Callable[[], object]) -> list[float]:
    """How long each of ROUNDS calls took, in ms; the first of all is not counted."""
    ask()
    found = []
    for _ in range(ROUNDS):
        started = time.perf_counter()
        ask()
        found.append((time.perf_counter() - started) * 1000)
    return found


def spread(found: list[float]) -> dict[str, float]:
    """p50, p95 and p99."""
    ordered = sorted(found)
    return {
        f"p{share}": round(ordered[min(len(ordered) - 1, len(ordered) * share // 100)], 2)
        for share in (50, 95, 99)
    }


def rows_of(figures: dict[str, Any]) -> list[list[str]]:
    """The lines of the table."""
    return [[name, *(str(ms) for ms in one.values())] for name, one in figures["asked"].items()]


if __name__ == "__main__":
    main()
