"""One Engine.IO socket with bounds: how fast it may send, how much it may owe, how it is cut.

The rule of the file: it changes nothing of the library but what a method of the same name does;
each says why and in which version. The guard of all sockets is `edge.py`.
"""

import contextlib
import logging
import re
import socket
import time
from collections import deque
from typing import Any, Final, Protocol

import engineio.socket
from engineio.exceptions import SocketIsClosedError, UnknownPacketError
from engineio.packet import MESSAGE, PING, Packet
from prometheus_client import Counter

from chat.errors import RateLimited
from chat.frames import TEXT_ONLY, TOO_FAST, bound_frames, has_message, release
from chat.gate import Gate, Place
from chat.outgoing import Outgoing
from chat.packets import BadPacketError, Json, Parcel, frame_of
from chat.pings import Pings

OUT_QUEUE_MAX: Final = 512  # packets a slow reader may owe; then he reconnects and resyncs
INBOX_MAX: Final = 1_000  # packets that wait here for their turn; what more comes waits outside
LINGER_READS: Final = 64  # of LINGER_BYTES, of a client that was told to go and sends on
LINGER_BYTES: Final = 65_536
CHARS_PER_TOKEN: Final = 4_096  # a long packet costs more: parsing it takes longer
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
    websocket: Any  # eventlet ships no types
    outgoing: Outgoing | None  # None: by polling, or not upgraded yet
    last_ping: float | None
    pinged: int
    is_cut: bool

    def receive(self, pkt: Packet) -> None:
        """Take one packet, after others had their turn and if the buckets have tokens.

        eventlet's recv returns without switching while data is buffered: a flooder, even one that
        never signed in, would stop the whole worker. engineio 4.15.1, socket.py receive."""
        self.guard.pause()
        if self._admits(pkt):
            self._serve(pkt)

    def send(self, pkt: Packet) -> None:
        """Write a packet, or queue it; who does not read is cut instead of costing memory.

        The stock queue has no bound: +228 MB in 20 s. engineio 4.15.1, socket.py send."""
        if self.outgoing is not None:
            self.outgoing.write(frame_of(pkt))
        elif self.queue.qsize() >= OUT_QUEUE_MAX:
            self.cut("slow", None)
        else:
            for one in pkt.packets if isinstance(pkt, Parcel) else (pkt,):
                super().send(one)

    def close(self, **how: Any) -> None:  # as engineio has it: wait, abort, reason
        """The disconnect was told; what was written before still leaves, then the socket closes.

        wait asks for a queue to run empty, which no writer would do here."""
        if self.outgoing is None:
            super().close(**how)
        elif not (self.closed or self.closing):
            super().close(**(how | {"wait": False}))
            self.outgoing.end(self.websocket.close)

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
        self.send(Packet(PING))
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
        if self.websocket is None:
            self.server.start_background_task(self.close, wait=False, abort=True)
        elif close_code is not None:
            self.websocket.close(close_data=(close_code, reason))
        else:
            self.shut()

    def shut(self) -> None:
        """The network is closed in both directions; whoever waits in either wakes up."""
        try:
            self.websocket.socket.shutdown(socket.SHUT_RDWR)
        except OSError:
            log.debug("edge: the socket was closed already")

    def farewell(self) -> None:
        """The last frame is sent: the network is shut soon, whatever the client does."""
        self.guard.insist(self)  # a client that does not read would hold it up for ever

    def linger(self) -> None:
        """Read on and forget it, until the client has closed or its time is over."""
        self.guard.insist(self)
        with contextlib.suppress(OSError):
            for _ in range(LINGER_READS):
                self.guard.pause()
                if not self.websocket.socket.recv(LINGER_BYTES):
                    return

    @property
    def is_over(self) -> bool:
        """Whether nothing that still comes in counts."""
        return bool(self.is_cut or self.closed)

    def has_frame_token(self) -> bool:
        """Let others run, then take a token for one WebSocket frame."""
        self.guard.pause()
        return self.guard.has_frame_token(self)

    @property
    def packet_bytes(self) -> int:
        """The most that one packet may have, its fragments together."""
        return self.guard.packet_bytes

    def _upgrade_websocket(self, environ: dict[str, Any], start_response: Any) -> Any:  # as above
        """Serve the WebSocket; whether it was opened, or broke off, nothing knows it afterwards.

        The server keeps a socket whose handshake fails, or whose request raises, for ever.
        engineio 4.15.1, server.py _handle_connect."""
        try:
            return super()._upgrade_websocket(environ, start_response)
        finally:
            if self.upgraded or not self.connected:  # else polling goes on
                self.guard.forget(self)
                self._release()

    def _release(self) -> None:
        """Nothing here refers to itself any more, so that all of it goes at once.

        One that lived through collections waited for the next of its generation's, hours later, and
        is 38 KiB (tests/chat/test_edge_socket.py)."""
        if self.websocket is not None:
            release(self.websocket)
        if self.outgoing is not None:
            self.outgoing.forget()

    def _websocket_handler(self, ws: Any) -> Any:  # no types, as above
        """Serve a WebSocket whose frames are bounded. engineio 4.15.1, socket.py."""
        self.websocket = ws
        bound_frames(ws, self)
        if self.connected:  # by polling until now
            return super()._websocket_handler(ws)
        self._write_directly(ws)
        self.opening.leave()
        self._read_to_the_end(ws)
        with self.guard.leaving.place():  # by turns: a thousand may be cut off at once
            self.close(wait=False, abort=True, reason=self.server.reason.TRANSPORT_CLOSE)
        return []

    def _write_directly(self, ws: Any) -> None:  # no types, as above
        """Packets go straight to the socket, those first that were queued during the handshake.

        The stock server starts a writer for each socket. engineio 4.15.1, socket.py."""
        ws.socket.settimeout(self.server.ping_interval + self.server.ping_timeout)
        spawn = self.server.start_background_task
        outgoing = Outgoing(ws.socket, spawn, lambda reason: self.cut(reason, None))
        ws._send = outgoing.write  # noqa: SLF001 - control frames stand in the same line
        self.connected = self.upgraded = True
        while not self.queue.empty():
            outgoing.write(frame_of(self.queue.get_nowait()))
        self.outgoing = outgoing

    def _read_to_the_end(self, ws: Any) -> None:  # no types, as above
        inbox: deque[Packet] = deque()
        try:
            while self._reads_ahead(ws, inbox):
                self.guard.pause()
                self._serve(inbox.popleft())
        except (OSError, BadPacketError, SocketIsClosedError, UnknownPacketError) as gone:
            log.debug("edge: a socket ended: %s", gone)
        except Exception:
            log.exception("edge: a packet could not be taken, its socket is closed")

    def _reads_ahead(self, ws: Any, inbox: deque[Packet]) -> bool:  # no types, as above
        """The inbox holds all that came until now and may be served; False: it is over.

        Packets are judged by when they came. Judged when each is served, a flooder whose events are
        dear stays within his bucket, which fills while he is served: 6.2 s until he was cut."""
        while not inbox or (len(inbox) < INBOX_MAX and has_message(ws.socket)):
            text = ws.wait()
            if text is None:
                return False
            packet = Packet(int(text[0]), text[1:])
            if self._admits(packet):
                inbox.append(packet)
        return not self.is_over

    def _admits(self, pkt: Packet) -> bool:
        """Whether the buckets had tokens for the packet; else it was refused."""
        if self.guard.has_tokens(self, 1 + _size(pkt) // CHARS_PER_TOKEN):
            return True
        self._refuse(pkt)
        return False

    def _serve(self, pkt: Packet) -> None:
        if pkt.packet_type == MESSAGE and not isinstance(pkt.data, str):
            return self.cut("binary", TEXT_ONLY)
        super().receive(pkt)
        return None

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
    plain.websocket, plain.outgoing = None, None
    plain.pinged, plain.is_cut = 0, False


def _size(pkt: Packet) -> int:
    return len(pkt.data) if isinstance(pkt.data, str) else 0
