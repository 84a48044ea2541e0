"""Accounts: who may come in, and as whom. Takes arguments, knows neither Flask nor sockets."""

import re
import threading
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import structlog
from sqlalchemy import Connection, Row, insert, select, update
from sqlalchemy.exc import IntegrityError

from chat import errors, metrics, wire
from chat.accounts.attempts import Attempts
from chat.accounts.models import users
from chat.accounts.passwords import Passwords
from chat.accounts.sessions import SESSION_ID, Begun, Sessions, is_banned
from chat.clock import Clock
from chat.db import Database
from chat.ids import SessionId, UserId, new_id
from chat.terms import ADMIN, USER, Identity, Role
from chat.text import clean_name, key_of

OnRole = Callable[[UserId, Role], None]
"""Told of a user's new role, after the commit."""

PASSWORD_CHANGED = "password_changed"  # noqa: S105 - the code of an ended session
_TURNS = 64

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class User:
    """An account, as others may know it."""

    id: UserId
    username: str
    display_name: str


@dataclass(frozen=True, slots=True)
class Browser:
    """Where an attempt comes from; csrf_seed goes over into the session that may begin."""

    address: str
    user_agent: str
    csrf_seed: str


@dataclass(frozen=True, slots=True)
class SignedIn:
    """A user and the session that has just begun for him."""

    user: User
    begun: Begun


