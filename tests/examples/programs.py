"""A program of ours as a child process, and a stock Socket.IO client that looks at it."""

import os
import sys
import threading
import time
import urllib.error
import urllib.request
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import socketio

from tests.support.child import free_port, start_child, stop_child
from tests.support.server import ROOT
from tests.support.waiting import wait_until

START_DEADLINE_S = 20.0


class Program:
    """One Python program that serves HTTP on `port`; `arguments` follow its file's name."""

    def __init__(
        self,
        file: Path,
        arguments: list[str],
        log: Path,
        *,
        port: int = 0,
        settings: dict[str, str] | None = None,
    ) -> None:
        self.port = port or free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self._log = log
        words = [word.replace("PORT", str(self.port)) for word in arguments]
        environment = {**os.environ, "PYTHONPATH": str(ROOT), **(settings or {})}
        command: list[str | Path] = [sys.executable, file, *words]
        self._child = start_child(command, log, env=environment)

    def serves(self) -> "Program":
        """It answers HTTP when this returns; its log is shown when it does not."""
        wait_until(self._answers, START_DEADLINE_S, f"{self.url} answers: {self.log()}")
        return self

    def dies(self) -> None:
        """It is killed (kill -9)."""
        self._child.kill()
        self._child.wait()

    def stop(self) -> None:
        """The process is gone; safe to call twice."""
        stop_child(self._child)

    def log(self) -> str:
        """Return everything that it printed."""
        return self._log.read_text(errors="replace")

    def _answers(self) -> bool:
        assert self._child.poll() is None, f"it ended with {self._child.returncode}:\n{self.log()}"
        try:
            urllib.request.urlopen(self.url, timeout=2).close()
        except urllib.error.HTTPError as answer:
            answer.close()
            return True
        except (urllib.error.URLError, OSError):
            return False
        return True


@dataclass(frozen=True)
class Heard:
    """One event as it came, and when (monotonic seconds)."""

    payload: Any
    at_s: float


class Visitor:
    """python-socketio's own client; every payload of one event is kept."""

    def __init__(self, url: str, name: str, event: str) -> None:
        self._client = socketio.Client(reconnection=False)
        self.heard: list[Heard] = []
        self.refusals: list[Any] = []
        self._client.on(event, self._hears)
        self._client.on("connect_error", self.refusals.append)
        self._url, self._name = url, name
        self._leaving: threading.Thread | None = None

    def enters(self) -> "Visitor":
        """Connected when this returns; raises python-socketio's ConnectionError when refused."""
        who = {"name": self._name, "user": self._name}
        self._client.connect(self._url, auth=who, transports=["websocket"])
        return self

    def leaves(self) -> None:
        """The page is closed; nobody waits for the server's good-bye. Safe to call twice."""
        if self._leaving is None:
            self._leaving = threading.Thread(target=self._client.disconnect, daemon=True)
            self._leaving.start()

    def is_gone(self) -> None:
        """The socket is closed on our side too when this returns."""
        self.leaves()
        assert self._leaving is not None
        self._leaving.join(10)

    def _hears(self, payload: Any) -> None:
        self.heard.append(Heard(payload, time.monotonic()))
