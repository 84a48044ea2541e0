"""One Engine.IO socket with bounds: how fast it may send, how much it may owe, how it is cut.

The rule of the file: it changes nothing of the library but what a method of the same name does;
each says why and in which version. The guard of all sockets is `edge.py`; what comes in goes by
`incoming.py`, what leaves by `outgoing.py`.
"""

import contextlib
import logging
import re
import socket
import time
from typing import Any, Final, Protocol

import engineio.socket
from engineio.exceptions import UnknownPacketError
from engineio.packet import MESSAGE, NOOP, PING, PONG, UPGRADE, Packet
from prometheus_client import Counter

from chat.errors import RateLimited
from chat.frames import NORMAL, TEXT_ONLY, TOO_FAST, close_frame
from chat.gate import Gate, Place
from chat.green import KEEP
from chat.incoming import Incoming, Line
from chat.outgoing import Outgoing
from chat.packets import Json, Parcel, frame_of, is_text_packet
from chat.pings import Pings

OUT_QUEUE_MAX: Final = 512  # packets a slow reader may owe; then he reconnects and resyncs
CHARS_PER_TOKEN: Final = 4_096  # a long packet costs more: parsing it takes longer
_PING: Final = Packet(PING)  # one for all: its frame is built once
_PONG: Final = "3"
_ACK_ID = re.compile(r"2(\d{1,15})\[")

log = logging.getLogger(__name__)
_cut_total = Counter("rollcall_edge_cut_total", "Sockets closed by the edge.", ["reason"])


class Guard(Protocol):
    """What a socket needs of its edge."""

    pings: Pings
    leaving: Gate

    @property
    def packet_bytes(self) -> int:
        """The most that one packet may have, its fragments together."""

    def pause(self) -> None:
        """Let every other greenlet that is ready run once."""

    def has_tokens(self, one: "EdgeSocket", cost: float) -> bool:
        """Take tokens for one packet, from the socket's bucket and from its owner's."""

    def has_frame_token(self, one: "EdgeSocket") -> bool:
        """Take a token for one WebSocket frame."""

    def forgives(self, one: "EdgeSocket") -> bool:
        """Whether a packet that came too fast is only refused; whoever goes on is cut."""

    def insist(self, one: "EdgeSocket") -> None:
        """The socket was told to go: it is gone in a moment, whether it listens or not."""

    def forget(self, one: "EdgeSocket") -> None:
        """The socket is closed, and nothing knows it any more."""


