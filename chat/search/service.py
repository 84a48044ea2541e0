"""Search: what a user may read now, the newest first.

The rules of the file: only messages of rooms that the asker is a member of at this moment; a filter
that names a room of others and one that names none get the same answer. What the index names is
read again from the messages, so that what was deleted or left meanwhile is not shown. No Redis.
"""

import threading
from collections.abc import Callable, Sequence

from sqlalchemy import Connection, select

from chat import wire
from chat.accounts.models import users
from chat.blocking import RunBlocking
from chat.buckets import Buckets, Limit
from chat.clock import Clock
from chat.db import Database
from chat.errors import Invalid, RateLimited, SearchTooSlow
from chat.ids import RoomId, UserId
from chat.search.found import Found, Wanted, found_in_postgresql, found_in_sqlite
from chat.search.index import by_author, holding
from chat.search.matching import Match
from chat.search.models import first_n
from chat.search.question import Filter, Question, Term, question_of
from chat.search.snippets import quotable, snippet_of
from chat.terms import Identity, OwnRoom
from chat.text import key_of

SEARCHES_OF_USER = Limit(rate=2, burst=20)  # searches a second, on one worker
LIMIT_S = 3.0  # a statement's time
_NO_N = 2**63 - 1

ReadMessages = Callable[[Connection, UserId, Sequence[str]], list[wire.Message]]
"""Those of the messages that stand and that the user may read now, whole."""


OwnRooms = Callable[[Connection, UserId], dict[RoomId, OwnRoom]]
"""The rooms that the user is a member of now."""


class Search:
    """The search of one Rollcall."""

    def __init__(
        self,
        db: Database,
        now_ms: Clock,
        run_blocking: RunBlocking,
        *,
        own_rooms: OwnRooms,
        read_messages: ReadMessages,
        limit_s: float = LIMIT_S,
    ) -> None:
        self._db = db
        self._now_ms = now_ms
        self._run_blocking = run_blocking
        self._own_rooms = own_rooms
        self._read_messages = read_messages
        self._limit_s = limit_s
        self._of_user = Buckets(SEARCHES_OF_USER)
        self._turn = threading.BoundedSemaphore(1)  # one thread is left to those who sign in

    def search(self, asker: Identity, request: wire.SearchQuery) -> wire.SearchPage:
        """A page of what the asker may read and asked for, the newest first.

        Raises Invalid when nothing was asked for or a filter names nothing, RateLimited,
        SearchTooSlow when the answer would take longer than limit_s."""
        question = question_of(request.q, given_filters(request), request.utc_offset_min)
        self._slow_down(asker.user_id)
        with self._db.reading() as sql:
            own = self._own_rooms(sql, asker.user_id)
            wanted = self._wanted(sql, asker, request, question, own)
        found = self._found(wanted) if wanted.room_ids else []
        page = found[: request.limit]
        hits = self._hits(asker, page, question.terms)
        if len(found) > len(page):
            return wire.SearchPage(hits=hits, cursor=str(page[-1].n))
        return wire.SearchPage(hits=hits)

    def _wanted(
        self,
        sql: Connection,
        asker: Identity,
        request: wire.SearchQuery,
        question: Question,
        own: dict[RoomId, OwnRoom],
    ) -> Wanted:
        rooms = _named_rooms(question.filters, own)
        barred = _named_rooms(question.barred_filters, own)
        looked_into = [one for one in rooms or own if one not in barred]
        match = Match(
            all_of=(
                *((term,) for term in question.terms),
                *_held(question.filters),
                *_senders(sql, asker, question.filters),
            ),
            none_of=(
                *question.barred_terms,
                *(term for some in _held(question.barred_filters) for term in some),
                *(term for some in _senders(sql, asker, question.barred_filters) for term in some),
            ),
        )
        to_n = _NO_N if question.to_ms is None else first_n(question.to_ms)
        if request.cursor is not None:
            to_n = min(to_n, int(request.cursor))
        return Wanted(
            match,
            tuple(looked_into),
            sum(own[room_id].last_seq for room_id in looked_into),
            min(first_n(question.from_ms), _NO_N),
            min(to_n, _NO_N),
            request.limit + 1,
        )

    def _found(self, wanted: Wanted) -> list[Found]:
        if not self._db.is_sqlite:
            with self._db.reading() as sql:
                return found_in_postgresql(sql, wanted, self._limit_s)
        if not self._turn.acquire(timeout=self._limit_s):
            raise SearchTooSlow
        try:
            return self._run_blocking(found_in_sqlite, self._db.file, wanted, self._limit_s)
        finally:
            self._turn.release()

    def _hits(
        self, asker: Identity, page: Sequence[Found], terms: Sequence[Term]
    ) -> list[wire.SearchHit]:
        with self._db.reading() as sql:
            read = self._read_messages(sql, asker.user_id, [one.message_id for one in page])
        by_id = {message.id: message for message in read}
        return [
            wire.SearchHit(
                message=message,
                snippet=snippet_of(quotable(message.body, message.html), terms),
            )
            for one in page
            if (message := by_id.get(one.message_id)) is not None
        ]

    def _slow_down(self, user_id: UserId) -> None:
        wait_s = self._of_user.take(user_id, self._now_ms())
        if wait_s:
            raise RateLimited(retry_after_s=wait_s)


def given_filters(request: wire.SearchQuery) -> list[tuple[str, str]]:
    """The filters that stand beside q, by name."""
    given = {
        "from": request.sender,
        "in": request.room,
        "before": request.before,
        "after": request.after,
        "has": request.has,
    }
    return [(name, value) for name, value in given.items() if value is not None]


def _named_rooms(filters: Sequence[Filter], own: dict[RoomId, OwnRoom]) -> list[RoomId]:
    """The asker's rooms that `in:` names, by name or id. Raises Invalid for any other."""
    named: list[RoomId] = []
    for one in filters:
        if one.name != "in":
            continue
        key = key_of(" ".join(one.value.lstrip("#").split()))
        found = [room_id for room_id, room in own.items() if key in {room.name_key, room_id}]
        if not found:
            raise Invalid("The filter in: names none of your rooms.", field="in")
        named += found
    return named


def _senders(sql: Connection, asker: Identity, filters: Sequence[Filter]) -> list[tuple[Term, ...]]:
    """Any of the users that `from:` names; `me` is the asker. Raises Invalid for nobody."""
    names = [one.value.lstrip("@＠") for one in filters if one.name == "from"]
    if not names:
        return []
    ids = [asker.user_id for name in names if key_of(name) == "me"]
    for key in {key_of(name) for name in names} - {"me"}:
        query = select(users.c.id).where(users.c.username_key == key)
        user_id = sql.execute(query).scalar_one_or_none()
        if user_id is None:
            raise Invalid("The filter from: names nobody: give a username.", field="from")
        ids.append(UserId(user_id))
    return [tuple(Term((by_author(user_id),)) for user_id in ids)]


def _held(filters: Sequence[Filter]) -> list[tuple[Term, ...]]:
    """Each thing that `has:` asks for."""
    return [(Term((holding(one.value.lower()),)),) for one in filters if one.name == "has"]
