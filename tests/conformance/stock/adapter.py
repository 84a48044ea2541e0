"""The recipe under test: two workers of app.py, taken in turn by clients, replaced when dead."""

import itertools
import os
import random
import signal
import sys
import threading
import time
from collections import defaultdict
from collections.abc import Mapping
from contextlib import suppress
from importlib.metadata import version
from pathlib import Path
from subprocess import Popen
from typing import Any
from urllib.error import URLError
from urllib.request import urlopen

from tests.conformance.adapter import OFFLINE, ONLINE, Bounds, Look, Tab
from tests.conformance.rollcall import TIMINGS
from tests.conformance.store import PrivateStore
from tests.support.api import Api
from tests.support.child import free_port, start_child, stop_child
from tests.support.link import Link, LinkLostError, RefusedError
from tests.support.waiting import wait_until

APP = Path(__file__).with_name("app.py")
WORKERS = 2
RETRY_S = (0.05, 0.25)  # as Rollcall's own tabs in these tests
DEADLINE_S = 10.0


class Worker:
    """One process of app.py on a port of its own."""

    def __init__(self, redis_url: str, log: Path) -> None:
        self.port = free_port()
        self.host = f"127.0.0.1:{self.port}"
        seconds = (str(ms / 1000) for ms in (TIMINGS.ping_ms, TIMINGS.ping_timeout_ms))
        self._command = [sys.executable, str(APP), redis_url, str(self.port), *seconds]
        self._log = log
        self._child: Popen[bytes] | None = None

    def start(self) -> None:
        """It serves, if it did not already."""
        if self._child is None or self._child.poll() is not None:
            self._child = start_child(self._command, self._log, env=os.environ)
        wait_until(self._serves, DEADLINE_S * 2, f"{self._command} serves; see {self._log}")

    def gets(self, number: signal.Signals) -> None:
        """It has the signal; a killed one is gone when this returns."""
        assert self._child is not None
        self._child.send_signal(number)
        if number == signal.SIGKILL:
            self._child.wait()

    def stop(self) -> None:
        """The process is gone."""
        if self._child is not None:
            stop_child(self._child, signal.SIGKILL)

    def _serves(self) -> bool:
        try:
            urlopen(f"http://{self.host}/", timeout=2).close()
        except (URLError, OSError):
            return False
        return True


class StockTab:
    """A tab that shows what the recipe's events say; it goes round the workers to connect."""

    def __init__(self, round_robin: list[Worker], cookie: str, *, returns: bool) -> None:
        self._hosts = itertools.cycle(round_robin)
        self._cookie = cookie
        self._returns = returns
        self._is_open = True
        self._shown: defaultdict[str, list[Look]] = defaultdict(list)
        self._is_told = threading.Event()
        self.worker: Worker = round_robin[0]
        self._link = self._connect()
        assert self._is_told.wait(DEADLINE_S), "nobody said who is online"

    def closes(self) -> None:
        """The tab is closed."""
        self._is_open = False
        self._link.closes()

    def cut(self) -> None:
        """RST."""
        self._link.cut()

    def falls_silent(self) -> None:
        """No ping is answered."""
        self._link.answers_pings = False

    def looks(self, person_id: str) -> list[Look]:
        """Return what was shown of one person."""
        return list(self._shown[person_id])

    def _connect(self) -> Link:
        self.worker = next(self._hosts)
        host = self.worker.host
        link = Link(
            host,
            cookie=self._cookie,
            origin=f"http://{host}",
            auth=None,
            hears=self._hears,
            lost=self._on_lost,
        )
        link.start()
        return link

    def _hears(self, event: str, payload: Any) -> None:  # JSON, as the recipe sends it
        if event == "status":
            self._show(payload["user"], payload["status"])
        if event == "online":
            for user in {*self._shown, *payload}:
                self._show(user, ONLINE if user in payload else OFFLINE)
            self._is_told.set()

    def _show(self, user: str, status: str) -> None:
        looks = self._shown[user]
        if not looks or looks[-1].status != status:
            looks.append(Look(status, time.monotonic()))

    def _on_lost(self) -> None:
        while self._returns and self._is_open:
            threading.Event().wait(random.uniform(*RETRY_S))
            with suppress(LinkLostError, RefusedError, OSError):
                self._link = self._connect()
                return


class StockPerson:
    """Somebody who is signed in by the recipe's cookie."""

    def __init__(self, name: str, workers: list[Worker]) -> None:
        self.id = name
        self._workers = workers
        self._api = Api(workers[0].host)
        assert self._api.get(f"/login/{name}").status == 200

    def opens_tab(self, *, apart_from: Tab | None = None, returns: bool = False) -> StockTab:
        """Return a connected tab."""
        order = [one for one in self._workers if apart_from is None or one != apart_from.worker]
        rest = [one for one in self._workers if one not in order]
        return StockTab([*order, *rest], self._api.cookie, returns=returns)

    def signs_out(self) -> None:
        """The session's cookie is emptied, which is all that this recipe has."""
        assert self._api.get("/logout").status == 200


class StockWorkers:
    """Both workers; somebody like systemd starts the dead ones again."""

    def __init__(self, workers: list[Worker]) -> None:
        self._workers = workers

    def kills(self, worker: object) -> None:
        """SIGKILL."""
        assert isinstance(worker, Worker)
        worker.gets(signal.SIGKILL)

    def ends(self, worker: object) -> None:
        """SIGTERM."""
        assert isinstance(worker, Worker)
        worker.gets(signal.SIGTERM)

    def freezes(self, worker: object) -> None:
        """SIGSTOP."""
        assert isinstance(worker, Worker)
        worker.gets(signal.SIGSTOP)

    def thaws(self, worker: object) -> None:
        """SIGCONT."""
        assert isinstance(worker, Worker)
        worker.gets(signal.SIGCONT)

    def recovers(self) -> None:
        """The dead are started again."""
        for worker in self._workers:
            worker.start()


class Stock:
    """Implements the kit's Deployment; judged by the bounds that Rollcall is judged by."""

    name = "Flask-SocketIO, SADD/SREM"
    bounds = Bounds.of(TIMINGS)

    def __init__(self, folder: Path) -> None:
        self.store = PrivateStore(folder)
        names = (folder / f"worker-{number}.log" for number in range(WORKERS))
        self._all = [Worker(self.store.url, log) for log in names]
        self.workers = StockWorkers(self._all)
        self._numbers = itertools.count(1)

    def start(self) -> None:
        """Redis and two workers serve."""
        self.store.start()
        self.workers.recovers()

    def stop(self) -> None:
        """Nothing runs any more."""
        for worker in self._all:
            worker.stop()
        self.store.stop()

    def people(self, count: int) -> list[StockPerson]:
        """Return new users; everybody sees everybody."""
        return [StockPerson(f"person{next(self._numbers)}", self._all) for _ in range(count)]

    def versions(self) -> Mapping[str, str]:
        """Return what the recipe stands on."""
        packages = ("flask-socketio", "python-socketio", "python-engineio", "eventlet", "redis")
        return {name: version(name) for name in packages} | {"Redis": self.store.version()}
