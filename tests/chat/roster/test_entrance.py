"""The entrance: the order of connecting, and that nothing is left behind by those refused."""

from collections.abc import Callable

import pytest

from chat import wire
from chat.connections import Connections
from chat.errors import Banned, Unavailable
from chat.fanout import Fanout
from chat.ids import RoomId, SessionId, UserId
from chat.roster.departures import Departures
from chat.roster.entrance import Entrance, HouseRules, Knock
from chat.terms import Head, Identity
from presence.binding import Entered, Left
from presence.errors import Refused
from presence.terms import Changes, Connection, Snapshot
from tests.chat.conftest import MovedClock
from tests.chat.live_parts import Screens

LOBBY = RoomId("lobby")
ANN = Identity(UserId("ann"), "ann", "Ann", SessionId("session"))


class StillPresence:
    """A store in which nothing happens."""

    epoch: str | None = "epoch"
    rev = 41
    available = True

    def snapshot(self, user_ids: object) -> Snapshot:
        """Return nobody."""
        return Snapshot("epoch", self.rev, {})

    def since(self, epoch: str, rev: int) -> Changes:
        """Return nothing."""
        return Changes("epoch", self.rev, (), reset=False)

    def focused(self) -> dict[str, list[str]]:
        """Return nobody."""
        return {}


class House:
    """An entrance with knobs."""

    def __init__(self, clock: MovedClock) -> None:
        self.screens = Screens()
        self.connections = Connections(self.screens.send)
        self.fanout = Fanout(self.connections, lambda *_: None, lambda *_: None)
        self.identity: Identity | None = ANN
        self.refuses: Exception | None = None
        self.while_sql_is_asked: Callable[[], None] = lambda: None
        self.is_draining = False
        self.knock = Knock("sid", "eio", "192.0.2.1", "http://chat.example", "chat.example")
        self.farewells: list[str] = []
        self.owned: list[tuple[str, str]] = []
        self.departures = Departures(5000, clock)
        self.entrance = Entrance(
            self.connections,
            self.fanout,
            StillPresence(),
            self._heads_for,
            self._rules(),
            knock=lambda: self.knock,
            identify=self._identify,
            close_soon=self.farewells.append,
            belongs=lambda engine_sid, user_id: self.owned.append((engine_sid, user_id)),
            departures=self.departures,
            own_claim=lambda _: wire.OwnClaim("busy", "lunch", "🍜", None, 3),
        )

    def enters(self) -> None:
        """Somebody knocks, is let in and has CONNECT answered."""
        self.entrance.identify({"visible": True})
        self.entrance.entered(Entered("sid", Connection("c1", "ann", "epoch", 41), "sid"))
        self.entrance.opened("sid")

    def shown(self) -> list[tuple[str, object]]:
        """Return what the socket was sent."""
        tab = self.connections.get("sid")
        assert tab is not None
        return list(self.screens.of(tab))

    def _identify(self) -> Identity | None:
        if self.refuses is not None:
            raise self.refuses
        return self.identity

    def _heads_for(self, user_id: UserId) -> dict[RoomId, Head]:
        self.while_sql_is_asked()
        return {LOBBY: Head(7, 9)}

    def _rules(self) -> HouseRules:
        return HouseRules(
            is_origin_allowed=lambda origin, host: origin == f"http://{host}",
            is_draining=lambda: self.is_draining,
            user_connections=2,
            ping_ms=1,
            grace_ms=2,
            lease_ms=3,
            heads_ms=4,
            bounds_ms=wire.BoundsMs(5, 6, 7, 8),
        )


@pytest.fixture
def house(moved_clock: MovedClock) -> House:
    """An entrance that lets Ann in."""
    return House(moved_clock)


def test_first_event_is_session_ready_with_everything_of_the_protocol(house: House) -> None:
    """A client learns who it is, where it stands, and the timings it may rely on."""
    house.enters()

    assert house.shown() == [
        (
            "session:ready",
            {
                "user": {"id": "ann", "username": "ann", "display_name": "Ann"},
                "connection_id": "c1",
                "epoch": "epoch",
                "rev": 41,
                "heads": {"lobby": 7},
                "revs": {"lobby": 9},
                "ping_ms": 1,
                "grace_ms": 2,
                "lease_ms": 3,
                "heads_ms": 4,
                "bounds_ms": {
                    "tab_closed": 5,
                    "silent": 6,
                    "worker_killed": 7,
                    "signed_out": 8,
                },
                "presence_known": True,
                "own": {
                    "status": "busy",
                    "text": "lunch",
                    "emoji": "🍜",
                    "until_ms": None,
                    "version": 3,
                },
                "role": "user",
                "retention_days": 0,
            },
        )
    ]


