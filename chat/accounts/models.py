"""The tables of accounts. Times are milliseconds since 1970; ids are of chat.ids."""

from sqlalchemy import BigInteger, Column, ForeignKey, Index, String, Table

from chat.db import metadata
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
