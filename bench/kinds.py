"""The kinds of transition whose lag is measured, the bounds that each must keep, and the judge."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from presence.timings import Timings

ON_ITS_WAY_MS = 20  # a ping that was sent before somebody fell silent, and not yet read


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of transition. Others are shown `status`, not before least_ms, by bound_ms."""

    name: str
    status: str
    least_ms: int
    bound_ms: int


@dataclass(frozen=True, slots=True)
class Kinds:
    """All of them, with the bounds that follow from the timings. Source: docs/TIMINGS.md."""

    came_online: Kind
    status_set: Kind
    hidden: Kind
    tab_closed: Kind
    silent: Kind
    worker_killed: Kind
    signed_out: Kind

    @classmethod
    def of(cls, timings: Timings) -> Kinds:
        """The kinds under these timings."""
        bounds = timings.bounds()
        died_ms = timings.worker_lease_ms - timings.beat_ms + timings.orphan_ms
        return cls(
            came_online=Kind("came online", "online", 0, bounds.came_online_ms),
            status_set=Kind("status set", "busy", 0, bounds.changed_ms),
            hidden=Kind(
                "away by hiding",
                "away",
                timings.hidden_away_ms,
                timings.hidden_away_ms + bounds.changed_ms,
            ),
            tab_closed=Kind("tab closed", "offline", timings.grace_ms, bounds.tab_closed_ms),
            silent=Kind(
                "silent",
                "offline",
                timings.ping_timeout_ms + timings.grace_ms - ON_ITS_WAY_MS,
                bounds.silent_ms,
            ),
            worker_killed=Kind("worker killed", "offline", died_ms, bounds.worker_killed_ms),
            signed_out=Kind("signed out", "offline", 0, bounds.signed_out_ms),
        )


@dataclass
class Judged:
    """The lags of one kind in milliseconds, and what was wrong, in words."""

    kind: Kind
    lags_ms: list[float] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)

    def add(self, truth_s: float, shown: Sequence[tuple[str, float]]) -> None:
        """One occurrence: exactly one look, of the right status, within the bounds."""
        if [status for status, _ in shown] != [self.kind.status]:
            self.wrong.append(f"shown {[status for status, _ in shown]}")
            return
        lag_ms = (shown[0][1] - truth_s) * 1000
        self.lags_ms.append(lag_ms)
        if not self.kind.least_ms <= lag_ms <= self.kind.bound_ms:
            self.wrong.append(f"{lag_ms:.0f} ms")
