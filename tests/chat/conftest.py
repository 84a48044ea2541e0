"""Fixtures of the chat's own tests: a migrated database, and the app in this very process."""

import itertools
import logging
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import make_url

from chat import create_app, migrate
from chat.config import Config
from chat.db import Database
from tests.chat.browser import Browser
from tests.support import postgres
from tests.support.redis_process import RedisProcess

_numbers = itertools.count(1)


class MovedClock:
    """A clock that stands still until a test moves it; milliseconds since 1970."""

    def __init__(self) -> None:
        self.at_ms = 1_800_000_000_000

    def __call__(self) -> int:
        """Return the time it shows."""
        return self.at_ms

    def passes(self, seconds: float) -> None:
        """Let time pass."""
        self.at_ms += int(seconds * 1000)


@pytest.fixture
def moved_clock() -> MovedClock:
    """A clock for services that take one."""
    return MovedClock()


BringToHead = Callable[[str], None]


@pytest.fixture(scope="session")
def bring_to_head(tmp_path_factory: pytest.TempPathFactory) -> BringToHead:
    """A function that migrates the database at a URL; one that is new is copied from a migrated."""
    migrated = tmp_path_factory.mktemp("migrated") / "rollcall.db"
    migrate.upgrade(f"sqlite:///{migrated}")
    patterns: set[str] = set()  # PostgreSQL servers that hold a migrated pattern

    def bring_postgres(url: str) -> None:
        pattern = postgres.pattern_url(url)
        if pattern not in patterns:
            migrate.upgrade(pattern)
            patterns.add(pattern)
        if not postgres.become_copy(url, pattern):
            migrate.upgrade(url)

    def bring(url: str) -> None:
        file = make_url(url).database
        if url.startswith("sqlite:") and file and not Path(file).exists():
            shutil.copy(migrated, file)
        elif url.startswith("postgresql"):
            bring_postgres(url)
        else:
            migrate.upgrade(url)

    return bring


@pytest.fixture
def db(database_url: str, bring_to_head: BringToHead) -> Iterator[Database]:
    """A fresh database at the newest schema, on each of the two databases."""
    bring_to_head(database_url)
    database = Database(database_url)
    yield database
    database.close()


@pytest.fixture
def makes_app(
    redis_server: RedisProcess, tmp_path: Path, bring_to_head: BringToHead
) -> Iterator[Callable[..., Flask]]:
    """A function that makes an app over a Redis and a database of the test's choice.

    Every app is another installation: the Redis is emptied, SQLite is fresh unless a URL is given.
    """
    apps: list[Flask] = []
    level = logging.getLogger().level

    def make(**settings: str) -> Flask:
        environ = {
            "DATA": str(tmp_path),
            "REDIS_URL": redis_server.url,
            "DATABASE_URL": f"sqlite:///{tmp_path / f'app-{next(_numbers)}.db'}",
            "SECRET_KEY": "a secret of the tests",
            **settings,
        }
        config = Config.from_environ({f"ROLLCALL_{name}": text for name, text in environ.items()})
        bring_to_head(config.database_url)
        app = create_app(config)
        apps.append(app)
        return app

    redis_server.flush()
    yield make
    for app in apps:
        app.extensions["rollcall"].stop()
    logging.getLogger().setLevel(level)


@pytest.fixture
def app(makes_app: Callable[..., Flask], database_url: str) -> Flask:
    """An app with the default settings, on each of the two databases."""
    return makes_app(DATABASE_URL=database_url)


@pytest.fixture
def browser(app: Flask) -> Browser:
    """A browser of the app, with its cookies and its CSRF token; nobody is signed in."""
    return Browser(app)


@pytest.fixture
def light_app(makes_app: Callable[..., Flask]) -> Flask:
    """An app on SQLite alone, for what does not reach the database."""
    return makes_app()
