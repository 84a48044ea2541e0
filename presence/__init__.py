"""Exact presence on Redis: who is here, decided once, shown in one order, by any worker."""

from presence.errors import PresenceError, PresenceUnavailable, Refused, TimingsError
from presence.terms import (
    Changes,
    Connection,
    Counts,
    Lease,
    LeaseRef,
    Seen,
    Snapshot,
    Status,
    Transition,
)
from presence.timings import Bounds, Timings
from presence.tracker import Tracker

__all__ = [
    "Bounds",
    "Changes",
    "Connection",
    "Counts",
    "Lease",
    "LeaseRef",
    "PresenceError",
    "PresenceUnavailable",
    "Refused",
    "Seen",
    "Snapshot",
    "Status",
    "Timings",
    "TimingsError",
    "Tracker",
    "Transition",
]
