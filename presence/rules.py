"""Everything that decides a status, in plain Python: no clock, no store, no I/O.

The store runs the same rules in Lua (lua/settle.lua, lua/head.lua); the property tests drive
both with the same histories and compare. A rule changes here first.

1. No connection: offline. A connection in its grace counts as what it was.
2. The user's own claim, until it lapses: invisible is offline to others, busy is busy and away is
   away, whatever his tabs do. A claim of online says nothing about the status.
3. Else the merge of devices: he is as present as his most present connection (online > away); one
   that is hidden for hidden_away_ms, or idle, is away.
Text and emoji of a claim are shown beside a status that is not offline, and with it alone: who is
invisible cannot be told from who left. What his tabs have in front is shown while he is online or
busy. What a user does by himself (OWN_DOING) is told once in apart_ms. For users: docs/STATUS.md.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace

from presence.terms import OFFLINE, Claim, Claimed, Shown, Status, Transition

PRESENCE_ORDER = (Status.OFFLINE, Status.AWAY, Status.ONLINE)
CLAIMED_STATUS = {
    Claimed.AWAY: Status.AWAY,
    Claimed.BUSY: Status.BUSY,
    Claimed.INVISIBLE: Status.OFFLINE,
}
OWN_DOING = frozenset({"claimed", "claim_ended", "hidden", "in_front"})
BACKWARD_JUMP_MS = 500  # smaller steps back are the slewing of a healthy clock


@dataclass(frozen=True, slots=True)
class Standing:
    """What the store knows of one connection whose lease has not been ended.

    away_at_ms: from when it counts as away; None while its tab is in front.
    closed_at_ms: set when it closed and only its grace is left; closed_cause: closed, silent or
    drained; closed_since_ms: when that began, None: when it closed.
    orphaned_at_ms: the last beat of its worker, set when that worker was found dead.
    focus: what its tab has in front, empty for nothing."""

    deadline_ms: int
    lease_ms: int
    away_at_ms: int | None = None
    closed_at_ms: int | None = None
    orphaned_at_ms: int | None = None
    closed_cause: str = "closed"
    closed_since_ms: int | None = None
    focus: str = ""


def shown_of(connections: Collection[Standing], claim: Claim | None, now_ms: int) -> Shown:
    """Return what others see of a user who has these connections and made this claim."""
    status = status_of(connections, claim, now_ms)
    focus = focus_of(connections, status)
    if status is Status.OFFLINE or claim is None or has_lapsed(claim, now_ms):
        return Shown(status, focus=focus)
    return Shown(status, claim.text, claim.emoji, focus)


def status_of(connections: Collection[Standing], claim: Claim | None, now_ms: int) -> Status:
    """Return the status of a user who has these connections and made this claim."""
    merged = merged_status(connections, now_ms)
    if merged is Status.OFFLINE or claim is None or has_lapsed(claim, now_ms):
        return merged
    return CLAIMED_STATUS.get(claim.status, merged)


def focus_of(connections: Iterable[Standing], status: Status) -> tuple[str, ...]:
    """Return what a user of this status is shown to have in front, sorted."""
    if status not in (Status.ONLINE, Status.BUSY):
        return ()
    return tuple(sorted({one.focus for one in connections if one.away_at_ms is None} - {""}))


def deciding_rule(connections: Collection[Standing], claim: Claim | None, now_ms: int) -> str:
    """Name the rule that decided: no_connection, claim, in_front, or not_in_front."""
    merged = merged_status(connections, now_ms)
    if merged is Status.OFFLINE:
        return "no_connection"
    if claim is not None and not has_lapsed(claim, now_ms) and claim.status in CLAIMED_STATUS:
        return "claim"
    return "in_front" if merged is Status.ONLINE else "not_in_front"


def has_lapsed(claim: Claim, now_ms: int) -> bool:
    """The claim's time is over."""
    return claim.until_ms is not None and claim.until_ms <= now_ms


def merged_status(connections: Iterable[Standing], now_ms: int) -> Status:
    """Return the status that the connections alone make of their user; none at all is offline."""
    statuses = [connection_status(connection, now_ms) for connection in connections]
    return max(statuses, key=PRESENCE_ORDER.index, default=Status.OFFLINE)


def connection_status(connection: Standing, now_ms: int) -> Status:
    """Return what one connection alone would make of its user."""
    if connection.away_at_ms is not None and connection.away_at_ms <= now_ms:
        return Status.AWAY
    return Status.ONLINE


def next_review_ms(
    connections: Collection[Standing], claim: Claim | None, now_ms: int
) -> int | None:
    """Return when what is shown may change by time alone, None if it cannot."""
    times = [connection.away_at_ms for connection in connections]
    if connections and claim is not None:
        times.append(claim.until_ms)
    return min((at_ms for at_ms in times if at_ms is not None and at_ms > now_ms), default=None)


def is_transition(before: Shown, after: Shown) -> bool:
    """Two looks make a transition when they differ in more than the focus, if only in the text."""
    return replace(before, focus=()) != replace(after, focus=())


def must_wait(cause: str, told_at_ms: int, now_ms: int, apart_ms: int) -> bool:
    """A change of a user's own doing waits until apart_ms after the last one was told."""
    return cause in OWN_DOING and told_at_ms <= now_ms < told_at_ms + apart_ms


def ended_because(connection: Standing) -> tuple[str, int]:
    """Return (cause, since_ms) of a lease that ran out; since_ms is also when it was last alive."""
    if connection.closed_at_ms is not None:
        since_ms = connection.closed_since_ms
        return connection.closed_cause, connection.closed_at_ms if since_ms is None else since_ms
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
    view: Mapping[str, Shown], latest: Mapping[str, Transition]
) -> tuple[Transition, ...]:
    """Return, in log order, the newest transitions that a holder of view has not been shown.

    A user missing in view is offline there."""
    unseen = [
        transition
        for user_id, transition in latest.items()
        if view.get(user_id, OFFLINE) != transition.shown
    ]
    return tuple(sorted(unseen, key=lambda transition: transition.rev))
