"""Rooms in full: kinds, settings, mutes, bans, invites, audit.

Revision: 0005, after 0004.
"""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add what rooms and memberships hold now, and the tables beside them."""
    _widen_rooms()
    _widen_memberships()
    op.add_column("users", sa.Column("banned_until_ms", sa.BigInteger()))
    _bans()
    _invites()
    _audit()


def _widen_rooms() -> None:
    for column in (
        sa.Column("kind", sa.String(16), nullable=False, server_default="room"),
        sa.Column("description", sa.String(1000), nullable=False, server_default=""),
        sa.Column("changed_rev", sa.BigInteger(), nullable=False, server_default="0"),
        sa.Column("last_at_ms", sa.BigInteger()),
        sa.Column("slow_mode_s", sa.Integer(), nullable=False, server_default="0"),
        sa.Column("archived_at_ms", sa.BigInteger()),
        sa.Column("people_key", sa.String(64)),
    ):
        op.add_column("rooms", column)
    op.create_index("uq_rooms_people_key", "rooms", ["people_key"], unique=True)
    op.execute(
        "UPDATE rooms SET last_at_ms ="
        " (SELECT max(at_ms) FROM messages WHERE messages.room_id = rooms.id)"
    )


def _widen_memberships() -> None:
    for column in (
        sa.Column("muted_until_ms", sa.BigInteger()),
        sa.Column("slowed_at_ms", sa.BigInteger()),
        sa.Column("favourite", sa.Boolean(), nullable=False, server_default=sa.text("false")),
        sa.Column("position", sa.Integer()),
        sa.Column("place_version", sa.BigInteger(), nullable=False, server_default="0"),
    ):
        op.add_column("memberships", column)


def _bans() -> None:
    op.create_table(
        "bans",
        sa.Column("id", sa.String(20), nullable=False),
        sa.Column("scope", sa.String(20), nullable=False),
        sa.Column("user_id", sa.String(20), nullable=False),
        sa.Column("by_id", sa.String(20), nullable=False),
        sa.Column("reason", sa.String(250), nullable=False),
        sa.Column("at_ms", sa.BigInteger(), nullable=False),
        sa.Column("until_ms", sa.BigInteger()),
        sa.PrimaryKeyConstraint("id", name="pk_bans"),
        sa.UniqueConstraint("scope", "user_id", name="uq_bans_scope_user_id"),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name="fk_bans_user_id_users", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["by_id"], ["users.id"], name="fk_bans_by_id_users"),
    )
    op.create_index("ix_bans_user_id", "bans", ["user_id"])


def _invites() -> None:
    op.create_table(
        "invites",
        sa.Column("id", sa.String(20), nullable=False),
        sa.Column("room_id", sa.String(20), nullable=False),
        sa.Column("token_hash", sa.String(64), nullable=False),
        sa.Column("by_id", sa.String(20), nullable=False),
        sa.Column("at_ms", sa.BigInteger(), nullable=False),
        sa.Column("until_ms", sa.BigInteger()),
        sa.Column("uses_max", sa.Integer()),
        sa.Column("uses", sa.Integer(), nullable=False, server_default="0"),
        sa.Column("revoked_at_ms", sa.BigInteger()),
        sa.PrimaryKeyConstraint("id", name="pk_invites"),
        sa.UniqueConstraint("token_hash", name="uq_invites_token_hash"),
        sa.ForeignKeyConstraint(
            ["room_id"], ["rooms.id"], name="fk_invites_room_id_rooms", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["by_id"], ["users.id"], name="fk_invites_by_id_users"),
    )
    op.create_index("ix_invites_room_id", "invites", ["room_id"])


def _audit() -> None:
    op.create_table(
        "audit",
        sa.Column("id", sa.String(20), nullable=False),
        sa.Column("scope", sa.String(20), nullable=False),
        sa.Column("at_ms", sa.BigInteger(), nullable=False),
        sa.Column("by_id", sa.String(20), nullable=False),
        sa.Column("act", sa.String(32), nullable=False),
        sa.Column("user_id", sa.String(20)),
        sa.Column("facts", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_audit"),
        sa.ForeignKeyConstraint(["by_id"], ["users.id"], name="fk_audit_by_id_users"),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name="fk_audit_user_id_users"),
    )
    op.create_index("ix_audit_scope_id", "audit", ["scope", "id"])
