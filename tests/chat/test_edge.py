"""The socket edge, measure by measure, on the real servers of python-socketio and engineio.

No network here: packets are handed to the sockets as the WebSocket loop would. The same from
outside, with floods, is in tests/badinput/test_socket_edge.py. If an upgrade of a pinned package
breaks a measure, this file says which.
"""

import importlib.metadata
import itertools
import json
from collections.abc import Callable
from typing import Any

import engineio.socket
import pytest
import socketio
from engineio.packet import MESSAGE, OPEN, PONG, Packet
from hypothesis import given
from hypothesis import strategies as st

from chat.buckets import Limit
from chat.edge import (
    CONNECT_DEADLINE_MS,
    FLOOD_DEBT_MAX,
    FRAMES_PER_EVENT,
    LINGER_MS,
    OUT_QUEUE_MAX,
    Edge,
    EdgeLimits,
    EdgeSocket,
)
from chat.frames import bound_frames, unmask
from chat.handshake import is_own_origin
from chat.packets import BadPacketError, ConnectedManager, Json, TextPacket
from tests.chat.conftest import MovedClock

BURST = 10
PACKET_BYTES = 1000
_sids = itertools.count(1)


class FakeWebSocket:
    """Stands for eventlet's WebSocket: frames come from a list, the close code is kept."""

    class Frame:
        """One frame as eventlet hands it on."""

        def __init__(self, data: bytes) -> None:
            self.opcode = 1
            self.data = [data]

    def __init__(self) -> None:
        self.closed_with: tuple[int, str] | None = None
        self.messages: list[str | bytes | None] = []
        self._apply_mask: Callable[..., bytes] = lambda *_: b""

    def wait(self) -> str | bytes | None:
        """Return the next message."""
        return self.messages.pop(0)

    def close(self, close_data: tuple[int, str]) -> None:
        """Keep the code."""
        self.closed_with = close_data

    def _recv_frame(self, message: Any = None) -> "FakeWebSocket.Frame":
        return message or self.Frame(b"x" * 10)


class House:
    """A guarded server, and sockets that came to it."""

    def __init__(self, clock: MovedClock) -> None:
        self.pauses = 0
        self.opened: list[str] = []
        self.heard: list[tuple[Any, ...]] = []
        manager = ConnectedManager()
        self.server = socketio.Server(
            client_manager=manager,
            async_mode="threading",
            async_handlers=False,
            serializer=TextPacket,
            json=Json,
        )
        manager.on_connected = self.opened.append
        self.server.on("connect", lambda _sid, _environ, _auth: None)
        self.server.on("echo", lambda _sid, *data: self.heard.append(data))
        self.server.on("*", lambda event, _sid, *_data: self.heard.append((event,)))
        limits = EdgeLimits(Limit(1, BURST), PACKET_BYTES, 3, 1500, 800, ("websocket",))
        self.edge = Edge(self.server, limits, clock, self._pause)

    def comes(self, address: str = "192.0.2.1") -> EdgeSocket:
        """Return a socket whose Engine.IO handshake is done."""
        engine, sid = self.server.eio, f"eio{next(_sids)}"
        engine.sockets[sid] = guarded = engineio.socket.Socket(engine, sid)
        guarded.send(Packet(OPEN, {"sid": sid, "pingInterval": 1000}))
        environ = {"REMOTE_ADDR": address, "HTTP_SEC_WEBSOCKET_EXTENSIONS": "permessage-deflate"}
        engine.handlers["connect"](sid, environ)
        assert "HTTP_SEC_WEBSOCKET_EXTENSIONS" not in environ, "compression is not offered"
        assert isinstance(guarded, EdgeSocket)
        guarded.connected = True
        guarded.websocket = FakeWebSocket()
        return guarded

    def connects(self, guarded: EdgeSocket) -> None:
        """The socket is connected to the namespace."""
        guarded.receive(Packet(MESSAGE, "0"))

    def _pause(self) -> None:
        self.pauses += 1


@pytest.fixture
def house(moved_clock: MovedClock) -> House:
    """A guarded server."""
    return House(moved_clock)


