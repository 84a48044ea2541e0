"""How a worker describes itself to those who look after all of them."""

import os
import socket
import time
from collections.abc import Callable
from typing import Protocol

from chat import wire
from chat.admin.prober import Prober
from chat.gauges import Counts, ended_of, troubles_of
from chat.lags import Lags
from chat.stalls import Stalls


class Presence(Protocol):
    """What is asked of presence.tracker.Tracker."""

    @property
    def worker_id(self) -> str: ...
    @property
    def epoch(self) -> str | None: ...
    @property
    def rev(self) -> int: ...
    @property
    def available(self) -> bool: ...
    def now_ms(self) -> int | None: ...
    def counts(self) -> Counts: ...


class OwnWorker:
    """This worker, from the parts that know it."""

    def __init__(
        self,
        presence: Presence,
        lags: Lags,
        stalls: Stalls,
        prober: Prober,
        *,
        version: str,
        is_probing: bool,
        is_draining: Callable[[], bool],
        count_connections: Callable[[], int],
        count_sockets: Callable[[], int],
    ) -> None:
        """None of what is asked waits for anything."""
        self._presence = presence
        self._lags = lags
        self._stalls = stalls
        self._prober = prober
        self._version = version
        self._is_probing = is_probing
        self._is_draining = is_draining
        self._count_connections = count_connections
        self._count_sockets = count_sockets
        self._since_s = time.monotonic()

    def describe(self) -> wire.AdminWorker:
        """Return this worker as it is now."""
        presence, counts = self._presence, self._presence.counts()
        return wire.AdminWorker(
            id=presence.worker_id,
            host=socket.gethostname(),
            pid=os.getpid(),
            version=self._version,
            up_s=int(time.monotonic() - self._since_s),
            at_ms=presence.now_ms() or 0,
            epoch=presence.epoch or "",
            rev=presence.rev,
            untold=counts.log_lag,
            known=presence.available,
            hears_events=counts.hears_events,
            held=counts.held,
            draining=self._is_draining(),
            connections=self._count_connections(),
            sockets=self._count_sockets(),
            leases=counts.connections,
            here=max(0, counts.here - self._prober.shown_count()),
            ended=ended_of(counts),
            troubles=troubles_of(counts),
            stall_ms=round(self._stalls.longest_s() * 1000),
            renewals=counts.renewals,
            renew_ms=round(counts.renewing_ms / counts.renewals) if counts.renewals else 0,
            lags=self._described_lags(),
            probe=self._described_probe(),
        )

    def _described_lags(self) -> list[wire.AdminLag]:
        return [
            wire.AdminLag(
                kind=kind,
                bound_ms=self._lags.bounds_ms[kind],
                count=one.count,
                p50_ms=one.p50_ms,
                p99_ms=one.p99_ms,
                max_ms=one.max_ms,
                violations=one.violations,
                violated_at_ms=one.violated_at_ms,
            )
            for kind, one in self._lags.summaries().items()
        ]

    def _described_probe(self) -> wire.AdminProbe:
        verdict = self._prober.verdict
        return wire.AdminProbe(
            is_on=self._is_probing,
            last=verdict.last,
            at_ms=verdict.at_ms,
            wrong_at_ms=verdict.wrong_at_ms,
            right=verdict.right,
            wrong=verdict.wrong,
            void=verdict.void,
        )
