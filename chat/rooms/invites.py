"""Invite links: a token of 128 random bits that lets people into one room.

The rules of the file: only the token's hash is kept; a use is counted in the transaction that lets
somebody in, so no race lets in one too many; unknown, expired, used up and revoked look the same;
guesses are slowed down. Source: docs/ROOMS.md.
"""

import hashlib
import re
import secrets
from collections.abc import Callable
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, Select, insert, select, update

from chat import wire
from chat.accounts.models import users
from chat.buckets import Buckets, Limit
from chat.clock import Clock
from chat.db import Database
from chat.errors import NotFound, RateLimited
from chat.ids import RoomId, new_id
from chat.rooms import steps
from chat.rooms.audit import note
from chat.rooms.models import invites, rooms
from chat.rooms.service import let_in
from chat.rooms.tell import TellRooms
from chat.rooms.views import Views, facts_of
from chat.terms import Identity

TRIES: Final = Limit(rate=0.2, burst=20)  # tokens tried by a user, on one worker
_TOKEN_BYTES = 16
_TOKEN = re.compile(r"[A-Za-z0-9_-]{22}")

UrlOf = Callable[[str], str]
"""Where a person follows the invite of that token."""


class Invites:
    """The invites of one Rollcall."""

    def __init__(
        self, db: Database, now_ms: Clock, views: Views, tell: TellRooms, url_of: UrlOf
    ) -> None:
        self._db = db
        self._now_ms = now_ms
        self._views = views
        self._tell = tell
        self._url_of = url_of
        self._tries = Buckets(TRIES)

    def make(self, by: Identity, room_id: RoomId, request: wire.NewInvite) -> wire.Invite:
        """An invite to the room; the only answer that has its token.

        Raises NotFound, NotMember, Forbidden, Archived."""
        token, now = secrets.token_urlsafe(_TOKEN_BYTES), self._now_ms()
        lasts_ms = request.expires_in_s and request.expires_in_s * 1000
        row = {
            "id": new_id(now),
            "room_id": room_id,
            "token_hash": _hash_of(token),
            "by_id": by.user_id,
            "at_ms": now,
            "until_ms": lasts_ms and now + lasts_ms,
            "uses_max": request.uses,
        }
        with self._db.transaction() as sql:
            steps.lock(sql, room_id)
            steps.require_may(sql, room_id, by, "invite")
            sql.execute(insert(invites).values(row))
            facts = {"invite_id": row["id"], "until_ms": row["until_ms"], "uses": request.uses}
            note(sql, by, room_id, "invite", now_ms=now, facts=facts)
            found = sql.execute(_invites().where(invites.c.id == row["id"])).one()
        return _to_invite(found, {"token": token, "url": self._url_of(token)})

    def of_room(self, asker: Identity, room_id: RoomId) -> wire.InviteList:
        """The invites that let people in now, the newest first.

        Raises NotFound, NotMember, Forbidden, Archived."""
        query = _invites().where(invites.c.room_id == room_id, _opens(self._now_ms()))
        with self._db.reading() as sql:
            steps.require_may(sql, room_id, asker, "invite")
            return wire.InviteList(invites=[_to_invite(row) for row in sql.execute(query)])

    def revoke(self, by: Identity, room_id: RoomId, invite_id: str) -> None:
        """The invite lets nobody in any more. Raises as of_room does."""
        named = (invites.c.id == invite_id, invites.c.room_id == room_id)
        revoked = update(invites).where(*named, _opens(self._now_ms()))
        with self._db.transaction() as sql:
            steps.lock(sql, room_id)
            steps.require_may(sql, room_id, by, "invite")
            if not sql.execute(revoked.values(revoked_at_ms=self._now_ms())).rowcount:
                raise NotFound("There is no such invite.")
            facts = {"invite_id": invite_id}
            note(sql, by, room_id, "revoke", now_ms=self._now_ms(), facts=facts)

    def look(self, asker: Identity, token: str) -> wire.RoomFacts:
        """What the room is that the invite leads into. Raises NotFound, RateLimited."""
        self._count_try(asker)
        with self._db.reading() as sql:
            return facts_of(sql, self._room_of(sql, token))

    def follow(self, joiner: Identity, token: str) -> wire.Room:
        """The user is a member of the invite's room; who was one before uses nothing up.

        Raises NotFound, RateLimited, BannedFromRoom, Archived."""
        self._count_try(joiner)
        with self._db.transaction() as sql:
            room_id = self._room_of(sql, token)
            steps.lock(sql, room_id)
            came_in = let_in(sql, self._views, room_id, joiner.user_id, self._now_ms())
            if came_in is not None:
                self._use_up(sql, token)
            room = self._views.one(sql, room_id, joiner.user_id)
        if came_in is not None:
            self._tell.joined(room, came_in)
        return room

    def _room_of(self, sql: Connection, token: str) -> RoomId:
        query = select(invites.c.room_id).join(rooms, rooms.c.id == invites.c.room_id)
        row = sql.execute(query.where(_is(token), _opens(self._now_ms()))).first()
        if row is None or not _TOKEN.fullmatch(token):
            raise _no_invite()
        return RoomId(row.room_id)

    def _use_up(self, sql: Connection, token: str) -> None:
        """One use is taken, within the transaction that lets somebody in."""
        used = update(invites).where(_is(token), _opens(self._now_ms()))
        if not sql.execute(used.values(uses=invites.c.uses + 1)).rowcount:
            raise _no_invite()

    def _count_try(self, asker: Identity) -> None:
        wait_s = self._tries.take(asker.user_id, self._now_ms())
        if wait_s:
            raise RateLimited(retry_after_s=wait_s)


def _no_invite() -> NotFound:
    return NotFound("This invite does not work, or not any more.")


def _hash_of(token: str) -> str:
    return hashlib.sha256(token.encode(errors="replace")).hexdigest()


def _is(token: str) -> ColumnElement[bool]:
    return invites.c.token_hash == _hash_of(token)


def _opens(now_ms: int) -> ColumnElement[bool]:
    """The condition that an invite lets somebody in at that time."""
    in_time = invites.c.until_ms.is_(None) | (invites.c.until_ms > now_ms)
    has_uses = invites.c.uses_max.is_(None) | (invites.c.uses < invites.c.uses_max)
    return in_time & has_uses & invites.c.revoked_at_ms.is_(None)


def _invites() -> Select[Any]:  # Any: the columns' types are of no use here
    columns = (users.c.username, users.c.display_name)
    query = select(invites, *columns).join(users, users.c.id == invites.c.by_id)
    return query.order_by(invites.c.id.desc())


def _to_invite(row: Any, secret: dict[str, str] | None = None) -> wire.Invite:  # Any: a row
    by = wire.Person(id=row.by_id, username=row.username, display_name=row.display_name)
    return wire.Invite(
        id=row.id,
        by=by,
        at_ms=row.at_ms,
        until_ms=row.until_ms,
        uses=row.uses,
        uses_max=row.uses_max,
        **(secret or {}),
    )
