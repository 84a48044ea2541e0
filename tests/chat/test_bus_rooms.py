"""What Redis knows of the rooms of a worker is what is true there, whatever moved meanwhile."""

import threading
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import pytest
import redis
from hypothesis import example, given
from hypothesis import strategies as st

from chat.bus_rooms import HeardRooms
from chat.bus_scripts import INBOX, ROOMS
from tests.support.redis_process import RedisProcess

NAMES = ("lobby", "attic", "cellar")
Move = tuple[str, bool]


class Client(redis.Redis):
    """A client that lets something happen just before a script is sent, once."""

    before: Callable[[], None] | None = None
    sent: tuple[Any, ...] = ()

    def evalsha(self, *args: Any, **options: Any) -> Any:
        """Run what was asked for, then the script."""
        before, self.before, self.sent = self.before, None, args
        if before is not None:
            before()
        return super().evalsha(*args, **options)

    def loses_next_script(self) -> None:
        """The link of the next script breaks before it is in Redis."""

        def breaks() -> None:
            self.lost = self.sent
            raise redis.ConnectionError

        self.before = breaks

    def what_was_lost_arrives(self) -> None:
        """That script is in Redis after all."""
        super().evalsha(*self.lost)


@pytest.fixture
def client(redis_server: RedisProcess) -> Iterator[Client]:
    """A client of an empty Redis in which the worker has an inbox."""
    redis_server.flush()
    with Client.from_url(redis_server.url, socket_timeout=5) as client:
        client.xadd(f"{INBOX}worker", {"e": ""})
        yield client


@pytest.fixture
def rooms(client: Client) -> HeardRooms:
    """The rooms of the worker, none yet."""
    return HeardRooms(client, "worker", life_ms=30_000)


def known(client: redis.Redis) -> set[str]:
    """Return the rooms that Redis has for the worker."""
    members: Any = client.smembers(f"{ROOMS}worker")  # redis-py types it as awaitable
    return {room.decode() for room in members}


@pytest.mark.parametrize("is_here", [True, False])
def test_room_that_moves_while_redis_is_told_is_told_again(
    client: Client, rooms: HeardRooms, is_here: bool
) -> None:
    """What was looked up before the move is not the last that Redis hears."""
    rooms.move("attic", is_here=not is_here)
    client.before = lambda: rooms.move("attic", is_here=is_here)

    rooms.tell_moved()
    rooms.tell_moved()

    assert known(client) == ({"attic"} if is_here else set())
    assert not rooms.has_moved


def test_two_that_tell_redis_take_turns(client: Client, rooms: HeardRooms) -> None:
    """What was looked up first is told first, so that the last word is the newest."""
    rooms.move("attic", is_here=True)
    second = threading.Thread(target=rooms.tell_moved)

    def moves_out_and_is_told_by_another() -> None:
        rooms.move("attic", is_here=False)
        second.start()
        second.join(0.2)

    client.before = moves_out_and_is_told_by_another
    rooms.tell_all()
    second.join()

    assert known(client) == set()


def test_what_could_not_be_told_is_told_later(client: Client, rooms: HeardRooms) -> None:
    """An error of Redis leaves the moves waiting."""

    def fails() -> None:
        raise redis.ConnectionError

    rooms.move("attic", is_here=True)
    client.before = fails
    with pytest.raises(redis.ConnectionError):
        rooms.tell_moved()

    assert rooms.tell_moved() == ["attic"]
    assert known(client) == {"attic"}


def test_word_that_comes_after_a_later_one_is_not_believed(
    client: Client, rooms: HeardRooms
) -> None:
    """It was sent over a link that is given up, and reaches Redis when the next one is in use."""
    rooms.move("attic", is_here=True)
    rooms.tell_moved()
    rooms.move("attic", is_here=False)
    client.loses_next_script()
    with pytest.raises(redis.ConnectionError):
        rooms.tell_moved()
    rooms.move("attic", is_here=True)
    rooms.tell_moved()

    client.what_was_lost_arrives()

    assert known(client) == {"attic"}


def test_worker_without_inbox_leaves_no_rooms(client: Client, rooms: HeardRooms) -> None:
    """Nothing is written that nobody would clear away; with an inbox all rooms are named."""
    rooms.move("attic", is_here=True)
    client.delete(f"{INBOX}worker")
    assert rooms.tell_moved() == []
    assert not client.exists(f"{ROOMS}worker")

    client.xadd(f"{INBOX}worker", {"e": ""})
    assert rooms.tell_all() == ["attic"]
    assert known(client) == {"attic"}
    assert 0 < client.pttl(f"{ROOMS}worker") <= 30_000


def test_many_rooms_are_told_in_a_few_trips(client: Client, rooms: HeardRooms) -> None:
    """A script takes 500 of them."""
    names = {f"room{n}" for n in range(1_201)}
    for name in names:
        rooms.move(name, is_here=True)

    heard: list[str] = []
    trips = 0
    while rooms.has_moved:
        heard += rooms.tell_moved()
        trips += 1

    assert (trips, set(heard), known(client)) == (3, names, names)
    assert set(rooms.tell_all()) == names


moves = st.tuples(st.sampled_from(NAMES), st.booleans())


@given(st.lists(st.tuples(moves, st.lists(moves, max_size=2), st.integers(0, 3))))
@example([(("attic", True), [("attic", False), ("attic", True)], 0)])
def test_redis_knows_in_the_end_what_is_true(
    redis_server: RedisProcess, steps: Sequence[tuple[Move, Sequence[Move], int]]
) -> None:
    """Rooms move before and while Redis is told, which fails at times, and at times forgets all."""
    redis_server.flush()
    with Client.from_url(redis_server.url, socket_timeout=5) as client:
        client.xadd(f"{INBOX}worker", {"e": ""})
        rooms = HeardRooms(client, "worker", life_ms=30_000)
        true: set[str] = set()

        def move(moved: Sequence[Move]) -> None:
            for room, is_here in moved:
                rooms.move(room, is_here=is_here)
                (true.add if is_here else true.discard)(room)

        for first, meanwhile, what in steps:
            move([first])
            client.before = lambda moved=meanwhile, what=what: _interrupts(move, moved, what)
            _tell(rooms.tell_moved)
            if what == 2:
                client.flushall()
                client.xadd(f"{INBOX}worker", {"e": ""})
                rooms.tell_all()
        client.before = None
        while rooms.has_moved:
            rooms.tell_moved()
        assert known(client) == true


def _interrupts(move: Callable[[Sequence[Move]], None], moved: Sequence[Move], what: int) -> None:
    move(moved)
    if what == 1:
        raise redis.ConnectionError


def _tell(tell: Callable[[], object]) -> None:
    try:
        tell()
    except redis.ConnectionError:
        return
