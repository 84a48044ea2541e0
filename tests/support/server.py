"""A whole Rollcall as a child process: `python run.py` with its workers, and ways to hurt it."""

import functools
import os
import re
import signal
import subprocess
import sys
import tempfile
import threading
import urllib.error
import urllib.request
from collections.abc import Mapping
from pathlib import Path

import psutil

from chat import migrate
from serving.child import WORKER_NAME
from tests.support.child import free_port, start_child, stop_child
from tests.support.waiting import NotInTimeError, wait_until

ROOT = Path(__file__).resolve().parents[2]
START_DEADLINE_S = 60.0  # a start is four seconds of CPU: on a machine that is shared, many more
WORKER_DEADLINE_S = 15.0
TRACEBACK = re.compile(r"Traceback \(most recent call last\)|Exception ignored in|never awaited")

# A fifth of every default, so that a test waits a second where a person waits five.
QUICK = {
    "ROLLCALL_PING_MS": "2000",
    "ROLLCALL_PING_TIMEOUT_MS": "1600",
    "ROLLCALL_RENEW_MS": "1600",
    "ROLLCALL_LEASE_MS": "6000",
    "ROLLCALL_WORKER_LEASE_MS": "2000",
    "ROLLCALL_GRACE_MS": "1000",
    "ROLLCALL_SWEEP_MS": "100",
    "ROLLCALL_HEADS_MS": "1600",
    "ROLLCALL_PROBE_MS": "0",  # probes take revs of the log; the tests of probes want them
}

_migrating = threading.Lock()


def migrated_database() -> bytes:
    """The file of an empty SQLite database at the newest schema: a start need not migrate."""
    with _migrating:  # Alembic migrates one database at a time in a process
        return _migrated()


@functools.cache
def _migrated() -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "rollcall.db"
        migrate.upgrade(f"sqlite:///{file}")
        return file.read_bytes()