def sent(guarded: EdgeSocket) -> list[str]:
    """Return the packets that wait for the client."""
    return [packet.encode() for packet in list(guarded.queue.queue) if packet is not None]


def refusal_of(house: House, query: str, **environ: str) -> tuple[str, str]:
    """Return the status and the code with which a handshake is answered; '' when it passes."""
    started: list[str] = []
    passed: list[bool] = []

    def app(_environ: Any, _start: Any) -> list[bytes]:
        passed.append(True)
        return []

    asked = {"PATH_INFO": "/socket.io/", "QUERY_STRING": query, **environ}
    body = house.edge.guarded(app)(asked, lambda status, _headers: started.append(status))
    if passed:
        return "", ""
    return started[0][:3], json.loads(b"".join(body))["error"]["code"]


def test_versions_are_those_that_were_checked() -> None:
    """The edge reaches into these packages; another release has to be looked at first."""
    seen = {name: importlib.metadata.version(name).rsplit(".", 1)[0] for name in (
        "python-socketio", "python-engineio", "eventlet")}  # fmt: skip
    assert seen == {"python-socketio": "5.18", "python-engineio": "4.15", "eventlet": "0.41"}


def test_every_packet_yields_first(house: House) -> None:
    """A flooder lets others run between any two of his packets, before CONNECT too."""
    guarded = house.comes()

    for _ in range(5):
        guarded.receive(Packet(PONG))

    assert house.pauses == 5


def test_open_packet_tells_the_true_ping_interval(house: House) -> None:
    """engineio announces whole seconds, rounded down: clients would give up too early."""
    guarded = house.comes()

    assert json.loads(sent(guarded)[0][1:])["pingInterval"] == 1500


def test_events_beyond_the_bucket_get_an_error_then_a_close(house: House) -> None:
    """The ack says rate_limited; whoever goes on is closed."""
    guarded = house.comes()
    house.connects(guarded)
    for _ in range(BURST - 1):
        guarded.receive(Packet(MESSAGE, '27["echo",{}]'))
    assert len(house.heard) == BURST - 1

    guarded.receive(Packet(MESSAGE, '28["echo",{}]'))
    assert len(house.heard) == BURST - 1, "nothing was done"
    assert sent(guarded)[-1].startswith('438[{"error":{"code":"rate_limited"')
    for _ in range(FLOOD_DEBT_MAX):
        guarded.receive(Packet(MESSAGE, '29["echo",{}]'))

    assert guarded.is_cut
    assert guarded.websocket.closed_with == (1008, "too fast")


def test_bucket_refills_with_time(house: House, moved_clock: MovedClock) -> None:
    """A client that waited is heard again."""
    guarded = house.comes()
    house.connects(guarded)
    for _ in range(BURST + 3):
        guarded.receive(Packet(MESSAGE, '2["echo",{}]'))
    moved_clock.passes(1)

    guarded.receive(Packet(MESSAGE, '2["echo",{"after":1}]'))

    assert house.heard[-1] == ({"after": 1},)


def test_binary_packet_closes(house: House) -> None:
    """Text only: bytes end the connection before anything is kept of them."""
    guarded = house.comes()
    house.connects(guarded)

    guarded.receive(Packet(MESSAGE, b"\x00" * 10))

    assert guarded.websocket.closed_with == (1003, "binary")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "9",
        "2",
        "2[]",
        "2{}",
        "2[1]",
        '2[{"a":1}]',
        '2["a"',
        "3[]",
        "31[]",
        '4{"a":1}',
        '51-["a",{"_placeholder":true,"num":0}]',
        '59999999999-["a"]',
        "61-[]",
        "2" + "9" * 101 + "[]",
        "2" + "[" * 100_000,
    ],
)
def test_malformed_packet_closes(house: House, text: str) -> None:
    """What no client sends ends the connection, and reaches no handler."""
    guarded = house.comes()
    house.connects(guarded)

    guarded.receive(Packet(MESSAGE, text))

    assert house.heard == []
    assert guarded.websocket.closed_with == (1003, "malformed")


