"""The registry of sessions: SQL says which exist, Redis holds a copy of each for quick reading.

Rule of this file: a session lives while its row says so (not ended, seen within the idle limit,
younger than the absolute limit). The copy in Redis may vanish at any time: session_store.py writes
it again from the row, so a Redis that restarted empty signs nobody out; and a copy that outlived
its row is worth nothing, for `identity` asks the row. Source: docs/adr/0006-sessions.md.
"""

import hashlib
import secrets
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import structlog
from redis import Redis, RedisError
from sqlalchemy import (
    BindParameter,
    ColumnElement,
    and_,
    bindparam,
    delete,
    insert,
    or_,
    select,
    update,
)

from chat import metrics
from chat.accounts.models import USER_AGENT_LENGTH, is_live, sessions, user_of_session, users
from chat.clock import Clock
from chat.db import Database
from chat.errors import Banned, NotFound
from chat.ids import SessionId, UserId, new_id
from chat.prepared import Prepared, among, listed
from chat.terms import ADMIN, Identity, role_of

OnEnded = Callable[[Sequence[SessionId], str], None]
"""Told of sessions that ended, after the commit, with the code that their browsers will see."""

EXPIRED, BANNED = "expired", Banned.code
SESSION_ID = "session_id"  # under which Flask's session names the row
_SID_BYTES = 32
_TOUCH_EVERY_MS = 60_000
_BATCH = 500

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Session:
    """One signed-in browser, as its row says. Times are milliseconds since 1970."""

    id: SessionId
    user_id: UserId
    csrf_seed: str
    user_agent: str
    created_at_ms: int
    seen_at_ms: int
    expires_at_ms: int


@dataclass(frozen=True, slots=True)
class Begun:
    """A session that has just begun; sid is the cookie's value and is kept nowhere else."""

    sid: str
    session: Session


