"""The rules of presence as properties: merge, transitions, time."""

from hypothesis import given
from hypothesis import strategies as st

from presence.rules import (
    PRESENCE_ORDER,
    Standing,
    connection_status,
    differences,
    ended_because,
    is_transition,
    next_review_ms,
    status_of,
    stood_still,
)
from presence.terms import Status, Transition

times = st.integers(min_value=0, max_value=10_000)
maybe_times = st.none() | times
standings = st.builds(
    Standing,
    deadline_ms=times,
    lease_ms=times,
    away_at_ms=maybe_times,
    closed_at_ms=maybe_times,
    orphaned_at_ms=maybe_times,
)
groups = st.lists(standings, max_size=6)


@given(groups, times)
def test_status_is_offline_exactly_without_connections(
    connections: list[Standing], now_ms: int
) -> None:
    """A user is offline if and only if he has no connection."""
    assert (status_of(connections, now_ms) is Status.OFFLINE) == (not connections)


@given(groups, times, st.randoms())
def test_status_does_not_depend_on_the_order_of_connections(
    connections: list[Standing], now_ms: int, random: st.DataObject
) -> None:
    """The merge of devices is the same in whatever order they are looked at."""
    shuffled = list(connections)
    random.shuffle(shuffled)  # type: ignore[attr-defined] # hypothesis hands in a Random
    assert status_of(shuffled, now_ms) is status_of(connections, now_ms)


@given(groups, standings, times)
def test_another_connection_never_makes_a_user_less_present(
    connections: list[Standing], one_more: Standing, now_ms: int
) -> None:
    """Opening one more tab can only raise a status, and closing one only lower it."""
    before = PRESENCE_ORDER.index(status_of(connections, now_ms))
    after = PRESENCE_ORDER.index(status_of([*connections, one_more], now_ms))
    assert after >= before


@given(groups, times)
def test_status_is_that_of_some_connection(connections: list[Standing], now_ms: int) -> None:
    """The merge invents nothing: some connection alone has the status of its user."""
    statuses = {connection_status(connection, now_ms) for connection in connections}
    assert status_of(connections, now_ms) in (statuses or {Status.OFFLINE})


@given(groups, times, times)
def test_status_changes_by_time_only_at_a_review(
    connections: list[Standing], now_ms: int, passed_ms: int
) -> None:
    """Between now and the next review, the passing of time changes no status."""
    review_ms = next_review_ms(connections, now_ms)
    later_ms = now_ms + passed_ms
    if review_ms is None or later_ms < review_ms:
        assert status_of(connections, later_ms) is status_of(connections, now_ms)
    else:
        assert now_ms < review_ms


@given(standings)
def test_a_lease_that_ended_names_the_nearest_cause(standing: Standing) -> None:
    """A close explains an end before a dead worker does, and that before silence."""
    cause, since_ms = ended_because(standing)
    if standing.closed_at_ms is not None:
        assert (cause, since_ms) == ("closed", standing.closed_at_ms)
    elif standing.orphaned_at_ms is not None:
        assert (cause, since_ms) == ("worker_lost", standing.orphaned_at_ms)
    else:
        assert (cause, since_ms) == ("silent", standing.deadline_ms - standing.lease_ms)


def test_store_stood_still_only_after_a_stall_or_a_jump() -> None:
    """A tick within the stall is health; a longer silence or a step back of time is not."""
    assert not stood_still(1_000, None, 300)
    assert not stood_still(1_300, 1_000, 300)
    assert stood_still(1_301, 1_000, 300)
    assert not stood_still(1_000, 1_500, 300)
    assert stood_still(1_000, 1_501, 300)


statuses = st.sampled_from(Status)
views = st.dictionaries(st.sampled_from("abcdef"), statuses)


@given(views, st.dictionaries(st.sampled_from("abcdef"), statuses))
def test_view_with_the_differences_told_equals_the_store(
    view: dict[str, Status], people: dict[str, Status]
) -> None:
    """Old view plus differences is the new state; nothing that is already shown is told again."""
    latest = {
        user_id: Transition(rev, user_id, status, 1, 0, None, "connected", "w")
        for rev, (user_id, status) in enumerate(people.items(), start=1)
    }
    told = differences(view, latest)
    assert all(is_transition(view.get(t.user_id, Status.OFFLINE), t.status) for t in told)
    assert [t.rev for t in told] == sorted(t.rev for t in told)
    after = view | {transition.user_id: transition.status for transition in told}
    for user_id, status in people.items():
        assert after.get(user_id, Status.OFFLINE) is status
