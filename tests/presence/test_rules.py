"""The rules of presence as properties: merge, transitions, time."""

from hypothesis import given
from hypothesis import strategies as st

from presence.rules import (
    PRESENCE_ORDER,
    Standing,
    connection_status,
    deciding_rule,
    differences,
    ended_because,
    has_lapsed,
    is_transition,
    merged_status,
    next_review_ms,
    shown_of,
    status_of,
    stood_still,
)
from presence.terms import OFFLINE, Claim, Claimed, Shown, Status, Transition

times = st.integers(min_value=0, max_value=10_000)
maybe_times = st.none() | times
standings = st.builds(
    Standing,
    deadline_ms=times,
    lease_ms=times,
    away_at_ms=maybe_times,
    closed_at_ms=maybe_times,
    orphaned_at_ms=maybe_times,
    closed_since_ms=maybe_times,
)
groups = st.lists(standings, max_size=6)
claims = st.builds(
    Claim,
    status=st.sampled_from(Claimed),
    text=st.sampled_from(["", "lunch"]),
    emoji=st.sampled_from(["", "🍜"]),
    until_ms=maybe_times,
)
maybe_claims = st.none() | claims


@given(groups, maybe_claims, times)
def test_status_is_offline_exactly_without_connections_or_when_invisible(
    connections: list[Standing], claim: Claim | None, now_ms: int
) -> None:
    """A user is offline if and only if he has no connection, or claims to be invisible."""
    is_invisible = (
        claim is not None and claim.status is Claimed.INVISIBLE and not has_lapsed(claim, now_ms)
    )
    is_offline = status_of(connections, claim, now_ms) is Status.OFFLINE
    assert is_offline == (not connections or is_invisible)


@given(groups, times, st.randoms())
def test_status_does_not_depend_on_the_order_of_connections(
    connections: list[Standing], now_ms: int, random: st.DataObject
) -> None:
    """The merge of devices is the same in whatever order they are looked at."""
    shuffled = list(connections)
    random.shuffle(shuffled)  # type: ignore[attr-defined] # hypothesis hands in a Random
    assert merged_status(shuffled, now_ms) is merged_status(connections, now_ms)


@given(groups, standings, times)
def test_another_connection_never_makes_a_user_less_present(
    connections: list[Standing], one_more: Standing, now_ms: int
) -> None:
    """Opening one more tab can only raise a status, and closing one only lower it."""
    before = PRESENCE_ORDER.index(merged_status(connections, now_ms))
    after = PRESENCE_ORDER.index(merged_status([*connections, one_more], now_ms))
    assert after >= before


@given(groups, times)
def test_status_is_that_of_some_connection(connections: list[Standing], now_ms: int) -> None:
    """The merge invents nothing: some connection alone has the status of its user."""
    statuses = {connection_status(connection, now_ms) for connection in connections}
    assert merged_status(connections, now_ms) in (statuses or {Status.OFFLINE})


@given(groups, standings, claims, times)
def test_a_claim_decides_whatever_the_tabs_do(
    connections: list[Standing], one: Standing, claim: Claim, now_ms: int
) -> None:
    """Away, busy and invisible hold for every set of tabs, until they lapse; then tabs decide."""
    tabs = [one, *connections]
    alone = merged_status(tabs, now_ms)
    claimed = {"away": Status.AWAY, "busy": Status.BUSY, "invisible": Status.OFFLINE}
    expected = alone if has_lapsed(claim, now_ms) else claimed.get(claim.status, alone)
    assert status_of(tabs, claim, now_ms) is expected
    decided = deciding_rule(tabs, claim, now_ms)
    assert (decided == "claim") == (claim.status in claimed and not has_lapsed(claim, now_ms))


@given(groups, groups, claims, claims, times)
def test_the_invisible_look_exactly_like_those_who_left(
    tabs: list[Standing], others: list[Standing], claim: Claim, other: Claim, now_ms: int
) -> None:
    """Of all who are offline, with whatever claim and tabs, one and the same is shown."""
    shown, another = shown_of(tabs, claim, now_ms), shown_of(others, other, now_ms)
    if shown.status is another.status is Status.OFFLINE:
        assert shown == another == OFFLINE


@given(groups, maybe_claims, times, times)
def test_what_is_shown_changes_by_time_only_at_a_review(
    connections: list[Standing], claim: Claim | None, now_ms: int, passed_ms: int
) -> None:
    """Between now and the next review, the passing of time changes nothing that others see."""
    review_ms = next_review_ms(connections, claim, now_ms)
    later_ms = now_ms + passed_ms
    if review_ms is None or later_ms < review_ms:
        now, later = (shown_of(connections, claim, at_ms) for at_ms in (now_ms, later_ms))
        assert now == later
    else:
        assert now_ms < review_ms


@given(standings)
def test_a_lease_that_ended_names_the_nearest_cause(standing: Standing) -> None:
    """A close explains an end before a dead worker does, and that before silence."""
    cause, since_ms = ended_because(standing)
    if standing.closed_at_ms is not None:
        began = {standing.closed_at_ms, standing.closed_since_ms} - {None}
        assert (cause, since_ms in began) == ("closed", True)
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


looks = st.builds(Shown, st.sampled_from(Status), st.sampled_from(["", "lunch"]))
views = st.dictionaries(st.sampled_from("abcdef"), looks)


@given(views, st.dictionaries(st.sampled_from("abcdef"), looks))
def test_view_with_the_differences_told_equals_the_store(
    view: dict[str, Shown], people: dict[str, Shown]
) -> None:
    """Old view plus differences is the new state; nothing that is already shown is told again."""
    latest = {
        user_id: Transition(rev, user_id, s.status, 1, 0, None, "connected", "w", text=s.text)
        for rev, (user_id, s) in enumerate(people.items(), start=1)
    }
    told = differences(view, latest)
    assert all(is_transition(view.get(t.user_id, OFFLINE), t.shown) for t in told)
    assert [t.rev for t in told] == sorted(t.rev for t in told)
    after = view | {transition.user_id: transition.shown for transition in told}
    for user_id, shown in people.items():
        assert after.get(user_id, OFFLINE) == shown
