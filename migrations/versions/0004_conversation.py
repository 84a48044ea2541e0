"""Revs of rooms; threads, pins, edits, reactions, mentions; what each reader keeps for himself.

Revision: 0004, after 0003.
"""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Every message stored so far keeps its seq as its rev: nothing else had changed a room."""
    _revs()
    _messages()
    _changes_of_messages()
    _mentions()
    _kept_for_oneself()
    _reading()


def _revs() -> None:
    op.add_column("rooms", _counter("last_rev"))
    op.execute("UPDATE rooms SET last_rev = last_seq")
    op.add_column("memberships", _counter("read_version"))


def _messages() -> None:
    op.add_column("messages", _counter("rev"))
    op.execute("UPDATE messages SET rev = seq")
    op.add_column("messages", _counter("body_rev"))
    op.execute("UPDATE messages SET body_rev = seq")
    op.add_column("messages", sa.Column("thread_id", sa.String(20)))
    op.add_column("messages", sa.Column("mentions", sa.Text()))
    op.add_column("messages", sa.Column("deleted_by", sa.String(20)))
    op.add_column("messages", sa.Column("pinned_at_ms", sa.BigInteger()))
    op.add_column("messages", sa.Column("pinned_by", sa.String(20)))
    op.create_index("ix_messages_room_id_rev", "messages", ["room_id", "rev"])
    _partial_index("ix_messages_thread_id_seq", ["thread_id", "seq"], "thread_id IS NOT NULL")
    _partial_index("ix_messages_pinned", ["room_id", "pinned_at_ms"], "pinned_at_ms IS NOT NULL")


def _changes_of_messages() -> None:
    op.create_table(
        "reactions",
        sa.Column("message_id", sa.String(20), nullable=False),
        sa.Column("emoji", sa.String(32), nullable=False),
        sa.Column("user_id", sa.String(20), nullable=False),
        sa.Column("at_ms", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("message_id", "emoji", "user_id", name="pk_reactions"),
        _of("reactions", "message_id", "messages"),
        _of("reactions", "user_id", "users"),
    )
    op.create_table(
        "message_edits",
        sa.Column("message_id", sa.String(20), nullable=False),
        sa.Column("body_rev", sa.BigInteger(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("html", sa.Text(), nullable=False),
        sa.Column("at_ms", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("message_id", "body_rev", name="pk_message_edits"),
        _of("message_edits", "message_id", "messages"),
    )


def _mentions() -> None:
    op.create_table(
        "mentions",
        sa.Column("message_id", sa.String(20), nullable=False),
        sa.Column("user_id", sa.String(20), nullable=False),
        sa.Column("kind", sa.String(8), nullable=False),
        sa.Column("room_id", sa.String(20), nullable=False),
        sa.Column("thread_id", sa.String(20)),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("message_id", "user_id", name="pk_mentions"),
        _of("mentions", "message_id", "messages"),
        _of("mentions", "user_id", "users"),
    )
    op.create_index("ix_mentions_user_id_room_id_seq", "mentions", ["user_id", "room_id", "seq"])


def _kept_for_oneself() -> None:
    op.create_table(
        "saved",
        sa.Column("user_id", sa.String(20), nullable=False),
        sa.Column("message_id", sa.String(20), nullable=False),
        sa.Column("at_ms", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("user_id", "message_id", name="pk_saved"),
        _of("saved", "user_id", "users"),
        _of("saved", "message_id", "messages"),
    )
    op.create_table(
        "drafts",
        sa.Column("user_id", sa.String(20), nullable=False),
        sa.Column("room_id", sa.String(20), nullable=False),
        sa.Column("thread_id", sa.String(20), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("at_ms", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("user_id", "room_id", "thread_id", name="pk_drafts"),
        _of("drafts", "user_id", "users"),
        _of("drafts", "room_id", "rooms"),
    )


def _reading() -> None:
    op.create_table(
        "thread_reads",
        sa.Column("user_id", sa.String(20), nullable=False),
        sa.Column("thread_id", sa.String(20), nullable=False),
        sa.Column("room_id", sa.String(20), nullable=False),
        sa.Column("read_seq", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("user_id", "thread_id", name="pk_thread_reads"),
        _of("thread_reads", "user_id", "users"),
        _of("thread_reads", "thread_id", "messages"),
    )
    op.create_table(
        "receipts",
        sa.Column("room_id", sa.String(20), nullable=False),
        sa.Column("user_id", sa.String(20), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("room_id", "user_id", name="pk_receipts"),
        _of("receipts", "room_id", "rooms"),
        _of("receipts", "user_id", "users"),
    )
    op.create_table(
        "reading_settings",
        sa.Column("user_id", sa.String(20), nullable=False),
        sa.Column("receipts", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("user_id", name="pk_reading_settings"),
        _of("reading_settings", "user_id", "users"),
    )


def _counter(name: str) -> sa.Column[int]:
    return sa.Column(name, sa.BigInteger(), nullable=False, server_default="0")


def _of(table: str, column: str, owner: str) -> sa.ForeignKeyConstraint:
    name = f"fk_{table}_{column}_{owner}"
    return sa.ForeignKeyConstraint([column], [f"{owner}.id"], name=name, ondelete="CASCADE")


def _partial_index(name: str, columns: list[str], where: str) -> None:
    condition = sa.text(where)
    op.create_index(name, "messages", columns, sqlite_where=condition, postgresql_where=condition)
