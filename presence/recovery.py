"""What a worker does when the store was away, began a new epoch, or left a gap in what it read.

Until it is done, others are *unknown*: nothing is decided here from what cannot be seen. Then the
views are compared, and only the differences are told. Source: docs/adr/0004.

A new epoch, step by step: nothing is told from the log; the claims of the users here are read from
where they are kept; all local connections are granted with them, those in their grace keep what is
left of it; this worker joins; it waits until every worker it knew has joined too, REBUILD_MS at
most; who was shown as present and is not here goes offline, once in the log for all workers; the
differences are told; the log is followed from there.
"""

import logging
import random
import threading
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import TypeVar

from presence.errors import PresenceUnavailable, ShardsDiffer
from presence.heartbeat import Connections, grant_all_of
from presence.log import LogReader, View
from presence.rules import differences
from presence.store import Store
from presence.terms import Life, Place
from presence.timings import REBUILD_MS, SHORTEST_REBUILD_MS, Timings

log = logging.getLogger(__name__)

LOOK_EVERY_S = 0.5
ASK_LIFE_EVERY_S = 1.0  # a swap of servers may break no link at all; only this finds it
WAIT_STEP_S = 0.1
RETRY_S = (0.25, 0.5)  # between two attempts of a thread whose Redis call failed
MEND_S = 1.0  # after a fault of our own
STOP_S = 2.0
LATE_ANSWER_S = 5.0  # above the longest that a command is waited for

T = TypeVar("T")


