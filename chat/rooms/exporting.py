"""Who may take a room away as a file, and the log of who did.

The rule of the file: owners alone. An administrator sees how rooms run, not what is said in them.
"""

from sqlalchemy import Connection

from chat.clock import Clock
from chat.db import Database
from chat.ids import RoomId
from chat.rooms import steps
from chat.rooms.audit import Facts, note
from chat.terms import Identity


class Exporting:
    """What rooms say of their export."""

    def __init__(self, db: Database, now_ms: Clock) -> None:
        self._db = db
        self._now_ms = now_ms

    def require_exporter(self, sql: Connection, asker: Identity, room_id: RoomId) -> None:
        """The asker may export the room now, archived or not.

        Raises NotFound, NotMember, Forbidden."""
        steps.require_may(sql, room_id, asker, "export")

    def note_export(self, asker: Identity, room_id: RoomId, facts: Facts) -> None:
        """The log of the room has the export. Raises as require_exporter."""
        with self._db.transaction() as sql:
            steps.lock(sql, room_id)
            self.require_exporter(sql, asker, room_id)
            note(sql, asker, room_id, "export", now_ms=self._now_ms(), facts=facts)
