"""What a WebSocket was sent: judged when it came, served in order, bounded, and ended once."""

import logging
from collections.abc import Callable

import pytest
from engineio.packet import Packet

from chat.edge import FLOOD_DEBT_MAX, FRAMES_PER_EVENT
from chat.edge_socket import EdgeSocket
from chat.frames import BINARY, CLOSE, NORMAL, PIECE, PING, PONG, TEXT, close_frame
from chat.incoming import INBOX_MAX, LINGER_READS, READ_BYTES, Incoming
from tests.chat.conftest import MovedClock
from tests.chat.edge_house import BURST, PACKET_BYTES, FakeLine, House, closed_with, sent
from tests.support.raw import frame_of

GOING = (1001).to_bytes(2, "big")


@pytest.fixture
def house(moved_clock: MovedClock) -> House:
    """A guarded server."""
    return House(moved_clock)


class SlowLine(FakeLine):
    """A line whose greenlets run when the test says so."""

    def __init__(self) -> None:
        super().__init__()
        self.waiting: list[Callable[[], None]] = []

    def soon(self, fn: Callable[[], None]) -> None:
        """Run fn at the next turn."""
        self.waiting.append(fn)

    def turns(self) -> None:
        """Whatever is ready runs, and what becomes ready of that."""
        while self.waiting:
            self.waiting.pop(0)()


class Owner:
    """Whose packets they are: remembers all that is asked of it."""

    def __init__(self) -> None:
        self.is_over = False
        self.served: list[str] = []
        self.cuts: list[tuple[str, int | None]] = []
        self.written: list[bytes] = []
        self.ends: list[int | None] = []
        self.fails: Exception | None = None
        self.then: Callable[[], None] = lambda: None

    def has_frame_token(self) -> bool:
        """There is always one."""
        return True

    def judge(self, text: str) -> Packet | None:
        """Every packet is to be served, but one that fails at once."""
        if text == "4fails":
            raise ValueError(text)
        return Packet(int(text[0]), text[1:])

    def cut(self, reason: str, close_code: int | None) -> None:
        """End the connection."""
        self.cuts.append((reason, close_code))
        self.is_over = True

    def write(self, frame: bytes) -> None:
        """Send a control frame."""
        self.written.append(frame)

    def serve(self, packet: Packet) -> None:
        """Do what the packet asks for."""
        if self.fails is not None:
            raise self.fails
        self.served.append(str(packet.data))

    def pause(self) -> None:
        """Let others run."""
        self.then()

    def ended(self, close_code: int | None) -> None:
        """Nothing comes any more."""
        self.ends.append(close_code)


@pytest.fixture
def owner() -> Owner:
    """Whose packets they are."""
    return Owner()


@pytest.fixture
def line(owner: Owner) -> SlowLine:
    """A connection that is read."""
    line = SlowLine()
    Incoming(line, owner, PACKET_BYTES).begin()
    return line


def event(number: int) -> bytes:
    """Return a packet in a frame."""
    return frame_of(TEXT, b"4%d" % number)


def test_packets_are_served_in_order(owner: Owner, line: SlowLine) -> None:
    """However they come: several at once, in pieces, while others are served."""
    line.arrives(event(1) + event(2) + event(3)[:4])
    owner.then = lambda: line.arrives(event(5)) if len(owner.served) == 3 else None
    line.turns()
    line.arrives(event(3)[4:] + event(4))
    line.turns()

    assert owner.served == ["1", "2", "3", "4", "5"]
    assert owner.ends == []


def test_idle_connection_has_no_greenlet(owner: Owner, line: SlowLine) -> None:
    """What waits for nothing costs nothing: neither a part of a packet nor a ping starts one."""
    line.arrives(frame_of(PING, b"?"))
    line.arrives(event(1)[:3])
    assert line.waiting == []
    assert owner.written == [b"\x8a\x01?"]

    line.arrives(event(1)[3:] + event(2))
    assert len(line.waiting) == 1
    line.turns()
    assert owner.served == ["1", "2"]


def test_who_sends_more_than_is_served_is_read_no_further(owner: Owner, line: SlowLine) -> None:
    """What waits in memory is bounded, the rest waits outside, and nothing is lost of it."""
    line.arrives(b"".join(event(number) for number in range(5 * INBOX_MAX)))
    assert line.arrived is None, "it is not read while there is no room"
    assert line.unread > INBOX_MAX

    while line.waiting:
        line.turns()
        line.reads()

    assert owner.served == [str(number) for number in range(5 * INBOX_MAX)]
    assert line.arrived is not None


