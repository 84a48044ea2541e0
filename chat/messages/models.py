"""The tables of messages, of what is done to them, and of what each reader keeps for himself.

The rules of the file: source and safe HTML stand side by side, so that nothing is rendered twice.
A message holds the rev of its room at which it last changed; its stub stays when it is deleted.
"""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ForeignKey,
    Index,
    String,
    Table,
    Text,
    UniqueConstraint,
    text,
)

from chat.db import metadata
from chat.text import EMOJI_BYTES
from chat.wire import CLIENT_ID_MAX


def _id(owner: str) -> ForeignKey:
    return ForeignKey(f"{owner}.id", ondelete="CASCADE")


messages = Table(
    "messages",
    metadata,
    Column("id", String(20), primary_key=True),
    Column("room_id", String(20), ForeignKey("rooms.id", ondelete="CASCADE"), nullable=False),
    Column("seq", BigInteger, nullable=False),
    Column("author_id", String(20), ForeignKey("users.id"), nullable=False),
    Column("client_id", String(CLIENT_ID_MAX), nullable=False),
    Column("body", Text, nullable=False),
    Column("html", Text, nullable=False),
    Column("renderer", String(16), nullable=False),  # which version of markdown.py made html
    Column("reply_to", String(20)),
    Column("at_ms", BigInteger, nullable=False),
    Column("edited_at_ms", BigInteger),
    Column("deleted_at_ms", BigInteger),
    Column("rev", BigInteger, nullable=False, server_default=text("0")),  # of the last change
    Column("body_rev", BigInteger, nullable=False, server_default=text("0")),  # of the last edit
    Column("thread_id", String(20)),  # the root that this message answers in a thread
    Column("mentions", Text),  # as the wire has them, JSON; NULL: none
    Column("deleted_by", String(20)),
    Column("pinned_at_ms", BigInteger),
    Column("pinned_by", String(20)),
    UniqueConstraint("room_id", "seq", name="uq_messages_room_id_seq"),
    UniqueConstraint("room_id", "author_id", "client_id", name="uq_messages_client_id"),
    Index("ix_messages_room_id_rev", "room_id", "rev"),
)
Index(
    "ix_messages_thread_id_seq",
    messages.c.thread_id,
    messages.c.seq,
    sqlite_where=messages.c.thread_id.is_not(None),
    postgresql_where=messages.c.thread_id.is_not(None),
)
Index(
    "ix_messages_pinned",
    messages.c.room_id,
    messages.c.pinned_at_ms,
    sqlite_where=messages.c.pinned_at_ms.is_not(None),
    postgresql_where=messages.c.pinned_at_ms.is_not(None),
)

reactions = Table(
    "reactions",
    metadata,
    Column("message_id", String(20), _id("messages"), primary_key=True),
    Column("emoji", String(EMOJI_BYTES), primary_key=True),
    Column("user_id", String(20), _id("users"), primary_key=True),
    Column("at_ms", BigInteger, nullable=False),
)

message_edits = Table(  # what a message said before; gone with its deletion
    "message_edits",
    metadata,
    Column("message_id", String(20), _id("messages"), primary_key=True),
    Column("body_rev", BigInteger, primary_key=True, autoincrement=False),
    Column("body", Text, nullable=False),
    Column("html", Text, nullable=False),
    Column("at_ms", BigInteger, nullable=False),  # since when it said so
)

mentions = Table(  # one row for each user whom a message means; counted, never summed up
    "mentions",
    metadata,
    Column("message_id", String(20), _id("messages"), primary_key=True),
    Column("user_id", String(20), _id("users"), primary_key=True),
    Column("kind", String(8), nullable=False),  # user, here or room
    Column("room_id", String(20), nullable=False),
    Column("thread_id", String(20)),
    Column("seq", BigInteger, nullable=False),
    Index("ix_mentions_user_id_room_id_seq", "user_id", "room_id", "seq"),
)

saved = Table(
    "saved",
    metadata,
    Column("user_id", String(20), _id("users"), primary_key=True),
    Column("message_id", String(20), _id("messages"), primary_key=True),
    Column("at_ms", BigInteger, nullable=False),
    Index("ix_saved_message_id", "message_id"),
)

drafts = Table(  # an empty body stays, so that an older version cannot come back
    "drafts",
    metadata,
    Column("user_id", String(20), _id("users"), primary_key=True),
    Column("room_id", String(20), _id("rooms"), primary_key=True),
    Column("thread_id", String(20), primary_key=True),  # '': the room itself
    Column("body", Text, nullable=False),
    Column("version", BigInteger, nullable=False),
    Column("at_ms", BigInteger, nullable=False),
    Index("ix_drafts_thread_id", "thread_id"),
)

thread_reads = Table(  # a row says that the user follows the thread
    "thread_reads",
    metadata,
    Column("user_id", String(20), _id("users"), primary_key=True),
    Column("thread_id", String(20), _id("messages"), primary_key=True),
    Column("room_id", String(20), nullable=False),
    Column("read_seq", BigInteger, nullable=False),
    Index("ix_thread_reads_thread_id", "thread_id"),
)

receipts = Table(  # only what was told: who was invisible when he read has no newer row
    "receipts",
    metadata,
    Column("room_id", String(20), _id("rooms"), primary_key=True),
    Column("user_id", String(20), _id("users"), primary_key=True),
    Column("seq", BigInteger, nullable=False),
)

reading_settings = Table(  # no row: the defaults
    "reading_settings",
    metadata,
    Column("user_id", String(20), _id("users"), primary_key=True),
    Column("receipts", Boolean, nullable=False),
)
