"""What watches over this worker, put together: stalls, gauges, probes, and its line in Redis.

The rule of the file: it builds, starts and stops; nothing that serves people waits for any of it.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from redis import Redis

from chat.admin.own_worker import OwnWorker
from chat.admin.own_worker import Presence as OwnPresence
from chat.admin.prober import BUS_KIND, ProbeBounds, Prober, Publish
from chat.admin.prober import Presence as ProbePresence
from chat.admin.service import Admin
from chat.admin.workers import Reporter, Workers
from chat.db import Database
from chat.fanout import Fanout
from chat.gauges import Gauges
from chat.lags import Lags
from chat.stalls import Stalls


class Presence(OwnPresence, ProbePresence, Protocol):
    """What is asked of presence.tracker.Tracker."""

    def silent_until_ms(self) -> int: ...


@dataclass(frozen=True, slots=True)
class Sources:
    """What this worker holds, each asked at any time."""

    connections: Callable[[], int]
    sockets: Callable[[], int]
    sids: Callable[[], int]
    backlog: Callable[[], int]
    is_draining: Callable[[], bool]


class Watch:
    """Everything that watches; `admin` answers those who ask."""

    def __init__(
        self,
        presence: Presence,
        lags: Lags,
        sources: Sources,
        *,
        db: Database,
        redis: Redis,
        fanout: Fanout,
        publish: Publish,
        bounds: ProbeBounds,
        probe_ms: int,
        version: str,
    ) -> None:
        """Nothing runs before `start`; redis is closed by `stop`, and /readyz may use it.

        probe_ms: between two rounds of probes; 0: none."""
        self.redis = redis
        self.stalls = Stalls()
        self.prober = Prober(
            presence,
            bounds,
            publish,
            every_ms=probe_ms,
            is_disturbed_since=lambda at_ms: (
                lags.is_disturbed_since(at_ms) or presence.silent_until_ms() >= at_ms
            ),
        )
        lags.hand_probes_to(self.prober.told, self.prober.forget_views)
        fanout.hear(BUS_KIND, self.prober.judge)
        self.gauges = _gauges(presence, lags, sources, self.stalls)
        own = OwnWorker(
            presence,
            lags,
            self.stalls,
            self.prober,
            version=version,
            is_probing=probe_ms > 0,
            is_draining=sources.is_draining,
            count_connections=sources.connections,
            count_sockets=sources.sockets,
        )
        workers = Workers(redis)
        self.reporter = Reporter(workers, own.describe)
        self.admin = Admin(db, workers, describe=own.describe, newest=lags.newest)

    def start(self) -> None:
        """This worker is watched from now on."""
        for part in (self.stalls, self.gauges, self.reporter, self.prober):
            part.start()

    def drain(self) -> None:
        """No probe is here any more; all else goes on."""
        self.prober.stop()

    def stop(self) -> None:
        """This worker is watched no more."""
        for part in (self.prober, self.reporter, self.gauges, self.stalls):
            part.stop()
        self.redis.close()


def _gauges(presence: Presence, lags: Lags, sources: Sources, stalls: Stalls) -> Gauges:
    return Gauges(
        count_connections=sources.connections,
        count_sockets=sources.sockets,
        count_sids=sources.sids,
        count_backlog=sources.backlog,
        is_presence_available=lambda: presence.available,
        presence_counts=presence.counts,
        longest_stall_s=stalls.longest_s,
        on_disturbed=lags.disturb,
    )
