"""Everything that decides a status, in plain Python: no clock, no store, no I/O.

The store runs the same rules in Lua (lua/settle.lua, lua/head.lua); the property tests drive
both with the same histories and compare. A rule changes here first.

The merge of devices: a user is as present as his most present connection
(busy > online > away > offline). A connection in its grace counts as what it was.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from presence.terms import Status, Transition

PRESENCE_ORDER = (Status.OFFLINE, Status.AWAY, Status.ONLINE, Status.BUSY)
BACKWARD_JUMP_MS = 500  # smaller steps back are the slewing of a healthy clock


@dataclass(frozen=True, slots=True)
class Standing:
    """What the store knows of one connection whose lease has not been ended.

    away_at_ms: from when it counts as away; None while its tab is in front.
    closed_at_ms: set when it closed and only its grace is left.
    orphaned_at_ms: the last beat of its worker, set when that worker was found dead."""

    deadline_ms: int
    lease_ms: int
    away_at_ms: int | None = None
    closed_at_ms: int | None = None
    orphaned_at_ms: int | None = None


def status_of(connections: Iterable[Standing], now_ms: int) -> Status:
    """Return the status of a user who has these connections; none at all is offline."""
    statuses = [connection_status(connection, now_ms) for connection in connections]
    return max(statuses, key=PRESENCE_ORDER.index, default=Status.OFFLINE)


def connection_status(connection: Standing, now_ms: int) -> Status:
    """Return what one connection alone would make of its user."""
    if connection.away_at_ms is not None and connection.away_at_ms <= now_ms:
        return Status.AWAY
    return Status.ONLINE


def next_review_ms(connections: Iterable[Standing], now_ms: int) -> int | None:
    """Return when the status may change by time alone, None if it cannot."""
    ahead = [
        connection.away_at_ms
        for connection in connections
        if connection.away_at_ms is not None and connection.away_at_ms > now_ms
    ]
    return min(ahead, default=None)


def is_transition(before: Status, after: Status) -> bool:
    """Two statuses make a transition when others would see a difference."""
    return before is not after


def ended_because(connection: Standing) -> tuple[str, int]:
    """Return (cause, since_ms) of a lease that ran out; since_ms is also when it was last alive."""
    if connection.closed_at_ms is not None:
        return "closed", connection.closed_at_ms
    if connection.orphaned_at_ms is not None:
        return "worker_lost", connection.orphaned_at_ms
    return "silent", connection.deadline_ms - connection.lease_ms


def stood_still(now_ms: int, tick_ms: int | None, stall_ms: int) -> bool:
    """Nobody reached the store for too long, or its clock jumped: deadlines prove nothing now.

    tick_ms: when it was last reached, None if never."""
    if tick_ms is None:
        return False
    return now_ms - tick_ms > stall_ms or now_ms < tick_ms - BACKWARD_JUMP_MS


def differences(
    view: Mapping[str, Status], latest: Mapping[str, Transition]
) -> tuple[Transition, ...]:
    """Return, in log order, the newest transitions that a holder of view has not been shown.

    A user missing in view is offline there."""
    unseen = [
        transition
        for user_id, transition in latest.items()
        if is_transition(view.get(user_id, Status.OFFLINE), transition.status)
    ]
    return tuple(sorted(unseen, key=lambda transition: transition.rev))
