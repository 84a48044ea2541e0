"""Packets that no client of ours sends: right ones, bent; and what was never right.

The same seed gives the same packets. None of them, taken as it is, would store anything: rooms and
messages named here do not exist.
"""

import json
import random
from collections.abc import Callable, Iterator
from typing import Final

from chat.wire import CLIENT_EVENTS

STORING: Final = {"presence:set", "draft:set"}  # these need no room, so a bent one might be right
PIECES: Final = (
    *(
        "",
        "0",
        "1",
        "2",
        "3",
        "4",
        "5",
        "6",
        "9",
        "40",
        "41",
        "42",
        "43",
        "44",
        "45",
        "46",
        "2probe",
    ),
    *("[", "]", "{", "}", '"', "\\", ",", ":", "-", "/", "/admin,", "?", "\n", "\x1e", "\x00"),
    *("null", "true", "NaN", "Infinity", "-0", "1e999", "9" * 100, "9" * 5_000),
    *("\ud800", "\\ud800", "\u202e", "\u2028", "\ufeff", "\u0663", "\N{SLIGHTLY SMILING FACE}"),
    *("[" * 1_000, '{"a":' * 1_000, '[""]', '["connect"]', '["disconnect"]', '["*"]', "__proto__"),
    *("451-", "4599999999999-", '{"_placeholder":true,"num":0}', "b64=", "2probe"),
)


def packets(seed: int) -> Iterator[str | bytes]:
    """Yield packets for ever."""
    chance = random.Random(seed)
    makers = (_bent, _bent, _bent, _pieced, _noise, _deep, _binary)
    while True:
        yield chance.choice(makers)(chance)


def _right(chance: random.Random) -> str:
    event = chance.choice([*sorted(set(CLIENT_EVENTS) - STORING), "nonsense"])
    payload = {"room_id": "nosuchroom", "message_id": "nosuchmessage", "client_id": "c", "seq": 1}
    some = dict(chance.sample(sorted(payload.items()), chance.randint(0, len(payload))))
    ack = str(chance.randint(0, 99)) if chance.random() < 0.7 else ""
    return f"42{ack}{json.dumps([event, some])}"


def _bent(chance: random.Random) -> str:
    """A right packet, in which one to three places were cut, doubled, swapped or filled."""
    packet = _right(chance)
    for _ in range(chance.randint(1, 3)):
        at = chance.randint(0, len(packet))
        to = min(len(packet), at + chance.randint(0, 8))
        middle = chance.choice((*PIECES, packet[at:to] * 2, packet[at:to][::-1]))
        packet = packet[:at] + middle + packet[to:]
    return packet


def _pieced(chance: random.Random) -> str:
    return "".join(chance.choices(PIECES, k=chance.randint(1, 8)))


def _noise(chance: random.Random) -> str:
    letters: list[Callable[[], int]] = [
        lambda: chance.randint(0, 127),
        lambda: chance.randint(0, 0xD7FF),
        lambda: chance.randint(0xE000, 0x10FFFF),
    ]
    return "".join(chr(chance.choice(letters)()) for _ in range(chance.randint(0, 60)))


def _deep(chance: random.Random) -> str:
    depth = chance.choice((10, 100, 1_000, 10_000))
    opening = chance.choice(("[", '{"a":', '["a",'))
    head = chance.choice(("", "4", "42", "421", '42["message:post",'))
    return (head + opening * depth)[:60_000]


def _binary(chance: random.Random) -> bytes:
    return chance.randbytes(chance.randint(0, 200))
