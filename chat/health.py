"""/healthz says that the process serves; /readyz says whether it should be sent anybody.

A balancer asks /readyz every few seconds: each check is one cheap question, and none of them
raises. A reason is a word a runbook can hold: docs/self-hosting.md explains each.
"""

from collections.abc import Callable, Mapping

from flask import Blueprint, Response, jsonify
from redis import Redis, RedisError
from redis.exceptions import NoPermissionError
from sqlalchemy import text

from chat import migrate
from chat.db import Database
from chat.errors import Unavailable
from chat.redis_client import eviction_policy

Check = Callable[[], str | None]
"""Returns None when all is well, otherwise the reason."""


def blueprint(checks: Mapping[str, Check]) -> Blueprint:
    """Return both routes; checks are named by what they look at."""
    routes = Blueprint("health", __name__)

    @routes.get("/healthz")
    def healthz() -> Response:
        return jsonify(alive=True)

    @routes.get("/readyz")
    def readyz() -> tuple[Response, int]:
        answers = {name: check() for name, check in checks.items()}
        reasons = {name: reason for name, reason in answers.items() if reason is not None}
        return jsonify(ready=not reasons, checks=answers, reasons=reasons), 503 if reasons else 200

    return routes


def redis_check(redis: Redis) -> Check:
    """Return a check that Redis answers, within its client's 3 s, and keeps what it is given.

    Where INFO is forbidden the second is not known: the supervisor said so at the start."""

    def check() -> str | None:
        try:
            redis.ping()
            policy = eviction_policy(redis)
        except NoPermissionError:
            return None
        except RedisError as error:
            return f"redis does not answer: {type(error).__name__}"
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
