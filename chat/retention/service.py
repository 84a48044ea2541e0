"""Retention: each worker looks from time to time for what rooms keep no more; one of them removes.

The rule of the file: nothing here is needed for what people see to be right. A pass that was cut
short, by a kill or a database that went away, is gone on with by whoever has the next turn.
"""

import random
import threading
from collections.abc import Callable
from itertools import takewhile
from typing import Final, Protocol

import structlog
from prometheus_client import Counter
from sqlalchemy import Connection, exists, select

from chat import wire
from chat.clock import Clock
from chat.db import Database
from chat.errors import ChatError
from chat.ids import RoomId
from chat.messages.models import messages
from chat.retention.removing import DAY_MS, NotOurTurnError, Removing, days_of
from chat.terms import Head, Identity

FIRST_S: Final = 60.0  # a worker that has just started has other things to do
EVERY_S: Final = 600.0  # between two passes of a worker
AGAIN_S: Final = 5.0  # after a rule changed while another worker was at it
PAUSE_S: Final = 0.02  # between two batches, in which others have the database for themselves
TOLD_EVERY: Final = 10_000  # messages between two lines in the log

removed_total = Counter(
    "rollcall_messages_removed_total", "Messages removed because their room keeps them no more."
)

log = structlog.get_logger(__name__)

SeqAt = Callable[[Connection, RoomId, int, Head], int]
"""The first kept message at that time or later, else the room's last; messages know."""


class RoomKeeping(Protocol):
    """Who may set how long a room keeps its messages."""

    def require_keeper(self, sql: Connection, asker: Identity, room_id: RoomId) -> Head:
        """How far the room goes. Raises NotFound, NotMember, Forbidden, Archived."""


class Retention:
    """The passes of one worker, and what a rule would remove."""

    def __init__(
        self,
        db: Database,
        now_ms: Clock,
        rooms: RoomKeeping,
        removing: Removing,
        *,
        seq_at: SeqAt,
        tell: Callable[[wire.RoomChanged], None],
        most_days: int,
        pause_s: float = PAUSE_S,
    ) -> None:
        """tell: the members of the room are told, after the commit; most_days: 0, no bound."""
        self._db = db
        self._now_ms = now_ms
        self._rooms = rooms
        self._removing = removing
        self._seq_at = seq_at
        self._tell = tell
        self._most_days = most_days
        self._pause_s = pause_s
        self._wake = threading.Event()
        self._is_stopped = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Passes are made from now on."""
        self._thread = threading.Thread(target=self._run, name="retention", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Nothing is removed any more; what is left waits for another worker."""
        self._is_stopped.set()
        self._wake.set()
        if self._thread is not None:
            self._thread.join(5.0)
            self._thread = None

    def wake(self) -> None:
        """The next pass comes at once: a rule changed."""
        self._wake.set()

    def preview(self, asker: Identity, room_id: RoomId, query: wire.RemovalQuery) -> wire.Removal:
        """How many messages such a rule would remove now.

        Raises NotFound, NotMember, Forbidden, Archived."""
        days = days_of(query.keep_days, self._most_days)
        with self._db.reading() as sql:
            head = self._rooms.require_keeper(sql, asker, room_id)
            if not days or head.first_seq > head.seq:
                return wire.Removal(messages=0)
            since_ms = self._now_ms() - days * DAY_MS
            seq = self._seq_at(sql, room_id, since_ms, head)
            is_young = (messages.c.seq == seq) & (messages.c.at_ms >= since_ms)
            young = exists().where(messages.c.room_id == room_id, is_young)
            kept_from = seq if sql.execute(select(young)).scalar_one() else seq + 1
        return wire.Removal(messages=kept_from - head.first_seq)

    def remove_due(self) -> int:
        """All that rooms keep no more is gone; returns how many messages that were.

        Bounded transactions, with a pause between two. Raises NotOurTurnError when another worker
        is at it, or has taken over."""
        self._removing.take_turn()
        removed = 0
        last: str | None = ""
        while last is not None and self._pause():
            last, found = self._removing.rooms_after(last)
            for room_id in takewhile(lambda _: self._pause(), found):
                self._cut(room_id)
                removed += self._sweep(room_id)
        self._removing.end_turn()
        return removed

    def _cut(self, room_id: RoomId) -> None:
        first_seq, days = self._removing.first_kept(room_id, self._pause)
        changed = self._removing.cut(room_id, first_seq, days)
        if changed is not None:
            log.info("retention: a room was cut", room_id=room_id, first_seq=first_seq, days=days)
            self._tell(changed)

    def _sweep(self, room_id: RoomId) -> int:
        removed = seq = told = 0
        is_done = False
        while not is_done and self._pause():
            batch = self._removing.sweep(room_id, seq)
            seq, is_done = batch.seq, batch.is_done
            removed += batch.messages
            removed_total.inc(batch.messages)
            if removed - told >= TOLD_EVERY or (is_done and removed):
                told = removed
                log.info("retention: removed", room_id=room_id, messages=removed, up_to_seq=seq)
        return removed

    def _pause(self) -> bool:
        """Others had the database for themselves; whether to go on."""
        return not self._is_stopped.wait(self._pause_s)

    def _run(self) -> None:
        wait_s = FIRST_S
        while not self._is_stopped.is_set():
            is_woken = self._wake.wait(wait_s * random.uniform(0.8, 1.2))  # noqa: S311 - no secret
            self._wake.clear()
            if not self._is_stopped.is_set():
                wait_s = self._pass_safely(is_wanted=is_woken or wait_s == AGAIN_S)

    def _pass_safely(self, *, is_wanted: bool) -> float:
        """A pass was tried; returns how long to wait for the next one."""
        try:
            self.remove_due()
        except NotOurTurnError:
            return AGAIN_S if is_wanted else EVERY_S
        except ChatError as away:
            log.warning("retention: put off, a dependency is away", code=away.code)
        except Exception:
            log.exception("retention: a pass failed, the next one is tried")
        return EVERY_S
