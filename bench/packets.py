"""Engine.IO 4 and Socket.IO 5 packets, as far as a load client needs them; pure functions.

The rule of the file: a packet is looked at only as far as its type, and decoded where its content
is asked for. Text packets of the namespace `/` alone. Source: the protocol pages of both."""

from __future__ import annotations

from typing import Any

import msgspec

PING, PONG = b"2", b"3"
OPEN, CONNECTED, REFUSED = b"0", b"40", b"44"
EVENT, ACK = b"42", b"43"


def connect_packet(auth: object) -> bytes:
    """Socket.IO's CONNECT with what the client says of itself; None: nothing."""
    return CONNECTED if auth is None else CONNECTED + msgspec.json.encode(auth)


def event_packet(event: str, payload: object, ack: int | None = None) -> bytes:
    """One event; with ack the server answers under that number."""
    number = b"" if ack is None else str(ack).encode()
    return EVENT + number + msgspec.json.encode([event, payload])


def begins(event: str) -> bytes:
    """What every packet of that event begins with: to tell it without decoding it."""
    return EVENT + b'["' + event.encode() + b'"'


def event_of(packet: bytes) -> tuple[str, Any]:  # Any: one JSON value of the wire
    """The name and the payload of an event; None when it has none."""
    name, *rest = msgspec.json.decode(packet[2:])
    return name, rest[0] if rest else None


def number_of(packet: bytes) -> int:
    """The number of an ack."""
    return int(packet[2 : packet.index(b"[")])


def value_of(packet: bytes) -> Any:  # Any: the same
    """The first value of an ack; None when it has none."""
    values = msgspec.json.decode(packet[packet.index(b"[") :])
    return values[0] if values else None
