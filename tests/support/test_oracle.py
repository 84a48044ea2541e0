"""The oracle itself: what it holds against the server must be right first."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from tests.support.oracle import Roster, Shown, Timeline

LOOKS = ("online", "unknown", "online", "offline", "unknown", "offline")


def message(seq: int) -> dict[str, Any]:
    """Return a message as far as the timeline looks into it."""
    return {"seq": seq, "id": f"m{seq}", "body": f"text {seq}", "rev": seq}


@given(st.permutations(range(1, 9)), st.lists(st.integers(1, 8), max_size=8))
def test_timeline_order_does_not_depend_on_arrival(order: list[int], doubled: list[int]) -> None:
    """Whatever the order of arrival, and whatever comes twice, each message stands once by seq."""
    timeline = Timeline()

    for seq in [*order, *doubled]:
        timeline.hears(message(seq))

    assert timeline.ids() == [f"m{seq}" for seq in range(1, 9)]
    assert sorted(timeline.heard_again) == sorted(doubled)


def test_timeline_shows_nothing_behind_a_hole() -> None:
    """A message whose predecessor is missing is parked until the gap is closed."""
    timeline = Timeline()
    timeline.hears(message(1))
    timeline.hears(message(3))
    assert (timeline.ids(), timeline.has_gap) == (["m1"], True)

    timeline.closes_gap({"messages": [message(2), message(3)], "reset": False, "rev": 3})

    assert (timeline.ids(), timeline.has_gap) == (["m1", "m2", "m3"], False)


def test_timeline_keeps_the_newer_state_of_a_message() -> None:
    """A change may overtake the message itself; a late one changes nothing; a lost one is a gap."""
    timeline = Timeline()
    edited = {**message(1), "body": "edited", "rev": 2}

    timeline.changes(edited)
    timeline.hears(message(1))
    assert (timeline.bodies(), timeline.rev, timeline.heard_again) == (["edited"], 2, [])

    timeline.changes({**edited, "body": "newest", "rev": 4})
    timeline.changes({**edited, "body": "late", "rev": 3})
    assert (timeline.bodies(), timeline.has_gap, timeline.rev) == (["newest"], False, 4)

    timeline.counts(6)
    assert timeline.has_gap
    timeline.closes_gap({"messages": [], "reset": False, "rev": 6})
    assert not timeline.has_gap


def test_roster_ignores_a_diff_that_the_snapshot_already_holds() -> None:
    """A diff that is older than the last sync, or of another epoch, changes nothing."""
    roster = Roster()
    roster.syncs({"epoch": "e", "rev": 5, "people": [{"user_id": "ann", "status": "online"}]})

    gone = [{"user_id": "ann", "status": "offline"}]
    roster.hears({"epoch": "e", "rev": 5, "changes": gone})
    roster.hears({"epoch": "older", "rev": 9, "changes": gone})
    assert roster.statuses() == {"ann": "online"}

    roster.hears({"epoch": "e", "rev": 6, "changes": gone})
    assert roster.statuses() == {"ann": "offline"}


def test_told_since_leaves_out_doubts_and_repeats() -> None:
    """Unknown in between is no news: only what changed between known statuses counts."""
    roster = Roster(history={"ann": [Shown(status, at_s) for at_s, status in enumerate(LOOKS)]})

    assert roster.told_since("ann", -1) == ["online", "offline"]
    assert roster.told_since("ann", 1) == ["offline"]
    assert roster.told_since("ann", 3) == []
    assert roster.told_since("nobody", 0) == []
