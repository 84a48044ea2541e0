"""Ids: one type for each kind, one form for all.

An id is 20 characters of lower-case base32: 45 bits of time (milliseconds since 1970, enough until
the year 3084), then 55 random bits. So ids sort by age, which keeps index pages warm, and
are not guessable enough to be secrets: nothing may be allowed because somebody knows an id.
"""

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


def new_id(now_ms: int) -> str:
    """Return a fresh id; ids of different milliseconds sort by age."""
    number = (now_ms << _RANDOM_BITS) | secrets.randbits(_RANDOM_BITS)
    return "".join(_ALPHABET[(number >> shift) & 31] for shift in range(5 * (LENGTH - 1), -1, -5))
