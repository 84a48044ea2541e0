"""Workers for the tests of presence: a Tracker each, tabs that answer pings, and what was told."""

import threading
from collections.abc import Sequence
from dataclasses import replace

import redis

from chat.redis_client import connect, connect_blocking
from presence import Connection, Status, Timings, Tracker, Transition
from presence.tracker import ClaimsOf, ComeIn, one_by_one
from tests.support.waiting import wait_until

QUICK = Timings(
    ping_ms=300,
    ping_timeout_ms=200,
    renew_ms=300,
    lease_ms=1_600,
    worker_lease_ms=800,
    grace_ms=400,
    sweep_ms=100,
    hidden_away_ms=300,
    apart_ms=0,
)
# For tests that claim that nothing happens: a machine that stood still for a second is no news.
CALM = replace(
    QUICK,
    ping_ms=1_000,
    ping_timeout_ms=800,
    renew_ms=600,
    lease_ms=3_000,
    worker_lease_ms=1_600,
)
# For tests that call the store by hand: it holds only where nothing reached it for seconds.
UNHURRIED = replace(QUICK, lease_ms=12_000, worker_lease_ms=6_000)
PATIENCE_S = 8.0  # the longest a test waits for a fact; the bounds under test are asserted apart


class Worker:
    """One worker process, as presence sees it, without the process."""

    def __init__(
        self,
        url: str,
        timings: Timings = QUICK,
        *,
        claims_of: ClaimsOf | None = None,
        tracker: type[Tracker] = Tracker,
        shards: int = 1,
        together: ComeIn = one_by_one,
    ) -> None:
        self.told: list[tuple[str, Transition]] = []
        self.resets: list[str] = []
        self.availability: list[bool] = []
        self._answering: set[str] = set()
        self._over = threading.Event()
        self._client = connect(url)
        self._links: list[redis.Redis] = []
        self.tracker = tracker(
            self._client,
            lambda: self._link(url),
            timings,
            on_transitions=self._hear,
            on_reset=self.resets.append,
            on_available=self.availability.append,
            claims_of=claims_of,
            shards=shards,
            together=together,
        )
        self._tabs = threading.Thread(target=self._answer_pings, daemon=True)

    def starts(self) -> "Worker":
        """The worker serves."""
        self.tracker.start()
        self._tabs.start()
        return self

    def opens(self, user_id: str, *, visible: bool = True) -> Connection:
        """A tab of the user is open on this worker and answers every ping."""
        connection = self.tracker.connected(user_id, visible=visible)
        self._answering.add(connection.id)
        return connection

    def closes(self, connection: Connection) -> None:
        """The tab is closed."""
        self._answering.discard(connection.id)
        self.tracker.disconnected(connection.id)

    def falls_silent(self, connection: Connection) -> None:
        """The tab answers no ping any more; nobody says that it is gone."""
        self._answering.discard(connection.id)

    def dies(self) -> None:
        """The worker stops in the middle of everything, without a word (SIGKILL)."""
        self._over.set()
        self.tracker._runtime.end()  # a dead process says no good-bye, so stop() will not do

    def stops(self) -> None:
        """The worker ends in order."""
        self._over.set()
        self.tracker.stop()
        self._client.close()
        for link in self._links:
            link.close()

    def statuses_told_of(self, user_id: str) -> list[Status]:
        """What viewers on this worker were shown of the user, in order."""
        return [told.status for _, told in self.told if told.user_id == user_id]

    def waits_until_told(self, user_id: str, status: Status) -> Transition:
        """Return the last transition of the user once it is of this status."""

        def last() -> Transition | None:
            of_user = [told for _, told in self.told if told.user_id == user_id]
            return of_user[-1] if of_user and of_user[-1].status == status else None

        return wait_until(last, PATIENCE_S, f"{user_id} is shown {status}")

    def waits_until_available(self) -> None:
        """The store can be relied on again."""
        wait_until(lambda: self.tracker.available, PATIENCE_S, "presence is available")

    def waits_until_in_another_epoch(self, former: str | None) -> None:
        """The store began anew, and this worker is in step with it."""
        wait_until(
            lambda: self.tracker.available and self.tracker.epoch != former,
            PATIENCE_S,
            "the new epoch is joined",
        )

    def status_of(self, user_id: str) -> Status:
        """What the store says of the user now."""
        return self.tracker.snapshot([user_id]).people[user_id].status

    def _hear(self, epoch: str, transitions: Sequence[Transition]) -> None:
        self.told.extend((epoch, transition) for transition in transitions)

    def _link(self, url: str) -> redis.Redis:
        self._links.append(connect_blocking(url))
        return self._links[-1]

    def _answer_pings(self) -> None:
        while not self._over.wait(0.1):
            for connection_id in list(self._answering):
                self.tracker.seen(connection_id)
