"""What one WebSocket was sent: read by the loop as it comes, judged at once, served in order.

The rule of the file: what the loop calls never waits; what may wait (a query, a handler) runs in a
greenlet that lives as long as there is something to serve. So a client that says nothing costs no
greenlet, and the answer to a ping no switch. Not here: what a frame is (`frames.py`), what a packet
does (`edge_socket.py`).
"""

import logging
from collections import deque
from collections.abc import Callable
from typing import Any, Final, Protocol

from engineio.exceptions import SocketIsClosedError, UnknownPacketError
from engineio.packet import Packet

from chat.frames import (
    CLOSE,
    NOT_UTF8,
    PING,
    PONG,
    TEXT,
    TOO_FAST,
    BadFrameError,
    Frames,
    answer_to_close,
    control_frame,
)
from chat.packets import BadPacketError

READ_BYTES: Final = 16_384  # in one turn of the loop; who sends more is read on in the next
INBOX_MAX: Final = 1_000  # packets that wait here for their turn; what more comes waits outside
LINGER_READS: Final = 64  # of a client that was told to go and sends on

log = logging.getLogger(__name__)


class Line(Protocol):
    """A connection, called back by the loop."""

    socket: Any  # a GreenSocket, which ships no types: `fd` is the plain one, which never waits

    def watch(self, arrived: Callable[[int], None]) -> None:
        """Call arrived(descriptor) as long as something is unread, also the end of it."""

    def unwatch(self) -> None:
        """Call nobody any more."""

    def soon(self, fn: Callable[[], None]) -> None:
        """Run fn, which may wait, in a greenlet of its own."""

    def close(self) -> None:
        """The connection is gone."""


class Owner(Protocol):
    """Whose packets these are. But for `serve`, `pause` and `ended`, nothing here waits."""

    @property
    def is_over(self) -> bool:
        """Whether nothing that still comes in counts."""

    def has_frame_token(self) -> bool:
        """Take a token for one frame."""

    def judge(self, text: str) -> Packet | None:
        """Return the packet if it is to be served; it came just now."""

    def cut(self, reason: str, close_code: int | None) -> None:
        """End the connection."""

    def write(self, frame: bytes) -> None:
        """Send a control frame."""

    def serve(self, packet: Packet) -> None:
        """Do what the packet asks for."""

    def pause(self) -> None:
        """Let others run."""

    def ended(self, close_code: int | None) -> None:
        """Nothing comes any more; close_code: what a client that said farewell is answered."""


class Incoming:
    """The way in of one WebSocket.

    Packets are judged by when they came. Judged when each is served, a flooder whose events are
    dear stays within his bucket, which fills while he is served: 6.2 s until he was cut."""

    __slots__ = (
        *("_close_code", "_frames", "_inbox", "_is_ended", "_is_full", "_is_serving"),
        *("_line", "_lingered", "_owner", "_recv"),
    )

    def __init__(self, line: Line, owner: Owner, packet_bytes: int) -> None:
        """packet_bytes: the most that one packet may have, its fragments together."""
        self._line = line
        self._owner = owner
        self._recv: Callable[[int], bytes] = line.socket.fd.recv
        self._frames = Frames(packet_bytes)
        self._inbox: deque[Packet] = deque()
        self._is_serving = self._is_full = self._is_ended = False
        self._lingered = 0
        self._close_code: int | None = None

    def begin(self) -> None:
        """What comes is read from now on."""
        self._line.watch(self.arrived)

    def arrived(self, _descriptor: int) -> None:
        """Something is unread, or the client has closed; called by the loop.

        Also once after the end: eventlet gathers whom to call before it calls any of them."""
        try:
            self._read()
        except Exception:  # the loop would forget the descriptor and tell nobody
            log.exception("incoming: what came could not be read, its socket is closed")
            self._end()

    def _read(self) -> None:
        try:
            data = self._recv(READ_BYTES)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        if not data:
            self._end()
        elif self._owner.is_over:
            self._linger()
        else:
            self._frames.feed(data)
            self._take()

    def _take(self) -> None:
        """Judge what came whole, as far as there is room for it."""
        try:
            while not (self._is_ended or self._owner.is_over):
                if len(self._inbox) >= INBOX_MAX:
                    self._is_full = True
                    self._line.unwatch()
                    break
                frame = self._frames.next()
                if frame is None:
                    break
                self._sort(*frame)
        except BadFrameError as bad:
            self._owner.cut(bad.reason, bad.close_code)
        except UnicodeDecodeError:
            self._owner.cut("malformed", NOT_UTF8)
        self._serve_soon()

    def _sort(self, opcode: int, payload: bytes) -> None:
        if not self._owner.has_frame_token():
            self._owner.cut("too fast", TOO_FAST)
        elif opcode == TEXT:
            packet = self._owner.judge(payload.decode())
            if packet is not None:
                self._inbox.append(packet)
        elif opcode == PING:
            self._owner.write(control_frame(PONG, payload))
        elif opcode == CLOSE:
            self._close_code = answer_to_close(payload)
            self._end()

    def _linger(self) -> None:
        """Forget what came: closing with bytes unread would lose the close code on its way.

        The kernel then resets the connection. Source: RFC 6455, 7.1.1; RFC 1122, 4.2.2.13."""
        self._lingered += 1
        if self._lingered >= LINGER_READS:
            self._end()

    def _end(self) -> None:
        """What was judged is still served; then it is over."""
        self._line.unwatch()
        self._is_ended = True
        self._serve_soon()

    def _serve_soon(self) -> None:
        if not self._is_serving and (self._inbox or self._is_ended):
            self._is_serving = True
            self._line.soon(self._serve)

    def _serve(self) -> None:
        """Runs in a greenlet of its own until the inbox is empty."""
        try:
            while self._inbox and not self._owner.is_over:
                self._owner.serve(self._inbox.popleft())
                self._owner.pause()
                self._read_on()
        except (OSError, BadPacketError, SocketIsClosedError, UnknownPacketError) as gone:
            log.debug("incoming: a socket ended: %s", gone)
            self._is_ended = True
        except Exception:
            log.exception("incoming: a packet could not be taken, its socket is closed")
            self._is_ended = True
        if self._is_ended:  # no other greenlet follows: the end is told once
            self._line.unwatch()
            self._owner.ended(self._close_code)
        else:
            self._is_serving = False
            self._read_on()

    def _read_on(self) -> None:
        """There is room again, or nothing counts any more but the client's end."""
        if self._is_full and (self._owner.is_over or len(self._inbox) < INBOX_MAX // 2):
            self._is_full = False
            self._line.watch(self.arrived)
            self._take()
