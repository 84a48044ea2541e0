"""A Rollcall that is broken again and again: two workers, a Redis of its own, people in one room.

Timings are a fifth of the defaults, but for both leases, which are longer: what a bound leaves for
delivery (0.5 s) does not shrink with the rest, and a lease must outlast a worker that computes for
three seconds just before it would have renewed. A fifth would leave a slow machine no room.
"""

import os
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from tests.support.crowd import Crowd
from tests.support.redis_process import RedisProcess, may_jump
from tests.support.server import QUICK, Server
from tests.support.waiting import wait_until

SETTINGS = {**QUICK, "ROLLCALL_WORKER_LEASE_MS": "3000", "ROLLCALL_LEASE_MS": "7000"}
RENEW_S = int(SETTINGS["ROLLCALL_RENEW_MS"]) / 1000
LEASE_S = int(SETTINGS["ROLLCALL_LEASE_MS"]) / 1000
WORKER_LEASE_S = int(SETTINGS["ROLLCALL_WORKER_LEASE_MS"]) / 1000
GRACE_S = int(SETTINGS["ROLLCALL_GRACE_MS"]) / 1000
TAB_CLOSED_S = GRACE_S + 0.1 + 0.5  # these four: docs/TIMINGS.md
SILENT_S = 2.0 + 1.6 + TAB_CLOSED_S
WORKER_KILLED_S = WORKER_LEASE_S * 2 - 0.5 + 0.6
HOLD_S = RENEW_S + 1.0
STORE_BACK_S = 5.0
# What a machine with more to do than it has cores may add to any bound.
SLACK_S = 2.0
SETTLE_S = 30.0
CLIENTS = int(os.environ.get("ROLLCALL_TEST_CLIENTS", "60"))  # of the largest house; 500 by --long
BUSY = Path(__file__).parent / "busy"  # its sitecustomize.py lets a signal keep a worker busy


class House:
    """The server, its Redis and its crowd; `settles` puts right what a fault has left.

    Redis keeps a file, and its clock may jump where libfaketime is there."""

    def __init__(self, folder: Path, size: int) -> None:
        self.redis = RedisProcess(folder, keeps=True, jumps=may_jump())
        self.server = Server(
            folder, redis_url=self.redis.url, settings=_with_busy_signals(SETTINGS)
        )
        self._size = size
        self._crowd: Crowd | None = None

    def start(self) -> None:
        """Everything serves, and everybody has an account."""
        self.redis.start()
        self.server.start()
        self._crowd = Crowd(self.server, self._size)

    @property
    def crowd(self) -> Crowd:
        """The people of this house."""
        assert self._crowd is not None, "this house was not started"
        return self._crowd

    def now_s(self) -> float:
        """Return the moment, as the crowd and its tabs count time."""
        return time.monotonic()

    def passes(self, seconds: float) -> None:
        """So much time goes by."""
        end_s = time.monotonic() + seconds
        wait_until(lambda: time.monotonic() >= end_s, seconds + 1, "time goes by")

    def settles(self) -> None:
        """Everybody is at home, all workers serve, Redis is there, and no traceback was printed."""
        self.crowd.goes_home()
        wait_until(self._is_whole, SETTLE_S, "the house is whole again")
        assert self.server.new_tracebacks() == []

    def stop(self) -> None:
        """Nothing runs any more."""
        if self._crowd is not None:
            self._crowd.goes_home()
        self.server.stop()
        self.redis.stop()

    def _is_whole(self) -> bool:
        if not (self.server.has_all_workers() and self.redis.answers()):
            return False
        return self.crowd.people[0].api.get("/readyz").status == 200


@contextmanager
def house(size: int) -> Iterator[House]:
    """A house with so many people, in a folder that is gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="house-") as folder:
        opened = House(Path(folder), size)
        try:
            opened.start()
            yield opened
        finally:
            opened.stop()


def _with_busy_signals(settings: Mapping[str, str]) -> dict[str, str]:
    path = [str(BUSY), *filter(None, [os.environ.get("PYTHONPATH")])]
    return {**settings, "PYTHONPATH": os.pathsep.join(path)}
