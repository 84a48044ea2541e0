"""Bytes and packets exactly as a hostile or broken client would send them."""

import contextlib
import socket
import threading
import time
from collections.abc import Sequence
from typing import Any

import websocket

DEADLINE_S = 10.0


class RawSocket:
    """A WebSocket to /socket.io that sends any packet and answers nothing by itself."""

    def __init__(
        self,
        host: str,
        cookie: str,
        *,
        connect: bool = True,
        headers: Sequence[str] = (),
        window_bytes: int = 0,
    ) -> None:
        """window_bytes: what the system may keep of what was not read yet; 0: its own choice."""
        window = ((socket.SOL_SOCKET, socket.SO_RCVBUF, window_bytes),) if window_bytes else ()
        self.ws = websocket.create_connection(
            f"ws://{host}/socket.io/?EIO=4&transport=websocket",
            cookie=cookie,
            origin=f"http://{host}",
            timeout=DEADLINE_S,
            header=list(headers),
            sockopt=window,
        )
        assert str(self.ws.recv()).startswith("0")
        if connect:
            self.ws.send("40")
            self.receives_until("40")

    @property
    def local_port(self) -> int:
        """The client end of the connection: by it the server's side can be found."""
        assert self.ws.sock is not None, "this socket is closed"
        return int(self.ws.sock.getsockname()[1])

    def sends(self, packet: str) -> None:
        """One text packet is sent; nothing happens when the server has closed already."""
        with contextlib.suppress(OSError, websocket.WebSocketException):
            self.ws.send(packet)

    def sends_bytes(self, packet: bytes) -> None:
        """One binary packet is sent; nothing happens when the server has closed already."""
        with contextlib.suppress(OSError, websocket.WebSocketException):
            self.ws.send_binary(packet)

    def sends_frame(
        self, opcode: int, payload: bytes, *, is_last: bool = True, is_compressed: bool = False
    ) -> None:
        """One WebSocket frame is sent, whole or a fragment; nothing happens when all is over."""
        frame = websocket.ABNF(int(is_last), int(is_compressed), 0, 0, opcode, 1, payload)
        with contextlib.suppress(OSError, websocket.WebSocketException):
            self.ws.send_frame(frame)

    def survives(self, packet: str | bytes) -> bool:
        """Send a packet, then ask something: whether the answer came, and no close."""
        if isinstance(packet, bytes):
            self.sends_bytes(packet)
        else:
            self.sends_frame(0x1, packet.encode(errors="surrogatepass"))
        self.sends('4299999["nonsense",{}]')
        return bool(self.receives_until("4399999"))

    def receives_all(self, for_s: float) -> str:
        """Return everything that comes within that time, as one text."""
        came: list[str] = []
        end_s = time.monotonic() + for_s
        with contextlib.suppress(OSError, websocket.WebSocketException):
            while (left_s := end_s - time.monotonic()) > 0:
                self.ws.settimeout(left_s)
                came.append(str(self.ws.recv()))
        return "\n".join(came)

    def floods(self, frames: bytes, deadline_s: float) -> float | None:
        """Send these bytes over and over; return after how many seconds the server hung up.

        None when it did not before the deadline. What the server answers is read and dropped."""
        connection = self.ws.sock
        assert connection is not None
        began_s = time.monotonic()
        connection.settimeout(deadline_s)
        reader = threading.Thread(target=_drains, args=(connection,))
        reader.start()
        try:
            while time.monotonic() - began_s < deadline_s:
                connection.sendall(frames)
        except OSError:
            return time.monotonic() - began_s
        finally:
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
            reader.join()
        return None

    def close_code_within(self, deadline_s: float) -> int | None:
        """Return the code with which the server closes; 0 for none, None if it stays open."""
        self.ws.settimeout(deadline_s)
        try:
            while True:
                opcode, frame = self.ws.recv_data_frame(control_frame=True)
                if opcode == websocket.ABNF.OPCODE_CLOSE:
                    return int.from_bytes(frame.data[:2], "big")
                if frame.data == b"2":
                    self.ws.send("3")
        except websocket.WebSocketTimeoutException:
            return None
        except (OSError, websocket.WebSocketException):
            return 0

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

    def close(self) -> None:
        """As `closes`, by the name that contextlib knows."""
        self.closes()

    def closes(self) -> None:
        """The connection is gone; safe to call twice."""
        with contextlib.suppress(OSError):
            self.ws.shutdown()  # type: ignore[no-untyped-call] # as its author left it


def frame_of(opcode: int, payload: bytes, *, is_last: bool = True, mask: bytes = bytes(4)) -> bytes:
    """Return a client's frame as bytes; masked with zeros it can be sent a thousand times."""
    size = len(payload)
    head = bytes([(0x80 if is_last else 0) | opcode])
    if any(mask):
        payload = bytes(byte ^ mask[place % 4] for place, byte in enumerate(payload))
    if size < 126:
        return head + bytes([0x80 | size]) + mask + payload
    if size < 65_536:
        return head + bytes([0x80 | 126]) + size.to_bytes(2, "big") + mask + payload
    return head + bytes([0x80 | 127]) + size.to_bytes(8, "big") + mask + payload


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


def _drains(connection: socket.socket) -> None:
    with contextlib.suppress(OSError):
        while connection.recv(65_536):
            pass


def nested(depth: int) -> list[Any]:
    """Return an empty list inside a list, depth times."""
    inner: list[Any] = []
    for _ in range(depth):
        inner = [inner]
    return inner
