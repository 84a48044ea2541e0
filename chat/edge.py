"""The socket edge: everything that keeps one client from harming the others.

The rule of the file: each measure stands in one function with its reason and the upstream version
it was checked against; tests/chat/test_edge.py pins both. It changes the objects of one server and
patches no module. Refused is: binary, malformed, oversized, too fast, too slow, never CONNECTed.
Below it: `handshake.py` (the request), `polling.py` (its bodies), `frames.py` (WebSocket),
`packets.py` (Socket.IO).
Not here: who the client is (`roster/entrance.py`), what an event holds (`wire.py`).
Measured on python-socketio 5.18.1, python-engineio 4.15.1, eventlet 0.41.3; pyproject.toml pins.
"""

import logging
import re
import socket
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import parse_qs

import engineio.socket
import socketio
from engineio.exceptions import SocketIsClosedError, UnknownPacketError
from engineio.packet import MESSAGE, PING, Packet
from prometheus_client import Counter

from chat.buckets import Buckets, Limit
from chat.clock import Clock, steady_ms
from chat.errors import ChatError, Draining, RateLimited, TooManyConnections
from chat.frames import TEXT_ONLY, TOO_FAST, bound_frames
from chat.handshake import answer, wrong_handshake
from chat.outgoing import Outgoing, text_frame
from chat.packets import BadPacketError, Json
from chat.pings import Pings
from chat.polling import wrong_body

SOCKET_PATH: Final = "/socket.io"
CONNECT_DEADLINE_MS: Final = 10_000  # Centrifugo's figure; Socket.IO's own client closes at 45 s
LINGER_MS: Final = 2_000  # how long a socket may stay after its namespace was left
OUT_QUEUE_MAX: Final = 512  # packets a slow reader may owe; then he reconnects and resyncs
FLOOD_DEBT_MAX: Final = 100  # refused packets until a flooder is closed
FRAMES_PER_EVENT: Final = 4  # fragments and control frames allowed beside each packet
REAP_EVERY_S: Final = 0.5
_ACK_ID = re.compile(r"2(\d{1,15})\[")

# As PEP 3333 has it: environ's values and the result are whatever it allows.
WsgiApp = Callable[[dict[str, Any], Callable[..., Any]], Any]

log = logging.getLogger(__name__)
_cut_total = Counter("rollcall_edge_cut_total", "Sockets closed by the edge.", ["reason"])


@dataclass(frozen=True, slots=True)
class EdgeLimits:
    """How much one socket, and one address, may do on this worker."""

    packets: Limit
    packet_bytes: int
    address_connections: int
    ping_ms: int
    ping_timeout_ms: int
    transports: tuple[str, ...]


class EdgeSocket(engineio.socket.Socket):  # type: ignore[misc]  # python-engineio ships no types
    """Engine.IO's socket with bounds. An existing socket becomes one by `Edge`."""

    edge: "Edge"
    websocket: Any  # eventlet ships no types
    outgoing: Outgoing | None  # None: by polling, or not upgraded yet
    last_ping: float | None
    pings: int
    debt: int
    is_cut: bool

    def receive(self, pkt: Packet) -> None:
        """Take one packet, after others had their turn and if the bucket has a token.

        eventlet's recv returns without switching while data is buffered: a flooder, even one that
        never signed in, would stop the whole worker. engineio 4.15.1, socket.py receive."""
        self.edge.pause()
        if not self.edge.has_token(self.sid):
            return self._refuse(pkt)
        self.debt = max(0, self.debt - 1)
        if pkt.packet_type == MESSAGE and not isinstance(pkt.data, str):
            return self.cut("binary", TEXT_ONLY)
        super().receive(pkt)
        return None

    def send(self, pkt: Packet) -> None:
        """Write a packet, or queue it; who does not read is cut instead of costing memory.

        The stock queue has no bound: +228 MB in 20 s. engineio 4.15.1, socket.py send."""
        if self.outgoing is not None:
            self.outgoing.write(frame_of(pkt))
        elif self.queue.qsize() >= OUT_QUEUE_MAX:
            self.cut("slow", None)
        else:
            super().send(pkt)

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
            self.edge.pings.expect(self)

    def ping(self) -> int:
        """Send a PING; returns its number, 0 from a socket that is closed."""
        if self.closed or self.closing:
            return 0
        self.pings += 1
        self.last_ping = time.time()
        self.send(Packet(PING))
        return self.pings

    def give_up(self, ping: int) -> None:
        """Close the socket, if it is open and that PING still the one to be answered."""
        if self.last_ping and self.pings == ping and not self.closed:
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
            shut(self.websocket.socket)

    def has_frame_token(self) -> bool:
        """Let others run, then take a token for one WebSocket frame."""
        self.edge.pause()
        return self.edge.has_frame_token(self.sid)

    @property
    def packet_bytes(self) -> int:
        """The most that one packet may have, its fragments together."""
        return self.edge.limits.packet_bytes

    def _websocket_handler(self, ws: Any) -> Any:  # no types, as above
        self.websocket = ws
        bound_frames(ws, self)
        if self.connected:  # by polling until now
            return super()._websocket_handler(ws)
        self._write_directly(ws)
        self._read_to_the_end(ws)
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
        while not self.closed:
            try:
                text = ws.wait()
                if text is None:
                    return
                self.receive(Packet(int(text[0]), text[1:]))
            except (OSError, BadPacketError, SocketIsClosedError, UnknownPacketError) as gone:
                log.debug("edge: a socket ended: %s", gone)
                return
            except Exception:
                log.exception("edge: a packet could not be taken, its socket is closed")
                return

    def _refuse(self, pkt: Packet) -> None:
        """Answer an event that came too fast; close whoever goes on."""
        self.debt += 1
        if self.debt > FLOOD_DEBT_MAX:
            return self.cut("too fast", TOO_FAST)
        asked = _ACK_ID.match(pkt.data) if isinstance(pkt.data, str) else None
        if asked:
            error = Json.dumps([RateLimited(retry_after_s=1).as_body()])
            self.send(Packet(MESSAGE, f"3{asked.group(1)}{error}"))
        return None


