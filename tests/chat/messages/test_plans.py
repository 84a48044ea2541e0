"""What is asked of a large room costs what it costs in a small one: SQLite's own steps are counted.

PostgreSQL chooses by what it knows of a table; SQLite by how the question is put.
"""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy import Connection, insert, update

from chat import wire
from chat.db import Database
from chat.ids import RoomId, new_id
from chat.messages import pages
from chat.messages.models import messages
from chat.messages.pages import Budget, Held
from chat.rooms.models import rooms
from chat.terms import Head
from chat.wire import HistoryQuery
from tests.chat.conftest import MovedClock
from tests.chat.house import House
from tests.support.server import migrated_database

SMALL, LARGE = 200, 4_000
MORE_STEPS = 1.3  # the indices of the large room may be a page deeper
ROOT = "root"

Question = Callable[[Connection, RoomId, Head], object]


@pytest.fixture
def house(tmp_path: Path, moved_clock: MovedClock) -> Iterator[House]:
    """Rooms and messages on SQLite."""
    (tmp_path / "rollcall.db").write_bytes(migrated_database())
    db = Database(f"sqlite:///{tmp_path / 'rollcall.db'}")
    yield House(db, moved_clock)
    db.close()


def steps_of(house: House, count: int, question: Question) -> int:
    """Return how many steps SQLite took in a room of so many messages, each once changed."""
    ann = house.signs_up(f"ann{count}")
    room_id = house.opens_room(ann, name=f"Of {count}")
    rows = [
        {
            "id": new_id(house.now_ms()),
            "room_id": room_id,
            "seq": seq,
            "author_id": ann.user_id,
            "client_id": f"c{seq}",
            "body": "hello",
            "html": "<p>hello</p>",
            "renderer": "1",
            "at_ms": seq,
            "rev": count + seq,
            "thread_id": f"{ROOT}{count}" if seq > 1 else None,
        }
        for seq in range(1, count + 1)
    ]
    head = Head(count, 2 * count)
    with house.db.transaction() as sql:
        sql.execute(insert(messages), rows)
        told = {"last_seq": head.seq, "last_rev": head.rev}
        sql.execute(update(rooms).where(rooms.c.id == room_id).values(told))
        return _counted(sql, lambda: question(sql, room_id, head))


def _counted(sql: Connection, ask: Callable[[], object]) -> int:
    steps = 0

    def step() -> int:
        nonlocal steps
        steps += 1
        return 0

    driver = sql.connection.driver_connection
    assert driver is not None
    driver.set_progress_handler(step, 1)
    try:
        assert ask()
    finally:
        driver.set_progress_handler(None, 1)
    return steps


def _since(missed: int, changed: int) -> Question:
    """What one asks who missed so many messages, and so many changes of those he has."""

    def ask(sql: Connection, room_id: RoomId, head: Head) -> object:
        held = Held(head.seq - missed, head.rev - missed - changed)
        tail = pages.tail(sql, room_id, held, head, Budget())
        assert (len(tail.messages), tail.reset) == (missed, False)
        assert len(tail.changed or ()) == changed
        return tail

    return ask


def _page(query: HistoryQuery, of_end: bool = False) -> Question:
    def ask(sql: Connection, room_id: RoomId, head: Head) -> wire.History:
        asked = HistoryQuery(after=head.seq - 50, limit=20) if of_end else query
        return pages.history(sql, room_id, asked, head)

    return ask


def _thread(sql: Connection, _room_id: RoomId, head: Head) -> wire.History:
    query = HistoryQuery(after=head.seq - 50, limit=20)
    return pages.thread_page(sql, f"{ROOT}{head.seq}", query, head)


def _around(sql: Connection, room_id: RoomId, head: Head) -> wire.History:
    return pages.around(sql, room_id, head.seq - 30, 20, head)


@pytest.mark.parametrize(
    "question",
    [
        pytest.param(_since(5, 0), id="messages were missed"),
        pytest.param(_since(0, 5), id="changes were missed"),
        pytest.param(_since(5, 5), id="both were missed"),
        pytest.param(_page(HistoryQuery(limit=20)), id="the newest page"),
        pytest.param(_page(HistoryQuery(before=100, limit=20)), id="an earlier page"),
        pytest.param(_page(HistoryQuery(), of_end=True), id="a later page"),
        pytest.param(_thread, id="a page of a thread"),
        pytest.param(_around, id="the page around a message"),
    ],
)
def test_question_costs_no_more_in_a_large_room(house: House, question: Question) -> None:
    """It is asked after each reconnect of each member."""
    small, large = (steps_of(house, count, question) for count in (SMALL, LARGE))

    assert large <= small * MORE_STEPS


def test_who_missed_too_much_is_reset_without_counting(house: House) -> None:
    """How much of what he has changed meanwhile does not matter then."""

    def ask(sql: Connection, room_id: RoomId, head: Head) -> object:
        tail = pages.tail(sql, room_id, Held(1, 1), head, Budget(messages=100))
        assert tail.reset
        return tail

    small, large = (steps_of(house, count, ask) for count in (SMALL, LARGE))

    assert large <= small * MORE_STEPS
