"""Every event: its shape, its ack, and its text.

An event that is not listed here can neither be sent nor be answered.
"""

from collections.abc import Mapping

import msgspec

from chat.wire.messages import (
    Changed,
    Message,
    MessageDelete,
    MessageEdit,
    MessagePin,
    MessagePost,
    MessageReact,
    MessageSince,
    Posted,
    Since,
)
from chat.wire.moderation import BanEnded, MuteEnded
from chat.wire.reading import (
    Draft,
    DraftSet,
    MessageRead,
    MessageSave,
    MessageTyping,
    MessageUnread,
    Receipt,
    RoomRead,
    SavedChanged,
    Typing,
)
from chat.wire.rooms import MemberChanged, RoomBody, RoomChanged, RoomHeads, RoomLeft, RoomsPlaced
from chat.wire.roster import (
    MemberJoined,
    MemberLeft,
    OwnClaim,
    PresenceDiff,
    PresenceResync,
    PresenceSet,
    PresenceVisible,
    RosterSync,
    RosterSynced,
    UserPresence,
)
from chat.wire.session import ServerDraining, SessionEnded, SessionReady, SessionRole
from chat.wire.shapes import Answer, Done, Request

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


def event_text(event: str, answer: Answer) -> str:
    """One Socket.IO EVENT packet, ready for every recipient: `2["name",{...}]`.

    Raises KeyError for an event that is not listed, so that none can be sent unlisted."""
    if not isinstance(answer, SERVER_EVENTS[event]):
        raise TypeError(f"{event} carries {SERVER_EVENTS[event].__name__}, not {type(answer)}")
    return f'2["{event}",{msgspec.json.encode(answer).decode()}]'
