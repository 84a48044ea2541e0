"""The way out of a WebSocket, on real sockets: every byte, in order, whatever the reader does."""

import socket
from collections.abc import Callable, Iterator

import greenlet  # type: ignore[import-untyped]  # it ships no types
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chat.outgoing import BATCH_BYTES, OWED_MAX_BYTES, Outgoing, text_frame

SMALL_BUFFER = 4_096


class Pair:
    """Both ends of a connection whose buffers are small; the near one as eventlet's is shaped.

    The sending greenlet runs when the test says so: every interleaving can be had."""

    def __init__(self) -> None:
        self.fd, self.far = socket.socketpair()
        self.fd.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SMALL_BUFFER)
        self.fd.setblocking(False)
        self.far.setblocking(False)
        self.cut_for: list[str] = []
        self.sender: greenlet.greenlet | None = None
        self.outgoing = Outgoing(self, self._spawn, self.cut_for.append)

    def sendall(self, data: bytes | memoryview) -> None:
        """Send all of it; while the kernel takes nothing, others run."""
        while data:
            try:
                data = data[self.fd.send(data) :]
            except BlockingIOError:
                greenlet.getcurrent().parent.switch()

    def others_run(self) -> None:
        """The sending greenlet, if there is one, goes on as far as it can."""
        if self.sender is not None and not self.sender.dead:
            self.sender.switch()

    def reads(self, most: int) -> bytes:
        """Return what has arrived, at most so much."""
        try:
            return self.far.recv(most)
        except BlockingIOError:
            return b""

    def closes(self) -> None:
        """Both ends are closed, and the sender has seen it."""
        self.far.close()
        self.others_run()
        self.fd.close()

    def _spawn(self, task: Callable[[], None]) -> None:
        assert self.sender is None or self.sender.dead, "one sender at a time"
        self.sender = greenlet.greenlet(task)


@pytest.fixture
def pair() -> Iterator[Pair]:
    """A connection."""
    both = Pair()
    yield both
    both.closes()


def test_frame_leaves_before_write_returns(pair: Pair) -> None:
    """Nothing waits: no greenlet is started for a reader that keeps up."""
    pair.outgoing.write(text_frame("4hello"))

    assert pair.far.recv(100) == b"\x81\x064hello"
    assert pair.sender is None


@settings(deadline=None, max_examples=2_000)
@given(
    st.lists(st.integers(0, 5 * SMALL_BUFFER), min_size=1, max_size=30),
    st.lists(st.sampled_from(["write", "read", "run"]), max_size=120),
    st.integers(1, 4 * SMALL_BUFFER),
)
def test_everything_arrives_once_and_in_order(sizes: list[int], acts: list[str], most: int) -> None:
    """Whatever the sizes, and whoever runs when: the reader gets what was written."""
    both = Pair()
    frames = [text_frame(chr(97 + place % 26) * size) for place, size in enumerate(sizes)]
    unwritten, read = list(frames), b""
    for act in [*acts, *(["write"] * len(frames))]:
        if act == "write" and unwritten:
            both.outgoing.write(unwritten.pop(0))
        elif act == "read":
            read += both.reads(most)
        elif act == "run":
            both.others_run()
    for _ in range(sum(map(len, frames)) // 1_000 + 10):
        both.others_run()
        read += both.reads(10 * SMALL_BUFFER)

    assert read == b"".join(frames)
    assert (both.cut_for, both.outgoing.owed_bytes) == ([], 0)
    both.closes()


def test_reader_that_stops_is_cut_at_the_bound(pair: Pair) -> None:
    """What he owes never exceeds the bound, and he is cut once it would."""
    frame = text_frame("x" * 50_000)

    while not pair.cut_for:
        pair.outgoing.write(frame)
        assert pair.outgoing.owed_bytes <= OWED_MAX_BYTES + len(frame)

    assert pair.cut_for[0] == "slow"


def test_farewell_waits_for_what_was_written(pair: Pair) -> None:
    """The last frames before a close still reach a reader who is late."""
    frame = text_frame("x" * (3 * BATCH_BYTES))
    farewells: list[bool] = []

    pair.outgoing.write(frame)
    pair.outgoing.end(lambda: farewells.append(True))
    assert farewells == []

    read = b""
    while len(read) < len(frame):
        assert farewells == []
        pair.others_run()
        read += pair.reads(BATCH_BYTES)

    pair.others_run()
    assert (read, farewells) == (frame, [True])


def test_nothing_written_after_the_end_leaves_but_the_farewell(pair: Pair) -> None:
    """Who holds the way may not know yet that the connection ends: his frames are dropped."""
    frame, farewell = bytes(4 * BATCH_BYTES), text_frame("goodbye")

    pair.outgoing.write(frame)
    pair.outgoing.end(lambda: pair.outgoing.write(farewell))
    pair.outgoing.write(text_frame("too late"))

    read = b""
    while len(read) < len(frame) + len(farewell):
        pair.others_run()
        read += pair.reads(BATCH_BYTES)
    assert (read, pair.reads(BATCH_BYTES)) == (frame + farewell, b"")


def test_farewell_comes_at_once_when_nothing_waits(pair: Pair) -> None:
    """Nothing was written, or all of it left: there is nothing to wait for."""
    farewells: list[bool] = []

    pair.outgoing.end(lambda: farewells.append(True))

    assert farewells == [True]


def test_socket_that_is_gone_is_no_error(pair: Pair) -> None:
    """Its reader cleans up; the writer has nothing to say."""
    pair.far.close()

    for _ in range(3):
        pair.outgoing.write(text_frame("hello"))

    assert pair.cut_for == []


@given(st.text(max_size=70_000))
@settings(max_examples=40, deadline=None)
def test_frame_is_as_the_rfc_has_it(text: str) -> None:
    """Final, text, unmasked, and the shortest form of the length. Source: RFC 6455, 5.2."""
    frame = text_frame(text)

    assert frame[0] == 0x81
    length, start = frame[1], 2
    if length == 126:
        length, start = int.from_bytes(frame[2:4], "big"), 4
        assert length >= 126
    elif length == 127:
        length, start = int.from_bytes(frame[2:10], "big"), 10
        assert length >= 65_536
    assert frame[start:].decode() == text
    assert len(frame) - start == length
