"""The bus of a worker that is alone: nothing is sent, and whoever comes misses nothing."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from prometheus_client import REGISTRY

from chat import bus as bus_module
from chat.bus_scripts import WORKERS
from tests.chat.live_parts import inbox_of_a_worker
from tests.chat.test_bus import End
from tests.support.redis_process import RedisProcess
from tests.support.waiting import wait_until


@pytest.fixture
def redis(tmp_path: Path) -> Iterator[RedisProcess]:
    """A Redis of this test alone."""
    server = RedisProcess(tmp_path)
    server.start()
    yield server
    server.stop()


@pytest.fixture
def alone(redis: RedisProcess) -> Iterator[End]:
    """The only worker."""
    end = End(redis.url)
    end.begins()
    yield end
    end.ends()


@pytest.fixture
def newcomer(redis: RedisProcess, alone: End) -> Iterator[End]:
    """Another one, not begun yet."""
    end = End(redis.url)
    yield end
    end.ends()


def published() -> float:
    """Return how many entries workers of this process gave to the bus."""
    return REGISTRY.get_sample_value("rollcall_bus_published_total") or 0.0


def test_worker_alone_sends_nothing(alone: End) -> None:
    """Redis is not asked: nobody would read it."""
    before = published()

    alone.bus.publish("room", "lobby", "to nobody")

    assert (alone.bus.backlog, published()) == (0, before)


def test_newcomer_reads_what_was_not_sent_and_is_sent_the_rest(alone: End, newcomer: End) -> None:
    """Who comes is healed once the other knows of him; from then on entries come."""
    alone.bus.publish("room", "lobby", "before")
    newcomer.begins()

    wait_until(lambda: newcomer.gaps, 10, "the newcomer is healed from SQL")
    alone.bus.publish("room", "lobby", "after")

    wait_until(lambda: newcomer.came, 10, "what is said now comes")
    assert newcomer.frames() == ["after"]
    assert alone.gaps == 0


def test_worker_that_is_alone_again_sends_nothing(alone: End, newcomer: End) -> None:
    """Who left is forgotten by the next look."""
    newcomer.begins()
    wait_until(lambda: newcomer.gaps, 10, "they know each other")
    newcomer.bus.stop()

    def sends_nothing() -> bool:
        before = published()
        alone.bus.publish("room", "lobby", "to nobody")
        wait_until(lambda: alone.bus.backlog == 0, 10, "nothing waits")
        return published() == before

    wait_until(sends_nothing, 10, "nothing is sent any more")


def test_newcomer_whose_word_was_lost_is_seen_by_the_next_look(
    redis: RedisProcess, alone: End
) -> None:
    """An inbox that nobody spoke of: it is told at the next look."""
    inbox = inbox_of_a_worker(redis)

    with redis.client() as client:
        wait_until(lambda: b"met all" in repr(client.xrange(inbox)).encode(), 10, "it is seen")
    assert alone.bus.is_reading


def test_answer_from_before_a_newcomer_is_not_believed(
    alone: End, newcomer: End, redis: RedisProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Redis said that nobody was there, and somebody came before the worker heard it."""
    inbox = inbox_of_a_worker(redis)
    with redis.client() as client:
        wait_until(lambda: client.xlen(inbox) > 1, 10, "not alone")
        monkeypatch.setattr(bus_module, "_STAND_EVERY_S", 3600.0)
        client.delete(inbox)
        client.srem(WORKERS, "reader")
    publish = alone.bus._publish_script

    def somebody_comes_meanwhile(**words: Any) -> int:  # Any: as redis-py's Script takes them
        first, answer = not newcomer.heard, int(publish(**words))
        if first:
            met = alone.bus._waiting.meetings
            newcomer.begins()
            wait_until(lambda: alone.bus._waiting.meetings > met, 10, "the newcomer is heard of")
        return answer

    monkeypatch.setattr(alone.bus, "_publish_script", somebody_comes_meanwhile)
    alone.bus.publish("room", "lobby", "to nobody")
    wait_until(lambda: newcomer.heard and not alone.bus.backlog, 10, "it was sent")

    alone.bus.publish("room", "lobby", "to the newcomer")

    wait_until(lambda: newcomer.came, 10, "it comes")
    assert newcomer.frames() == ["to the newcomer"]
