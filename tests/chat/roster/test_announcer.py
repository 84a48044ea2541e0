"""Diffs: who may see a transition gets it, in order, and a storm costs one frame for many."""

import time
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import replace
from typing import Any

import pytest

from chat.connections import Connections, LiveConnection
from chat.errors import Unavailable
from chat.fanout import Fanout
from chat.ids import RoomId, UserId
from chat.roster.announcer import Announcer
from presence.terms import SHIFTED, Status, Transition
from tests.chat.live_parts import Screens, connection_of

WaitUntil = Callable[[Callable[[], object], float, str], object]
LOBBY, ATTIC = RoomId("lobby"), RoomId("attic")
HERE = "this worker"


class House:
    """An announcer over a table of connections; SQL answers from `rooms`."""

    def __init__(self) -> None:
        self.screens = Screens()
        self.connections = Connections(self.screens.send)
        self.fanout = Fanout(self.connections, lambda *_: None, lambda *_: None)
        self.rooms: dict[UserId, frozenset[RoomId]] = {}
        self.written: list[dict[UserId, int]] = []
        self.sql_is_away = False
        self.announcer = Announcer(self.connections, self.fanout, self._rooms_of, self._note)

    def opens(self, user: str, *rooms: RoomId) -> LiveConnection:
        """Return an open connection of a user who is in these rooms."""
        connection = connection_of(user)
        self.rooms[connection.user_id] = frozenset(rooms)
        self.connections.add(connection)
        self.connections.enter(connection, rooms)
        connection.parked = None
        return connection

    def diffs(self, viewer: LiveConnection) -> list[dict[str, Any]]:
        """Return the diffs that the viewer got."""
        return [one for name, one in self.screens.of(viewer) if name == "presence:diff"]

    def changes(self, viewer: LiveConnection) -> list[tuple[str, str]]:
        """Return (user, status) of every change that the viewer got, in order."""
        return [
            (change["user_id"], change["status"])
            for diff in self.diffs(viewer)
            for change in diff["changes"]
        ]

    def _rooms_of(self, user_ids: Collection[UserId]) -> dict[UserId, frozenset[RoomId]]:
        if self.sql_is_away:
            raise Unavailable
        return {user_id: self.rooms.get(user_id, frozenset()) for user_id in user_ids}

    def _note(self, last_seen_at_ms: Mapping[UserId, int]) -> None:
        self.written.append(dict(last_seen_at_ms))


@pytest.fixture
def house() -> Iterator[House]:
    """A house whose announcer runs."""
    house = House()
    house.announcer.start()
    yield house
    house.announcer.stop()


def transition(rev: int, user: str, status: Status, *, by: str = "another worker") -> Transition:
    """Return a transition as the log has it."""
    last_seen = 1000 + rev if status is Status.OFFLINE else None
    return Transition(rev, user, status, 1, 2000 + rev, last_seen, "connected", by)


def test_transition_reaches_those_who_share_a_room_and_himself(
    house: House, wait_until: WaitUntil
) -> None:
    """Fellow members and his own tabs get it; a stranger gets nothing."""
    bob = house.opens("bob", LOBBY)
    own, stranger = house.opens("ann", LOBBY, ATTIC), house.opens("eve", RoomId("cellar"))

    house.announcer.announce("e", [transition(5, "ann", Status.AWAY)], HERE)

    wait_until(lambda: house.diffs(bob), 5, "the diff comes")
    assert house.diffs(bob) == [
        {"epoch": "e", "rev": 5, "changes": [{"user_id": "ann", "status": "away"}]}
    ]
    assert house.changes(own) == [("ann", "away")]
    assert house.screens.names(stranger) == []
    assert (bob.told_rev, stranger.told_rev) == (5, 0)


def test_user_without_rooms_sees_himself(house: House, wait_until: WaitUntil) -> None:
    """Who shares no room with anybody still sees what others would see of him."""
    ann, bob = house.opens("ann"), house.opens("bob")

    house.announcer.announce("e", [transition(1, "ann", Status.ONLINE)], HERE)

    wait_until(lambda: house.diffs(ann), 5, "the diff comes")
    assert house.diffs(bob) == []


