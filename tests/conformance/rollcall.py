"""Rollcall under test: a real run.py with two workers, its own Redis, a fifth of every timing."""

import os
import signal
from collections.abc import Mapping
from importlib.metadata import version
from pathlib import Path

from presence import Timings
from tests.conformance.adapter import Bounds, Look, Tab
from tests.conformance.store import PrivateStore
from tests.support import people, tab
from tests.support.server import QUICK, Server

TIMINGS = Timings(
    ping_ms=int(QUICK["ROLLCALL_PING_MS"]),
    ping_timeout_ms=int(QUICK["ROLLCALL_PING_TIMEOUT_MS"]),
    renew_ms=int(QUICK["ROLLCALL_RENEW_MS"]),
    lease_ms=int(QUICK["ROLLCALL_LEASE_MS"]),
    worker_lease_ms=int(QUICK["ROLLCALL_WORKER_LEASE_MS"]),
    grace_ms=int(QUICK["ROLLCALL_GRACE_MS"]),
    sweep_ms=int(QUICK["ROLLCALL_SWEEP_MS"]),
)


class RollcallTab:
    """A tab of the tests' own client, which speaks PROTOCOL.md."""

    def __init__(self, inner: tab.Tab, server: Server) -> None:
        self._inner = inner
        self._worker = server.worker_of(inner.local_port)

    @property
    def worker(self) -> object:
        """The process id."""
        return self._worker

    def closes(self) -> None:
        """The tab is closed."""
        self._inner.closes()

    def cut(self) -> None:
        """RST."""
        self._inner.cut()

    def falls_silent(self) -> None:
        """No ping is answered."""
        self._inner.falls_silent()

    def looks(self, person_id: str) -> list[Look]:
        """Return the roster's history of one person."""
        history = self._inner.roster.history.get(person_id, [])
        return [Look(shown.status, shown.at_s) for shown in list(history)]


class RollcallPerson:
    """One account, signed in."""

    def __init__(self, inner: people.Person) -> None:
        self._inner = inner
        self.id = inner.id

    def opens_tab(self, *, apart_from: Tab | None = None, returns: bool = False) -> RollcallTab:
        """Return a connected tab."""
        if apart_from is None:
            opened = self._inner.opens_tab(reconnects=returns)
        else:
            unwanted = apart_from.worker
            opened = self._inner.opens_tab_on(lambda pid: pid != unwanted, reconnects=returns)
        return RollcallTab(opened, self._inner.server)

    def signs_out(self) -> None:
        """DELETE /api/v1/session."""
        assert self._inner.signs_out().status == 204


class RollcallWorkers:
    """The children of the supervisor, which replaces the dead."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self._dead = 0

    def kills(self, worker: object) -> None:
        """SIGKILL."""
        assert isinstance(worker, int)
        self._dead = worker
        self._server.worker_dies(worker)

    def ends(self, worker: object) -> None:
        """SIGTERM to the worker alone."""
        assert isinstance(worker, int)
        self._dead = worker
        os.kill(worker, signal.SIGTERM)

    def freezes(self, worker: object) -> None:
        """SIGSTOP."""
        assert isinstance(worker, int)
        self._server.freezes(worker)

    def thaws(self, worker: object) -> None:
        """SIGCONT."""
        assert isinstance(worker, int)
        self._server.thaws(worker)

    def recovers(self) -> None:
        """The supervisor has replaced the dead one."""
        self._server.worker_returns(self._dead)


class Rollcall:
    """Implements the kit's Deployment."""

    name = "Rollcall"
    bounds = Bounds.of(TIMINGS)

    def __init__(self, folder: Path) -> None:
        self.store = PrivateStore(folder)
        self._server = Server(folder, redis_url=self.store.url)
        self.workers = RollcallWorkers(self._server)

    def start(self) -> None:
        """Redis and two workers serve."""
        self.store.start()
        self._server.start()

    def stop(self) -> None:
        """Nothing runs any more."""
        self._server.stop()
        self.store.stop()

    def people(self, count: int) -> list[RollcallPerson]:
        """Return new accounts that share one room."""
        accounts = [people.sign_up(self._server, "person") for _ in range(count)]
        room = accounts[0].creates_room()
        for account in accounts[1:]:
            account.joins(room)
        return [RollcallPerson(account) for account in accounts]

    def versions(self) -> Mapping[str, str]:
        """Return Rollcall's version and its Redis'."""
        return {"Rollcall": version("rollcall"), "Redis": self.store.version()}
