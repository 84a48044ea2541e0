"""Our own Redis: private, durable, ended by its process id, ended when its supervisor is killed."""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest
import redis

from serving.embedded_redis import EmbeddedRedis
from tests.support.people import sign_up
from tests.support.server import QUICK, Server

ROOT = Path(__file__).resolve().parents[2]
OWNER = """
import sys, time; from pathlib import Path; from serving.embedded_redis import EmbeddedRedis
server = EmbeddedRedis(Path(sys.argv[1])); server.start(); print(server.pid, flush=True)
time.sleep(60)
"""


@pytest.fixture
def server(tmp_path: Path) -> Iterator[EmbeddedRedis]:
    """A Redis in a folder of the test's own, running."""
    server = EmbeddedRedis(tmp_path / "redis")
    server.start()
    yield server
    server.stop()


@pytest.fixture
def client(server: EmbeddedRedis) -> Iterator["redis.Redis"]:
    """A client of that Redis."""
    client = redis.Redis.from_url(server.url)
    yield client
    client.close()


def test_start_gives_a_redis_with_the_settings_presence_needs(client: "redis.Redis") -> None:
    """Every write is kept, nothing is evicted, expiries are told, and no port is open."""
    wanted = {
        "appendonly": "yes",
        "maxmemory-policy": "noeviction",
        "notify-keyspace-events": "xE",
        "port": "0",
        "save": "",
    }
    settings: Any = client.config_get("*")  # redis-py says Awaitable too
    assert {name: settings[name] for name in wanted} == wanted


def test_stop_ends_the_process_and_keeps_what_was_written(tmp_path: Path) -> None:
    """The next start on the same folder finds the keys."""
    first = EmbeddedRedis(tmp_path / "redis")
    first.start()
    with redis.Redis.from_url(first.url) as client:
        client.set("key", "value")
    pid = first.pid
    first.stop()
    assert pid is not None
    assert not psutil.pid_exists(pid)
    second = EmbeddedRedis(tmp_path / "redis")
    second.start()
    with redis.Redis.from_url(second.url) as client:
        assert client.get("key") == b"value"
    second.stop()


def test_killed_redis_comes_back_with_its_data(
    server: EmbeddedRedis,
    client: "redis.Redis",
    wait_until: Callable[[Callable[[], object], float, str], object],
) -> None:
    """`ended` tells of the death, `restart` loads the append-only file."""
    client.set("key", "value")
    assert server.ended() is None
    assert server.pid is not None
    os.kill(server.pid, signal.SIGKILL)
    wait_until(lambda: server.ended() == -signal.SIGKILL, 5, "the death is noticed")
    server.restart()
    wait_until(lambda: _get(client) == b"value", 5, "the key is back")


def test_redis_ends_when_its_supervisor_is_killed(
    tmp_path: Path, wait_until: Callable[[Callable[[], object], float, str], object]
) -> None:
    """SIGKILL of the parent leaves no orphan."""
    with subprocess.Popen(
        [sys.executable, "-c", OWNER, str(tmp_path / "redis")],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
    ) as owner:
        assert owner.stdout is not None
        pid = int(owner.stdout.readline())
        owner.kill()
    wait_until(lambda: not psutil.pid_exists(pid), 10, "the orphaned Redis ended")


def test_start_ends_a_stale_redis_on_the_same_folder(tmp_path: Path) -> None:
    """One that outlived its supervisor gives way; its data are taken over."""
    stale = EmbeddedRedis(tmp_path / "redis")
    stale.start()
    with redis.Redis.from_url(stale.url) as client:
        client.set("key", "value")
    fresh = EmbeddedRedis(tmp_path / "redis")
    fresh.start()
    assert stale.ended() == 0
    with redis.Redis.from_url(fresh.url) as client:
        assert client.get("key") == b"value"
    fresh.stop()


def test_long_folder_keeps_its_socket_in_a_private_place(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A path over 107 bytes cannot name a socket: data stay there, the socket moves."""
    short = Path(tempfile.mkdtemp(prefix="rc"))  # tmp_path may itself be too long
    monkeypatch.setattr("tempfile.tempdir", str(short))
    folder = tmp_path / ("long " * 30) / "redis"
    folder.parent.mkdir()
    server = EmbeddedRedis(folder)
    server.start()
    with redis.Redis.from_url(server.url) as client:
        client.set("key", "value")
    assert str((folder / "redis.sock").readlink()) in server.url
    server.stop()
    assert not (folder / "redis.sock").is_symlink()
    assert (folder / "appendonly.aof").exists()
    private = list(short.glob("rollcall-*"))
    assert [path.stat().st_mode & 0o777 for path in private] == [0o700]
    shutil.rmtree(short)


def test_command_reaches_the_redis_of_a_long_folder(tmp_path: Path) -> None:
    """run.py chose another place for the socket; a command that knows the data folder finds it."""
    short = tempfile.mkdtemp(prefix="rc")
    folder = tmp_path / ("long " * 24).strip()
    folder.mkdir()
    server = Server(folder, workers=1, settings={**QUICK, "TMPDIR": short})
    try:
        server.start()
        ann = sign_up(server, "ann")
        done = subprocess.run(
            [sys.executable, "-m", "chat.cli", "admin", "grant", ann.username],
            cwd=ROOT,
            env={**os.environ, **server.cli_environment(), "TMPDIR": str(tmp_path)},
            check=True,
            capture_output=True,
            timeout=60,
        )
    finally:
        server.stop()
    assert b"Redis is away" not in done.stderr
    shutil.rmtree(short)


def _get(client: "redis.Redis") -> object:
    try:
        return client.get("key")
    except redis.RedisError:
        return None
