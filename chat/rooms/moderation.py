"""Moderation: kick, mute, roles.

The rules of the file: who does it outranks whom it is done to, and never does it to himself; each
act is one transaction with its entry in the log; what is timed ends by the clock, whoever looks.
Source: docs/ROOMS.md.
"""

from collections.abc import Callable
from typing import Any

from sqlalchemy import Connection, Select

from chat import wire
from chat.accounts.models import users
from chat.clock import Clock
from chat.db import Database
from chat.errors import Forbidden, LastOwner, NotFound
from chat.ids import RoomId, UserId
from chat.rooms import roles, steps
from chat.rooms.audit import Facts, note
from chat.rooms.memberships import people, to_person
from chat.rooms.models import memberships
from chat.rooms.service import tell_removed
from chat.rooms.tell import TellRooms
from chat.rooms.views import Views
from chat.terms import Identity
from chat.text import clean_reason

At = Callable[[int, Callable[[], None]], None]
"""Calls something at a time (ms since 1970); what a restart loses was only a hint."""

Entry = tuple[str, Facts]
"""An act and what is noted of it."""


class Moderation:
    """What keepers of rooms do to people."""

    def __init__(
        self,
        db: Database,
        now_ms: Clock,
        views: Views,
        tell: TellRooms,
        *,
        at: At,
    ) -> None:
        self._db = db
        self._now_ms = now_ms
        self._views = views
        self._tell = tell
        self._at = at

    def kick(self, by: Identity, room_id: RoomId, user_id: UserId, reason: str) -> None:
        """The member is none; he may come back as anybody may, but not by an invite of his own.

        Raises Invalid, NotFound, NotMember, Forbidden, Archived."""
        why = clean_reason(reason)
        with self._db.transaction() as sql:
            self._require_outranked(sql, by, room_id, user_id, "kick")
            removed = steps.shut_out(sql, self._views, room_id, user_id, self._now_ms())
            self._note(sql, by, room_id, ("kick", {"reason": why}), user_id)
        tell_removed(self._tell, removed, "kicked")

    def set_role(
        self, by: Identity, room_id: RoomId, user_id: UserId, role: str
    ) -> wire.RoomMember:
        """The member has the role; everybody may step down himself.

        Raises NotFound, NotMember, Forbidden, Archived, LastOwner."""
        with self._db.transaction() as sql:
            steps.lock(sql, room_id)
            before = self._require_may_set(sql, by, room_id, user_id, role)
            if before == role:
                return self._views.member(sql, room_id, user_id)
            if before == roles.OWNER and not steps.has_owner(sql, room_id, other_than=user_id):
                raise LastOwner
            changed = steps.set_role(sql, self._views, room_id, user_id, role)
            self._note(sql, by, room_id, ("set_role", {"role": [before, role]}), user_id)
        self._tell.member_changed(changed)
        return changed.member

    def mute(self, by: Identity, room_id: RoomId, request: wire.MuteMember) -> wire.RoomMember:
        """The member cannot write for duration_s. Raises as kick does."""
        user_id, why = UserId(request.user_id), clean_reason(request.reason)
        until_ms = self._now_ms() + request.duration_s * 1000
        facts = {"reason": why, "until_ms": until_ms}
        changed = self._set_mute(by, room_id, user_id, until_ms, ("mute", facts))
        self._at(until_ms, lambda: self._hint_mute_over(room_id, user_id))
        return changed

    def unmute(self, by: Identity, room_id: RoomId, user_id: UserId) -> wire.RoomMember:
        """The member may write again. Raises as kick does."""
        return self._set_mute(by, room_id, user_id, None, ("unmute", {}))

    def mutes(self, asker: Identity, room_id: RoomId) -> wire.MuteList:
        """Who is muted, by name. Raises NotFound, NotMember, Forbidden."""
        with self._db.reading() as sql:
            steps.require_may(sql, room_id, asker, "see_audit")
            found = sql.execute(_muted(room_id, self._now_ms())).mappings().all()
        mutes = [wire.Mute(user=to_person(row), until_ms=row["muted_until_ms"]) for row in found]
        return wire.MuteList(mutes=mutes)

    def _set_mute(
        self,
        by: Identity,
        room_id: RoomId,
        user_id: UserId,
        until_ms: int | None,
        entry: Entry,
    ) -> wire.RoomMember:
        with self._db.transaction() as sql:
            self._require_outranked(sql, by, room_id, user_id, "mute")
            values = {"muted_until_ms": until_ms}
            changed = steps.change_member(sql, self._views, room_id, user_id, values)
            self._note(sql, by, room_id, entry, user_id)
        self._tell.member_changed(changed)
        return changed.member

    def _note(
        self, sql: Connection, by: Identity, room_id: RoomId, entry: Entry, user_id: UserId
    ) -> None:
        act, facts = entry
        note(sql, by, room_id, act, now_ms=self._now_ms(), user_id=user_id, facts=facts)

    def _require_outranked(
        self, sql: Connection, by: Identity, room_id: RoomId, user_id: UserId, act: str
    ) -> str:
        """The room is locked; returns the member's role."""
        steps.lock(sql, room_id)
        steps.require_may(sql, room_id, by, act)
        steps.refuse_oneself(by, user_id)
        role = steps.role_of(sql, room_id, user_id)
        if role is None:
            raise NotFound("There is no such member.", field="user_id")
        steps.require_may(sql, room_id, by, act, on=role)
        return role

    def _require_may_set(
        self, sql: Connection, by: Identity, room_id: RoomId, user_id: UserId, role: str
    ) -> str:
        is_own = user_id == by.user_id and not by.is_admin
        act = "step_down" if is_own else "set_role"
        steps.require_may(sql, room_id, by, act)
        before = steps.role_of(sql, room_id, user_id)
        if before is None:
            raise NotFound("There is no such member.", field="user_id")
        if not is_own:
            steps.require_may(sql, room_id, by, act, on=before)
        elif role != before and not roles.outranks(before, role):
            raise Forbidden("Nobody promotes himself.")
        return before

    def _hint_mute_over(self, room_id: RoomId, user_id: UserId) -> None:
        with self._db.reading() as sql:
            is_muted = sql.execute(
                _muted(room_id, self._now_ms()).where(users.c.id == user_id)
            ).first()
        if is_muted is None:
            self._tell.mute_ended(wire.MuteEnded(room_id=room_id, user_id=user_id))


def _muted(room_id: RoomId, now_ms: int) -> Select[Any]:  # Any: the columns' types, of no use
    query = people().add_columns(memberships.c.muted_until_ms)
    query = query.join(memberships, memberships.c.user_id == users.c.id)
    query = query.where(memberships.c.room_id == room_id, memberships.c.muted_until_ms > now_ms)
    return query.order_by(users.c.username_key)
