"""The roster: the people a viewer may see, each with a status.

The rules of the file: a viewer sees himself and those who share a room with him, nobody else, on
every path; while presence is not known a status is `unknown`, never `offline`.
Source: docs/PROMISES.md R5, R9; the log's (epoch, rev) is presence's own.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Final, Protocol

from msgspec import UNSET, structs

from chat import wire
from chat.errors import Unavailable
from chat.ids import RoomId, UserId
from chat.roster.sheets import Sheet, Sheets
from chat.roster.sight import NOTHING, Sight
from chat.terms import Identity, Known
from presence.errors import PresenceUnavailable
from presence.terms import SHIFTED, Changes, Seen, Snapshot, Status, Transition

_PRESENT: Final = frozenset({Status.ONLINE, Status.BUSY})


class Presence(Protocol):
    """What is asked of presence.tracker.Tracker; each call may raise PresenceUnavailable."""

    @property
    def epoch(self) -> str | None:
        """The name of the store's life, None before it was reached."""

    @property
    def rev(self) -> int:
        """The newest place in the log that this worker has read."""

    @property
    def available(self) -> bool:
        """Whether statuses can be told now."""

    def snapshot(self, user_ids: Sequence[str]) -> Snapshot:
        """The state of these users."""

    def since(self, epoch: str, rev: int) -> Changes:
        """The transitions after rev."""

    def focused(self) -> Mapping[str, Collection[str]]:
        """The users by what they have in front, as this worker knows them."""


class People(Protocol):
    """Who may see whom; SQL answers."""

    def members(self, asker_id: UserId, room_id: RoomId) -> tuple[int, list[UserId]]:
        """The rev and the members of a room, for one of them. Raises NotFound, NotMember."""

    def changed_rooms(
        self, viewer_id: UserId, held: Mapping[RoomId, int]
    ) -> dict[str, wire.RoomMembers]:
        """Those of the rooms whose members changed after the rev that is held of each."""

    def people(self, user_ids: Collection[UserId]) -> list[Known]:
        """These users, in any order."""

    def seen_people(self, viewer_id: UserId) -> list[UserId]:
        """The viewer and everybody who shares a room with him."""

    def person(self, user_id: UserId) -> Known:
        """The user, whoever asks. Raises NotFound."""

    def shared_rooms(
        self, viewer_id: UserId, user_ids: Collection[UserId]
    ) -> dict[UserId, frozenset[RoomId]]:
        """The rooms that the viewer shares with each of the users; who shares none is left out."""

    def seen_person(self, viewer_id: UserId, user_id: UserId) -> Known:
        """The user, if the viewer may see him. Raises NotFound."""


