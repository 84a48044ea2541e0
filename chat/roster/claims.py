"""What users say of themselves, kept in SQL: a Redis that lost everything loses no claim."""

from collections.abc import Collection
from dataclasses import replace
from typing import Final

from sqlalchemy import insert, select, update
from sqlalchemy.exc import IntegrityError

from chat.clock import Clock
from chat.db import Database
from chat.ids import UserId
from chat.prepared import Prepared, among, listed
from chat.roster.models import claims
from presence.terms import Claim, Claimed

_CLAIM: Final = (
    claims.c.user_id,
    claims.c.status,
    claims.c.text,
    claims.c.emoji,
    claims.c.until_ms,
    claims.c.version,
)
_OF: Final = Prepared(among(select(*_CLAIM), claims.c.user_id, "user_ids"))


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
        with self._db.reading() as sql:
            found = _OF.rows(sql, {"user_ids": listed(user_ids)})
        return {user_id: Claim(Claimed(status), *words) for user_id, status, *words in found}

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
