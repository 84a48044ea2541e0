"""The operator's commands, beside the same database as the app."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from flask import Flask

from chat import migrate, redis_client
from chat.cli import main
from chat.db import Database
from tests.chat.browser import PASSWORD, Browser
from tests.chat.live_parts import inbox_of_a_worker
from tests.support.redis_process import RedisProcess

NOBODY = "redis://127.0.0.1:1/0"  # where no Redis is


@pytest.fixture
def runs(redis_server: RedisProcess, database_url: str) -> Callable[..., Result]:
    """A function that runs one command with the settings of this test's app."""
    environ = {"ROLLCALL_REDIS_URL": redis_server.url, "ROLLCALL_DATABASE_URL": database_url}

    def run(*arguments: str) -> Result:
        return CliRunner(env=environ).invoke(main, arguments)

    return run


def test_migrate_brings_an_empty_database_to_head(
    runs: Callable[..., Result], database_url: str
) -> None:
    """`migrate` does what run.py does at its start."""
    assert runs("migrate").exit_code == 0
    db = Database(database_url)
    assert migrate.is_at_head(db)
    db.close()


def test_commands_before_the_migration_say_what_to_run(runs: Callable[..., Result]) -> None:
    """An empty database is one clear line and exit code 1, not a traceback."""
    result = runs("sessions", "ann")
    assert result.exit_code == 1
    assert "python -m chat.cli migrate" in result.output


def test_created_user_can_sign_in(app: Flask, runs: Callable[..., Result]) -> None:
    """`create-user` makes an account that works."""
    result = runs("create-user", "ann", "--display-name", "Ann Lee", "--password", PASSWORD)
    assert result.exit_code == 0, result.output
    browser = Browser(app)
    assert browser.signs_in("ann").status_code == 200
    assert browser.user["display_name"] == "Ann Lee"


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("create-user", "a b", "--password", PASSWORD), "A username has"),
        (("create-user", "ann", "--password", "short"), "at least 8 bytes"),
        (("reset-password", "nobody", "--password", PASSWORD), "no account of that name"),
        (("sessions", "nobody"), "no account of that name"),
        (("admin", "grant", "nobody"), "no account of that name"),
        (("end-sessions", "nobody"), "no account of that name"),
        (("ban", "nobody"), "no account of that name"),
        (("unban", "nobody"), "no account of that name"),
    ],
)
def test_refusal_is_one_line_and_exit_code_1(
    app: Flask, runs: Callable[..., Result], arguments: tuple[str, ...], sentence: str
) -> None:
    """What cannot be done is said in one sentence."""
    result = runs(*arguments)
    assert result.exit_code == 1
    assert sentence in result.output


def test_reset_password_signs_out_everywhere(app: Flask, runs: Callable[..., Result]) -> None:
    """After a reset the old password and every session are worthless."""
    browser = Browser(app)
    browser.signs_up("ann")
    assert runs("reset-password", "ann", "--password", "battery staple").exit_code == 0
    assert browser.user is None
    assert Browser(app).signs_in("ann").status_code == 401
    assert Browser(app).signs_in("ann", "battery staple").status_code == 200


def test_sessions_are_listed_and_one_of_them_ended(
    app: Flask, runs: Callable[..., Result], redis_server: RedisProcess
) -> None:
    """The listed id ends that session, and the workers are told of it."""
    browser, other = Browser(app), Browser(app)
    browser.signs_up("ann")
    other.signs_in("ann")
    inbox = inbox_of_a_worker(redis_server)
    (line, _) = runs("sessions", "ann").output.splitlines()
    session_id = re.split(r"\s", line)[0]
    assert runs("end-sessions", "ann", "--id", session_id).exit_code == 0
    assert sorted(bool(one.user) for one in (browser, other)) == [False, True]
    with redis_server.client() as redis:
        entries = redis.xrange(inbox)
    assert session_id.encode() in repr(entries).encode()


