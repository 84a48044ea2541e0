"""Takes what a room keeps no more out of the tables: one bounded transaction at a time.

The rules of the file:
- First the room is cut: one transaction moves first_seq, and from then on nobody is shown what lies
  before it. What is left of that is then swept, batch by batch; whoever finds it goes on with it.
- A message that a resend could still name by its client id, and a root whose answers are kept,
  stays as a stub: who and when, and nothing of what was said.
- Each transaction asks whether it is still this worker's turn. Source: docs/adr/0021.
"""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from typing import Any, Final, Protocol

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Connection,
    RowMapping,
    and_,
    case,
    cast,
    delete,
    exists,
    literal,
    or_,
    select,
    update,
)

from chat import wire
from chat.clock import Clock
from chat.db import Database
from chat.ids import RoomId
from chat.messages.models import drafts, mentions, message_edits, messages, reactions, saved
from chat.retention.turn import Turn
from chat.rooms.models import memberships, rooms
from chat.terms import Head

DAY_MS: Final = 86_400_000
CLIENT_IDS_MS: Final = 7 * DAY_MS  # a client id is that of one message for so long
ROOMS: Final = 500  # rooms that one transaction looks through
SLICE: Final = 2000  # messages whose times one transaction looks at: 1 ms on SQLite
BATCH: Final = 50  # messages that one transaction removes: 9 ms of CPU on SQLite, 40 at most


class NotOurTurnError(Exception):
    """Another worker removes; this one has written nothing."""


class Index(Protocol):
    """Where messages are found by their words; search knows."""

    def remove(self, sql: Connection, row: RowMapping) -> None:
        """The message is not found any more, with the caller's transaction."""


class RoomKeeping(Protocol):
    """What rooms know of their rule, and their way to let go."""

    def rule_of(self, sql: Connection, room_id: RoomId) -> tuple[int, Head]:
        """The room's own days, and how far it goes; the room is locked."""

    def cut(self, sql: Connection, room_id: RoomId, first_seq: int) -> wire.RoomChanged:
        """Messages before first_seq are kept no more."""


@dataclass(frozen=True, slots=True)
class Swept:
    """One batch: so many messages went, and up to which seq; done: nothing lies beyond it."""

    messages: int
    seq: int
    is_done: bool


def days_of(keep_days: int, most_days: int) -> int:
    """For how many days a room keeps messages: its own rule, within the server's; 0: for ever."""
    return min((days for days in (keep_days, most_days) if days), default=0)


