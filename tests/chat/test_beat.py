"""The beat: heads for all, ended sessions cut, memberships healed after a gap."""

import threading
from collections.abc import Callable, Collection, Sequence

import pytest

from chat.beat import Beat
from chat.connections import Connections, LiveConnection
from chat.errors import Unavailable
from chat.fanout import Fanout
from chat.ids import RoomId, SessionId, UserId
from chat.terms import ADMIN, Head
from tests.chat.live_parts import Screens, connection_of

WaitUntil = Callable[[Callable[[], object], float, str], object]
LOBBY, ATTIC, CELLAR = RoomId("lobby"), RoomId("attic"), RoomId("cellar")


class Sql:
    """What SQL would say; `is_away` makes it say nothing."""

    def __init__(self) -> None:
        self.seqs = {LOBBY: Head(7, 9), ATTIC: Head(3, 3), CELLAR: Head(1, 1)}
        self.memberships: dict[UserId, frozenset[RoomId]] = {}
        self.live: set[SessionId] = set()
        self.codes: dict[SessionId, str] = {}
        self.touched: set[SessionId] = set()
        self.is_admin: set[UserId] = set()
        self.is_away = False
        self.asked = 0
        self.while_reading: Callable[[], None] = lambda: None

    def heads(self, room_ids: Sequence[RoomId]) -> dict[RoomId, Head]:
        """Return how far these rooms go."""
        self.asked += 1
        if self.is_away:
            raise Unavailable
        return {room_id: self.seqs[room_id] for room_id in room_ids}

    def rooms_of(self, user_ids: Collection[UserId]) -> dict[UserId, frozenset[RoomId]]:
        """Return the rooms of these users, as of before while_reading."""
        rooms = {user_id: self.memberships.get(user_id, frozenset()) for user_id in user_ids}
        self.while_reading()
        return rooms

    def ended(self, session_ids: Collection[SessionId]) -> dict[SessionId, str]:
        """Return those that do not live, each with the code of its end."""
        return {one: self.codes.get(one, "expired") for one in set(session_ids) - self.live}

    def admins(self) -> frozenset[UserId]:
        """Return the administrators."""
        return frozenset(self.is_admin)

    def touch(self, session_ids: Collection[SessionId]) -> None:
        """Note that they were used."""
        self.touched |= set(session_ids)


class House:
    """A beat over a table of connections."""

    def __init__(self, heads_ms: int = 60_000) -> None:
        self.screens, self.sql = Screens(), Sql()
        self.cut: list[tuple[list[SessionId], str]] = []
        self.moves: list[tuple[UserId, set[RoomId], set[RoomId]]] = []
        self.connections = Connections(self.screens.send)
        self.fanout = Fanout(self.connections, lambda *_: None, self._cut)
        self.beat = Beat(
            self.connections,
            self.fanout,
            self.sql,
            self.sql,
            heads_ms=heads_ms,
            epoch=lambda: "epoch",
            cut=self._cut,
            tell_moves=self._moved,
            bury_ghosts=lambda: None,
        )

    def opens(self, user: str, *rooms: RoomId) -> LiveConnection:
        """Return an open connection whose session lives and who SQL says is in these rooms."""
        connection = connection_of(user)
        self.connections.add(connection)
        self.connections.enter(connection, rooms)
        connection.parked = None
        self.sql.live.add(connection.identity.session_id)
        self.sql.memberships[connection.user_id] = frozenset(rooms)
        return connection

    def _cut(self, session_ids: Sequence[SessionId], code: str) -> None:
        self.cut.append((list(session_ids), code))

    def _moved(
        self, user_id: UserId, entered: Collection[RoomId], left: Collection[RoomId]
    ) -> None:
        self.moves.append((user_id, set(entered), set(left)))


@pytest.fixture
def house() -> House:
    """A house whose beat is called by hand."""
    return House()


def test_beat_tells_each_connection_the_heads_of_its_rooms(house: House) -> None:
    """Everybody gets the newest seq of his own rooms, and the rev he was told last."""
    ann, bob = house.opens("ann", LOBBY, ATTIC), house.opens("bob", LOBBY)
    bob.told_rev = 12

    house.beat.beat()

    (ann_heads,) = house.screens.of(ann)
    assert ann_heads == (
        "room:heads",
        {
            "epoch": "epoch",
            "rev": 0,
            "heads": {"lobby": 7, "attic": 3},
            "revs": {"lobby": 9, "attic": 3},
        },
    )
    (_, bob_heads) = house.screens.of(bob)[0]
    assert (bob_heads["rev"], bob_heads["heads"]) == (12, {"lobby": 7})


def test_beat_encodes_once_for_all_in_the_same_rooms(house: House) -> None:
    """A hundred members of one room share one packet."""
    tabs = [house.opens(f"user{n}", LOBBY) for n in range(100)]

    house.beat.beat()

    assert len({id(house.screens.packets[tab.eio_sid][0]) for tab in tabs}) == 1