class Recovery:
    """Knows whether the store can be relied on, and brings this worker back in step with it."""

    def __init__(
        self,
        store: Store,
        connections: Connections,
        view: View,
        reader: LogReader,
        timings: Timings,
        *,
        pause: Callable[[float], object],
        known_workers: Callable[[], Sequence[str]],
        learn_claims: Callable[[Collection[str]], None],
        on_reset: Callable[[str], None],
        on_available: Callable[[bool], None],
    ) -> None:
        self._store = store
        self._connections = connections
        self._view = view
        self._reader = reader
        self._timings = timings
        self._pause = pause
        self._known_workers = known_workers
        self._learn_claims = learn_claims
        self._on_reset = on_reset
        self._on_available = on_available
        self._needed = threading.Event()
        self._turning = threading.RLock()  # a callback may ask, and fail, while it is told
        self._available_s = 0.0
        self._asked_life_s = 0.0
        self._gap = False
        self._owes = False
        self.epoch: str | None = None
        self.available = False
        self.waits_for: str | None = None  # in words, while only an operator can end it
        self.epoch_changes = 0
        self.gaps = 0
        self.failures = 0

    @property
    def serving_epoch(self) -> str | None:
        """The epoch to work in; None while the store cannot be relied on."""
        return self.epoch if self.available else None

    def failed(self, error: PresenceUnavailable) -> None:
        """A call failed. A Redis that hangs is away; a broken link is looked into first.

        A call that was sent before the store came back may time out after it: that is no news."""
        self.failures += 1
        if error.timed_out and time.monotonic() - self._available_s > LATE_ANSWER_S:
            self._lose(error)
        self._needed.set()

    def owes(self, error: PresenceUnavailable) -> None:
        """A call failed that nobody repeats: all that is known here is told to the store again."""
        self._owes = True
        self.failed(error)

    def noticed(self, epoch: str) -> None:
        """The store answered in this epoch; another one than ours must be joined."""
        if epoch != self.epoch:
            self._lose(f"epoch {epoch} follows {self.epoch}")
            self._needed.set()

    def missed(self) -> None:
        """Part of the log was never read: compare views."""
        self.gaps += 1
        self._gap = True
        self._needed.set()

    def hasten(self) -> None:
        """Look into it now."""
        self._needed.set()

    def wait(self) -> None:
        """Return when there is something to recover from, at the latest after half a second."""
        self._needed.wait(LOOK_EVERY_S)

    def step(self) -> None:
        """If there was something to recover from, this worker is in step with the store again.

        Whether the server is still the one it was is asked every second in any case.
        Raises PresenceUnavailable when it is not; then call again in a moment."""
        life_age_s = time.monotonic() - self._asked_life_s
        if self.available and not self._needed.is_set() and life_age_s < ASK_LIFE_EVERY_S:
            return
        self._needed.clear()
        try:
            self._rejoin()
        except PresenceUnavailable as error:
            self.waits_for = str(error) if isinstance(error, ShardsDiffer) else None
            self._needed.set()
            self._lose(error)
            raise

    def _rejoin(self) -> None:
        life = self._store.life()
        self._asked_life_s = time.monotonic()
        if life.place.epoch != self.epoch:
            self._begin(life)
        elif self._owes or not self.available:
            self._put_back(life.place.epoch)
        if self._gap:
            self._reader.pause()
            self._compare(life.place.epoch)
        self._regain()

    def _begin(self, life: Life) -> None:
        self._lose(f"epoch {life.place.epoch} follows {self.epoch}")
        self._reader.pause()
        epoch, is_first = life.place.epoch, self.epoch is None
        self._put_back(epoch)
        if is_first:
            place, people = self._store.latest(self._store.here())
            self._view.seed(list(people.values()), place.rev)
            self._reader.start_at(place)
        else:
            self._wait_for_others(life)
            self._store.missing(self._missing_ages_ms(), epoch)
            self.epoch_changes += 1
            _call(self._on_reset, epoch)
            self._compare(epoch)
        self.epoch = epoch

    def _put_back(self, epoch: str) -> None:
        """The store knows what lives here, what is in its grace, and that this worker lives."""
        self._owes = False  # before it begins: what fails from now on is owed again
        closed, grace_ms = self._connections.closed(), self._timings.grace_ms
        in_grace = [ref for ref, age_ms in closed.items() if age_ms < grace_ms]
        if epoch != self.epoch:
            self._learn_claims(self._connections.users())
            leases = [self._connections.lease_in_grace(ref) for ref in in_grace]
            self._expect(epoch, self._store.grant(leases))
        self._expect(epoch, self._store.shorten(closed, grace_ms))
        for ref in self._connections.revoked():
            self._expect(epoch, self._store.revoke(ref)[0])
        alive = self._connections.alive()
        self._expect(epoch, grant_all_of(self._store, self._connections, alive, grace_ms))
        self._expect(epoch, self._store.renew((), epoch).place)

    def _wait_for_others(self, life: Life) -> None:
        """A worker that is late would see its users go offline: give each its time."""
        expected = set(self._known_workers())
        while life.age_ms < SHORTEST_REBUILD_MS or (
            life.age_ms < REBUILD_MS and not expected <= set(life.workers)
        ):
            self._pause(WAIT_STEP_S)
            epoch = life.place.epoch
            life = self._store.life()
            self._expect(epoch, life.place)

    def _missing_ages_ms(self) -> dict[str, int]:
        missing = self._view.present().keys() - set(self._store.here())
        ages_ms = dict.fromkeys(missing, 0)
        for ref, age_ms in self._connections.closed().items():
            if ref.user_id in missing:
                ages_ms[ref.user_id] = age_ms
        return ages_ms

    def _compare(self, epoch: str) -> None:
        """The view equals the store's at a place, told by its differences alone."""
        view = self._view.present()
        users = {*view, *self._store.here()}
        place, latest = self._store.latest(sorted(users))
        self._expect(epoch, place)
        self._view.tell(place, differences(view, latest))
        self._gap = False
        self._reader.start_at(place)

    def _expect(self, epoch: str, place: Place | None) -> None:
        if place is not None and place.epoch != epoch:
            raise PresenceUnavailable(f"Epoch {place.epoch} began during the recovery.")

    def _lose(self, reason: object) -> None:
        with self._turning:
            if not self.available:
                return
            self.available = False
            log.warning("presence is unavailable: %s", reason)
            _call(self._on_available, argument=False)

    def _regain(self) -> None:
        with self._turning:
            if self.available:
                return
            self.available, self.waits_for = True, None
            self._available_s = time.monotonic()
            log.info("presence is available in epoch %s", self.epoch)
            _call(self._on_available, argument=True)


class Threads:
    """The threads of a worker's presence: each repeats one step, and none ever ends by itself."""

    def __init__(self, on_failure: Callable[[PresenceUnavailable], None]) -> None:
        self._on_failure = on_failure
        self._threads: list[threading.Thread] = []
        self.stopping = threading.Event()

    def start(self, steps: Mapping[str, Callable[[], None]]) -> None:
        """Each step is repeated in a thread of its own."""
        for name, step in steps.items():
            run = threading.Thread(
                target=self._run, args=(name, step), name=f"presence-{name}", daemon=True
            )
            self._threads.append(run)
            run.start()

    def join(self) -> None:
        """All have ended, or are given up after two seconds each. Set stopping first."""
        for thread in self._threads:
            thread.join(STOP_S)

    def _run(self, name: str, step: Callable[[], None]) -> None:
        while not self.stopping.is_set():
            try:
                step()
            except PresenceUnavailable as error:
                self._on_failure(error)
                self.stopping.wait(random.uniform(*RETRY_S))  # noqa: S311 - a pause is no secret
            except Exception:  # a thread that ended in silence would leave ghosts behind
                log.exception("presence thread %s failed and goes on", name)
                self.stopping.wait(MEND_S)


def _call(callback: Callable[[T], None], argument: T) -> None:
    try:
        callback(argument)
    except Exception:  # the callback is not ours, and the recovery must go on
        log.exception("a presence callback failed")
