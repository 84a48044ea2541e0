"""One Socket.IO 5 connection over one WebSocket, spoken by hand: packets, acks, heartbeats.

Not here: what the events mean; that is tab.py. No client library hides what goes over the wire.
Source: socketio/socket.io-protocol v5, socketio/engine.io-protocol v4.
"""

import contextlib
import itertools
import json
import queue
import socket
import struct
import threading
from collections.abc import Callable
from typing import Any

import websocket

Wire = Any  # one JSON value of the protocol
CONNECT_DEADLINE_S = 10.0
LOST = {"error": {"code": "connection_lost", "message": "The link broke.", "temporary": True}}


class RefusedError(Exception):
    """The server said no; `code` is the one of the error shape, or `http_<status>`."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class LinkLostError(Exception):
    """The connection ended before the answer came."""


class Link:
    """A connected namespace `/`; reads nothing before `start`.

    hears(event, payload) and lost() are called on the reader thread.
    """

    def __init__(
        self,
        host: str,
        *,
        cookie: str,
        origin: str,
        auth: Wire,
        hears: Callable[[str, Wire], None],
        lost: Callable[[], None],
    ) -> None:
        self._hears, self._lost = hears, lost
        self._acks: dict[int, queue.Queue[Wire]] = {}
        self._ids = itertools.count(1)
        self.answers_pings = True
        self.heard_bytes = 0  # of packets that do not come by the clock
        self.ws = self._open(host, cookie, origin)
        self.local_port = int(self._socket().getsockname()[1])
        self._connect(auth)
        self._reader = threading.Thread(target=self._read, daemon=True)

    def start(self) -> None:
        """Events are heard and heartbeats answered from now on."""
        self._reader.start()

    def ask(self, event: str, payload: Wire, deadline_s: float) -> Wire:
        """Return the ack of one event; LinkLostError when the connection ends or none comes."""
        number = next(self._ids)
        answer: queue.Queue[Wire] = queue.Queue()
        self._acks[number] = answer
        self.send(f"42{number}{json.dumps([event, payload])}")
        try:
            result = answer.get(timeout=deadline_s)
        except queue.Empty:
            raise LinkLostError(f"no ack of {event} within {deadline_s} s") from None
        finally:
            self._acks.pop(number, None)
        if result is LOST:
            raise LinkLostError(f"lost before the ack of {event}")
        return result

    def send(self, packet: str) -> None:
        """One text packet is on its way; LinkLostError when there is no connection."""
        try:
            self.ws.send(packet)
        except (OSError, websocket.WebSocketException) as gone:
            raise LinkLostError(str(gone)) from None

    def closes(self) -> None:
        """The tab is closed as a browser does it: a close frame, then the end."""
        with contextlib.suppress(OSError, websocket.WebSocketException):
            self.ws.send_close()
        self._end()

    def cut(self) -> None:
        """The connection is reset (RST): no close frame, no FIN."""
        self._socket().setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self._end()

    def _end(self) -> None:
        # Only the reading half, which tells the server nothing: it wakes the reader thread, so
        # that close() is the last reference and the kernel acts on it at once.
        with contextlib.suppress(OSError, LinkLostError):
            self._socket().shutdown(socket.SHUT_RD)
        is_started = self._reader.ident is not None  # one that is not will find the socket closed
        if is_started and threading.current_thread() is not self._reader:
            self._reader.join(5)
        self._close_socket()

    def _open(self, host: str, cookie: str, origin: str) -> websocket.WebSocket:
        try:
            return websocket.create_connection(
                f"ws://{host}/socket.io/?EIO=4&transport=websocket",
                cookie=cookie or None,
                origin=origin or None,
                suppress_origin=not origin,
                timeout=CONNECT_DEADLINE_S,
                enable_multithread=True,
            )
        except websocket.WebSocketBadStatusException as refusal:
            raise RefusedError(_code_of(refusal)) from None
        except (OSError, websocket.WebSocketException) as gone:
            raise LinkLostError(str(gone)) from None

    def _connect(self, auth: Wire) -> None:
        try:
            answer = self._answer_to_connect(auth)
        except (OSError, websocket.WebSocketException) as gone:
            self._close_socket()
            raise LinkLostError(str(gone)) from None
        if answer.startswith("44"):
            refusal = json.loads(answer[2:])
            self._close_socket()
            raise RefusedError(str(refusal.get("data", {}).get("code", refusal)))
        assert answer.startswith("40"), f"neither a connect nor an error: {answer!r}"
        self.ws.settimeout(None)

    def _answer_to_connect(self, auth: Wire) -> str:
        opened = self._receive_some()
        assert opened.startswith("0"), f"no Engine.IO open packet: {opened!r}"
        self.ws.send("40" + (json.dumps(auth) if auth is not None else ""))
        while (answer := self._receive_some()) == "2":
            self.ws.send("3")
        return answer

    def _receive_some(self) -> str:
        """A packet; OSError when the server has said goodbye instead."""
        packet = self._receive()
        if packet in {"", "1"}:
            raise ConnectionResetError("closed before CONNECT was answered")
        return packet

    def _read(self) -> None:
        with contextlib.suppress(OSError, websocket.WebSocketException, LinkLostError):
            while packet := self._receive():
                if packet == "2":
                    self._pong()
                elif packet.startswith(("41", "1")):
                    break
                elif packet.startswith("42"):
                    event, payload = json.loads(packet[2:])
                    self._hears(event, payload)
                elif packet.startswith("43"):
                    self._on_ack(packet[2:])
        self._close_socket()
        for waiting in list(self._acks.values()):
            waiting.put(LOST)
        self._lost()

    def _receive(self) -> str:
        packet = self.ws.recv()
        assert isinstance(packet, str), f"a binary packet: {packet!r}"
        if packet != "2" and not packet.startswith('42["room:heads"'):
            self.heard_bytes += len(packet.encode())
        return packet

    def _socket(self) -> socket.socket:
        if self.ws.sock is None:
            raise LinkLostError("the socket is closed")
        return self.ws.sock

    def _close_socket(self) -> None:
        self.ws.shutdown()  # type: ignore[no-untyped-call] # as its author left it

    def _pong(self) -> None:
        if self.answers_pings:
            self.ws.send("3")

    def _on_ack(self, rest: str) -> None:
        number, bracket, values = rest.partition("[")
        waiting = self._acks.get(int(number))
        if waiting is not None:
            (result,) = json.loads(bracket + values)
            waiting.put(result)


def _code_of(refusal: websocket.WebSocketBadStatusException) -> str:
    try:
        return str(json.loads(refusal.resp_body or b"")["error"]["code"])
    except (TypeError, ValueError, KeyError):
        return f"http_{refusal.status_code}"
