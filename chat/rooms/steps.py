"""Steps that change who is in a room, each within the caller's transaction.

The rules of the file: the caller locked the room (`lock`), so what was read still holds when it is
written; each step takes its own rev and returns what is to be told after the commit; a room that
has members has an owner, direct ones aside.
"""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, case, delete, exists, insert, select, update

from chat import wire
from chat.errors import Archived, BannedFromRoom, Forbidden, Invalid, NotFound, NotMember
from chat.ids import RoomId, UserId
from chat.rooms import roles
from chat.rooms.memberships import PRIVATE, is_membership
from chat.rooms.models import bans, invites, memberships, rooms
from chat.rooms.revs import take_change, wait_s
from chat.rooms.views import ROOM, Views
from chat.terms import Identity

EVERYWHERE = "everywhere"
_WHILE_ARCHIVED = frozenset({"read", "leave", "archive", "export", "see_audit"})


@dataclass(frozen=True, slots=True)
class Standing:
    """The roles of who asks, as `roles` knows them, and the state of the room he asks about."""

    roles: frozenset[str]
    kind: str
    is_archived: bool


@dataclass(frozen=True, slots=True)
class Removed:
    """A member who is none any more, and who is owner in his place if nobody else was."""

    room_id: RoomId
    user_id: UserId
    rev: int
    heir: wire.MemberChanged | None


def lock(sql: Connection, room_id: RoomId) -> None:
    """The room's row is the transaction's own until its end. Raises NotFound."""
    query = select(rooms.c.id).where(rooms.c.id == room_id).with_for_update()
    if sql.execute(query).first() is None:
        raise NotFound


def require_may(
    sql: Connection, room_id: RoomId, asker: Identity, act: str, on: str | None = None
) -> Standing:
    """The asker may do the act in the room now, to a member of the role `on` if one is named.

    An administrator need not be a member. Raises NotFound, NotMember, Forbidden, Archived."""
    standing = standing_of(sql, room_id, asker, act)
    if standing.kind != ROOM:
        _require_in_direct(act)
    elif not any(roles.may(role, act, on) for role in standing.roles):
        raise Forbidden
    if standing.is_archived and act not in _WHILE_ARCHIVED:
        raise Archived
    return standing


def require_role(sql: Connection, room_id: RoomId, user_id: UserId, act: str) -> None:
    """The member may do the act by his role alone. Raises Forbidden."""
    query = select(rooms.c.kind, memberships.c.role).join(
        memberships, memberships.c.room_id == rooms.c.id
    )
    row = sql.execute(query.where(is_membership(room_id, user_id))).one()
    if row.kind != ROOM:
        _require_in_direct(act)
    elif not roles.may(row.role, act):
        raise Forbidden


def standing_of(sql: Connection, room_id: RoomId, asker: Identity, act: str) -> Standing:
    """Who the asker is in the room, for that act. Raises NotFound, NotMember."""
    columns = (rooms.c.kind, rooms.c.visibility, rooms.c.archived_at_ms, memberships.c.role)
    place = rooms.outerjoin(memberships, is_membership(rooms.c.id, asker.user_id))
    row = sql.execute(select(*columns).select_from(place).where(rooms.c.id == room_id)).first()
    if row is None:
        raise NotFound
    is_admin = asker.is_admin and row.kind == ROOM and roles.may(roles.ADMIN, act)
    if row.role is None and not is_admin:
        raise NotFound if row.visibility == PRIVATE else NotMember
    found = {row.role} if row.role else set()
    held = frozenset(found | ({roles.ADMIN} if is_admin else set()))
    return Standing(held, row.kind, row.archived_at_ms is not None)


def refuse_oneself(by: Identity, user_id: UserId) -> None:
    """What is done to others is not done to oneself. Raises Invalid with the field user_id."""
    if by.user_id == user_id:
        raise Invalid("Nobody does that to himself.", field="user_id")


def role_of(sql: Connection, room_id: RoomId, user_id: UserId) -> str | None:
    """The member's role, None for who is no member."""
    query = select(memberships.c.role).where(is_membership(room_id, user_id))
    role: str | None = sql.execute(query).scalar_one_or_none()
    return role


def refuse_banned(sql: Connection, room_id: RoomId, user_id: UserId, now_ms: int) -> None:
    """The user is not shut out of the room. Raises BannedFromRoom with how long, if it ends."""
    query = select(bans.c.until_ms).where(bans.c.scope == room_id, bans.c.user_id == user_id)
    row = sql.execute(query).first()
    if row is None or (row.until_ms is not None and row.until_ms <= now_ms):
        return
    raise BannedFromRoom(retry_after_s=row.until_ms and wait_s(row.until_ms, now_ms))


