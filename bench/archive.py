"""Search and history among many messages, on SQLite or PostgreSQL.

    python -m bench.archive [--messages 1000000] [--rounds 40] [--publish]
                            [--database sqlite|postgresql] [--database-url URL]

On SQLite, then on a PostgreSQL of its own, or on one of them. The messages are made up
(`archive_scene.py`). They are written as they were before there was search, so that the migration's
time is told too. Asked by the services, in this process; every round asks each question once by
each reader. A database that is named by its URL must be empty."""

from __future__ import annotations

import argparse
import gc
import itertools
import os
import random
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

from alembic import command
from sqlalchemy import text

from bench import archive_report, databases, page, tables
from bench.archive_report import Archive, Asked
from bench.archive_scene import SPAN_MS, Scene, furnished
from bench.rows import load
from chat import create_app, log, migrate, wire
from chat.config import Config
from chat.db import Database
from chat.ids import RoomId
from chat.messages.service import Messages
from chat.rooms.memberships import own_rooms
from chat.search.service import Search
from chat.terms import Identity

K = TypeVar("K")

BEFORE_SEARCH = "0005"
LONGEST_S = 60.0  # a question's time: what a busy machine delays is counted, not refused
READS_HISTORY = "in 200 rooms"
QUESTIONS = {
    "the most frequent word": "w0",
    "a word of one in a hundred": "w30",
    "a word of one in a thousand": "w600",
    "a rare word": "w20000",
    "a word that nobody wrote": "notaword",
    "two frequent words": "w0 w1",
    "a frequent and a rare word": "w0 w9000",
    "eight frequent words": "w0 w1 w2 w3 w4 w5 w6 w7",
    "a phrase": '"w0 w1"',
    "a rare phrase": '"w0 w900"',
    "a phrase of eight frequent words": '"w0 w1 w2 w3 w4 w5 w6 w7"',
    "a word, without five others": "w30 -w0 -w1 -w2 -w3 -w4",
    "a rare word, without eight frequent ones": "w600 -w0 -w1 -w2 -w3 -w4 -w5 -w6 -w7",
    "a word with an accent": "CAFÉ",
    "one Chinese character": "天",
    "two Chinese characters": "天气",
    "four Chinese characters": "天气预报",
    "a beginning": "w30*",
    "a beginning of nearly every message": "w1*",
    "a word and that beginning": "w0 w1*",
    "a rare word and a beginning": "w9000 w30*",
    "two beginnings, together rare": "w300* w40*",
    "by an author": "from:person7",
    "by an author, with a link": "from:person7 has:link",
    "a word, with code": "w5 has:code",
    "a word before a day": "w5 before:{day}",
    "a word between two days": "w600 after:{day} before:{later}",
}


def main() -> None:
    """Make the messages, ask, tell; write the figures when asked to."""
    chosen = _options().parse_args()
    log.configure("info", "console")
    for database in databases.empty(chosen.database, chosen.database_url):
        with database as url:
            found = measured(url, chosen.messages, chosen.rounds)
        print(archive_report.told(found), flush=True)
        if chosen.publish:
            archive_report.publish(found)
            targets = tables.of_targets(load(page.MEASURED / "bench.json"))
            page.write(archive_report.PAGE, "targets", targets)


def _options() -> argparse.ArgumentParser:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--messages", type=int, default=1_000_000)
    options.add_argument("--database", choices=databases.KINDS)
    options.add_argument("--database-url")
    options.add_argument("--rounds", type=int, default=40)
    options.add_argument("--publish", action="store_true")
    return options


def measured(url: str, count: int, rounds: int) -> Archive:
    """The times of each question, and what it took to get there."""
    db = Database(url)
    with db.transaction() as sql:
        command.upgrade(migrate.alembic_config(sql), BEFORE_SEARCH)
    scene = furnished(url, db, count)
    started_s, cpu_s = time.perf_counter(), time.process_time()
    migrate.upgrade(url)
    migrated_s, migrated_cpu_s = time.perf_counter() - started_s, time.process_time() - cpu_s
    databases.settle(url)
    before = os.getloadavg()[0]
    asked = asked_in_turns(url, db, scene, rounds)
    db.close()
    return Archive(
        database="SQLite" if db.is_sqlite else "PostgreSQL",
        messages=count,
        migrated_s=migrated_s,
        migrated_cpu_s=migrated_cpu_s,
        circumstances=page.circumstances("sqlalchemy"),
        load=(before, os.getloadavg()[0]),
        asked=asked,
    )


