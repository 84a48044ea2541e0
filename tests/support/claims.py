"""Assertions in the words of the promises."""

from tests.support.people import Person
from tests.support.tab import Tab
from tests.support.waiting import holds_for, wait_until


def assert_transition(
    viewer: Tab, person: Person, before: str, after: str, *, within_s: float
) -> float:
    """The viewer's last two looks at the person are before, after; return the moment of after."""
    at_s = viewer.sees(person.id, after, within_s=within_s)
    looks = [look.status for look in viewer.roster.history[person.id]]
    assert looks[-2:] == [before, after], f"{person.username} was shown {looks}"
    return at_s


def assert_stays(viewer: Tab, person: Person, status: str, *, for_s: float) -> None:
    """The person is shown so all the time, and nothing else was shown in between."""
    looks = len(viewer.roster.history[person.id])
    holds_for(
        lambda: viewer.roster.status_of(person.id) == status,
        for_s,
        f"{person.username} stays {status}",
    )
    assert len(viewer.roster.history[person.id]) == looks


def assert_never_shown(viewer: Tab, person: Person, status: str, *, since_s: float = 0) -> None:
    """The viewer was not shown that status of the person since then, not even for a moment."""
    assert status not in viewer.roster.shown_since(person.id, since_s)


def assert_equals_fresh_load(tab: Tab, person: Person, rooms: list[str]) -> None:
    """What the tab holds after all events is what a tab opened now is told: R6 and R3 at once."""
    fresh = person.opens_tab()
    wait_until(
        lambda: tab.roster.statuses() == fresh.roster.statuses(),
        5,
        f"rosters agree: {tab.roster.statuses()} and {fresh.roster.statuses()}",
    )
    for room in rooms:
        stored = [message["id"] for message in person.history(room)]
        assert tab.timeline[room].ids() == stored
        assert fresh.timeline[room].ids() == stored
    fresh.closes()