def test_transitions_of_a_moment_come_as_one_diff_in_order(
    house: House, wait_until: WaitUntil
) -> None:
    """What happens within the gathering time is one frame, each transition in its place."""
    house.opens("ann", LOBBY)
    bob = house.opens("bob", LOBBY)

    house.announcer.announce("e", [transition(1, "ann", Status.OFFLINE)], HERE)
    house.announcer.announce("e", [transition(2, "ann", Status.ONLINE)], HERE)
    house.announcer.announce("e", [transition(3, "bob", Status.AWAY)], HERE)

    wait_until(lambda: len(house.changes(bob)) == 3, 5, "all come")
    (diff,) = house.diffs(bob)
    assert diff["rev"] == 3
    assert house.changes(bob) == [("ann", "offline"), ("ann", "online"), ("bob", "away")]
    assert diff["changes"][0]["last_seen_at_ms"] == 1001


def test_storm_costs_one_packet_for_all_viewers_in_the_same_rooms(
    house: House, wait_until: WaitUntil
) -> None:
    """Two hundred people who come at once: one packet, shared by all two hundred viewers."""
    viewers = [house.opens(f"user{n}", LOBBY) for n in range(200)]

    storm = [transition(n, f"user{n}", Status.ONLINE) for n in range(200)]
    house.announcer.announce("e", storm, HERE)

    wait_until(lambda: house.diffs(viewers[-1]), 5, "the diff comes")
    packets = {id(packet) for viewer in viewers for packet in house.screens.packets[viewer.eio_sid]}
    assert len(packets) == 1
    assert len(house.changes(viewers[0])) == 200


def test_viewers_who_may_see_the_same_share_a_packet_whatever_rooms_they_are_in(
    house: House, wait_until: WaitUntil
) -> None:
    """Hardly two of them are in the same rooms; there are as many packets as views: two."""
    cellars = [RoomId(f"cellar{n}") for n in range(100)]
    house.rooms[UserId("ann")] = frozenset({LOBBY, ATTIC})
    viewers = [house.opens(f"user{n}", LOBBY, cellar) for n, cellar in enumerate(cellars)]
    nearer = [house.opens(f"guest{n}", LOBBY, ATTIC, cellar) for n, cellar in enumerate(cellars)]
    busy = replace(transition(3, "ann", Status.BUSY), focus=("attic",))

    house.announcer.announce("e", [transition(2, "ann", Status.ONLINE), busy], HERE)

    both = [*viewers, *nearer]
    wait_until(lambda: all(house.changes(one) for one in both), 10, "all are told")
    packets = {id(packet) for viewer in both for packet in house.screens.packets[viewer.eio_sid]}
    assert len(packets) == 2
    assert "here" not in house.diffs(viewers[0])[0]["changes"][1]
    assert house.diffs(nearer[0])[0]["changes"][1]["here"] == ["attic"]


def test_viewer_in_some_of_the_rooms_sees_only_their_people(
    house: House, wait_until: WaitUntil
) -> None:
    """One batch is cut for each set of rooms."""
    both, lobby = house.opens("both", LOBBY, ATTIC), house.opens("lobby-only", LOBBY)
    house.rooms |= {UserId("ann"): frozenset({LOBBY}), UserId("carl"): frozenset({ATTIC})}

    batch = [transition(1, "ann", Status.ONLINE), transition(2, "carl", Status.ONLINE)]
    house.announcer.announce("e", batch, HERE)

    wait_until(lambda: house.diffs(both) and house.diffs(lobby), 5, "both get a diff")
    assert house.changes(both) == [("ann", "online"), ("carl", "online")]
    assert house.changes(lobby) == [("ann", "online")]
    assert house.diffs(lobby)[0]["rev"] == 2


def test_last_seen_is_written_by_the_worker_that_decided(
    house: House, wait_until: WaitUntil
) -> None:
    """Every worker reads the log; one of them writes each time down."""
    batch = [
        transition(1, "ann", Status.OFFLINE, by=HERE),
        transition(2, "bob", Status.OFFLINE),
        transition(3, "carl", Status.ONLINE, by=HERE),
    ]
    house.announcer.announce("e", batch, HERE)

    wait_until(lambda: house.written, 5, "it is written")
    assert house.written == [{UserId("ann"): 1001}]


