"""The table of what messages say, word by word, for search.

The rules of the file: n grows with the time of posting, so that the newest are found by going
backwards; one row a message that was not deleted. On SQLite `words` are tokens between spaces, and
the triggers of migration 0006 keep the FTS5 table `message_words_index` in step; on PostgreSQL they
are a tsvector under a GIN index. Source: ADR 0017.
"""

from sqlalchemy import BigInteger, Column, Integer, String, Table, Text
from sqlalchemy.dialects.postgresql import TSVECTOR

from chat.db import metadata

SLOTS_A_MS = 4096  # messages that one millisecond holds without a step aside

message_words = Table(
    "message_words",
    metadata,
    Column(
        "n",
        BigInteger().with_variant(Integer(), "sqlite"),  # there it is the rowid
        primary_key=True,
        autoincrement=False,
    ),
    Column("message_id", String(20), nullable=False),
    Column("room_id", String(20), nullable=False),
    Column("words", Text().with_variant(TSVECTOR(), "postgresql"), nullable=False),
)


def first_n(at_ms: int) -> int:
    """The least n of a message that was posted at that time."""
    return at_ms * SLOTS_A_MS