def refuse_archived(sql: Connection, room_id: RoomId) -> None:
    """The room is in use. Raises Archived."""
    query = select(rooms.c.archived_at_ms).where(rooms.c.id == room_id)
    if sql.execute(query).scalar_one() is not None:
        raise Archived


def role_for_new(sql: Connection, room_id: RoomId) -> str:
    """What who comes in now is: a member; the owner of a room that has none."""
    kind = sql.execute(select(rooms.c.kind).where(rooms.c.id == room_id)).scalar_one()
    return roles.MEMBER if kind != ROOM or has_owner(sql, room_id) else roles.OWNER


def add(sql: Connection, room_id: RoomId, user_id: UserId, role: str, now_ms: int) -> int:
    """The user is a member who has read all there is; returns the rev of it."""
    rev = take_change(sql, room_id)
    begin(sql, room_id, user_id, role, now_ms)
    return rev


def begin(sql: Connection, room_id: RoomId, user_id: UserId, role: str, now_ms: int) -> None:
    """The user is a member from the room's beginning on: of those that takes no rev."""
    read_seq = select(rooms.c.last_seq).where(rooms.c.id == room_id).scalar_subquery()
    row = {"room_id": room_id, "user_id": user_id, "role": role, "joined_at_ms": now_ms}
    sql.execute(insert(memberships).values(row | {"read_seq": read_seq}))


def remove(sql: Connection, views: Views, room_id: RoomId, user_id: UserId) -> Removed:
    """The member is none any more; the oldest of the highest role inherits from a last owner."""
    rev = take_change(sql, room_id)
    sql.execute(delete(memberships).where(is_membership(room_id, user_id)))
    return Removed(room_id, user_id, rev, _keep_an_owner(sql, views, room_id))


def shut_out(
    sql: Connection, views: Views, room_id: RoomId, user_id: UserId, now_ms: int
) -> Removed:
    """As remove; and no invite that he made lets anybody in, himself least."""
    made = (invites.c.room_id == room_id, invites.c.by_id == user_id)
    still = invites.c.revoked_at_ms.is_(None)
    sql.execute(update(invites).where(*made, still).values(revoked_at_ms=now_ms))
    return remove(sql, views, room_id, user_id)


def has_owner(sql: Connection, room_id: RoomId, other_than: UserId | None = None) -> bool:
    """Whether the room has an owner, the named user not counted."""
    query = select(1).where(memberships.c.room_id == room_id, memberships.c.role == roles.OWNER)
    query = query.where(memberships.c.user_id != (other_than or ""))
    return sql.execute(query.limit(1)).first() is not None


def is_member(sql: Connection, room_id: RoomId, user_id: UserId) -> bool:
    """Whether the user is a member of the room."""
    return sql.execute(select(1).where(_exists(room_id, user_id))).first() is not None


def _keep_an_owner(sql: Connection, views: Views, room_id: RoomId) -> wire.MemberChanged | None:
    is_room = exists().where(rooms.c.id == room_id, rooms.c.kind == ROOM)
    rank = case({role: place for place, role in enumerate(roles.RANKS)}, value=memberships.c.role)
    by_rank = (rank, memberships.c.joined_at_ms, memberships.c.user_id)
    query = select(memberships.c.user_id).where(memberships.c.room_id == room_id, is_room)
    heir = sql.execute(query.order_by(*by_rank).limit(1)).scalar_one_or_none()
    if heir is None or has_owner(sql, room_id):
        return None
    return set_role(sql, views, room_id, UserId(heir), roles.OWNER)


def set_role(
    sql: Connection, views: Views, room_id: RoomId, user_id: UserId, role: str
) -> wire.MemberChanged:
    """The member has the role."""
    return change_member(sql, views, room_id, user_id, {"role": role})


def change_member(
    sql: Connection, views: Views, room_id: RoomId, user_id: UserId, values: dict[str, Any]
) -> wire.MemberChanged:
    """The member has these values of his membership."""
    rev = take_change(sql, room_id)
    sql.execute(update(memberships).where(is_membership(room_id, user_id)).values(values))
    member = views.member(sql, room_id, user_id)
    return wire.MemberChanged(room_id=room_id, rev=rev, member=member)


def _require_in_direct(act: str) -> None:
    if act not in roles.IN_DIRECT:
        raise Forbidden("A direct room has no settings, and nobody keeps it.")


def _exists(room_id: RoomId, user_id: UserId) -> Any:  # Any: SQLAlchemy's own type is private
    return exists().where(is_membership(room_id, user_id))
