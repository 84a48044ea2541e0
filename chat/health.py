"""/healthz says that the process serves; /readyz says whether it should be sent anybody.

A balancer asks /readyz every few seconds: each check is one cheap question, and none of them
raises. A reason is a word a runbook can hold: docs/self-hosting.md explains each.

Not ready (503) is a worker that cannot let anybody in: without SQL, without Redis (it holds the
sessions), before its migrations, about to end. Degraded (200) is one that serves all the same:
while presence is not known, messages go through SQL and others are shown as unknown.
Source: docs/adr/0014.
"""

from collections.abc import Callable, Mapping

from flask import Blueprint, Response, jsonify
from redis import Redis, RedisError
from redis.exceptions import NoPermissionError, ResponseError
from sqlalchemy import text

from chat import migrate
from chat.db import Database
from chat.errors import Unavailable
from chat.redis_client import eviction_policy

_READY_KEY = "rc:ready"
_READY_S = 60

Check = Callable[[], str | None]
"""Returns None when all is well, otherwise the reason."""


def blueprint(checks: Mapping[str, Check], watched: Mapping[str, Check]) -> Blueprint:
    """Return both routes; checks decide, what is watched is told beside. Both by what they see."""
    routes = Blueprint("health", __name__)

    @routes.get("/healthz")
    def healthz() -> Response:
        return jsonify(alive=True)

    @routes.get("/readyz")
    def readyz() -> tuple[Response, int]:
        answers = {name: check() for name, check in checks.items()}
        reasons = _given(answers)
        degraded = _given({name: check() for name, check in watched.items()})
        told = jsonify(ready=not reasons, checks=answers, reasons=reasons, degraded=degraded)
        return told, 503 if reasons else 200

    return routes


def _given(answers: Mapping[str, str | None]) -> dict[str, str]:
    return {name: reason for name, reason in answers.items() if reason is not None}


def presence_check(is_known: Callable[[], bool], waits_for: Callable[[], str | None]) -> Check:
    """Return a check that presence is known on this worker; it says what only a setting ends."""

    def check() -> str | None:
        if is_known():
            return None
        why = waits_for()
        return "presence is not known: others are shown as unknown" + (f". {why}" if why else "")

    return check


def events_check(hears: Callable[[], bool]) -> Check:
    """Return a check that keyspace events are heard."""
    return lambda: None if hears() else "keyspace events are not heard: the sweep works alone"


def probes_check(is_wrong: Callable[[], bool]) -> Check:
    """Return a check that no probe was shown wrongly lately."""
    return lambda: "a probe was shown wrongly: see /admin and the log" if is_wrong() else None


def redis_check(redis: Redis) -> Check:
    """Return a check that Redis takes a write within its client's 3 s, and keeps what it is given.

    One that only reads (out of memory, a replica) can open no session. Where INFO is forbidden it
    is not known what it keeps: the supervisor said so at the start."""

    def check() -> str | None:
        try:
            redis.set(_READY_KEY, "1", ex=_READY_S)
            policy = eviction_policy(redis)
        except NoPermissionError:
            return None
        except RedisError as error:
            does = "take writes" if isinstance(error, ResponseError) else "answer"
            return f"redis does not {does}: {type(error).__name__}"
        return policy and f"redis may drop keys: its maxmemory-policy is {policy}, not noeviction"

    return check


def sql_check(db: Database) -> Check:
    """Return a check that the database answers."""

    def check() -> str | None:
        try:
            with db.reading() as connection:
                connection.execute(text("SELECT 1"))
        except Unavailable:
            return "the database does not answer"
        return None

    return check


def draining_check(is_draining: Callable[[], bool]) -> Check:
    """Return a check that this worker is not about to end."""
    return lambda: "this worker is about to end" if is_draining() else None


def migrations_check(db: Database) -> Check:
    """Return a check that the schema is the one this code was written for; asked until it is."""
    is_settled = False

    def check() -> str | None:
        nonlocal is_settled
        try:
            is_settled = is_settled or migrate.is_at_head(db)
        except Unavailable:
            return "the database does not answer"
        return None if is_settled else "migrations are pending: run python -m chat.cli migrate"

    return check
