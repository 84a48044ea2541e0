"""Flask's session, kept in Redis by Flask-Session, backed by the registry in SQL.

What differs from the library, and why:
- Reading is lazy: a request or socket event that never looks at the session costs no Redis call,
  and pages that need none are served while Redis is away.
- A key is written with XX once it exists: a slow request that began before the sign-out cannot
  bring the session back (tests/chat/accounts/test_session_store.py). Source: docs/adr/0006.
- Who is not signed in is not stored: a flood of visitors fills no Redis, and a sign-in form that is
  open while Redis loses everything still works.
- Keys hold a hash of the cookie's value: who reads Redis or SQL cannot sign in with what he sees.
- Only msgpack is decoded. The library falls back to pickle, which would run what it decodes.
"""

import hmac
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any, cast

import msgspec
from flask import Flask, Request, Response
from flask import session as current_session
from flask.sessions import SessionMixin
from flask_session.redis import RedisSessionInterface
from redis import Redis, RedisError

from chat import metrics
from chat.accounts.sessions import SESSION_ID, Begun, Session, Sessions, hash_of, key_of
from chat.errors import Unavailable

_LONGEST_SID = 128
_CSRF_SEED = "csrf_token"  # Flask-WTF's name for it
_VISITOR = "~"  # begins the cookie's value of who is not signed in; no registered one does
_LEAST_VISITOR = 40

Content = dict[str, Any]  # as Flask types it: features keep what msgpack can hold
Load = Callable[[str], Content | None]
Visit = tuple[str, Content]


class StoredSession(SessionMixin):
    """A session that is read when somebody first looks into it, and saved when it was changed.

    A visitor's holds the CSRF seed alone, which follows from its cookie: nothing is stored for who
    is not signed in, however many they are."""

    accessed = False
    modified = False

    def __init__(self, sid: str, load: Load, visitor: Callable[[], Visit]) -> None:
        """sid is the cookie's value, "" without one; visitor makes a session of nobody."""
        self.sid = sid
        self.is_stored = False
        self.expires_at_ms: int | None = None
        self.replaced_sid: str | None = None
        self.has_new_cookie = False
        self._load = load
        self._visitor = visitor
        self._kept: Content | None = None

    def begin(self, begun: Begun) -> None:
        """Become a session that has just begun: another cookie value, nothing of before in it."""
        self._content()
        self.replaced_sid = self.sid if self.is_stored else None
        self.sid, self.is_stored, self.modified = begun.sid, False, True
        self.expires_at_ms = begun.session.expires_at_ms
        self._kept = _content_of(begun.session)

    @property
    def csrf_seed(self) -> str:
        """What the tokens of this session are signed over."""
        return str(self.get(_CSRF_SEED, ""))

    @property
    def is_visit(self) -> bool:
        """Whether it is nobody's: then it is not stored anywhere."""
        return self.sid.startswith(_VISITOR)

    def _content(self) -> Content:
        if self._kept is None:
            found = self._load(self.sid) if self.sid else None
            self.is_stored = found is not None and not self.is_visit
            if found is None:
                self.sid, found = self._visitor()
                self.has_new_cookie = True
            self._kept = found
        return self._kept

    def __getitem__(self, key: str) -> Any:  # as Flask types it
        return self._content()[key]

    def __setitem__(self, key: str, value: Any) -> None:  # as Flask types it
        self._content()[key] = value
        self.modified = True

    def __delitem__(self, key: str) -> None:
        del self._content()[key]
        self.modified = True

    def __iter__(self) -> Iterator[str]:
        return iter(self._content())

    def __len__(self) -> int:
        return len(self._content())


