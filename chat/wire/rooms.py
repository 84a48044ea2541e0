"""Rooms and memberships on the wire, and where a user keeps a room."""

from typing import Annotated

from msgspec import UNSET, Meta, UnsetType

from chat.wire.shapes import Answer, Id, Person, Request

DIRECT_MAX = 20  # people in a direct room, the one who opens it among them
SLOW_MODE_MAX_S = 6 * 3600
KEEP_DAYS_MAX = 3650  # ten years; what shall stay longer is kept for ever
ORDER_MAX = 1000  # rooms that a user puts in an order of his own
Visibility = Annotated[str, Meta(pattern=r"^(public|private)\Z")]
Role = Annotated[str, Meta(pattern=r"^(owner|moderator|member|read_only)\Z")]
SlowModeSeconds = Annotated[int, Meta(ge=0, le=SLOW_MODE_MAX_S)]


KeepDays = Annotated[int, Meta(ge=0, le=KEEP_DAYS_MAX)]


class CreateRoom(Request, frozen=True):
    name: str
    visibility: Visibility
    topic: str = ""


class RoomsQuery(Request, frozen=True):
    """archived asks for the archived rooms too."""

    archived: bool = False


class ChangeRoom(Request, frozen=True):
    """What is to change of a room; what is left out stays."""

    name: str | UnsetType = UNSET
    visibility: Visibility | UnsetType = UNSET
    topic: str | UnsetType = UNSET
    description: str | UnsetType = UNSET
    slow_mode_s: SlowModeSeconds | UnsetType = UNSET
    keep_days: KeepDays | UnsetType = UNSET


class RemovalQuery(Request, frozen=True):
    """A rule that a room might get."""

    keep_days: KeepDays = 0


class Removal(Answer, frozen=True):
    """What such a rule would remove now: so many messages of the room."""

    messages: int


class ExportQuery(Request, frozen=True):
    """How the export of a room is written."""

    format: Annotated[str, Meta(pattern=r"^(jsonl|html)\Z")] = "jsonl"


class AddMember(Request, frozen=True):
    username: Annotated[str, Meta(max_length=256)]


class SetRole(Request, frozen=True):
    role: Role


class OpenDirect(Request, frozen=True):
    """The other people of a direct room; naming oneself too changes nothing."""

    user_ids: Annotated[list[Id], Meta(min_length=1, max_length=DIRECT_MAX)]


class PlaceRoom(Request, frozen=True):
    """Where the user keeps the room in his own list."""

    favourite: bool


class OrderRooms(Request, frozen=True):
    """The user's rooms in the order he wants; those not named come after, by name."""

    room_ids: Annotated[list[Id], Meta(max_length=ORDER_MAX)]


class Room(Answer, frozen=True):
    """A room as one user sees it. role, read_seq: null for those who are not members.

    A direct room has no name; its people are the others in it. here: how many members have it in
    front now, in the list of rooms, for members alone."""

    id: str
    kind: str
    name: str
    visibility: str
    topic: str
    description: str
    is_archived: bool
    slow_mode_s: int
    keep_days: int
    first_seq: int
    last_seq: int
    last_at_ms: int | None
    rev: int
    member_count: int
    is_member: bool
    role: str | None
    read_seq: int | None
    unread: int
    mentions: int
    favourite: bool
    position: int | None
    place_version: int
    read_version: int = 0
    here: int | UnsetType = UNSET
    muted_until_ms: int | UnsetType = UNSET
    is_group: bool | UnsetType = UNSET
    people: list[Person] | UnsetType = UNSET


class RoomFacts(Answer, frozen=True):
    """What of a room is the same for all who see it."""

    id: str
    name: str
    visibility: str
    topic: str
    description: str
    is_archived: bool
    slow_mode_s: int
    keep_days: int
    first_seq: int


class RoomChanged(Answer, frozen=True):
    """`room:changed`: what the room is from rev on; room has nothing of the reader in it."""

    room_id: str
    rev: int
    room: RoomFacts


class RoomPlace(Answer, frozen=True):
    """Where the user keeps one room; position: null when it has none of its own."""

    room_id: str
    favourite: bool
    position: int | None
    place_version: int


class RoomsPlaced(Answer, frozen=True):
    """`rooms:placed`: to the user's own tabs; an older place_version than the held one is old."""

    places: list[RoomPlace]


class RoomMember(Answer, frozen=True):
    """A member and his place in the room; muted_until_ms is left out when he is not muted."""

    user_id: str
    username: str
    display_name: str
    role: str
    joined_at_ms: int
    muted_until_ms: int | UnsetType = UNSET


class RoomMemberBody(Answer, frozen=True):
    member: RoomMember


class MemberList(Answer, frozen=True):
    """The members of a room, by name, as of rev."""

    rev: int
    members: list[RoomMember]


class RoomBody(Answer, frozen=True):
    room: Room


class RoomList(Answer, frozen=True):
    rooms: list[Room]


class RoomHeads(Answer, frozen=True):
    """`room:heads`: the newest seq and rev of each room of the connection; rev is presence's."""

    epoch: str
    rev: int
    heads: dict[str, int]
    revs: dict[str, int]


class RoomLeft(Answer, frozen=True):
    """`room:left`; code: `left`, `kicked` or `banned`, left out when it is not known."""

    room_id: str
    code: str | UnsetType = UNSET


class MemberChanged(Answer, frozen=True):
    """`member:changed`: the member as he is from rev on."""

    room_id: str
    rev: int
    member: RoomMember
