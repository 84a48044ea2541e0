"""The connection itself on the wire: how it begins, what it is told, how it ends."""

from chat.wire.roster import OwnClaim
from chat.wire.shapes import Answer, Person, Request

REFUSALS = frozenset(
    {"not_signed_in", "banned", "wrong_origin", "draining", "too_many_connections", "unavailable",
     "invalid"}
)  # fmt: skip
"""The codes with which CONNECT may be refused."""


class ConnectAuth(Request, frozen=True):
    """The `auth` of CONNECT; visible says whether the tab is in front."""

    visible: bool = True


class BoundsMs(Answer, frozen=True):
    """How long others may see a stale status at most, by what happened; milliseconds."""

    tab_closed: int
    silent: int
    worker_killed: int
    signed_out: int


class SessionReady(Answer, frozen=True):
    """`session:ready`: the first event of a connection; heads names every room it entered."""

    user: Person
    connection_id: str
    epoch: str
    rev: int
    heads: dict[str, int]
    revs: dict[str, int]
    ping_ms: int
    grace_ms: int
    lease_ms: int
    heads_ms: int
    bounds_ms: BoundsMs
    presence_known: bool
    own: OwnClaim
    role: str
    retention_days: int


class SessionEnded(Answer, frozen=True):
    """`session:ended`: the server disconnects next; do not reconnect."""

    code: str


class SessionRole(Answer, frozen=True):
    """`session:role`: the user's role changed; what he may do changed with it."""

    role: str


class ServerDraining(Answer, frozen=True):
    """`server:draining`: leave by yourself after reconnect_in_ms and connect again."""

    reconnect_in_ms: int
