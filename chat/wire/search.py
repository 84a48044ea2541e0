"""Search on the wire: a question with its filters, and what was found."""

from typing import Annotated

import msgspec
from msgspec import UNSET, Meta, UnsetType

from chat.wire.messages import Message
from chat.wire.shapes import Answer, Request

SEARCH_MAX = 500  # characters of a question, and of a filter
SEARCH_HITS_MAX = 50  # hits that a page holds at most
SEARCH_HITS_DEFAULT = 20
_DAY_MIN = 24 * 60

SearchText = Annotated[str, Meta(max_length=SEARCH_MAX)]


class SearchQuery(Request, frozen=True):
    """q as people type it, with filters in it; the same filters may stand beside it.

    cursor is that of the page before; utc_offset_min says in which zone a day is meant."""

    q: SearchText = ""
    sender: SearchText | None = msgspec.field(default=None, name="from")
    room: SearchText | None = msgspec.field(default=None, name="in")
    before: SearchText | None = None
    after: SearchText | None = None
    has: SearchText | None = None
    cursor: Annotated[str, Meta(pattern=r"^[0-9]{1,18}\Z")] | None = None
    limit: Annotated[int, Meta(ge=1, le=SEARCH_HITS_MAX)] = SEARCH_HITS_DEFAULT
    utc_offset_min: Annotated[int, Meta(ge=-_DAY_MIN, le=_DAY_MIN)] = 0


class SnippetPart(Answer, frozen=True):
    """Plain text of a message; hit: it is what was searched for."""

    text: str
    hit: bool = False


class SearchHit(Answer, frozen=True):
    message: Message
    snippet: list[SnippetPart]


class SearchPage(Answer, frozen=True):
    """What was found, the newest first; with a cursor there is more."""

    hits: list[SearchHit]
    cursor: str | UnsetType = UNSET
