"""The table of messages: source and safe HTML side by side, so that nothing is rendered twice."""

from sqlalchemy import BigInteger, Column, ForeignKey, String, Table, Text, UniqueConstraint

from chat.db import metadata
from chat.wire import CLIENT_ID_MAX

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
    UniqueConstraint("room_id", "seq", name="uq_messages_room_id_seq"),
    UniqueConstraint("room_id", "author_id", "client_id", name="uq_messages_client_id"),
)
