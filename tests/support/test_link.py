"""A link that the server ends before it is open says so, and leaves no socket behind."""

import base64
import gc
import hashlib
import re
import socket
import threading

import pytest

from tests.support.link import Link, LinkLostError

GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"  # Source: RFC 6455, section 1.3
OPEN, CLOSE = b"\x81\x030{}", b"\x88\x02\x03\xf0"
GOODBYE = b"\x81\x011"  # to a CONNECT that came too late
CONNECTED = b'\x81\x0d40{"sid":"a"}'


@pytest.mark.parametrize(
    "last_words",
    [b"", CLOSE, OPEN, OPEN + CLOSE, OPEN + GOODBYE],
    ids=["none", "close", "open", "open and close", "open and goodbye"],
)
def test_server_that_hangs_up_early_is_a_lost_link(last_words: bytes) -> None:
    """Right after the handshake, with a close frame, after the first packet: lost, and closed (an
    open socket would be a ResourceWarning, which is an error here)."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        server = threading.Thread(target=hangs_up, args=(listener, last_words))
        server.start()
        host = f"127.0.0.1:{listener.getsockname()[1]}"
        with pytest.raises(LinkLostError):
            Link(host, cookie="", origin="", auth=None, hears=lambda *_: None, lost=lambda: None)
        server.join()
    gc.collect()


def test_a_link_that_is_cut_before_it_is_read_is_lost() -> None:
    """A tab may be cut by another thread while it connects: it hears of that, and comes back."""
    lost = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as listener:
        server = threading.Thread(target=hangs_up, args=(listener, OPEN + CONNECTED))
        server.start()
        host = f"127.0.0.1:{listener.getsockname()[1]}"
        link = Link(host, cookie="", origin="", auth=None, hears=lambda *_: None, lost=lost.set)
        link.cut()
        link.start()
        assert lost.wait(10)
        server.join()
    gc.collect()


def hangs_up(listener: socket.socket, last_words: bytes) -> None:
    """Accept one WebSocket, say the last words, and close."""
    connection, _ = listener.accept()
    with connection:
        head = b""
        while b"\r\n\r\n" not in head:
            head += connection.recv(4096)
        (key,) = re.findall(rb"(?i)sec-websocket-key: (\S+)", head)
        accepted = base64.b64encode(hashlib.sha1(key + GUID).digest())
        connection.sendall(
            b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            b"Sec-WebSocket-Accept: " + accepted + b"\r\n\r\n" + last_words
        )
