"""Every event name and payload of the wire, version 1; docs/PROTOCOL.md is this file in prose.

The rule of the file: requests are closed (an unknown field is refused), answers may grow. Shapes
and bounds stand here; what a text may hold stands in `text.py`, what a user may do in the services.
Ids are strings; times are milliseconds since 1970 from the server's clock.
"""

import json
from collections.abc import Mapping
from typing import Annotated, Any, TypeVar

import msgspec
from msgspec import UNSET, Meta, Struct, UnsetType

from chat.errors import Invalid, NotFound
from chat.text import BODY_MAX

PROTOCOL_VERSION = 1
CLIENT_ID_MAX = 64
ID_MAX = 64
HISTORY_MAX = 200  # messages a page of history holds at most
HISTORY_DEFAULT = 50
TAIL_MAX = 300  # messages a room that `message:since` still closes one by one; more is a reset
CHANGED_MAX = 300  # changed messages a room that it tells of; more is a reset
SINCE_ROOMS_MAX = 1000
DIRECT_MAX = 20  # people in a direct room, the one who opens it among them
SECONDS_MAX = 365 * 86_400  # of a mute, a ban, an invite: a year
SLOW_MODE_MAX_S = 6 * 3600
INVITE_USES_MAX = 100_000
ORDER_MAX = 1000  # rooms that a user puts in an order of his own
AUDIT_MAX = 200
AUDIT_DEFAULT = 50
USERNAME_PATTERN = r"^[A-Za-z0-9][A-Za-z0-9._-]{1,31}\Z"
PASSWORD_MIN = 8
PASSWORD_MAX = 1024

_SEQ_MAX = 2**53 - 1  # what a JavaScript number still counts by ones

Id = Annotated[str, Meta(pattern=r"^[A-Za-z0-9_-]{1,64}\Z")]
ClientId = Annotated[str, Meta(pattern=r"^[\x21-\x7e]{1,64}\Z")]
Username = Annotated[str, Meta(pattern=USERNAME_PATTERN)]
Password = Annotated[str, Meta(min_length=PASSWORD_MIN, max_length=PASSWORD_MAX)]
Seq = Annotated[int, Meta(ge=0, le=_SEQ_MAX)]
Emoji = Annotated[str, Meta(min_length=1, max_length=64)]
ClaimedStatus = Annotated[str, Meta(pattern=r"^(online|away|busy|invisible)\Z")]
Visibility = Annotated[str, Meta(pattern=r"^(public|private)\Z")]
Role = Annotated[str, Meta(pattern=r"^(owner|moderator|member|read_only)\Z")]
Scope = Annotated[str, Meta(pattern=r"^(room|everywhere)\Z")]
Seconds = Annotated[int, Meta(ge=1, le=SECONDS_MAX)]
SlowModeSeconds = Annotated[int, Meta(ge=0, le=SLOW_MODE_MAX_S)]
Uses = Annotated[int, Meta(ge=1, le=INVITE_USES_MAX)]


class Request(Struct, frozen=True, forbid_unknown_fields=True):
    """What a client sends; an unknown field is refused with `invalid`."""


class Answer(Struct, frozen=True, omit_defaults=True):
    """What the server sends; a field left at its default stays off the wire."""


# HTTP requests


class SignUp(Request, frozen=True):
    username: Username
    password: Password
    display_name: str | None = None


class SignIn(Request, frozen=True):
    """The name and password as typed: any string, so that a wrong one is `wrong_password`."""

    username: Annotated[str, Meta(max_length=256)]
    password: Annotated[str, Meta(max_length=PASSWORD_MAX)]


class ChangePassword(Request, frozen=True):
    """old is as typed: a wrong one is `wrong_password`."""

    old: Annotated[str, Meta(max_length=PASSWORD_MAX)]
    new: Password


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


class AddMember(Request, frozen=True):
    username: Annotated[str, Meta(max_length=256)]


class SetRole(Request, frozen=True):
    role: Role


