"""What a server has stored, read from its SQLite file: the witness for "nothing is stored"."""

import sqlite3
from contextlib import closing

from tests.support.server import Server

# Not sessions: looking at one moves its seen_at_ms. Not users: last_seen_at_ms moves too.
COUNTED = {
    "users": "id, username, display_name, password_hash",
    "rooms": "id, name, visibility, topic, description, slow_mode_s, archived_at_ms",
    "memberships": "room_id, user_id, role, read_seq, muted_until_ms, favourite, position",
    "bans": "scope, user_id, until_ms",
    "invites": "id, room_id, uses, revoked_at_ms",
    "audit": "id, scope, act",
    "messages": "id, room_id, seq, author_id, client_id, body",
}


def stored_rows(server: Server) -> dict[str, list[tuple[object, ...]]]:
    """Return every row of the tables that people write into; call it twice and compare."""
    path = server.folder / "data" / "rollcall.db"
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as connection:
        return {
            table: connection.execute(f"SELECT {columns} FROM {table} ORDER BY 1, 2").fetchall()
            for table, columns in COUNTED.items()
        }
