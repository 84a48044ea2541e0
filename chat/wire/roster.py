"""Presence and rosters on the wire: what a user claims, what others see of him."""

from typing import Annotated

from msgspec import UNSET, Meta, UnsetType

from chat.wire.shapes import ID_MAX, SINCE_ROOMS_MAX, Answer, Id, Request, Seq

ClaimedStatus = Annotated[str, Meta(pattern=r"^(online|away|busy|invisible)\Z")]


class PresenceVisible(Request, frozen=True):
    """visible: this tab is in front; idle: nobody touched it for a while (client's judgement).

    room_id: the room that it shows; left out: none."""

    visible: bool
    idle: bool = False
    room_id: Id | None = None


class PresenceSet(Request, frozen=True):
    """What the user claims from now on: all of it; what is left out is none."""

    status: ClaimedStatus
    text: str | None = None
    emoji: str | None = None
    until_ms: Seq | None = None


class PresenceQuery(Request, frozen=True):
    """why asks for the reasons too; they are for the user himself."""

    why: bool = False


class RosterSync(Request, frozen=True):
    """rooms: those whose members the client holds, each with the rev they are of."""

    epoch: Annotated[str, Meta(max_length=ID_MAX)] | None = None
    rev: Seq | None = None
    rooms: Annotated[dict[Id, Seq], Meta(max_length=SINCE_ROOMS_MAX)] | None = None


class Member(Answer, frozen=True):
    """One line of a roster: who it is, and how he is.

    here: those of the rooms shared with the viewer that he has in front.
    role, joined_at_ms: in `member:joined` alone."""

    user_id: str
    username: str
    display_name: str
    status: str
    text: str | None
    emoji: str | None
    last_seen_at_ms: int | None
    here: list[str] | UnsetType = UNSET
    role: str | UnsetType = UNSET
    joined_at_ms: int | UnsetType = UNSET


class Roster(Answer, frozen=True):
    """The members of one room as of (epoch, rev); epoch is empty while presence is not known.

    room_rev: the rev of the room that the members are of."""

    epoch: str
    rev: int
    members: list[Member]
    room_rev: int


class OwnClaim(Answer, frozen=True):
    """What the user said of himself, known to him alone; online means that his tabs decide."""

    status: str
    text: str | None
    emoji: str | None
    until_ms: int | None
    version: int


class HeldConnection(Answer, frozen=True):
    """One of the user's connections as the presence store holds it."""

    id: str
    device: str
    attention: str
    lease_left_ms: int
    is_closing: bool


class PastTransition(Answer, frozen=True):
    status: str
    at_ms: int
    cause: str


class PresenceWhy(Answer, frozen=True):
    """Why others see the user as they do; docs/STATUS.md has the rules and the causes."""

    rule: str
    claim: OwnClaim
    connections: list[HeldConnection]
    transitions: list[PastTransition]


class UserPresence(Answer, frozen=True):
    """One user's presence as the asker may see it; text and emoji are null until set."""

    epoch: str
    rev: int
    user_id: str
    status: str
    text: str | None
    emoji: str | None
    last_seen_at_ms: int | None
    why: PresenceWhy | UnsetType = UNSET


class RoomMembers(Answer, frozen=True):
    """All members of one room as of its rev; none: the asker is no member."""

    rev: int
    user_ids: list[str]


class RosterSynced(Answer, frozen=True):
    """People whom the viewer may see. reset: these are all; forget those that are not named.

    rooms: those asked about whose members changed since."""

    epoch: str
    rev: int
    people: list[Member]
    reset: bool | UnsetType = UNSET
    rooms: dict[str, RoomMembers] | UnsetType = UNSET


class PresencePlace(Answer, frozen=True):
    """A place in the log of presence; epoch is empty while presence is not known."""

    epoch: str
    rev: int


class MemberJoined(Answer, frozen=True):
    """`member:joined`: the room's rev, and the new member's line as of presence's own place."""

    room_id: str
    rev: int
    member: Member
    presence: PresencePlace


class MemberLeft(Answer, frozen=True):
    room_id: str
    rev: int
    user_id: str


class PresenceChange(Answer, frozen=True):
    """All that is shown of one user from now on; text, emoji and here left out mean none."""

    user_id: str
    status: str
    text: str | UnsetType = UNSET
    emoji: str | UnsetType = UNSET
    last_seen_at_ms: int | UnsetType = UNSET
    here: list[str] | UnsetType = UNSET


class PresenceDiff(Answer, frozen=True):
    """`presence:diff`: transitions in order; rev is that of the last one the server has read."""

    epoch: str
    rev: int
    changes: list[PresenceChange]


class PresenceResync(Answer, frozen=True):
    """`presence:resync`: show people as unknown, ask `roster:sync` after a random 0-3 s."""

    epoch: str
