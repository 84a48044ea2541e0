"""The bus: nothing is lost in a short absence of Redis, a gap is told, publishing never waits."""

import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from chat import bus as bus_module
from chat.bus import STREAM, Bus
from chat.redis_client import connect
from tests.support.redis_process import RedisProcess

WaitUntil = Callable[[Callable[[], object], float, str], object]


class End:
    """One worker's end of the bus that writes down what comes."""

    def __init__(self, url: str) -> None:
        self.came: list[tuple[str, str, str]] = []
        self.gaps = 0
        self.client = connect(url, size=2)
        self.bus = Bus(self.client, self._receive, self._gap, block_ms=50)

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
def ends(redis: RedisProcess, wait_until: WaitUntil) -> Iterator[tuple[End, End]]:
    """Two workers' ends, both reading."""
    pair = End(redis.url), End(redis.url)
    for end in pair:
        end.bus.start()
    wait_until(lambda: all(end.bus.is_reading for end in pair), 5, "both read")
    yield pair
    redis.thaws()
    for end in pair:
        end.bus.stop()
        end.client.close()


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
    late.bus.start()
    wait_until(lambda: late.bus.is_reading, 5, "the late one reads")

    here.bus.publish("room", "lobby", "after")

    wait_until(lambda: late.came, 5, "the second comes")
    assert late.frames() == ["after"]
    late.bus.stop()
    late.client.close()


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
    """After a restart from nothing both workers are told of a gap within 2 s, and hear again."""
    here, there = ends
    here.bus.publish("room", "lobby", "before")
    wait_until(lambda: there.came, 5, "the first comes")

    redis.restarts_empty()
    here.bus.publish("room", "lobby", "after")

    wait_until(lambda: here.gaps and there.gaps, 2, "both are told of the gap")
    wait_until(lambda: there.frames()[-1] == "after", 5, "entries flow again")


def test_entry_sent_twice_comes_once(
    redis: RedisProcess, ends: tuple[End, End], wait_until: WaitUntil
) -> None:
    """A resent entry, whose first answer was lost, is known by its worker and number."""
    _, there = ends
    with redis.client() as client:
        for number, frame in ((1, "a"), (1, "a"), (2, "b"), (1, "a"), (2, "b"), (3, "c")):
            client.xadd(STREAM, {"e": f"room lobby other {number}\n{frame}"})

    wait_until(lambda: len(there.came) >= 3, 5, "all come")
    assert there.frames() == ["a", "b", "c"]
    assert there.gaps == 0


def test_hole_in_the_numbers_of_a_worker_is_a_gap(
    redis: RedisProcess, ends: tuple[End, End], wait_until: WaitUntil
) -> None:
    """An entry that never came (dropped, or trimmed away) is noticed by the next one."""
    _, there = ends
    with redis.client() as client:
        client.xadd(STREAM, {"e": "room lobby other 1\na"})
        client.xadd(STREAM, {"e": "room lobby other 3\nc"})

    wait_until(lambda: len(there.came) == 2, 5, "both come")
    assert there.gaps == 1


def test_full_queue_drops_the_oldest_and_the_others_are_told(
    redis: RedisProcess,
    ends: tuple[End, End],
    wait_until: WaitUntil,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """While Redis is away memory stays bounded; what was dropped comes out as a gap."""
    monkeypatch.setattr(bus_module, "QUEUE_LENGTH", 10)
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
    fragile.start()
    wait_until(lambda: fragile.is_reading, 5, "it reads")

    for frame in ("bad", "good"):
        here.bus.publish("room", "lobby", frame)

    wait_until(lambda: came, 5, "the second comes")
    assert came == ["good"]
    fragile.stop()
    client.close()


def test_start_without_redis_reads_when_it_comes(
    redis: RedisProcess, wait_until: WaitUntil
) -> None:
    """A worker may start while Redis is away."""
    redis.dies()
    end = End(redis.url)
    end.bus.start()
    end.bus.publish("room", "lobby", "early")

    redis.start()

    wait_until(lambda: end.bus.is_reading, 5, "it reads")
    wait_until(lambda: end.bus.backlog == 0, 5, "what waited is sent")
    end.bus.stop()
    end.client.close()


def test_entries_of_a_newer_version_stop_nobody(
    ends: tuple[End, End], wait_until: WaitUntil
) -> None:
    """More words in the header, another field, garbage: what can be read is, the rest is left."""
    sender, reader = ends
    newer = f"room lobby newer-worker 1 more words\nnewer {sender.bus.worker_id}"
    for fields in ({"e": newer}, {"other": "field"}, {"e": b"\xff\xfe\n"}, {"e": "a b c x\nframe"}):
        sender.client.xadd(STREAM, fields)  # type: ignore[arg-type]  # redis-py's own types are narrower

    sender.bus.publish("room", "lobby", "ours")

    wait_until(lambda: "ours" in reader.frames(), 5, "the reader lives on")
    assert reader.frames() == [f"newer {sender.bus.worker_id}", "ours"]
    assert reader.gaps == 0
