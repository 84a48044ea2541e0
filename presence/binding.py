"""Presence bound to Flask-SocketIO: connect, disconnect, and the PONG of Engine.IO.

The only file that touches a web framework. It owns the two events `connect` and `disconnect`;
registering either again elsewhere would silently replace it.
"""

import weakref
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import flask
from flask_socketio import SocketIO
from socketio.exceptions import ConnectionRefusedError as SocketRefused

from presence.errors import Refused
from presence.terms import Connection
from presence.tracker import Tracker

NAMESPACE = "/"


@dataclass(frozen=True, slots=True)
class Arrival:
    """Who stands behind a new socket; context is the caller's own and comes back untouched."""

    user_id: str
    context: object = None
    visible: bool = True
    device: str = ""


@dataclass(frozen=True, slots=True)
class Entered:
    """A socket that is in: its Socket.IO sid, its connection, and what identify gave for it."""

    sid: str
    connection: Connection
    context: object


@dataclass(frozen=True, slots=True)
class Left:
    """A socket that is gone; reason is python-socketio's word for it."""

    sid: str
    connection: Connection
    context: object
    reason: str


def bind(
    socketio: SocketIO,
    tracker: Tracker,
    identify: Callable[[object], Arrival],
    entered: Callable[[Entered], None],
    left: Callable[[Left], None],
) -> None:
    """Every socket of socketio is from now on a connection of tracker.

    identify(auth) runs in Flask's request context, once a connection, and may raise Refused: the
    client gets {"code", "message", ...facts} as the data of its connect_error. entered runs after
    the lease was asked for, still inside the connect event; left runs once for each entered, always
    after it, also when the client went away in between. If entered raises, the lease is revoked.
    """
    door = _Door(socketio, tracker, identify, entered, left)
    socketio.on_event("connect", door.on_connect, namespace=NAMESPACE)
    socketio.on_event("disconnect", door.on_disconnect, namespace=NAMESPACE)


class _Door:
    def __init__(
        self,
        socketio: SocketIO,
        tracker: Tracker,
        identify: Callable[[object], Arrival],
        entered: Callable[[Entered], None],
        left: Callable[[Left], None],
    ) -> None:
        self._socketio = socketio
        self._tracker = tracker
        self._identify = identify
        self._entered = entered
        self._left = left
        self._inside: dict[str, Entered] = {}

    def on_connect(self, auth: object = None) -> None:
        sid: str = flask.request.sid  # type: ignore[attr-defined] # Flask-SocketIO adds it
        eio_socket = self._engine_socket(sid)  # at the end it may be gone from every table
        try:
            arrival = self._identify(auth)
            self._let_in(sid, arrival, eio_socket)
        except Refused as refusal:
            facts = {"code": refusal.code, "message": refusal.message, **refusal.facts}
            raise SocketRefused(refusal.message, facts) from refusal

    def on_disconnect(self, reason: str = "") -> None:
        sid: str = flask.request.sid  # type: ignore[attr-defined] # Flask-SocketIO adds it
        self._see_off(sid, reason)

    def _let_in(self, sid: str, arrival: Arrival, eio_socket: Any) -> None:  # as below
        connection = self._tracker.connected(
            arrival.user_id, visible=arrival.visible, device=arrival.device
        )
        if eio_socket is not None:
            self._feed(eio_socket, connection.id)
        try:
            self._inside[sid] = inside = Entered(sid, connection, arrival.context)
            self._entered(inside)
        except BaseException:
            self._inside.pop(sid, None)
            self._tracker.signed_out(connection.id)
            raise
        if eio_socket is not None and (eio_socket.closing or eio_socket.closed):
            # Who left while this ran gets no disconnect event from python-socketio 5.18
            # (pre_connect returns early): he would stay for ever.
            self._see_off(sid, "transport close")

    def _see_off(self, sid: str, reason: str) -> None:
        inside = self._inside.pop(sid, None)
        if inside is None:
            return
        self._tracker.disconnected(inside.connection.id)
        self._left(Left(sid, inside.connection, inside.context, reason))

    def _engine_socket(self, sid: str) -> Any:  # python-engineio ships no types
        server = self._socketio.server
        return server.eio.sockets.get(server.manager.eio_sid_from_sid(sid, NAMESPACE))

    def _feed(self, eio_socket: Any, connection_id: str) -> None:  # no types, as above
        """Each PONG of this socket is from now on a sign of life of the connection.

        Engine.IO answers a PONG by scheduling the next ping and tells nobody else.
        Source: engineio/socket.py receive(), python-engineio 4.15."""
        schedule_ping, weakly = type(eio_socket).schedule_ping, weakref.ref(eio_socket)

        def seen_and_schedule() -> None:
            self._tracker.seen(connection_id)
            schedule_ping(weakly())

        eio_socket.schedule_ping = seen_and_schedule
