"""`python -m chat.cli`: what an operator does by hand. Settings come from the same environment.

Works beside a running Rollcall: SQL is the truth, and the workers are told over the bus. Where
Redis cannot be reached they find out by themselves, at their next beat.
"""

import os
import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path

import click

from chat import clock, log, migrate, room_commands
from chat.accounts.attempts import Attempts
from chat.accounts.passwords import Passwords
from chat.accounts.service import Accounts
from chat.accounts.sessions import Sessions
from chat.blocking import BlockingPool
from chat.commands import database_of, redis_of, refusals_told, tell_workers
from chat.config import Config, ConfigError
from chat.db import Database
from chat.ids import SessionId
from chat.rooms.bans import lift_everywhere
from chat.terms import ADMIN, USER

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


@main.command("migrate")
@click.pass_obj
@refusals_told
def migrate_(config: Config) -> None:
    """Bring the database to the schema of this version; a long migration tells how far it is."""
    log.configure("info", "console")
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
@refusals_told
def create_user(config: Config, username: str, display_name: str | None, password: str) -> None:
    """Make an account, also where nobody can sign up."""
    user = _accounts(config).create(username, password, display_name)
    click.echo(f"{user.username} has the id {user.id}.")


@main.command("reset-password")
@click.argument("username")
@click.password_option(help="Asked for when not given.")
@click.pass_obj
@refusals_told
def reset_password(config: Config, username: str, password: str) -> None:
    """Set a new password and sign the user out everywhere."""
    ended = _accounts(config).reset_password(username, password)
    click.echo(f"The password is set; {ended} sessions ended.")


@main.command("sessions")
@click.argument("username")
@click.pass_obj
@refusals_told
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
@refusals_told
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
@refusals_told
def ban(config: Config, username: str) -> None:
    """Shut the account out, and end all of its sessions."""
    click.echo(f"The account is banned; {_accounts(config).ban(username)} sessions ended.")


@main.command("unban")
@click.argument("username")
@click.pass_obj
@refusals_told
def unban(config: Config, username: str) -> None:
    """Let the account in again."""
    db = database_of(config)
    lift_everywhere(db, _accounts(config, db).user_named(username).id)
    click.echo("The account may sign in again.")


@main.group("admin")
def admin() -> None:
    """Say who administers: sees how the installation runs. The first account does by itself."""


@admin.command("grant")
@click.argument("username")
@click.pass_obj
@refusals_told
def grant(config: Config, username: str) -> None:
    """Make the user an administrator."""
    user = _accounts(config).set_role(username, ADMIN)
    click.echo(f"{user.username} is an administrator.")


@admin.command("revoke")
@click.argument("username")
@click.pass_obj
@refusals_told
def revoke(config: Config, username: str) -> None:
    """Make the user a user like others."""
    user = _accounts(config).set_role(username, USER)
    click.echo(f"{user.username} is no administrator.")


@admin.command("list")
@click.pass_obj
@refusals_told
def list_(config: Config) -> None:
    """List the administrators."""
    for user in _accounts(config).admins():
        click.echo(f"{user.id}  {user.username}  {user.display_name}")


def _accounts(config: Config, db: Database | None = None) -> Accounts:
    db = db or database_of(config)
    redis = redis_of(config)
    return Accounts(
        db,
        Passwords(BlockingPool(1)),
        Sessions(
            db,
            redis,
            idle_s=config.session_idle_s,
            max_s=config.session_max_s,
            on_ended=lambda session_ids, code: tell_workers(
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
        on_role=lambda user_id, role: tell_workers(
            redis, lambda fanout: fanout.role_changed(user_id, role)
        ),
    )


main.add_command(room_commands.export)
main.add_command(room_commands.import_)


if __name__ == "__main__":
    main()