class OpenDirect(Request, frozen=True):
    """The other people of a direct room; naming oneself too changes nothing."""

    user_ids: Annotated[list[Id], Meta(min_length=1, max_length=DIRECT_MAX)]


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


class PlaceRoom(Request, frozen=True):
    """Where the user keeps the room in his own list."""

    favourite: bool


class OrderRooms(Request, frozen=True):
    """The user's rooms in the order he wants; those not named come after, by name."""

    room_ids: Annotated[list[Id], Meta(max_length=ORDER_MAX)]


class AuditQuery(Request, frozen=True):
    """before is the id of an entry: only older ones."""

    before: Id | None = None
    limit: Annotated[int, Meta(ge=1, le=AUDIT_MAX)] = AUDIT_DEFAULT


class PostToRoom(Request, frozen=True):
    """The body of `POST /api/v1/rooms/<id>/messages`; the room is named by the path."""

    client_id: ClientId
    body: str
    reply_to: Id | None = None
    thread_id: Id | None = None


class EditMessage(Request, frozen=True):
    """The body of `PATCH /api/v1/messages/<id>`; body_rev names the text that was changed."""

    body: str
    body_rev: Seq | None = None


class React(Request, frozen=True):
    """The body of `POST /api/v1/messages/<id>/reactions`."""

    emoji: Emoji
    on: bool


class Toggle(Request, frozen=True):
    on: bool


class PageQuery(Request, frozen=True):
    """before is the time in ms of the oldest one held, exclusive; the newest come first."""

    before: Seq | None = None
    limit: Annotated[int, Meta(ge=1, le=HISTORY_MAX)] = HISTORY_DEFAULT


class MentionQuery(Request, frozen=True):
    """body is the text that is about to be posted."""

    body: Annotated[str, Meta(max_length=BODY_MAX)] = ""


class ReadTo(Request, frozen=True):
    """The body of `POST /api/v1/rooms/<id>/read`."""

    seq: Seq
    thread_id: Id | None = None


class UnreadFrom(Request, frozen=True):
    """The body of `POST /api/v1/rooms/<id>/unread`."""

    seq: Annotated[int, Meta(ge=1, le=_SEQ_MAX)]


class ReadingChange(Request, frozen=True):
    """receipts: others may know how far one has read."""

    receipts: bool


class HistoryQuery(Request, frozen=True):
    """before and after are seqs, both exclusive; at most one of them is given."""

    before: Seq | None = None
    after: Seq | None = None
    limit: Annotated[int, Meta(ge=1, le=HISTORY_MAX)] = HISTORY_DEFAULT


# Socket.IO: what clients send


class ConnectAuth(Request, frozen=True):
    """The `auth` of CONNECT; visible says whether the tab is in front."""

    visible: bool = True


class MessagePost(Request, frozen=True):
    room_id: Id
    client_id: ClientId
    body: str
    reply_to: Id | None = None
    thread_id: Id | None = None


class MessageSince(Request, frozen=True):
    """rooms names the newest seq that the client holds without a hole, by room; revs the rev."""

    rooms: Annotated[dict[Id, Seq], Meta(max_length=SINCE_ROOMS_MAX)]
    revs: Annotated[dict[Id, Seq], Meta(max_length=SINCE_ROOMS_MAX)] | None = None


class MessageEdit(Request, frozen=True):
    """body_rev, when given, names the text that was changed: an older one than now is `stale`."""

    message_id: Id
    body: str
    body_rev: Seq | None = None


class MessageDelete(Request, frozen=True):
    message_id: Id


class MessageReact(Request, frozen=True):
    message_id: Id
    emoji: Emoji
    on: bool


class MessagePin(Request, frozen=True):
    message_id: Id
    on: bool


class MessageSave(Request, frozen=True):
    """For the user alone."""

    message_id: Id
    on: bool


class MessageRead(Request, frozen=True):
    """With thread_id: read up to there in that thread alone."""

    room_id: Id
    seq: Seq
    thread_id: Id | None = None