@pytest.mark.parametrize("name", ["connect", "disconnect", "*", "x" * 65])
def test_event_named_like_a_handler_of_ours_is_unknown(house: House, name: str) -> None:
    """The stock server would call the handlers of connect and disconnect for such an event."""
    guarded = house.comes()
    house.connects(guarded)

    guarded.receive(Packet(MESSAGE, f'2["{name}","transport close"]'))

    assert house.heard == [("?",)]
    assert not guarded.is_cut
    assert house.server.manager.sid_from_eio_sid(guarded.sid, "/") is not None


@pytest.mark.parametrize(("text", "auth"), [
    ("0", None),
    ('0{"visible":true}', {"visible": True}),
    ("01", {"auth": 1}),
    ("0[]", {"auth": []}),
    ('0""', {"auth": ""}),
    ("0false", {"auth": False}),
])  # fmt: skip
def test_auth_that_is_no_object_is_not_taken_for_none(text: str, auth: object) -> None:
    """It goes on as an object with an unknown field, so that the entrance refuses it."""
    assert TextPacket(encoded_packet=text).data == auth


def test_odd_json_is_read_so_that_the_answer_can_name_the_field() -> None:
    """Half a surrogate pair and NaN pass the packet; the request's shape refuses them."""
    assert TextPacket(encoded_packet='2["a",{"b":"\\ud800"}]').data[1] == {"b": "\ud800"}
    assert TextPacket(encoded_packet='2["a",NaN]').packet_type == 2


@given(st.text(max_size=60) | st.binary(max_size=60))
def test_any_packet_is_read_or_bad(raw: str | bytes) -> None:
    """Decoding anything ends in a packet or in BadPacketError, nothing else."""
    try:
        packet = TextPacket(encoded_packet=raw)
    except BadPacketError:
        return
    assert packet.packet_type in {0, 1, 2}
    assert packet.attachment_count == 0


