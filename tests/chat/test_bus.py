"""The bus: nothing is lost in a short absence of Redis, a gap is told, publishing never waits."""

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from redis import Redis

from chat import bus as bus_module
from chat import bus_queue
from chat.bus import Bus
from chat.bus_scripts import INBOX, ROOMS, STAND, TOLD, WORKERS
from chat.redis_client import connect
from tests.support.redis_process import RedisProcess
from tests.support.waiting import wait_until

WaitUntil = Callable[[Callable[[], object], float, str], object]


class End:
    """One worker's end of the bus that writes down what comes."""

    def __init__(self, url: str) -> None:
        self.came: list[tuple[str, str, str]] = []
        self.gaps = 0
        self.client = connect(url, size=2)
        self.heard: list[str] = []
        self.bus = Bus(
            self.client, self._receive, self._gap, on_heard=self.heard.extend, block_ms=50
        )

    def begins(self) -> None:
        """It reads, and Redis knows that it hears of the lobby."""
        self.bus.start()
        wait_until(lambda: self.bus.is_reading, 10, "it reads")
        self.bus.hears("lobby", is_here=True)
        wait_until(lambda: "lobby" in self.heard, 10, "it hears of the lobby")

    def ends(self) -> None:
        """Nothing runs any more."""
        self.bus.stop()
        self.client.close()

    @property
    def inbox(self) -> str:
        """The key of its inbox."""
        return f"{INBOX}{self.bus.worker_id}"

    @property
    def rooms(self) -> str:
        """The key of the rooms it hears of."""
        return f"{ROOMS}{self.bus.worker_id}"

    def frames(self) -> list[str]:
        """Return the frames that came, in order."""
        return [frame for _, _, frame in self.came]

    def _receive(self, kind: str, target: str, frame: str) -> None:
        self.came.append((kind, target, frame))

    def _gap(self) -> None:
        self.gaps += 1


@pytest.fixture
def redis(tmp_path: Path) -> Iterator[RedisProcess]:
    """A Redis of this test alone, to be killed and frozen."""
    server = RedisProcess(tmp_path)
    server.start()
    yield server
    server.stop()


@pytest.fixture
def other(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RedisProcess]:
    """Another Redis, to which a failover leads."""
    server = RedisProcess(tmp_path_factory.mktemp("other"))
    server.start()
    yield server
    server.stop()


@pytest.fixture
def ends(redis: RedisProcess) -> Iterator[tuple[End, End]]:
    """Two workers' ends, both reading."""
    pair = End(redis.url), End(redis.url)
    for end in pair:
        end.begins()
    wait_until(lambda: pair[1].gaps, 10, "who was alone has met the other")
    pair[1].gaps = 0
    yield pair
    redis.thaws()
    for end in pair:
        end.ends()


def flows(here: End, there: End) -> bool:
    """Whether what is published comes: whoever still takes himself for alone sends nothing."""
    here.bus.publish("room", "lobby", "flowing")
    return "flowing" in there.frames()


def test_entry_comes_to_the_other_worker_as_it_was_and_not_back(
    ends: tuple[End, End], wait_until: WaitUntil
) -> None:
    """A frame with line feeds and any script travels unchanged; the sender does not get it."""
    here, there = ends
    frame = '2["message:new",{"body":"a\\nb 天气 👋"}]\nsecond line'

    here.bus.publish("room", "lobby", frame)

    wait_until(lambda: there.came, 5, "the entry comes")
    assert there.came == [("room", "lobby", frame)]
    assert here.came == []


def test_entries_come_in_the_order_of_their_worker(
    ends: tuple[End, End], wait_until: WaitUntil
) -> None:
    """A thousand entries of one worker come once each and in order."""
    here, there = ends

    for n in range(1000):
        here.bus.publish("room", "lobby", str(n))

    wait_until(lambda: len(there.came) >= 1000, 10, "all come")
    assert there.frames() == [str(n) for n in range(1000)]
    assert there.gaps == 0