class MessageUnread(Request, frozen=True):
    """seq is the first message that counts as unread again."""

    room_id: Id
    seq: Annotated[int, Meta(ge=1, le=_SEQ_MAX)]


class MessageTyping(Request, frozen=True):
    room_id: Id
    typing: bool
    thread_id: Id | None = None


class DraftSet(Request, frozen=True):
    """version: one more than that of the draft it grew from; an empty body is no draft."""

    room_id: Id
    body: str
    version: Annotated[int, Meta(ge=1, le=_SEQ_MAX)]
    thread_id: Id | None = None


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


# Answers: HTTP bodies, acks and what the server sends


class Problem(Answer, frozen=True):
    """The inside of every error; the client decides by `code` and `temporary` alone."""

    code: str
    message: str
    temporary: bool
    field: str | UnsetType = UNSET
    retry_after_s: int | UnsetType = UNSET


class ErrorBody(Answer, frozen=True):
    error: Problem


class Done(Answer, frozen=True):
    """The empty result `{}`."""


class Person(Answer, frozen=True):
    id: str
    username: str
    display_name: str


class UserBody(Answer, frozen=True):
    """The answer of sign-up and sign-in; csrf_token is that of the new session."""

    user: Person
    csrf_token: str


class SessionBody(Answer, frozen=True):
    """Who is signed in, and the token that unsafe calls carry in X-CSRF-Token."""

    user: Person | None
    csrf_token: str


class Device(Answer, frozen=True):
    """One signed-in browser of the asker; is_current says that it is the one asking."""

    id: str
    user_agent: str
    created_at_ms: int
    seen_at_ms: int
    expires_at_ms: int
    is_current: bool


class DeviceList(Answer, frozen=True):
    sessions: list[Device]


class Reaction(Answer, frozen=True):
    emoji: str
    user_ids: list[str]


class ThreadSummary(Answer, frozen=True):
    """What a root shows of its thread; user_ids are those who answered last, five at most."""

    replies: int
    last_at_ms: int
    user_ids: list[str]


class Mentions(Answer, frozen=True):
    """Whom a message means: by name, those who were here, all of the room."""

    users: list[str]
    here: bool = False
    room: bool = False


class Message(Answer, frozen=True):
    """A message as every member gets it; html is safe to insert as it is.

    rev is that of the room at the last change of the message: of two, the greater is newer."""

    id: str
    room_id: str
    seq: int
    client_id: str
    author_id: str
    author: Person
    body: str
    html: str
    at_ms: int
    rev: int
    body_rev: int
    reply_to: str | UnsetType = UNSET
    thread_id: str | UnsetType = UNSET
    thread: ThreadSummary | UnsetType = UNSET
    mentions: Mentions | UnsetType = UNSET
    reactions: list[Reaction] | UnsetType = UNSET
    pinned_at_ms: int | UnsetType = UNSET
    pinned_by: str | UnsetType = UNSET
    edited_at_ms: int | UnsetType = UNSET
    deleted: bool | UnsetType = UNSET


class MessageBody(Answer, frozen=True):
    message: Message


class History(Answer, frozen=True):
    """Messages in seq order; has_more tells of more in the direction that was asked for.

    They are as of rev at least."""

    messages: list[Message]
    has_more: bool
    rev: int


class ThreadPage(Answer, frozen=True):
    """The root of a thread and a page of its answers, in seq order."""

    root: Message
    messages: list[Message]
    has_more: bool
    rev: int


class MessageVersion(Answer, frozen=True):
    """What a message said from at_ms on, until the next version."""

    body: str
    html: str
    at_ms: int
    body_rev: int


class MessageVersions(Answer, frozen=True):
    versions: list[MessageVersion]


class MessageList(Answer, frozen=True):
    messages: list[Message]
    has_more: bool


class SavedMessage(Answer, frozen=True):
    message: Message
    saved_at_ms: int


