"""What each worker says of itself, kept in Redis for whoever looks after all of them.

One hash, `rc:workers`: worker id -> JSON of wire.AdminWorker. Each worker writes its own line every
second and takes it back when it ends; a line that nobody wrote for a minute is dropped by the next
reader, so a worker that was killed or hangs is seen as silent until then.
"""

import threading
from collections.abc import Callable
from typing import Any, Final

import msgspec
import structlog
from redis import Redis, RedisError

from chat import wire

KEY: Final = "rc:workers"
EVERY_S: Final = 1.0
FORGOTTEN_MS: Final = 60_000
ABANDONED_S: Final = 3600  # the hash itself, when no Rollcall runs any more

log = structlog.get_logger(__name__)


class Workers:
    """The lines of all workers on one Redis."""

    def __init__(self, redis: Redis) -> None:
        """Nothing is sent yet."""
        self._redis = redis

    def write(self, worker: wire.AdminWorker) -> None:
        """The worker's line is this one. Raises RedisError."""
        with self._redis.pipeline(transaction=False) as pipeline:
            pipeline.hset(KEY, worker.id, wire.to_json(worker))
            pipeline.expire(KEY, ABANDONED_S)
            pipeline.execute()

    def remove(self, worker_id: str) -> None:
        """The worker has no line any more. Raises RedisError."""
        self._redis.hdel(KEY, worker_id)

    def all(self, now_ms: int) -> list[wire.AdminWorker]:
        """Return every worker that wrote its line within a minute. Raises RedisError.

        now_ms: the clock of Redis. A line of a version with other fields is left out."""
        lines: Any = self._redis.hgetall(KEY)  # redis-py types it as awaitable
        workers, forgotten = [], []
        for name, line in lines.items():
            worker = _worker_in(line)
            if worker is not None and now_ms - worker.at_ms <= FORGOTTEN_MS:
                workers.append(worker)
            elif worker is not None:
                forgotten.append(name)
        if forgotten:
            self._redis.hdel(KEY, *forgotten)
        return workers


class Reporter:
    """Writes this worker's line every second; one thread, started and stopped."""

    def __init__(self, workers: Workers, describe: Callable[[], wire.AdminWorker]) -> None:
        """describe is asked from a thread of its own and must not wait."""
        self._workers = workers
        self._describe = describe
        self._is_stopped = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """The line is written from now on."""
        self._thread = threading.Thread(target=self._run, name="reporter", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """The line is gone, if Redis answers."""
        self._is_stopped.set()
        if self._thread is None:
            return
        self._thread.join(2.0)
        self._thread = None
        try:
            self._workers.remove(self._describe().id)
        except RedisError as away:
            log.debug("reporter: the line stays, Redis is away", cause=type(away).__name__)

    def _run(self) -> None:
        while not self._is_stopped.is_set():
            try:
                self._workers.write(self._describe())
            except RedisError as away:  # whoever asks sees this worker alone meanwhile
                log.debug("reporter: Redis is away", cause=type(away).__name__)
            self._is_stopped.wait(EVERY_S)


def _worker_in(line: bytes) -> wire.AdminWorker | None:
    try:
        return msgspec.json.decode(line, type=wire.AdminWorker)
    except msgspec.DecodeError:
        return None
