"""The judge: what was true of a person, what a viewer was shown, and the verdict. Pure.

Rules. Unknown is never wrong, and never enough. Showing offline while somebody is here is the
worst; then never showing what is true; then showing it late. What a newcomer is told counts as
much as what a viewer has seen.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from tests.conformance.adapter import OFFLINE, ONLINE, UNKNOWN, Look


class Kind(StrEnum):
    """How a fault ended, best first."""

    RIGHT = "right"
    NOT_RUN = "not run"
    LATE = "late"
    SHOWN_TWICE = "shown twice"
    DISORDER = "shown in different orders"
    NEVER_SEEN = "never seen"
    FALSE_OFFLINE = "false offline shown"
    BROKEN = "broken"


@dataclass(frozen=True)
class Verdict:
    """What the kit says of one fault.

    measured_s: how long the slowest true change took. late_s: by how much one missed its bound."""

    kind: Kind
    measured_s: float | None = None
    detail: str = ""
    late_s: float = 0.0

    def __str__(self) -> str:
        """Return the words of the published table."""
        facts = [self.detail] if self.detail else []
        if self.late_s > 0:
            facts.append(f"by {self.late_s:.1f} s")
        if self.measured_s is not None:
            facts.append(f"{self.measured_s:.1f} s")
        return f"{self.kind} ({', '.join(facts)})" if facts else str(self.kind)


@dataclass(frozen=True)
class Due:
    """From since_s on the person is `status`; a viewer must know within_s after counted_from_s."""

    status: str
    since_s: float
    counted_from_s: float
    within_s: float

    @property
    def deadline_s(self) -> float:
        """The moment after which it is late."""
        return self.counted_from_s + self.within_s


@dataclass
class Claim:
    """The truth about one person since began_s, when he was here and shown so."""

    person_id: str
    began_s: float
    dues: list[Due] = field(default_factory=list)

    def truth_at(self, moment_s: float) -> str:
        """Return what the person is at that moment."""
        passed = [due.status for due in self.dues if due.since_s <= moment_s]
        return passed[-1] if passed else ONLINE

    @property
    def truth(self) -> str:
        """What the person is at the end."""
        return self.dues[-1].status if self.dues else ONLINE

    def shown(self, due: Due, looks: Iterable[Look]) -> Look | None:
        """Return the first look that tells what is due."""
        return next(
            (one for one in known(looks) if one.at_s >= due.since_s and one.status == due.status),
            None,
        )


def known(looks: Iterable[Look]) -> list[Look]:
    """Return the changes between here and gone; unknown is left out, away and busy are here."""
    changes: list[Look] = []
    for look in looks:
        status = OFFLINE if look.status == OFFLINE else ONLINE
        if look.status != UNKNOWN and (not changes or changes[-1].status != status):
            changes.append(Look(status, look.at_s))
    return changes


def judge(claim: Claim, looks: Sequence[Look], newcomer: str) -> Verdict:
    """Return the verdict on one person; newcomer is what a viewer who came last was told."""
    gone = [one for one in known(looks) if one.status == OFFLINE and one.at_s >= claim.began_s]
    lies = [one for one in gone if claim.truth_at(one.at_s) != OFFLINE]
    if lies:
        return Verdict(Kind.FALSE_OFFLINE, detail=_times(len(lies)))
    for due in claim.dues:
        if claim.shown(due, looks) is None:
            return _never(due)
    if newcomer == UNKNOWN or (newcomer == OFFLINE) != (claim.truth == OFFLINE):
        return _misinformed(newcomer)
    if len(gone) > sum(due.status == OFFLINE for due in claim.dues):
        return Verdict(Kind.SHOWN_TWICE, detail=_times(len(gone)))
    return _in_time(claim, looks)


def one_order(screens: Iterable[Mapping[str, Sequence[Look]]], since_s: float) -> Verdict:
    """Return whether all screens (looks by person) showed who left in the same order."""
    orders = {tuple(_leavers(looks, since_s)) for looks in screens}
    if len(orders) == 1:
        return Verdict(Kind.RIGHT)
    return Verdict(Kind.DISORDER, detail=f"{len(orders)} of them")


def worst(verdicts: Iterable[Verdict]) -> Verdict:
    """Return the verdict on a fault: that on the person who fared worst, the slowest if alike."""
    ranks = list(Kind)
    return max(verdicts, key=lambda one: (ranks.index(one.kind), one.measured_s or 0.0))


def _leavers(screen: Mapping[str, Sequence[Look]], since_s: float) -> list[str]:
    gone = [
        (look.at_s, person_id)
        for person_id, looks in screen.items()
        for look in known(looks)
        if look.status == OFFLINE and look.at_s >= since_s
    ]
    return [person_id for _, person_id in sorted(gone)]


def _in_time(claim: Claim, looks: Sequence[Look]) -> Verdict:
    taken_s, late_s = None, 0.0
    for due in claim.dues:
        look = claim.shown(due, looks)
        assert look is not None, "judge() has looked"
        took_s = max(0.0, look.at_s - due.counted_from_s)
        taken_s = max(taken_s or 0.0, took_s)
        late_s = max(late_s, took_s - due.within_s)
    if late_s > 0:
        return Verdict(Kind.LATE, taken_s, late_s=late_s)
    return Verdict(Kind.RIGHT, taken_s)


def _misinformed(newcomer: str) -> Verdict:
    kind = Kind.FALSE_OFFLINE if newcomer == OFFLINE else Kind.NEVER_SEEN
    return Verdict(kind, detail="a newcomer is told " + newcomer)


def _never(due: Due) -> Verdict:
    if due.status == OFFLINE:
        return Verdict(Kind.NEVER_SEEN)
    return Verdict(Kind.FALSE_OFFLINE, detail="for good")


def _times(count: int) -> str:
    return "once" if count == 1 else f"{count} times"
