"""Bans: out of a room, or out of the installation; for a time, or until they are lifted.

The rules of the file: as in moderation.py; one ban a user and scope, the newest holds; whether it
holds is asked of the clock where it matters (steps.refuse_banned, accounts.sessions), so no job
ends it. Source: docs/ROOMS.md.
"""

from collections.abc import Callable
from typing import Any

from sqlalchemy import Connection, Select, delete, insert, select, update

from chat import wire
from chat.accounts.models import users
from chat.clock import Clock
from chat.db import Database
from chat.errors import Forbidden, NotFound
from chat.ids import RoomId, UserId, new_id
from chat.rooms import steps
from chat.rooms.audit import Facts, note
from chat.rooms.models import bans
from chat.rooms.moderation import At
from chat.rooms.service import tell_removed
from chat.rooms.steps import EVERYWHERE
from chat.rooms.tell import TellRooms
from chat.rooms.views import Views
from chat.terms import ADMIN, Identity
from chat.text import clean_reason

EndSessions = Callable[[UserId, str], None]
"""Every session of the user ends, with the code."""


class Bans:
    """Who is shut out."""

    def __init__(
        self,
        db: Database,
        now_ms: Clock,
        views: Views,
        tell: TellRooms,
        *,
        at: At,
        end_sessions: EndSessions,
    ) -> None:
        self._db = db
        self._now_ms = now_ms
        self._views = views
        self._tell = tell
        self._at = at
        self._end_sessions = end_sessions

    def ban(self, by: Identity, room_id: RoomId, request: wire.BanUser) -> wire.Ban:
        """The user is out of the room, or out of the installation, and cannot come back by any way.

        Again: the new reason and end hold. Raises as kick does."""
        user_id, now = UserId(request.user_id), self._now_ms()
        until_ms = None if request.duration_s is None else now + request.duration_s * 1000
        row = {
            "id": new_id(now),
            "scope": room_id if request.scope == "room" else EVERYWHERE,
            "user_id": user_id,
            "by_id": by.user_id,
            "reason": clean_reason(request.reason),
            "at_ms": now,
            "until_ms": until_ms,
        }
        if request.scope == "room":
            return self._ban_from_room(by, room_id, row)
        return self._ban_everywhere(by, room_id, row)

    def unban(self, by: Identity, room_id: RoomId, user_id: UserId, scope: str) -> None:
        """The user may come back. Raises NotFound, NotMember, Forbidden."""
        where = room_id if scope == "room" else EVERYWHERE
        with self._db.transaction() as sql:
            steps.lock(sql, room_id)
            steps.require_may(sql, room_id, by, _act_of(scope))
            lifted = sql.execute(delete(bans).where(_is_ban(where, user_id))).rowcount
            if not lifted:
                raise NotFound("There is no such ban.", field="user_id")
            if where == EVERYWHERE:
                _set_account_ban(sql, user_id, None, None)
            note(sql, by, RoomId(where), "unban", now_ms=self._now_ms(), user_id=user_id)

    def of(self, asker: Identity, room_id: RoomId, scope: str) -> wire.BanList:
        """The bans that hold, the newest first. Raises NotFound, NotMember, Forbidden."""
        where = room_id if scope == "room" else EVERYWHERE
        with self._db.reading() as sql:
            steps.require_may(sql, room_id, asker, _act_of(scope))
            found = sql.execute(_bans_of(where, self._now_ms())).all()
        return wire.BanList(bans=[_to_ban(row) for row in found])

    def _ban_from_room(self, by: Identity, room_id: RoomId, row: dict[str, Any]) -> wire.Ban:
        user_id = row["user_id"]
        with self._db.transaction() as sql:
            role = self._require_may_ban(sql, by, room_id, user_id)
            self._write_ban(sql, by, row)
            removed = self._removed(sql, room_id, user_id) if role else None
            ban = _to_ban(sql.execute(_bans_of(room_id).where(bans.c.id == row["id"])).one())
        if removed is not None:
            tell_removed(self._tell, removed, "banned")
        if row["until_ms"] is not None:
            self._at(row["until_ms"], lambda: self._hint_ban_over(room_id, user_id))
        return ban

    def _ban_everywhere(self, by: Identity, room_id: RoomId, row: dict[str, Any]) -> wire.Ban:
        user_id = row["user_id"]
        with self._db.transaction() as sql:
            steps.lock(sql, room_id)
            steps.require_may(sql, room_id, by, "ban_everywhere")
            steps.refuse_oneself(by, user_id)
            if _account_role(sql, user_id) == ADMIN:
                raise Forbidden("Administrators are not banned.")
            self._write_ban(sql, by, row)
            _set_account_ban(sql, user_id, row["at_ms"], row["until_ms"])
            ban = _to_ban(sql.execute(_bans_of(EVERYWHERE).where(bans.c.id == row["id"])).one())
        self._end_sessions(user_id, "banned")
        return ban

    def _removed(self, sql: Connection, room_id: RoomId, user_id: UserId) -> steps.Removed:
        return steps.shut_out(sql, self._views, room_id, user_id, self._now_ms())

    def _write_ban(self, sql: Connection, by: Identity, row: dict[str, Any]) -> None:
        sql.execute(delete(bans).where(_is_ban(row["scope"], row["user_id"])))
        sql.execute(insert(bans).values(row))
        facts: Facts = {"reason": row["reason"], "until_ms": row["until_ms"]}
        at_ms, user_id = row["at_ms"], row["user_id"]
        note(sql, by, row["scope"], "ban", now_ms=at_ms, user_id=user_id, facts=facts)

    def _require_may_ban(
        self, sql: Connection, by: Identity, room_id: RoomId, user_id: UserId
    ) -> str | None:
        """The room is locked; returns the role of a member, None for who has left or never came."""
        steps.lock(sql, room_id)
        steps.require_may(sql, room_id, by, "ban")
        steps.refuse_oneself(by, user_id)
        _account_role(sql, user_id)
        role = steps.role_of(sql, room_id, user_id)
        steps.require_may(sql, room_id, by, "ban", on=role)
        return role

    def _hint_ban_over(self, room_id: RoomId, user_id: UserId) -> None:
        with self._db.reading() as sql:
            holds = _bans_of(room_id, self._now_ms()).where(bans.c.user_id == user_id)
            is_banned = sql.execute(holds).first()
        if is_banned is None:
            self._tell.ban_ended(user_id, wire.BanEnded(room_id=room_id))


