"""What was done in rooms, by whom, to whom and why; kept for those who look after them.

The rules of the file: an entry is written in the transaction of the act, so there is no act without
its entry; the entries of a room, which every act locks, sort by id as the acts were committed, also
those of one millisecond and of workers whose clocks differ. Bodies and tokens are never in it.
"""

import json
from typing import Any

from sqlalchemy import Connection, Select, func, insert, select

from chat import wire
from chat.accounts.models import users
from chat.clock import Clock
from chat.db import Database
from chat.ids import RoomId, UserId, new_id_after
from chat.rooms.models import audit
from chat.rooms.steps import EVERYWHERE, require_may
from chat.terms import Identity

Facts = dict[str, Any]  # Any: JSON, a few named strings and numbers


def note(
    sql: Connection,
    by: Identity,
    room_id: RoomId,
    act: str,
    *,
    now_ms: int,
    user_id: UserId | None = None,
    facts: Facts | None = None,
) -> None:
    """The act is the newest in the log of the room, with the caller's transaction."""
    note_of(sql, by.user_id, room_id, act, now_ms=now_ms, user_id=user_id, facts=facts)


def note_of(
    sql: Connection,
    by_id: UserId,
    room_id: RoomId,
    act: str,
    *,
    now_ms: int,
    user_id: UserId | None = None,
    facts: Facts | None = None,
) -> None:
    """The same, of a user who is not asking himself."""
    last = sql.execute(select(func.max(audit.c.id)).where(audit.c.scope == room_id)).scalar()
    row = {
        "id": new_id_after(last, now_ms),
        "scope": room_id,
        "at_ms": now_ms,
        "by_id": by_id,
        "act": act,
        "user_id": user_id,
        "facts": json.dumps(facts or {}),
    }
    sql.execute(insert(audit).values(row))


class Audit:
    """The log of what was done."""

    def __init__(self, db: Database, now_ms: Clock) -> None:
        self._db = db
        self._now_ms = now_ms

    def of_room(self, asker: Identity, room_id: RoomId, query: wire.AuditQuery) -> wire.AuditLog:
        """A page of the room's log, the newest first; administrators see bans from everywhere too.

        Raises NotFound, NotMember, Forbidden."""
        scopes = [room_id, EVERYWHERE] if asker.is_admin else [room_id]
        found = _entries().where(audit.c.scope.in_(scopes)).limit(query.limit + 1)
        if query.before is not None:
            found = found.where(audit.c.id < query.before)
        with self._db.reading() as sql:
            require_may(sql, room_id, asker, "see_audit")
            entries = [_to_entry(row) for row in sql.execute(found)]
        return wire.AuditLog(entries=entries[: query.limit], has_more=len(entries) > query.limit)


def _entries() -> Select[Any]:  # Any: the columns' types are of no use here
    by, user = users.alias("by"), users.alias("user")
    people = (
        by.c.username.label("by_username"),
        by.c.display_name.label("by_display_name"),
        user.c.username.label("username"),
        user.c.display_name.label("display_name"),
    )
    place = audit.join(by, by.c.id == audit.c.by_id).outerjoin(user, user.c.id == audit.c.user_id)
    return select(audit, *people).select_from(place).order_by(audit.c.id.desc())


def _to_entry(row: Any) -> wire.AuditEntry:  # Any: a row of _entries
    by = wire.Person(id=row.by_id, username=row.by_username, display_name=row.by_display_name)
    user = row.user_id and wire.Person(
        id=row.user_id, username=row.username, display_name=row.display_name
    )
    return wire.AuditEntry(
        id=row.id, at_ms=row.at_ms, by=by, act=row.act, user=user, facts=json.loads(row.facts)
    )