def test_end_is_told_once_all_is_served(owner: Owner, line: SlowLine) -> None:
    """The client closed behind his packets: they count all the same."""
    line.arrives(event(1) + event(2))
    line.arrives(b"")
    assert (owner.served, owner.ends) == ([], [])

    line.turns()
    assert (owner.served, owner.ends) == (["1", "2"], [None])


def test_farewell_is_answered_once_all_is_served(owner: Owner, line: SlowLine) -> None:
    """What a client sends behind its close does not count. Source: RFC 6455, 5.5.1."""
    line.arrives(event(1) + frame_of(CLOSE, GOING) + event(2))
    line.turns()

    assert (owner.served, owner.ends) == (["1"], [1001])
    assert line.arrived is None


def test_callback_that_is_late_tells_no_second_end(owner: Owner, line: SlowLine) -> None:
    """eventlet may call once more whoever it gathered before."""
    late = line.arrived
    assert late is not None
    line.arrives(b"")
    line.turns()
    line.close()
    late(0)
    line.turns()

    assert owner.ends == [None]


def test_who_was_told_to_go_is_read_for_a_while(owner: Owner, line: SlowLine) -> None:
    """Closed with bytes unread, the kernel would reset the connection before the code is there."""
    line.arrives(frame_of(BINARY, b"x"))
    line.turns()
    assert owner.cuts == [("binary", 1003)]
    assert (line.arrived is None, owner.ends) == (False, [])

    for _ in range(LINGER_READS - 1):
        line.arrives(event(1))
    line.turns()
    assert owner.ends == []
    line.arrives(event(1))
    line.turns()
    assert (owner.served, owner.ends) == ([], [None])


def test_who_was_told_to_go_and_closes_is_gone(owner: Owner, line: SlowLine) -> None:
    """He took his farewell."""
    line.arrives(frame_of(BINARY, b"x"))
    line.arrives(frame_of(CLOSE, GOING))
    line.arrives(b"")
    line.turns()

    assert owner.ends == [None]


def test_what_waits_of_one_who_was_cut_is_not_served(owner: Owner, line: SlowLine) -> None:
    """A flooder's packets, that came before he was cut."""
    line.arrives(event(1) + event(2) + event(3))
    owner.then = lambda: owner.cut("slow", None)
    line.turns()
    assert (owner.served, owner.ends) == (["1"], [])

    line.arrives(b"")
    line.turns()
    assert (owner.served, owner.ends) == (["1"], [None])


@pytest.mark.parametrize(
    ("fault", "is_logged"), [(OSError("gone"), False), (ValueError("ours"), True)]
)
def test_packet_that_cannot_be_taken_ends_the_connection(
    owner: Owner,
    line: SlowLine,
    caplog: pytest.LogCaptureFixture,
    fault: Exception,
    is_logged: bool,
) -> None:
    """A fault of ours is in the log; that a client went is none."""
    owner.fails = fault
    line.arrives(event(1) + event(2))
    line.turns()

    assert (owner.served, owner.ends, line.arrived) == ([], [None], None)
    assert [one.levelno for one in caplog.records] == [logging.ERROR] * is_logged


def test_fault_where_the_loop_calls_ends_the_connection(
    owner: Owner, line: SlowLine, caplog: pytest.LogCaptureFixture
) -> None:
    """The loop would forget the descriptor, and the connection would hang for ever."""
    line.arrives(frame_of(TEXT, b"4fails"))
    line.turns()

    assert (owner.ends, line.arrived) == ([None], None)
    assert [one.levelno for one in caplog.records] == [logging.ERROR]


def test_flooder_is_closed_however_dear_his_events_are(house: House) -> None:
    """Each of his events takes so long that his bucket fills meanwhile; what waits unread was sent
    too fast all the same."""
    house.server.on("dear", lambda _sid: house.clock.passes(1))
    guarded, line = house.opens()
    line.arrives(frame_of(TEXT, b'42["dear"]') * (BURST + FLOOD_DEBT_MAX + 1))

    assert guarded.is_cut
    assert closed_with(guarded) == (1008, "too fast")


