"""What a user keeps for himself: saved messages and drafts, in step over his tabs.

The rule of the file: nobody else is ever told; what he may not read any more is left out.
"""

from typing import Any

from msgspec import UNSET
from sqlalchemy import Connection, RowMapping, delete, select

from chat import wire
from chat.buckets import Buckets, Limit
from chat.clock import Clock
from chat.db import Database
from chat.errors import NotFound, RateLimited
from chat.ids import RoomId, UserId
from chat.messages.models import drafts, messages, saved
from chat.messages.needs import Rooms, Tell
from chat.messages.pages import require_kept
from chat.messages.rows import messages_with_authors, read
from chat.messages.threads import require_root
from chat.messages.upsert import upsert
from chat.terms import Identity
from chat.text import clean_body

DRAFTS_OF_USER = Limit(rate=5, burst=50)  # drafts set a second, on one worker
_PLACE = ["user_id", "room_id", "thread_id"]


class Kept:
    """What everybody keeps for himself."""

    def __init__(self, db: Database, rooms: Rooms, now_ms: Clock, tell: Tell) -> None:
        self._db = db
        self._rooms = rooms
        self._now_ms = now_ms
        self._tell = tell
        self._of_user = Buckets(DRAFTS_OF_USER)

    def save(self, keeper: Identity, request: wire.MessageSave) -> None:
        """The message is among those that the user saved, or not any more. His tabs know it.

        Raises NotFound, NotMember."""
        row = {"user_id": keeper.user_id, "message_id": request.message_id}
        with self._db.transaction() as sql:
            if request.on:
                self._require_readable(sql, keeper.user_id, request.message_id)
                write = upsert(sql, saved).values(**row, at_ms=self._now_ms())
                sql.execute(write.on_conflict_do_nothing())
            else:
                mine = [saved.c[name] == value for name, value in row.items()]
                sql.execute(delete(saved).where(*mine))
        changed = wire.SavedChanged(message_id=request.message_id, on=request.on)
        self._tell.to_user(keeper.user_id, "saved:changed", changed)

    def saved(self, keeper: Identity, query: wire.PageQuery) -> wire.SavedList:
        """A page of what the user saved and may read now, newest first."""
        found = select(saved.c.message_id, saved.c.at_ms, messages.c.room_id, messages.c.seq)
        found = found.join(messages, messages.c.id == saved.c.message_id)
        found = found.where(saved.c.user_id == keeper.user_id)
        if query.before is not None:
            found = found.where(saved.c.at_ms < query.before)
        newest = found.order_by(saved.c.at_ms.desc(), saved.c.message_id.desc())
        with self._db.reading() as sql:
            rows = sql.execute(newest.limit(query.limit + 1)).all()
            page = self._readable(sql, keeper.user_id, rows[: query.limit])
        return wire.SavedList(saved=page, has_more=len(rows) > query.limit)

    def set_draft(self, writer: Identity, request: wire.DraftSet) -> wire.Draft:
        """The newest draft of the place: this one, unless a newer version was there. Tabs know it.

        Raises Invalid, NotFound, NotMember, RateLimited."""
        wait_s = self._of_user.take(writer.user_id, self._now_ms())
        if wait_s:
            raise RateLimited(retry_after_s=wait_s)
        row = self._draft_row(writer.user_id, request)
        with self._db.transaction() as sql:
            self._require_place(sql, writer.user_id, request)
            is_newer = drafts.c.version < request.version
            write = upsert(sql, drafts).values(row)
            new = {name: row[name] for name in ("body", "version", "at_ms")}
            sql.execute(
                write.on_conflict_do_update(index_elements=_PLACE, set_=new, where=is_newer)
            )
            draft = _stored(sql, row)
        self._tell.to_user(writer.user_id, "draft:changed", draft)
        return draft

    def drafts(self, writer: Identity) -> wire.DraftList:
        """The user's drafts in rooms that he may read now, newest first."""
        query = select(drafts).where(drafts.c.user_id == writer.user_id, drafts.c.body != "")
        with self._db.reading() as sql:
            rows = sql.execute(query.order_by(drafts.c.at_ms.desc())).mappings().all()
            room_ids = {RoomId(row["room_id"]) for row in rows}
            open_to_him = self._rooms.heads_within(sql, writer.user_id, room_ids)
        return wire.DraftList(drafts=[_draft(row) for row in rows if row["room_id"] in open_to_him])

    def _draft_row(self, user_id: UserId, request: wire.DraftSet) -> dict[str, Any]:
        return {
            "user_id": user_id,
            "room_id": request.room_id,
            "thread_id": request.thread_id or "",
            "body": clean_body(request.body) if request.body.strip() else "",
            "version": request.version,
            "at_ms": self._now_ms(),
        }

    def _require_place(self, sql: Connection, user_id: UserId, request: wire.DraftSet) -> None:
        self._rooms.require_member(sql, RoomId(request.room_id), user_id)
        if request.thread_id is not None:
            require_root(sql, request.thread_id, RoomId(request.room_id))

    def _require_readable(self, sql: Connection, user_id: UserId, message_id: str) -> None:
        query = select(messages.c.room_id, messages.c.seq, messages.c.deleted_at_ms)
        found = sql.execute(query.where(messages.c.id == message_id)).one_or_none()
        if found is None:
            raise NotFound
        require_kept(found, self._rooms.require_member(sql, RoomId(found.room_id), user_id))
        if found.deleted_at_ms is not None:
            raise NotFound("The message was deleted.")

    def _readable(self, sql: Connection, user_id: UserId, rows: Any) -> list[wire.SavedMessage]:
        """rows: message_id, at_ms, room_id, seq. Those of other rooms are left out, and removed
        ones."""
        room_ids = {RoomId(row.room_id) for row in rows}
        heads = self._rooms.heads_within(sql, user_id, room_ids)
        at_ms = {
            row.message_id: row.at_ms
            for row in rows
            if (head := heads.get(RoomId(row.room_id))) and row.seq >= head.first_seq
        }
        found = read(sql, messages_with_authors().where(messages.c.id.in_(list(at_ms))))
        by_id = {one.id: one for one in found}
        return [
            wire.SavedMessage(message=by_id[message_id], saved_at_ms=saved_at_ms)
            for message_id, saved_at_ms in at_ms.items()
        ]


def _stored(sql: Connection, place: dict[str, Any]) -> wire.Draft:
    mine = [drafts.c[name] == place[name] for name in _PLACE]
    return _draft(sql.execute(select(drafts).where(*mine)).mappings().one())


def _draft(row: RowMapping) -> wire.Draft:
    return wire.Draft(
        room_id=row["room_id"],
        body=row["body"],
        version=row["version"],
        at_ms=row["at_ms"],
        thread_id=row["thread_id"] or UNSET,
    )
