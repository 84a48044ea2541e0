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
from chat.roster.sight import NOTHING, Sight
from chat.terms import Identity, Known
from presence.errors import PresenceUnavailable
from presence.terms import SHIFTED, Changes, Seen, Snapshot, Status, Transition

UNKNOWN: Final = "unknown"
AT_ONCE: Final = 500  # people who are read, or told, in one turn of the loop: about 1 ms
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
        self._pause = pause

    def of_room(self, asker: Identity, room_id: RoomId) -> wire.Roster:
        """The members of the room, by name. Raises NotFound, NotMember."""
        room_rev, user_ids = self._people.members(asker.user_id, room_id)
        epoch, rev, members = self._members_or_unknown(
            self._by_name(user_ids), lambda seen: self._sight(asker.user_id, seen)
        )
        return wire.Roster(epoch=epoch, rev=rev, members=members, room_rev=room_rev)

    def of_user(self, asker: Identity, user_id: UserId) -> wire.UserPresence:
        """One user's presence. Raises NotFound when the asker may not see him."""
        return self._presence_of(self._people.seen_person(asker.user_id, user_id))

    def of_anybody(self, user_id: UserId) -> wire.UserPresence:
        """Any user's presence: for himself and administrators. Raises NotFound."""
        return self._presence_of(self._people.person(user_id))

    def member(self, user_id: UserId, room_id: RoomId) -> tuple[str, int, wire.Member]:
        """(epoch, rev, a user's line) for the members of one room; unknown while presence is.

        Raises NotFound."""
        sight = Sight({user_id: frozenset({room_id})})
        person = self._people.person(user_id)
        epoch, rev, members = self._members_or_unknown([person], lambda _: sight)
        return epoch, rev, members[0]

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
        lines = self._lines_of(viewer_id, newest, sight) + self._lines_now(viewer_id, met)
        return wire.RosterSynced(epoch=changes.epoch, rev=changes.rev, people=lines, reset=UNSET)

    def _lines_of(
        self, viewer_id: UserId, seen: Mapping[str, Seen], sight: Sight | None = None
    ) -> list[wire.Member]:
        people = self._by_name([UserId(user_id) for user_id in seen])
        return self._lines(people, seen, sight or self._sight(viewer_id, seen))

    def _lines_now(self, viewer_id: UserId, user_ids: Collection[str]) -> list[wire.Member]:
        if not user_ids:
            return []
        return self._lines_of(viewer_id, self._presence.snapshot(sorted(user_ids)).people)

    def _all(self, viewer_id: UserId) -> wire.RosterSynced:
        people = self._by_name(self._people.seen_people(viewer_id))
        snapshot = self._presence.snapshot([one.id for one in people])
        lines = self._lines(people, snapshot.people, self._sight(viewer_id, snapshot.people))
        return wire.RosterSynced(epoch=snapshot.epoch, rev=snapshot.rev, people=lines, reset=True)

    def _sight(self, viewer_id: UserId, seen: Mapping[str, Seen]) -> Sight:
        """SQL is asked about those alone who have something in front."""
        focused = {UserId(user_id) for user_id, one in seen.items() if one.focus}
        return Sight(self._people.shared_rooms(viewer_id, focused)) if focused else NOTHING

    def _presence_of(self, person: Known) -> wire.UserPresence:
        epoch, rev, members = self._members_or_unknown([person], lambda _: NOTHING)
        one = members[0]
        return wire.UserPresence(
            epoch=epoch,
            rev=rev,
            user_id=one.user_id,
            status=one.status,
            text=one.text,
            emoji=one.emoji,
            last_seen_at_ms=one.last_seen_at_ms,
        )

    def _members_or_unknown(
        self, people: list[Known], sight_of: Callable[[Mapping[str, Seen]], Sight]
    ) -> tuple[str, int, list[wire.Member]]:
        try:
            snapshot = self._presence.snapshot([one.id for one in people])
        except PresenceUnavailable:
            return "", 0, [_line(one, None, NOTHING) for one in people]
        lines = self._lines(people, snapshot.people, sight_of(snapshot.people))
        return snapshot.epoch, snapshot.rev, lines

    def _by_name(self, user_ids: Sequence[UserId]) -> list[Known]:
        found: list[Known] = []
        for start in range(0, len(user_ids), AT_ONCE):
            if start:
                self._pause()
            found += self._people.people(user_ids[start : start + AT_ONCE])
        return sorted(found, key=_name_of)

    def _lines(
        self, people: list[Known], seen: Mapping[str, Seen], sight: Sight
    ) -> list[wire.Member]:
        """A line for each."""
        offline = Seen(Status.OFFLINE)
        lines = []
        for count, one in enumerate(people, 1):
            lines.append(_line(one, seen.get(one.id, offline), sight))
            if count % AT_ONCE == 0:
                self._pause()
        return lines


def _name_of(person: Known) -> str:
    return person.username.casefold()


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


def _line(person: Known, seen: Seen | None, sight: Sight) -> wire.Member:
    """seen is None while presence is not known. When the store forgot when somebody left, SQL may
    know it."""
    last_seen_at_ms = seen.last_seen_at_ms if seen else None
    if seen and seen.status is Status.OFFLINE:
        last_seen_at_ms = last_seen_at_ms or person.last_seen_at_ms
    return wire.Member(
        user_id=person.id,
        username=person.username,
        display_name=person.display_name,
        status=seen.status.value if seen else UNKNOWN,
        text=(seen.text or None) if seen else None,
        emoji=(seen.emoji or None) if seen else None,
        last_seen_at_ms=last_seen_at_ms,
        here=sight.here(person.id, seen.focus) if seen and seen.focus else [],
    )
