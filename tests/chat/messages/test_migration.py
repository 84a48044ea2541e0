"""Migrations 0004 and 0006: what was stored before them goes on without a hole, and is found."""

from alembic import command
from sqlalchemy import text

from chat import migrate
from chat.db import Database
from chat.search.found import Wanted, found_in_postgresql, found_in_sqlite
from chat.search.matching import Match
from chat.search.question import Term

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


def test_messages_of_before_are_found_by_search(database_url: str) -> None:
    """What was stored before there was search is indexed, what was deleted is not."""
    db = Database(database_url)
    with db.transaction() as sql:
        command.upgrade(migrate.alembic_config(sql), "0005")
    with db.transaction() as sql:
        for row in ROWS.split(";"):
            sql.execute(text(row))
        sql.execute(text("UPDATE messages SET deleted_at_ms = 2 WHERE id = 'm2'"))

    migrate.upgrade(database_url)

    match = Match(((Term(("a",)), Term(("b",))),))
    wanted = Wanted(match, ("lobby",), 2, 0, 2**62, 10)
    with db.reading() as sql:
        if db.is_sqlite:
            found = found_in_sqlite(db.file, wanted, 5)
        else:
            found = found_in_postgresql(sql, wanted, 5)
    db.close()
    assert [one.message_id for one in found] == ["m1"]
