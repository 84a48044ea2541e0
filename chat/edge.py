"""The socket edge: everything that keeps one client from harming the others.

The rule of the file: each measure stands in one function with its reason and the upstream version
it was checked against; tests/chat/test_edge.py and test_upstream.py pin both. It changes the
objects of one server and patches no module. Refused is: binary, malformed, oversized, too fast, too
slow, too many, never CONNECTed. Below it: `handshake.py` (the request), `polling.py` (its bodies),
`edge_socket.py` (one socket), `incoming.py` and `frames.py` (what it sends), `packets.py`.
Not here: who the client is (`roster/entrance.py`), what an event holds (`wire/`).
Measured on python-socketio 5.18.1, python-engineio 4.15.1, eventlet 0.41.3; pyproject.toml pins.
"""

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import parse_qs

import socketio
from engineio.packet import Packet

from chat.addresses import AddressCounts
from chat.buckets import Buckets, Limit
from chat.clock import Clock, steady_ms
from chat.edge_socket import EdgeSocket, adopt
from chat.errors import ChatError, Draining, Invalid, TooManyConnections
from chat.frames import TEXT_ONLY
from chat.gate import Gate, Place
from chat.handshake import answer, client_of, hint_at_proxies, wrong_handshake
from chat.ids import UserId
from chat.outgoing import Outgoing
from chat.packets import BadPacketError
from chat.pings import Pings
from chat.polling import wrong_body

SOCKET_PATH: Final = "/socket.io"
CONNECT_DEADLINE_MS: Final = 10_000  # Centrifugo's figure; Socket.IO's own client closes at 45 s
LINGER_MS: Final = 2_000  # how long a socket may stay after its namespace was left
INSIST_MS: Final = 1_000  # how long a farewell may take
FRAMES_PER_EVENT: Final = 4  # fragments and control frames allowed beside each packet
SOCKETS_WORTH: Final = 2  # of one socket's events: what a user, or an address before CONNECT, may
FLOOD_DEBT_MAX: Final = 100  # refused packets until a flooder is closed
FORGIVEN_EACH_S: Final = 5  # of them; accepted ones do not count, or a slow worker would cut nobody
REAP_EVERY_S: Final = 0.5
OPENING: Final = "rollcall.opening"  # in environ: the place of a socket that is being opened

