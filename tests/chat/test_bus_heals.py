"""Who is in a room has every message of it, by the bus or by a look at what was committed."""

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from chat.bus import Bus
from chat.redis_client import connect
from tests.support.redis_process import RedisProcess
from tests.support.waiting import wait_until

ROOMS = ("lobby", "attic", "cellar")
Committed = dict[str, set[int]]


class Worker:
    """One worker with a viewer in some rooms; `seen` is what is on his screen."""

    def __init__(self, url: str, committed: Committed) -> None:
        self.committed = committed
        self.seen: Committed = {}
        self._client = connect(url, size=2)
        self.bus = Bus(
            self._client, self._receive, self._looks_at_all, on_heard=self._looks_at, block_ms=50
        )
        self.bus.start()

    def posts(self, room: str) -> None:
        """One more message is committed, and published."""
        number = len(self.committed[room]) + 1
        self.committed[room].add(number)
        self._receive("room", room, str(number))
        self.bus.publish("room", room, str(number))

    def posts_and_it_went(self, room: str) -> None:
        """One more message was published, to those of whom Redis knows."""
        self.posts(room)
        wait_until(lambda: self.bus.backlog == 0, 10, "Redis has it")

    def joins(self, room: str, meanwhile: Callable[[], None]) -> None:
        """The viewer loads the room, then is in it."""
        loaded = set(self.committed[room])
        meanwhile()
        self.seen[room] = loaded
        self.bus.hears(room, is_here=True)

    def leaves(self, room: str) -> None:
        """The viewer is in the room no more."""
        if self.seen.pop(room, None) is not None:
            self.bus.hears(room, is_here=False)

    def lacks(self) -> dict[str, set[int]]:
        """Return what is committed and not on the screen."""
        return {
            room: lost for room, seen in self.seen.items() if (lost := self.committed[room] - seen)
        }

    def stops(self) -> None:
        """Nothing runs any more."""
        self.bus.stop()
        self._client.close()

    def _receive(self, _kind: str, room: str, frame: str) -> None:
        if (seen := self.seen.get(room)) is not None:
            seen.add(int(frame))

    def _looks_at(self, rooms: Sequence[str]) -> None:
        for room in rooms:
            if (seen := self.seen.get(room)) is not None:
                seen |= self.committed[room]

    def _looks_at_all(self) -> None:
        self._looks_at(list(self.seen))


class House:
    """Two workers on one Redis."""

    def __init__(self, redis: RedisProcess) -> None:
        self.redis = redis
        committed: Committed = defaultdict(set)
        self.workers = Worker(redis.url, committed), Worker(redis.url, committed)
        wait_until(lambda: all(one.bus.is_reading for one in self.workers), 10, "both read")

    def does(self, what: str, who: int, room: str) -> None:
        """One step of a story."""
        worker, other = self.workers[who], self.workers[1 - who]
        if what == "posts":
            worker.posts(room)
        elif what == "joins":
            worker.joins(room, meanwhile=lambda: None)
        elif what == "joins while one is posted":
            worker.joins(room, meanwhile=lambda: other.posts(room))
        elif what == "joins after one went by":
            worker.joins(room, meanwhile=lambda: other.posts_and_it_went(room))
        elif what == "leaves":
            worker.leaves(room)
        elif what == "Redis forgets":
            self.redis.flush()
        else:
            self._cuts_links()

    def _cuts_links(self) -> None:
        with self.redis.client() as client:
            client.client_kill_filter(_type="normal", skipme=True)


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """The house of this module."""
    redis = RedisProcess(tmp_path_factory.mktemp("redis"))
    redis.start()
    house = House(redis)
    yield house
    for worker in house.workers:
        worker.stops()
    redis.stop()


often = st.sampled_from(
    ["posts", "joins", "joins while one is posted", "joins after one went by", "leaves"]
)
seldom = st.sampled_from(["Redis forgets", "links are cut"])
steps = st.tuples(often | often | often | seldom, st.integers(0, 1), st.sampled_from(ROOMS))


@settings(max_examples=12)
@example([("joins after one went by", 1, "attic")])
@example([("leaves", 1, "lobby"), ("joins", 1, "lobby"), ("posts", 0, "lobby")])
@given(st.lists(steps, min_size=5, max_size=25))
def test_who_is_in_a_room_has_all_of_it(
    house: House, story: Sequence[tuple[str, int, str]]
) -> None:
    """Rooms are joined and left between posts, Redis forgets everything, links break: in the end
    nobody lacks a message of a room he is in."""
    for what, who, room in story:
        house.does(what, who, room)

    wait_until(lambda: not any(one.lacks() for one in house.workers), 10, "nobody lacks a message")
