"""Exact presence on Redis: who is here, decided once, shown in one order, by any worker.

The model. A *connection* (one tab) holds a *lease* in Redis: a key with a TTL, and the same moment
in a sorted set of deadlines. Its worker renews it while the connection answers pings. Closing
leaves it a short *grace*, so that a reload shows nothing. When a lease ends, one atomic script
takes it out, derives the user's *status* from the leases he has left, and, if that changed, writes
a *transition* to the *log*. Every worker reads the log and tells its own viewers. Nothing is
counted, nothing is stored as a boolean, and no event needs to arrive: an `expired` event only
hastens what the *sweep* would find.

    tracker = Tracker(redis, make_blocking_client, Timings(), on_transitions=..., ...)
    tracker.start()
    bind(socketio, tracker, identify, entered, left)    # presence.binding, for Flask-SocketIO

What holds, with any number of workers on one store:
- A user is offline exactly when none of his connections has a lease, or he claims to be invisible;
  which of the two it is, nobody else can tell. How claims and devices are merged: rules.py.
- Each change is one transition, decided once, at one place (epoch, rev) of one order. revs have no
  holes. A snapshot and the transitions after it equal every later snapshot.
- Timings().bounds() says how long it takes at most; docs/TIMINGS.md says why.
- The store's clock is the only one: the clocks of workers and browsers are never compared.

| what fails | what others see | until |
|---|---|---|
| tab closed, reloaded within the grace | nothing | |
| tab closed | offline | tab_closed |
| cable cut, laptop asleep, browser frozen | offline | silent |
| worker killed; its clients come back elsewhere | nothing | |
| worker killed; they do not | offline, once | worker_killed |
| worker frozen | as killed; right again with its first beat | worker_killed |
| expired events late, lost, doubled, forbidden | nothing: the sweep finds all | one sweep |
| log trimmed before it was read | the newest state: views are compared | at once |
| Redis unreachable | *unknown*, never offline (on_available) | it is back |
| Redis hangs, or its clock jumps | nothing: it holds until all have renewed | hold_ms |
| Redis empty, restored from a file, failed over | *unknown*, then only who left meanwhile | 5 s |

Presence knows users, connections and time; it knows nothing of rooms, SQL or the web (binding.py
apart). It is not a counter, and no place for what must survive Redis: write last_seen to a
database in on_transitions, on the one worker that a transition names in `by`; keep claims there
before set_status, and give them back by claims_of.
"""

from presence.errors import PresenceError, PresenceUnavailable, Refused, TimingsError
from presence.terms import (
    Attention,
    Changes,
    Claim,
    Claimed,
    Connection,
    Counts,
    Held,
    Lease,
    LeaseRef,
    Past,
    Place,
    Seen,
    Shown,
    Snapshot,
    Status,
    Transition,
    Why,
)
from presence.timings import Bounds, Timings
from presence.tracker import Tracker

__all__ = [
    "Attention",
    "Bounds",
    "Changes",
    "Claim",
    "Claimed",
    "Connection",
    "Counts",
    "Held",
    "Lease",
    "LeaseRef",
    "Past",
    "Place",
    "PresenceError",
    "PresenceUnavailable",
    "Refused",
    "Seen",
    "Shown",
    "Snapshot",
    "Status",
    "Timings",
    "TimingsError",
    "Tracker",
    "Transition",
    "Why",
]
