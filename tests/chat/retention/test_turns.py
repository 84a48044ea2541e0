"""One worker removes at a time, in bounded transactions; whoever comes next goes on."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from sqlalchemy import Connection, event, insert

from chat import wire
from chat.db import metadata
from chat.errors import Forbidden, NotFound
from chat.ids import RoomId
from chat.messages.models import drafts, messages
from chat.retention.removing import BATCH, CLIENT_IDS_MS, SLICE, NotOurTurnError
from chat.retention.turn import TURN_MS
from chat.rooms.models import rooms
from chat.search.index import Index, Row
from chat.terms import Identity
from tests.chat.conftest import MovedClock
from tests.chat.house import House
from tests.chat.retention.conftest import DAY_S

KILLED = """
import os, signal, sys
from chat.db import Database
from chat.search.index import Index
from tests.chat.house import House

class DeadlyIndex(Index):
    left = int(sys.argv[3])
    def remove(self, sql, row):
        DeadlyIndex.left -= 1
        if DeadlyIndex.left < 0:
            os.kill(os.getpid(), signal.SIGKILL)
        super().remove(sql, row)

house = House(Database(sys.argv[1]), lambda: int(sys.argv[2]))
house.retains("killed", index=DeadlyIndex()).remove_due()
"""


def fill(house: House, author: Identity, room_id: RoomId, count: int) -> None:
    """The room has so many messages of now, found by no word but written as posts are."""
    texts = {"body": "text", "html": "<p>text</p>", "renderer": "1"}
    place = {"room_id": room_id, "author_id": author.user_id, "at_ms": house.now_ms()}
    rows = [
        {"id": f"m{seq}", "seq": seq, "client_id": f"c{seq}", "rev": seq, **texts, **place}
        for seq in range(1, count + 1)
    ]
    with house.db.transaction() as sql:
        sql.execute(insert(messages), rows)
        sql.execute(rooms.update().values(last_seq=count, last_rev=count))


class CountedIndex(Index):
    """Stops the process of a removal by an error after so many messages."""

    def __init__(self, left: int) -> None:
        self.left = left

    def remove(self, sql: Connection, row: Row) -> None:
        """One message less until the error."""
        self.left -= 1
        if self.left < 0:
            raise KeyboardInterrupt
        super().remove(sql, row)


def test_no_transaction_removes_more_than_a_batch(
    house: House, ann: Identity, lobby: RoomId, moved_clock: MovedClock
) -> None:
    """However many messages there are: others have their turn before each batch."""
    fill(house, ann, lobby, 10 * BATCH + 7)
    house.keeps(ann, lobby, 7)
    moved_clock.passes(8 * DAY_S)
    sizes: list[int] = []
    pauses = []

    def count(_connection: object, cursor: object, statement: str, *_: object) -> None:
        if statement.startswith("DELETE FROM messages"):
            sizes.append(cursor.rowcount)  # type: ignore[attr-defined]  # a DB-API cursor
            pauses.append("removed")

    def pause() -> bool:
        pauses.append("pause")
        return True

    retention = house.retains()
    retention._pause = pause  # type: ignore[method-assign]  # is watched
    event.listen(house.db.engine, "after_cursor_execute", count)
    try:
        assert retention.remove_due() == 10 * BATCH + 7
    finally:
        event.remove(house.db.engine, "after_cursor_execute", count)

    assert sum(sizes) == 10 * BATCH + 7
    assert max(sizes) <= BATCH
    removed = [at for at, what in enumerate(pauses) if what == "removed"]
    assert all(pauses[at - 1] == "pause" for at in removed)


def test_two_workers_never_remove_at_once(
    house: House, ann: Identity, lobby: RoomId, moved_clock: MovedClock
) -> None:
    """Who comes second does nothing until the first has ended, or was not heard of for a while."""
    house.posts(ann, lobby, "old")
    house.keeps(ann, lobby, 7)
    moved_clock.passes(8 * DAY_S)
    first, second = house.retains("first"), house.retains("second")
    first._removing.take_turn()

    with pytest.raises(NotOurTurnError):
        second.remove_due()
    assert house.count() == 1
    moved_clock.passes(TURN_MS / 1000)
    assert second.remove_due() == 1
    assert first.remove_due() == 0


def test_worker_that_lost_its_turn_writes_nothing_more(
    house: House, ann: Identity, lobby: RoomId, moved_clock: MovedClock
) -> None:
    """A worker that stood still for a while finds that another one goes on."""
    house.posts(ann, lobby, "old")
    house.keeps(ann, lobby, 7)
    moved_clock.passes(8 * DAY_S)
    slow, quick = house.retains("slow"), house.retains("quick")
    slow._removing.take_turn()
    moved_clock.passes(TURN_MS / 1000)
    quick._removing.take_turn()

    with pytest.raises(NotOurTurnError):
        slow._removing.cut(lobby, 2, 7)
    with pytest.raises(NotOurTurnError):
        slow._removing.sweep(lobby, 0)
    assert house.rooms.get(ann.user_id, lobby).first_seq == 1


def test_killed_worker_leaves_whole_batches_and_another_finishes(
    house: House, ann: Identity, lobby: RoomId, moved_clock: MovedClock, database_url: str
) -> None:
    """By SIGKILL, in the middle of the third batch: two are gone, nobody is shown a part."""
    fill(house, ann, lobby, 5 * BATCH)
    house.keeps(ann, lobby, 7)
    moved_clock.passes(8 * DAY_S)
    place = [database_url, str(moved_clock.at_ms), str(2 * BATCH + BATCH // 2)]
    root = Path(__file__).resolve().parents[3]
    killed = subprocess.run(
        [sys.executable, "-c", KILLED, *place], cwd=root, env=_here(root), check=False, timeout=60
    )
    assert killed.returncode == -signal.SIGKILL
    assert house.count() == 3 * BATCH
    assert house.messages.history(ann, lobby, wire.HistoryQuery()).messages == []

    with pytest.raises(NotOurTurnError):
        house.retains("next").remove_due()
    moved_clock.passes(TURN_MS / 1000)
    assert house.retains("next").remove_due() == 3 * BATCH
    assert house.count() == 0


def test_stopped_worker_leaves_a_removal_to_another(
    house: House, ann: Identity, lobby: RoomId, moved_clock: MovedClock
) -> None:
    """Between two batches, and between two slices of times: what was cut stays cut."""
    fill(house, ann, lobby, SLICE + BATCH)
    house.keeps(ann, lobby, 7)
    moved_clock.passes(8 * DAY_S)
    stopped, pauses = house.retains("stopped"), iter([True] * 3)  # the pass, the room, a slice
    stopped._pause = lambda: next(pauses, False)  # type: ignore[method-assign]  # is watched

    assert stopped.remove_due() == 0

    assert house.rooms.get(ann.user_id, lobby).first_seq == SLICE + 1
    assert house.count() == SLICE + BATCH
    assert house.retains("next").remove_due() == SLICE + BATCH


def test_whatever_belongs_to_a_message_is_found_by_an_index() -> None:
    """A batch costs the same however much is saved, drafted or followed elsewhere."""
    for table in metadata.tables.values():
        of_messages = {key.parent for key in table.foreign_keys if key.column is messages.c.id}
        if table is drafts:
            of_messages.add(drafts.c.thread_id)
        begins = {next(iter(index.columns)) for index in table.indexes}
        begins.add(next(iter(table.primary_key.columns)))
        assert of_messages <= begins, table.name


def test_batch_that_fails_is_rolled_back_whole(
    house: House, ann: Identity, lobby: RoomId, moved_clock: MovedClock
) -> None:
    """Neither a message without its words nor words without their message are left."""
    for n in range(3):
        house.posts(ann, lobby, f"message {n}")
    house.keeps(ann, lobby, 7)
    moved_clock.passes(8 * DAY_S)

    with pytest.raises(KeyboardInterrupt):
        house.retains(index=CountedIndex(2)).remove_due()

    assert house.count() == 3
    assert house.retains().remove_due() == 3


def test_preview_is_for_who_may_set_the_rule(
    house: House, ann: Identity, bob: Identity, lobby: RoomId, moved_clock: MovedClock
) -> None:
    """Owners, and administrators who are no members; to others a private room does not exist."""
    private = house.opens_room(ann, name="Private", visibility="private")
    house.posts(ann, private, "old")
    moved_clock.passes(8 * DAY_S)
    retention, week = house.retains(), wire.RemovalQuery(keep_days=7)

    with pytest.raises(Forbidden):
        retention.preview(bob, lobby, week)
    with pytest.raises(NotFound):
        retention.preview(bob, private, week)
    admin = Identity(bob.user_id, "bob", "Bob", bob.session_id, "admin")
    assert retention.preview(admin, private, week).messages == 1
    assert retention.preview(ann, private, week).messages == 1
    assert retention.preview(ann, private, wire.RemovalQuery(keep_days=9)).messages == 0
    assert retention.preview(ann, private, wire.RemovalQuery(keep_days=0)).messages == 0


def test_client_ids_are_kept_as_long_as_the_protocol_says() -> None:
    """docs/PROTOCOL.md: at least seven days."""
    assert CLIENT_IDS_MS >= 7 * DAY_S * 1000


def _here(root: Path) -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": str(root)}