class Accounts:
    """The door: sign-up, sign-in, and who is behind a session."""

    def __init__(
        self,
        db: Database,
        passwords: Passwords,
        sessions: Sessions,
        attempts: Attempts,
        *,
        may_sign_up: bool,
        now_ms: Clock,
        on_role: OnRole,
    ) -> None:
        """may_sign_up says whether anybody may make an account; `create` always may."""
        self.sessions = sessions
        self._db = db
        self._passwords = passwords
        self._attempts = attempts
        self._may_sign_up = may_sign_up
        self._now_ms = now_ms
        self._on_role = on_role
        self._turns = [threading.Lock() for _ in range(_TURNS)]

    def sign_up(self, asked: wire.SignUp, browser: Browser) -> SignedIn:
        """Make an account and begin its first session.

        Raises SignUpClosed, TooManyAttempts, Invalid with the field, UsernameTaken.
        """
        if not self._may_sign_up:
            raise errors.SignUpClosed
        self._attempts.count_sign_up(browser.address)
        user = self.create(asked.username, asked.password, asked.display_name)
        return self._begin(user, browser)

    def sign_in(self, username: str, password: str, browser: Browser) -> SignedIn:
        """Begin a session for the account of that name.

        Takes as long for a name that nobody has. Raises WrongPassword, TooManyAttempts, Banned.
        """
        try:
            user = self._recognised(username, password, browser.address)
        except errors.ChatError as refusal:
            metrics.sign_ins_total.labels(refusal.code).inc()
            raise
        metrics.sign_ins_total.labels("ok").inc()
        return self._begin(user, browser)

    def create(self, username: str, password: str, display_name: str | None = None) -> User:
        """Make an account; the first of an installation is its administrator's.

        Raises Invalid with the field, UsernameTaken."""
        name = _clean_username(username)
        shown = clean_name(display_name or name, field="display_name")
        self._refuse_taken(name)
        now = self._now_ms()
        user = User(UserId(new_id(now)), name, shown)
        self._insert(user, self._passwords.hash(password), now)
        log.info("account created", user_id=user.id)
        return user

    def reset_password(self, username: str, password: str) -> int:
        """Set a new password and end all sessions of the account; return how many those were.

        Raises NotFound, Invalid.
        """
        row = self._row_of(key_of(username))
        if row is None:
            raise errors.NotFound("There is no account of that name.")
        self._set_hash(UserId(row.id), self._passwords.hash(password))
        return self.sessions.end_others(UserId(row.id), None, PASSWORD_CHANGED)

    def change_password(self, asked_by: Identity, old: str, new: str, address: str) -> int:
        """Set a new password and end all of the user's other sessions; return how many those were.

        The session that asks goes on. Raises WrongPassword, TooManyAttempts, Invalid with `new`."""
        self._recognised(asked_by.username, old, address)
        try:
            password_hash = self._passwords.hash(new)
        except errors.Invalid as refusal:
            raise errors.Invalid(refusal.message, field="new") from None
        self._set_hash(asked_by.user_id, password_hash)
        log.info("password changed", user_id=asked_by.user_id)
        return self.sessions.end_others(asked_by.user_id, asked_by.session_id, PASSWORD_CHANGED)

    def ban(self, username: str) -> int:
        """Nobody comes in by this account any more; end its sessions, return how many there were.

        Raises NotFound."""
        user = self.user_named(username)
        self._set_banned(user.id)
        return self.sessions.end_others(user.id, None, errors.Banned.code)

    def user_named(self, username: str) -> User:
        """Return the account of that name. Raises NotFound."""
        row = self._row_of(key_of(username))
        if row is None:
            raise errors.NotFound("There is no account of that name.")
        return _user_of(row)

    def set_role(self, username: str, role: Role) -> User:
        """Give the account the role; its live connections follow within a second.

        Raises NotFound."""
        user = self.user_named(username)
        with self._db.transaction() as sql:
            sql.execute(update(users).where(users.c.id == user.id).values(role=role))
        self._on_role(user.id, role)
        log.info("role changed", user_id=user.id, role=role)
        return user

    def admins(self) -> list[User]:
        """Return the administrators, by username."""
        with self._db.reading() as sql:
            rows = sql.execute(select(users).where(users.c.role == ADMIN)).all()
        return sorted((_user_of(row) for row in rows), key=lambda user: user.username)

    def identify(self, session: Mapping[str, object]) -> Identity | None:
        """Return who is signed in by this Flask session, None when nobody is.

        One SQL query; renews the session's idle limit. Raises Banned, Unavailable.
        """
        session_id = session.get(SESSION_ID)
        if not isinstance(session_id, str):
            return None
        return self.sessions.identity(SessionId(session_id))

    def _recognised(self, username: str, password: str, address: str) -> User:
        username_key = key_of(username)
        # Guesses at one account wait for each other, so that none slips past the count.
        with self._turns[zlib.crc32(username_key.encode(errors="replace")) % _TURNS]:
            self._attempts.check_sign_in(username_key, address)
            row = self._row_of(username_key)
            if not self._passwords.fits(password, row.password_hash if row else None) or not row:
                self._attempts.count_failed_sign_in(username_key, address)
                raise errors.WrongPassword
        if is_banned(row.banned_at_ms, row.banned_until_ms, self._now_ms()):
            raise errors.Banned
        if self._passwords.is_outdated(row.password_hash):
            self._set_hash(UserId(row.id), self._passwords.hash(password))
        return _user_of(row)

    def _begin(self, user: User, browser: Browser) -> SignedIn:
        begun = self.sessions.begin(
            user.id, user_agent=browser.user_agent, csrf_seed=browser.csrf_seed
        )
        log.info("session began", user_id=user.id, session_id=begun.session.id)
        return SignedIn(user, begun)

    def _row_of(self, username_key: str) -> Row[tuple[object, ...]] | None:
        with self._db.reading() as sql:
            return sql.execute(
                select(users).where(users.c.username_key == _storable(username_key))
            ).one_or_none()

    def _refuse_taken(self, username: str) -> None:
        if self._row_of(key_of(username)) is not None:  # before an expensive hash is made for it
            raise errors.UsernameTaken(field="username")

    def _insert(self, user: User, password_hash: str, now_ms: int) -> None:
        try:
            with self._db.transaction() as sql:
                sql.execute(
                    insert(users).values(
                        id=user.id,
                        username=user.username,
                        username_key=key_of(user.username),
                        display_name=user.display_name,
                        password_hash=password_hash,
                        created_at_ms=now_ms,
                        role=self._role_of_next(sql),
                    )
                )
        except IntegrityError as error:
            raise errors.UsernameTaken(field="username") from error

    def _role_of_next(self, sql: Connection) -> Role:
        """The first account administers; two that are made at once take turns to be first."""
        anybody = select(users.c.id).limit(1)
        if sql.execute(anybody).one_or_none():
            return USER
        self._db.lock(sql, users)
        return USER if sql.execute(anybody).one_or_none() else ADMIN

    def _set_banned(self, user_id: UserId) -> None:
        with self._db.transaction() as sql:
            banned = {"banned_at_ms": self._now_ms(), "banned_until_ms": None}
            sql.execute(update(users).where(users.c.id == user_id).values(banned))
        log.info("account banned", user_id=user_id)

    def _set_hash(self, user_id: UserId, password_hash: str) -> None:
        with self._db.transaction() as sql:
            sql.execute(
                update(users).where(users.c.id == user_id).values(password_hash=password_hash)
            )


def _clean_username(username: str) -> str:
    if not re.match(wire.USERNAME_PATTERN, username):
        raise errors.Invalid(
            "A username has 2 to 32 letters, digits, dots, dashes or underscores, a letter or "
            "digit first.",
            field="username",
        )
    return username


def _storable(text: str) -> str:
    """Return text that any database can be asked for; what it cannot store, it does not hold."""
    return text.encode(errors="replace").decode().replace("\0", "?")


def _user_of(row: Row[tuple[object, ...]]) -> User:
    return User(UserId(row.id), row.username, row.display_name)