def test_rooms_heard_of_from_now_on_have_their_heads_told(wait_until: WaitUntil) -> None:
    """Whoever is in one of them gets the heads of all his rooms, others nothing; who is still
    connecting gets them behind his session:ready; a database that is away stops nothing."""
    house = House()
    ann, bob = house.opens("ann", LOBBY, ATTIC), house.opens("bob", CELLAR)
    eve = house.opens("eve", LOBBY)
    eve.parked = []
    before = set(threading.enumerate())
    house.beat.start()

    house.beat.look_at([LOBBY])
    wait_until(lambda: house.screens.of(ann), 10, "ann is told")
    house.sql.is_away = True
    house.beat.look_at([CELLAR])
    wait_until(lambda: house.sql.asked == 2, 10, "the database was asked")
    house.sql.is_away = False
    told = [house.screens.of(one) for one in (bob, eve)]
    house.beat.look_at([CELLAR])
    wait_until(lambda: house.screens.of(bob), 10, "it is asked again")

    assert [heads["heads"] for _, heads in house.screens.of(ann)] == [{"lobby": 7, "attic": 3}]
    assert told == [[], []]
    assert len(eve.parked) == 1
    house.beat.stop()
    wait_until(lambda: set(threading.enumerate()) <= before, 10, "the threads end")


def test_connection_that_is_not_open_yet_gets_no_heads(house: House) -> None:
    """Its session:ready brings them."""
    tab = house.opens("ann", LOBBY)
    tab.parked = []

    house.beat.beat()

    assert house.screens.of(tab) == []
    assert tab.parked == []


def test_beat_renews_live_sessions_and_cuts_ended_ones(house: House) -> None:
    """A session that SQL says is over is cut, whether or not anybody was told, and told why."""
    ann, bob = house.opens("ann"), house.opens("bob")
    house.sql.live.discard(bob.identity.session_id)
    house.sql.codes[bob.identity.session_id] = "password_changed"

    house.beat.beat()

    assert house.cut == [([bob.identity.session_id], "password_changed")]
    assert house.sql.touched == {ann.identity.session_id}


def test_beat_gives_connections_the_roles_of_sql(house: House) -> None:
    """Who missed a change of his role acts in the right one after a beat, and is told once."""
    ann, bob, eve = (house.opens(name, LOBBY) for name in ("ann", "bob", "eve"))
    house.connections.set_role(bob.user_id, ADMIN)
    house.sql.is_admin = {ann.user_id, UserId("elsewhere")}

    house.beat.beat()
    house.beat.beat()

    assert [one.identity.is_admin for one in (ann, bob, eve)] == [True, False, False]
    told = [house.screens.names(one).count("session:role") for one in (ann, bob, eve)]
    assert told == [1, 1, 0]


def test_rereading_memberships_moves_who_missed_a_move(house: House) -> None:
    """After a gap every connection is where SQL says, and only those who moved are told."""
    ann, bob = house.opens("ann", LOBBY, ATTIC), house.opens("bob", LOBBY)
    house.sql.memberships[ann.user_id] = frozenset({LOBBY, CELLAR})

    house.beat.reread_memberships()

    assert ann.rooms == {LOBBY, CELLAR}
    assert bob.rooms == {LOBBY}
    assert house.moves == [(ann.user_id, {CELLAR}, {ATTIC})]


def test_move_that_happens_while_sql_is_read_is_not_undone(house: House) -> None:
    """What was read before a move is not applied after it; it is read again."""
    ann = house.opens("ann", LOBBY)

    def joins() -> None:
        house.sql.while_reading = lambda: None
        house.sql.memberships[ann.user_id] = frozenset({LOBBY, CELLAR})
        house.connections.user_enters(ann.user_id, CELLAR)

    house.sql.while_reading = joins
    house.beat.reread_memberships()

    assert ann.rooms == {LOBBY, CELLAR}
    assert house.moves == []


def test_heal_beats_at_once_and_again_until_sql_answers(wait_until: WaitUntil) -> None:
    """After a gap nobody waits for the next beat; an absence of SQL puts it off to the next."""
    house = House(heads_ms=100)
    ann = house.opens("ann", LOBBY)
    house.sql.memberships[ann.user_id] = frozenset({ATTIC})
    house.sql.is_away = True
    before = set(threading.enumerate())
    house.beat.start()

    house.beat.heal()
    wait_until(lambda: ann.rooms == {ATTIC}, 5, "memberships are read")
    assert house.screens.of(ann) == []
    house.sql.is_away = False

    wait_until(lambda: house.screens.of(ann), 5, "heads come when SQL is back")
    house.beat.stop()
    wait_until(lambda: set(threading.enumerate()) <= before, 5, "the threads end")
