"""The words of presence as frozen values: a connection, a lease, a transition, a snapshot.

Everything here is plain values; times are milliseconds of the store's clock. Last come
the answers of the store's acts, which the parts of presence pass among themselves.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any


class Status(StrEnum):
    """What others see of a user. Always derived from leases, never stored as a choice."""

    ONLINE = "online"
    AWAY = "away"
    BUSY = "busy"
    OFFLINE = "offline"


class Claimed(StrEnum):
    """What a user may claim of himself; online claims nothing: his tabs decide."""

    ONLINE = "online"
    AWAY = "away"
    BUSY = "busy"
    INVISIBLE = "invisible"


@dataclass(frozen=True, slots=True)
class Claim:
    """A user's own word on his status. It is the user's, not a connection's: it stays when all of
    them are gone, until it is replaced or until_ms (the store's clock; None: for good) has come.

    version: of two claims of a user the higher one counts, in whatever order they arrive. Who keeps
    claims elsewhere too counts them; who does not leaves it 0, and the one set last counts."""

    status: Claimed = Claimed.ONLINE
    text: str = ""
    emoji: str = ""
    until_ms: int | None = None
    version: int = 0


@dataclass(frozen=True, slots=True)
class Shown:
    """All that others may see of a user; text and emoji are empty when there is none.

    focus: what his tabs have in front, sorted: names that mean nothing to presence. Who tells it
    leaves out those that a viewer may not know of."""

    status: Status
    text: str = ""
    emoji: str = ""
    focus: tuple[str, ...] = ()


OFFLINE = Shown(Status.OFFLINE)


SHIFTED = "shifted"  # the cause of an entry that is no transition


class Attention(StrEnum):
    """How a tab stands to its user."""

    IN_FRONT = "in_front"
    HIDDEN = "hidden"
    IDLE = "idle"


@dataclass(frozen=True, slots=True)
class LeaseRef:
    """The name of one lease: whose it is, and which connection it stands for."""

    user_id: str
    connection_id: str


@dataclass(frozen=True, slots=True)
class Lease:
    """The claim "this connection lives until its deadline", as a worker asks for it.

    away_in_ms: None while the tab is in front; otherwise how long until it counts as away.
    focus: what the tab has in front, as its user may tell others: one word, empty for nothing.
    claim: the user's, as far as the worker knows it: it stands in the same moment as the lease.
    """

    user_id: str
    connection_id: str
    away_in_ms: int | None = None
    device: str = ""
    attention: Attention = Attention.IN_FRONT
    claim: Claim | None = None
    focus: str = ""


@dataclass(frozen=True, slots=True)
class Connection:
    """One live connection (one tab). epoch is None while the store has not granted it yet."""

    id: str
    user_id: str
    epoch: str | None
    rev: int


@dataclass(frozen=True, slots=True)
class Place:
    """A place in the life of the store: which life (epoch), and how far its log goes (rev)."""

    epoch: str
    rev: int


@dataclass(frozen=True, slots=True)
class Transition:
    """One change of what others see of one user, decided once for all workers.

    rev orders all entries of an epoch without holes; gen counts this user's own transitions.
    cause: connected, in_front, hidden, claimed, claim_ended, closed, silent, drained, worker_lost,
    signed_out or missing. Between two transitions of a user at least one of status, text and emoji
    differs. Cause shifted is no transition: the focus alone changed, and gen is that of the last.
    left: the focus until now, as far as whoever tells it knows.
    since_ms: when what caused it began (the close, the last sign of life, the worker's last beat).
    by: the worker whose call decided it; that one worker may write it to a database.
    last_seen_at_ms: set when the user went offline.
    """

    rev: int
    user_id: str
    status: Status
    gen: int
    at_ms: int
    last_seen_at_ms: int | None
    cause: str
    by: str
    since_ms: int = 0
    text: str = ""
    emoji: str = ""
    focus: tuple[str, ...] = ()
    left: tuple[str, ...] = ()

    @property
    def shown(self) -> Shown:
        """What others see from this transition on."""
        return Shown(self.status, self.text, self.emoji, self.focus)

    @property
    def shifts(self) -> frozenset[str]:
        """What came into his focus with it, and what left it."""
        return frozenset(self.focus) ^ frozenset(self.left)


@dataclass(frozen=True, slots=True)
class Seen:
    """What may be said of one user now; at_ms is the last transition, None if there was none.

    last_seen_at_ms is set while the user is offline and the store remembers him.
    """

    status: Status
    last_seen_at_ms: int | None = None
    at_ms: int | None = None
    rev: int = 0
    text: str = ""
    emoji: str = ""
    focus: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Held:
    """One connection of a user as the store holds it; lease_left_ms until its lease runs out."""

    connection_id: str
    device: str
    attention: Attention
    lease_left_ms: int
    is_closing: bool


@dataclass(frozen=True, slots=True)
class Past:
    """A transition that was made, as its user may read it."""

    status: Status
    at_ms: int
    cause: str


@dataclass(frozen=True, slots=True)
class Why:
    """Why a user is shown as he is: for himself and those who look after the service.

    rule: as rules.deciding_rule names it. claim: None if there is none or it lapsed.
    past: the newest ten transitions of the last week, newest first."""

    shown: Shown
    rule: str
    claim: Claim | None
    connections: tuple[Held, ...]
    past: tuple[Past, ...]


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The state of the users asked for; everything up to (epoch, rev) is in it.

    Applying the transitions after rev, in order, to people gives every later state.
    """

    epoch: str
    rev: int
    people: Mapping[str, Seen]


@dataclass(frozen=True, slots=True)
class Changes:
    """The transitions after the rev asked for, or reset: they are no longer known, ask for all."""

    epoch: str
    rev: int
    transitions: tuple[Transition, ...]
    reset: bool


@dataclass(frozen=True, slots=True)
class Counts:
    """What a worker's presence did and sees, for metrics. Totals since the worker started.

    claims_*: leases this worker ended, by what brought it there: an expired event, the sweep, or
    an explicit end (signed out). probe_age_ms: since the listener last heard its own probe; None
    before the first. hears_events: False means that the sweep works alone. here: users who are
    shown as something else than offline. renewals: batches of leases, which took renewing_ms.
    """

    connections: int
    claims_event: int
    claims_sweep: int
    claims_close: int
    leases_lost: int
    epoch_changes: int
    gaps: int
    holds: int
    held: bool
    hears_events: bool
    probe_age_ms: int | None
    log_lag: int
    failures: int
    here: int = 0
    renewals: int = 0
    renewing_ms: int = 0


@dataclass(frozen=True, slots=True)
class Reply:
    """What every act answers: where the store is now, whether it holds, and the act's own part.

    result is None when the act did nothing because the caller believed in another epoch."""

    place: Place
    now_ms: int
    held: bool
    result: tuple[Any, ...] | None  # the shape is the act's, as its Lua file says


@dataclass(frozen=True, slots=True)
class Renewed:
    """Where the store is, and which leases were not there any more. lapsed: the worker's own."""

    place: Place
    held: bool
    is_same_epoch: bool
    lapsed: bool
    lost: tuple[LeaseRef, ...]


@dataclass(frozen=True, slots=True)
class Swept:
    """One pass of the sweep. touched: left to the listener for now. more: the limit was reached."""

    place: Place
    held: bool
    is_same_epoch: bool
    touched: int = 0
    ended: int = 0
    more: bool = False
    holds: int = 0
    workers: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Life:
    """The epoch that runs: how long since it began, and the workers that joined it."""

    place: Place
    age_ms: int
    workers: tuple[str, ...]