class Server:
    """One `run.py` on a port of its own. `redis_url` and `database_url` empty: it makes its own.

    is_shared: many tests use it, and none of them breaks anything."""

    def __init__(
        self,
        folder: Path,
        *,
        workers: int = 2,
        redis_url: str = "",
        database_url: str = "",
        settings: Mapping[str, str] | None = None,
    ) -> None:
        self.folder = folder
        self.workers = workers
        self.port = free_port()
        self.host = f"127.0.0.1:{self.port}"
        self.url = f"http://{self.host}"
        self.is_shared = False
        self._log = folder / "server.log"
        self._read_to = 0
        self._began_at = 0
        self._child: subprocess.Popen[bytes] | None = None
        self._orphans: list[psutil.Process] = []
        self._options = {
            "--redis-url": redis_url,
            "--database-url": database_url.replace("+psycopg2", ""),  # as a person writes it
        }
        self._settings = dict(QUICK if settings is None else settings)

    def start(self) -> None:
        """All workers serve, the address was printed and /readyz says yes when this returns."""
        options = [part for name, value in self._options.items() if value for part in (name, value)]
        command: list[str | Path] = [sys.executable, ROOT / "run.py", "--port", str(self.port)]
        command += ["--workers", str(self.workers), "--data", self.folder / "data", *options]
        self._began_at = len(self.log())
        self._bring_database()
        self._child = start_child(
            command, self._log, env=self._environment(), death_signal=signal.SIGTERM
        )
        try:
            wait_until(self._is_ready, START_DEADLINE_S, f"{self.url} is ready")
        except NotInTimeError as late:
            late.add_note(f"its log:\n{self.log()[self._began_at :]}")
            raise

    @property
    def pid(self) -> int:
        """The supervisor's process id."""
        assert self._child is not None, "this server was not started"
        return self._child.pid

    def is_running(self) -> bool:
        """Whether the supervisor lives."""
        return self._child is not None and self._child.poll() is None

    def worker_pids(self) -> list[int]:
        """Return the ids of the living workers, smallest first."""
        return sorted(child.pid for child in self._children() if _is_worker(child))

    def redis_pid(self) -> int:
        """Return the id of the embedded Redis."""
        named = [child for child in self._children() if "redis" in child.name()]
        assert len(named) == 1, f"one embedded Redis expected: {named}"
        return int(named[0].pid)

    def worker_of(self, local_port: int) -> int:
        """Return the worker that holds the connection whose client end is local_port."""
        return wait_until(
            lambda: self._holder(local_port),
            WORKER_DEADLINE_S,
            f"a worker holds the connection from {local_port}",
        )

    def worker_dies(self, pid: int) -> None:
        """The worker is killed (SIGKILL): no goodbye, and nothing in it runs any more."""
        os.kill(pid, signal.SIGKILL)

    def has_all_workers(self, without: int = 0) -> bool:
        """Whether as many workers live as were asked for, the process `without` not among them."""
        pids = self.worker_pids()
        return len(pids) == self.workers and without not in pids

    def worker_returns(self, dead: int) -> None:
        """A new worker lives in the place of the dead one when this returns."""
        wait_until(
            lambda: self.has_all_workers(without=dead), WORKER_DEADLINE_S, "a dead worker returns"
        )

    def freezes(self, pid: int) -> None:
        """The process stands still (SIGSTOP)."""
        os.kill(pid, signal.SIGSTOP)

    def thaws(self, pid: int) -> None:
        """The process goes on (SIGCONT)."""
        os.kill(pid, signal.SIGCONT)

    def drains(self) -> int:
        """SIGTERM: everybody is told, everything ends; return the supervisor's exit code."""
        assert self._child is not None, "this server was not started"
        code = stop_child(self._child, signal.SIGTERM)
        self._child = None
        return code

    def supervisor_dies(self) -> None:
        """The supervisor is killed (SIGKILL); its embedded Redis is ended by us if it stays."""
        assert self._child is not None, "this server was not started"
        orphans = self._children()
        self._child.kill()
        self._child.wait()
        self._child = None
        self._orphans = [one for one in orphans if not _is_worker(one)]

    def stop(self) -> None:
        """Everything is gone, also what a broken drain would leave; safe to call twice."""
        for orphan in self._orphans:
            if orphan.is_running():
                orphan.kill()
        if self._child is None:
            return
        family = [*self._children(), psutil.Process(self._child.pid)] if self.is_running() else []
        self.drains()
        for process in family:
            if process.is_running():
                process.kill()

    def log(self) -> str:
        """Return everything the supervisor and its workers have printed."""
        return self._log.read_text(errors="replace") if self._log.exists() else ""

    def new_tracebacks(self) -> list[str]:
        """Return each traceback printed since the last call, with the lines around it."""
        text = self.log()
        fresh, self._read_to = text[self._read_to :], len(text)
        return [fresh[max(0, hit.start() - 300) :][:4000] for hit in TRACEBACK.finditer(fresh)]

    def cli_environment(self) -> dict[str, str]:
        """Return the settings with which `python -m chat.cli` looks after this very server."""
        options = {
            "ROLLCALL_REDIS_URL": self._options["--redis-url"],
            "ROLLCALL_DATABASE_URL": self._options["--database-url"],
        }
        return {**self._settings, **options, "ROLLCALL_DATA": str(self.folder / "data")}

    def _bring_database(self) -> None:
        file = self.folder / "data" / "rollcall.db"
        if not self._options["--database-url"] and not file.exists():
            file.parent.mkdir(exist_ok=True)
            file.write_bytes(migrated_database())

    def _environment(self) -> dict[str, str]:
        inherited = {k: v for k, v in os.environ.items() if not k.startswith("ROLLCALL_")}
        return {**inherited, "PYTHONUNBUFFERED": "1", **self._settings}

    def _is_ready(self) -> bool:
        assert self._child is not None
        if self._child.poll() is not None:
            raise AssertionError(f"run.py ended with {self._child.returncode}:\n{self.log()}")
        if f":{self.port}" not in self.log()[self._began_at :]:  # printed once every worker serves
            return False
        try:
            with urllib.request.urlopen(f"{self.url}/readyz", timeout=2) as answer:
                return bool(answer.status == 200)
        except (urllib.error.URLError, OSError):
            return False

    def _children(self) -> list[psutil.Process]:
        try:
            return list(psutil.Process(self.pid).children(recursive=True))
        except psutil.NoSuchProcess:
            return []

    def _holder(self, local_port: int) -> int | None:
        for pid in self.worker_pids():
            ends = psutil.Process(pid).net_connections("tcp")
            if any(end.raddr and end.raddr.port == local_port for end in ends):
                return pid
        return None


def _is_worker(process: psutil.Process) -> bool:
    try:
        is_alive = process.status() != psutil.STATUS_ZOMBIE
        return is_alive and str(process.name()) == WORKER_NAME
    except psutil.NoSuchProcess:
        return False
