"""Presence over the socket: `roster:sync`, `presence:visible` and `presence:set`."""

from collections.abc import Callable
from typing import Protocol

from chat import wire
from chat.acks import Acks
from chat.connections import LiveConnection
from chat.errors import NotMember
from chat.ids import RoomId, UserId
from chat.roster.service import Roster
from chat.roster.statuses import Statuses


class SetVisible(Protocol):
    """How presence learns what a tab is to its user."""

    def __call__(self, connection_id: str, visible: bool, *, idle: bool, focus: str) -> None:  # noqa: FBT001 - as the wire has it
        """The tab is in front or not, touched or idle, and shows focus."""


IsMember = Callable[[UserId, RoomId], bool]
"""is_member(user id, room id): as SQL says now."""


def register(
    acks: Acks,
    roster: Roster,
    statuses: Statuses,
    set_visible: SetVisible,
    is_member: IsMember,
) -> None:
    """The events of presence are answered."""

    def on_sync(connection: LiveConnection, request: wire.RosterSync) -> wire.RosterSynced:
        return roster.synced(connection.identity, request)

    def on_visible(connection: LiveConnection, request: wire.PresenceVisible) -> wire.Done:
        room_id = RoomId(request.room_id or "")
        if room_id and not _is_in(connection, room_id):
            raise NotMember
        set_visible(connection.id, request.visible, idle=request.idle, focus=room_id)
        return wire.Done()

    def _is_in(connection: LiveConnection, room_id: RoomId) -> bool:
        # A room joined just now may be known to SQL before the bus has told this worker.
        return room_id in connection.rooms or is_member(connection.user_id, room_id)

    def on_set(connection: LiveConnection, request: wire.PresenceSet) -> wire.UserPresence:
        return statuses.set(connection.identity, request)

    acks.register("roster:sync", wire.RosterSync, on_sync)
    acks.register("presence:visible", wire.PresenceVisible, on_visible)
    acks.register("presence:set", wire.PresenceSet, on_set)
