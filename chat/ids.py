"""Ids: one type for each kind, one form for all.

An id is 20 characters of lower-case base32: 45 bits of time (milliseconds since 1970, enough until
the year 3084), then 55 random bits. So ids sort by age, which keeps index pages warm, and
are not guessable enough to be secrets: nothing may be allowed because somebody knows an id.
"""

import hashlib
import secrets
from typing import NewType

UserId = NewType("UserId", str)
SessionId = NewType("SessionId", str)
RoomId = NewType("RoomId", str)
MessageId = NewType("MessageId", str)
ConnectionId = NewType("ConnectionId", str)

LENGTH = 20
_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"  # Source: Crockford's base32, sorts as it counts
_RANDOM_BITS = 55
_STEP_BITS = 40  # by so much at most an id that must come after another one is ahead of it


def new_id(now_ms: int) -> str:
    """Return a fresh id; ids of different milliseconds sort by age."""
    return _text_of(_fresh(now_ms))


def new_id_after(earlier: str | None, now_ms: int) -> str:
    """Return a fresh id that sorts after the earlier one, whatever the clocks said; None: any."""
    fresh = _fresh(now_ms)
    if earlier is None:
        return _text_of(fresh)
    return _text_of(max(fresh, _number_of(earlier) + 1 + secrets.randbits(_STEP_BITS)))


def id_for(at_ms: int, what: str) -> str:
    """Return the one id of that time for what it names: asked again, the same."""
    digest = int.from_bytes(hashlib.sha256(what.encode()).digest()[:8])
    return _text_of((at_ms << _RANDOM_BITS) | digest >> (64 - _RANDOM_BITS))


def _fresh(now_ms: int) -> int:
    return (now_ms << _RANDOM_BITS) | secrets.randbits(_RANDOM_BITS)


def _number_of(made: str) -> int:
    number = 0
    for letter in made:
        number = number << 5 | _ALPHABET.index(letter)
    return number


def _text_of(number: int) -> str:
    return "".join(_ALPHABET[(number >> shift) & 31] for shift in range(5 * (LENGTH - 1), -1, -5))
