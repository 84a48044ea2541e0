"""What workers say of themselves, kept in Redis for all of them."""

from collections.abc import Callable, Iterator

import msgspec
import pytest
import redis

from chat import wire
from chat.admin.workers import FORGOTTEN_MS, KEY, Reporter, Workers
from chat.redis_client import connect
from tests.support.redis_process import RedisProcess

WaitUntil = Callable[[Callable[[], object], float, str], object]
NOW_MS = 1_800_000_000_000


def worker(name: str = "w1", **facts: object) -> wire.AdminWorker:
    """Return a healthy worker, but for the facts given."""
    plain: dict[str, object] = {
        "id": name, "host": "vm", "pid": 1, "version": "1", "up_s": 1, "at_ms": NOW_MS,
        "epoch": "e", "rev": 1, "untold": 0, "known": True, "hears_events": True, "held": False,
        "draining": False, "connections": 1, "sockets": 1, "leases": 1, "here": 1, "ended": {},
        "troubles": {}, "stall_ms": 0, "renewals": 0, "renew_ms": 0, "lags": [],
        "probe": {
            "is_on": True, "last": "right", "at_ms": NOW_MS, "wrong_at_ms": 0, "right": 1,
            "wrong": 0, "void": 0,
        },
    }  # fmt: skip
    return msgspec.convert(plain | facts, wire.AdminWorker)


@pytest.fixture
def client(redis_server: RedisProcess) -> Iterator[redis.Redis]:
    """A client of an empty Redis."""
    redis_server.flush()
    client = connect(redis_server.url, 2)
    yield client
    client.close()


def test_every_worker_reads_the_lines_of_all(client: redis.Redis) -> None:
    """The newest line of each counts; one that was taken back is gone."""
    workers = Workers(client)
    workers.write(worker("w1", rev=1))
    workers.write(worker("w1", rev=2))
    workers.write(worker("w2"))
    assert sorted((one.id, one.rev) for one in workers.all(NOW_MS)) == [("w1", 2), ("w2", 1)]
    workers.remove("w1")
    assert [one.id for one in workers.all(NOW_MS)] == ["w2"]


def test_line_that_nobody_wrote_for_a_minute_is_dropped(client: redis.Redis) -> None:
    """A worker that hangs is seen as silent for a minute, then no more; nothing piles up."""
    workers = Workers(client)
    workers.write(worker("hung"))
    assert [one.id for one in workers.all(NOW_MS + FORGOTTEN_MS)] == ["hung"]
    assert workers.all(NOW_MS + FORGOTTEN_MS + 1) == []
    assert client.hlen(KEY) == 0


def test_line_of_another_version_is_left_out(client: redis.Redis) -> None:
    """During an upgrade a line with other fields hides nothing else and breaks nothing."""
    workers = Workers(client)
    workers.write(worker("w1"))
    client.hset(KEY, "older", '{"id": "older"}')
    assert [one.id for one in workers.all(NOW_MS)] == ["w1"]


def test_reporter_writes_each_second_and_takes_its_line_back(
    client: redis.Redis, wait_until: WaitUntil
) -> None:
    """The line is there while the worker runs, and gone once it has ended in order."""
    revs = iter(range(1, 100))
    reporter = Reporter(Workers(client), lambda: worker("w1", rev=next(revs)))
    reporter.start()
    wait_until(lambda: any(one.rev > 1 for one in Workers(client).all(NOW_MS)), 10, "two lines")
    reporter.stop()
    assert client.hlen(KEY) == 0


def test_reporter_outlives_an_absence_of_redis(
    private_redis: RedisProcess, wait_until: WaitUntil
) -> None:
    """Nothing is raised while Redis is away, and the line is back when it is."""
    client = connect(private_redis.url, 2)
    private_redis.dies()
    asked: list[int] = []

    def describe() -> wire.AdminWorker:
        asked.append(1)
        return worker("w1")

    reporter = Reporter(Workers(client), describe)
    reporter.start()
    wait_until(lambda: len(asked) >= 2, 10, "it tried twice")
    private_redis.start()
    wait_until(lambda: client.hlen(KEY) == 1, 10, "the line is there")
    private_redis.dies()
    reporter.stop()
    client.close()
