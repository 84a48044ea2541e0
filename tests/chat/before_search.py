"""A database of the time when there was no search, with messages in it."""

from alembic import command
from sqlalchemy import Connection, column, insert, table

from chat import migrate
from chat.db import Database
from chat.ids import new_id


def conversation_of_before(url: str, count: int) -> list[str]:
    """The database has so many messages and no search; returns their ids, oldest first."""
    user = {"id": "u", "username": "ann", "username_key": "ann", "display_name": "Ann"}
    room = {"id": "r", "name": "Lobby", "name_key": "lobby", "visibility": "public", "topic": ""}
    ids = [new_id(at_ms) for at_ms in range(count)]
    rows = [
        {"id": message_id, "room_id": "r", "seq": at_ms + 1, "author_id": "u", "body": "Hi"}
        | {"client_id": str(at_ms), "html": "<p>Hi</p>", "renderer": "1", "at_ms": at_ms}
        for at_ms, message_id in enumerate(ids)
    ]
    db = Database(url)
    with db.transaction() as sql:
        command.upgrade(migrate.alembic_config(sql), "0005")
        _insert(sql, "users", [{**user, "password_hash": "none", "created_at_ms": 1}])
        _insert(sql, "rooms", [{**room, "created_by": "u", "created_at_ms": 1}])
        _insert(sql, "messages", rows)
    db.close()
    return ids


def _insert(sql: Connection, name: str, rows: list[dict[str, object]]) -> None:
    sql.execute(insert(table(name, *map(column, rows[0]))), rows)
