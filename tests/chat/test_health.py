"""/healthz and /readyz: alive is not ready, and what is missing is named."""

from collections.abc import Callable
from pathlib import Path

from flask import Flask

from chat import create_app
from chat.config import Config
from tests.chat.browser import Browser
from tests.support.redis_process import RedisProcess


def test_ready_when_everything_is_right(browser: Browser) -> None:
    """Redis, SQL and migrations are right: 200."""
    answer = browser.get("/readyz")
    assert answer.status_code == 200, answer.text
    assert answer.json is not None
    assert answer.json["ready"] is True
    assert answer.json["reasons"] == {}


def test_redis_away_is_alive_but_not_ready(
    makes_app: Callable[..., Flask], private_redis: RedisProcess
) -> None:
    """503 with the reason while Redis is away, 200 when it is back; alive all the time."""
    browser = Browser(makes_app(REDIS_URL=private_redis.url))
    private_redis.dies()
    answer = browser.get("/readyz")
    assert answer.status_code == 503
    assert answer.json is not None
    assert answer.json["ready"] is False
    assert "redis" in answer.json["reasons"]
    assert browser.get("/healthz").status_code == 200
    private_redis.start()
    assert "redis" not in (browser.get("/readyz").json or {})["reasons"]


def test_redis_that_may_drop_keys_is_not_ready(
    makes_app: Callable[..., Flask], private_redis: RedisProcess
) -> None:
    """503 as soon as somebody sets a policy that evicts, 200 when it is set back."""
    browser = Browser(makes_app(REDIS_URL=private_redis.url))
    with private_redis.client() as client:
        client.config_set("maxmemory-policy", "allkeys-lru")
        assert browser.get("/readyz").status_code == 200  # without a limit nothing is dropped
        client.config_set("maxmemory", "100mb")
        answer = browser.get("/readyz")
        assert answer.status_code == 503
        assert "allkeys-lru" in (answer.json or {})["reasons"]["redis"]
        client.config_set("maxmemory-policy", "noeviction")
    assert browser.get("/readyz").status_code == 200


def unmigrated(redis: RedisProcess, url: str) -> Browser:
    """Return a browser of an app whose database was not migrated."""
    environ = {
        "ROLLCALL_REDIS_URL": redis.url,
        "ROLLCALL_DATABASE_URL": url,
        "ROLLCALL_SECRET_KEY": "a secret of the tests",
    }
    return Browser(create_app(Config.from_environ(environ)))


def test_pending_migrations_are_not_ready(redis_server: RedisProcess, database_url: str) -> None:
    """A database without tables: 503, and the reason says what to run."""
    answer = unmigrated(redis_server, database_url).get("/readyz")
    assert answer.status_code == 503
    assert answer.json is not None
    assert "python -m chat.cli migrate" in answer.json["reasons"]["migrations"]


def test_sql_away_is_not_ready(redis_server: RedisProcess, tmp_path: Path) -> None:
    """A database that cannot be opened: 503, for its own sake and for the migrations'."""
    url = f"sqlite:///{tmp_path / 'gone' / 'x.db'}"
    answer = unmigrated(redis_server, url).get("/readyz")
    assert answer.status_code == 503
    assert answer.json is not None
    assert {"sql", "migrations"} <= set(answer.json["reasons"])
