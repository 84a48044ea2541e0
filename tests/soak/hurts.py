"""What goes on around a delivery run: networks fail, workers are killed, Redis forgets.

The rule of the file: it hurts until it is told to stop, and then leaves everything whole. It hurts
again only after messages went through: a slow machine takes longer, and gets there.
"""

import random
import threading
import time
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any

from tests.support.proxy import Proxy
from tests.support.redis_process import RedisProcess
from tests.support.server import Server
from tests.support.waiting import NotInTimeError

LINKS = b"GET /socket.io/"  # what every WebSocket begins with
DELAYS_MS = (20, 400)
POLL_S = 0.05


class Hurts:
    """The faults of one run; `counted` is how often each was done."""

    def __init__(self, chance: random.Random, acknowledged: Callable[[], int]) -> None:
        """acknowledged: how many messages were, so far."""
        self.counted: Counter[str] = Counter()
        self.failures: list[str] = []  # of the faults themselves: less was hurt than is told
        self._chance, self._acknowledged = chance, acknowledged
        self._is_over = threading.Event()
        self._threads: list[threading.Thread] = []

    def networks(self, proxies: Sequence[Proxy], pause_s: float, calm: int) -> None:
        """Each of the networks is cut, late, a black hole, with such pauses on average.

        A hole is at most three pauses long; between two so many messages are acknowledged."""
        for proxy in proxies:
            self._begin(self._hurt_network, proxy, pause_s, calm)

    def workers(self, server: Server, every_s: float, most: int, calm: int) -> None:
        """Each every_s one worker is killed, so often at most; the supervisor starts another.

        Between two, so many messages are acknowledged."""
        self._begin(self._kill_workers, server, every_s, most, calm)

    def store(self, store: RedisProcess, after: Sequence[int], goes_on: Callable[[], bool]) -> None:
        """After each of these numbers of messages Redis is killed, and comes back empty.

        In the caller's thread: a child dies with the thread that started it."""
        for count in after:
            while self._acknowledged() < count and goes_on():
                time.sleep(POLL_S)
            store.restarts_empty()
            self.counted["Redis restarted empty"] += 1

    def end(self) -> None:
        """Nothing is hurt any more, and all that was is whole."""
        self._is_over.set()
        for thread in self._threads:
            thread.join()

    def _begin(self, act: Callable[..., None], *args: Any) -> None:  # Any: what the act takes
        thread = threading.Thread(target=self._act, args=(act, *args), daemon=True)
        self._threads.append(thread)
        thread.start()

    def _act(self, act: Callable[..., None], *args: Any) -> None:  # Any: what the act takes
        try:
            act(*args)
        except (OSError, NotInTimeError) as wrong:
            self.failures.append(f"{act.__name__.strip('_')}: {wrong!r}")

    def _hurt_network(self, proxy: Proxy, pause_s: float, calm: int) -> None:
        acts = (self._cut, self._slow, self._swallow, self._bury)
        while not self._is_over.wait(self._chance.expovariate(1 / pause_s)):
            act = self._chance.choice(acts)
            self._comes(self._acknowledged() + calm)
            act(proxy, self._chance.uniform(0, 3 * pause_s))
            self.counted[f"network {act.__name__.strip('_')}"] += 1

    def _cut(self, proxy: Proxy, _: float) -> None:
        """Every connection is reset."""
        proxy.cuts()

    def _slow(self, proxy: Proxy, length_s: float) -> None:
        """Everything is late for a while."""
        proxy.delays(self._chance.randint(*DELAYS_MS))
        self._is_over.wait(length_s)
        proxy.delays(0)

    def _swallow(self, proxy: Proxy, length_s: float) -> None:
        """Nothing passes for a while, then all of it does."""
        proxy.swallows()
        self._is_over.wait(length_s)
        proxy.passes()

    def _bury(self, proxy: Proxy, _: float) -> None:
        """The links that stand pass nothing any more, for good; new ones do."""
        proxy.swallows_links_that_said(LINKS)

    def _kill_workers(self, server: Server, every_s: float, most: int, calm: int) -> None:
        killed_s = time.monotonic()
        for _ in range(most):
            reached = self._acknowledged() + calm
            rest_s = max(0.0, killed_s + every_s - time.monotonic())
            if self._is_over.wait(rest_s) or not self._comes(reached):
                return
            killed_s = time.monotonic()
            doomed = self._chance.choice(server.worker_pids())
            server.worker_dies(doomed)
            server.worker_returns(doomed)
            self.counted["worker killed"] += 1

    def _comes(self, count: int) -> bool:
        """Wait until so many messages were acknowledged; false when it is over before."""
        while self._acknowledged() < count:
            if self._is_over.wait(POLL_S):
                return False
        return True
