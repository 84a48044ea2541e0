"""The message queue between workers: one capped Redis Stream that every worker reads to its end.

The rules of the file:
- Publishing returns at once: entries wait in a bounded queue and a thread of its own sends them,
  many in one round trip. While Redis is away they wait; when the queue is full the oldest are
  dropped and counted; the hole in a worker's numbers tells the others.
- A stream is read from the last id, so a short absence loses nothing (pub/sub would). An entry
  that was sent twice, because its answer was lost, is known by (worker, number) and dropped.
- Whatever could not be ruled out is a gap: `on_gap` is called and clients are healed from SQL.
Not here: what an entry means (`fanout.py`). Source: docs/adr/0007.
"""

import logging
import secrets
import threading
from collections import deque
from collections.abc import Callable, Iterable
from typing import Any, NamedTuple, cast

import redis
from prometheus_client import Counter

STREAM = "{rc}:bus"
STREAM_LENGTH = 20_000  # entries; about 20 s of 1 000 messages a second
QUEUE_LENGTH = 10_000  # entries that wait for Redis in a worker
BATCH = 100  # entries a round trip
READ_BLOCK_MS = 1000  # below the client's socket timeout. Else redis-py hangs
_READ_COUNT = 200
_YIELD_EVERY = 32  # entries applied between two turns of the loop, so that writers drain
_RETRY_S = 0.25

Receive = Callable[[str, str, str], None]

log = logging.getLogger(__name__)
_published = Counter("rollcall_bus_published_total", "Entries that this worker gave to the bus.")
_received = Counter("rollcall_bus_received_total", "Entries of other workers that were applied.")
_dropped = Counter("rollcall_bus_dropped_total", "Entries dropped because Redis stayed away.")
_gaps = Counter("rollcall_bus_gaps_total", "Times that entries may have been missed.")


class Entry(NamedTuple):
    """One entry, as it was published: number counts what its worker published."""

    kind: str
    target: str
    worker_id: str
    number: int
    frame: str


