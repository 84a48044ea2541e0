"""Claims: what users say of themselves.

Revision: 0002, after 0001.
"""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the table of claims."""
    op.create_table(
        "claims",
        sa.Column("user_id", sa.String(20), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("status", sa.String(16), nullable=False),
        sa.Column("text", sa.String(100), nullable=False),
        sa.Column("emoji", sa.String(32), nullable=False),
        sa.Column("until_ms", sa.BigInteger()),
        sa.Column("set_at_ms", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("user_id", name="pk_claims"),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name="fk_claims_user_id_users", ondelete="CASCADE"
        ),
    )