def test_worker_that_starts_later_gets_only_what_comes_after(
    redis: RedisProcess, ends: tuple[End, End], wait_until: WaitUntil
) -> None:
    """A new worker reads from the end: what was before, its clients got from SQL."""
    here, there = ends
    here.bus.publish("room", "lobby", "before")
    wait_until(lambda: there.came, 5, "the first comes")
    late = End(redis.url)
    late.begins()

    here.bus.publish("room", "lobby", "after")

    wait_until(lambda: late.came, 5, "the second comes")
    assert late.frames() == ["after"]
    late.ends()


def test_publishing_to_a_frozen_redis_returns_at_once_and_comes_later(
    redis: RedisProcess, ends: tuple[End, End], wait_until: WaitUntil
) -> None:
    """A Redis that hangs delays entries and loses none; the caller never waits for it."""
    here, there = ends
    redis.freezes()
    began_s = time.monotonic()

    for n in range(50):
        here.bus.publish("room", "lobby", str(n))
    took_s = time.monotonic() - began_s
    wait_until(lambda: not any(end.bus.is_reading for end in ends), 10, "both notice the hang")
    redis.thaws()

    assert took_s < 2, "publishing waited for Redis"
    wait_until(lambda: len(there.came) >= 50, 10, "all come after the thaw")
    assert there.frames() == [str(n) for n in range(50)], "in order, none twice"
    wait_until(lambda: there.gaps, 5, "the hang counts as a gap")


def test_redis_restarted_empty_is_a_gap_and_entries_flow_on(
    redis: RedisProcess, ends: tuple[End, End], wait_until: WaitUntil
) -> None:
    """After a restart from nothing both workers are told of a gap within 2 s, and hear again.

    Whoever is back first is alone, sends nothing, and heals the other when they meet."""
    here, there = ends
    here.bus.publish("room", "lobby", "before")
    wait_until(lambda: there.came, 5, "the first comes")

    redis.restarts_empty()

    wait_until(lambda: here.gaps and there.gaps, 2, "both are told of the gap")
    told = there.gaps
    here.bus.publish("room", "lobby", "after")
    wait_until(lambda: "after" in there.frames() or there.gaps > told, 5, "it comes or is healed")
    wait_until(lambda: flows(here, there), 5, "entries flow again")


def test_entry_sent_twice_comes_once(
    redis: RedisProcess, ends: tuple[End, End], wait_until: WaitUntil
) -> None:
    """A resent entry, whose first answer was lost, is known by its worker and number."""
    _, there = ends
    with redis.client() as client:
        for number, frame in ((1, "a"), (1, "a"), (2, "b"), (1, "a"), (2, "b"), (3, "c")):
            client.xadd(there.inbox, {"e": f"room lobby other {number}\n{frame}"})

    wait_until(lambda: len(there.came) >= 3, 5, "all come")
    assert there.frames() == ["a", "b", "c"]
    assert there.gaps == 0


