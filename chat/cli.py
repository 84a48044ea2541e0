"""`python -m chat.cli`: what an operator does by hand. Settings come from the same environment.

Works beside a running Rollcall: SQL is the truth, and the workers are told over the bus. Where
Redis cannot be reached they find out by themselves, at their next beat.
"""

import functools
import os
import sys
import tempfile
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import ParamSpec, TypeVar
from urllib.parse import quote

import click
from redis import Redis

from chat import clock, log, migrate, redis_client
from chat.accounts.attempts import Attempts
from chat.accounts.passwords import Passwords
from chat.accounts.service import Accounts
from chat.accounts.sessions import Sessions
from chat.blocking import BlockingPool
from chat.bus import Bus
from chat.config import Config, ConfigError
from chat.connections import Connections
from chat.db import Database
from chat.errors import ChatError
from chat.fanout import Fanout
from chat.ids import SessionId
from chat.rooms.bans import lift_everywhere
from chat.terms import ADMIN, USER

P = ParamSpec("P")
R = TypeVar("R")

REVOKED = "revoked"


@click.group(help="Look after a Rollcall. Settings are read from ROLLCALL_... as by run.py.")
@click.pass_context
def main(context: click.Context) -> None:
    """Read the settings; a command follows."""
    try:
        context.obj = Config.from_environ(os.environ)
    except ConfigError as wrong:
        print(f"rollcall: {wrong}", file=sys.stderr)
        context.exit(2)
    log.configure("warning", "console")


