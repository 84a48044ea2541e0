"""Fixtures of the presence tests: an empty Redis, a store on it, workers on it."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
import redis

from presence.keys import Keys
from presence.store import Store
from presence.timings import Timings
from tests.presence.workers import QUICK, UNHURRIED, Worker
from tests.support.redis_process import RedisProcess


@pytest.fixture
def empty_redis(redis_server: RedisProcess) -> RedisProcess:
    """The Redis of the run, with nothing in it and keyspace events on."""
    with redis_server.client() as client:
        client.flushall()
        client.config_set("notify-keyspace-events", "Ex")
    return redis_server


@pytest.fixture
def own_redis(tmp_path: Path) -> Iterator[RedisProcess]:
    """A Redis of this test alone, which may be killed, restarted and frozen."""
    server = RedisProcess(tmp_path)
    server.start()
    yield server
    server.stop()


@pytest.fixture
def client(empty_redis: RedisProcess) -> Iterator[redis.Redis]:
    """A client of the empty Redis."""
    with empty_redis.client() as client:
        yield client


@pytest.fixture
def keys() -> Keys:
    """The names under the usual prefix."""
    return Keys()


@pytest.fixture
def make_store(client: redis.Redis, keys: Keys) -> Callable[..., Store]:
    """The function make_store(worker_id="w1", timings=...) -> a store on the empty Redis."""

    def make(worker_id: str = "w1", timings: Timings = UNHURRIED) -> Store:
        return Store(client, keys, timings, worker_id)

    return make


@pytest.fixture
def store(make_store: Callable[..., Store]) -> Store:
    """A store on the empty Redis, as worker w1 uses it."""
    return make_store()


@pytest.fixture
def shards() -> int:
    """Over how many shards the workers of a test spread users."""
    return 1


@pytest.fixture
def make_worker(shards: int) -> Iterator[Callable[..., Worker]]:
    """The function make_worker(redis_process, timings=...) -> a worker that serves."""
    workers: list[Worker] = []

    def make(
        server: RedisProcess,
        timings: Timings = QUICK,
        *,
        shards: int = shards,
        **options: Any,  # as Worker takes them
    ) -> Worker:
        workers.append(Worker(server.url, timings, shards=shards, **options).starts())
        return workers[-1]

    yield make
    with ThreadPoolExecutor() as pool:
        list(pool.map(Worker.stops, workers))