class Roster:
    """Rosters for rooms, viewers and single users."""

    def __init__(self, presence: Presence, people: People, pause: Callable[[], object]) -> None:
        """pause lets others run: a roster of thousands takes that long."""
        self._presence = presence
        self._people = people
        self._sheets = Sheets(presence, people, pause)

    def of_room(self, asker: Identity, room_id: RoomId) -> wire.Roster:
        """The members of the room, by name. Raises NotFound, NotMember."""
        room_rev, user_ids = self._people.members(asker.user_id, room_id)
        sheet = self._sheets.of(user_ids)
        members = self._seen_by(asker.user_id, sheet)
        return wire.Roster(epoch=sheet.epoch, rev=sheet.rev, members=members, room_rev=room_rev)

    def of_user(self, asker: Identity, user_id: UserId) -> wire.UserPresence:
        """One user's presence. Raises NotFound when the asker may not see him."""
        return self._presence_of(self._people.seen_person(asker.user_id, user_id))

    def of_anybody(self, user_id: UserId) -> wire.UserPresence:
        """Any user's presence: for himself and administrators. Raises NotFound."""
        return self._presence_of(self._people.person(user_id))

    def member(self, user_id: UserId, room_id: RoomId) -> tuple[str, int, wire.Member]:
        """(epoch, rev, a user's line) for the members of one room; unknown while presence is.

        Raises NotFound."""
        sheet = self._sheets.of_one(self._people.person(user_id))
        (line,) = sheet.seen_by(Sight({user_id: frozenset({room_id})}))
        return sheet.epoch, sheet.rev, line

    def here_counts(self, viewer_id: UserId) -> dict[RoomId, int]:
        """How many members are here in each room of the viewer; empty while presence is not known.

        Cost: the users who are online, in memory, and one query."""
        if not self._presence.available:
            return {}
        focused = self._presence.focused()
        users = {UserId(user_id) for found in focused.values() for user_id in found}
        shared = self._people.shared_rooms(viewer_id, {*users, viewer_id})
        counts = dict.fromkeys(shared.get(viewer_id, ()), 0)
        for room_id in counts:
            here = [shared.get(UserId(user_id), ()) for user_id in focused.get(room_id, ())]
            counts[room_id] = sum(room_id in rooms for rooms in here)
        return counts

    def present(self, user_ids: Collection[UserId]) -> set[UserId]:
        """Those of the users whom others see online or busy; nobody while that is not known."""
        try:
            people = self._presence.snapshot(list(user_ids)).people
        except PresenceUnavailable:
            return set()
        return {one for one in user_ids if one in people and people[one].status in _PRESENT}

    def is_seen(self, user_id: UserId) -> bool:
        """Whether others see the user as anything but offline; False while that is not known."""
        try:
            seen = self._presence.snapshot([user_id]).people.get(user_id)
        except PresenceUnavailable:
            return False
        return seen is not None and seen.status != Status.OFFLINE

    def synced(self, viewer: Identity, request: wire.RosterSync) -> wire.RosterSynced:
        """What the viewer lacks since (epoch, rev), or all with reset when that is not known.

        Of the rooms named, the members where they changed. Cost: those who changed, while that is
        known. Raises Unavailable while presence is away: what is shown stays `unknown`."""
        held = {RoomId(room_id): rev for room_id, rev in (request.rooms or {}).items()}
        rooms = self._people.changed_rooms(viewer.user_id, held) if held else {}
        try:
            found = self._changed(viewer.user_id, request, rooms) or self._all(viewer.user_id)
        except PresenceUnavailable as away:
            raise Unavailable("Presence is not known for the moment.", retry_after_s=1) from away
        return structs.replace(found, rooms=rooms or UNSET)

    def _changed(
        self, viewer_id: UserId, request: wire.RosterSync, rooms: Mapping[str, wire.RoomMembers]
    ) -> wire.RosterSynced | None:
        if request.epoch is None or request.rev is None or request.epoch != self._presence.epoch:
            return None
        changes = self._presence.since(request.epoch, request.rev)
        if changes.reset:
            return None
        users = {UserId(one.user_id) for one in changes.transitions}
        sight = Sight(self._people.shared_rooms(viewer_id, users) if users else {})
        newest = {
            one.user_id: _seen_after(one)
            for one in changes.transitions
            if _may_tell(one, viewer_id, sight)
        }
        met = {user_id for room in rooms.values() for user_id in room.user_ids} - newest.keys()
        told = Snapshot(changes.epoch, changes.rev, newest)
        lines = self._sheets.told(told).seen_by(sight) + self._lines_now(viewer_id, met)
        return wire.RosterSynced(epoch=changes.epoch, rev=changes.rev, people=lines, reset=UNSET)

    def _lines_now(self, viewer_id: UserId, user_ids: Collection[str]) -> list[wire.Member]:
        if not user_ids:
            return []
        now = self._presence.snapshot(sorted(user_ids))
        return self._seen_by(viewer_id, self._sheets.told(now))

    def _all(self, viewer_id: UserId) -> wire.RosterSynced:
        sheet = self._sheets.of(self._people.seen_people(viewer_id))
        if not sheet.epoch:
            raise PresenceUnavailable("Nobody's status is known.")
        people = self._seen_by(viewer_id, sheet)
        return wire.RosterSynced(epoch=sheet.epoch, rev=sheet.rev, people=people, reset=True)

    def _seen_by(self, viewer_id: UserId, sheet: Sheet) -> list[wire.Member]:
        """SQL is asked about those alone who have something in front."""
        focused = sheet.users_in_front
        self._sheets.let_others_run(sheet.lines)
        sight = Sight(self._people.shared_rooms(viewer_id, focused)) if focused else NOTHING
        self._sheets.let_others_run(sheet.lines)
        return sheet.seen_by(sight)

    def _presence_of(self, person: Known) -> wire.UserPresence:
        sheet = self._sheets.of_one(person)
        (one,) = sheet.lines
        return wire.UserPresence(
            epoch=sheet.epoch,
            rev=sheet.rev,
            user_id=one.user_id,
            status=one.status,
            text=one.text,
            emoji=one.emoji,
            last_seen_at_ms=one.last_seen_at_ms,
        )


def _may_tell(one: Transition, viewer_id: UserId, sight: Sight) -> bool:
    """A transition is for who shares a room with him, a shift for who shares one it is about."""
    if one.cause == SHIFTED:
        return bool(sight.here(one.user_id, one.shifts))
    return one.user_id == viewer_id or one.user_id in sight.shared


def _seen_after(transition: Transition) -> Seen:
    return Seen(
        transition.status,
        transition.last_seen_at_ms,
        transition.at_ms,
        text=transition.text,
        emoji=transition.emoji,
        focus=transition.focus,
    )