class SessionStore(RedisSessionInterface):  # type: ignore[misc]  # the library has no types
    """Opens and saves the sessions of one app."""

    def __init__(self, app: Flask, redis: Redis, sessions: Sessions) -> None:
        """redis holds the copies, sessions the truth. Nothing is sent yet."""
        super().__init__(app, redis, key_prefix="", serialization_format="msgpack")
        self._sessions = sessions

    def open_session(self, app: Flask, request: Request) -> StoredSession:
        """Return the session of the request's cookie; nothing is read before it is looked into."""
        sid = request.cookies.get(self.get_cookie_name(app), "")
        return StoredSession(sid if len(sid) <= _LONGEST_SID else "", self._read, self._visit)

    def save_session(self, app: Flask, session: StoredSession, response: Response) -> None:
        """Write a changed session and its cookie; forget an emptied one. Raises Unavailable."""
        if session.accessed:
            response.vary.add("Cookie")
        if session.has_new_cookie and session.is_visit:
            self._set_cookie(app, response, session.sid, None)
        if not session.modified:
            return
        session.modified = False  # whatever happens next, the error's own answer saves nothing
        try:
            self._save(app, session, response)
        except RedisError as error:
            raise Unavailable(retry_after_s=1) from error

    def _visit(self) -> Visit:
        sid = _VISITOR + self._generate_sid(self.sid_length)
        return sid, self._content_of_visit(sid)

    def _content_of_visit(self, sid: str) -> Content:
        secret = str(self.app.secret_key).encode()
        seed = hmac.new(secret, b"csrf seed of " + sid.encode(errors="replace"), "sha256")
        return {_CSRF_SEED: seed.hexdigest()}

    def _read(self, sid: str) -> Content | None:
        if sid.startswith(_VISITOR):
            return self._content_of_visit(sid) if len(sid) >= _LEAST_VISITOR else None
        try:
            raw = self.client.get(key_of(hash_of(sid)))
            return self._restored(sid) if raw is None else _decoded(raw)
        except RedisError as error:
            raise Unavailable(retry_after_s=1) from error

    def _restored(self, sid: str) -> Content | None:
        """Write the copy anew when the row lives, and take it back if it ended meanwhile."""
        kept = self._sessions.kept(sid)
        if kept is None:
            return None
        key, content = key_of(hash_of(sid)), _content_of(kept)
        self.client.set(key, msgspec.msgpack.encode(content), ex=self._sessions.idle_s, nx=True)
        if self._sessions.ended([kept.id]):
            self.client.delete(key)
            return None
        metrics.sessions_restored_total.inc()
        return content

    def _save(self, app: Flask, session: StoredSession, response: Response) -> None:
        if session.replaced_sid:
            self.client.delete(key_of(hash_of(session.replaced_sid)))
        if session.is_visit:
            return
        key = key_of(hash_of(session.sid))
        if not len(session):
            self.client.delete(key)
            self._set_cookie(app, response, "", expires_at_ms=0)
            return
        raw = msgspec.msgpack.encode(dict(session))
        is_new = not session.is_stored
        self.client.set(key, raw, ex=self._sessions.idle_s, nx=is_new, xx=not is_new)
        if is_new:
            self._set_cookie(app, response, session.sid, session.expires_at_ms)

    def _set_cookie(
        self, app: Flask, response: Response, value: str, expires_at_ms: int | None
    ) -> None:
        expires = None
        if expires_at_ms is not None:
            expires = datetime.fromtimestamp(expires_at_ms / 1000, tz=UTC)
        response.set_cookie(
            self.get_cookie_name(app),
            value,
            expires=expires,
            path="/",
            secure=self.get_cookie_secure(app),
            httponly=True,
            samesite="Lax",
        )
        response.vary.add("Cookie")


def stored_session() -> StoredSession:
    """Return the session of the request at hand, with its own methods."""
    return cast("StoredSession", current_session)


def _content_of(session: Session) -> Content:
    return {SESSION_ID: session.id, _CSRF_SEED: session.csrf_seed}


def _decoded(raw: bytes) -> Content | None:
    try:
        return msgspec.msgpack.decode(raw, type=dict[str, Any])
    except msgspec.MsgspecError:  # whoever wrote it, it was not this file
        return None
