"""The socket's edge: foreign origins, garbage frames, floods; nobody else feels any of them."""

import base64
import os
import time

import pytest

from tests.badinput.conftest import Scene
from tests.support.api import Api
from tests.support.raw import exchange_bytes
from tests.support.tab import Tab

GARBAGE = {
    "empty": "",
    "unknown engine type": "9",
    "unknown socket type": "49",
    "event without a body": "42",
    "broken JSON": '42["message:post",',
    "no list": '42{"a":1}',
    "empty list": "42[]",
    "name is a number": "42[1,2]",
    "name is an object": '42[{"a":1},{}]',
    "ack id of a hundred digits": "42" + "9" * 100 + '["message:post",{}]',
    "ack of nothing": "43999[]",
    "ack without an id": "43[]",
    "binary event": '451-["message:post",{"_placeholder":true,"num":0}]',
    "ten-digit attachments": '459999999999-["message:post",{}]',
    "attachments without a number": '45-["message:post"]',
    "binary ack": "461-1[]",
    "other namespace": '40/admin,{"a":1}',
    "event in another namespace": '42/admin,["message:post",{}]',
    "connect twice": "40",
    "connect error from a client": '44{"message":"x"}',
    "base64": "b" + base64.b64encode(b"binary").decode(),
    "deep": "42" + "[" * 5_000,
    "probe": "2probe",
    "upgrade": "5",
    "noop": "6",
    "pong with a body": "3" + "x" * 1_000,
    "deep for Engine.IO": "4" + "[" * 10_000,
    "deep pong": "3" + "[" * 10_000,
    "deep close": "1" + "[" * 10_000,
    "deep ping": "2" + "[" * 10_000,
    "JSON for Engine.IO": '4{"a":1}',
    "NaN": '42["message:post",NaN]',
    "lone surrogate": '42["message:post",{"body":"\\ud800"}]',
    "NUL": "42[\x00]",
    "number of 10 000 digits": '42["message:post",' + "9" * 10_000 + "]",
}


@pytest.mark.parametrize("packet", GARBAGE.values(), ids=GARBAGE.keys())
def test_garbage_packet_hurts_nobody(packet: str, scene: Scene) -> None:
    """The sender gets an error, silence or a close; everybody else goes on, on the same worker."""
    raw = scene.raw()
    neighbour = scene.neighbour_of(raw)

    raw.sends(packet)
    raw.sends(packet)

    assert_serves(neighbour)


@pytest.mark.parametrize("packet", [b"", b"\x00", b"4" * 100, os.urandom(1000), b"\x00" * 60_000])
def test_binary_packet_ends_the_connection(packet: bytes, scene: Scene) -> None:
    """Text packets only: a binary one ends in a close, and nobody else feels it."""
    raw = scene.raw()
    neighbour = scene.neighbour_of(raw)

    raw.sends_bytes(packet)

    assert raw.is_closed_within(5)
    assert_serves(neighbour)


def test_packet_over_64_kib_ends_the_connection(scene: Scene) -> None:
    """A packet over the limit ends in a close; one just below it is answered."""
    raw = scene.raw()
    raw.sends('421["message:post","' + "x" * 65_000 + '"]')
    assert raw.receives_until("43").startswith('431[{"error"')

    raw.sends('422["message:post","' + "x" * 66_000 + '"]')

    assert raw.is_closed_within(5)


def test_socket_without_connect_is_closed(scene: Scene) -> None:
    """An Engine.IO socket that never sends CONNECT is not held longer than ten seconds."""
    raw = scene.raw(connect=False)

    assert raw.is_closed_within(12)


def test_event_before_connect_does_nothing(scene: Scene) -> None:
    """Events of somebody who is not connected to the namespace are not acted upon."""
    raw = scene.raw(connect=False)

    raw.sends(f'421["message:post",{{"room_id":"{scene.shared}","client_id":"c","body":"x"}}]')
    raw.sends("40")

    assert raw.receives_until("4").startswith(("40", "44", ""))


def test_missing_origin_with_a_cookie_is_refused(scene: Scene) -> None:
    """Every browser names its page's origin: a cookie without one comes from something else."""
    tab = Tab(scene.server.host, scene.ann.api.cookie, origin="")

    assert tab.is_refused() == "wrong_origin"
    tab.closes()