def asked_in_turns(url: str, db: Database, scene: Scene, rounds: int) -> list[Asked]:
    """Every question by every reader, and the pages of history by one; each so many times."""
    talk = services(url)
    search = search_of(db, talk)
    asks = {
        (name, who): partial(_hits, search, reader, _filled_in(q))
        for name, q in QUESTIONS.items()
        for who, reader in scene.readers.items()
    }
    reader = scene.readers[READS_HISTORY]
    pages = pages_of(reader, talk, scene.room_ids[0])
    gc.collect()
    gc.freeze()  # as a worker does: what it has loaded is not looked through again
    return [
        *(Asked("search", *named, *took) for named, took in timed(asks, rounds, db).items()),
        *(
            Asked("history", name, READS_HISTORY, *took)
            for name, took in timed(pages, rounds, db).items()
        ),
    ]


def services(url: str) -> Messages:
    """The messages of an app on that database; it talks to no Redis before it is started."""
    environ = {"ROLLCALL_DATABASE_URL": url, "ROLLCALL_SECRET_KEY": "x" * 32}
    config = Config.from_environ({**environ, "ROLLCALL_REDIS_URL": "redis://127.0.0.1:1/0"})
    found: Messages = create_app(config).extensions["rollcall"].talk.messages
    return found


def search_of(db: Database, talk: Messages) -> Search:
    """A search whose clock lets everybody ask at any pace."""
    clock = itertools.count(0, 60_000)

    def directly(fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Any:  # as any fn has it
        return fn(*args, **kwargs)

    return Search(
        db,
        lambda: next(clock),
        directly,
        own_rooms=own_rooms,
        read_messages=talk.readable,
        limit_s=LONGEST_S,
    )


def _hits(search: Search, reader: Identity, q: str) -> int:
    return len(search.search(reader, wire.SearchQuery(q=q)).hits)


def _filled_in(q: str) -> str:
    """The question with days half way through the two years."""
    middle = datetime.fromtimestamp(time.time() - SPAN_MS / 2000, UTC)
    day, later = middle.date(), (middle + timedelta(days=90)).date()
    return q.format(day=day.isoformat(), later=later.isoformat())


def pages_of(reader: Identity, talk: Messages, room_id: RoomId) -> dict[str, Callable[[], object]]:
    """Pages of 50: the newest, far back, around a message, at a time."""
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
        "history: the newest page": opened(),
        "history: a page before a message": opened(before=anywhere),
        "history: around a message": opened(around=anywhere),
        "history: at a time": opened(at_ms=any_time),
    }


def timed(
    asks: Mapping[K, Callable[[], object]], rounds: int, db: Database
) -> dict[K, tuple[list[float], list[float]]]:
    """How long each took and what CPU of this process and of PostgreSQL's, in ms, round by round;
    the first is not counted."""
    found: dict[K, tuple[list[float], list[float]]] = {key: ([], []) for key in asks}
    for counted in range(-1, rounds):
        serving = _serving(db)
        for key, ask in asks.items():
            begun_s, cpu_s = time.perf_counter(), _cpu_s(serving)
            ask()
            if counted >= 0:
                found[key][0].append(round((time.perf_counter() - begun_s) * 1000, 2))
                found[key][1].append(round((_cpu_s(serving) - cpu_s) * 1000, 2))
    return found


def _serving(db: Database) -> list[Path]:
    """Where Linux counts the CPU of each process of PostgreSQL that serves this one."""
    if db.is_sqlite:
        return []
    with db.reading() as sql:
        own = text("SELECT pid FROM pg_stat_activity WHERE datname = current_database()")
        found = [Path(f"/proc/{pid}") for pid in sql.execute(own).scalars()]
    return [one / "schedstat" for one in found if "postgres" in (one / "cmdline").read_text()]


def _cpu_s(serving: Sequence[Path]) -> float:
    return time.process_time() + sum(int(one.read_text().split()[0]) for one in serving) / 1e9


if __name__ == "__main__":
    main()
