"""The judge tells right from wrong on made-up screens, before it judges anybody."""

import pytest

from tests.conformance.adapter import OFFLINE, ONLINE, UNKNOWN, Look
from tests.conformance.oracle import Claim, Due, Kind, Verdict, judge, one_order, worst

LEFT = Due(OFFLINE, since_s=10, counted_from_s=10, within_s=5)
LEFT_WHILE_AWAY = Due(OFFLINE, since_s=10, counted_from_s=20, within_s=5)
BACK = Due(ONLINE, since_s=18, counted_from_s=18, within_s=5)


def screen(*looks: tuple[str, float]) -> list[Look]:
    """What a viewer was shown, after online at 0."""
    return [Look(ONLINE, 0), *(Look(status, at_s) for status, at_s in looks)]


@pytest.mark.parametrize(
    ("dues", "looks", "newcomer", "kind", "measured_s"),
    [
        ([], screen(), ONLINE, Kind.RIGHT, None),
        ([], screen((UNKNOWN, 11), (ONLINE, 12)), ONLINE, Kind.RIGHT, None),
        ([], screen(("away", 11)), "away", Kind.RIGHT, None),
        ([], screen((OFFLINE, 11), (ONLINE, 12)), ONLINE, Kind.FALSE_OFFLINE, None),
        ([], screen(), OFFLINE, Kind.FALSE_OFFLINE, None),
        ([], screen(), UNKNOWN, Kind.NEVER_SEEN, None),
        ([LEFT], screen((OFFLINE, 14)), OFFLINE, Kind.RIGHT, 4),
        ([LEFT], screen((OFFLINE, 17)), OFFLINE, Kind.LATE, 7),
        ([LEFT], screen((OFFLINE, 9)), OFFLINE, Kind.FALSE_OFFLINE, None),
        ([LEFT], screen(), ONLINE, Kind.NEVER_SEEN, None),
        ([LEFT], screen((UNKNOWN, 12)), OFFLINE, Kind.NEVER_SEEN, None),
        ([LEFT], screen((OFFLINE, 14)), ONLINE, Kind.NEVER_SEEN, None),
        (
            [LEFT],
            screen((OFFLINE, 14), (ONLINE, 15), (OFFLINE, 16)),
            OFFLINE,
            Kind.SHOWN_TWICE,
            None,
        ),
        ([LEFT_WHILE_AWAY], screen((OFFLINE, 12)), OFFLINE, Kind.RIGHT, 0),
        ([LEFT_WHILE_AWAY], screen((OFFLINE, 24)), OFFLINE, Kind.RIGHT, 4),
        ([LEFT, BACK], screen((OFFLINE, 14), (ONLINE, 19)), ONLINE, Kind.RIGHT, 4),
        ([LEFT, BACK], screen((OFFLINE, 14)), OFFLINE, Kind.FALSE_OFFLINE, None),
        ([LEFT, BACK], screen((OFFLINE, 19), (ONLINE, 20)), ONLINE, Kind.FALSE_OFFLINE, None),
    ],
)
def test_judge_says_what_a_person_would_say(
    dues: list[Due], looks: list[Look], newcomer: str, kind: Kind, measured_s: float | None
) -> None:
    """Each screen against each truth gets the verdict that its viewer would give."""
    verdict = judge(Claim("ann", 5, dues), looks, newcomer)

    assert (verdict.kind, verdict.measured_s) == (kind, measured_s)


def test_late_tells_by_how_much() -> None:
    """Seven seconds where five were promised are two too many."""
    verdict = judge(Claim("ann", 5, [LEFT]), screen((OFFLINE, 17)), OFFLINE)

    assert str(verdict) == "late (by 2.0 s, 7.0 s)"


def test_judge_ignores_what_was_shown_before_the_fault() -> None:
    """Somebody who came, went and came again before the fault is no false offline."""
    looks = [Look(ONLINE, 0), Look(OFFLINE, 2), Look(ONLINE, 4)]

    assert judge(Claim("ann", 5), looks, ONLINE).kind is Kind.RIGHT


def test_worst_is_the_gravest_and_then_the_slowest() -> None:
    """A fault is judged by the person who fared worst in it."""
    fine, slow, late = Verdict(Kind.RIGHT, 1), Verdict(Kind.RIGHT, 2), Verdict(Kind.LATE, 9)

    assert worst([fine, slow]) is slow
    assert worst([slow, late, fine]) is late


def test_one_order_compares_what_each_viewer_was_shown() -> None:
    """Two screens that show the same people leave in two orders do not agree."""
    first = {"ann": screen((OFFLINE, 11)), "bob": screen((OFFLINE, 12))}
    second = {"ann": screen((OFFLINE, 13)), "bob": screen((OFFLINE, 12.5))}

    assert one_order([first, first], since_s=5).kind is Kind.RIGHT
    assert one_order([first, second], since_s=5).kind is Kind.DISORDER