def test_diffs_wait_while_sql_is_away(house: House, wait_until: WaitUntil) -> None:
    """Nobody can be told whose audience is not known: the diff comes, whole, when SQL is back."""
    bob = house.opens("bob", LOBBY)
    house.sql_is_away = True
    house.announcer.announce("e", [transition(1, "bob", Status.AWAY)], HERE)
    time.sleep(0.2)  # longer than the gathering time: it was tried
    house.announcer.announce("e", [transition(2, "bob", Status.ONLINE)], HERE)
    assert house.diffs(bob) == []

    house.sql_is_away = False

    wait_until(lambda: len(house.changes(bob)) == 2, 5, "both come")
    assert house.changes(bob) == [("bob", "away"), ("bob", "online")]


def test_resync_and_loss_of_sight_reach_everybody_here(house: House) -> None:
    """When presence is away, and when it is back, every tab is told."""
    tabs = [house.opens("ann", LOBBY), house.opens("bob")]

    house.announcer.lose_sight()
    house.announcer.resync("new")

    for tab in tabs:
        assert house.screens.of(tab) == [
            ("presence:unknown", {}),
            ("presence:resync", {"epoch": "new"}),
        ]


def test_resync_drops_what_waits_of_the_old_life(house: House, wait_until: WaitUntil) -> None:
    """Transitions of an epoch that is over are not told after the resync."""
    bob = house.opens("bob", LOBBY)

    house.announcer.announce("old", [transition(9, "bob", Status.AWAY)], HERE)
    house.announcer.resync("new")
    house.announcer.announce("new", [transition(1, "bob", Status.ONLINE)], HERE)

    wait_until(lambda: house.diffs(bob), 5, "the new one comes")
    assert [diff["epoch"] for diff in house.diffs(bob)] == ["new"]


def shift(rev: int, user: str, left: tuple[str, ...], focus: tuple[str, ...]) -> Transition:
    """Return an entry of the log in which the focus alone changed."""
    entry = transition(rev, user, Status.ONLINE)
    return replace(entry, cause=SHIFTED, left=left, focus=focus)


def test_shift_reaches_the_members_of_its_rooms_alone(house: House, wait_until: WaitUntil) -> None:
    """Who shares another room learns nothing, who shares one of the two learns no more."""
    house.rooms[UserId("ann")] = frozenset({LOBBY, ATTIC, RoomId("cellar")})
    both, lobby = house.opens("both", LOBBY, ATTIC), house.opens("lobby-only", LOBBY)
    cellar = house.opens("cellar-only", RoomId("cellar"))

    house.announcer.announce("e", [shift(3, "ann", ("lobby",), ("attic", "secret"))], HERE)

    wait_until(lambda: house.diffs(both) and house.diffs(lobby), 5, "both get a diff")
    (seen,) = house.diffs(both)
    assert seen["changes"] == [{"user_id": "ann", "status": "online", "here": ["attic"]}]
    assert house.diffs(lobby)[0]["changes"] == [{"user_id": "ann", "status": "online"}]
    assert house.screens.names(cellar) == []
    assert cellar.told_rev == 0


def test_transition_tells_where_he_is_as_each_viewer_may_know(
    house: House, wait_until: WaitUntil
) -> None:
    """The same transition: one viewer shares the room that he has in front, the other does not."""
    house.rooms[UserId("ann")] = frozenset({LOBBY, ATTIC})
    both, lobby = house.opens("both", LOBBY, ATTIC), house.opens("lobby-only", LOBBY)
    busy = replace(transition(3, "ann", Status.BUSY), focus=("attic",))

    house.announcer.announce("e", [busy], HERE)

    wait_until(lambda: house.diffs(both) and house.diffs(lobby), 5, "both get a diff")
    assert house.diffs(both)[0]["changes"][0]["here"] == ["attic"]
    assert "here" not in house.diffs(lobby)[0]["changes"][0]


def test_room_that_he_is_no_member_of_any_more_is_not_told(
    house: House, wait_until: WaitUntil
) -> None:
    """His tab may still claim it: SQL decides."""
    house.rooms[UserId("ann")] = frozenset({LOBBY})
    both = house.opens("both", LOBBY, ATTIC)

    house.announcer.announce("e", [shift(3, "ann", ("lobby",), ("attic",))], HERE)

    wait_until(lambda: house.diffs(both), 5, "the diff comes")
    assert house.diffs(both)[0]["changes"] == [{"user_id": "ann", "status": "online"}]