class Bus:
    """One worker's end of the bus; `worker_id` is new at each start of a process."""

    def __init__(
        self,
        client: redis.Redis,
        receive: Receive,
        on_gap: Callable[[], None],
        *,
        pause: Callable[[], None] = lambda: None,
        block_ms: int = READ_BLOCK_MS,
    ) -> None:
        """client must time out within seconds, after more than block_ms.

        pause lets other work of the process go on; block_ms is the longest that `stop` waits."""
        self.worker_id = secrets.token_hex(8)
        self._client = client
        self._receive = receive
        self._on_gap = on_gap
        self._pause = pause
        self._block_ms = block_ms
        self._waiting: deque[tuple[int, str]] = deque()
        self._number = 0
        self._wake = threading.Event()
        self._is_stopped = threading.Event()
        self._threads: list[threading.Thread] = []
        self._last_id: bytes = b""
        self._is_anchored = False
        self._newest_of: dict[str, int] = {}

    def start(self) -> None:
        """Entries published from now on are sent, and those of others applied."""
        self._is_stopped.clear()
        for work in (self._publish_all, self._read_all):
            thread = threading.Thread(target=work, name=f"bus.{work.__name__}", daemon=True)
            self._threads.append(thread)
            thread.start()

    def stop(self, deadline_s: float = 2.0) -> None:
        """What waits was given to Redis if it could be within deadline_s; nothing runs any more."""
        self._is_stopped.set()
        self._wake.set()
        for thread in self._threads:
            thread.join(deadline_s)
        self._threads.clear()

    def publish(self, kind: str, target: str, frame: str) -> None:
        """Queue one entry for the other workers; never waits, never raises."""
        if len(self._waiting) >= QUEUE_LENGTH:
            self._waiting.popleft()
            _dropped.inc()
        self._number += 1
        header = f"{kind} {target} {self.worker_id} {self._number}"
        self._waiting.append((self._number, f"{header}\n{frame}"))
        self._wake.set()

    @property
    def is_reading(self) -> bool:
        """Whether entries of others come in: Redis answered last time."""
        return self._is_anchored

    @property
    def backlog(self) -> int:
        """Entries that wait for Redis."""
        return len(self._waiting)

    def _publish_all(self) -> None:
        is_away = False
        while not (self._is_stopped.is_set() and (is_away or not self._waiting)):
            self._wake.wait()
            self._wake.clear()
            is_away = not self._publish_waiting(was_away=is_away)
            if is_away:
                self._is_stopped.wait(_RETRY_S)
                self._wake.set()

    def _publish_waiting(self, *, was_away: bool) -> bool:
        """Send until the queue is empty; returns whether Redis answered."""
        try:
            while self._waiting:
                self._publish_batch()
        except redis.RedisError as error:
            if not was_away:
                log.warning("bus: Redis is away, entries wait: %s", type(error).__name__)
            return False
        return True

    def _publish_batch(self) -> None:
        """An entry leaves the queue after Redis has it: a lost answer means a second sending."""
        batch = list(self._waiting)[:BATCH]
        with self._client.pipeline(transaction=False) as pipeline:
            for _, entry in batch:
                pipeline.xadd(STREAM, {"e": entry}, maxlen=STREAM_LENGTH, approximate=True)
            pipeline.execute()
        _published.inc(len(batch))
        sent = batch[-1][0]
        while self._waiting and self._waiting[0][0] <= sent:
            self._waiting.popleft()

    def _read_all(self) -> None:
        while not self._is_stopped.is_set():
            try:
                if not self._is_anchored:
                    self._anchor()
                    self._is_anchored = True
                self._apply(self._read_some())
            except redis.RedisError as error:
                if self._is_anchored:
                    log.warning("bus: Redis is away, nothing comes in: %s", type(error).__name__)
                self._is_anchored = False
                self._is_stopped.wait(_RETRY_S)
        self._is_anchored = False

    def _anchor(self) -> None:
        """Stand where reading can go on: at the last id read, or at the end of a stream begun anew.

        Every time but the first is a gap: what was published meanwhile may be gone with Redis."""
        newest = self._client.xrevrange(STREAM, count=1)
        end = cast("list[tuple[bytes, Any]]", newest)[0][0] if newest else b"0-0"
        is_first = not self._last_id
        if is_first or _place(end) < _place(self._last_id):
            self._last_id = end
        if not is_first:
            self._tell_gap()

    def _read_some(self) -> Iterable[tuple[bytes, dict[bytes, bytes]]]:
        answer = self._client.xread(
            {STREAM: self._last_id}, count=_READ_COUNT, block=self._block_ms
        )
        if not answer:
            return []
        pages = answer[STREAM.encode()] if isinstance(answer, dict) else [answer[0][1]]
        return cast("list[tuple[bytes, dict[bytes, bytes]]]", pages[0])

    def _apply(self, entries: Iterable[tuple[bytes, dict[bytes, bytes]]]) -> None:
        for place, (entry_id, fields) in enumerate(entries, start=1):
            self._last_id = entry_id
            self._apply_one(_entry_of(fields.get(b"e", b"")))
            if place % _YIELD_EVERY == 0:
                self._pause()

    def _apply_one(self, entry: Entry | None) -> None:
        if entry is None:
            log.warning("bus: an entry that cannot be read was left out")
            return
        if entry.worker_id == self.worker_id or not self._is_next(entry.worker_id, entry.number):
            return
        _received.inc()
        try:
            self._receive(entry.kind, entry.target, entry.frame)
        except Exception:
            log.exception("bus: an entry of kind %s could not be delivered", entry.kind)

    def _is_next(self, worker_id: str, number: int) -> bool:
        """Whether the entry is new; a hole in a worker's numbers is a gap."""
        newest = self._newest_of.get(worker_id, number - 1)
        if number <= newest:
            return False
        self._newest_of[worker_id] = number
        if number > newest + 1:
            self._tell_gap()
        return True

    def _tell_gap(self) -> None:
        _gaps.inc()
        log.warning("bus: entries may have been missed, healing from SQL")
        try:
            self._on_gap()
        except Exception:
            log.exception("bus: healing after a gap failed, the next beat tries again")


def _entry_of(raw: bytes) -> Entry | None:
    """What a worker published, of this version or a newer one that says more in the header."""
    header, _, frame = raw.partition(b"\n")
    try:
        kind, target, worker_id, number, *_more = header.decode().split(" ")
        return Entry(kind, target, worker_id, int(number), frame.decode())
    except ValueError:
        return None


def _place(entry_id: bytes) -> tuple[int, int]:
    milliseconds, _, number = entry_id.partition(b"-")
    return int(milliseconds), int(number)
