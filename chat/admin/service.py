"""What administrators are told: how presence runs on every worker, and what it did last.

The rules of the file: only administrators are told anything; they see who came and went and why,
also that somebody made himself invisible (docs/STATUS.md says so to users), but no message, room or
address. While Redis is away the answering worker speaks for itself alone.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Final

from redis import RedisError
from sqlalchemy import select

from chat import wire
from chat.accounts.models import users
from chat.admin.prober import TOLD_MS
from chat.admin.workers import Workers
from chat.db import Database
from chat.errors import NotFound
from chat.lags import Told
from chat.terms import Identity

SILENT_MS: Final = 5_000  # since its last line; five were missed

Names = Mapping[str, tuple[str, str]]


class Admin:
    """How the installation runs."""

    def __init__(
        self,
        db: Database,
        workers: Workers,
        *,
        describe: Callable[[], wire.AdminWorker],
        newest: Callable[[], list[Told]],
    ) -> None:
        """describe: this worker as it is now; newest: the transitions that it told last."""
        self._db = db
        self._workers = workers
        self._describe = describe
        self._newest = newest

    def presence(self, asker: Identity) -> wire.AdminPresence:
        """How presence runs now. Raises NotFound for who is no administrator.

        One command to Redis and one query."""
        check_admin(asker)
        own = self._describe()
        others = self._others(own)
        workers = sorted([own, *(others or ())], key=lambda one: (one.host, one.pid))
        told = self._newest()
        names = self._names({one.user_id for one in told})
        return wire.AdminPresence(
            at_ms=own.at_ms,
            answered_by=own.id,
            shared=others is not None,
            verdict=verdict_of(workers, own.at_ms),
            workers=workers,
            transitions=[_transition(one, names) for one in told],
        )

    def _others(self, own: wire.AdminWorker) -> list[wire.AdminWorker] | None:
        try:
            return [one for one in self._workers.all(own.at_ms) if one.id != own.id]
        except RedisError:
            return None

    def _names(self, user_ids: Collection[str]) -> Names:
        if not user_ids:
            return {}
        query = select(users.c.id, users.c.username, users.c.display_name)
        with self._db.reading() as sql:
            rows = sql.execute(query.where(users.c.id.in_(user_ids)))
            return {row.id: (row.username, row.display_name) for row in rows}


def check_admin(asker: Identity) -> None:
    """Raise NotFound unless an administrator asks: for others there is no such page."""
    if not asker.is_admin:
        raise NotFound


def verdict_of(workers: Sequence[wire.AdminWorker], now_ms: int) -> str:
    """Return the worst that is true: wrong, unknown, late, untested or right.

    wrong: a probe was shown wrongly within ten minutes. unknown: somewhere others are shown as
    unknown, or a worker is silent. late: a lag was over its bound within ten minutes. untested:
    no probe was judged yet."""
    live = [one for one in workers if now_ms - one.at_ms <= SILENT_MS]
    probes = [one.probe for one in workers]
    if any(one.wrong_at_ms and now_ms - one.wrong_at_ms <= TOLD_MS for one in probes):
        return "wrong"
    if len(live) < len(workers) or not all(one.known for one in live):
        return "unknown"
    lags = [lag for one in live for lag in one.lags]
    if any(lag.violations and now_ms - lag.violated_at_ms <= TOLD_MS for lag in lags):
        return "late"
    return "right" if any(one.right for one in probes) else "untested"


def _transition(one: Told, names: Names) -> wire.AdminTransition:
    username, display_name = names.get(one.user_id, (None, None))
    return wire.AdminTransition(
        rev=one.rev,
        user_id=one.user_id,
        username=username,
        display_name=display_name,
        before=one.before,
        after=one.after,
        cause=one.cause,
        kind=one.kind,
        at_ms=one.at_ms,
        lag_ms=one.lag_ms,
        by=one.by,
    )
