"""Sheets: what is said of many people at one moment, made once for all who ask for it meanwhile.

The rules of the file: a sheet is read after all who get it have asked, so nobody is told what was
no longer so; it says what every viewer is told alike. Where somebody is here depends on who looks,
and is added for each (`Sheet.seen_by`). While presence is not known everybody is `unknown`.
Source: docs/adr/0025.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Final, Protocol

from msgspec import structs

from chat import wire
from chat.ids import UserId
from chat.roster.sight import Sight
from chat.terms import Known
from chat.together import Together
from presence.errors import PresenceUnavailable
from presence.terms import Seen, Snapshot, Status

UNKNOWN: Final = "unknown"
AT_ONCE: Final = 500  # people who are read, or told, in one turn of the loop: about 1 ms
SHARING_MAX: Final = 10_000  # who ask for the same people and get one sheet
_OFFLINE: Final = Seen(Status.OFFLINE)
_SHOWN: Final = {status: status.value for status in Status}

Key = frozenset[UserId]


class Snapshots(Protocol):
    """What is asked of presence."""

    def snapshot(self, user_ids: Sequence[str]) -> Snapshot:
        """The state of these users. Raises PresenceUnavailable."""


class Names(Protocol):
    """What is asked of SQL."""

    def people(self, user_ids: Collection[UserId]) -> list[Known]:
        """These users, in any order."""


@dataclass(frozen=True, slots=True)
class Sheet:
    """A line for each of some people, by name, as of (epoch, rev).

    epoch is empty while presence is not known. focused: what somebody has in front, by the place of
    his line; of the others nothing is known or shown."""

    epoch: str
    rev: int
    lines: Sequence[wire.Member]
    focused: Mapping[int, tuple[str, ...]]

    @property
    def users_in_front(self) -> set[UserId]:
        """Those of whom it depends on the viewer what he is told."""
        return {UserId(self.lines[place].user_id) for place in self.focused}

    def seen_by(self, sight: Sight) -> list[wire.Member]:
        """The lines as one viewer is told them."""
        lines = list(self.lines)
        for place, focus in self.focused.items():
            here = sight.here(lines[place].user_id, focus)
            if here:
                lines[place] = structs.replace(lines[place], here=here)
        return lines


class Sheets:
    """Makes sheets; who asks for people that a sheet is just made of waits for the next one."""

    def __init__(self, presence: Snapshots, people: Names, pause: Callable[[], object]) -> None:
        """pause lets others run: a sheet of thousands takes that long."""
        self._presence = presence
        self._people = people
        self._pause = pause
        self._lines: dict[Key, Together[list[Sheet]]] = {}

    def of(self, user_ids: Sequence[UserId]) -> Sheet:
        """The users as they are now; who asks meanwhile for the same ones gets the same sheet."""
        key = frozenset(user_ids)
        line = self._lines.get(key)
        if line is None:
            make = partial(self._make, user_ids)
            line = self._lines[key] = Together(make, most=SHARING_MAX)
        found: list[Sheet] = []
        try:
            line.do(found)
        finally:
            if not len(line) and self._lines.get(key) is line:
                del self._lines[key]
        return found[0]

    def of_one(self, person: Known) -> Sheet:
        """The one user."""
        return self._now([person])

    def told(self, snapshot: Snapshot) -> Sheet:
        """All of whom a snapshot tells."""
        user_ids = [UserId(user_id) for user_id in snapshot.people]
        return self._sheet(self._by_name(user_ids), snapshot)

    def _make(self, user_ids: Sequence[UserId], askers: Sequence[list[Sheet]]) -> None:
        sheet = self._now(self._by_name(user_ids))
        for asker in askers:
            asker.append(sheet)

    def _now(self, people: Sequence[Known]) -> Sheet:
        try:
            snapshot = self._presence.snapshot([one.id for one in people])
        except PresenceUnavailable:
            return Sheet("", 0, [_line(one, None) for one in people], {})
        return self._sheet(people, snapshot)

    def _by_name(self, user_ids: Sequence[UserId]) -> list[Known]:
        """These users, sorted by their names."""
        found: list[Known] = []
        for start in range(0, len(user_ids), AT_ONCE):
            self.let_others_run(user_ids)
            found += self._people.people(user_ids[start : start + AT_ONCE])
        return sorted(found, key=_name_of)

    def let_others_run(self, work: Collection[object]) -> None:
        """It is somebody else's turn, when so many make more than one turn of work."""
        if len(work) > AT_ONCE:
            self._pause()

    def _sheet(self, people: Sequence[Known], snapshot: Snapshot) -> Sheet:
        lines: list[wire.Member] = []
        focused: dict[int, tuple[str, ...]] = {}
        for place, one in enumerate(people):
            if place % AT_ONCE == 0:
                self.let_others_run(people)
            seen = snapshot.people.get(one.id, _OFFLINE)
            if seen.focus:
                focused[place] = seen.focus
            lines.append(_line(one, seen))
        return Sheet(snapshot.epoch, snapshot.rev, lines, focused)


def _line(person: Known, seen: Seen | None) -> wire.Member:
    """The line of somebody who is here nowhere; seen is None while presence is not known.

    When the store forgot when somebody left, SQL may know it."""
    user_id, username, display_name, last_seen_at_ms = person
    if seen is None:
        return wire.Member(user_id, username, display_name, UNKNOWN, None, None, None, [])
    if seen.status is Status.OFFLINE:
        last_seen_at_ms = seen.last_seen_at_ms or last_seen_at_ms
    else:
        last_seen_at_ms = seen.last_seen_at_ms
    status, text, emoji = _SHOWN[seen.status], seen.text or None, seen.emoji or None
    return wire.Member(user_id, username, display_name, status, text, emoji, last_seen_at_ms, [])


def _name_of(person: Known) -> str:
    return person.username.casefold()
