"""The state of reading: how far a user has read, what others know of it, who is typing.

The rules of the file: a user's own tabs are told of every move, with counts from SQL. Others are
told only what he lets them know, and nothing at all while they see him offline: who is invisible
leaves no trace, neither live nor stored. Source: docs/PROMISES.md R9.
"""

from collections.abc import Collection

from msgspec import UNSET
from sqlalchemy import Connection, delete, select

from chat import wire
from chat.buckets import Buckets, Limit
from chat.clock import Clock
from chat.db import Database
from chat.errors import NotFound, RateLimited
from chat.ids import RoomId, UserId
from chat.messages import counts
from chat.messages.models import reading_settings, receipts
from chat.messages.needs import IsSeen, Rooms, Tell
from chat.messages.threads import follow, require_root
from chat.messages.upsert import upsert
from chat.terms import Identity, ReadPlace

RECEIPTS_MEMBERS_MAX = 100  # in larger rooms nobody is told: N readers would be N x N events
TYPING_OF_USER = Limit(rate=2, burst=10)  # typing events a second, on one worker


class Reading:
    """How far everybody has read."""

    def __init__(
        self, db: Database, rooms: Rooms, now_ms: Clock, tell: Tell, is_seen: IsSeen
    ) -> None:
        """is_seen(user_id): others see him as anything but offline."""
        self._db = db
        self._rooms = rooms
        self._now_ms = now_ms
        self._tell = tell
        self._is_seen = is_seen
        self._typing = Buckets(TYPING_OF_USER)

    def read(self, reader: Identity, request: wire.MessageRead) -> wire.RoomRead:
        """The user has read up to seq; less than before changes nothing. His tabs know it.

        Raises NotFound, NotMember, Invalid (a thread of another room)."""
        if request.thread_id is not None:
            return self._read_thread(reader.user_id, request, request.thread_id)
        room_id, user_id = RoomId(request.room_id), reader.user_id
        is_seen = self._is_seen(user_id)
        with self._db.transaction() as sql:
            place = self._rooms.read_up_to(sql, room_id, user_id, request.seq)
            read = _room_read(sql, room_id, user_id, place)
            is_told = is_seen and place.has_moved and self._may_tell(sql, room_id, user_id)
            if is_told:
                _keep_receipt(sql, room_id, user_id, place.seq)
        self._tell.to_user(user_id, "room:read", read)
        if is_told:
            receipt = wire.Receipt(room_id=room_id, user_id=user_id, seq=place.seq)
            self._tell.to_room(room_id, "receipt:read", receipt)
        return read

    def mark_unread(self, reader: Identity, request: wire.MessageUnread) -> wire.RoomRead:
        """Everything from seq on is unread again, for the user alone. His tabs know it.

        Raises NotFound, NotMember."""
        room_id = RoomId(request.room_id)
        with self._db.transaction() as sql:
            place = self._rooms.unread_from(sql, room_id, reader.user_id, request.seq)
            read = _room_read(sql, room_id, reader.user_id, place)
        self._tell.to_user(reader.user_id, "room:read", read)
        return read

    def receipts(self, reader: Identity, room_id: RoomId) -> wire.ReceiptList:
        """How far the other members let know that they have read. Raises NotFound, NotMember."""
        query = select(receipts.c.user_id, receipts.c.seq).where(
            receipts.c.room_id == room_id, receipts.c.user_id != reader.user_id
        )
        with self._db.reading() as sql:
            self._rooms.require_member(sql, room_id, reader.user_id)
            members = set(self._rooms.member_ids(sql, room_id))
            rows = sql.execute(query).all() if len(members) <= RECEIPTS_MEMBERS_MAX else []
        told = [
            wire.Receipt(room_id=room_id, user_id=row.user_id, seq=row.seq)
            for row in rows
            if row.user_id in members
        ]
        return wire.ReceiptList(receipts=told)

    def settings(self, reader: Identity) -> wire.ReadingSettings:
        """What the user lets others know."""
        with self._db.reading() as sql:
            return wire.ReadingSettings(receipts=_lets_know(sql, reader.user_id))

    def change_settings(
        self, reader: Identity, request: wire.ReadingChange
    ) -> wire.ReadingSettings:
        """The user lets others know that much from now on; what was told before is taken back."""
        with self._db.transaction() as sql:
            row = {"user_id": reader.user_id, "receipts": request.receipts}
            write = upsert(sql, reading_settings).values(row)
            sql.execute(write.on_conflict_do_update(index_elements=["user_id"], set_=row))
            if not request.receipts:
                sql.execute(delete(receipts).where(receipts.c.user_id == reader.user_id))
        return wire.ReadingSettings(receipts=request.receipts)

    def threads(self, reader: Identity) -> wire.ThreadList:
        """The threads that the user follows, in rooms that he may read now."""
        with self._db.reading() as sql:
            threads = counts.followed_threads(sql, reader.user_id)
            room_ids = {RoomId(one.room_id) for one in threads}
            heads = self._rooms.heads_within(sql, reader.user_id, room_ids)
            return wire.ThreadList(
                threads=[
                    counts.as_kept(sql, reader.user_id, one, head.first_seq)
                    for one in threads
                    if (head := heads.get(RoomId(one.room_id))) and one.last_seq >= head.first_seq
                ]
            )

    def typing(
        self, writer: Identity, own_rooms: Collection[RoomId], request: wire.MessageTyping
    ) -> None:
        """The room knows that the user writes, or has stopped; nothing is stored.

        own_rooms: the rooms of the connection. Raises NotFound, RateLimited."""
        room_id = RoomId(request.room_id)
        if room_id not in own_rooms:
            raise NotFound
        wait_s = self._typing.take(writer.user_id, self._now_ms())
        if wait_s:
            raise RateLimited(retry_after_s=wait_s)
        if not self._is_seen(writer.user_id):
            return
        typing = wire.Typing(
            room_id=room_id,
            user_id=writer.user_id,
            typing=request.typing,
            thread_id=UNSET if request.thread_id is None else request.thread_id,
        )
        self._tell.to_room(room_id, "typing:now", typing)

    def _read_thread(
        self, user_id: UserId, request: wire.MessageRead, thread_id: str
    ) -> wire.RoomRead:
        room_id = RoomId(request.room_id)
        with self._db.transaction() as sql:
            head = self._rooms.require_member(sql, room_id, user_id)
            require_root(sql, thread_id, room_id)
            upto = max(min(request.seq, head.seq), head.first_seq - 1)
            seq = follow(sql, room_id, thread_id, user_id, upto)
            unread, called = counts.of_thread(sql, user_id, thread_id, seq)
        read = wire.RoomRead(
            room_id=room_id,
            seq=seq,
            last_seq=head.seq,
            rev=head.rev,
            unread=unread,
            mentions=called,
            version=seq,
            thread_id=thread_id,
        )
        self._tell.to_user(user_id, "room:read", read)
        return read

    def _may_tell(self, sql: Connection, room_id: RoomId, user_id: UserId) -> bool:
        if not _lets_know(sql, user_id):
            return False
        return len(self._rooms.member_ids(sql, room_id)) <= RECEIPTS_MEMBERS_MAX


def _room_read(
    sql: Connection, room_id: RoomId, user_id: UserId, place: ReadPlace
) -> wire.RoomRead:
    counted = counts.unread_in(sql, user_id, room_id, place.seq)
    return wire.RoomRead(
        room_id=room_id,
        seq=place.seq,
        last_seq=max(counted.seq, place.seq),
        rev=counted.rev,
        unread=counted.unread,
        mentions=counted.mentions,
        version=place.version,
    )


def _lets_know(sql: Connection, user_id: UserId) -> bool:
    query = select(reading_settings.c.receipts).where(reading_settings.c.user_id == user_id)
    chosen = sql.execute(query).scalar_one_or_none()
    return True if chosen is None else bool(chosen)


def _keep_receipt(sql: Connection, room_id: RoomId, user_id: UserId, seq: int) -> None:
    write = upsert(sql, receipts).values(room_id=room_id, user_id=user_id, seq=seq)
    sql.execute(
        write.on_conflict_do_update(
            index_elements=["room_id", "user_id"], set_={"seq": seq}, where=receipts.c.seq < seq
        )
    )
