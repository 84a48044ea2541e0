"""The message queue between workers: each has an inbox, a Redis Stream that he reads to its end.

The rules of the file:
- What is for a room goes to the workers that have members of it, everything else to all; Redis
  knows who they are, so the sender needs not, and nobody reads what he has no use for.
- Where there is no other worker nothing is sent. Who comes says so in every inbox, and whoever was
  alone until then answers: what was not sent is read from SQL, as after a gap.
- Publishing returns at once: entries wait in a bounded queue (`bus_queue.py`) and a thread of its
  own sends them, many in one round trip. While Redis is away they wait.
- An inbox is read from the last id, so a short absence loses nothing (pub/sub would). An entry
  that was sent twice, because its answer was lost, is known by (worker, number) and dropped.
- Whatever could not be ruled out is a gap: `on_gap` is called and clients are healed from SQL.
- Once Redis knows that a room is heard of here, `on_heard` is called: what was committed just
  before, and went to nobody here, is in the heads.
Not here: what an entry means (`fanout.py`), the steps in Redis (`bus_scripts.py`), which rooms are
heard of (`bus_rooms.py`). Source: docs/adr/0007, 0019, 0022.
"""

import logging
import secrets
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from typing import cast

import redis
from prometheus_client import Counter

from chat import bus_scripts
from chat.bus_entries import Entry, entry_of
from chat.bus_queue import GAP, MET, Queue
from chat.bus_rooms import HeardRooms
from chat.bus_scripts import BEGUN, CAME, INBOX, ROOMS, TOLD, WORKERS

INBOX_LENGTH = 20_000  # entries; about 20 s of 1 000 messages a second
INBOX_MS = 30_000  # how long the inbox of a worker outlives him
BATCH = 100  # entries a round trip
READ_BLOCK_MS = 500  # below the client's socket timeout. Else redis-py hangs
_READ_COUNT = 200
_YIELD_EVERY = 32  # entries applied between two turns of the loop, so that writers drain
_RETRY_S = 0.25
_STAND_EVERY_S = 0.5
_NOWHERE = b"0-0"

Receive = Callable[[str, str, str], None]

log = logging.getLogger(__name__)
_published = Counter("rollcall_bus_published_total", "Entries that this worker gave to the bus.")
_received = Counter("rollcall_bus_received_total", "Entries of other workers that were applied.")
_gaps = Counter("rollcall_bus_gaps_total", "Times that entries may have been missed.")


