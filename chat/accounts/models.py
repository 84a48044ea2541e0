"""The tables of accounts. Times are milliseconds since 1970; ids are of chat.ids."""

from typing import Final

from sqlalchemy import (
    BigInteger,
    BindParameter,
    Column,
    ColumnElement,
    ForeignKey,
    Index,
    String,
    Table,
    and_,
    bindparam,
    select,
)

from chat.db import metadata
from chat.prepared import Prepared
from chat.terms import USER

USERNAME_LENGTH = 64
DISPLAY_NAME_LENGTH = 80
ROLE_LENGTH = 16
USER_AGENT_LENGTH = 256

users = Table(
    "users",
    metadata,
    Column("id", String(20), primary_key=True),
    Column("username", String(USERNAME_LENGTH), nullable=False),
    # What two names share that a reader would call the same (chat.text.key_of); NFKC lengthens.
    Column("username_key", String(USERNAME_LENGTH * 4), nullable=False, unique=True),
    Column("display_name", String(DISPLAY_NAME_LENGTH), nullable=False),
    Column("password_hash", String(256), nullable=False),
    Column("created_at_ms", BigInteger, nullable=False),
    Column("last_seen_at_ms", BigInteger),
    Column("banned_at_ms", BigInteger),
    Column("banned_until_ms", BigInteger),  # null: until it is lifted
    Column("role", String(ROLE_LENGTH), nullable=False, server_default=USER),
    Index("ix_users_role", "role"),
)

sessions = Table(
    "sessions",
    metadata,
    Column("id", String(20), primary_key=True),
    Column("user_id", String(20), ForeignKey("users.id", ondelete="CASCADE"), nullable=False),
    # SHA-256 of the cookie's value in hex: who reads the table cannot sign in with it.
    Column("sid_hash", String(64), nullable=False, unique=True),
    # What the CSRF tokens of the session are signed over; worthless without the secret key.
    Column("csrf_seed", String(64), nullable=False),
    Column("created_at_ms", BigInteger, nullable=False),
    Column("seen_at_ms", BigInteger, nullable=False),
    Column("expires_at_ms", BigInteger, nullable=False),  # the absolute limit
    Column("ended_at_ms", BigInteger),
    Column("end_code", String(32)),
    Column("user_agent", String(USER_AGENT_LENGTH), nullable=False),
    Index("ix_sessions_user_id", "user_id"),
)


def is_live(
    now: int | BindParameter[int], idle_since: int | BindParameter[int]
) -> ColumnElement[bool]:
    """The condition that a session lives: not ended, not too old, seen after idle_since."""
    return and_(
        sessions.c.ended_at_ms.is_(None),
        sessions.c.expires_at_ms > now,
        sessions.c.seen_at_ms > idle_since,
    )


user_of_session: Final = Prepared(
    select(
        *(users.c.id, users.c.username, users.c.display_name, users.c.role),
        *(users.c.banned_at_ms, users.c.banned_until_ms, sessions.c.seen_at_ms),
    )
    .join(sessions, sessions.c.user_id == users.c.id)
    .where(sessions.c.id == bindparam("session_id"))
    .where(is_live(bindparam("now"), bindparam("idle_since")))
)
"""The user behind a live session: parameters session_id, now, idle_since. Every connection asks."""
