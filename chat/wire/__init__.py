"""Every event name and payload of the wire, version 1; docs/PROTOCOL.md is this package in prose.

The rule of the package: requests are closed (an unknown field is refused), answers may grow. Shapes
and bounds stand here, a module a subject; what a text may hold stands in `text.py`, what a user may
do in the services. Whoever uses a shape takes it from here: `wire.Message`.
Ids are strings; times are milliseconds since 1970 from the server's clock.
"""

from chat.wire.accounts import (
    PASSWORD_MAX as PASSWORD_MAX,
)
from chat.wire.accounts import (
    PASSWORD_MIN as PASSWORD_MIN,
)
from chat.wire.accounts import (
    USERNAME_PATTERN as USERNAME_PATTERN,
)
from chat.wire.accounts import (
    ChangePassword as ChangePassword,
)
from chat.wire.accounts import (
    Device as Device,
)
from chat.wire.accounts import (
    DeviceList as DeviceList,
)
from chat.wire.accounts import (
    Password as Password,
)
from chat.wire.accounts import (
    SessionBody as SessionBody,
)
from chat.wire.accounts import (
    SignIn as SignIn,
)
from chat.wire.accounts import (
    SignUp as SignUp,
)
from chat.wire.accounts import (
    UserBody as UserBody,
)
from chat.wire.accounts import (
    Username as Username,
)
from chat.wire.admin import (
    AdminLag as AdminLag,
)
from chat.wire.admin import (
    AdminPresence as AdminPresence,
)
from chat.wire.admin import (
    AdminProbe as AdminProbe,
)
from chat.wire.admin import (
    AdminTransition as AdminTransition,
)
from chat.wire.admin import (
    AdminWorker as AdminWorker,
)
from chat.wire.coding import (
    id_from_path as id_from_path,
)
from chat.wire.coding import (
    request_from as request_from,
)
from chat.wire.coding import (
    request_from_json as request_from_json,
)
from chat.wire.coding import (
    request_from_query as request_from_query,
)
from chat.wire.coding import (
    to_builtins as to_builtins,
)
from chat.wire.coding import (
    to_json as to_json,
)
from chat.wire.events import (
    CLIENT_EVENTS as CLIENT_EVENTS,
)
from chat.wire.events import (
    SERVER_EVENTS as SERVER_EVENTS,
)
from chat.wire.events import (
    event_text as event_text,
)
from chat.wire.messages import (
    CHANGED_MAX as CHANGED_MAX,
)
from chat.wire.messages import (
    HISTORY_DEFAULT as HISTORY_DEFAULT,
)
from chat.wire.messages import (
    HISTORY_MAX as HISTORY_MAX,
)
from chat.wire.messages import (
    TAIL_MAX as TAIL_MAX,
)
from chat.wire.messages import (
    Changed as Changed,
)
from chat.wire.messages import (
    EditMessage as EditMessage,
)
from chat.wire.messages import (
    Emoji as Emoji,
)
from chat.wire.messages import (
    History as History,
)
from chat.wire.messages import (
    HistoryQuery as HistoryQuery,
)
from chat.wire.messages import (
    Mentions as Mentions,
)
from chat.wire.messages import (
    Message as Message,
)
from chat.wire.messages import (
    MessageBody as MessageBody,
)
from chat.wire.messages import (
    MessageDelete as MessageDelete,
)
from chat.wire.messages import (
    MessageEdit as MessageEdit,
)
from chat.wire.messages import (
    MessageList as MessageList,
)
from chat.wire.messages import (
    MessagePin as MessagePin,
)
from chat.wire.messages import (
    MessagePost as MessagePost,
)
from chat.wire.messages import (
    MessageReact as MessageReact,
)
from chat.wire.messages import (
    MessageSince as MessageSince,
)
from chat.wire.messages import (
    MessageVersion as MessageVersion,
)
from chat.wire.messages import (
    MessageVersions as MessageVersions,
)
from chat.wire.messages import (
    PageQuery as PageQuery,
)
from chat.wire.messages import (
    Posted as Posted,
)
from chat.wire.messages import (
    PostToRoom as PostToRoom,
)
from chat.wire.messages import (
    React as React,
)
from chat.wire.messages import (
    Reaction as Reaction,
)
from chat.wire.messages import (
    Since as Since,
)
from chat.wire.messages import (
    Tail as Tail,
)
from chat.wire.messages import (
    ThreadPage as ThreadPage,
)
from chat.wire.messages import (
    ThreadSummary as ThreadSummary,
)
from chat.wire.messages import (
    Toggle as Toggle,
)
from chat.wire.moderation import (
    AUDIT_DEFAULT as AUDIT_DEFAULT,
)
from chat.wire.moderation import (
    AUDIT_MAX as AUDIT_MAX,
)
from chat.wire.moderation import (
    INVITE_USES_MAX as INVITE_USES_MAX,
)
from chat.wire.moderation import (
    SECONDS_MAX as SECONDS_MAX,
)
from chat.wire.moderation import (
    AuditEntry as AuditEntry,
)
from chat.wire.moderation import (
    AuditLog as AuditLog,
)
from chat.wire.moderation import (
    AuditQuery as AuditQuery,
)
from chat.wire.moderation import (
    Ban as Ban,
)
from chat.wire.moderation import (
    BanBody as BanBody,
)
from chat.wire.moderation import (
    BanEnded as BanEnded,
)
from chat.wire.moderation import (
    BanList as BanList,
)
from chat.wire.moderation import (
    BansQuery as BansQuery,
)
from chat.wire.moderation import (
    BanUser as BanUser,
)
from chat.wire.moderation import (
    Invite as Invite,
)
from chat.wire.moderation import (
    InviteBody as InviteBody,
)
from chat.wire.moderation import (
    InviteList as InviteList,
)
from chat.wire.moderation import (
    KickQuery as KickQuery,
)
from chat.wire.moderation import (
    Mute as Mute,
)
from chat.wire.moderation import (
    MuteEnded as MuteEnded,
)
from chat.wire.moderation import (
    MuteList as MuteList,
)
from chat.wire.moderation import (
    MuteMember as MuteMember,
)
from chat.wire.moderation import (
    NewInvite as NewInvite,
)
from chat.wire.moderation import (
    Scope as Scope,
)
from chat.wire.moderation import (
    Seconds as Seconds,
)
from chat.wire.moderation import (
    Uses as Uses,
)
from chat.wire.reading import (
    Draft as Draft,
)
from chat.wire.reading import (
    DraftList as DraftList,
)
from chat.wire.reading import (
    DraftSet as DraftSet,
)
from chat.wire.reading import (
    FollowedThread as FollowedThread,
)
from chat.wire.reading import (
    MentionPreview as MentionPreview,
)
from chat.wire.reading import (
    MentionQuery as MentionQuery,
)
from chat.wire.reading import (
    MessageRead as MessageRead,
)
from chat.wire.reading import (
    MessageSave as MessageSave,
)
from chat.wire.reading import (
    MessageTyping as MessageTyping,
)
from chat.wire.reading import (
    MessageUnread as MessageUnread,
)
from chat.wire.reading import (
    ReadingChange as ReadingChange,
)
from chat.wire.reading import (
    ReadingSettings as ReadingSettings,
)
from chat.wire.reading import (
    ReadTo as ReadTo,
)
from chat.wire.reading import (
    Receipt as Receipt,
)
from chat.wire.reading import (
    ReceiptList as ReceiptList,
)
from chat.wire.reading import (
    RoomRead as RoomRead,
)
from chat.wire.reading import (
    SavedChanged as SavedChanged,
)
from chat.wire.reading import (
    SavedList as SavedList,
)
from chat.wire.reading import (
    SavedMessage as SavedMessage,
)
from chat.wire.reading import (
    ThreadList as ThreadList,
)
from chat.wire.reading import (
    Typing as Typing,
)
from chat.wire.reading import (
    UnreadFrom as UnreadFrom,
)
from chat.wire.rooms import (
    DIRECT_MAX as DIRECT_MAX,
)
from chat.wire.rooms import (
    ORDER_MAX as ORDER_MAX,
)
from chat.wire.rooms import (
    SLOW_MODE_MAX_S as SLOW_MODE_MAX_S,
)
from chat.wire.rooms import (
    AddMember as AddMember,
)
from chat.wire.rooms import (
    ChangeRoom as ChangeRoom,
)
from chat.wire.rooms import (
    CreateRoom as CreateRoom,
)
from chat.wire.rooms import (
    MemberChanged as MemberChanged,
)
from chat.wire.rooms import (
    MemberList as MemberList,
)
from chat.wire.rooms import (
    OpenDirect as OpenDirect,
)
from chat.wire.rooms import (
    OrderRooms as OrderRooms,
)
from chat.wire.rooms import (
    PlaceRoom as PlaceRoom,
)
from chat.wire.rooms import (
    Role as Role,
)
from chat.wire.rooms import (
    Room as Room,
)
from chat.wire.rooms import (
    RoomBody as RoomBody,
)
from chat.wire.rooms import (
    RoomChanged as RoomChanged,
)
from chat.wire.rooms import (
    RoomFacts as RoomFacts,
)
from chat.wire.rooms import (
    RoomHeads as RoomHeads,
)
from chat.wire.rooms import (
    RoomLeft as RoomLeft,
)
from chat.wire.rooms import (
    RoomList as RoomList,
)
from chat.wire.rooms import (
    RoomMember as RoomMember,
)
from chat.wire.rooms import (
    RoomMemberBody as RoomMemberBody,
)
from chat.wire.rooms import (
    RoomPlace as RoomPlace,
)
from chat.wire.rooms import (
    RoomsPlaced as RoomsPlaced,
)
from chat.wire.rooms import (
    RoomsQuery as RoomsQuery,
)
from chat.wire.rooms import (
    SetRole as SetRole,
)
from chat.wire.rooms import (
    SlowModeSeconds as SlowModeSeconds,
)
from chat.wire.rooms import (
    Visibility as Visibility,
)
from chat.wire.roster import (
    ClaimedStatus as ClaimedStatus,
)
from chat.wire.roster import (
    HeldConnection as HeldConnection,
)
from chat.wire.roster import (
    Member as Member,
)
from chat.wire.roster import (
    MemberJoined as MemberJoined,
)
from chat.wire.roster import (
    MemberLeft as MemberLeft,
)
from chat.wire.roster import (
    OwnClaim as OwnClaim,
)
from chat.wire.roster import (
    PastTransition as PastTransition,
)
from chat.wire.roster import (
    PresenceChange as PresenceChange,
)
from chat.wire.roster import (
    PresenceDiff as PresenceDiff,
)
from chat.wire.roster import (
    PresencePlace as PresencePlace,
)
from chat.wire.roster import (
    PresenceQuery as PresenceQuery,
)
from chat.wire.roster import (
    PresenceResync as PresenceResync,
)
from chat.wire.roster import (
    PresenceSet as PresenceSet,
)
from chat.wire.roster import (
    PresenceVisible as PresenceVisible,
)
from chat.wire.roster import (
    PresenceWhy as PresenceWhy,
)
from chat.wire.roster import (
    RoomMembers as RoomMembers,
)
from chat.wire.roster import (
    Roster as Roster,
)
from chat.wire.roster import (
    RosterSync as RosterSync,
)
from chat.wire.roster import (
    RosterSynced as RosterSynced,
)
from chat.wire.roster import (
    UserPresence as UserPresence,
)
from chat.wire.session import (
    REFUSALS as REFUSALS,
)
from chat.wire.session import (
    BoundsMs as BoundsMs,
)
from chat.wire.session import (
    ConnectAuth as ConnectAuth,
)
from chat.wire.session import (
    ServerDraining as ServerDraining,
)
from chat.wire.session import (
    SessionEnded as SessionEnded,
)
from chat.wire.session import (
    SessionReady as SessionReady,
)
from chat.wire.session import (
    SessionRole as SessionRole,
)
from chat.wire.shapes import (
    CLIENT_ID_MAX as CLIENT_ID_MAX,
)
from chat.wire.shapes import (
    ID_MAX as ID_MAX,
)
from chat.wire.shapes import (
    PROTOCOL_VERSION as PROTOCOL_VERSION,
)
from chat.wire.shapes import (
    SINCE_ROOMS_MAX as SINCE_ROOMS_MAX,
)
from chat.wire.shapes import (
    Answer as Answer,
)
from chat.wire.shapes import (
    ClientId as ClientId,
)
from chat.wire.shapes import (
    Done as Done,
)
from chat.wire.shapes import (
    ErrorBody as ErrorBody,
)
from chat.wire.shapes import (
    Id as Id,
)
from chat.wire.shapes import (
    Person as Person,
)
from chat.wire.shapes import (
    Problem as Problem,
)
from chat.wire.shapes import (
    Request as Request,
)
from chat.wire.shapes import (
    Seq as Seq,
)
