"""What one client must show of everybody: the reducer of web/store/roster.js, small enough for
two thousand of them in one process.

The rule of the file: pure. A view is a status and a rev for each place of a table that all views
share. `synced` is the rev up to which nothing can be missing: a resync asks from there."""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Mapping
from typing import Final

import msgspec

STATUSES: Final = ("", "online", "away", "busy", "offline", "unknown")  # "": not on the roster
_CODES: Final = {status: code for code, status in enumerate(STATUSES)}


class Change(msgspec.Struct):
    """One person's status; whatever else the wire says of him is left out."""

    user_id: str
    status: str


class Diff(msgspec.Struct):
    """The payload of presence:diff."""

    epoch: str
    rev: int
    changes: list[Change]


class Synced(msgspec.Struct):
    """The answer to roster:sync."""

    epoch: str
    rev: int
    people: list[Change]
    reset: bool = False


class RosterView:
    """One client's roster. `known` is False from a lost connection to the next sync."""

    def __init__(self, places: Mapping[str, int]) -> None:
        """places: where each user stands in the tables."""
        self._places = places
        self._statuses = bytearray(len(places))
        self._revs = array("q", bytes(8 * len(places)))
        self._early: list[Diff] = []
        self.epoch: str | None = None
        self.synced = 0
        self.rev = 0
        self.known = False

    def hear(self, diff: Diff) -> None:
        """The changes are shown, or kept until the sync that they belong after."""
        if not self.known or diff.epoch != self.epoch:
            self._early.append(diff)
        elif diff.rev > self.synced:
            self._apply(diff.changes, diff.rev)

    def sync(self, answer: Synced) -> None:
        """The answer is the truth up to its rev; diffs that came earlier follow it."""
        if answer.reset or answer.epoch != self.epoch:
            self._statuses = bytearray(len(self._places))
            self._revs = array("q", bytes(8 * len(self._places)))
            self.rev = 0
        self.epoch, self.synced, self.known = answer.epoch, answer.rev, True
        self._apply(answer.people, answer.rev)
        early, self._early = self._early, []
        for diff in early:
            if diff.epoch == answer.epoch and diff.rev > answer.rev:
                self._apply(diff.changes, diff.rev)

    def lose(self) -> None:
        """Nothing is known until the next sync."""
        self.known = False
        self._early.clear()

    @property
    def asks_from(self) -> dict[str, object]:
        """The request of roster:sync; empty when all is wanted."""
        return {} if self.epoch is None else {"epoch": self.epoch, "rev": self.synced}

    def is_behind(self, epoch: str, rev: int) -> bool:
        """Whether room:heads tells of something that never came."""
        return self.known and epoch == self.epoch and rev > self.rev

    def statuses(self) -> dict[str, str]:
        """What is shown of everybody who is on the roster."""
        return {
            user_id: STATUSES[self._statuses[place]]
            for user_id, place in self._places.items()
            if self._statuses[place]
        }

    def _apply(self, changes: Iterable[Change], rev: int) -> None:
        for change in changes:
            place = self._places.get(change.user_id)
            if place is not None and self._revs[place] <= rev:
                self._statuses[place] = _CODES[change.status]
                self._revs[place] = rev
        self.rev = max(self.rev, rev)
