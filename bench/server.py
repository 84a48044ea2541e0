"""A Rollcall of its own for one bench: fresh data, a free port, people who are signed in."""

from __future__ import annotations

import json
import os
import resource
import signal
import socket
import subprocess
import sys
import tempfile
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.cookiejar import CookieJar
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
ONE_ADDRESS = {"ROLLCALL_MAX_ADDRESS_CONNECTIONS": "100000"}  # a bench is a whole town
PASSWORD = "correct horse battery"  # noqa: S105 - accounts that live as long as the bench


@dataclass(frozen=True)
class RunningServer:
    """host, port: where it answers. pid: the supervisor's."""

    host: str
    port: int
    pid: int

    @property
    def url(self) -> str:
        return f"http://{self.host}:{self.port}"


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@contextmanager
def running(
    settings: dict[str, str], *, workers: int = 1, open_files: int | None = None
) -> Iterator[RunningServer]:
    """A server with its data in a folder that goes with it.

    settings: environment variables. open_files: its RLIMIT_NOFILE, else the hard limit.
    Raises RuntimeError when it ends before it is ready."""
    port = _free_port()
    with tempfile.TemporaryDirectory(prefix="rollcall-bench-") as folder:
        command = [sys.executable, str(ROOT / "run.py"), "--port", str(port)]
        command += ["--workers", str(workers), "--data", folder]
        child = subprocess.Popen(  # noqa: S603 - our own program
            command,
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, **ONE_ADDRESS, **settings},
            preexec_fn=lambda: _limit(open_files),  # noqa: PLW1509 - no threads before the fork
        )
        try:
            _await_ready(child)
            yield RunningServer("127.0.0.1", port, child.pid)
        finally:
            child.send_signal(signal.SIGTERM)
            child.communicate(timeout=60)


def _limit(open_files: int | None) -> None:
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    limit = open_files or hard
    resource.setrlimit(resource.RLIMIT_NOFILE, (limit, limit))


def _await_ready(child: subprocess.Popen[str]) -> None:
    for line in child.stdout or ():
        if "http://" in line:
            return
    raise RuntimeError(f"the server ended with {child.wait()} before it was ready")


class Person:
    """A signed-in account; `cookie` is what a socket sends."""

    def __init__(self, server: RunningServer, username: str) -> None:
        self._url = server.url
        self._jar = CookieJar()
        self._opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(self._jar))
        self._token = self.call("GET", "/api/v1/session")["csrf_token"]
        account = {"username": username, "password": PASSWORD}
        self.user = self.call("POST", "/api/v1/accounts", account)["user"]
        self._token = self.call("GET", "/api/v1/session")["csrf_token"]

    @property
    def cookie(self) -> str:
        return "; ".join(f"{cookie.name}={cookie.value}" for cookie in self._jar)

    def call(self, method: str, path: str, body: dict[str, Any] | None = None) -> Any:
        """The JSON answer. Raises urllib.error.HTTPError for a refusal."""
        request = urllib.request.Request(self._url + path, method=method)  # noqa: S310 - our own
        if body is not None:
            request.data = json.dumps(body).encode()
            request.add_header("Content-Type", "application/json")
            request.add_header("Origin", self._url)
        if method != "GET":
            request.add_header("X-CSRF-Token", self._token)
        with self._opener.open(request, timeout=30) as answer:
            return json.loads(answer.read() or b"null")