def test_inbox_that_ran_over_is_begun_anew_and_is_a_gap(
    ends: tuple[End, End], wait_until: WaitUntil, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Entries that Redis may have trimmed away before they were read are noticed by the next look;
    what comes then is heard."""
    monkeypatch.setattr(bus_module, "INBOX_LENGTH", 5)
    here, there = ends

    for n in range(10):
        here.bus.publish("room", "lobby", str(n))

    wait_until(lambda: there.gaps, 10, "the loss is told")
    here.bus.publish("room", "lobby", "after")
    wait_until(lambda: "after" in there.frames(), 10, "entries flow again")


def test_inbox_that_went_back_in_time_is_begun_anew_and_is_a_gap(
    ends: tuple[End, End], wait_until: WaitUntil
) -> None:
    """A replica that takes over may lack what was read, and its clock may be behind: what comes
    gets lower ids than the last one read, and is heard all the same."""
    here, there = ends
    here.client.xadd(there.inbox, {"e": "room lobby other 1\nlast"}, id="9999999999999-0")
    wait_until(lambda: there.came, 10, "it is read")
    with here.client.pipeline() as as_one:
        as_one.delete(there.inbox)
        as_one.xadd(there.inbox, {"e": "room lobby other 0\nbefore"})
        as_one.execute()

    wait_until(lambda: there.gaps, 10, "the loss is told")
    here.bus.publish("room", "lobby", "after")

    wait_until(lambda: len(there.came) == 2, 10, "it is heard")
    assert there.frames() == ["last", "after"]


def test_inbox_that_was_begun_anew_by_a_call_that_came_late_is_a_gap(
    ends: tuple[End, End], wait_until: WaitUntil
) -> None:
    """What was sent over a link that is given up may reach Redis after what the next one sent."""
    here, there = ends
    late = here.client.register_script(STAND)
    keys = [there.inbox, there.rooms, f"{TOLD}{there.bus.worker_id}", WORKERS]

    late(keys=keys, args=[there.bus.worker_id, "1-1", 20_000, 30_000])

    wait_until(lambda: there.gaps, 10, "the loss is told")
    here.bus.publish("room", "lobby", "after")

    wait_until(lambda: there.came, 10, "entries flow again")
    assert there.frames() == ["after"]


def test_what_was_read_is_trimmed_away(ends: tuple[End, End], wait_until: WaitUntil) -> None:
    """An inbox keeps nothing but the entry read last, and what is not read yet."""
    here, there = ends

    for n in range(300):
        here.bus.publish("room", "lobby", str(n))

    wait_until(lambda: len(there.came) == 300, 10, "all come")
    wait_until(lambda: here.client.xlen(there.inbox) == 1, 10, "they are trimmed away")
    assert there.gaps == 0


def test_worker_gets_nothing_for_a_room_without_members_of_his(
    ends: tuple[End, End], wait_until: WaitUntil
) -> None:
    """Not even Redis writes it for him; once he hears of the room he gets what comes."""
    here, there = ends
    here.bus.publish("room", "attic", "nobody there")
    here.bus.publish("room", "lobby", "somebody there")
    wait_until(lambda: there.came, 10, "the second comes")
    there.bus.hears("attic", is_here=True)
    wait_until(lambda: "attic" in there.heard, 10, "Redis knows of the attic")
    here.bus.publish("room", "attic", "heard")
    wait_until(lambda: len(there.came) == 2, 10, "it comes")
    there.bus.hears("attic", is_here=False)
    wait_until(lambda: not there.client.sismember(there.rooms, "attic"), 10, "no more of the attic")
    here.bus.publish("room", "attic", "nobody there")
    here.bus.publish("room", "lobby", "last")
    wait_until(lambda: "last" in there.frames(), 10, "the last comes")

    assert there.frames() == ["somebody there", "heard", "last"]


def test_keys_that_vanish_are_a_gap_and_made_anew(
    ends: tuple[End, End], wait_until: WaitUntil
) -> None:
    """Redis is emptied while the links stay up: rooms are named again, and a gap is told."""
    here, there = ends
    here.client.flushall()

    wait_until(lambda: here.gaps and there.gaps, 10, "both are told")
    wait_until(lambda: flows(here, there), 10, "they have met again")
    here.bus.publish("room", "lobby", "again")
    here.bus.publish("user", "ann", "to all")

    wait_until(lambda: "to all" in there.frames(), 10, "both kinds come")
    assert there.frames()[-2:] == ["again", "to all"]


def test_dead_worker_leaves_nothing(ends: tuple[End, End], wait_until: WaitUntil) -> None:
    """What is kept for a worker dies within INBOX_MS of him; then he is no worker any more."""
    here, there = ends
    for key in here.client.keys(f"*{there.bus.worker_id}"):
        assert 0 < here.client.pttl(key) <= bus_module.INBOX_MS
    here.client.sadd(WORKERS, "dead")

    here.bus.publish("user", "ann", "to all")

    wait_until(lambda: there.came, 10, "the living get it")
    living = {end.bus.worker_id.encode() for end in ends}
    assert here.client.smembers(WORKERS) == living
    assert not here.client.exists(f"{INBOX}dead")


def test_worker_that_stops_leaves_nothing(redis: RedisProcess, ends: tuple[End, End]) -> None:
    """An orderly end takes along what Redis knew of the worker."""
    here, there = ends

    there.bus.stop()

    with redis.client() as client:
        assert client.keys(f"*{there.bus.worker_id}") == []
        assert client.smembers(WORKERS) == {here.bus.worker_id.encode()}


def test_failover_on_purpose_is_a_gap_to_everybody(
    ends: tuple[End, End], other: RedisProcess, wait_until: WaitUntil
) -> None:
    """Nobody's link breaks; whoever moved first is told of a gap again once the last one moved, as
    the former server went on taking what nobody will read."""
    here, there = ends
    moves_to(there.client, other.port)
    wait_until(lambda: there.gaps, 10, "the first one moved")
    here.bus.publish("room", "lobby", "lost")
    wait_until(lambda: here.bus.backlog == 0, 10, "the former server took it")
    gaps = there.gaps

    moves_to(here.client, other.port)

    wait_until(lambda: here.gaps and there.gaps > gaps, 10, "both are told")
    here.bus.publish("room", "lobby", "heard")
    wait_until(lambda: there.came, 10, "entries flow on the new server")
    assert there.frames() == ["heard"]


def test_full_queue_drops_the_oldest_and_the_others_are_told(
    redis: RedisProcess,
    ends: tuple[End, End],
    wait_until: WaitUntil,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """While Redis is away memory stays bounded; what was dropped comes out as a gap."""
    monkeypatch.setattr(bus_queue, "QUEUE_LENGTH", 10)
    here, there = ends
    here.bus.publish("room", "lobby", "before")
    wait_until(lambda: there.came, 5, "the first comes")
    redis.freezes()

    for n in range(30):
        here.bus.publish("room", "lobby", str(n))
        assert here.bus.backlog <= 10
    redis.thaws()

    wait_until(lambda: there.frames()[-1] == "29", 10, "the newest come")
    wait_until(lambda: there.gaps, 5, "the loss is told")


def test_defect_in_a_receiver_stops_nothing(
    redis: RedisProcess, ends: tuple[End, End], wait_until: WaitUntil
) -> None:
    """An entry that cannot be delivered is logged; those after it come."""
    here, _ = ends

    def fail(_kind: str, _target: str, frame: str) -> None:
        if frame == "bad":
            raise RuntimeError(frame)
        came.append(frame)

    came: list[str] = []
    client = connect(redis.url, size=2)
    fragile = Bus(client, fail, lambda: None, block_ms=50)
    fragile.hears("lobby", is_here=True)
    fragile.start()
    wait_until(
        lambda: client.sismember(f"{ROOMS}{fragile.worker_id}", "lobby"),
        10,
        "it hears of the lobby",
    )

    for frame in ("bad", "good"):
        here.bus.publish("room", "lobby", frame)

    wait_until(lambda: came, 5, "the second comes")
    assert came == ["good"]
    fragile.stop()
    client.close()


def test_start_without_redis_reads_when_it_comes_and_heals_who_is_here(
    redis: RedisProcess, wait_until: WaitUntil
) -> None:
    """A worker may start while Redis is away; of what others did meanwhile it heard nothing."""
    redis.dies()
    end = End(redis.url)
    end.bus.hears("lobby", is_here=True)
    end.bus.start()
    end.bus.publish("room", "lobby", "early")

    redis.start()

    wait_until(lambda: end.bus.is_reading, 5, "it reads")
    wait_until(lambda: end.bus.backlog == 0, 5, "what waited is sent")
    assert end.gaps == 1
    assert end.client.smembers(end.rooms) == {b"lobby"}
    end.ends()


def test_entries_of_a_newer_version_stop_nobody(
    ends: tuple[End, End], wait_until: WaitUntil
) -> None:
    """More words in the header, another field, garbage: what can be read is, the rest is left."""
    sender, reader = ends
    newer = f"room lobby newer-worker 1 more words\nnewer {sender.bus.worker_id}"
    for fields in ({"e": newer}, {"other": "field"}, {"e": b"\xff\xfe\n"}, {"e": "a b c x\nframe"}):
        sender.client.xadd(reader.inbox, fields)  # type: ignore[arg-type]  # redis-py's own types are narrower

    sender.bus.publish("room", "lobby", "ours")

    wait_until(lambda: "ours" in reader.frames(), 5, "the reader lives on")
    assert reader.frames() == [f"newer {sender.bus.worker_id}", "ours"]
    assert reader.gaps == 0


def moves_to(client: Redis, port: int) -> None:
    """The client's links lead to another server as soon as their answers are there."""
    pool: Any = client.connection_pool
    pool.connection_kwargs["port"] = port
    for link in list(pool._connections):  # as chat/sentinels.py does it
        link.port = port
        link.mark_for_reconnect()
    pool.disconnect(inuse_connections=False)
