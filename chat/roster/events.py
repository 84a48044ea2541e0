"""Presence over the socket: `roster:sync`, `presence:visible` and `presence:set`."""

from collections.abc import Callable

from chat import wire
from chat.acks import Acks
from chat.connections import LiveConnection
from chat.roster.service import Roster
from chat.roster.statuses import Statuses

SetVisible = Callable[[str, bool, bool], None]
"""set_visible(connection id, visible, idle): the tab is in front or not, touched or idle."""


def register(acks: Acks, roster: Roster, statuses: Statuses, set_visible: SetVisible) -> None:
    """The events of presence are answered."""

    def on_sync(connection: LiveConnection, request: wire.RosterSync) -> wire.RosterSynced:
        return roster.synced(connection.identity, request)

    def on_visible(connection: LiveConnection, request: wire.PresenceVisible) -> wire.Done:
        set_visible(connection.id, request.visible, request.idle)
        return wire.Done()

    def on_set(connection: LiveConnection, request: wire.PresenceSet) -> wire.UserPresence:
        return statuses.set(connection.identity, request)

    acks.register("roster:sync", wire.RosterSync, on_sync)
    acks.register("presence:visible", wire.PresenceVisible, on_visible)
    acks.register("presence:set", wire.PresenceSet, on_set)