def test_frames_without_packets_are_bounded(house: House) -> None:
    """Control frames and empty fragments never reach a handler, and still cost tokens."""
    guarded, line = house.opens()
    line.arrives(frame_of(TEXT, b"", is_last=False))
    for _ in range(BURST * FRAMES_PER_EVENT // 2 - 1):
        line.arrives(frame_of(PIECE, b"", is_last=False) + frame_of(PONG, b""))
    assert not guarded.is_cut

    line.arrives(frame_of(PING, b"") * 2)

    assert closed_with(guarded) == (1008, "too fast")


@pytest.mark.parametrize(
    "message",
    ["", "0{}", "b4", "9", "4", "4[[[[", "4x", "4٣", "3[[[[", "1[", "2x", "4" + "[" * 9],
)
def test_message_that_is_no_text_packet_closes(house: House, message: str) -> None:
    """The stock loop would let such a message end in a traceback and leave a ghost."""
    guarded, line = house.opens()
    line.arrives(frame_of(TEXT, message.encode()))

    assert closed_with(guarded) == (1003, "binary")
    line.arrives(b"")
    assert guarded.closed


def test_text_that_is_no_utf8_closes(house: House) -> None:
    """With the code that RFC 6455 has for it."""
    guarded, line = house.opens()
    line.arrives(frame_of(TEXT, b"4\xff"))

    assert closed_with(guarded) == (1007, "malformed")


def test_packet_that_is_too_big_closes(house: House) -> None:
    """The bound is the house's."""
    guarded, line = house.opens()
    line.arrives(frame_of(TEXT, b"4" + b"x" * PACKET_BYTES))

    assert closed_with(guarded) == (1009, "too big")


def test_farewell_of_a_client_leaves_nothing(house: House) -> None:
    """It is answered with its own code, and nobody knows the socket any more."""
    guarded, line = house.opens()
    line.arrives(frame_of(CLOSE, GOING))

    assert line.frames()[-1] == (CLOSE, GOING)
    assert (guarded.closed, line.is_closed, house.edge.sockets) == (True, True, 0)


def test_long_packets_are_read_by_turns(house: House) -> None:
    """Nobody keeps the loop reading: what is beyond READ_BYTES has its turn later."""
    guarded, line = house.opens()
    text = frame_of(TEXT, b'42["echo","%s"]' % (b"x" * (PACKET_BYTES - 20)))
    line.arrives(text * (READ_BYTES // len(text) + 1))

    assert len(house.heard) == BURST - 1, "the bucket holds for them too"
    assert not guarded.is_cut


def test_polling_socket_becomes_a_websocket(house: House) -> None:
    """What was queued for its polls goes first, and nothing is lost or doubled."""
    guarded, line = polling_socket_opens_a_websocket(house)
    line.arrives(frame_of(TEXT, b"2probe"))
    assert line.frames() == [(TEXT, b"3probe")]
    assert sent(guarded)[-1] == "6", "the poll that waits ends"

    guarded.poll()
    assert house.edge.send(guarded.sid, Packet(4, "2[1]")) is None, "it polls: there is no way"
    line.arrives(frame_of(TEXT, b"5"))
    assert house.edge.send(guarded.sid, Packet(4, "2[2]")) is guarded.outgoing
    line.arrives(frame_of(TEXT, b'42["echo",3]'))

    assert line.frames()[1:] == [(TEXT, b"42[1]"), (TEXT, b"42[2]")]
    assert house.heard == [(3,)]


@pytest.mark.parametrize("first", [b"2", b"5", b"40", b'42["echo"]'])
def test_polling_goes_on_when_its_websocket_is_no_upgrade(house: House, first: bytes) -> None:
    """The WebSocket ends, the client may try again; nothing of it was taken for a packet."""
    guarded, line = polling_socket_opens_a_websocket(house)
    line.arrives(frame_of(TEXT, first))

    assert line.is_closed
    assert not guarded.closed
    assert house.heard == []
    again = FakeLine()
    house.opens_websocket(guarded, again)
    again.arrives(frame_of(TEXT, b"2probe") + frame_of(TEXT, b"5"))
    assert guarded.upgraded


def polling_socket_opens_a_websocket(house: House) -> tuple[EdgeSocket, FakeLine]:
    """Return a connected socket that polls, and the line of its WebSocket."""
    guarded, line = house.comes(), FakeLine()
    house.connects(guarded)
    guarded.line = None
    house.opens_websocket(guarded, line)
    return guarded, line


def test_close_frame_says_normal_when_the_server_ends(house: House) -> None:
    """A socket that is closed from within says farewell."""
    guarded, line = house.opens()
    guarded.close(wait=False)

    assert bytes(line.written).endswith(close_frame(NORMAL))