def test_edge_learns_whose_socket_it_is(house: House) -> None:
    """All sockets of a user share a bucket: the edge must know them."""
    house.enters()

    assert house.owned == [(house.knock.engine_sid, "ann")]


def test_what_happens_while_somebody_connects_comes_after_session_ready(house: House) -> None:
    """A message and a room joined in between are neither lost nor early."""
    attic = RoomId("attic")
    left = wire.RoomLeft(room_id="attic")

    def meanwhile() -> None:
        house.fanout.to_user(ANN.user_id, "room:left", left)
        house.connections.user_enters(ANN.user_id, attic)

    house.while_sql_is_asked = meanwhile
    house.enters()

    assert [name for name, _ in house.shown()] == ["session:ready", "room:left"]
    tab = house.connections.get("sid")
    assert tab is not None
    assert tab.rooms == {LOBBY, attic}


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (lambda house: setattr(house, "is_draining", True), "draining"),
        (
            lambda house: setattr(
                house, "knock", Knock("sid", "eio", "192.0.2.1", "http://evil", "chat.example")
            ),
            "wrong_origin",
        ),
        (lambda house: setattr(house, "identity", None), "not_signed_in"),
        (lambda house: setattr(house, "refuses", Banned()), "banned"),
        (lambda house: setattr(house, "refuses", Unavailable()), "unavailable"),
        (lambda house: setattr(house, "refuses", RuntimeError("a defect")), "internal"),
    ],
)
def test_refused_socket_gets_a_code_and_leaves_nothing(
    house: House, change: Callable[[House], None], code: str
) -> None:
    """Every refusal has its code, and the table is as before."""
    change(house)

    with pytest.raises(Refused) as refusal:
        house.entrance.identify(None)

    assert refusal.value.code == code
    assert (len(house.connections), house.connections.rooms()) == (0, [])


@pytest.mark.parametrize("auth", [{"visible": "yes"}, {"token": "x"}, 1, "text", [1]])
def test_wrong_auth_is_invalid(house: House, auth: object) -> None:
    """An auth of another shape is refused, not ignored."""
    with pytest.raises(Refused) as refusal:
        house.entrance.identify(auth)

    assert refusal.value.code == "invalid"


def test_sql_that_fails_after_the_table_was_entered_leaves_nothing(house: House) -> None:
    """A failure in the middle of connecting leaves no ghost in the table."""

    def fail() -> None:
        raise Unavailable

    house.while_sql_is_asked = fail

    with pytest.raises(Refused) as refusal:
        house.entrance.identify(None)

    assert refusal.value.code == "unavailable"
    assert len(house.connections) == 0


def test_third_connection_of_two_is_refused(house: House) -> None:
    """The connections of one user on a worker are bounded."""
    for n in range(2):
        house.knock = Knock(
            f"sid{n}", f"eio{n}", "192.0.2.1", "http://chat.example", "chat.example"
        )
        house.entrance.identify(None)
    house.knock = Knock("sid2", "eio2", "192.0.2.1", "http://chat.example", "chat.example")

    with pytest.raises(Refused) as refusal:
        house.entrance.identify(None)

    assert refusal.value.code == "too_many_connections"
    assert len(house.connections) == 2


def test_who_leaves_is_forgotten_everywhere_but_among_the_departed(
    house: House, moved_clock: MovedClock
) -> None:
    """The table is empty, the socket is closed soon, and signing out can still end the grace."""
    house.enters()

    house.entrance.left(Left("sid", Connection("c1", "ann", "epoch", 41), "sid", "gone"))

    assert (len(house.connections), house.connections.rooms()) == (0, [])
    assert house.farewells == ["eio"]
    assert house.departures.of(SessionId("session")) == ["c1"]
    moved_clock.passes(6)
    assert house.departures.of(SessionId("session")) == []


def test_connection_without_a_socket_is_buried(house: House) -> None:
    """A ghost, however it came about, does not outlive the next beat."""
    house.enters()

    assert house.entrance.bury_ghosts(lambda _engine_sid: True) == []
    (ghost,) = house.entrance.bury_ghosts(lambda _engine_sid: False)

    assert ghost.id == "c1"
    assert len(house.connections) == 0