def lift_everywhere(db: Database, user_id: UserId) -> None:
    """No ban from the installation holds for the user, however it came; those of rooms stay."""
    with db.transaction() as sql:
        sql.execute(delete(bans).where(_is_ban(EVERYWHERE, user_id)))
        _set_account_ban(sql, user_id, None, None)


def _act_of(scope: str) -> str:
    return "ban" if scope == "room" else "ban_everywhere"


def _account_role(sql: Connection, user_id: UserId) -> str:
    role: str | None = sql.execute(select(users.c.role).where(users.c.id == user_id)).scalar()
    if role is None:
        raise NotFound("There is no such user.", field="user_id")
    return role


def _set_account_ban(
    sql: Connection, user_id: UserId, at_ms: int | None, until_ms: int | None
) -> None:
    banned = {"banned_at_ms": at_ms, "banned_until_ms": until_ms}
    sql.execute(update(users).where(users.c.id == user_id).values(banned))


def _is_ban(scope: str, user_id: UserId) -> Any:  # Any: SQLAlchemy's own type is private
    return (bans.c.scope == scope) & (bans.c.user_id == user_id)


def _bans_of(scope: str, now_ms: int | None = None) -> Select[Any]:  # as above
    user, by = users.alias("user"), users.alias("by")
    columns = (
        user.c.username,
        user.c.display_name,
        by.c.username.label("by_username"),
        by.c.display_name.label("by_display_name"),
    )
    place = bans.join(user, user.c.id == bans.c.user_id).join(by, by.c.id == bans.c.by_id)
    query = select(bans, *columns).select_from(place).where(bans.c.scope == scope)
    if now_ms is not None:
        query = query.where(bans.c.until_ms.is_(None) | (bans.c.until_ms > now_ms))
    return query.order_by(bans.c.id.desc())


def _to_ban(row: Any) -> wire.Ban:  # Any: a row of _bans_of
    return wire.Ban(
        user=wire.Person(id=row.user_id, username=row.username, display_name=row.display_name),
        by=wire.Person(id=row.by_id, username=row.by_username, display_name=row.by_display_name),
        reason=row.reason,
        at_ms=row.at_ms,
        until_ms=row.until_ms,
        scope=EVERYWHERE if row.scope == EVERYWHERE else "room",
    )
