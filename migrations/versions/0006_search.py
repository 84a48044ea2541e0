"""Full-text search: the words of every message, and an index of them.

Revision: 0006, after 0005. Cost: about two minutes for a million messages, told as they pass.

What was posted so far is written in batches, each committed with how far it came: broken off, the
next start goes on from there. Then PostgreSQL builds its index in one piece; SQLite's grew with it.
"""

import sqlalchemy as sa
import structlog
from alembic import op
from sqlalchemy.dialects.postgresql import TSVECTOR

from chat import migrate
from chat.search.filling import fill

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

log = structlog.get_logger("chat.migrate")

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


def upgrade() -> None:
    """Every message that stands can be found."""
    sql = op.get_bind()
    is_sqlite = sql.dialect.name == "sqlite"
    if not sa.inspect(sql).has_table("message_words"):
        _create(is_sqlite=is_sqlite)
    filled = fill(sql, lambda: migrate.keep(sql, down_revision))
    if not is_sqlite:
        if filled:
            log.info("search: the database builds its index", messages=filled)
        op.create_index(
            "ix_message_words_words", "message_words", ["words"], postgresql_using="gin"
        )
    op.drop_table("message_words_filled")


def _create(*, is_sqlite: bool) -> None:
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
    op.create_table("message_words_filled", sa.Column("after_id", sa.String(20), nullable=False))
    op.execute("INSERT INTO message_words_filled VALUES ('')")
    for statement in (FTS5, *FOLLOWS) if is_sqlite else ():
        op.execute(statement)
