"""Rooms: create, list, join, leave, add, read; and each room's counters for messages.

The rules of the file: SQL commits before anybody is told; a private room does not exist for those
outside of it; a room that has members has an owner. Settings, moderation, invites and direct rooms
have files of their own beside this one. Source: docs/ROOMS.md.
"""

from collections.abc import Collection, Mapping
from typing import Any

from sqlalchemy import Connection, insert, select
from sqlalchemy.exc import IntegrityError

from chat import wire
from chat.accounts.models import users
from chat.buckets import Buckets, Limit
from chat.clock import Clock
from chat.db import Database
from chat.errors import Forbidden, Invalid, NotFound, RateLimited, RoomNameTaken
from chat.ids import RoomId, UserId, new_id
from chat.rooms import revs, roles, steps
from chat.rooms.direct import find_by, people_of, room_for_one_more
from chat.rooms.memberships import heads_within, members_named, require_member
from chat.rooms.models import memberships, rooms
from chat.rooms.tell import MemberIn, TellRooms
from chat.rooms.views import DIRECT, GROUP, ROOM, Views
from chat.terms import Act, Head, Identity, ReadPlace
from chat.text import NAME_MAX, clean_name, clean_topic, key_of

JOINS_OF_USER = Limit(rate=1, burst=100)  # joins a second, on one worker: all members are told


class Rooms:
    """The rooms of one Rollcall."""

    def __init__(self, db: Database, now_ms: Clock, views: Views, tell: TellRooms) -> None:
        self._db = db
        self._now_ms = now_ms
        self._views = views
        self._tell = tell
        self._joins = Buckets(JOINS_OF_USER)

    def create(self, creator: Identity, request: wire.CreateRoom) -> wire.Room:
        """A room exists, and its creator is owner and member.

        Raises Invalid, RoomNameTaken (also by a private room: a name is an address)."""
        row = self._new_row(creator, request)
        room_id = row["id"]
        try:
            with self._db.transaction() as sql:
                sql.execute(insert(rooms).values(row))
                steps.begin(sql, room_id, creator.user_id, roles.OWNER, self._now_ms())
                came_in = MemberIn(0, self._views.member(sql, room_id, creator.user_id))
                room = self._views.one(sql, room_id, creator.user_id)
        except IntegrityError as refused:
            raise RoomNameTaken(field="name") from refused
        self._tell.joined(room, came_in)
        return room

    def visible_to(self, user_id: UserId, *, archived: bool = False) -> list[wire.Room]:
        """The public rooms and the user's own, by name; archived ones only when asked for."""
        with self._db.reading() as sql:
            found = self._views.listed(sql, user_id, archived=archived)
        return self._views.with_here(user_id, found)

    def get(self, user_id: UserId, room_id: RoomId) -> wire.Room:
        """The room as the user sees it. Raises NotFound."""
        with self._db.reading() as sql:
            return self._views.one(sql, room_id, user_id)

    def members(self, asker: Identity, room_id: RoomId) -> wire.MemberList:
        """The members of the room, for one of them. Raises NotFound, NotMember."""
        with self._db.reading() as sql:
            require_member(sql, room_id, asker.user_id)
            rev = self._views.rev(sql, room_id, asker.user_id)
            return wire.MemberList(rev=rev, members=self._views.members(sql, room_id))

    def join(self, joiner: Identity, room_id: RoomId) -> wire.Room:
        """The user is a member of the room; a private one lets in only those who are.

        Raises RateLimited, NotFound, BannedFromRoom, Archived."""
        wait_s = self._joins.take(joiner.user_id, self._now_ms())
        if wait_s:
            raise RateLimited(retry_after_s=wait_s)
        with self._db.transaction() as sql:
            steps.lock(sql, room_id)
            self._views.rev(sql, room_id, joiner.user_id)
            came_in = self._let_in(sql, room_id, joiner.user_id)
            room = self._views.one(sql, room_id, joiner.user_id)
        if came_in is not None:
            self._tell.joined(room, came_in)
        return room

    def leave(self, leaver: Identity, room_id: RoomId) -> None:
        """The user is no member; the oldest of the highest role inherits from a last owner.

        Raises NotFound, NotMember; Forbidden in a room of two people."""
        with self._db.transaction() as sql:
            steps.lock(sql, room_id)
            standing = steps.require_may(sql, room_id, leaver, "leave")
            if standing.kind == DIRECT:
                raise Forbidden("A room of two people is never left.")
            removed = steps.remove(sql, self._views, room_id, leaver.user_id)
            if standing.kind == GROUP:
                find_by(sql, room_id, people_of(sql, room_id))
        tell_removed(self._tell, removed, "left")

    def add_member(self, adder: Identity, room_id: RoomId, username: str) -> wire.Room:
        """The named user is a member; returns the room as the adder sees it.

        Raises Invalid, NotFound (for the user with field username), NotMember, Forbidden, Archived,
        BannedFromRoom, RoomFull."""
        with self._db.transaction() as sql:
            steps.lock(sql, room_id)
            standing = steps.require_may(sql, room_id, adder, "add_member")
            user_id = _user_named(sql, username)
            if standing.kind != ROOM and not steps.is_member(sql, room_id, user_id):
                room_for_one_more(sql, room_id, user_id, standing.kind)
            came_in = self._let_in(sql, room_id, user_id)
            room = self._views.one(sql, room_id, user_id)
            seen = self._views.one(sql, room_id, adder.user_id)
        if came_in is not None:
            self._tell.joined(room, came_in)
        return seen

    def changed_since(
        self, sql: Connection, user_id: UserId, held: Mapping[RoomId, int]
    ) -> Mapping[RoomId, wire.Room]:
        """Those of the rooms, as the user sees them, that changed themselves after the rev held.

        A rev ahead of the room's own counts as such a change. See Views.changed."""
        return self._views.changed(sql, user_id, held)

    def read_up_to(self, sql: Connection, room_id: RoomId, user_id: UserId, seq: int) -> ReadPlace:
        """The member has read up to seq, or further, never beyond the room's last.

        What is not kept counts as read. Raises NotFound, NotMember."""
        head = self.require_member(sql, room_id, user_id)
        place = revs.read_up_to(sql, room_id, user_id, min(seq, head.seq))
        return place._replace(seq=max(place.seq, head.first_seq - 1))

    def unread_from(self, sql: Connection, room_id: RoomId, user_id: UserId, seq: int) -> ReadPlace:
        """The member has read up to the message before seq. Raises NotFound, NotMember."""
        head = self.require_member(sql, room_id, user_id)
        seq = max(head.first_seq - 1, min(seq - 1, head.seq))
        return revs.unread_after(sql, room_id, user_id, seq)

    def next_seq(self, sql: Connection, room_id: RoomId, author_id: UserId) -> Head:
        """Take the room's next seq and rev for a member who may post now. See revs.take_seq."""
        return revs.take_seq(sql, room_id, author_id, self._now_ms())

    def next_rev(self, sql: Connection, room_id: RoomId) -> int:
        """Take the room's next rev for a change of a message. See revs.take_rev."""
        return revs.take_rev(sql, room_id)

    def require(self, sql: Connection, room_id: RoomId, user_id: UserId, act: Act) -> Head:
        """The member may do that to messages now, and the room stays as it is to the end.

        Raises NotFound, NotMember, Forbidden, Archived, ReadOnly, Muted."""
        steps.lock(sql, room_id)
        head = revs.require_voice(sql, room_id, user_id, self._now_ms())
        steps.require_role(sql, room_id, user_id, act)
        return head

    def require_member(self, sql: Connection, room_id: RoomId, user_id: UserId) -> Head:
        """How far the room goes, for a member of it. Raises NotFound, NotMember."""
        return require_member(sql, room_id, user_id).head

    def members_named(
        self, sql: Connection, room_id: RoomId, keys: Collection[str]
    ) -> dict[str, wire.Person]:
        """The members of these names, each by the key of his name."""
        return members_named(sql, room_id, keys)

    def member_ids(self, sql: Connection, room_id: RoomId) -> list[UserId]:
        """All members of the room."""
        query = select(memberships.c.user_id).where(memberships.c.room_id == room_id)
        return [UserId(user_id) for user_id in sql.scalars(query)]

    def heads_within(
        self, sql: Connection, user_id: UserId, room_ids: Collection[RoomId]
    ) -> dict[RoomId, Head]:
        """How far those of the rooms go that the user is a member of."""
        return heads_within(sql, user_id, room_ids)

    def _let_in(self, sql: Connection, room_id: RoomId, user_id: UserId) -> MemberIn | None:
        return let_in(sql, self._views, room_id, user_id, self._now_ms())

    def _new_row(self, creator: Identity, request: wire.CreateRoom) -> dict[str, Any]:
        now = self._now_ms()
        name = clean_name(request.name, field="name")
        return {
            "id": RoomId(new_id(now)),
            "kind": ROOM,
            "name": name,
            "name_key": name_key_of(name),
            "visibility": request.visibility,
            "topic": clean_topic(request.topic),
            "description": "",
            "created_by": creator.user_id,
            "created_at_ms": now,
        }


