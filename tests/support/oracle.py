"""What a right client must show: the timeline and the roster as pure reducers of the wire.

Written from PROTOCOL.md and not from the browser's code, so that the two can disagree.
"""

import itertools
import time
from dataclasses import dataclass, field
from typing import Any

Wire = dict[str, Any]  # one JSON object of the protocol


@dataclass
class Timeline:
    """One room: messages by seq without a hole up to last_seq; what came too early is parked.

    No change up to rev is missing; the revs of those that came too early are in early_revs.
    Messages before first_seq are kept no more."""

    messages: dict[int, Wire] = field(default_factory=dict)
    first_seq: int = 1
    last_seq: int = 0
    parked: dict[int, Wire] = field(default_factory=dict)
    heard_again: list[int] = field(default_factory=list)
    rev: int = 0
    early_revs: set[int] = field(default_factory=set)
    _changed_early: set[int] = field(default_factory=set)

    def hears(self, message: Wire) -> None:
        """A live message is in its place, or parked when one before it is missing."""
        seq = message["seq"]
        if seq in self._changed_early:
            self._changed_early.discard(seq)
        elif seq <= self.last_seq or seq in self.parked:
            self.heard_again.append(seq)
        self._takes(message)

    def changes(self, message: Wire) -> None:
        """A message:changed is in its place; it may come before the message itself."""
        if message["seq"] > self.last_seq and message["seq"] not in self.parked:
            self._changed_early.add(message["seq"])
        self._takes(message)

    def counts(self, rev: int) -> None:
        """A change of the room with that rev was heard, of whatever kind."""
        if rev > self.rev:
            self.early_revs.add(rev)
        self._advance()

    def cuts(self, first_seq: int) -> None:
        """What is before first_seq is kept no more: it is not shown, and is no gap."""
        self.first_seq = max(self.first_seq, first_seq)
        self.messages = {seq: one for seq, one in self.messages.items() if seq >= self.first_seq}
        self.last_seq = max(self.last_seq, self.first_seq - 1)
        self._unpark()

    def closes_gap(self, tail: Wire) -> None:
        """The answer of message:since is applied; reset forgets what was before."""
        messages = tail["messages"]
        if tail["reset"]:
            self.messages.clear()
            self.last_seq = messages[0]["seq"] - 1 if messages else self.last_seq
        self.cuts(tail.get("first_seq", 1))
        for message in [*tail.get("changed", []), *messages]:
            self._keep(message)
        self.rev = max(self.rev, tail["rev"])
        self._advance()

    def loads(self, page: Wire) -> None:
        """A fresh load: the newest page of the history."""
        self.closes_gap({**page, "reset": True})

    def copy(self) -> "Timeline":
        """Return a timeline that goes on from here by itself."""
        return Timeline(
            dict(self.messages),
            self.first_seq,
            self.last_seq,
            dict(self.parked),
            rev=self.rev,
            early_revs=set(self.early_revs),
            _changed_early=set(self._changed_early),
        )

    @property
    def has_gap(self) -> bool:
        """Whether something is parked because an earlier message or change never came."""
        return bool(self.parked or self.early_revs)

    def shown(self) -> list[Wire]:
        """Return the messages in the order in which they are shown."""
        return [self.messages[seq] for seq in sorted(self.messages)]

    def bodies(self) -> list[str]:
        """Return the texts in the order in which they are shown."""
        return [self.messages[seq]["body"] for seq in sorted(self.messages)]

    def ids(self) -> list[str]:
        """Return the message ids in the order in which they are shown."""
        return [self.messages[seq]["id"] for seq in sorted(self.messages)]

    def _takes(self, message: Wire) -> None:
        self._keep(message)
        self.counts(message["rev"])

    def _keep(self, message: Wire) -> None:
        """The newer of two states of a message stays; one before the first held is not shown."""
        seq = message["seq"]
        place = self.parked if seq > self.last_seq else self.messages
        is_shown = seq > self.last_seq or seq in self.messages
        if is_shown and message["rev"] > place.get(seq, {"rev": -1})["rev"]:
            place[seq] = message
        self._unpark()

    def _advance(self) -> None:
        while self.rev + 1 in self.early_revs:
            self.rev += 1
        self.early_revs = {rev for rev in self.early_revs if rev > self.rev}

    def _unpark(self) -> None:
        while self.last_seq + 1 in self.parked:
            self.last_seq += 1
            self.messages[self.last_seq] = self.parked.pop(self.last_seq)
        for seq in [seq for seq in self.parked if seq <= self.last_seq]:
            del self.parked[seq]


@dataclass(frozen=True)
class Shown:
    """One look of one person in one viewer's roster, and when it appeared (monotonic seconds)."""

    status: str
    at_s: float


@dataclass
class Roster:
    """The people a viewer sees, each with every status that was ever shown of him, in order."""

    epoch: str = ""
    rev: int = 0
    history: dict[str, list[Shown]] = field(default_factory=dict)

    def status_of(self, user_id: str) -> str:
        """Return what is shown of a person now; '' for somebody who is not on the roster."""
        looks = self.history.get(user_id)
        return looks[-1].status if looks else ""

    def statuses(self) -> dict[str, str]:
        """Return what is shown of everybody now."""
        return {user_id: looks[-1].status for user_id, looks in self.history.items()}

    def shown_since(self, user_id: str, at_s: float) -> list[str]:
        """Return the statuses that appeared after at_s, in order."""
        return [look.status for look in self.history.get(user_id, []) if look.at_s > at_s]

    def told_since(self, user_id: str, at_s: float) -> list[str]:
        """Return the changes that were told after at_s, in order; unknown is no news."""
        looks = [look for look in list(self.history.get(user_id, [])) if look.status != "unknown"]
        before = [look.status for look in looks if look.at_s <= at_s]
        told = [*before[-1:], *(look.status for look in looks if look.at_s > at_s)]
        changes = [status for last, status in itertools.pairwise(told) if status != last]
        return changes if before else told[:1] + changes

    def hears(self, diff: Wire) -> None:
        """A presence:diff is applied, unless it is of another life of the store or already in."""
        if diff["epoch"] != self.epoch or diff["rev"] <= self.rev:
            return
        self.rev = diff["rev"]
        for change in diff["changes"]:
            self._show(change["user_id"], change["status"])

    def syncs(self, answer: Wire) -> None:
        """The answer of roster:sync is applied; with reset it is everybody there is."""
        whole = answer.get("reset", False) or answer["epoch"] != self.epoch
        self.epoch, self.rev = answer["epoch"], answer["rev"]
        for person in answer["people"]:
            self._show(person["user_id"], person["status"])
        if whole:
            named = {person["user_id"] for person in answer["people"]}
            self.history = {one: looks for one, looks in self.history.items() if one in named}

    def doubts_everybody(self) -> None:
        """Nobody's status is known until the next sync."""
        self.epoch, self.rev = "", 0
        for user_id in self.history:
            self._show(user_id, "unknown")

    def _show(self, user_id: str, status: str) -> None:
        if self.status_of(user_id) != status:
            self.history.setdefault(user_id, []).append(Shown(status, time.monotonic()))
