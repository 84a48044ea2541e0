"""What the commands of an operator are made of: their database, their Redis, their refusals."""

import functools
from collections.abc import Callable
from pathlib import Path
from typing import ParamSpec, TypeVar
from urllib.parse import quote

import click
from redis import Redis

from chat import migrate, redis_client
from chat.bus import Bus
from chat.config import Config
from chat.connections import Connections
from chat.db import Database
from chat.errors import ChatError
from chat.fanout import Fanout

TOLD_WITHIN_S = 10.0  # a busy machine takes its time; where Redis does not answer it is 3 s

P = ParamSpec("P")
R = TypeVar("R")


def refusals_told(run: Callable[P, R]) -> Callable[P, R]:
    """Turn a refusal into one line on standard error and exit code 1."""

    @functools.wraps(run)
    def told(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return run(*args, **kwargs)
        except ChatError as refusal:
            raise click.ClickException(refusal.message) from None

    return told


def database_of(config: Config) -> Database:
    """Return the database of the settings; one that waits for a migration ends the command."""
    db = Database(config.database_url)
    if not migrate.is_at_head(db):
        raise click.ClickException("The database waits for `python -m chat.cli migrate`.")
    return db


def redis_of(config: Config) -> Redis:
    """Return the Redis of the settings, without asking it anything."""
    return redis_client.connect(config.redis_url or _embedded_url(config.data_dir), 2)


def tell_workers(redis: Redis, tell: Callable[[Fanout], None]) -> None:
    """The workers that run hear what `tell` says; where Redis is away the operator reads so."""
    bus = Bus(redis, receive=lambda *_: None, on_gap=lambda: None)
    nobody_here = Connections(lambda *_: None)
    tell(Fanout(nobody_here, bus.publish, cut=lambda *_: None))
    bus.start()
    bus.stop(TOLD_WITHIN_S)
    if bus.backlog:
        click.echo("Redis is away: running workers find out by themselves, a beat later.", err=True)


def _embedded_url(data_dir: Path) -> str:
    """Return where run.py lets its own Redis listen: beside its data, or where a link there leads.

    A path over 107 bytes cannot name a socket (serving/embedded_redis.py)."""
    named = data_dir / "redis" / "redis.sock"
    return f"unix://{quote(str(named.readlink() if named.is_symlink() else named))}"