class Removing:
    """The steps of a removal, on one worker."""

    def __init__(
        self,
        db: Database,
        now_ms: Clock,
        rooms: RoomKeeping,
        index: Index,
        turn: Turn,
        *,
        most_days: int,
    ) -> None:
        self._db = db
        self._now_ms = now_ms
        self._rooms = rooms
        self._index = index
        self._turn = turn
        self._most_days = most_days

    def take_turn(self) -> None:
        """It is this worker's turn. Raises NotOurTurnError."""
        with self._db.transaction() as sql:
            self._require_turn(sql)

    def end_turn(self) -> None:
        """It is anybody's turn."""
        with self._db.transaction() as sql:
            self._turn.end(sql)

    def rooms_after(self, room_id: str) -> tuple[str | None, list[RoomId]]:
        """The next ROOMS rooms by id: the last of them, None at the end, and where is work to do.

        Rooms that are being imported are left out: their members come last."""
        chunk = select(rooms.c.id).where(rooms.c.id > room_id).order_by(rooms.c.id).limit(ROOMS)
        with self._db.reading() as sql:
            ids = list(sql.scalars(chunk))
            has_work = or_(self._has_old(), _has_hidden())
            query = select(rooms.c.id).where(rooms.c.id.in_(ids), _is_whole(), has_work)
            found = [RoomId(one) for one in sql.scalars(query)]
        return (ids[-1] if len(ids) == ROOMS else None), found

    def first_kept(self, room_id: RoomId, pause: Callable[[], bool]) -> tuple[int, int]:
        """The oldest message that the rule keeps, and the days of the rule; the room's first_seq
        where it has none.

        pause: others have their turn, between two slices. When it says to stop, the seq is one up
        to which all are older than the rule."""
        with self._db.transaction() as sql:
            keep_days, head = self._rooms.rule_of(sql, room_id)
        days = days_of(keep_days, self._most_days)
        seq = head.first_seq
        while days and seq <= head.seq and pause():
            with self._db.reading() as sql:
                younger = _first_younger(sql, room_id, seq, self._now_ms() - days * DAY_MS)
            if younger is not None:
                return younger, days
            seq = min(seq + SLICE, head.seq + 1)
        return seq, days

    def cut(self, room_id: RoomId, first_seq: int, days: int) -> wire.RoomChanged | None:
        """The room keeps messages from first_seq on; None: its rule is another by now, or it did.

        Raises NotOurTurnError."""
        with self._db.transaction() as sql:
            self._require_turn(sql)
            keep_days, head = self._rooms.rule_of(sql, room_id)
            if days_of(keep_days, self._most_days) != days or first_seq <= head.first_seq:
                return None
            return self._rooms.cut(sql, room_id, first_seq)

    def sweep(self, room_id: RoomId, after: int) -> Swept:
        """The next BATCH messages after that seq that the room keeps no more are gone.

        Raises NotOurTurnError."""
        with self._db.transaction() as sql:
            self._require_turn(sql)
            _, head = self._rooms.rule_of(sql, room_id)
            hidden = (messages.c.room_id == room_id) & (messages.c.seq < head.first_seq)
            query = select(messages).where(hidden, messages.c.seq > after)
            rows = sql.execute(query.order_by(messages.c.seq).limit(BATCH)).mappings().all()
            stubs = self._stubs(sql, rows, head)
            count = self._blank(sql, [row for row in rows if row["id"] in stubs])
            count += self._delete(sql, [row for row in rows if row["id"] not in stubs])
        is_done = len(rows) < BATCH
        return Swept(count, rows[-1]["seq"] if rows else after, is_done)

    def _require_turn(self, sql: Connection) -> None:
        if not self._turn.take(sql, self._now_ms()):
            raise NotOurTurnError

    def _has_old(self) -> ColumnElement[bool]:
        """Whether the room's oldest message is older than its rule."""
        days: ColumnElement[int] = rooms.c.keep_days
        if self._most_days:
            is_less = rooms.c.keep_days.between(1, self._most_days)
            days = case((is_less, rooms.c.keep_days), else_=self._most_days)
        is_oldest = (messages.c.room_id == rooms.c.id) & (messages.c.seq == rooms.c.first_seq)
        now = literal(self._now_ms(), type_=messages.c.at_ms.type)
        is_old = messages.c.at_ms < now - cast(days, BigInteger) * DAY_MS
        return and_(days > 0, exists().where(is_oldest, is_old))

    def _stubs(self, sql: Connection, rows: Sequence[RowMapping], head: Head) -> set[str]:
        """Those of the messages that stay as stubs for now."""
        ids = [row["id"] for row in rows]
        is_kept = messages.c.thread_id.in_(ids) & (messages.c.seq >= head.first_seq)
        roots = set(sql.scalars(select(messages.c.thread_id).where(is_kept).distinct()))
        since_ms = self._now_ms() - CLIENT_IDS_MS
        return roots | {row["id"] for row in rows if row["at_ms"] > since_ms}

    def _blank(self, sql: Connection, rows: Sequence[RowMapping]) -> int:
        """Nothing of what they said is left."""
        standing = [row for row in rows if row["deleted_at_ms"] is None]
        ids = self._forgotten(sql, standing)
        for table in (message_edits, mentions, reactions, saved):
            sql.execute(delete(table).where(table.c.message_id.in_(ids)))
        gone = {"body": "", "html": "", "mentions": None, "edited_at_ms": None, "reply_to": None}
        unpinned = {"pinned_at_ms": None, "pinned_by": None, "deleted_at_ms": self._now_ms()}
        sql.execute(update(messages).where(messages.c.id.in_(ids)).values({**gone, **unpinned}))
        return len(ids)

    def _delete(self, sql: Connection, rows: Sequence[RowMapping]) -> int:
        """They are gone, and so is what belongs to them: each such table says ON DELETE CASCADE."""
        self._forgotten(sql, [row for row in rows if row["deleted_at_ms"] is None])
        ids = [row["id"] for row in rows]
        sql.execute(delete(drafts).where(drafts.c.thread_id.in_(ids)))
        sql.execute(delete(messages).where(messages.c.id.in_(ids)))
        return len(ids)

    def _forgotten(self, sql: Connection, rows: Collection[RowMapping]) -> list[Any]:  # Any: ids
        """The ids of the messages, which search finds no more."""
        for row in rows:
            self._index.remove(sql, row)
        return [row["id"] for row in rows]


def _first_younger(sql: Connection, room_id: RoomId, seq: int, since_ms: int) -> int | None:
    """The first of the SLICE messages from seq on that was posted since; None: none of them."""
    in_slice = messages.c.seq.between(seq, seq + SLICE - 1)
    query = select(messages.c.seq).where(messages.c.room_id == room_id, in_slice)
    query = query.where(messages.c.at_ms >= since_ms).order_by(messages.c.seq).limit(1)
    found: int | None = sql.execute(query).scalar_one_or_none()
    return found


def _has_hidden() -> ColumnElement[bool]:
    """Whether anything is left of what the room keeps no more."""
    is_hidden = (messages.c.room_id == rooms.c.id) & (messages.c.seq < rooms.c.first_seq)
    return and_(rooms.c.first_seq > 1, exists().where(is_hidden))


def _is_whole() -> ColumnElement[bool]:
    has_members = exists().where(memberships.c.room_id == rooms.c.id)
    return or_(rooms.c.archived_at_ms.is_(None), has_members)