def _refusals_told(run: Callable[P, R]) -> Callable[P, R]:
    """Turn a refusal into one line on standard error and exit code 1."""

    @functools.wraps(run)
    def told(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return run(*args, **kwargs)
        except ChatError as refusal:
            raise click.ClickException(refusal.message) from None

    return told


@main.command("migrate")
@click.pass_obj
@_refusals_told
def migrate_(config: Config) -> None:
    """Bring the database to the schema of this version."""
    migrate.upgrade(config.database_url)
    click.echo("The database is at the newest schema.")


@main.command("new-migration")
@click.argument("message")
def new_migration(message: str) -> None:
    """Write a migration from the difference between the models and the migrations so far."""
    from alembic import command  # noqa: PLC0415 - chat/migrate.py says why

    with tempfile.TemporaryDirectory() as folder:
        url = f"sqlite:///{Path(folder) / 'scratch.db'}"
        migrate.upgrade(url)
        with Database(url).transaction() as connection:
            config = migrate.alembic_config(connection)
            command.revision(config, message, autogenerate=True, rev_id=migrate.next_revision())
    click.echo("Read it, and try it on both databases: tests/chat/test_migrate.py.")


@main.command("create-user")
@click.argument("username")
@click.option("--display-name", help="How others see the user; the username if not given.")
@click.password_option(help="Asked for when not given.")
@click.pass_obj
@_refusals_told
def create_user(config: Config, username: str, display_name: str | None, password: str) -> None:
    """Make an account, also where nobody can sign up."""
    user = _accounts(config).create(username, password, display_name)
    click.echo(f"{user.username} has the id {user.id}.")


@main.command("reset-password")
@click.argument("username")
@click.password_option(help="Asked for when not given.")
@click.pass_obj
@_refusals_told
def reset_password(config: Config, username: str, password: str) -> None:
    """Set a new password and sign the user out everywhere."""
    ended = _accounts(config).reset_password(username, password)
    click.echo(f"The password is set; {ended} sessions ended.")


@main.command("sessions")
@click.argument("username")
@click.pass_obj
@_refusals_told
def sessions(config: Config, username: str) -> None:
    """List where the user is signed in."""
    accounts = _accounts(config)
    for one in accounts.sessions.of_user(accounts.user_named(username).id):
        seen_at = datetime.fromtimestamp(one.seen_at_ms / 1000, tz=UTC)
        click.echo(f"{one.id}  last seen {seen_at:%Y-%m-%d %H:%M} UTC  {one.user_agent}")


@main.command("end-sessions")
@click.argument("username")
@click.option("--id", "session_id", help="End this one alone.")
@click.pass_obj
@_refusals_told
def end_sessions(config: Config, username: str, session_id: str | None) -> None:
    """Sign the user out, everywhere or in one browser."""
    accounts = _accounts(config)
    user = accounts.user_named(username)
    if session_id is None:
        click.echo(f"{accounts.sessions.end_others(user.id, None, REVOKED)} sessions ended.")
    else:
        accounts.sessions.end_of_user(user.id, SessionId(session_id), REVOKED)
        click.echo("The session ended.")


@main.command("ban")
@click.argument("username")
@click.pass_obj
@_refusals_told
def ban(config: Config, username: str) -> None:
    """Shut the account out, and end all of its sessions."""
    click.echo(f"The account is banned; {_accounts(config).ban(username)} sessions ended.")


@main.command("unban")
@click.argument("username")
@click.pass_obj
@_refusals_told
def unban(config: Config, username: str) -> None:
    """Let the account in again."""
    db = _database(config)
    lift_everywhere(db, _accounts(config, db).user_named(username).id)
    click.echo("The account may sign in again.")


@main.group("admin")
def admin() -> None:
    """Say who administers: sees how the installation runs. The first account does by itself."""


@admin.command("grant")
@click.argument("username")
@click.pass_obj
@_refusals_told
def grant(config: Config, username: str) -> None:
    """Make the user an administrator."""
    user = _accounts(config).set_role(username, ADMIN)
    click.echo(f"{user.username} is an administrator.")


@admin.command("revoke")
@click.argument("username")
@click.pass_obj
@_refusals_told
def revoke(config: Config, username: str) -> None:
    """Make the user a user like others."""
    user = _accounts(config).set_role(username, USER)
    click.echo(f"{user.username} is no administrator.")


@admin.command("list")
@click.pass_obj
@_refusals_told
def list_(config: Config) -> None:
    """List the administrators."""
    for user in _accounts(config).admins():
        click.echo(f"{user.id}  {user.username}  {user.display_name}")


def _database(config: Config) -> Database:
    db = Database(config.database_url)
    if not migrate.is_at_head(db):
        raise click.ClickException("The database waits for `python -m chat.cli migrate`.")
    return db


def _accounts(config: Config, db: Database | None = None) -> Accounts:
    db = db or _database(config)
    redis = redis_client.connect(config.redis_url or _embedded_url(config.data_dir), 2)
    return Accounts(
        db,
        Passwords(BlockingPool(1)),
        Sessions(
            db,
            redis,
            idle_s=config.session_idle_s,
            max_s=config.session_max_s,
            on_ended=lambda session_ids, code: _tell_workers(
                redis, lambda fanout: fanout.end_sessions(session_ids, code)
            ),
            now_ms=clock.now_ms,
        ),
        Attempts(
            redis,
            per_account=config.sign_in_limit,
            per_address=config.sign_in_address_limit,
            sign_ups_per_address=config.sign_up_limit,
        ),
        may_sign_up=True,
        now_ms=clock.now_ms,
        on_role=lambda user_id, role: _tell_workers(
            redis, lambda fanout: fanout.role_changed(user_id, role)
        ),
    )


def _tell_workers(redis: Redis, tell: Callable[[Fanout], None]) -> None:
    bus = Bus(redis, receive=lambda *_: None, on_gap=lambda: None)
    nobody_here = Connections(lambda *_: None)
    tell(Fanout(nobody_here, bus.publish, cut=lambda *_: None))
    bus.start()
    bus.stop()


def _embedded_url(data_dir: Path) -> str:
    """Return where run.py lets its own Redis listen, if the path is short enough for a socket."""
    return f"unix://{quote(str(data_dir / 'redis' / 'redis.sock'))}"


if __name__ == "__main__":
    main()
