"""The socket edge, measure by measure, on the real servers of python-socketio and engineio.

No network here: packets are handed to the sockets as the WebSocket loop would. The same from
outside, with floods, is in tests/badinput/test_socket_edge.py. If an upgrade of a pinned package
breaks a measure, this file says which.
"""

import json
from dataclasses import replace
from io import BytesIO

import pytest
from engineio.packet import MESSAGE, Packet
from hypothesis import given
from hypothesis import strategies as st

from chat.edge import CONNECT_DEADLINE_MS, INSIST_MS, LINGER_MS
from chat.edge_socket import EdgeSocket
from chat.packets import BadPacketError, Json, TextPacket
from tests.chat.conftest import MovedClock
from tests.chat.edge_house import HANDSHAKE, House, closed_with, is_shut, refusal_of, sent


@pytest.fixture
def house(moved_clock: MovedClock) -> House:
    """A guarded server."""
    return House(moved_clock)


def test_open_packet_tells_the_true_ping_interval(house: House) -> None:
    """engineio announces whole seconds, rounded down: clients would give up too early."""
    guarded = house.comes()

    assert json.loads(sent(guarded)[0][1:])["pingInterval"] == 1500


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
        "2" + "[" * 20_000,
    ],
)
def test_malformed_packet_closes(house: House, text: str) -> None:
    """What no client sends ends the connection, and reaches no handler."""
    guarded = house.comes()
    house.connects(guarded)

    guarded.receive(Packet(MESSAGE, text))

    assert house.heard == []
    assert closed_with(guarded) == (1003, "malformed")


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


def test_socket_that_never_connects_is_closed_at_the_deadline(
    house: House, moved_clock: MovedClock
) -> None:
    """CONNECT is due within ten seconds; one that came in time stays."""
    silent, prompt = house.comes(), house.comes()
    house.connects(prompt)

    moved_clock.passes(CONNECT_DEADLINE_MS / 1000 - 0.1)
    house.edge.reap()
    assert not silent.is_cut
    moved_clock.passes(0.2)
    house.edge.reap()

    assert (silent.is_cut, prompt.is_cut) == (True, False)


def test_socket_that_left_its_namespace_lingers_shortly(
    house: House, moved_clock: MovedClock
) -> None:
    """After a farewell the socket may come again for a moment, then it is closed."""
    guarded = house.comes()
    house.connects(guarded)
    house.edge.reap()
    guarded.receive(Packet(MESSAGE, "1"))
    house.edge.close_soon(guarded.sid)

    moved_clock.passes(LINGER_MS / 1000 + 0.1)
    house.edge.reap()

    assert guarded.is_cut


def test_socket_that_does_not_take_its_farewell_is_shut(
    house: House, moved_clock: MovedClock
) -> None:
    """A close frame that nobody reads would hold the connection until its ping runs out."""
    deaf, polite = house.comes(), house.comes()
    for one in (deaf, polite):
        one.cut("too fast", 1008)
    house.server.eio.handlers["disconnect"](polite.sid, "transport close")

    moved_clock.passes(INSIST_MS / 1000 + 0.1)
    house.edge.reap()

    assert (is_shut(deaf), is_shut(polite)) == (True, False)


@pytest.mark.parametrize("is_forgotten", [False, True])
def test_client_that_left_while_it_was_let_in_leaves_no_sid(
    house: House, *, is_forgotten: bool
) -> None:
    """Its disconnect came too early for python-socketio; it is made up for, once."""
    guarded = house.comes()
    farewells: list[str] = []

    def leaves_meanwhile(*_: object) -> None:
        guarded.close(wait=False, abort=True)
        if is_forgotten:
            del house.server.eio.sockets[guarded.sid]

    house.server.on("connect", leaves_meanwhile)
    house.server.on("disconnect", lambda _sid, reason: farewells.append(reason))

    house.connects(guarded)

    assert (house.edge.sids, house.opened) == (0, [])
    assert farewells == ["transport close"]


