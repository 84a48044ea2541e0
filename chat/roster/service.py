"""The roster: the people a viewer may see, each with a status.

The rules of the file: a viewer sees himself and those who share a room with him, nobody else, on
every path; while presence is not known a status is `unknown`, never `offline`.
Source: docs/PROMISES.md R5, R9; the log's (epoch, rev) is presence's own.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Final, Protocol

from msgspec import UNSET, UnsetType

from chat import wire
from chat.errors import Unavailable
from chat.ids import RoomId, UserId
from chat.terms import Identity
from presence.errors import PresenceUnavailable
from presence.terms import Changes, Seen, Snapshot, Status, Transition

UNKNOWN: Final = "unknown"


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


class People(Protocol):
    """Who may see whom; SQL answers."""

    def members(self, asker_id: UserId, room_id: RoomId) -> list[wire.Person]:
        """The members of a room, for one of them. Raises NotFound, NotMember."""

    def seen_people(self, viewer_id: UserId) -> list[wire.Person]:
        """The viewer and everybody who shares a room with him."""

    def seen_person(self, viewer_id: UserId, user_id: UserId) -> wire.Person:
        """The user, if the viewer may see him. Raises NotFound."""


LastSeenOf = Callable[[Collection[UserId]], Mapping[UserId, int]]
"""When each user was last online, as far as it was written down."""


class Roster:
    """Rosters for rooms, viewers and single users."""

    def __init__(self, presence: Presence, people: People, last_seen: LastSeenOf) -> None:
        self._presence = presence
        self._people = people
        self._last_seen = last_seen

    def of_room(self, asker: Identity, room_id: RoomId) -> wire.Roster:
        """The members of the room, by name. Raises NotFound, NotMember."""
        people = self._people.members(asker.user_id, room_id)
        epoch, rev, members = self._members_or_unknown(people)
        return wire.Roster(epoch=epoch, rev=rev, members=members)

    def of_user(
        self, asker: Identity, user_id: UserId, why: wire.PresenceWhy | UnsetType = UNSET
    ) -> wire.UserPresence:
        """One user's presence, with why. Raises NotFound when the asker may not see him."""
        person = self._people.seen_person(asker.user_id, user_id)
        epoch, rev, members = self._members_or_unknown([person])
        one = members[0]
        return wire.UserPresence(
            epoch=epoch,
            rev=rev,
            user_id=one.user_id,
            status=one.status,
            text=one.text,
            emoji=one.emoji,
            last_seen_at_ms=one.last_seen_at_ms,
            why=why,
        )

    def member(self, person: wire.Person) -> wire.Member:
        """One person's line as of now; unknown while presence is."""
        return self._members_or_unknown([person])[2][0]

    def synced(self, viewer: Identity, request: wire.RosterSync) -> wire.RosterSynced:
        """What the viewer lacks since (epoch, rev), or all with reset when that is not known.

        Raises Unavailable while presence is away: what is shown stays `unknown`."""
        people = self._people.seen_people(viewer.user_id)
        try:
            return self._changed(people, request) or self._all(people)
        except PresenceUnavailable as away:
            raise Unavailable("Presence is not known for the moment.", retry_after_s=1) from away

    def _changed(
        self, people: list[wire.Person], request: wire.RosterSync
    ) -> wire.RosterSynced | None:
        if request.epoch is None or request.rev is None or request.epoch != self._presence.epoch:
            return None
        changes = self._presence.since(request.epoch, request.rev)
        if changes.reset:
            return None
        newest = {one.user_id: _seen_after(one) for one in changes.transitions}
        changed = self._lines([one for one in people if one.id in newest], newest)
        return wire.RosterSynced(epoch=changes.epoch, rev=changes.rev, people=changed, reset=UNSET)

    def _all(self, people: list[wire.Person]) -> wire.RosterSynced:
        snapshot = self._presence.snapshot([one.id for one in people])
        lines = self._lines(people, snapshot.people)
        return wire.RosterSynced(epoch=snapshot.epoch, rev=snapshot.rev, people=lines, reset=True)

    def _members_or_unknown(self, people: list[wire.Person]) -> tuple[str, int, list[wire.Member]]:
        try:
            snapshot = self._presence.snapshot([one.id for one in people])
        except PresenceUnavailable:
            return "", 0, [_line(one, None, None) for one in people]
        return snapshot.epoch, snapshot.rev, self._lines(people, snapshot.people)

    def _lines(self, people: list[wire.Person], seen: Mapping[str, Seen]) -> list[wire.Member]:
        """A line for each; when the store forgot when somebody left, SQL may know it."""
        offline = Seen(Status.OFFLINE)
        forgotten = [UserId(one.id) for one in people if _is_forgotten(seen.get(one.id, offline))]
        written = self._last_seen(forgotten) if forgotten else {}
        lines = []
        for one in people:
            state = seen.get(one.id, offline)
            last_seen = state.last_seen_at_ms or written.get(UserId(one.id))
            lines.append(_line(one, state, last_seen))
        return lines


def _is_forgotten(seen: Seen) -> bool:
    return seen.status is Status.OFFLINE and seen.last_seen_at_ms is None


def _seen_after(transition: Transition) -> Seen:
    return Seen(
        transition.status,
        transition.last_seen_at_ms,
        transition.at_ms,
        text=transition.text,
        emoji=transition.emoji,
    )


def _line(person: wire.Person, seen: Seen | None, last_seen_at_ms: int | None) -> wire.Member:
    """seen is None while presence is not known."""
    return wire.Member(
        user_id=person.id,
        username=person.username,
        display_name=person.display_name,
        status=UNKNOWN if seen is None else str(seen.status),
        text=(seen.text or None) if seen else None,
        emoji=(seen.emoji or None) if seen else None,
        last_seen_at_ms=last_seen_at_ms,
    )