class EdgeSocket(engineio.socket.Socket):  # type: ignore[misc]  # python-engineio ships no types
    """Engine.IO's socket with bounds. An existing socket becomes one by `adopt`."""

    guard: Guard
    owner: tuple[str, str]
    opening: Place  # held until the socket is open
    line: Line | None  # its WebSocket; None: by polling
    incoming: Incoming
    outgoing: Outgoing
    connected: bool
    last_ping: float | None
    pinged: int
    is_cut: bool
    has_parted: bool

    def receive(self, pkt: Packet) -> None:
        """Take one packet that came by polling, if the buckets have tokens.

        Others have their turn first: packets of one body follow each other without a wait.
        engineio 4.15.1, socket.py receive."""
        self.guard.pause()
        if not self._admits(pkt):
            return None
        if pkt.packet_type == MESSAGE and not isinstance(pkt.data, str):
            return self.cut("binary", TEXT_ONLY)
        super().receive(pkt)
        return None

    def send(self, pkt: Packet) -> None:
        """Write a packet, or queue it; who does not read is cut instead of costing memory.

        The stock queue has no bound: +228 MB in 20 s. engineio 4.15.1, socket.py send."""
        if self.upgraded:
            self.outgoing.write(frame_of(pkt))
        elif self.queue.qsize() >= OUT_QUEUE_MAX:
            self.cut("slow", None)
        else:
            for one in pkt.packets if isinstance(pkt, Parcel) else (pkt,):
                super().send(one)

    def close(self, **how: Any) -> None:  # as engineio has it: wait, abort, reason
        """The disconnect was told; what was written before still leaves, then the socket closes.

        wait asks for a queue to run empty, which no writer would do here."""
        if not self.upgraded:
            super().close(**how)
        elif not (self.closed or self.closing):
            super().close(**(how | {"wait": False}))
            self.outgoing.end(lambda: self.part(NORMAL))

    def schedule_ping(self) -> None:
        """The answer to the last PING came: the next one follows in its time.

        One PING is out at a time, whatever the client sends: each extra PONG once started another
        heartbeat (CVE-2026-48802). engineio 4.15.1, socket.py schedule_ping."""
        if self.last_ping:
            self.last_ping = None
            self.guard.pings.expect(self)

    def ping(self) -> int:
        """Send a PING; returns its number, 0 from a socket that is closed."""
        if self.closed or self.closing:
            return 0
        self.pinged += 1
        self.last_ping = time.time()
        self.send(_PING)
        return self.pinged

    def give_up(self, ping: int) -> None:
        """Close the socket, if it is open and that PING still the one to be answered."""
        if self.last_ping and self.pinged == ping and not self.closed:
            self.close(wait=False, abort=False, reason=self.server.reason.PING_TIMEOUT)

    def cut(self, reason: str, close_code: int | None) -> None:
        """End the connection now, politely if there is a code; its reader cleans up."""
        if self.is_cut:
            return
        self.is_cut = True
        _cut_total.labels(reason).inc()
        log.info("edge: a socket was cut: %s", reason)
        if self.line is None:
            self.server.start_background_task(self.close, wait=False, abort=True)
        elif close_code is not None:
            self.part(close_code, reason)
        else:
            self.shut()

    def part(self, close_code: int, reason: str = "") -> None:
        """Say farewell, once; the network is shut soon, whatever the client does."""
        if self.line is None or self.has_parted:
            return
        self.has_parted = True
        self.guard.insist(self)  # a client that does not read would hold it up for ever
        self.outgoing.write(close_frame(close_code, reason))
        with contextlib.suppress(OSError):
            self.line.socket.shutdown(socket.SHUT_WR)

    def shut(self) -> None:
        """The network is closed in both directions; whoever waits in either wakes up."""
        if self.line is not None:
            with contextlib.suppress(OSError):  # it was closed already
                self.line.socket.shutdown(socket.SHUT_RDWR)

    @property
    def is_over(self) -> bool:
        """Whether nothing that still comes in counts."""
        return bool(self.is_cut or self.closed)

    def has_frame_token(self) -> bool:
        """Take a token for one WebSocket frame."""
        return self.guard.has_frame_token(self)

    def judge(self, text: str) -> Packet | None:
        """Return the packet if it is to be served; an answer to a ping has been then.

        One that was asked for costs no token: it comes once for each ping, and is most of what ten
        thousand send who do nothing."""
        if text == _PONG and self.last_ping:
            self.schedule_ping()
            return None
        if not is_text_packet(text):
            self.cut("binary", TEXT_ONLY)
            return None
        packet = Packet(int(text[0]), text[1:])
        if not self._admits(packet):
            return None
        if text == _PONG:
            self.schedule_ping()
            return None
        return packet

    def write(self, frame: bytes) -> None:
        """Send a frame, behind what was sent before."""
        self.outgoing.write(frame)

    def serve(self, packet: Packet) -> None:
        """Do what the packet asks for."""
        if self.upgraded:
            super().receive(packet)
        else:
            self._upgrade(packet)

    def pause(self) -> None:
        """Let every other greenlet that is ready run once."""
        self.guard.pause()

    def ended(self, close_code: int | None) -> None:
        """The WebSocket is over: nothing knows the socket any more, unless it polls on."""
        if close_code is not None:
            self.part(close_code)
        if self.upgraded or self.is_cut:
            with self.guard.leaving.place():  # by turns: a thousand may be cut off at once
                self.guard.forget(self)
        self._release()

    def _upgrade_websocket(self, environ: dict[str, Any], start_response: Any) -> Any:  # as above
        """Open the WebSocket; if its handshake breaks off, nothing knows the socket afterwards.

        The server keeps a socket whose handshake fails, or whose request raises, for ever.
        engineio 4.15.1, server.py _handle_connect."""
        if self.line is not None:
            raise OSError("another WebSocket is becoming this one's already")
        try:
            return super()._upgrade_websocket(environ, start_response)
        finally:
            if not self.connected:  # else it is open, or polls on
                self.guard.forget(self)

    def _websocket_handler(self, ws: Any) -> Any:  # no types, as above
        """Take the connection over from its request, which is over with that.

        The stock server keeps the request, its greenlet and a writer's for as long as the socket
        lives. engineio 4.15.1, socket.py _websocket_handler."""
        self.line = line = ws.environ.pop(KEEP)()
        ws.websocket_closed = True  # for eventlet, which would say farewell now
        del ws.iterator  # it refers back, and would keep both until a collection
        line.socket.settimeout(self.server.ping_interval + self.server.ping_timeout)
        spawn = self.server.start_background_task
        self.outgoing = Outgoing(line.socket, spawn, lambda reason: self.cut(reason, None))
        self.incoming = Incoming(line, self, self.guard.packet_bytes)
        if not self.connected:  # else it has polled until now, and says when that is over
            self.connected = True
            self._write_directly()
        self.opening.leave()
        self.incoming.begin()
        return []

    def _upgrade(self, packet: Packet) -> None:
        """The socket changes from polling to its WebSocket. engineio 4.15.1, socket.py.

        Raises UnknownPacketError: then the WebSocket ends, and it polls on."""
        if packet.packet_type == PING and packet.data == "probe":
            self.upgrading = True
            self.outgoing.write(frame_of(Packet(PONG, "probe")))
            self.queue.put(Packet(NOOP))  # ends the poll that waits
        elif packet.packet_type == UPGRADE and self.upgrading:
            self._write_directly()
        else:
            raise UnknownPacketError

    def _write_directly(self) -> None:
        """Packets go straight to the network from now on, those first that were queued.

        The stock server starts a writer for each socket. engineio 4.15.1, socket.py."""
        while not self.queue.empty():
            packet = self.queue.get_nowait()
            if packet is not None:
                self.outgoing.write(frame_of(packet))
        self.upgrading, self.upgraded = False, True

    def _release(self) -> None:
        """The network is closed, and nothing here refers to itself: all of it goes at once.

        One that lived through collections waited for the next of its generation's, hours later, and
        was 38 KiB (tests/chat/test_edge_socket.py)."""
        self.upgrading = False
        line, self.line = self.line, None
        self.outgoing.forget()
        del self.incoming
        if line is not None:
            line.close()

    def _admits(self, pkt: Packet) -> bool:
        """Whether the buckets had tokens for the packet; else it was refused."""
        if self.guard.has_tokens(self, 1 + _size(pkt) // CHARS_PER_TOKEN):
            return True
        self._refuse(pkt)
        return False

    def _refuse(self, pkt: Packet) -> None:
        """Answer an event that came too fast; close whoever goes on, or cannot be answered."""
        text = pkt.data if isinstance(pkt.data, str) else ""
        if not self.guard.forgives(self) or text.startswith("0"):  # CONNECT: he would wait for ever
            return self.cut("too fast", TOO_FAST)
        asked = _ACK_ID.match(text)
        if asked:
            error = Json.dumps([RateLimited(retry_after_s=1).as_body()])
            self.send(Packet(MESSAGE, f"3{asked.group(1)}{error}"))
        return None


def adopt(
    plain: engineio.socket.Socket, guard: Guard, owner: tuple[str, str], opening: Place
) -> None:
    """The socket, which has sent nothing yet, is an EdgeSocket from now on."""
    plain.__class__ = EdgeSocket
    plain.guard, plain.owner, plain.opening = guard, owner, opening
    plain.line, plain.pinged = None, 0
    plain.is_cut = plain.has_parted = False


def _size(pkt: Packet) -> int:
    return len(pkt.data) if isinstance(pkt.data, str) else 0
