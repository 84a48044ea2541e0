"""Full-text search: the words of every message, and an index of them.

Revision: 0006, after 0005. Cost: about two minutes for a million messages.
"""

from collections.abc import Iterator

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import TSVECTOR

from chat.search.index import n_of, stored, words_for
from chat.search.models import SLOTS_A_MS

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

BATCH = 2000

FTS5 = """
CREATE VIRTUAL TABLE message_words_index USING fts5(
    words, content='message_words', content_rowid='n', columnsize=0, tokenize="ascii tokenchars ':'"
)
"""
FOLLOWS = (
    """
    CREATE TRIGGER message_words_added AFTER INSERT ON message_words BEGIN
        INSERT INTO message_words_index(rowid, words) VALUES (new.n, new.words);
    END
    """,
    """
    CREATE TRIGGER message_words_removed AFTER DELETE ON message_words BEGIN
        INSERT INTO message_words_index(message_words_index, rowid, words)
        VALUES ('delete', old.n, old.words);
    END
    """,
)
STANDING = """
SELECT id, room_id, seq, author_id, body, html, at_ms FROM messages
WHERE id > :after AND deleted_at_ms IS NULL ORDER BY id LIMIT :limit
"""


def upgrade() -> None:
    """Every message that stands can be found."""
    is_sqlite = op.get_bind().dialect.name == "sqlite"
    op.create_table(
        "message_words",
        sa.Column(
            "n",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=False,
            nullable=False,
        ),
        sa.Column("message_id", sa.String(20), nullable=False),
        sa.Column("room_id", sa.String(20), nullable=False),
        sa.Column("words", sa.Text().with_variant(TSVECTOR(), "postgresql"), nullable=False),
        sa.PrimaryKeyConstraint("n", name="pk_message_words"),
    )
    _fill(is_sqlite=is_sqlite)
    if is_sqlite:
        _index_on_sqlite()
    else:
        op.create_index(
            "ix_message_words_words", "message_words", ["words"], postgresql_using="gin"
        )


def _fill(*, is_sqlite: bool) -> None:
    """The words of what was posted so far; in the order of time, which ids have too."""
    words, taken = _table(), set[int]()
    for batch in _batches():
        lowest = min(map(n_of, batch)) - SLOTS_A_MS
        taken = {n for n in taken if n >= lowest}
        entries = []
        for row in batch:
            n = n_of(row)
            while n in taken:
                n += 1
            taken.add(n)
            entry = {"n": n, "message_id": row["id"], "room_id": row["room_id"]}
            entries.append({**entry, "words": stored(words_for(row), is_sqlite=is_sqlite)})
        op.bulk_insert(words, entries)


def _batches() -> Iterator[list[sa.RowMapping]]:
    after = ""
    while True:
        bound = {"after": after, "limit": BATCH}
        batch = list(op.get_bind().execute(sa.text(STANDING), bound).mappings())
        if not batch:
            return
        yield batch
        after = batch[-1]["id"]


def _table() -> sa.TableClause:
    return sa.table(
        "message_words",
        sa.column("n", sa.BigInteger()),
        sa.column("message_id", sa.String()),
        sa.column("room_id", sa.String()),
        sa.column("words", sa.Text().with_variant(TSVECTOR(), "postgresql")),
    )


def _index_on_sqlite() -> None:
    op.execute(FTS5)
    op.execute("INSERT INTO message_words_index(message_words_index) VALUES ('rebuild')")
    for trigger in FOLLOWS:
        op.execute(trigger)
