"""The HTTP server of a worker: what is no HTTP is answered, and leaves no address in the log."""

import json
import urllib.request

import pytest

from tests.support.raw import exchange_bytes
from tests.support.server import Server

GARBAGE = {
    "TLS to a plain port": (b"\x16\x03\x01\x02\x00\r\n\r\n", 400),
    "a version that is none": (b"GET / HTTP/9.9\r\n\r\n", 505),
    "a method alone": (b"GET\r\n\r\n", 400),
    "a hundred and one headers": (
        b"GET / HTTP/1.1\r\n" + b"".join(b"H%d: x\r\n" % n for n in range(101)) + b"\r\n",
        431,
    ),
}
TOO_MUCH = {
    "a long address": b"GET /" + b"a" * 9000 + b" HTTP/1.1\r\nHost: x\r\n\r\n",
    "a long header": b"GET / HTTP/1.1\r\nHost: x\r\nA: " + b"b" * 9000 + b"\r\n\r\n",
    "two lengths": b"POST / HTTP/1.1\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n",
    "a negative length": b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: -5\r\n\r\n",
}


@pytest.mark.parametrize(("request_bytes", "status"), GARBAGE.values(), ids=GARBAGE.keys())
def test_what_is_no_http_gets_the_one_error_shape(
    server: Server, request_bytes: bytes, status: int
) -> None:
    """A status line, a JSON error, and a close."""
    head, _, body = exchange_bytes(server.host, request_bytes).partition(b"\r\n\r\n")
    assert head.startswith(f"HTTP/1.1 {status} ".encode())
    error = json.loads(body)["error"]
    assert error["code"] == "invalid"
    assert error["temporary"] is False


@pytest.mark.parametrize("request_bytes", TOO_MUCH.values(), ids=TOO_MUCH.keys())
def test_what_is_too_much_is_refused(server: Server, request_bytes: bytes) -> None:
    """Memory for a request is bounded before any of our code sees it."""
    assert exchange_bytes(server.host, request_bytes).startswith(b"HTTP/1.0 4")


def test_garbage_leaves_no_line_with_an_address(server: Server) -> None:
    """Whoever scans the port does not fill the log, and no address is kept."""
    for request_bytes, _ in GARBAGE.values():
        exchange_bytes(server.host, request_bytes)
    exchange_bytes(server.host, b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nZZ\r\n")
    with urllib.request.urlopen(f"{server.url}/healthz", timeout=5) as answer:
        assert answer.status == 200
    lines = [line for line in server.log().splitlines() if "ready at" not in line]
    assert not [line for line in lines if "127.0.0.1" in line]