class SavedList(Answer, frozen=True):
    """What the user saved, of the rooms that he may read now."""

    saved: list[SavedMessage]
    has_more: bool


class SavedChanged(Answer, frozen=True):
    message_id: str
    on: bool


class Draft(Answer, frozen=True):
    """The newest draft of one place; of two, the greater version is newer."""

    room_id: str
    body: str
    version: int
    at_ms: int
    thread_id: str | UnsetType = UNSET


class DraftList(Answer, frozen=True):
    drafts: list[Draft]


class FollowedThread(Answer, frozen=True):
    """A thread in which the user wrote, or whose root is his, or which named him."""

    room_id: str
    thread_id: str
    last_seq: int
    read_seq: int
    unread: int
    mentions: int


class ThreadList(Answer, frozen=True):
    threads: list[FollowedThread]


class Receipt(Answer, frozen=True):
    """`receipt:read`: that member lets others know that he has read up to seq."""

    room_id: str
    user_id: str
    seq: int


class ReceiptList(Answer, frozen=True):
    receipts: list[Receipt]


class Typing(Answer, frozen=True):
    """`typing:now`: forget it after typing_ms when nothing more is heard."""

    room_id: str
    user_id: str
    typing: bool
    thread_id: str | UnsetType = UNSET


class ReadingSettings(Answer, frozen=True):
    receipts: bool


class MentionPreview(Answer, frozen=True):
    """How many a text would call: those who are here now, and all but the author."""

    users: list[str]
    here: int
    room: int


class Changed(Answer, frozen=True):
    """The ack of a change of a message: where it stands, and the rev of the room it has now."""

    seq: int
    rev: int


class Posted(Answer, frozen=True):
    """The ack of `message:post`, sent after the commit. again: that client id was used before."""

    id: str
    seq: int
    at_ms: int
    rev: int
    again: bool | UnsetType = UNSET


class Tail(Answer, frozen=True):
    """What a room's client lacks. reset: forget the room's messages, these are the newest.

    changed: messages up to the seq asked for that changed after the rev asked for. What is told
    is as of rev at least; room: as it is now, when it changed itself."""

    messages: list[Message]
    reset: bool
    rev: int
    changed: list[Message] | UnsetType = UNSET
    room: "Room | UnsetType" = UNSET


class Since(Answer, frozen=True):
    """Rooms that were asked for; one that the user is not a member of is left out."""

    rooms: dict[str, Tail]


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


class RoomBody(Answer, frozen=True):
    room: Room


class RoomList(Answer, frozen=True):
    rooms: list[Room]


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


class AdminLag(Answer, frozen=True):
    """How late one kind of transition was told by a worker, of the newest 500 of that kind."""

    kind: str
    bound_ms: int
    count: int
    p50_ms: int
    p99_ms: int
    max_ms: int
    violations: int
    violated_at_ms: int


class AdminProbe(Answer, frozen=True):
    """What a worker's views of probes were found to be since it started."""

    is_on: bool
    last: str
    at_ms: int
    wrong_at_ms: int
    right: int
    wrong: int
    void: int


class AdminWorker(Answer, frozen=True):
    """One worker as it describes itself each second; at_ms is when, by the clock of Redis."""

    id: str
    host: str
    pid: int
    version: str
    up_s: int
    at_ms: int
    epoch: str
    rev: int
    untold: int
    known: bool
    hears_events: bool
    held: bool
    draining: bool
    connections: int
    sockets: int
    leases: int
    here: int
    ended: dict[str, int]
    troubles: dict[str, int]
    stall_ms: int
    renewals: int
    renew_ms: int
    lags: list[AdminLag]
    probe: AdminProbe


class AdminTransition(Answer, frozen=True):
    """One transition as the answering worker told it; before is null where it cannot know."""

    rev: int
    user_id: str
    username: str | None
    display_name: str | None
    before: str | None
    after: str
    cause: str
    kind: str | None
    at_ms: int
    lag_ms: int
    by: str


