"""Mutes, bans, invites and the audit log on the wire."""

from typing import Annotated, Any

from msgspec import UNSET, Meta, UnsetType

from chat.wire.shapes import Answer, Id, Person, Request

SECONDS_MAX = 365 * 86_400  # of a mute, a ban, an invite: a year
INVITE_USES_MAX = 100_000
AUDIT_MAX = 200
AUDIT_DEFAULT = 50
Scope = Annotated[str, Meta(pattern=r"^(room|everywhere)\Z")]
Seconds = Annotated[int, Meta(ge=1, le=SECONDS_MAX)]
Uses = Annotated[int, Meta(ge=1, le=INVITE_USES_MAX)]


class KickQuery(Request, frozen=True):
    reason: str = ""


class MuteMember(Request, frozen=True):
    user_id: Id
    duration_s: Seconds
    reason: str = ""


class BanUser(Request, frozen=True):
    """scope everywhere is for administrators; duration_s left out: until it is lifted."""

    user_id: Id
    duration_s: Seconds | None = None
    reason: str = ""
    scope: Scope = "room"


class BansQuery(Request, frozen=True):
    """scope everywhere names the bans from the whole installation, for administrators."""

    scope: Scope = "room"


class NewInvite(Request, frozen=True):
    """expires_in_s left out: until it is revoked; uses left out: any number."""

    expires_in_s: Seconds | None = None
    uses: Uses | None = None


class AuditQuery(Request, frozen=True):
    """before is the id of an entry: only older ones."""

    before: Id | None = None
    limit: Annotated[int, Meta(ge=1, le=AUDIT_MAX)] = AUDIT_DEFAULT


class Ban(Answer, frozen=True):
    """until_ms: null when it holds until it is lifted."""

    user: Person
    by: Person
    reason: str
    at_ms: int
    until_ms: int | None
    scope: str


class BanBody(Answer, frozen=True):
    ban: Ban


class BanList(Answer, frozen=True):
    bans: list[Ban]


class Mute(Answer, frozen=True):
    user: Person
    until_ms: int


class MuteList(Answer, frozen=True):
    mutes: list[Mute]


class Invite(Answer, frozen=True):
    """An invite as those who keep the room see it; token and url are told once, when it is made."""

    id: str
    by: Person
    at_ms: int
    until_ms: int | None
    uses: int
    uses_max: int | None
    token: str | UnsetType = UNSET
    url: str | UnsetType = UNSET


class InviteBody(Answer, frozen=True):
    invite: Invite


class InviteList(Answer, frozen=True):
    invites: list[Invite]


class AuditEntry(Answer, frozen=True):
    """Something that was done in a room; facts differ from act to act."""

    id: str
    at_ms: int
    by: Person
    act: str
    user: Person | None
    facts: dict[str, Any]  # Any: JSON, a few named strings and numbers


class AuditLog(Answer, frozen=True):
    """Entries, the newest first."""

    entries: list[AuditEntry]
    has_more: bool


class MuteEnded(Answer, frozen=True):
    """`mute:ended`: a hint that a mute's time is over; it takes no rev and may be lost."""

    room_id: str
    user_id: str


class BanEnded(Answer, frozen=True):
    """`ban:ended`: a hint to the user that he may join the room again; it may be lost."""

    room_id: str