class Sessions:
    """Begins, finds, renews and ends sessions; every worker has one, over the same tables."""

    def __init__(
        self,
        db: Database,
        redis: Redis,
        *,
        idle_s: int,
        max_s: int,
        on_ended: OnEnded,
        now_ms: Clock,
    ) -> None:
        """idle_s: unused this long, a session is over; max_s: it is over anyway."""
        self._db = db
        self._redis = redis
        self.idle_s = idle_s
        self._max_ms = max_s * 1000
        self._on_ended = on_ended
        self._now_ms = now_ms
        self._touch_every_ms = min(_TOUCH_EVERY_MS, idle_s * 1000 // 4)

    def begin(self, user_id: UserId, *, user_agent: str, csrf_seed: str) -> Begun:
        """Begin a session under a cookie value nobody has seen; forget the user's old rows."""
        now, sid = self._now_ms(), secrets.token_urlsafe(_SID_BYTES)
        session = Session(
            id=SessionId(new_id(now)),
            user_id=user_id,
            csrf_seed=csrf_seed,
            user_agent=_shown(user_agent),
            created_at_ms=now,
            seen_at_ms=now,
            expires_at_ms=now + self._max_ms,
        )
        with self._db.transaction() as sql:
            sql.execute(delete(sessions).where(_is_past(user_id, now)))
            sql.execute(insert(sessions).values(sid_hash=hash_of(sid), **_row_of(session)))
        return Begun(sid, session)

    def kept(self, sid: str) -> Session | None:
        """Return the live session behind a cookie's value, None when there is none."""
        with self._db.reading() as sql:
            row = sql.execute(
                select(*_COLUMNS).where(sessions.c.sid_hash == hash_of(sid), self._is_live())
            ).one_or_none()
        return Session(*row) if row else None

    def identity(self, session_id: SessionId) -> Identity | None:
        """Return whose session it is, None when it does not live; being asked for renews it.

        Raises Banned when its user is.
        """
        with self._db.reading() as sql:
            row = user_of_session.first(sql, {"session_id": session_id, **self._limits()})
        if row is None:
            return None
        user_id, username, display_name, role, banned_at_ms, banned_until_ms, seen_at_ms = row
        if is_banned(banned_at_ms, banned_until_ms, self._now_ms()):
            raise Banned
        if seen_at_ms <= self._now_ms() - self._touch_every_ms:
            self.touch([session_id])
        return Identity(UserId(user_id), username, display_name, session_id, role_of(role))

    def of_user(self, user_id: UserId) -> list[Session]:
        """Return the user's live sessions, the latest used first."""
        with self._db.reading() as sql:
            rows = sql.execute(
                select(*_COLUMNS)
                .where(sessions.c.user_id == user_id, self._is_live())
                .order_by(sessions.c.seen_at_ms.desc(), sessions.c.id)
            ).all()
        return [Session(*row) for row in rows]

    def touch(self, session_ids: Iterable[SessionId]) -> None:
        """Renew the idle limit of those that live; each is written at most once a minute."""
        for batch in _batches(session_ids):
            with self._db.reading() as sql:
                due = [session_id for (session_id,) in _DUE.rows(sql, self._asked_due(batch))]
            if due:
                self._renew_copies(self._write_seen(due))

    def ended(self, session_ids: Collection[SessionId]) -> dict[SessionId, str]:
        """Return those of them that live no more or whose user is banned, each with the code of
        its end: what `end` was given, `banned`, or `expired` for those that time ended."""
        codes = dict.fromkeys(session_ids, EXPIRED)
        for batch in _batches(session_ids):
            with self._db.reading() as sql:
                rows = _STATES.rows(sql, {"session_ids": listed(batch), **self._limits()})
            for session_id, end_code, lives, is_free in rows:
                if lives and is_free:
                    del codes[session_id]
                else:
                    codes[session_id] = end_code or (EXPIRED if is_free else BANNED)
        return codes

    def admins(self) -> frozenset[UserId]:
        """Return the administrators: what the beat compares live connections with."""
        with self._db.reading() as sql:
            rows = sql.scalars(select(users.c.id).where(users.c.role == ADMIN)).all()
        return frozenset(UserId(row) for row in rows)

    def end(self, session_id: SessionId, code: str) -> None:
        """End one session; that it had ended before is no error."""
        self._end(sessions.c.id == session_id, code)

    def end_of_user(self, user_id: UserId, session_id: SessionId, code: str) -> None:
        """End one session of this user. Raises NotFound when he has no such live session."""
        mine = and_(sessions.c.id == session_id, sessions.c.user_id == user_id)
        if not self._end(mine, code):
            raise NotFound("There is no such session.")

    def end_others(self, user_id: UserId, keep: SessionId | None, code: str) -> int:
        """End every session of the user but the kept one; return how many there were."""
        others = and_(sessions.c.user_id == user_id, sessions.c.id != (keep or ""))
        return self._end(others, code)

    def _end(self, which: ColumnElement[bool], code: str) -> int:
        """End the live ones among them: first the row, then the live side, then the copy."""
        with self._db.transaction() as sql:
            rows = sql.execute(
                update(sessions)
                .where(which, self._is_live())
                .values(ended_at_ms=self._now_ms(), end_code=code)
                .returning(sessions.c.id, sessions.c.sid_hash)
            ).all()
        if rows:
            self._on_ended([SessionId(row.id) for row in rows], code)
            self._forget_copies([row.sid_hash for row in rows])
            log.info("sessions ended", count=len(rows), code=code)
        return len(rows)

    def _asked_due(self, session_ids: Sequence[str]) -> dict[str, str | int]:
        unseen_since = self._now_ms() - self._touch_every_ms
        return {
            "session_ids": listed(session_ids),
            "unseen_since": unseen_since,
            **self._limits(),
        }

    def _write_seen(self, session_ids: Sequence[str]) -> Sequence[str]:
        """Return the hashes of those written; one that another worker writes now is left to it."""
        with self._db.transaction() as sql:
            mine = [one for (one,) in _DUE_AND_MINE.rows(sql, self._asked_due(session_ids))]
            return sql.scalars(
                update(sessions)
                .where(sessions.c.id.in_(mine))
                .values(seen_at_ms=self._now_ms())
                .returning(sessions.c.sid_hash)
            ).all()

    def _is_live(self) -> ColumnElement[bool]:
        return is_live(**self._limits())

    def _limits(self) -> dict[str, int]:
        """What tells a session that lives, as of now."""
        now = self._now_ms()
        return {"now": now, "idle_since": now - self.idle_s * 1000}

    def _renew_copies(self, sid_hashes: Sequence[str]) -> None:
        if not sid_hashes:
            return
        try:
            with self._redis.pipeline(transaction=False) as pipe:
                for sid_hash in sid_hashes:
                    pipe.expire(key_of(sid_hash), self.idle_s)
                pipe.execute()
        except RedisError as error:
            _say_copies_are_stale("session_copy_not_renewed", error)

    def _forget_copies(self, sid_hashes: Sequence[str]) -> None:
        try:
            self._redis.delete(*[key_of(sid_hash) for sid_hash in sid_hashes])
        except RedisError as error:
            _say_copies_are_stale("session_copy_not_forgotten", error)


def is_banned(banned_at_ms: int | None, banned_until_ms: int | None, now_ms: int) -> bool:
    """Whether a user of whom this is known is shut out at that time."""
    return banned_at_ms is not None and (banned_until_ms is None or banned_until_ms > now_ms)


def hash_of(sid: str) -> str:
    """Return what is kept of a cookie's value: SHA-256 in hex, of no use for signing in."""
    return hashlib.sha256(sid.encode(errors="replace")).hexdigest()


def key_of(sid_hash: str) -> str:
    """Return the Redis key of a session's copy: a msgpack map, dies with the idle limit."""
    return f"rc:session:{sid_hash}"


_COLUMNS = tuple(sessions.c[name] for name in Session.__dataclass_fields__)


def _is_free(now_ms: BindParameter[int]) -> ColumnElement[bool]:
    """The condition that is_banned is false."""
    return or_(users.c.banned_at_ms.is_(None), users.c.banned_until_ms <= now_ms)


_NOW: Final[BindParameter[int]] = bindparam("now")
_LIVES: Final = is_live(_NOW, bindparam("idle_since"))
# The beat asks both about every connection: built for each batch, they were a tenth of its cost.
_STATES: Final = Prepared(
    among(
        select(sessions.c.id, sessions.c.end_code, _LIVES, _is_free(_NOW)).join(
            users, users.c.id == sessions.c.user_id
        ),
        sessions.c.id,
        "session_ids",
    )
)
_IS_DUE: Final = select(sessions.c.id).where(
    sessions.c.seen_at_ms <= bindparam("unseen_since"), _LIVES
)
_DUE: Final = Prepared(among(_IS_DUE, sessions.c.id, "session_ids"))
_DUE_AND_MINE: Final = Prepared(
    among(_IS_DUE.with_for_update(skip_locked=True), sessions.c.id, "session_ids")
)


def _row_of(session: Session) -> dict[str, str | int]:
    return {name: getattr(session, name) for name in Session.__dataclass_fields__}


def _is_past(user_id: UserId, now_ms: int) -> ColumnElement[bool]:
    return and_(sessions.c.user_id == user_id, sessions.c.expires_at_ms <= now_ms)


def _shown(user_agent: str) -> str:
    """Return what can be stored and listed of a header that a client may fill with anything."""
    return "".join(char for char in user_agent if char.isprintable())[:USER_AGENT_LENGTH]


def _batches(session_ids: Iterable[SessionId]) -> Iterator[list[SessionId]]:
    ids = sorted(set(session_ids))
    return (ids[first : first + _BATCH] for first in range(0, len(ids), _BATCH))


def _say_copies_are_stale(policy: str, error: RedisError) -> None:
    """The rows are the truth, so nothing is lost: the copy dies with its TTL or is written anew."""
    log.warning("session copies are stale, Redis is away", cause=type(error).__name__)
    metrics.degraded_total.labels("redis", policy).inc()