@pytest.mark.parametrize("auth", [1, "text", [], {"visible": "yes"}, {"token": "x"}, [[[]]]])
def test_connect_with_a_wrong_auth_is_refused(auth: object, scene: Scene) -> None:
    """An auth that is not {"visible": bool} is refused with invalid."""
    assert scene.ann.tab(auth=auth).is_refused() == "invalid"


@pytest.mark.parametrize(
    "origin", ["https://evil.example", "null", "http://127.0.0.1:1", "http://127.0.0.1.evil.test"]
)
def test_foreign_origin_is_refused(origin: str, scene: Scene) -> None:
    """A page of another origin cannot use Ann's cookie for a connection."""
    tab = Tab(scene.server.host, scene.ann.api.cookie, origin=origin)

    assert tab.is_refused() in {"wrong_origin", "http_400", "http_403"}
    tab.closes()


def test_garbage_cookie_is_somebody_signed_out(scene: Scene) -> None:
    """A forged, truncated or absurd session cookie signs nobody in and breaks nothing."""
    (name,) = [name for name in scene.ann.api.cookies if "session" in name]
    right = scene.ann.api.cookies[name]

    for value in ("", "x", right[:-1], right + "x", "x" * 3_000, "%00", "../../etc/passwd"):
        assert Api(scene.server.host, {name: value}).get("/api/v1/rooms").error == "not_signed_in"
        tab = Tab(scene.server.host, f"{name}={value}", origin=scene.server.url)
        assert tab.is_refused() == "not_signed_in"
        tab.closes()


def test_polling_flood_is_refused_and_felt_by_nobody(scene: Scene) -> None:
    """Polling is switched off: a flood of it gets a 4xx each, while others are served in time."""
    tab = scene.ann.opens_tab()
    api = Api(scene.server.host)

    for n in range(300):
        answer = api.get(f"/socket.io/?EIO=4&transport=polling&t={n}")
        assert 400 <= answer.status < 500
        if n % 50 == 0:
            assert_serves(tab)


@pytest.mark.parametrize(
    "request_bytes",
    [
        b"\x00" * 1_000,
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(500),
        b"GET\r\n\r\n",
        b"GET / HTTP/9.9\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: a\r\nX: " + b"x" * 100_000 + b"\r\n\r\n",
        b"GET /" + b"x" * 100_000 + b" HTTP/1.1\r\nHost: a\r\n\r\n",
        b"GET / HTTP/1.1\r\n" + b"X: y\r\n" * 5_000 + b"\r\n",
        b"POST /api/v1/session HTTP/1.1\r\nHost: a\r\nContent-Length: -5\r\n\r\n",
        b"POST /api/v1/session HTTP/1.1\r\nHost: a\r\nContent-Length: x\r\n\r\n",
        b"POST /api/v1/session HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"GET /api/v1/rooms HTTP/1.1\r\nHost: a\r\nCookie: " + b"\xff" * 100 + b"\r\n\r\n",
        (
            b"GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\nHost: a\r\n"
            b"Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n\r\n"
        ),
        (
            b"GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\nHost: a\r\n"
            b"Upgrade: websocket\r\nConnection: Upgrade\r\n\r\n"
        ),
        (
            b"GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\nHost: a\r\nOrigin: http://a\r\n"
            b"Upgrade: WebSocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key1: 1 2\r\n"
            b"Sec-WebSocket-Key2: 3 4\r\n\r\n12345678"
        ),
        b"GET /socket.io/?EIO=99&transport=nonsense&sid=../.. HTTP/1.1\r\nHost: a\r\n\r\n",
    ],
)
def test_bytes_that_are_no_request_hurt_nobody(request_bytes: bytes, scene: Scene) -> None:
    """What is not HTTP, or hardly, gets a 4xx or a close; no worker ends, none prints an error."""
    answer = exchange_bytes(scene.server.host, request_bytes)

    status = answer.partition(b" ")[2][:3]
    assert status in {b"", b"505"} or status.startswith(b"4"), answer[:200]
    assert scene.ann.api.get("/healthz").status == 200


def assert_serves(tab: Tab, *, within_s: float = 2) -> None:
    """The tab's worker answers an event within that time."""
    began_s = time.monotonic()
    assert "people" in tab.ask("roster:sync", {}, deadline_s=10)
    assert time.monotonic() - began_s <= within_s
