"""The settings, as presence wants its timings. The supervisor asks too, before anything starts."""

from collections.abc import Mapping

from chat.config import Config
from presence.timings import DELIVERY_MS, Timings


def timings_of(config: Config) -> Timings:
    """The timings of presence as they are set. Raises TimingsError."""
    return Timings(
        ping_ms=config.ping_ms,
        ping_timeout_ms=config.ping_timeout_ms,
        renew_ms=config.renew_ms,
        lease_ms=config.lease_ms,
        worker_lease_ms=config.worker_lease_ms,
        grace_ms=config.grace_ms,
        sweep_ms=config.sweep_ms,
        hidden_away_ms=config.hidden_away_ms,
    )


def bounds_of(timings: Timings) -> Mapping[str, int]:
    """The published bound of each kind of transition, in ms."""
    bounds = timings.bounds()
    return {
        "came_online": bounds.came_online_ms,
        "changed": bounds.changed_ms,
        "tab_closed": bounds.tab_closed_ms,
        "silent": bounds.silent_ms,
        "worker_killed": bounds.worker_killed_ms,
        "signed_out": bounds.signed_out_ms,
    }


def probe_bounds_of(timings: Timings) -> dict[str, int]:
    """When a view of a probe must be right, in ms, as chat.admin.prober.ProbeBounds has them.

    A connection that nobody closes is shown until its lease, renewed for as long as a live one may
    be silent, has run out. Source: docs/TIMINGS.md."""
    bounds = timings.bounds()
    return {
        "came_online_ms": bounds.came_online_ms,
        "signed_out_ms": bounds.signed_out_ms,
        "tab_closed_ms": bounds.tab_closed_ms,
        "lease_ran_out_ms": timings.alive_ms + timings.lease_ms + timings.sweep_ms + DELIVERY_MS,
        "grace_ms": timings.grace_ms,
        "ping_ms": timings.ping_ms,
    }
