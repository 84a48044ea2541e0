"""The entrance: who is let in, in which order, and what a connection is told first.

The order: draining? origin, shape, identity, caps, then into the table (parked: nothing is lost,
nothing overtakes), memberships, rooms entered, lease (presence/binding.py), closed meanwhile?
(there too), CONNECT answered, session:ready, what was parked.
"""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

from chat import wire
from chat.connections import Connections, LiveConnection
from chat.errors import (
    ChatError,
    Draining,
    Internal,
    NotSignedIn,
    TooManyConnections,
    WrongOrigin,
    from_exception,
)
from chat.fanout import Fanout
from chat.ids import ConnectionId, RoomId, UserId
from chat.roster.departures import Departures
from chat.roster.devices import device_of
from chat.roster.service import Presence
from chat.terms import Head, Identity
from presence.binding import Arrival, Entered, Left
from presence.errors import Refused

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Knock:
    """A socket that asks to come in. origin is None when the client named none.

    Without a cookie there is nothing that a foreign page could misuse."""

    sid: str
    engine_sid: str
    address: str
    origin: str | None
    host: str
    user_agent: str = ""
    has_cookie: bool = True


@dataclass(frozen=True, slots=True)
class HouseRules:
    """What the entrance goes by, and what it tells of the house."""

    is_origin_allowed: Callable[[str | None, str], bool]
    is_draining: Callable[[], bool]
    user_connections: int
    ping_ms: int
    grace_ms: int
    lease_ms: int
    heads_ms: int
    bounds_ms: wire.BoundsMs
    retention_days: int = 0


class HeadsFor(Protocol):
    """SQL's word on a user's rooms."""

    def __call__(self, user_id: UserId) -> dict[RoomId, Head]:
        """How far each room goes that the user is a member of."""


class Entrance:
    """Lets sockets in and sees them out; the three callbacks of presence.binding."""

    def __init__(
        self,
        connections: Connections,
        fanout: Fanout,
        presence: Presence,
        heads_for: HeadsFor,
        rules: HouseRules,
        *,
        knock: Callable[[], Knock],
        identify: Callable[[], Identity | None],
        close_soon: Callable[[str], None],
        belongs: Callable[[str, UserId], None],
        departures: Departures,
        own_claim: Callable[[UserId], wire.OwnClaim],
    ) -> None:
        """knock and identify read the request at hand; close_soon(engine_sid) after a farewell;
        belongs(engine_sid, user_id) once it is known whose socket it is.

        own_claim(user_id): what he claims, as presence learned it when his lease was asked for."""
        self._connections = connections
        self._fanout = fanout
        self._presence = presence
        self._heads_for = heads_for
        self._rules = rules
        self._knock = knock
        self._identify = identify
        self._close_soon = close_soon
        self._belongs = belongs
        self._departures = departures
        self._own_claim = own_claim
        self._ready: dict[str, wire.SessionReady] = {}
        self._heads: dict[str, dict[RoomId, Head]] = {}

    def identify(self, auth: object) -> Arrival:
        """The socket's user may come in, and its connection is in his rooms, still parked.

        Raises Refused with the code and the facts of the error."""
        knock = self._knock()
        try:
            request = self._checked(knock, auth)
            identity = self._recognised()
            self._let_in(knock, identity)
        except Exception as error:
            self._connections.remove(knock.sid)
            # Not by a name of its own: it would hold this frame, which would hold it.
            raise _refused(_refusal_of(error)) from error
        return Arrival(
            identity.user_id,
            context=knock.sid,
            visible=request.visible,
            device=device_of(knock.user_agent),
        )

    def entered(self, entered: Entered) -> None:
        """The connection has its lease; `session:ready` is written, to be sent by `opened`."""
        connection = self._connections.get(entered.sid)
        heads = self._heads.pop(entered.sid, {})
        if connection is None:
            return
        connection.id = ConnectionId(entered.connection.id)
        connection.told_rev = self._presence.rev
        self._ready[entered.sid] = self._ready_of(connection, heads)

    def opened(self, sid: str) -> None:
        """CONNECT was answered: the connection gets `session:ready`, then what was parked."""
        ready, connection = self._ready.pop(sid, None), self._connections.get(sid)
        if ready is not None and connection is not None:
            self._fanout.open_to(connection, ready)

    def left(self, left: Left) -> None:
        """The connection is in no room and in no table any more."""
        self._forget(left.sid)

    def bury_ghosts(self, has_socket: Callable[[str], bool]) -> list[LiveConnection]:
        """Connections whose socket is gone without a word are forgotten; returns them."""
        ghosts = [one for one in self._connections if not has_socket(one.eio_sid)]
        for ghost in ghosts:
            log.warning("entrance: a connection without a socket was removed")
            self._forget(ghost.sid)
        return ghosts

    def _forget(self, sid: str) -> None:
        self._ready.pop(sid, None)
        self._heads.pop(sid, None)
        connection = self._connections.remove(sid)
        if connection is not None:
            self._departures.note(connection.identity.session_id, connection.id)
            self._close_soon(connection.eio_sid)

    def _checked(self, knock: Knock, auth: object) -> wire.ConnectAuth:
        if self._rules.is_draining():
            raise Draining
        if not self._is_from_here(knock):
            raise WrongOrigin
        return wire.request_from(auth or {}, wire.ConnectAuth)

    def _is_from_here(self, knock: Knock) -> bool:
        if knock.origin is None and not knock.has_cookie:
            return True
        return self._rules.is_origin_allowed(knock.origin, knock.host)

    def _recognised(self) -> Identity:
        identity = self._identify()
        if identity is None:
            raise NotSignedIn
        if self._connections.count_of_user(identity.user_id) >= self._rules.user_connections:
            raise TooManyConnections(retry_after_s=10)
        return identity

    def _let_in(self, knock: Knock, identity: Identity) -> None:
        """Into the table before SQL is asked: a room joined meanwhile is not missed."""
        connection = LiveConnection(knock.sid, knock.engine_sid, identity, knock.address)
        self._connections.add(connection)
        self._belongs(knock.engine_sid, identity.user_id)
        heads = self._heads_for(identity.user_id)
        self._connections.enter(connection, heads)
        self._heads[knock.sid] = heads

    def _ready_of(self, connection: LiveConnection, heads: dict[RoomId, Head]) -> wire.SessionReady:
        identity = connection.identity
        known = {room_id: heads.get(room_id, Head(0, 0)) for room_id in connection.rooms}
        return wire.SessionReady(
            user=wire.Person(
                id=identity.user_id,
                username=identity.username,
                display_name=identity.display_name,
            ),
            connection_id=connection.id,
            epoch=self._presence.epoch or "",
            rev=connection.told_rev,
            heads={str(room_id): head.seq for room_id, head in known.items()},
            revs={str(room_id): head.rev for room_id, head in known.items()},
            ping_ms=self._rules.ping_ms,
            grace_ms=self._rules.grace_ms,
            lease_ms=self._rules.lease_ms,
            heads_ms=self._rules.heads_ms,
            bounds_ms=self._rules.bounds_ms,
            presence_known=self._presence.available,
            own=self._own_claim(identity.user_id),
            role=identity.role,
            retention_days=self._rules.retention_days,
        )


def _refusal_of(error: Exception) -> ChatError:
    refusal = from_exception(error)
    if isinstance(refusal, Internal):
        log.error("entrance: a connection failed", exc_info=error)
    return refusal


def _refused(refusal: ChatError) -> Refused:
    facts: dict[str, Any] = dict(refusal.as_body()["error"])  # Any: str, bool and int
    return Refused(facts.pop("code"), facts.pop("message"), **facts)