class AdminPresence(Answer, frozen=True):
    """How presence runs, for administrators. shared: Redis answered, so every worker is here."""

    at_ms: int
    answered_by: str
    shared: bool
    verdict: str
    workers: list[AdminWorker]
    transitions: list[AdminTransition]


class BoundsMs(Answer, frozen=True):
    """How long others may see a stale status at most, by what happened; milliseconds."""

    tab_closed: int
    silent: int
    worker_killed: int
    signed_out: int


class SessionReady(Answer, frozen=True):
    """`session:ready`: the first event of a connection; heads names every room it entered."""

    user: Person
    connection_id: str
    epoch: str
    rev: int
    heads: dict[str, int]
    revs: dict[str, int]
    ping_ms: int
    grace_ms: int
    lease_ms: int
    heads_ms: int
    bounds_ms: BoundsMs
    presence_known: bool
    own: OwnClaim
    role: str


class SessionEnded(Answer, frozen=True):
    """`session:ended`: the server disconnects next; do not reconnect."""

    code: str


class SessionRole(Answer, frozen=True):
    """`session:role`: the user's role changed; what he may do changed with it."""

    role: str


class ServerDraining(Answer, frozen=True):
    """`server:draining`: leave by yourself after reconnect_in_ms and connect again."""

    reconnect_in_ms: int


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


class RoomRead(Answer, frozen=True):
    """`room:read`: how far the user has read, and what is unread; 1000 means that many or more.

    Of two, the greater version is newer; thread_id: it is about that thread alone."""

    room_id: str
    seq: int
    unread: int
    mentions: int
    version: int
    thread_id: str | UnsetType = UNSET


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


class MemberChanged(Answer, frozen=True):
    """`member:changed`: the member as he is from rev on."""

    room_id: str
    rev: int
    member: RoomMember


class MuteEnded(Answer, frozen=True):
    """`mute:ended`: a hint that a mute's time is over; it takes no rev and may be lost."""

    room_id: str
    user_id: str


class BanEnded(Answer, frozen=True):
    """`ban:ended`: a hint to the user that he may join the room again; it may be lost."""

    room_id: str


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


CLIENT_EVENTS: Mapping[str, tuple[type[Request], type[Answer]]] = {
    "message:post": (MessagePost, Posted),
    "message:since": (MessageSince, Since),
    "message:edit": (MessageEdit, Changed),
    "message:delete": (MessageDelete, Changed),
    "message:react": (MessageReact, Changed),
    "message:pin": (MessagePin, Changed),
    "message:save": (MessageSave, Done),
    "message:read": (MessageRead, RoomRead),
    "message:unread": (MessageUnread, RoomRead),
    "message:typing": (MessageTyping, Done),
    "draft:set": (DraftSet, Draft),
    "presence:set": (PresenceSet, UserPresence),
    "presence:visible": (PresenceVisible, Done),
    "roster:sync": (RosterSync, RosterSynced),
}
"""What clients may send: the shape of the request and of the ack. Each has one handler."""

SERVER_EVENTS: Mapping[str, type[Answer]] = {
    "session:ready": SessionReady,
    "session:ended": SessionEnded,
    "session:role": SessionRole,
    "server:draining": ServerDraining,
    "message:new": Message,
    "message:changed": Message,
    "room:heads": RoomHeads,
    "room:joined": RoomBody,
    "room:left": RoomLeft,
    "room:changed": RoomChanged,
    "rooms:placed": RoomsPlaced,
    "room:read": RoomRead,
    "receipt:read": Receipt,
    "typing:now": Typing,
    "saved:changed": SavedChanged,
    "draft:changed": Draft,
    "member:joined": MemberJoined,
    "member:left": MemberLeft,
    "member:changed": MemberChanged,
    "mute:ended": MuteEnded,
    "ban:ended": BanEnded,
    "presence:diff": PresenceDiff,
    "presence:own": OwnClaim,
    "presence:unknown": Done,
    "presence:resync": PresenceResync,
}
"""What the server sends by itself, and the shape of each. Only `fanout.py` sends them."""

