"""Packets as this server speaks them: text only, and checked before any handler is chosen.

The rule of the file: what a client cannot send in good faith is a BadPacketError, and the edge
closes the socket. Tried against python-socketio 5.18.1.
"""

import json
from collections.abc import Callable, Sequence
from typing import Any, Final

import msgspec
import socketio
import socketio.packet
from engineio.packet import MESSAGE, Packet

from chat.outgoing import text_frame

EVENT_NAME_MAX: Final = 64
_BARE: Final = frozenset({"1", "2", "3", "5", "6", "2probe", "3probe"})


class BadPacketError(ValueError):
    """The client sent what no client of this protocol sends."""


def is_text_packet(data: object) -> bool:
    """Whether it is what a client's Engine.IO may say: a word of its own, or a Socket.IO packet.

    engineio 4.15.1, packet.py decode, reads the rest of any packet that does not begin with a digit
    as JSON, outside of every try: `4[[[[` ended the reader with a traceback and left a ghost."""
    if not isinstance(data, str):
        return False
    return data in _BARE or (data[:1] == "4" and data[1:2] in {"0", "1", "2", "3", "4", "5", "6"})


class Json:
    """The JSON of the wire, in the form python-socketio asks for."""

    @staticmethod
    def dumps(value: object, **_: object) -> str:
        """Return compact JSON."""
        return msgspec.json.encode(value).decode()

    @staticmethod
    def loads(text: str) -> Any:  # Any: whatever was written
        """Return the value; raises ValueError or RecursionError.

        What msgspec refuses whole (half a surrogate pair, NaN) the slower decoder lets through,
        so that the answer can name the field."""
        try:
            return msgspec.json.decode(text)
        except msgspec.DecodeError:
            return json.loads(text)


class Parcel(Packet):  # type: ignore[misc]  # python-engineio ships no types
    """Several packets that leave together; by polling they go one by one."""

    def __init__(self, packets: Sequence[Packet]) -> None:
        super().__init__(MESSAGE)
        self.packets = tuple(packets)
        self.frame = b"".join(map(frame_of, packets))


def frame_of(packet: Packet) -> bytes:
    """The packet as a frame of the wire, built once however many get it."""
    frame: bytes | None = getattr(packet, "frame", None)
    if frame is None:
        frame = packet.frame = text_frame(packet.encode())
    return frame


class TextPacket(socketio.packet.Packet):  # type: ignore[misc]  # python-socketio ships no types
    """A Socket.IO packet without attachments, and with nothing but CONNECT to EVENT coming in.

    The stock one keeps 10-digit attachment counts waiting in memory, calls the handlers of
    `connect` and `disconnect` when a client sends events of those names, and walks each payload
    in search of bytes (9 % of a small message). python-socketio 5.18.1, packet.py, server.py."""

    uses_binary_events = False
    json = Json
    data: Any  # decoded JSON

    def decode(self, encoded_packet: object) -> int:
        """Read a packet; an event's name is one that a handler may have. Raises BadPacketError."""
        if not isinstance(encoded_packet, str) or encoded_packet[:1] not in {"0", "1", "2"}:
            raise BadPacketError("not a text packet of a client")
        try:
            super().decode(encoded_packet)
        except (ValueError, TypeError, RecursionError) as malformed:
            raise BadPacketError("malformed") from malformed
        if self.packet_type == socketio.packet.EVENT:
            self._check_event()
        elif self.packet_type == socketio.packet.CONNECT:
            self._check_auth()
        return 0

    def _check_auth(self) -> None:
        """An auth that is no object is passed on as one that will be refused, never as none.

        The stock server reads `401` as a CONNECT with an id and takes [] or "" for no auth."""
        auth = self.id if self.id is not None else self.data
        if auth is not None and not isinstance(auth, dict):
            self.data = {"auth": auth}

    def _check_event(self) -> None:
        if not isinstance(self.data, list) or not self.data or not isinstance(self.data[0], str):
            raise BadPacketError("an event without a name")
        if self.data[0] in {"connect", "disconnect", "*"} or len(self.data[0]) > EVENT_NAME_MAX:
            self.data[0] = "?"  # no such event: answered `unknown_event`


class ConnectedManager(socketio.Manager):  # type: ignore[misc]  # python-socketio ships no types
    """Says when CONNECT has been answered, which no event of python-socketio 5.18.1 does."""

    def __init__(self) -> None:
        super().__init__()
        self.on_connected: Callable[[str], None] = lambda _sid: None

    def pre_connect(self, eio_sid: str, namespace: str) -> Any:  # as python-socketio has it
        """Return a sid; None, which refuses, for a client whose socket was closed meanwhile.

        python-socketio 5.18.1 would fail on its forgotten environ, and keep the sid for ever."""
        return None if self._has_left(eio_sid) else super().pre_connect(eio_sid, namespace)

    def connect(self, sid: str, namespace: str) -> Any:  # as python-socketio has it
        """Mark the client as connected; it was sent its CONNECT just before.

        Whoever left while he was let in is disconnected at once: python-socketio 5.18.1 drops his
        disconnect, because he was not in yet, and would keep his sid for ever."""
        connected = super().connect(sid, namespace)
        engine_sid = self.eio_sid_from_sid(sid, namespace)
        if self._has_left(engine_sid):
            self.server._handle_disconnect(  # noqa: SLF001 - what its own disconnect calls
                engine_sid, namespace, self.server.reason.TRANSPORT_CLOSE
            )
        else:
            self.on_connected(sid)
        return connected

    def _has_left(self, engine_sid: str) -> bool:
        engine_socket = self.server.eio.sockets.get(engine_sid)
        return engine_socket is None or engine_socket.closing or engine_socket.closed
