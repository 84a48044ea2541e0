"""Events in, acks out: the one way from a Socket.IO event to a handler, and the catch-all.

The rules of the file: an event is registered once and only if `chat/wire` lists it; its payload is
checked before its handler sees it; the ack is the result or the one error shape, whatever happens.
Handlers are registered on python-socketio itself: Flask-SocketIO's wrapper would open a request
context, and with it read the session from Redis, for each event. Measured: 100 events, 100 GETs.
"""

import logging
import secrets
from collections.abc import Callable
from typing import Protocol, TypeVar

import msgspec
from prometheus_client import Counter

from chat import wire
from chat.connections import Connections, LiveConnection
from chat.errors import ChatError, Internal, Invalid, NotSignedIn, UnknownEvent, from_exception

NAMESPACE = "/"
R = TypeVar("R", bound=wire.Request)
Ack = msgspec.Raw  # JSON that goes into the packet as it is

log = logging.getLogger(__name__)
_events = Counter("rollcall_events_total", "Events that clients sent.", ["event", "outcome"])


class SocketServer(Protocol):
    """What is needed of python-socketio's server."""

    def on(self, event: str, handler: Callable[..., Ack], namespace: str) -> object:
        """Call handler(sid, *arguments) for each such event."""


class Acks:
    """Registers handlers of events; each answers with a result or raises."""

    def __init__(self, server: SocketServer, connections: Connections) -> None:
        """An event that nobody registered is answered `unknown_event`."""
        self._server = server
        self._connections = connections
        self._registered: set[str] = set()
        server.on("*", self._refuse_unknown, namespace=NAMESPACE)

    def register(
        self, event: str, shape: type[R], handler: Callable[[LiveConnection, R], wire.Answer]
    ) -> None:
        """The event is answered by handler(connection, request) from now on.

        Raises ValueError for a second owner, or for an event or a shape that is not on the wire:
        Socket.IO itself would silently replace the first handler."""
        if event in self._registered or wire.CLIENT_EVENTS[event][0] is not shape:
            raise ValueError(f"{event} has an owner already, or another shape in chat/wire")
        self._registered.add(event)

        def on_event(sid: str, *arguments: object) -> Ack:
            return self._acked(event, lambda: handler(*self._checked(sid, arguments, shape)))

        self._server.on(event, on_event, namespace=NAMESPACE)

    @property
    def unregistered(self) -> set[str]:
        """Events of the wire that nobody answers yet."""
        return set(wire.CLIENT_EVENTS) - self._registered

    def _checked(
        self, sid: str, arguments: tuple[object, ...], shape: type[R]
    ) -> tuple[LiveConnection, R]:
        connection = self._connections.get(sid)
        if connection is None:
            raise NotSignedIn
        if len(arguments) != 1:
            raise Invalid(f"An event carries one object; this one carried {len(arguments)} values.")
        return connection, wire.request_from(arguments[0], shape)

    def _acked(self, event: str, answer: Callable[[], wire.Answer]) -> Ack:
        try:
            ack = wire.to_raw(answer())
        except Exception as error:  # noqa: BLE001 - the catch-all of acks
            refusal = _refusal_of(event, error)
            _events.labels(event, refusal.code).inc()
            return msgspec.Raw(msgspec.json.encode(refusal.as_body()))
        _events.labels(event, "ok").inc()
        return ack

    def _refuse_unknown(self, _event: str, _sid: str, *_arguments: object) -> Ack:
        def refuse() -> wire.Answer:
            raise UnknownEvent

        return self._acked("unknown", refuse)


def _refusal_of(event: str, error: Exception) -> ChatError:
    """What the client is told; a defect is logged under a reference that the client gets too."""
    refusal = from_exception(error)
    if isinstance(refusal, Internal):
        reference = secrets.token_hex(4)
        log.error("event failed: %s, reference %s", event, reference, exc_info=error)
        return Internal(f"{Internal.sentence} Reference: {reference}.")
    return refusal
