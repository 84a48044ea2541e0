"""The tables of rooms: who is in which, who was shut out, invites, and what was done.

last_seq counts a room's messages, last_rev its changes of every kind, both without holes; 0: none
yet. Messages before first_seq are kept no more. What ends at a time (a mute, a ban, an invite) is
compared with the clock when it matters.
"""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    String,
    Table,
    Text,
    UniqueConstraint,
    text,
)

from chat.db import metadata
from chat.text import DESCRIPTION_MAX, NAME_MAX, REASON_MAX, TOPIC_MAX

rooms = Table(
    "rooms",
    metadata,
    Column("id", String(20), primary_key=True),
    # room: has a name; direct: two people and nobody else ever; group: a direct one of three to 20.
    Column("kind", String(16), nullable=False, server_default=text("'room'")),
    Column("name", String(NAME_MAX), nullable=False),
    # What two names share that a reader would call the same (chat.text.key_of); NFKC lengthens.
    # A direct room has no name: a line feed, which no name has, and its id stand here.
    Column("name_key", String(NAME_MAX * 4), nullable=False, unique=True),
    Column("visibility", String(16), nullable=False),
    Column("topic", String(TOPIC_MAX), nullable=False),
    Column("description", String(DESCRIPTION_MAX), nullable=False, server_default=text("''")),
    Column("last_seq", BigInteger, nullable=False, server_default=text("0")),
    Column("last_rev", BigInteger, nullable=False, server_default=text("0")),
    # The rev of the last change of the room itself or of its members.
    Column("changed_rev", BigInteger, nullable=False, server_default=text("0")),
    Column("last_at_ms", BigInteger),  # when the newest message was posted
    Column("slow_mode_s", Integer, nullable=False, server_default=text("0")),
    Column("keep_days", Integer, nullable=False, server_default=text("0")),  # 0: for ever
    Column("first_seq", BigInteger, nullable=False, server_default=text("1")),
    Column("archived_at_ms", BigInteger),
    # SHA-256 of the ids of a direct room's people: the same people have one room.
    Column("people_key", String(64)),
    Column("created_by", String(20), ForeignKey("users.id"), nullable=False),
    Column("created_at_ms", BigInteger, nullable=False),
    Index("uq_rooms_people_key", "people_key", unique=True),
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
    Column("muted_until_ms", BigInteger),
    Column("slowed_at_ms", BigInteger),  # the last post while slow mode was on
    # Where the user keeps the room in his own list; version counts his changes of it.
    Column("favourite", Boolean, nullable=False, server_default=text("false")),
    Column("position", Integer),
    Column("place_version", BigInteger, nullable=False, server_default=text("0")),
    Index("ix_memberships_user_id", "user_id"),
)

bans = Table(
    "bans",
    metadata,
    Column("id", String(20), primary_key=True),
    # The room, or EVERYWHERE: a column of a unique key must not be null.
    Column("scope", String(20), nullable=False),
    Column("user_id", String(20), ForeignKey("users.id", ondelete="CASCADE"), nullable=False),
    Column("by_id", String(20), ForeignKey("users.id"), nullable=False),
    Column("reason", String(REASON_MAX), nullable=False),
    Column("at_ms", BigInteger, nullable=False),
    Column("until_ms", BigInteger),  # null: until it is lifted
    UniqueConstraint("scope", "user_id"),
    Index("ix_bans_user_id", "user_id"),
)

invites = Table(
    "invites",
    metadata,
    Column("id", String(20), primary_key=True),
    Column("room_id", String(20), ForeignKey("rooms.id", ondelete="CASCADE"), nullable=False),
    # SHA-256 of the token in hex: who reads the table cannot come in by it.
    Column("token_hash", String(64), nullable=False, unique=True),
    Column("by_id", String(20), ForeignKey("users.id"), nullable=False),
    Column("at_ms", BigInteger, nullable=False),
    Column("until_ms", BigInteger),
    Column("uses_max", Integer),
    Column("uses", Integer, nullable=False, server_default=text("0")),
    Column("revoked_at_ms", BigInteger),
    Index("ix_invites_room_id", "room_id"),
)

audit = Table(
    "audit",
    metadata,
    Column("id", String(20), primary_key=True),
    Column("scope", String(20), nullable=False),
    Column("at_ms", BigInteger, nullable=False),
    Column("by_id", String(20), ForeignKey("users.id"), nullable=False),
    Column("act", String(32), nullable=False),
    Column("user_id", String(20), ForeignKey("users.id")),
    Column("facts", Text, nullable=False),  # JSON
    Index("ix_audit_scope_id", "scope", "id"),
)