def test_connect_that_comes_after_the_end_of_its_socket_leaves_no_sid(house: House) -> None:
    """A packet may have waited for its turn while its socket was closed for silence."""
    guarded = house.comes()
    guarded.close(wait=False, abort=True)

    house.server._handle_eio_message(guarded.sid, "0")

    assert (house.edge.sids, house.opened) == (0, [])


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
        ("EIO=4&transport=websocket", HANDSHAKE, ("", "")),
        ("EIO=4&transport=polling", {}, ("400", "invalid")),
        ("EIO=4", {}, ("400", "invalid")),
        ("", {}, ("400", "invalid")),
        ("EIO=3&transport=websocket", HANDSHAKE, ("400", "invalid")),
        ("EIO=4&transport=websocket", {}, ("400", "invalid")),
        ("EIO=4&transport=websocket", {"HTTP_UPGRADE": "websocket"}, ("400", "invalid")),
        ("transport=websocket&sid=some", {"HTTP_UPGRADE": "websocket"}, ("400", "invalid")),
        (
            "EIO=4&transport=websocket",
            {**HANDSHAKE, "HTTP_SEC_WEBSOCKET_VERSION": "8"},
            ("400", "invalid"),
        ),
        (
            "EIO=4&transport=websocket",
            {**HANDSHAKE, "HTTP_SEC_WEBSOCKET_KEY": ""},
            ("400", "invalid"),
        ),
        (
            "EIO=4&transport=websocket",
            {**HANDSHAKE, "HTTP_CONNECTION": "upgraded"},
            ("400", "invalid"),
        ),
        ("EIO=4&transport=nonsense&sid=../..", {}, ("400", "invalid")),
    ],
)
def test_handshake_that_cannot_succeed_gets_the_one_error(
    house: House, query: str, environ: dict[str, str], answer: tuple[str, str]
) -> None:
    """Polling that is switched off, old protocols and plain requests get a clear 400."""
    assert refusal_of(house, query, **environ) == answer


def test_post_to_a_session_that_is_over_is_invalid(house: House) -> None:
    """It may be closed and not yet forgotten, for which the stock server has a traceback."""
    guarded = house.comes()
    post = {"REQUEST_METHOD": "POST", "CONTENT_LENGTH": "1", "wsgi.input": BytesIO(b"3")}
    query = f"EIO=4&transport=polling&sid={guarded.sid}"
    house.edge.limits = replace(house.edge.limits, transports=("websocket", "polling"))
    assert refusal_of(house, query, **post) == ("", "")

    guarded.close(wait=False, abort=True)

    post["wsgi.input"] = BytesIO(b"3")
    assert refusal_of(house, query, **post) == ("400", "invalid")


def test_handshake_that_breaks_off_leaves_nothing(house: House) -> None:
    """The client went while it was answered: the stock server keeps such a socket for ever."""
    guarded = house.comes()
    guarded.line, guarded.connected = None, False

    assert_upgrade_breaks(house, guarded)

    assert house.edge.sockets == 0
    assert guarded.closed


def test_polling_goes_on_when_its_upgrade_breaks_off(house: House) -> None:
    """The client may try again."""
    guarded = house.comes()
    guarded.line = None

    assert_upgrade_breaks(house, guarded)

    assert house.edge.has_socket(guarded.sid)


def test_second_websocket_of_a_socket_is_refused(house: House) -> None:
    """It would take the first one's place, whoever sent it."""
    guarded, line = house.opens()

    with pytest.raises(OSError, match="already"):
        guarded._upgrade_websocket({}, lambda *_: None)

    assert not guarded.closed
    assert guarded.line is line


def assert_upgrade_breaks(house: House, guarded: EdgeSocket) -> None:
    """The network fails before the WebSocket is open."""

    def breaks(*_: object) -> None:
        raise OSError

    house.server.eio._async = house.server.eio._async | {"websocket": lambda *_: breaks}
    with pytest.raises(OSError, match=r"^$"):
        guarded._upgrade_websocket({}, lambda *_: None)


def test_connections_of_one_address_are_bounded(house: House) -> None:
    """The fourth of three is refused with 429; another address, and one that left, may come."""
    websocket = {**HANDSHAKE, "REMOTE_ADDR": "192.0.2.1"}
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
    assert refusal_of(house, query, **HANDSHAKE) == ("503", "draining")


def test_json_of_the_wire_is_compact() -> None:
    """No white space, no ASCII escapes."""
    assert Json.dumps({"a": [1, "天"]}, separators=(",", ":")) == '{"a":[1,"天"]}'
    assert Json.loads('{"a":1}') == {"a": 1}
    with pytest.raises(ValueError, match="Expecting"):
        Json.loads("{")
