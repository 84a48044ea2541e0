"""Roles: who administers the installation.

Revision: 0003, after 0002.
"""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Give every account a role; the oldest account becomes the administrator."""
    op.add_column("users", sa.Column("role", sa.String(16), nullable=False, server_default="user"))
    op.create_index("ix_users_role", "users", ["role"])
    op.execute(
        "UPDATE users SET role = 'admin' WHERE id ="
        " (SELECT id FROM users ORDER BY created_at_ms, id LIMIT 1)"
    )