def let_in(
    sql: Connection, views: Views, room_id: RoomId, user_id: UserId, now_ms: int
) -> MemberIn | None:
    """The user is a member, whoever let him in; None when he was one before.

    An empty room gets an owner. The caller locked the room. Raises BannedFromRoom, Archived."""
    if steps.is_member(sql, room_id, user_id):
        return None
    steps.refuse_archived(sql, room_id)
    steps.refuse_banned(sql, room_id, user_id, now_ms)
    rev = steps.add(sql, room_id, user_id, steps.role_for_new(sql, room_id), now_ms)
    return MemberIn(rev, views.member(sql, room_id, user_id))


def tell_removed(tell: TellRooms, removed: steps.Removed, code: str) -> None:
    """Everybody concerned is told who is no member any more, and who inherited."""
    left = wire.MemberLeft(room_id=removed.room_id, rev=removed.rev, user_id=removed.user_id)
    tell.left(removed.user_id, left, code)
    if removed.heir is not None:
        tell.member_changed(removed.heir)


def name_key_of(name: str) -> str:
    """The name's key; a ligature may stand for 18 letters, so it is bounded by itself."""
    key = key_of(name)
    if len(key) > NAME_MAX * 4:
        raise Invalid("The field name has too many ligatures.", field="name")
    return key


def _user_named(sql: Connection, username: str) -> UserId:
    name = clean_name(username, field="username")
    query = select(users.c.id).where(users.c.username_key == key_of(name))
    user_id = sql.execute(query).scalar_one_or_none()
    if user_id is None:
        raise NotFound("There is no user of that name.", field="username")
    return UserId(user_id)