REFUSALS = frozenset(
    {"not_signed_in", "banned", "wrong_origin", "draining", "too_many_connections", "unavailable",
     "invalid"}
)  # fmt: skip
"""The codes with which CONNECT may be refused."""

R = TypeVar("R", bound=Request)


def request_from(payload: object, shape: type[R]) -> R:
    """The payload of an event (decoded JSON) as a request of that shape.

    Raises Invalid, with the field where it can be named."""
    try:
        return msgspec.convert(payload, shape)
    except UnicodeEncodeError:  # half a surrogate pair in the name of a field
        raise Invalid from None
    except (ValueError, RecursionError) as refusal:
        raise _invalid(str(refusal)) from None


def request_from_query(arguments: Mapping[str, str], shape: type[R]) -> R:
    """The arguments of a URL as a request of that shape; numbers are read from their digits.

    Raises Invalid, with the field where it can be named."""
    try:
        return msgspec.convert(dict(arguments.items()), shape, strict=False)
    except msgspec.ValidationError as refusal:
        raise _invalid(str(refusal)) from None


def request_from_json(raw: bytes, shape: type[R]) -> R:
    """The body of an HTTP request as a request of that shape.

    Raises Invalid when it is no JSON, or not of that shape."""
    try:
        return msgspec.json.decode(raw, type=shape)
    except msgspec.ValidationError as refusal:
        raise _invalid(str(refusal)) from None
    except (ValueError, RecursionError) as refusal:
        return _request_from_odd_json(raw, shape, str(refusal))


def id_from_path(part: str) -> str:
    """The part of an address as an id. Raises NotFound: what cannot be an id names nothing."""
    try:
        return msgspec.convert(part, Id)
    except msgspec.ValidationError:
        raise NotFound from None


def to_json(answer: Answer) -> bytes:
    """The answer as UTF-8 JSON without white space."""
    return msgspec.json.encode(answer)


def to_builtins(answer: Answer) -> dict[str, Any]:  # Any: JSON has no narrower type here
    """The answer as a plain dictionary, for acks and `jsonify`."""
    plain: dict[str, Any] = msgspec.to_builtins(answer)
    return plain


def event_text(event: str, answer: Answer) -> str:
    """One Socket.IO EVENT packet, ready for every recipient: `2["name",{...}]`.

    Raises KeyError for an event that is not listed, so that none can be sent unlisted."""
    if not isinstance(answer, SERVER_EVENTS[event]):
        raise TypeError(f"{event} carries {SERVER_EVENTS[event].__name__}, not {type(answer)}")
    return f'2["{event}",{msgspec.json.encode(answer).decode()}]'


def _request_from_odd_json(raw: bytes, shape: type[R], refusal: str) -> R:
    """What msgspec refuses whole may still be JSON to others: half a surrogate pair, NaN.

    Decoding it the slow way lets the error name the field. Raises Invalid."""
    try:
        payload = json.loads(raw)
    except (ValueError, RecursionError):
        raise _invalid(refusal) from None
    return request_from(payload, shape)


def _invalid(refusal: str) -> Invalid:
    """msgspec says "Expected `str`, got `int` - at `$.room_id`": the path becomes the field."""
    sentence, _, path = refusal.replace("key` in `", "").partition(" - at `")
    field = path.rstrip("`").removeprefix("$").strip(".") or _quoted_name(sentence)
    if "matching regex" in sentence:
        sentence = f"The field {field} has characters or a length that it may not have"
    return Invalid(_printable(f"{sentence[:200]}."), field=field and _printable(field))


def _printable(text: str) -> str:
    """The text without halves of surrogate pairs, which no encoder takes."""
    return text.encode(errors="replace").decode()


def _quoted_name(sentence: str) -> str | None:
    if "unknown field" not in sentence and "required field" not in sentence:
        return None
    return sentence.split("`")[1][:ID_MAX]