class Edge:
    """The guard of one Socket.IO server."""

    def __init__(
        self,
        server: socketio.Server,
        limits: EdgeLimits,
        now_ms: Clock,
        pause: Callable[[], None],
    ) -> None:
        """Every socket of server is guarded from now on; pause lets other greenlets run."""
        self.pause = pause
        self.limits = limits
        self._server = server
        self._engine = server.eio
        self._now_ms = now_ms
        self._tokens = Buckets(limits.packets)
        many = FRAMES_PER_EVENT
        frames = Limit(limits.packets.rate * many, limits.packets.burst * many)
        self._frame_tokens = Buckets(frames)
        self._deadlines: dict[str, int] = {}
        self._address_of: dict[str, str] = {}
        self._addresses: dict[str, int] = {}
        self.pings = Pings(limits.ping_ms, limits.ping_timeout_ms, steady_ms, pause)
        self._is_draining = False
        self._is_stopped = threading.Event()
        self._stock = dict(self._engine.handlers)
        self._engine.on("connect", self._on_open)
        self._engine.on("message", self._on_message)
        self._engine.on("disconnect", self._on_close)

    def start(self) -> None:
        """Sockets are pinged, and those that do not CONNECT in time closed, from now on."""
        self.pings.start()
        threading.Thread(target=self._reap_all, name="edge.reap", daemon=True).start()

    def stop(self) -> None:
        """Nothing runs any more."""
        self.pings.stop()
        self._is_stopped.set()

    def drain(self) -> None:
        """New sockets are refused with `draining`."""
        self._is_draining = True

    @property
    def is_draining(self) -> bool:
        """Whether this worker is about to end."""
        return self._is_draining

    @property
    def sockets(self) -> int:
        """How many sockets are open here, also before CONNECT."""
        return len(self._engine.sockets)

    @property
    def sids(self) -> int:
        """How many connections python-socketio knows; more than there are is a leak.

        5.16.3 and 5.18 left some behind when a client went while its handler ran."""
        return len(self._server.manager.rooms.get("/", {}).get(None, ()))

    def guarded(self, app: WsgiApp) -> WsgiApp:
        """The application, but a handshake that cannot succeed gets the one error shape.

        python-engineio 4.15.1 answers those in plain text, and logs the first at ERROR."""

        def guarded_app(environ: dict[str, Any], start_response: Callable[..., Any]) -> Any:
            if not environ.get("PATH_INFO", "").startswith(SOCKET_PATH):
                return app(environ, start_response)
            refusal = self._refusal(environ)
            if refusal is None:
                return app(environ, start_response)
            return answer(refusal, start_response)

        return guarded_app

    def send(self, engine_sid: str, packet: Packet) -> None:
        """Queue a packet for one socket; one that is gone is no error."""
        guarded = self._engine.sockets.get(engine_sid)
        if guarded is not None and not guarded.closed:
            guarded.send(packet)

    def has_socket(self, engine_sid: str) -> bool:
        """Whether the socket is open."""
        guarded = self._engine.sockets.get(engine_sid)
        return guarded is not None and not guarded.closed

    def has_token(self, engine_sid: str) -> bool:
        """Take a token for one packet."""
        return self._tokens.take(engine_sid, self._now_ms()) == 0

    def has_frame_token(self, engine_sid: str) -> bool:
        """Take a token for one WebSocket frame."""
        return self._frame_tokens.take(engine_sid, self._now_ms()) == 0

    def close_soon(self, engine_sid: str) -> None:
        """A socket that left its namespace is closed unless it CONNECTs again within LINGER_MS."""
        self._deadlines[engine_sid] = self._now_ms() + LINGER_MS

    def reap(self) -> None:
        """Close every socket whose time to CONNECT is over.

        The stock server keeps sockets that never do for ever. engineio 4.15.1, server.py."""
        now = self._now_ms()
        for engine_sid, deadline in list(self._deadlines.items()):
            if self._server.manager.sid_from_eio_sid(engine_sid, "/") is not None:
                self._deadlines.pop(engine_sid, None)
            elif now >= deadline:
                self._deadlines.pop(engine_sid, None)
                self.drop(engine_sid, "silent")

    def drop(self, engine_sid: str, reason: str = "dropped") -> None:
        """The socket is closed without a word."""
        guarded = self._engine.sockets.get(engine_sid)
        if isinstance(guarded, EdgeSocket):
            guarded.cut(reason, None)

    def _reap_all(self) -> None:
        while not self._is_stopped.wait(REAP_EVERY_S):
            try:
                self.reap()
            except Exception:
                log.exception("edge: reaping failed, it is tried again")

    def _refusal(self, environ: dict[str, Any]) -> ChatError | None:
        query = parse_qs(environ.get("QUERY_STRING", ""))
        wrong = wrong_handshake(query, environ, self.limits.transports)
        if wrong is not None:
            return wrong
        if "sid" in query:
            return self._wrong_post(query["sid"][0], environ)
        if self._is_draining:
            return Draining(retry_after_s=1)
        if self._addresses.get(_address(environ), 0) >= self.limits.address_connections:
            return TooManyConnections(retry_after_s=10)
        return None

    def _wrong_post(self, engine_sid: str, environ: dict[str, Any]) -> ChatError | None:
        wrong = wrong_body(environ, self.limits.packet_bytes)
        if wrong is not None:
            self.drop(engine_sid, "malformed")
        return wrong

    def _on_open(self, engine_sid: str, environ: dict[str, Any]) -> Any:  # as engineio has it
        guarded = self._engine.sockets[engine_sid]
        # engineio 4.15.1 announces whole seconds, rounded down: a client that is told less than
        # the truth gives up too early.
        guarded.queue.queue[0].data["pingInterval"] = self.limits.ping_ms
        # A client's offer to compress is left unheard: a bomb is small, and a frame that is
        # written once for all cannot be compressed for each.
        environ.pop("HTTP_SEC_WEBSOCKET_EXTENSIONS", None)
        guarded.__class__ = EdgeSocket
        guarded.edge, guarded.websocket, guarded.outgoing = self, None, None
        guarded.pings, guarded.debt, guarded.is_cut = 0, 0, False
        self._address_of[engine_sid] = address = _address(environ)
        self._addresses[address] = self._addresses.get(address, 0) + 1
        self._deadlines[engine_sid] = self._now_ms() + CONNECT_DEADLINE_MS
        return self._stock["connect"](engine_sid, environ)

    def _on_message(self, engine_sid: str, data: object) -> None:
        """Hand a packet on; what is no packet ends the connection, and never fills the log."""
        if not data:  # the stock server takes it for an event without a body
            return self._refuse_packet(engine_sid)
        try:
            self._stock["message"](engine_sid, data)
        except BadPacketError:
            self._refuse_packet(engine_sid)

    def _refuse_packet(self, engine_sid: str) -> None:
        guarded = self._engine.sockets.get(engine_sid)
        if isinstance(guarded, EdgeSocket):
            guarded.cut("malformed", TEXT_ONLY)

    def _on_close(self, engine_sid: str, reason: str) -> None:
        self._deadlines.pop(engine_sid, None)
        address = self._address_of.pop(engine_sid, "")
        left = self._addresses.pop(address, 1) - 1
        if left:
            self._addresses[address] = left
        self._stock["disconnect"](engine_sid, reason)


def frame_of(packet: Packet) -> bytes:
    """The packet as a frame of the wire, built once however many get it."""
    frame: bytes | None = getattr(packet, "frame", None)
    if frame is None:
        frame = packet.frame = text_frame(packet.encode())
    return frame


def shut(connection: socket.socket) -> None:
    """Both directions are closed; whoever waits in either wakes up."""
    try:
        connection.shutdown(socket.SHUT_RDWR)
    except OSError:
        log.debug("edge: the socket was closed already")


def _address(environ: dict[str, Any]) -> str:
    return str(environ.get("REMOTE_ADDR", ""))
