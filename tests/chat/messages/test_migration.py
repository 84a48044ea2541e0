"""Migration 0004: what was stored before it goes on without a hole."""

from alembic import command
from sqlalchemy import text

from chat import migrate
from chat.db import Database

ROWS = """
INSERT INTO users (id, username, username_key, display_name, password_hash, created_at_ms)
VALUES ('ann', 'ann', 'ann', 'Ann', 'none', 1);
INSERT INTO rooms (id, name, name_key, visibility, topic, last_seq, created_by, created_at_ms)
VALUES ('lobby', 'Lobby', 'lobby', 'public', '', 2, 'ann', 1);
INSERT INTO messages (id, room_id, seq, author_id, client_id, body, html, renderer, at_ms)
VALUES ('m1', 'lobby', 1, 'ann', 'c1', 'a', 'a', 'md1', 1),
       ('m2', 'lobby', 2, 'ann', 'c2', 'b', 'b', 'md1', 1)
"""


def test_messages_of_before_have_their_seq_as_rev(database_url: str) -> None:
    """Each message of an older database was one change of its room, in order."""
    db = Database(database_url)
    with db.transaction() as sql:
        command.upgrade(migrate.alembic_config(sql), "0003")
    with db.transaction() as sql:
        for row in ROWS.split(";"):
            sql.execute(text(row))

    migrate.upgrade(database_url)

    with db.reading() as sql:
        revs = sql.execute(text("SELECT seq, rev, body_rev FROM messages ORDER BY seq")).all()
        (last_rev,) = sql.execute(text("SELECT last_rev FROM rooms")).one()
    db.close()
    assert [tuple(row) for row in revs] == [(1, 1, 1), (2, 2, 2)]
    assert last_rev == 2