def test_banned_account_is_out_until_it_is_let_in_again(
    app: Flask, runs: Callable[..., Result]
) -> None:
    """A ban ends every session and refuses new ones; lifting it does what it says."""
    browser = Browser(app)
    browser.signs_up("ann")
    assert "1 sessions ended" in runs("ban", "ann").output
    assert browser.user is None
    assert Browser(app).signs_in("ann").status_code == 403
    assert runs("unban", "ann").exit_code == 0
    assert Browser(app).signs_in("ann").status_code == 200


def test_unban_ends_a_ban_from_everywhere_that_an_administrator_made(
    app: Flask, runs: Callable[..., Result]
) -> None:
    """The account may sign in, and the list of bans says so too."""
    ann, bob = Browser(app), Browser(app)
    ann.signs_up("ann")
    user = bob.signs_up("bob")
    room = ann.post("/api/v1/rooms", {"name": "Lobby", "visibility": "public"}).get_json()["room"]
    bans = f"/api/v1/rooms/{room['id']}/bans"
    ban = {"user_id": user["id"], "scope": "everywhere"}
    assert ann.post(bans, ban).status_code == 201
    assert Browser(app).signs_in("bob").status_code == 403

    assert runs("unban", "bob").exit_code == 0

    assert Browser(app).signs_in("bob").status_code == 200
    assert ann.get(f"{bans}?scope=everywhere").get_json() == {"bans": []}


def test_end_sessions_ends_all(app: Flask, runs: Callable[..., Result]) -> None:
    """Without an id the user is signed out everywhere."""
    browser = Browser(app)
    browser.signs_up("ann")
    assert "1 sessions ended" in runs("end-sessions", "ann").output
    assert browser.user is None


def test_administrators_are_granted_listed_and_revoked(
    app: Flask, runs: Callable[..., Result], redis_server: RedisProcess
) -> None:
    """`admin` changes the role at once, and tells the workers."""
    Browser(app).signs_up("ann")
    bob = Browser(app).signs_up("bob")
    assert "ann" in runs("admin", "list").output
    inbox = inbox_of_a_worker(redis_server)

    assert runs("admin", "grant", "bob").exit_code == 0
    assert runs("admin", "revoke", "ann").exit_code == 0

    (line,) = runs("admin", "list").output.splitlines()
    assert line.split() == [bob["id"], "bob", "bob"]
    with redis_server.client() as redis:
        entries = repr(redis.xrange(inbox))
    assert f"role {bob['id']}:admin" in entries


def test_wrong_setting_is_one_line_and_exit_code_2() -> None:
    """A setting that cannot be used is named, as by run.py."""
    result = CliRunner(env={"ROLLCALL_SESSION_IDLE_S": "soon"}).invoke(main, ["migrate"])
    assert result.exit_code == 2
    assert "ROLLCALL_SESSION_IDLE_S" in result.output


def test_database_that_is_away_is_one_line(tmp_path: Path) -> None:
    """A database that cannot be opened is told in a sentence."""
    url = f"sqlite:///{tmp_path / 'gone' / 'x.db'}"
    result = CliRunner(env={"ROLLCALL_DATABASE_URL": url}).invoke(main, ["migrate"])
    assert result.exit_code == 1
    assert "database is away" in result.output


def test_operator_reads_that_the_workers_could_not_be_told(
    runs: Callable[..., Result], monkeypatch: pytest.MonkeyPatch
) -> None:
    """SQL has the change; where Redis is away the command says who learns it later."""
    runs("migrate")
    runs("create-user", "ann", "--password", PASSWORD)
    told = runs("admin", "grant", "ann")
    assert "Redis is away" not in told.output
    monkeypatch.setattr("chat.cli.redis_of", lambda _: redis_client.connect(NOBODY, 2))

    result = runs("admin", "revoke", "ann")

    assert result.exit_code == 0
    assert "Redis is away: running workers find out" in result.output
