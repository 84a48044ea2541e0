"""Rules for how long rooms keep messages, the oldest that is kept, and whose turn a chore is.

Revision: 0007, after 0006. Workers of the version before go on: what they write needs none of it.
"""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Every room keeps all of its messages; what belongs to one is found by it."""
    op.add_column("rooms", sa.Column("keep_days", sa.Integer(), nullable=False, server_default="0"))
    op.add_column(
        "rooms", sa.Column("first_seq", sa.BigInteger(), nullable=False, server_default="1")
    )
    op.create_index("ix_saved_message_id", "saved", ["message_id"])
    op.create_index("ix_drafts_thread_id", "drafts", ["thread_id"])
    op.create_index("ix_thread_reads_thread_id", "thread_reads", ["thread_id"])
    op.create_table(
        "turns",
        sa.Column("chore", sa.String(32), nullable=False),
        sa.Column("holder", sa.String(40), nullable=False),
        sa.Column("until_ms", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("chore", name="pk_turns"),
    )
