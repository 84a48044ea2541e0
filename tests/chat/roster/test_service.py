"""Rosters over a real presence store and a real database: fellow members, and no false word."""

import math
from collections.abc import Callable, Iterator
from functools import partial

import pytest
from msgspec import UNSET

from chat import wire
from chat.db import Database
from chat.errors import NotFound, NotMember, Unavailable
from chat.ids import RoomId
from chat.redis_client import connect, connect_blocking
from chat.roster.last_seen import LastSeen
from chat.roster.service import Roster
from chat.roster.sheets import AT_ONCE
from presence.timings import Timings
from presence.tracker import Tracker
from tests.chat.conftest import MovedClock
from tests.chat.house import House
from tests.support.redis_process import RedisProcess

WaitUntil = Callable[[Callable[[], object], float, str], object]
QUICK = Timings(
    ping_ms=1000,
    ping_timeout_ms=800,
    renew_ms=800,
    lease_ms=3000,
    worker_lease_ms=1000,
    grace_ms=300,
    sweep_ms=50,
    hidden_away_ms=1000,
)


@pytest.fixture
def house(db: Database, moved_clock: MovedClock) -> House:
    """Rooms and messages on a fresh database."""
    return House(db, moved_clock)


@pytest.fixture
def tracker(redis_server: RedisProcess) -> Iterator[Tracker]:
    """Presence as one worker has it, on an empty Redis."""
    redis_server.flush()
    client = connect(redis_server.url)
    tracker = Tracker(
        client,
        partial(connect_blocking, redis_server.url),
        QUICK,
        on_transitions=lambda _epoch, _transitions: None,
        on_reset=lambda _epoch: None,
        on_available=lambda _is_available: None,
    )
    tracker.start()
    yield tracker
    tracker.stop()
    client.close()


@pytest.fixture
def roster(house: House, tracker: Tracker) -> Roster:
    """The roster over both."""
    return Roster(tracker, house.memberships, lambda: None)


def statuses(members: list[wire.Member]) -> dict[str, str]:
    """Return the status of each by username."""
    return {member.username: member.status for member in members}


def test_roster_of_a_room_names_its_members_with_their_statuses(
    house: House, tracker: Tracker, roster: Roster
) -> None:
    """Online are those with a connection; the others are offline; nobody else is named."""
    ann, bob, eve = (house.signs_up(name) for name in ("ann", "bob", "eve"))
    room_id = house.opens_room(ann, bob)
    for person in (ann, eve):
        tracker.connected(person.user_id)

    found = roster.of_room(ann, room_id)

    assert statuses(found.members) == {"ann": "online", "bob": "offline"}
    assert (found.epoch, found.rev) == (tracker.epoch, 2)
    with pytest.raises(NotMember):
        roster.of_room(eve, room_id)


def test_roster_of_thousands_lets_others_run_while_it_is_made(
    house: House, tracker: Tracker
) -> None:
    """People are read and told in parts: between two of them it is somebody else's turn."""
    ann = house.signs_up("ann")
    room_id = house.opens_room(ann)
    house.fills(room_id, 2_100)
    pauses: list[None] = []
    roster = Roster(tracker, house.memberships, lambda: pauses.append(None))

    members = roster.of_room(ann, room_id).members

    assert [one.username for one in members] == sorted(one.username for one in members)
    assert len(members) == 2_101
    assert len(pauses) == 2 * math.ceil(2_101 / AT_ONCE) + 2


def test_presence_of_one_user_is_for_those_who_share_a_room(
    house: House, tracker: Tracker, roster: Roster
) -> None:
    """A stranger's presence does not exist; one's own always does."""
    ann, bob, eve = (house.signs_up(name) for name in ("ann", "bob", "eve"))
    house.opens_room(ann, bob)
    tracker.connected(bob.user_id)

    assert roster.of_user(ann, bob.user_id).status == "online"
    assert roster.of_user(eve, eve.user_id).status == "offline"
    with pytest.raises(NotFound):
        roster.of_user(eve, bob.user_id)


def test_sync_from_nowhere_is_all_and_from_a_known_place_the_changes(
    house: House, tracker: Tracker, roster: Roster
) -> None:
    """All with reset the first time; later only who changed, and only whom the viewer may see."""
    ann, bob, eve = (house.signs_up(name) for name in ("ann", "bob", "eve"))
    house.opens_room(ann, bob)
    tracker.connected(ann.user_id)
    everybody = roster.synced(ann, wire.RosterSync())
    assert statuses(everybody.people) == {"ann": "online", "bob": "offline"}
    assert everybody.reset is True

    for person in (bob, eve):
        tracker.connected(person.user_id)
    changed = roster.synced(ann, wire.RosterSync(epoch=everybody.epoch, rev=everybody.rev))

    assert statuses(changed.people) == {"bob": "online"}
    assert changed.reset is not True
    assert changed.rev == everybody.rev + 2


@pytest.mark.parametrize("place", [("another life", 1), ("", 0)])
def test_sync_from_another_epoch_is_all(
    house: House, roster: Roster, place: tuple[str, int]
) -> None:
    """A place that this store never had is answered with everything."""
    ann = house.signs_up("ann")

    synced = roster.synced(ann, wire.RosterSync(epoch=place[0], rev=place[1]))

    assert (synced.reset, statuses(synced.people)) == (True, {"ann": "offline"})


