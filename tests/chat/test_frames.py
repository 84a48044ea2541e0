"""WebSocket frames: bounded alone and together, cheap to unmask, text packets alone."""

import socket

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chat.edge import FRAMES_PER_EVENT
from chat.frames import bound_frames, has_message, unmask
from chat.packets import BadPacketError
from tests.chat.conftest import MovedClock
from tests.chat.edge_house import BURST, PACKET_BYTES, FakeWebSocket, House
from tests.support.raw import frame_of


@pytest.fixture
def house(moved_clock: MovedClock) -> House:
    """A guarded server."""
    return House(moved_clock)


def test_fragments_are_bounded_together(house: House) -> None:
    """eventlet caps a frame, not the sum of fragments: the edge does."""
    guarded, ws = house.comes(), FakeWebSocket()
    guarded.websocket = ws
    bound_frames(ws, guarded)
    message = FakeWebSocket.Frame(b"x" * PACKET_BYTES)
    ws._recv_frame(message=message)
    message.data.append(b"x")

    with pytest.raises(BadPacketError):
        ws._recv_frame(message=message)
    assert ws.closed_with == (1009, "too big")


def test_fragments_without_end_cost_no_memory(house: House) -> None:
    """Empty fragments are legal; eventlet keeps a piece for each of them as long as they come."""
    guarded, ws = house.comes(), FakeWebSocket()
    guarded.websocket = ws
    bound_frames(ws, guarded)
    message = FakeWebSocket.Frame(b"x")

    for _ in range(BURST):
        message.data.append(b"")
        ws._recv_frame(message=message)

    assert message.data == [b"x"]


def test_frames_without_packets_are_bounded(house: House) -> None:
    """Control frames and empty fragments never reach a handler, and still cost tokens."""
    guarded, ws = house.comes(), FakeWebSocket()
    guarded.websocket = ws
    bound_frames(ws, guarded)
    for _ in range(BURST * FRAMES_PER_EVENT):
        ws._recv_frame()

    with pytest.raises(BadPacketError):
        ws._recv_frame()
    assert ws.closed_with == (1008, "too fast")
    assert house.pauses >= BURST * FRAMES_PER_EVENT


@pytest.mark.parametrize(
    "message",
    [b"4", b"", "", "0{}", "b4", "9", "4", "4[[[[", "4x", "4٣", "3[[[[", "1[", "2x", "4" + "[" * 9],
)
def test_message_that_is_no_text_packet_closes(house: House, message: str | bytes) -> None:
    """The stock loop would let such a message end in a traceback and leave a ghost."""
    guarded, ws = house.comes(), FakeWebSocket()
    guarded.websocket = ws
    bound_frames(ws, guarded)
    ws.messages = [message]

    assert ws.wait() is None
    assert ws.closed_with == (1003, "binary")


TEXT, CONTINUED, CLOSE, PING = 1, 0, 8, 9
EVENT = frame_of(TEXT, b'42["echo"]')
PART = frame_of(TEXT, b"4", is_last=False)


@pytest.mark.parametrize(
    ("waiting", "is_whole"),
    [
        (EVENT, True),
        (frame_of(TEXT, b"4" + b"x" * 300), True),
        (frame_of(TEXT, b"4" + b"x" * 70_000), True),
        (frame_of(PING, b"x" * 125) * 3 + EVENT, True),
        (PART + frame_of(PING, b"") + frame_of(CONTINUED, b"x"), True),
        (EVENT + frame_of(CLOSE, b""), True),
        (b"", False),
        (frame_of(PING, b"") * 2, False),
        (PART, False),
        (PART + frame_of(CONTINUED, b"", is_last=False) * 5_000, False),
        (frame_of(CLOSE, b"") + EVENT, False),
        (frame_of(TEXT, b"x" * 300)[:3], False),
    ],
)
def test_whole_message_is_told_from_a_part(waiting: bytes, is_whole: bool) -> None:
    """Only what can be read without waiting counts, and looking takes nothing away."""
    ours, theirs = socket.socketpair()
    with ours, theirs:
        ours.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 1_000_000)
        ours.sendall(waiting)

        assert has_message(theirs) is is_whole
        assert (theirs.recv(1) if waiting else b"") == waiting[:1]


@given(st.integers(1, len(EVENT) - 1))
def test_message_is_not_whole_before_its_last_byte(cut_at: int) -> None:
    """Reading any part of it would wait for the rest."""
    ours, theirs = socket.socketpair()
    with ours, theirs:
        ours.sendall(EVENT[:cut_at])
        assert not has_message(theirs)
        ours.sendall(EVENT[cut_at:])
        assert has_message(theirs)


def test_closed_socket_holds_no_message() -> None:
    """Another greenlet may have closed it meanwhile."""
    ours, theirs = socket.socketpair()
    ours.close()
    theirs.close()

    assert not has_message(theirs)


@given(st.binary(max_size=300), st.binary(min_size=4, max_size=4), st.integers(0, 9))
def test_unmask_equals_the_rfc(data: bytes, mask: bytes, offset: int) -> None:
    """One XOR of long integers is what RFC 6455 describes byte by byte."""
    plain = bytes(byte ^ mask[(offset + place) % 4] for place, byte in enumerate(data))

    assert unmask(data, tuple(mask), length=len(data), offset=offset) == plain
