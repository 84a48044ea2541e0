"""Bytes and packets exactly as a hostile or broken client would send them."""

import contextlib
import socket
from typing import Any

import websocket

DEADLINE_S = 10.0


class RawSocket:
    """A WebSocket to /socket.io that sends any packet and answers nothing by itself."""

    def __init__(self, host: str, cookie: str, *, connect: bool = True) -> None:
        self.ws = websocket.create_connection(
            f"ws://{host}/socket.io/?EIO=4&transport=websocket",
            cookie=cookie,
            origin=f"http://{host}",
            timeout=DEADLINE_S,
        )
        assert str(self.ws.recv()).startswith("0")
        if connect:
            self.ws.send("40")
            self.receives_until("40")

    def sends(self, packet: str) -> None:
        """One text packet is sent; nothing happens when the server has closed already."""
        with contextlib.suppress(OSError, websocket.WebSocketException):
            self.ws.send(packet)

    def sends_bytes(self, packet: bytes) -> None:
        """One binary packet is sent; nothing happens when the server has closed already."""
        with contextlib.suppress(OSError, websocket.WebSocketException):
            self.ws.send_binary(packet)

    def receives_until(self, prefix: str) -> str:
        """Return the first packet that begins so; '' when the server closes before."""
        with contextlib.suppress(OSError, websocket.WebSocketException):
            while packet := str(self.ws.recv()):
                if packet.startswith(prefix):
                    return packet
        return ""

    def is_closed_within(self, deadline_s: float) -> bool:
        """Whether the server ends the connection before the deadline; heartbeats are answered."""
        self.ws.settimeout(deadline_s)
        try:
            while packet := self.ws.recv():
                if packet == "2":
                    self.ws.send("3")
        except websocket.WebSocketTimeoutException:
            return False
        except (OSError, websocket.WebSocketException):
            return True
        return True

    def closes(self) -> None:
        """The connection is gone; safe to call twice."""
        with contextlib.suppress(OSError):
            self.ws.shutdown()  # type: ignore[no-untyped-call] # as its author left it


def exchange_bytes(host: str, request: bytes) -> bytes:
    """Return everything the server answers to raw bytes on a TCP connection, until it closes."""
    name, port = host.split(":")
    with socket.create_connection((name, int(port)), timeout=DEADLINE_S) as end:
        answer = b""
        with contextlib.suppress(OSError):  # the server may hang up at any byte
            end.sendall(request)
            end.shutdown(socket.SHUT_WR)
        with contextlib.suppress(OSError):  # and may have answered before it did
            while chunk := end.recv(65_536):
                answer += chunk
        return answer


def nested(depth: int) -> list[Any]:
    """Return an empty list inside a list, depth times."""
    inner: list[Any] = []
    for _ in range(depth):
        inner = [inner]
    return inner
