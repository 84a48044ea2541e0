"""What users say of themselves, kept in SQL: a Redis that lost everything loses no claim."""

from collections.abc import Collection
from dataclasses import replace
from typing import Final

from sqlalchemy import Row, bindparam, insert, select, update
from sqlalchemy.exc import IntegrityError

from chat.clock import Clock
from chat.db import Database
from chat.ids import UserId
from chat.roster.models import claims
from presence.terms import Claim, Claimed

_CHUNK = 500  # values in one IN (...)
# Built once: building it costs twice what asking does, and every connection asks.
_OF: Final = select(claims).where(claims.c.user_id.in_(bindparam("user_ids", expanding=True)))


class Claims:
    """The newest claim of each user who ever made one."""

    def __init__(self, db: Database, now_ms: Clock) -> None:
        self._db = db
        self._now_ms = now_ms

    def keep(self, user_id: UserId, claim: Claim) -> Claim:
        """The claim is committed as the user's newest; returns it with its version."""
        try:
            return self._keep(user_id, claim)
        except IntegrityError:  # his first two came at once: the other is there now
            return self._keep(user_id, claim)

    def of(self, user_ids: Collection[str]) -> dict[str, Claim]:
        """The newest claim of each of these users, also one whose time is over."""
        found: dict[str, Claim] = {}
        asked = list(user_ids)
        with self._db.reading() as sql:
            for start in range(0, len(asked), _CHUNK):
                chunk = asked[start : start + _CHUNK]
                rows = sql.execute(_OF, {"user_ids": chunk})
                found.update((row.user_id, _claim_in(row)) for row in rows)
        return found

    def _keep(self, user_id: UserId, claim: Claim) -> Claim:
        row = {
            "status": str(claim.status),
            "text": claim.text,
            "emoji": claim.emoji,
            "until_ms": claim.until_ms,
            "set_at_ms": self._now_ms(),
        }
        newer = update(claims).where(claims.c.user_id == user_id)
        newer = newer.values(**row, version=claims.c.version + 1).returning(claims.c.version)
        with self._db.transaction() as sql:
            version = sql.execute(newer).scalar()
            if version is None:
                version = 1
                sql.execute(insert(claims).values(user_id=user_id, version=version, **row))
        return replace(claim, version=version)


def _claim_in(row: Row[tuple[object, ...]]) -> Claim:
    return Claim(Claimed(row.status), row.text, row.emoji, row.until_ms, row.version)