def test_client_that_does_not_read_is_cut(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """What waits for one slow client is bounded; he reconnects and resyncs."""
    guarded = house.comes()
    shut: list[object] = []
    monkeypatch.setattr("chat.edge.shut", shut.append)
    guarded.websocket.socket = "its socket"

    for _ in range(OUT_QUEUE_MAX + 50):
        house.edge.send(guarded.sid, Packet(MESSAGE, "2[]"))

    assert shut == ["its socket"]
    assert guarded.queue.qsize() <= OUT_QUEUE_MAX


def test_socket_that_never_connects_is_closed_at_the_deadline(
    house: House, moved_clock: MovedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """CONNECT is due within ten seconds; one that came in time stays."""
    monkeypatch.setattr("chat.edge.shut", lambda _: None)
    silent, prompt = house.comes(), house.comes()
    silent.websocket.socket = None
    house.connects(prompt)

    moved_clock.passes(CONNECT_DEADLINE_MS / 1000 - 0.1)
    house.edge.reap()
    assert not silent.is_cut
    moved_clock.passes(0.2)
    house.edge.reap()

    assert (silent.is_cut, prompt.is_cut) == (True, False)


def test_socket_that_left_its_namespace_lingers_shortly(
    house: House, moved_clock: MovedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After a farewell the socket may come again for a moment, then it is closed."""
    monkeypatch.setattr("chat.edge.shut", lambda _: None)
    guarded = house.comes()
    guarded.websocket.socket = None
    house.connects(guarded)
    house.edge.reap()
    guarded.receive(Packet(MESSAGE, "1"))
    house.edge.close_soon(guarded.sid)

    moved_clock.passes(LINGER_MS / 1000 + 0.1)
    house.edge.reap()

    assert guarded.is_cut


def test_manager_says_when_connect_was_answered(house: House) -> None:
    """The hook runs after the CONNECT packet is queued: session:ready cannot overtake it."""
    guarded = house.comes()
    at_hook: list[list[str]] = []
    house.server.manager.on_connected = lambda _sid: at_hook.append(sent(guarded))

    house.connects(guarded)

    assert at_hook[0][-1].startswith('40{"sid":')


@pytest.mark.parametrize(
    ("query", "environ", "answer"),
    [
        ("EIO=4&transport=websocket", {"HTTP_UPGRADE": "websocket"}, ("", "")),
        ("EIO=4&transport=polling", {}, ("400", "invalid")),
        ("EIO=4", {}, ("400", "invalid")),
        ("", {}, ("400", "invalid")),
        ("EIO=3&transport=websocket", {"HTTP_UPGRADE": "websocket"}, ("400", "invalid")),
        ("EIO=4&transport=websocket", {}, ("400", "invalid")),
        ("EIO=4&transport=nonsense&sid=../..", {}, ("400", "invalid")),
    ],
)
def test_handshake_that_cannot_succeed_gets_the_one_error(
    house: House, query: str, environ: dict[str, str], answer: tuple[str, str]
) -> None:
    """Polling that is switched off, old protocols and plain requests get a clear 400."""
    assert refusal_of(house, query, **environ) == answer


def test_connections_of_one_address_are_bounded(house: House) -> None:
    """The fourth of three is refused with 429; another address, and one that left, may come."""
    websocket = {"HTTP_UPGRADE": "websocket", "REMOTE_ADDR": "192.0.2.1"}
    query = "EIO=4&transport=websocket"
    three = [house.comes() for _ in range(3)]

    assert refusal_of(house, query, **websocket) == ("429", "too_many_connections")
    assert refusal_of(house, query, **{**websocket, "REMOTE_ADDR": "192.0.2.2"}) == ("", "")
    house.server.eio.handlers["disconnect"](three[0].sid, "transport close")

    assert refusal_of(house, query, **websocket) == ("", "")


def test_draining_worker_refuses_new_sockets(house: House) -> None:
    """Who comes while the worker ends is sent elsewhere with 503."""
    house.edge.drain()

    query = "EIO=4&transport=websocket"
    assert refusal_of(house, query, HTTP_UPGRADE="websocket") == ("503", "draining")


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


@pytest.mark.parametrize("message", [b"4", b"", "", "0{}", "b4", "9"])
def test_message_that_is_no_text_packet_closes(house: House, message: str | bytes) -> None:
    """The stock loop would let such a message end in a traceback and leave a ghost."""
    guarded, ws = house.comes(), FakeWebSocket()
    guarded.websocket = ws
    bound_frames(ws, guarded)
    ws.messages = [message]

    assert ws.wait() is None
    assert ws.closed_with == (1003, "binary")


@given(st.binary(max_size=300), st.binary(min_size=4, max_size=4), st.integers(0, 9))
def test_unmask_equals_the_rfc(data: bytes, mask: bytes, offset: int) -> None:
    """One XOR of long integers is what RFC 6455 describes byte by byte."""
    plain = bytes(byte ^ mask[(offset + place) % 4] for place, byte in enumerate(data))

    assert unmask(data, tuple(mask), length=len(data), offset=offset) == plain


@pytest.mark.parametrize(
    ("origin", "is_allowed"),
    [
        (None, True),
        ("http://chat.example:8080", True),
        ("https://CHAT.example:8080", True),
        ("https://other.example", True),
        ("https://other.example/", True),
        ("http://other.example", False),
        ("http://chat.example", False),
        ("http://chat.example:8080.evil.example", False),
        ("http://evil.example", False),
        ("null", False),
        ("", False),
        ("http://", False),
        ("http://[", False),
    ],
)
def test_origin_is_ones_own_or_allowed(origin: str | None, *, is_allowed: bool) -> None:
    """The own host, the allow-list, and programs without an origin; nobody else."""
    allowed = ("https://other.example",)

    assert is_own_origin(origin, "chat.example:8080", allowed) is is_allowed


def test_json_of_the_wire_is_compact() -> None:
    """No white space, no ASCII escapes."""
    assert Json.dumps({"a": [1, "天"]}, separators=(",", ":")) == '{"a":[1,"天"]}'
    assert Json.loads('{"a":1}') == {"a": 1}
    with pytest.raises(ValueError, match="Expecting"):
        Json.loads("{")