class Bus:
    """One worker's end of the bus; `worker_id` is new at each start of a process."""

    def __init__(
        self,
        client: redis.Redis,
        receive: Receive,
        on_gap: Callable[[], None],
        *,
        on_heard: Callable[[Sequence[str]], None] = lambda _rooms: None,
        pause: Callable[[], None] = lambda: None,
        block_ms: int = READ_BLOCK_MS,
    ) -> None:
        """client must time out within seconds, after more than block_ms.

        on_gap() and on_heard(rooms) are called in the bus's own threads and must not wait.
        pause lets other work of the process go on; block_ms is the longest that `stop` waits."""
        self.worker_id = secrets.token_hex(8)
        self._client = client
        self._receive = receive
        self._on_gap = on_gap
        self._on_heard = on_heard
        self._pause = pause
        self._block_ms = block_ms
        self._inbox = f"{INBOX}{self.worker_id}"
        self._own_keys = [f"{prefix}{self.worker_id}" for prefix in (INBOX, ROOMS, TOLD)]
        self._stand_script = client.register_script(bus_scripts.STAND)
        self._leave_script = client.register_script(bus_scripts.LEAVE)
        self._publish_script = client.register_script(bus_scripts.PUBLISH)
        self._rooms = HeardRooms(client, self.worker_id, life_ms=INBOX_MS)
        self._waiting = Queue(self.worker_id)
        self._wake = threading.Event()
        self._is_stopped = threading.Event()
        self._threads: list[threading.Thread] = []
        self._read_to = _NOWHERE
        self._server: bytes | None = None  # the run id of the Redis that is spoken with
        self._stood_s = 0.0
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
        """Queue one entry for the other workers, if there are any; never waits, never raises.

        What it tells of was committed before: where SQL holds it, a newcomer reads it there."""
        self._waiting.put(kind, target, frame)
        if self._waiting:
            self._wake.set()

    def hears(self, room_id: str, *, is_here: bool) -> None:
        """Entries for the room come from soon on, or come no more; never waits, never raises."""
        self._rooms.move(room_id, is_here=is_here)
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
        """Send until nothing waits; returns whether Redis answered."""
        try:
            while self._waiting or self._rooms.has_moved:
                if self._rooms.has_moved:
                    self._tell_heard(self._rooms.tell_moved())
                if self._waiting:
                    self._publish_batch()
        except redis.RedisError as error:
            if not was_away:
                log.warning("bus: Redis is away, entries wait: %s", type(error).__name__)
            return False
        return True

    def _publish_batch(self) -> None:
        """An entry leaves the queue after Redis has it: a lost answer means a second sending."""
        batch = self._waiting.oldest(BATCH)
        words = [word for one in batch for word in (one.room, one.entry)]
        meetings = self._waiting.meetings
        others = self._publish_script(keys=[WORKERS], args=[self.worker_id, INBOX_LENGTH, *words])
        self._waiting.counted(int(others), meetings)
        _published.inc(len(batch))
        self._waiting.sent(batch)

    def _read_all(self) -> None:
        while not self._is_stopped.is_set():
            try:
                self._stand()
                self._apply(self._read_some())
            except redis.RedisError as error:
                if self._is_anchored:
                    log.warning("bus: Redis is away, nothing comes in: %s", type(error).__name__)
                self._is_anchored = False
                self._is_stopped.wait(_RETRY_S)
        if self._is_anchored:
            self._leave()
        self._is_anchored = False

    def _stand(self) -> None:
        """Twice a second, and on each new link: the inbox lives on, or was begun anew.

        One begun anew is a gap, and so is a new link: what was published meanwhile may be gone with
        Redis, and so may be what it knew of the rooms. Another server may lack what the former one
        took from this worker, which is a gap to everybody; a failover on purpose breaks no link."""
        if self._is_anchored and time.monotonic() < self._stood_s + _STAND_EVERY_S:
            return
        is_begun, server = self._renew()
        if is_begun or server != self._server or not self._is_anchored:
            self._is_anchored = False
            self._look_around(server)
        self._stood_s, self._is_anchored = time.monotonic(), True

    def _renew(self) -> tuple[bool, bytes]:
        """Returns whether the inbox was begun anew, and the server's run id."""
        meetings = self._waiting.meetings
        answer = self._stand_script(
            keys=[*self._own_keys, WORKERS],
            args=[self.worker_id, self._read_to, INBOX_LENGTH, INBOX_MS],
        )
        began, server, others = cast("tuple[bytes | None, bytes, int]", answer)
        self._waiting.counted(others, meetings)
        self._wake.set()
        if began:
            self._read_to = began
        return bool(began), server

    def _look_around(self, server: bytes) -> None:
        """Redis knows of every room here, and whoever may have missed something is healed.

        At the first time too, where people came in before Redis could be asked for an inbox."""
        heard = self._rooms.tell_all()
        former, self._server = self._server, server
        if former is not None and server != former:
            self._waiting.put_gap()
            self._wake.set()
        if former is not None or heard:
            self._tell_gap()

    def _leave(self) -> None:
        try:
            self._leave_script(keys=[*self._own_keys, WORKERS], args=[self.worker_id])
        except redis.RedisError as error:
            log.info("bus: the inbox stays until its time is over: %s", type(error).__name__)

    def _read_some(self) -> Iterable[tuple[bytes, dict[bytes, bytes]]]:
        answer = self._client.xread(
            {self._inbox: self._read_to}, count=_READ_COUNT, block=self._block_ms
        )
        if not answer:
            return []
        pages = answer[self._inbox.encode()] if isinstance(answer, dict) else [answer[0][1]]
        return cast("list[tuple[bytes, dict[bytes, bytes]]]", pages[0])

    def _apply(self, entries: Iterable[tuple[bytes, dict[bytes, bytes]]]) -> None:
        for place, (entry_id, fields) in enumerate(entries, start=1):
            self._read_to = entry_id
            self._apply_one(fields.get(b"e"))
            if place % _YIELD_EVERY == 0:
                self._pause()

    def _apply_one(self, raw: bytes | None) -> None:
        if raw == BEGUN:  # by a call that came late, over a link that was given up long ago
            self._is_anchored = False
            return
        if raw == CAME:
            self._waiting.meets()
            self._wake.set()
            return
        entry = entry_of(raw or b"")
        if entry is None:
            log.warning("bus: an entry that cannot be read was left out")
        elif self._is_new(entry.worker_id, entry.number):
            self._act_on(entry)

    def _act_on(self, entry: Entry) -> None:
        if entry.kind == GAP:
            self._tell_gap()
            return
        if entry.kind == MET:
            self._heal()
            return
        _received.inc()
        try:
            self._receive(entry.kind, entry.target, entry.frame)
        except Exception:
            log.exception("bus: an entry of kind %s could not be delivered", entry.kind)

    def _is_new(self, worker_id: str, number: int) -> bool:
        """Whether the entry came for the first time; a worker's numbers only ever grow."""
        if number <= self._newest_of.get(worker_id, 0):
            return False
        self._newest_of[worker_id] = number
        return True

    def _tell_gap(self) -> None:
        _gaps.inc()
        log.warning("bus: entries may have been missed, healing from SQL")
        self._heal()

    def _heal(self) -> None:
        try:
            self._on_gap()
        except Exception:
            log.exception("bus: healing after a gap failed, the next beat tries again")

    def _tell_heard(self, rooms: Sequence[str]) -> None:
        if not rooms:
            return
        try:
            self._on_heard(rooms)
        except Exception:
            log.exception("bus: rooms heard of from now on are looked at by the next beat")
