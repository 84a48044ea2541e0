"""When users were last online, kept in SQL: a Redis that lost everything loses no history."""

from collections.abc import Collection, Mapping

from sqlalchemy import bindparam, select, update

from chat.accounts.models import users
from chat.db import Database
from chat.ids import UserId

_CHUNK = 500  # values in one IN (...)


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

    def of(self, user_ids: Collection[UserId]) -> dict[UserId, int]:
        """When each of these users was last online, as far as it was ever written down."""
        found: dict[UserId, int] = {}
        asked = list(user_ids)
        with self._db.reading() as sql:
            for start in range(0, len(asked), _CHUNK):
                query = select(users.c.id, users.c.last_seen_at_ms).where(
                    users.c.id.in_(asked[start : start + _CHUNK]),
                    users.c.last_seen_at_ms.is_not(None),
                )
                found.update((UserId(row.id), row.last_seen_at_ms) for row in sql.execute(query))
        return found
