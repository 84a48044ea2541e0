"""The table of claims: what users say of themselves, kept where Redis cannot lose it.

version counts a user's claims; the presence store takes the highest. until_ms is a time of Redis's
clock, null for no end. A row is replaced, never deleted: its version must go on.
"""

from sqlalchemy import BigInteger, Column, ForeignKey, Integer, String, Table

from chat.db import metadata
from chat.text import EMOJI_BYTES, STATUS_TEXT_MAX

claims = Table(
    "claims",
    metadata,
    Column("user_id", String(20), ForeignKey("users.id", ondelete="CASCADE"), primary_key=True),
    Column("version", Integer, nullable=False),
    Column("status", String(16), nullable=False),
    Column("text", String(STATUS_TEXT_MAX), nullable=False),
    Column("emoji", String(EMOJI_BYTES), nullable=False),
    Column("until_ms", BigInteger),
    Column("set_at_ms", BigInteger, nullable=False),
)
