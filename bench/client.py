"""A load client: thousands of connections in one process, Engine.IO 4 and Socket.IO 5 by hand.

The rule of this file: it must cost less than the server it measures, about 5 us a delivery. So
picows cuts the frames, uvloop reads the sockets, and an event reaches `hear` undecoded. It speaks
to any Socket.IO server: what its connection greets with is the caller's to say."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import Any, TypeVar

import uvloop
from picows import WSFrame, WSHandshakeError, WSListener, WSMsgType, WSTransport, ws_connect

from bench import packets

T = TypeVar("T")
Hear = Callable[[bytes], None]
Read = Callable[[bytes], Any]  # Any: what a packet is read as
TEXT = WSMsgType.TEXT
ROLLCALL_READY = packets.begins("session:ready")


class RefusedError(Exception):
    """The server answered the handshake, or CONNECT, with a refusal; `status` is 0 for CONNECT."""

    def __init__(self, status: int, body: str) -> None:
        super().__init__(f"refused with {status}: {body[:200]}")
        self.status = status
        self.body = body


@dataclass(frozen=True, slots=True)
class Door:
    """Where a server is and how one comes in.

    greeting: what the packet begins with after which a connection counts as open."""

    host: str
    port: int
    path: str = "/socket.io/?EIO=4&transport=websocket"
    auth: object = None
    greeting: bytes = packets.CONNECTED


def rollcall(host: str, port: int) -> Door:
    """The door of a Rollcall: open when session:ready came."""
    return Door(host, port, auth={"visible": True}, greeting=ROLLCALL_READY)


def run(work: Coroutine[Any, Any, T]) -> T:  # Any: what a coroutine yields is nobody's business
    """Run work on uvloop; its result."""
    result: T = uvloop.run(work)
    return result


class LoadConnection(WSListener):  # type: ignore[misc]  # mypy skips picows: an extra
    """One connection. `hear` gets every event packet; `answers_pings` False: it falls silent."""

    def __init__(self, door: Door, hear: Hear | None) -> None:
        self._door = door
        self._greeting = door.greeting
        self.hear = hear
        self.answers_pings = True
        self._acks: dict[int, tuple[asyncio.Future[Any], Read]] = {}
        self._next_ack = 0
        self._transport: WSTransport = None
        self.ready: asyncio.Future[bytes] = asyncio.get_running_loop().create_future()
        self.closed = asyncio.Event()

    def on_ws_connected(self, transport: WSTransport) -> None:
        """Take the transport; the server speaks first."""
        self._transport = transport

    def on_ws_frame(self, transport: WSTransport, frame: WSFrame) -> None:
        """Take one frame; the order of the questions is that of how often each comes."""
        packet: bytes = frame.get_payload_as_bytes()
        if packet[:2] == packets.EVENT:
            if self.hear is not None:
                self.hear(packet)
            if not self.ready.done():
                self._greet(packet)
        elif packet == packets.PING:
            if self.answers_pings:
                transport.send(TEXT, packets.PONG)
        elif packet[:2] == packets.ACK:
            self._take_ack(packet)
        elif frame.msg_type is WSMsgType.CLOSE:
            transport.disconnect()
        else:
            self._come_in(packet)

    def on_ws_disconnected(self, transport: WSTransport) -> None:  # noqa: ARG002 - picows calls it so
        """Whoever waits for this connection waits no more."""
        self.closed.set()
        self._fail(ConnectionError("closed by the server"))

    @property
    def local_port(self) -> int:
        """The client's end: by it the server's side can be found."""
        port: int = self._transport.underlying_transport.get_extra_info("sockname")[1]
        return port

    def send(self, packet: bytes) -> None:
        """Send one text packet as it is."""
        self._transport.send(TEXT, packet)

    def tell(self, event: str, payload: object) -> None:
        """Send one event and ask for no answer."""
        self._transport.send(TEXT, packets.event_packet(event, payload))

    def ask(self, event: str, payload: object) -> asyncio.Future[Any]:  # Any: one JSON value
        """Send one event at once; the future is its ack.

        ConnectionError, here or there, when the connection ends before."""
        return self._asked(event, payload, packets.value_of)

    def ask_undecoded(self, event: str, payload: object) -> asyncio.Future[bytes]:
        """The same; the future is the whole packet: to decode a large one holds the loop."""
        return self._asked(event, payload, bytes)

    def _asked(self, event: str, payload: object, read: Read) -> asyncio.Future[Any]:
        if self.closed.is_set():
            raise ConnectionError("this connection is closed")
        self._next_ack += 1
        answer: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        self._acks[self._next_ack] = (answer, read)
        self._transport.send(TEXT, packets.event_packet(event, payload, self._next_ack))
        return answer

    def close(self) -> None:
        """Close the TCP connection, as a closed tab does."""
        self._transport.disconnect(graceful=False)

    def _come_in(self, packet: bytes) -> None:
        if packet[:2] == packets.CONNECTED:
            self._greet(packet)
        elif packet[:2] == packets.REFUSED:
            self._fail(RefusedError(0, packet[2:].decode()))
        elif packet[:1] == packets.OPEN:
            self.send(packets.connect_packet(self._door.auth))

    def _greet(self, packet: bytes) -> None:
        if packet.startswith(self._greeting) and not self.ready.done():
            self.ready.set_result(packet)

    def _take_ack(self, packet: bytes) -> None:
        waiting, read = self._acks.pop(packets.number_of(packet), (None, bytes))
        if waiting is not None and not waiting.done():
            waiting.set_result(read(packet))

    def _fail(self, error: Exception) -> None:
        for waiting in [self.ready, *(waiting for waiting, _ in self._acks.values())]:
            if not waiting.done():
                waiting.set_exception(error)
                waiting.exception()  # looked at: a storm of refusals is counted, not warned about
        self._acks.clear()


async def connect(door: Door, cookie: str = "", hear: Hear | None = None) -> LoadConnection:
    """A connection that was greeted.

    Raises RefusedError with the HTTP status, or OSError when there is nobody to answer."""
    headers = {"Origin": f"http://{door.host}:{door.port}"}
    if cookie:
        headers["Cookie"] = cookie
    connection = LoadConnection(door, hear)
    try:
        await ws_connect(
            lambda: connection,
            f"ws://{door.host}:{door.port}{door.path}",
            extra_headers=headers,
            websocket_handshake_timeout=30,
            read_buffer_init_size=4096,
            max_redirects=0,
        )
    except WSHandshakeError as refusal:
        if refusal.response is None:
            raise ConnectionError(str(refusal)) from refusal
        body = (refusal.raw_body or b"").decode(errors="replace")
        raise RefusedError(int(refusal.response.status), body) from refusal
    await connection.ready
    return connection


async def connect_all(
    door: Door, cookies: list[str], *, at_once: int = 50, hear: Hear | None = None
) -> list[LoadConnection]:
    """One connection a cookie, in their order; at_once are on their way together."""
    gate = asyncio.Semaphore(at_once)

    async def one(cookie: str) -> LoadConnection:
        async with gate:
            return await connect(door, cookie, hear)

    return await asyncio.gather(*(one(cookie) for cookie in cookies))
