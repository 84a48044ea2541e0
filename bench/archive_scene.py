"""A million messages, and who looks for something in them.

Words are as frequent as in real texts, English and Chinese; rooms are as uneven as real ones: the
busiest holds one message in fifteen, the quietest one in two thousand. The messages spread over two
years. They are written as they were before there was search, so that the migration fills it."""

from __future__ import annotations

import itertools
import random
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from sqlalchemy import insert, text

from bench.people import furnish, sign_up
from chat.db import Database
from chat.ids import RoomId, SessionId, UserId, new_id
from chat.messages.models import messages
from chat.terms import Identity

ROOMS, AUTHORS, WORDS = 400, 50, 50_000
SPAN_MS = 2 * 365 * 86_400_000
DRAWN = 1 << 20  # words that are drawn, once; a message is a piece of them
BATCH = 5000
TOLD_EACH = 100_000
CHINESE = "的一是不了人我在有他这为之大来以个中上们到说国和地也子时道出而要于就下得可你年生天气预报"
READERS = {
    "in 200 rooms": range(0, ROOMS, 2),
    "in 20 quiet rooms": range(ROOMS - 20, ROOMS),
    "in 1 room": range(ROOMS // 2, ROOMS // 2 + 1),
}

_HEADS = text(
    "UPDATE rooms SET last_rev = found.most, last_seq = found.most FROM"
    " (SELECT room_id, max(seq) AS most FROM messages GROUP BY room_id) AS found"
    " WHERE room_id = rooms.id"
)


@dataclass(frozen=True, slots=True)
class Scene:
    """Who asks, by the rooms that he is in; and all rooms, the busiest first."""

    readers: dict[str, Identity]
    room_ids: list[RoomId]


def furnished(url: str, db: Database, count: int) -> Scene:
    """So many messages are there, in rooms of fifty authors and of the readers."""
    authors = sign_up(url, AUTHORS)
    readers = sign_up(url, len(READERS), prefix="reader")
    own = list(zip(readers, READERS.values(), strict=True))
    members = [[*authors, *(one for one, places in own if n in places)] for n in range(ROOMS)]
    room_ids = [RoomId(one) for one in furnish(url, members)]
    _write(db, made_up([one.user_id for one in authors], room_ids, count))
    with db.transaction() as sql:
        sql.execute(_HEADS)
    who = [
        Identity(UserId(one.user_id), f"reader{n}", f"reader{n}", SessionId("bench"))
        for n, one in enumerate(readers)
    ]
    return Scene(dict(zip(READERS, who, strict=True)), room_ids)


def made_up(author_ids: list[str], room_ids: list[RoomId], count: int) -> Iterator[dict[str, Any]]:
    """The rows of so many messages, in the order of time; the same texts each time."""
    chance = random.Random(7)  # noqa: S311 - the same each time
    words = _drawn(chance)
    busy = list(itertools.accumulate(1 / (n + 3) for n in range(len(room_ids))))
    begin_ms, seqs = int(time.time() * 1000) - SPAN_MS, dict.fromkeys(room_ids, 0)
    for n in range(count):
        (room_id,) = chance.choices(room_ids, cum_weights=busy)
        at_ms, seqs[room_id] = begin_ms + SPAN_MS * n // count, seqs[room_id] + 1
        body, html = _said(n, words, chance)
        yield {
            "id": new_id(at_ms),
            "room_id": room_id,
            "seq": seqs[room_id],
            "rev": seqs[room_id],
            "body_rev": seqs[room_id],
            "author_id": chance.choice(author_ids),
            "client_id": f"c{n}",
            "body": body,
            "html": html,
            "renderer": "bench",
            "at_ms": at_ms,
        }


def _drawn(chance: random.Random) -> list[str]:
    """Words as often as people use them: the n-th most frequent in proportion to 1 / (n + 2)."""
    weights = list(itertools.accumulate(1 / (n + 2) for n in range(WORDS)))
    return chance.choices([f"w{n}" for n in range(WORDS)], cum_weights=weights, k=DRAWN)


def _said(n: int, words: list[str], chance: random.Random) -> tuple[str, str]:
    """The text and its HTML: every fifth with Chinese, some with an accent, a link or code."""
    begin = chance.randrange(DRAWN - 25)
    body = " ".join(words[begin : begin + chance.randint(3, 25)])
    if n % 5 == 0:
        body += " " + "".join(chance.choices(CHINESE, k=chance.randint(4, 30)))
    if n % 200 == 1:
        body += " Café"
    link = ' <a href="https://example.org">it</a>' if n % 50 == 0 else ""
    code = " <code>it</code>" if n % 100 == 1 else ""
    return body, f"<p>{body}{link}{code}</p>"


def _write(db: Database, rows: Iterator[dict[str, Any]]) -> None:
    done = 0
    while batch := list(itertools.islice(rows, BATCH)):
        with db.transaction() as sql:
            if not db.is_sqlite:  # a busy machine may take as long as it takes
                sql.execute(text("SET LOCAL statement_timeout = 0"))
            sql.execute(insert(messages), batch)
        done += len(batch)
        if done % TOLD_EACH == 0:
            print(f"{done:,} messages are written.", file=sys.stderr, flush=True)
