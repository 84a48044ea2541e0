"""/healthz and /readyz: alive is not ready, and what is missing is named."""

import threading
import time
from collections.abc import Callable
from pathlib import Path

from flask import Flask

from chat import create_app
from chat.config import Config
from tests.chat.browser import Browser
from tests.support.redis_process import RedisProcess
from tests.support.waiting import wait_until


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


def test_redis_that_hangs_is_told_within_5_s(
    makes_app: Callable[..., Flask], private_redis: RedisProcess
) -> None:
    """The answer waits for nobody who waits for Redis. Source: the matrix of faults, row 13."""
    app = makes_app(REDIS_URL=private_redis.url)
    browser, crowd = Browser(app), [Browser(app) for _ in range(40)]
    browser.signs_up("ann")
    for one in crowd:
        one.client.set_cookie("rollcall_session", browser.sid)
    private_redis.freezes()
    waiting = [threading.Thread(target=one.get, args=["/api/v1/session"]) for one in crowd]
    for thread in waiting:
        thread.start()
    asked_s = time.monotonic()
    answer = browser.get("/readyz")
    took_s = time.monotonic() - asked_s
    private_redis.thaws()
    for thread in waiting:
        thread.join()
    assert answer.status_code == 503
    assert took_s < 5


def test_redis_that_takes_no_writes_is_not_ready(
    makes_app: Callable[..., Flask], private_redis: RedisProcess
) -> None:
    """Out of memory it still answers, but nobody can sign in."""
    browser = Browser(makes_app(REDIS_URL=private_redis.url))
    with private_redis.client() as client:
        client.config_set("maxmemory", "1")
        answer = browser.get("/readyz")
        client.config_set("maxmemory", "0")
    assert answer.status_code == 503
    assert "does not take writes" in (answer.json or {})["reasons"]["redis"]


def test_presence_that_is_not_known_is_degraded_and_serves(makes_app: Callable[..., Flask]) -> None:
    """The chat goes on through SQL: people are still sent here, and the operator is told."""
    app = makes_app()
    browser, rollcall = Browser(app), app.extensions["rollcall"]

    def degraded() -> set[str]:
        answer = browser.get("/readyz")
        assert answer.status_code == 200, answer.text
        return set((answer.json or {})["degraded"])

    assert degraded() == {"presence", "events"}
    rollcall.live.tracker.start()
    wait_until(lambda: degraded() == set(), 10, "all is well")
    rollcall.watch.prober.verdict.wrong_at_ms = rollcall.live.tracker.now_ms()
    assert degraded() == {"probes"}


def test_worker_set_to_another_number_of_shards_says_so(
    makes_app: Callable[..., Flask], private_redis: RedisProcess
) -> None:
    """It shows others as unknown until it is set alike, and the operator is told what to set."""
    former = makes_app(REDIS_URL=private_redis.url).extensions["rollcall"].live.tracker
    app = makes_app(REDIS_URL=private_redis.url, PRESENCE_SHARDS="3")
    browser, tracker = Browser(app), app.extensions["rollcall"].live.tracker

    def degraded() -> str:
        return str((browser.get("/readyz").json or {})["degraded"].get("presence", ""))

    assert degraded() == "presence is not known: others are shown as unknown"
    former.start()
    wait_until(lambda: former.available, 10, "the former serves")
    tracker.start()
    wait_until(lambda: "over 1 shards, this one is set to 3" in degraded(), 10, "it says why")
    former.stop()
    wait_until(lambda: tracker.available, 20, "the last of the others has ended")
    assert degraded() == ""


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