def test_old_roster_and_changes_equal_a_new_roster(
    house: House, tracker: Tracker, roster: Roster
) -> None:
    """Everything, then the changes since: the same as everything asked for now."""
    people = [house.signs_up(name) for name in ("ann", "bob", "carol", "dora")]
    ann = people[0]
    house.opens_room(ann, *people[1:])
    connections = [tracker.connected(person.user_id) for person in people]
    held = roster.synced(ann, wire.RosterSync())

    tracker.signed_out(connections[1].id)
    tracker.set_visible(connections[2].id, False, idle=True)
    tracker.connected(people[1].user_id)
    changed = roster.synced(ann, wire.RosterSync(epoch=held.epoch, rev=held.rev))

    shown = {member.user_id: member for member in held.people}
    shown |= {member.user_id: member for member in changed.people}
    fresh = roster.synced(ann, wire.RosterSync())
    assert {one: line.status for one, line in shown.items()} == {
        line.user_id: line.status for line in fresh.people
    }


def test_last_seen_comes_from_sql_when_the_store_forgot(house: House, roster: Roster) -> None:
    """A Redis that lost everything does not make people who were never here of us."""
    ann, bob = house.signs_up("ann"), house.signs_up("bob")
    room_id = house.opens_room(ann, bob)
    last_seen = LastSeen(house.db)
    last_seen.note({bob.user_id: 5000})
    last_seen.note({bob.user_id: 4000})

    lines = {member.username: member for member in roster.of_room(ann, room_id).members}

    assert (lines["bob"].status, lines["bob"].last_seen_at_ms) == ("offline", 5000)
    assert lines["ann"].last_seen_at_ms is None


def test_while_presence_is_away_people_are_unknown_never_offline(
    house: House, db: Database, tmp_path: object
) -> None:
    """Rosters name the members as unknown, and a sync says that it cannot tell."""
    ann = house.signs_up("ann")
    room_id = house.opens_room(ann)
    nowhere = connect("redis://127.0.0.1:1/0")
    blind = Tracker(
        nowhere,
        partial(connect_blocking, "redis://127.0.0.1:1/0"),
        QUICK,
        on_transitions=lambda _epoch, _transitions: None,
        on_reset=lambda _epoch: None,
        on_available=lambda _is_available: None,
    )
    roster = Roster(blind, house.memberships, lambda: None)

    found = roster.of_room(ann, room_id)

    assert (found.epoch, found.rev, statuses(found.members)) == ("", 0, {"ann": "unknown"})
    assert roster.of_user(ann, ann.user_id).status == "unknown"
    with pytest.raises(Unavailable):
        roster.synced(ann, wire.RosterSync())
    nowhere.close()


def here(members: list[wire.Member]) -> dict[str, list[str]]:
    """Return the rooms in which each is here, by username; only of who is here anywhere."""
    return {one.username: list(one.here) for one in members if one.here}


def test_here_is_told_in_the_rooms_that_viewer_and_user_share(
    house: House, tracker: Tracker, roster: Roster
) -> None:
    """On every path: the room's roster, the whole roster and the changes since a place."""
    ann, bob, eve = (house.signs_up(name) for name in ("ann", "bob", "eve"))
    den, attic = house.opens_room(ann, bob), house.opens_room(bob, eve, name="Attic")
    tab = tracker.connected(bob.user_id)
    before = roster.synced(ann, wire.RosterSync())

    tracker.set_visible(tab.id, True, focus=den)

    assert here(roster.of_room(ann, den).members) == {"bob": [den]}
    assert here(roster.of_room(eve, attic).members) == {}
    assert here(roster.synced(ann, wire.RosterSync()).people) == {"bob": [den]}
    changed = roster.synced(ann, wire.RosterSync(epoch=before.epoch, rev=before.rev))
    assert (here(changed.people), changed.reset) == ({"bob": [den]}, UNSET)
    nothing = roster.synced(eve, wire.RosterSync(epoch=before.epoch, rev=before.rev))
    assert (nothing.people, nothing.rev) == ([], changed.rev)


def test_count_of_those_here_is_for_members(
    house: House, tracker: Tracker, roster: Roster, wait_until: WaitUntil
) -> None:
    """Each room of the viewer has a count, other rooms none; who left the room does not count."""
    ann, bob, eve = (house.signs_up(name) for name in ("ann", "bob", "eve"))
    den, attic = house.opens_room(ann, bob), house.opens_room(eve, name="Attic")
    for person in (ann, bob, eve):
        tab = tracker.connected(person.user_id)
        tracker.set_visible(tab.id, True, focus=attic if person is eve else den)
    wait_until(lambda: len(tracker.focused()) == 2, 5, "the log was read")

    assert roster.here_counts(ann.user_id) == {den: 2}
    assert roster.here_counts(eve.user_id) == {attic: 1}
    house.rooms.leave(bob, RoomId(den))
    assert roster.here_counts(ann.user_id) == {den: 1}
