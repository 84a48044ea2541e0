"""When users were last online, kept in SQL: a Redis that lost everything loses no history."""

from collections.abc import Mapping

from sqlalchemy import bindparam, update

from chat.accounts.models import users
from chat.db import Database
from chat.ids import UserId


class LastSeen:
    """The last-seen times of users; one never goes back."""

    def __init__(self, db: Database) -> None:
        self._db = db

    def note(self, last_seen_at_ms: Mapping[UserId, int]) -> None:
        """Each of these users was online until then; an older time than the known is ignored."""
        known = users.c.last_seen_at_ms
        is_newer = known.is_(None) | (known < bindparam("at_ms"))
        write = update(users).where(users.c.id == bindparam("user_id"), is_newer)
        rows = [{"user_id": one, "at_ms": at_ms} for one, at_ms in last_seen_at_ms.items()]
        with self._db.transaction() as sql:
            sql.execute(write.values(last_seen_at_ms=bindparam("at_ms")), rows)
