"""A Rollcall of its own for one bench: fresh data, a free port, and ways to hurt it."""

from __future__ import annotations

import os
import resource
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil

from bench.client import Door, rollcall
from bench.processes import Costs, costs_of, part_of

ROOT = Path(__file__).resolve().parent.parent
LOG = "server.log"
# A bench is a whole town at one address, which also shares the bucket of those not let in yet.
SETTINGS = {
    "ROLLCALL_LOG_LEVEL": "warning",
    "ROLLCALL_MAX_ADDRESS_CONNECTIONS": "100000",
    "ROLLCALL_EVENT_BURST": "100000",
}


@dataclass(frozen=True)
class RunningServer:
    """host, port: where it answers. pid: the supervisor's. folder: its data."""

    host: str
    port: int
    pid: int
    folder: Path

    @property
    def door(self) -> Door:
        """Where its sockets are."""
        return rollcall(self.host, self.port)

    @property
    def database_url(self) -> str:
        """Its SQLite file."""
        return f"sqlite:///{self.folder / 'rollcall.db'}"

    @property
    def redis_url(self) -> str:
        """Its embedded Redis."""
        return f"unix://{self.folder / 'redis' / 'redis.sock'}"

    @property
    def worker_pids(self) -> list[int]:
        """The living workers."""
        children = psutil.Process(self.pid).children()
        return sorted(one.pid for one in children if _is_worker(one))

    def costs(self) -> Costs:
        """What its processes have cost so far."""
        return costs_of([self.pid])

    def kill(self, worker_pid: int) -> None:
        """The worker is gone without a word."""
        os.kill(worker_pid, signal.SIGKILL)


def free_port() -> int:
    """A loopback port that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@contextmanager
def running(
    settings: dict[str, str] | None = None, *, workers: int = 1, open_files: int | None = None
) -> Iterator[RunningServer]:
    """A server with its data in a folder that goes with it.

    settings: environment variables. open_files: its RLIMIT_NOFILE, else the hard limit.
    Raises RuntimeError when it ends before it is ready."""
    port = free_port()
    with tempfile.TemporaryDirectory(prefix="rollcall-bench-") as name:
        folder = Path(name)
        command = [sys.executable, str(ROOT / "run.py"), "--port", str(port)]
        command += ["--workers", str(workers), "--data", name]
        environ = {**SETTINGS, **(settings or {})}
        with (folder / LOG).open("wb") as log:
            child = subprocess.Popen(  # noqa: S603 - our own program
                command,
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
                env={**os.environ, **environ},
                preexec_fn=lambda: _limit(open_files),  # noqa: PLW1509 - no threads before the fork
            )
        try:
            _await_ready(child, folder / LOG)
            yield RunningServer("127.0.0.1", port, child.pid, folder)
        finally:
            child.send_signal(signal.SIGTERM)
            child.communicate(timeout=60)


def raise_limit() -> None:
    """This process may open as many files as the system lets it."""
    _limit(None)


def _limit(open_files: int | None) -> None:
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    limit = open_files or hard
    resource.setrlimit(resource.RLIMIT_NOFILE, (limit, limit))


def _await_ready(child: subprocess.Popen[str], log: Path) -> None:
    for line in child.stdout or ():
        if "http://" in line:
            return
    raise RuntimeError(f"the server ended with {child.wait()}:\n{log.read_text()[-2000:]}")


def _is_worker(process: psutil.Process) -> bool:
    try:
        is_alive = process.status() != psutil.STATUS_ZOMBIE
        return is_alive and part_of(process, is_first=False) == "worker"
    except psutil.NoSuchProcess:
        return False
