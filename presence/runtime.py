"""What runs behind a Tracker: its parts, wired once, and the five threads that move them.

Rule of the file: it wires, starts and stops; what a part does stands in the part. Threads: beat,
sweep, listen, read, recover; under eventlet's monkey patching they are green.
"""

import logging
import random
from collections.abc import Callable, Collection, Sequence

import redis

from presence.errors import PresenceUnavailable
from presence.heartbeat import Connections, Heartbeat
from presence.keys import Keys
from presence.listener import Listener
from presence.log import LogReader, View
from presence.recovery import Recovery, Threads
from presence.shards import store_of
from presence.sweeper import Sweeper
from presence.terms import Counts, Transition
from presence.timings import Timings

log = logging.getLogger(__name__)


class Runtime:
    """The parts of one worker's presence."""

    def __init__(
        self,
        client: redis.Redis,
        blocking: Callable[[], redis.Redis],
        timings: Timings,
        keys: Keys,
        worker_id: str,
        *,
        on_transitions: Callable[[str, Sequence[Transition]], None],
        learn_claims: Callable[[Collection[str]], None],
        on_reset: Callable[[str], None],
        on_available: Callable[[bool], None],
    ) -> None:
        """Nothing is sent to Redis before start(). The arguments are those of a Tracker.

        learn_claims(user_ids): the connections know what these users claim of themselves."""
        self._threads = Threads(self._failed)
        self.store = store_of(client, keys, timings, worker_id)
        self.connections = Connections(timings)
        self.view = View(on_transitions)
        self.heartbeat = Heartbeat(self.store, self.connections, timings, random.uniform)
        self.sweeper = self._sweeps(timings)
        self.listener = self._listens(client, blocking(), keys, worker_id)
        self.reader = self._reads(blocking(), keys)
        self.recovery = Recovery(
            self.store,
            self.connections,
            self.view,
            self.reader,
            timings,
            pause=self._threads.stopping.wait,
            known_workers=lambda: self.sweeper.workers,
            learn_claims=learn_claims,
            on_reset=on_reset,
            on_available=on_available,
        )

    def start(self) -> None:
        """If Redis answers, presence is available when this returns; if not, soon after it does."""
        try:
            self.recovery.step()
        except PresenceUnavailable as error:
            log.warning("presence starts without its store: %s", error)
        self._threads.start(
            {
                "beat": self._beat,
                "sweep": self._sweep,
                "listen": self.listener.step,
                "read": self.reader.step,
                "recover": self._recover,
            }
        )

    def end(self) -> None:
        """Every thread has ended, and no link waits any more."""
        self._threads.stopping.set()
        self.heartbeat.hasten()
        self.sweeper.hasten()
        self.recovery.hasten()
        self._threads.join()
        self.listener.unsubscribe()
        self.reader.cut()

    def counts(self, claims_close: int) -> Counts:
        """Return what was done so far. Sends nothing."""
        return Counts(
            connections=len(self.connections),
            claims_event=self.listener.ended,
            claims_sweep=self.sweeper.ended,
            claims_close=claims_close,
            leases_lost=self.heartbeat.leases_lost,
            epoch_changes=self.recovery.epoch_changes,
            gaps=self.recovery.gaps,
            holds=self.sweeper.holds,
            held=self.sweeper.held,
            hears_events=self.listener.hears,
            probe_age_ms=self.listener.probe_age_ms(),
            log_lag=max(0, self.sweeper.rev - self.view.rev),
            failures=self.recovery.failures,
            here=len(self.view),
            renewals=self.heartbeat.renewals,
            renewing_ms=self.heartbeat.renewing_ms,
        )

    def _sweeps(self, timings: Timings) -> Sweeper:
        return Sweeper(
            self.store,
            timings,
            random.uniform,
            events_are_heard=lambda: self.listener.hears,
            on_hold=self.heartbeat.grant_all,
        )

    def _listens(
        self, client: redis.Redis, link: redis.Redis, keys: Keys, worker_id: str
    ) -> Listener:
        return Listener(
            client,
            link,
            keys,
            self.store,
            worker_id,
            workers=lambda: self.sweeper.workers,
            on_gap=self.sweeper.hasten,
        )

    def _reads(self, link: redis.Redis, keys: Keys) -> LogReader:
        return LogReader(
            link,
            keys,
            self.view,
            on_gap=self._missed,
            on_stranger=self._noticed,
        )

    def _missed(self) -> None:
        self.recovery.missed()

    def _noticed(self, epoch: str) -> None:
        self.recovery.noticed(epoch)

    def _failed(self, error: PresenceUnavailable) -> None:
        self.recovery.failed(error)

    def _beat(self) -> None:
        self.heartbeat.wait()
        epoch = self.recovery.serving_epoch
        if epoch is None:
            return
        try:
            self.recovery.noticed(self.heartbeat.beat(epoch).epoch)
        except PresenceUnavailable:
            self.heartbeat.hasten()
            raise

    def _sweep(self) -> None:
        self.sweeper.wait()
        epoch = self.recovery.serving_epoch
        if epoch is None:
            return
        swept = self.sweeper.sweep(epoch)
        self.recovery.noticed(swept.place.epoch)
        if not self.reader.reaches(swept.place.rev):
            log.warning("presence log is not followed: its link was cut")

    def _recover(self) -> None:
        self.recovery.wait()
        was_available = self.recovery.available
        self.recovery.step()
        if not was_available:
            self.heartbeat.hasten()
            self.sweeper.hasten()
