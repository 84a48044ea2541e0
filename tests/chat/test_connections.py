"""The table of live connections: found by everything, and nothing lost while one connects."""

import socket

from engineio.packet import MESSAGE, Packet

from chat.connections import Connections
from chat.ids import RoomId, SessionId, UserId
from chat.outgoing import Outgoing
from chat.packets import frame_of
from tests.chat.live_parts import Screens, connection_of

LOBBY, ATTIC = RoomId("lobby"), RoomId("attic")
ANN = UserId("ann")


def table() -> tuple[Connections, Screens]:
    """Return an empty table and what its connections get."""
    screens = Screens()
    return Connections(screens.send), screens


def packet(name: str) -> Packet:
    """Return an event without content."""
    return Packet(MESSAGE, f'2["{name}",{{}}]')


def test_connection_added_is_found_by_everything_and_gone_when_removed() -> None:
    """After remove no index of the table holds the connection any more."""
    connections, _ = table()
    tab = connection_of("ann", address="192.0.2.7")
    connections.add(tab)
    connections.enter(tab, [LOBBY])

    assert connections.get(tab.sid) is tab
    assert connections.of_user(ANN) == [tab]
    assert connections.of_session(SessionId("session-ann")) == [tab]
    assert connections.in_room(LOBBY) == [tab]
    assert connections.count_of_address("192.0.2.7") == 1

    assert connections.remove(tab.sid) is tab
    assert connections.remove(tab.sid) is None
    assert (len(connections), connections.rooms(), connections.user_ids()) == (0, [], [])
    assert (connections.session_ids(), connections.count_of_address("192.0.2.7")) == ([], 0)


def test_first_and_last_member_of_a_room_are_told() -> None:
    """By entering, joining, leaving and closing: once when somebody is there, once when nobody."""
    connections, _ = table()
    seen: list[tuple[str, bool]] = []
    connections.on_room = lambda room_id, *, is_here: seen.append((room_id, is_here))
    first, second = connection_of("ann"), connection_of("ann")
    for tab in (first, second):
        connections.add(tab)
        connections.enter(tab, [LOBBY])
    connections.user_enters(ANN, ATTIC)
    connections.remove(first.sid)
    assert seen == [(LOBBY, True), (ATTIC, True)]

    connections.user_leaves(ANN, ATTIC)
    connections.remove(second.sid)

    assert seen[2:] == [(ATTIC, False), (LOBBY, False)]


def test_packets_for_a_connection_that_is_not_open_come_after_the_first_one() -> None:
    """What is sent while a tab connects is parked, and follows session:ready in order."""
    connections, screens = table()
    tab = connection_of("ann")
    connections.add(tab)

    connections.send(packet("one"), [tab])
    connections.send(packet("two"), [tab])
    assert screens.names(tab) == []
    connections.open_to(tab, packet("session:ready"))
    connections.send(packet("three"), [tab])

    assert screens.names(tab) == ["session:ready", "one", "two", "three"]


def test_rooms_moved_while_sql_was_asked_win_over_what_it_said() -> None:
    """A room left after SQL was read is not entered; one entered meanwhile is kept."""
    connections, _ = table()
    tab = connection_of("ann")
    connections.add(tab)

    connections.user_leaves(ANN, LOBBY)
    connections.user_enters(ANN, ATTIC)
    connections.enter(tab, [LOBBY])

    assert tab.rooms == {ATTIC}
    assert connections.in_room(LOBBY) == []


def test_every_tab_of_a_user_enters_and_leaves_together() -> None:
    """Membership is the user's: all his tabs move, nobody else's do."""
    connections, _ = table()
    tabs = [connection_of("ann"), connection_of("ann")]
    other = connection_of("bob")
    for tab in (*tabs, other):
        connections.add(tab)

    connections.user_enters(ANN, LOBBY)
    assert connections.in_room(LOBBY) == tabs
    connections.user_leaves(ANN, LOBBY)

    assert connections.in_room(LOBBY) == []
    assert not connections.has_room(LOBBY)


def test_connection_that_left_while_it_entered_is_in_no_room() -> None:
    """Rooms loaded for a connection that is gone leave nothing behind in the table."""
    connections, _ = table()
    tab = connection_of("ann")
    connections.add(tab)
    connections.remove(tab.sid)

    connections.enter(tab, [LOBBY])

    assert connections.rooms() == []


def test_set_rooms_corrects_open_connections_only() -> None:
    """Healing moves who is open; a connection that still connects knows better itself."""
    connections, _ = table()
    is_open, connecting = connection_of("ann"), connection_of("ann")
    for tab in (is_open, connecting):
        connections.add(tab)
    connections.enter(is_open, [LOBBY])
    connections.open_to(is_open, packet("session:ready"))

    connections.set_rooms(ANN, frozenset({ATTIC}))

    assert is_open.rooms == {ATTIC}
    assert connecting.rooms == frozenset()
    assert connections.rooms_of_user(ANN) == {ATTIC}


def test_packets_take_the_way_once_it_is_known() -> None:
    """The first goes through the edge, which may know the way; those after it go there in order,
    and what is sent before `session:ready` waits for it as ever."""
    near, far = socket.socketpair()
    way = Outgoing(Plain(near), spawn=lambda _task: None, cut=lambda _reason: None)
    screens, known = Screens(), iter([None, way])

    def send(engine_sid: str, packet: Packet) -> Outgoing | None:
        screens.send(engine_sid, packet)
        return next(known)

    connections, tab = Connections(send), connection_of("ann")
    packets = [packet(name) for name in ("parked", "searched", "third", "fourth")]
    connections.add(tab)

    connections.send(packets[0], [tab])
    assert (screens.names(tab), tab.way) == ([], None)
    connections.open_to(tab, packet("ready"))
    for one in packets[1:]:
        connections.send(one, [tab])

    with near, far:
        assert screens.names(tab) == ["ready", "parked"]
        assert far.recv(1_000) == b"".join(map(frame_of, packets[1:]))


class Plain:
    """A socket with a plain one beneath, as eventlet's is shaped."""

    def __init__(self, fd: socket.socket) -> None:
        self.fd = fd

    def sendall(self, data: bytes | memoryview) -> None:
        """Send all of it."""
        self.fd.sendall(data)
