"""The tables of rooms. last_seq counts a room's messages without holes; 0: none was posted yet.

last_rev counts every change of a room, its messages' changes among them, without holes."""

from sqlalchemy import BigInteger, Column, ForeignKey, Index, String, Table, text

from chat.db import metadata
from chat.text import NAME_MAX, TOPIC_MAX

rooms = Table(
    "rooms",
    metadata,
    Column("id", String(20), primary_key=True),
    Column("name", String(NAME_MAX), nullable=False),
    # What two names share that a reader would call the same (chat.text.key_of); NFKC lengthens.
    Column("name_key", String(NAME_MAX * 4), nullable=False, unique=True),
    Column("visibility", String(16), nullable=False),
    Column("topic", String(TOPIC_MAX), nullable=False),
    Column("last_seq", BigInteger, nullable=False, server_default=text("0")),
    Column("last_rev", BigInteger, nullable=False, server_default=text("0")),
    Column("created_by", String(20), ForeignKey("users.id"), nullable=False),
    Column("created_at_ms", BigInteger, nullable=False),
)

memberships = Table(
    "memberships",
    metadata,
    Column("room_id", String(20), ForeignKey("rooms.id", ondelete="CASCADE"), primary_key=True),
    Column("user_id", String(20), ForeignKey("users.id", ondelete="CASCADE"), primary_key=True),
    Column("role", String(16), nullable=False),
    Column("joined_at_ms", BigInteger, nullable=False),
    Column("read_seq", BigInteger, nullable=False, server_default=text("0")),
    Column("read_version", BigInteger, nullable=False, server_default=text("0")),  # moves of it
    Index("ix_memberships_user_id", "user_id"),
)