# As PEP 3333 has it: environ's values and the result are whatever it allows.
WsgiApp = Callable[[dict[str, Any], Callable[..., Any]], Any]

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class EdgeLimits:
    """How much one socket, and one address, may do on this worker."""

    packets: Limit
    packet_bytes: int
    address_connections: int
    ping_ms: int
    ping_timeout_ms: int
    transports: tuple[str, ...]


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
        self.limits = limits
        self._pause = pause
        self._server = server
        self._engine = server.eio
        self._now_ms = now_ms
        self._tokens = Buckets(limits.packets)
        self._owner_tokens = Buckets(limits.packets.times(SOCKETS_WORTH))
        self._frame_tokens = Buckets(limits.packets.times(FRAMES_PER_EVENT))
        self._debts = Buckets(Limit(FORGIVEN_EACH_S, FLOOD_DEBT_MAX))
        self.pings = Pings(limits.ping_ms, limits.ping_timeout_ms, steady_ms, pause)
        self.opening, self.entering, self.leaving = Gate(), Gate(), Gate()
        self._deadlines: dict[str, int] = {}
        self._farewells: dict[str, tuple[int, EdgeSocket]] = {}
        self._network_of: dict[str, str] = {}
        self._networks = AddressCounts()
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

    @property
    def packet_bytes(self) -> int:
        """The most that one packet may have, its fragments together."""
        return self.limits.packet_bytes

    def guarded(self, app: WsgiApp) -> WsgiApp:
        """The application, but a handshake that cannot succeed gets the one error shape.

        python-engineio 4.15.1 answers those in plain text, and logs the first at ERROR."""

        def guarded_app(environ: dict[str, Any], start_response: Callable[..., Any]) -> Any:
            if not environ.get("PATH_INFO", "").startswith(SOCKET_PATH):
                return app(environ, start_response)
            # A client's offer to compress is left unheard: a bomb is small, and a frame that is
            # written once for all cannot be compressed for each. eventlet 0.41.3, websocket.py.
            environ.pop("HTTP_SEC_WEBSOCKET_EXTENSIONS", None)
            query = parse_qs(environ.get("QUERY_STRING", ""))
            with self._place_to_open(query) as place:
                environ[OPENING] = place
                refusal = self._refusal(query, environ)
                if refusal is None:
                    return app(environ, start_response)
            return answer(refusal, start_response)

        return guarded_app

    def send(self, engine_sid: str, packet: Packet) -> Outgoing | None:
        """Queue a packet for one socket; one that is gone is no error.

        Returns the way out of its WebSocket, which frames may take without coming here again: it
        drops what is written once the socket is closed. None while it polls."""
        guarded = self._engine.sockets.get(engine_sid)
        if not isinstance(guarded, EdgeSocket) or guarded.closed:
            return None
        guarded.send(packet)
        return guarded.outgoing if guarded.upgraded else None

    def has_socket(self, engine_sid: str) -> bool:
        """Whether the socket is open."""
        guarded = self._engine.sockets.get(engine_sid)
        return guarded is not None and not guarded.closed

    def belongs(self, engine_sid: str, user_id: UserId) -> None:
        """The socket is the user's: his sockets share a bucket, whatever their addresses."""
        guarded = self._engine.sockets.get(engine_sid)
        if isinstance(guarded, EdgeSocket):
            guarded.owner = ("user", user_id)

    def pause(self) -> None:
        """Let every other greenlet that is ready run once."""
        self._pause()

    def has_tokens(self, one: EdgeSocket, cost: float) -> bool:
        """Take tokens for one packet, from the socket's bucket and from its owner's."""
        now, cost = self._now_ms(), min(cost, self.limits.packets.burst)
        return not self._tokens.take(one.sid, now, cost) and not self._owner_tokens.take(
            one.owner, now, cost
        )

    def forgives(self, one: EdgeSocket) -> bool:
        """Whether a packet that came too fast is only refused; whoever goes on is cut."""
        return not self._debts.take(one.sid, self._now_ms())

    def has_frame_token(self, one: EdgeSocket) -> bool:
        """Take a token for one WebSocket frame."""
        return not self._frame_tokens.take(one.sid, self._now_ms())

    def insist(self, one: EdgeSocket) -> None:
        """The socket was told to go; after INSIST_MS it is shut, whether it listens or not."""
        self._farewells[one.sid] = self._now_ms() + INSIST_MS, one

    def forget(self, one: EdgeSocket) -> None:
        """The socket is closed, and nothing knows it any more."""
        one.close(wait=False, abort=True, reason=self._engine.reason.TRANSPORT_CLOSE)
        self._engine.sockets.pop(one.sid, None)

    def close_soon(self, engine_sid: str) -> None:
        """A socket that left its namespace is closed unless it CONNECTs again within LINGER_MS."""
        self._deadlines[engine_sid] = self._now_ms() + LINGER_MS

    def reap(self) -> None:
        """Close every socket whose time to CONNECT, or to take its farewell, is over.

        The stock server keeps sockets that never do for ever. engineio 4.15.1, server.py."""
        now = self._now_ms()
        for engine_sid, deadline in list(self._deadlines.items()):
            if self._server.manager.sid_from_eio_sid(engine_sid, "/") is not None:
                self._deadlines.pop(engine_sid, None)
            elif now >= deadline:
                self._deadlines.pop(engine_sid, None)
                self.drop(engine_sid, "silent")
        for engine_sid, (deadline, guarded) in list(self._farewells.items()):
            if now >= deadline:
                self._farewells.pop(engine_sid, None)
                guarded.shut()

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

    def _place_to_open(self, query: dict[str, list[str]]) -> Place:
        """Where a herd comes, sockets are opened by turns; whoever has one need not wait."""
        return Place() if "sid" in query else self.opening.place()

    def _refusal(self, query: dict[str, list[str]], environ: dict[str, Any]) -> ChatError | None:
        wrong = wrong_handshake(query, environ, self.limits.transports)
        if wrong is not None:
            return wrong
        if "sid" in query:
            return self._wrong_post(query["sid"][0], environ)
        if self._is_draining:
            return Draining(retry_after_s=1)
        if self._networks.of(client_of(environ)) >= self.limits.address_connections:
            hint_at_proxies(environ)
            return TooManyConnections(retry_after_s=10)
        return None

    def _wrong_post(self, engine_sid: str, environ: dict[str, Any]) -> ChatError | None:
        wrong = wrong_body(environ, self.limits.packet_bytes)
        if wrong is not None:
            self.drop(engine_sid, "malformed")
        elif environ.get("REQUEST_METHOD") == "POST" and not self.has_socket(engine_sid):
            # One that is closed and not yet forgotten: engineio 4.15.1 raises for a POST.
            return Invalid("This Engine.IO session is over.")
        return wrong

    def _on_open(self, engine_sid: str, environ: dict[str, Any]) -> Any:  # as engineio has it
        opened = self._engine.sockets[engine_sid]
        # engineio 4.15.1 announces whole seconds, rounded down: a client that is told less than
        # the truth gives up too early.
        opened.queue.queue[0].data["pingInterval"] = self.limits.ping_ms
        network = client_of(environ)
        adopt(opened, self, ("address", network), environ.pop(OPENING, Place()))
        self._network_of[engine_sid] = network
        self._networks.add(network)
        self._expect_connect(engine_sid)
        return self._stock["connect"](engine_sid, environ)

    def _expect_connect(self, engine_sid: str) -> None:
        self._deadlines[engine_sid] = self._now_ms() + CONNECT_DEADLINE_MS

    def _on_message(self, engine_sid: str, data: object) -> None:
        """Hand a packet on; what is no packet ends the connection, and never fills the log."""
        if not data:  # the stock server takes it for an event without a body
            return self._refuse_packet(engine_sid)
        try:
            if str(data).startswith("0"):  # CONNECT
                self._let_in(engine_sid, data)
            else:
                self._stock["message"](engine_sid, data)
        except BadPacketError:
            self._refuse_packet(engine_sid)

    def _let_in(self, engine_sid: str, connect: object) -> None:
        """Hand a CONNECT on when it is its turn; its deadline begins anew with that."""
        self._deadlines.pop(engine_sid, None)
        with self.entering.place():
            self._expect_connect(engine_sid)
            self._stock["message"](engine_sid, connect)

    def _refuse_packet(self, engine_sid: str) -> None:
        guarded = self._engine.sockets.get(engine_sid)
        if isinstance(guarded, EdgeSocket):
            guarded.cut("malformed", TEXT_ONLY)

    def _on_close(self, engine_sid: str, reason: str) -> None:
        self._deadlines.pop(engine_sid, None)
        self._farewells.pop(engine_sid, None)
        network = self._network_of.pop(engine_sid, None)
        if network is not None:
            self._networks.remove(network)
        self._stock["disconnect"](engine_sid, reason)
