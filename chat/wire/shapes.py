"""What all shapes of the wire are made of: request and answer, bounds, and what every subject uses.

Not here: a subject's own bounds, which stand above its shapes.
"""

from typing import Annotated

from msgspec import UNSET, Meta, Struct, UnsetType

PROTOCOL_VERSION = 1
CLIENT_ID_MAX = 64
ID_MAX = 64
SINCE_ROOMS_MAX = 1000
SEQ_MAX = 2**53 - 1  # what a JavaScript number still counts by ones

Id = Annotated[str, Meta(pattern=r"^[A-Za-z0-9_-]{1,64}\Z")]
ClientId = Annotated[str, Meta(pattern=r"^[\x21-\x7e]{1,64}\Z")]
Seq = Annotated[int, Meta(ge=0, le=SEQ_MAX)]


class Request(Struct, frozen=True, forbid_unknown_fields=True):
    """What a client sends; an unknown field is refused with `invalid`."""


class Answer(Struct, frozen=True, omit_defaults=True):
    """What the server sends; a field left at its default stays off the wire."""


class Problem(Answer, frozen=True):
    """The inside of every error; the client decides by `code` and `temporary` alone."""

    code: str
    message: str
    temporary: bool
    field: str | UnsetType = UNSET
    retry_after_s: int | UnsetType = UNSET


class ErrorBody(Answer, frozen=True):
    error: Problem


class Done(Answer, frozen=True):
    """The empty result `{}`."""


class Person(Answer, frozen=True):
    id: str
    username: str
    display_name: str
