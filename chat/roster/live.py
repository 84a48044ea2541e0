"""The live side of one worker, put together: socket edge, fan-out, bus, presence, beat.

The rule of the file: it builds, connects, starts and stops; it decides nothing. What it cannot know
(who is behind a cookie, who is in which room) is handed in.
"""

import logging
import random
import time
from collections.abc import Callable, Sequence
from functools import partial
from typing import Protocol

import flask
import redis
from flask_socketio import SocketIO

from chat import clock, green, redis_client, wire
from chat.acks import Acks
from chat.beat import Beat, Heads, LiveSessions
from chat.buckets import Limit
from chat.bus import Bus
from chat.config import Config
from chat.connections import Connections, LiveConnection
from chat.db import Database
from chat.delivery import Delivery
from chat.edge import Edge, EdgeLimits
from chat.fanout import Fanout
from chat.handshake import is_own_origin, origin_of
from chat.ids import RoomId, SessionId, UserId
from chat.lags import Lags
from chat.packets import ConnectedManager, Json, TextPacket
from chat.roster import events
from chat.roster.announcer import Announcer
from chat.roster.claims import Claims
from chat.roster.departures import Departures
from chat.roster.entrance import Entrance, HeadsFor, HouseRules, Knock
from chat.roster.last_seen import LastSeen
from chat.roster.moves import Moves, RoomsSeen
from chat.roster.probes import note_people, rooms_of_people
from chat.roster.service import People, Roster
from chat.roster.statuses import Statuses, own_claim
from chat.roster.timings import bounds_of, timings_of
from chat.terms import Head, Identity
from chat.together import Together
from presence.binding import bind
from presence.store import GRANT_BATCH
from presence.terms import Transition
from presence.tracker import Tracker

FAREWELL_S = 0.3  # for the last frames to leave before a socket is closed
LONGEST_SPREAD_MS = 5_000  # over which a draining worker's clients come back elsewhere
SPREAD_MS_EACH = 2
LEAST_SPREAD_MS = 200


class Places(People, Heads, Protocol):
    """What SQL knows of rooms and memberships."""

    def heads_for(self, user_id: UserId) -> dict[RoomId, Head]:
        """How far each room goes that the user is a member of."""


class Live:
    """Every part that live connections need; attributes are for wiring and for tests."""

    def __init__(
        self,
        app: flask.Flask,
        config: Config,
        db: Database,
        client: redis.Redis,
        *,
        places: Places,
        sessions: LiveSessions,
        identify: Callable[[], Identity | None],
        room_seen: RoomsSeen,
    ) -> None:
        """app answers Socket.IO at /socket.io from now on; nothing runs before `start`."""
        self._config = config
        self._places = places
        self._room_seen = room_seen
        self.socketio = _socketio(app, config)
        self.edge = Edge(self.socketio.server, _limits(config), clock.now_ms, green.pause)
        # Wrapping wsgi_app is what Flask documents; to mypy it is a method.
        app.wsgi_app = self.edge.guarded(app.wsgi_app)  # type: ignore[method-assign,assignment]
        self.connections = Connections(self.edge.send)
        self._bus_client = redis_client.connect(config.redis_url, size=2)
        self.bus = Bus(
            self._bus_client,
            self._received,
            self._heal,
            on_heard=self._rooms_heard,
            pause=green.pause,
        )
        self.connections.on_room = self.bus.hears
        delivery = Delivery(
            self.connections, self.socketio.start_background_task, pause=green.pause
        )
        self.fanout = Fanout(self.connections, self.bus.publish, self.cut, delivery.send)
        claims = Claims(db, clock.now_ms)
        self.tracker = self._tracker(client, claims)
        last_seen = LastSeen(db)
        self.roster = Roster(self.tracker, places, green.pause)
        self.statuses = Statuses(
            self.tracker,
            claims,
            roster=self.roster,
            fanout=self.fanout,
            connections=self.connections,
            now_ms=clock.now_ms,
        )
        self.lags = Lags(bounds_of(timings_of(config)), self.tracker.now_ms)
        self.announcer = Announcer(
            self.connections,
            self.fanout,
            rooms_of_people(places.rooms_of),
            note_people(last_seen.note),
            on_told=self.lags.told,
            tell_lapsed=self.statuses.lapsed,
            pause=green.pause,
        )
        self.moves = Moves(self.fanout, self.roster, self.connections)
        self._departures = Departures(timings_of(config).drain_ms, clock.now_ms)
        self.entrance = self._entrance(places.heads_for, identify)
        self.acks = Acks(self.socketio.server, self.connections)
        self.beat = self._beat(places, sessions)
        self._bind()

    def start(self) -> None:
        """Presence is kept, the bus read, the beat beaten."""
        for part in (self.edge, self.announcer, self.tracker, self.bus, self.beat):
            part.start()

    def drain(self) -> None:
        """Every connection was told to go elsewhere, most did, the others were closed."""
        self.edge.drain()
        self.tracker.drain()
        spread_ms = self._spread_ms()
        for connection in self.connections:
            wait_ms = random.randint(0, spread_ms)  # noqa: S311 - spreads clients, no secret
            draining = wire.ServerDraining(reconnect_in_ms=wait_ms)
            self.fanout.to_connections([connection], "server:draining", draining)
        self._wait_for_farewells(spread_ms / 1000 + FAREWELL_S)
        for connection in self.connections:
            self.socketio.server.disconnect(connection.sid)
        time.sleep(FAREWELL_S if len(self.connections) else 0)

    def stop(self) -> None:
        """Nothing of the live side runs any more."""
        for part in (self.beat, self.announcer, self.tracker, self.bus, self.edge):
            part.stop()
        self._bus_client.close()

    def cut(self, session_ids: Sequence[SessionId], code: str) -> None:
        """The connections here of these sessions were told why, and are closed; no grace."""
        for session_id in session_ids:
            for connection in self.connections.of_session(session_id):
                self._cut(connection, code)
            for connection_id in self._departures.of(session_id):
                self.tracker.signed_out(connection_id)

    def _cut(self, connection: LiveConnection, code: str) -> None:
        # First: a tab that leaves by itself when it is told would otherwise still get the grace.
        self.tracker.signed_out(connection.id)
        ended = wire.SessionEnded(code=code)
        self.fanout.last_words(connection, "session:ended", ended)
        if connection.parked is None:
            self.socketio.server.disconnect(connection.sid)
        else:  # python-socketio ignores a disconnect before CONNECT was answered
            self.edge.drop(connection.eio_sid)

    def _bury_ghosts(self) -> None:
        for ghost in self.entrance.bury_ghosts(self.edge.has_socket):
            self.tracker.disconnected(ghost.id)

    def _received(self, kind: str, target: str, frame: str) -> None:
        self.fanout.receive(kind, target, frame)

    def _heal(self) -> None:
        self.beat.heal()

    def _rooms_heard(self, room_ids: Sequence[str]) -> None:
        self.beat.look_at(room_ids)

    def _announce(self, epoch: str, transitions: Sequence[Transition]) -> None:
        self.announcer.announce(epoch, transitions, self.tracker.worker_id)

    def _seen_again(self, is_available: bool) -> None:  # noqa: FBT001 - presence calls it so
        self.lags.lose_sight()
        if is_available:
            self.announcer.resync(self.tracker.epoch or "")
        else:
            self.announcer.lose_sight()

    def _tracker(self, client: redis.Redis, claims: Claims) -> Tracker:
        return Tracker(
            client,
            lambda: redis_client.connect_blocking(self._config.redis_url),
            timings_of(self._config),
            on_transitions=self._announce,
            on_reset=lambda _epoch: self.announcer.forget(),
            on_available=self._seen_again,
            claims_of=claims.of,
            together=lambda grant_all: Together(grant_all, most=GRANT_BATCH).do,
            shards=self._config.presence_shards,
        )

    def _entrance(self, heads_for: HeadsFor, identify: Callable[[], Identity | None]) -> Entrance:
        return Entrance(
            self.connections,
            self.fanout,
            self.tracker,
            heads_for,
            self._house_rules(),
            knock=self._knock,
            identify=identify,
            close_soon=self.edge.close_soon,
            belongs=self.edge.belongs,
            departures=self._departures,
            own_claim=self._own_claim,
        )

    def _beat(self, places: Places, sessions: LiveSessions) -> Beat:
        return Beat(
            self.connections,
            self.fanout,
            places,
            sessions,
            heads_ms=self._config.heads_ms,
            epoch=lambda: self.tracker.epoch or "",
            cut=self.cut,
            tell_moves=partial(self.moves.missed, room_seen=self._room_seen),
            bury_ghosts=self._bury_ghosts,
            pause=green.pause,
        )

    def _bind(self) -> None:
        entrance = self.entrance
        bind(self.socketio, self.tracker, entrance.identify, entrance.entered, entrance.left)
        self.socketio.server.manager.on_connected = entrance.opened
        events.register(
            self.acks, self.roster, self.statuses, self.tracker.set_visible, self._is_member
        )

    def _is_member(self, user_id: UserId, room_id: RoomId) -> bool:
        return room_id in self._places.rooms_of([user_id])[user_id]

    def _own_claim(self, user_id: UserId) -> wire.OwnClaim:
        return own_claim(self.tracker.claim_of(user_id), clock.now_ms())

    def _knock(self) -> Knock:
        environ = flask.request.environ
        sid: str = flask.request.sid  # type: ignore[attr-defined]  # Flask-SocketIO adds it
        engine_sid = self.socketio.server.manager.eio_sid_from_sid(sid, "/")
        return Knock(
            sid=sid,
            engine_sid=engine_sid,
            address=str(environ.get("REMOTE_ADDR", "")),
            origin=origin_of(environ),
            host=str(environ.get("HTTP_HOST", "")),
            user_agent=str(environ.get("HTTP_USER_AGENT", "")),
            has_cookie="HTTP_COOKIE" in environ,
        )

    def _house_rules(self) -> HouseRules:
        timings = timings_of(self._config)
        bounds = timings.bounds()
        allowed = tuple(filter(None, (*self._config.origins, self._config.public_url)))
        return HouseRules(
            is_origin_allowed=partial(is_own_origin, allowed=allowed),
            is_draining=lambda: self.edge.is_draining,
            user_connections=self._config.max_user_connections,
            ping_ms=timings.ping_ms,
            grace_ms=timings.grace_ms,
            lease_ms=timings.lease_ms,
            heads_ms=self._config.heads_ms,
            bounds_ms=wire.BoundsMs(
                tab_closed=bounds.tab_closed_ms,
                silent=bounds.silent_ms,
                worker_killed=bounds.worker_killed_ms,
                signed_out=bounds.signed_out_ms,
            ),
            retention_days=self._config.retention_days,
        )

    def _spread_ms(self) -> int:
        wanted = max(LEAST_SPREAD_MS, len(self.connections) * SPREAD_MS_EACH)
        return min(wanted, LONGEST_SPREAD_MS, self._config.drain_ms // 2)

    def _wait_for_farewells(self, longest_s: float) -> None:
        deadline = time.monotonic() + longest_s
        while len(self.connections) and time.monotonic() < deadline:
            time.sleep(0.02)


def _socketio(app: flask.Flask, config: Config) -> SocketIO:
    """Flask-SocketIO as Rollcall needs it; each option departs from the default for a reason."""
    # Its own loggers print each packet, bodies and all, at INFO, and each line twice.
    quiet = logging.getLogger("rollcall.socketio")
    quiet.setLevel(logging.ERROR)
    return SocketIO(
        app,
        async_mode=green.ASYNC_MODE,
        async_handlers=False,  # else one sender's messages overtake each other: 138 of 300
        manage_session=False,  # the session is read once, at connect
        client_manager=ConnectedManager(),
        serializer=TextPacket,
        json=Json,
        cors_allowed_origins=[],  # the entrance checks it, and says `wrong_origin`
        transports=list(config.transports),
        ping_interval=config.ping_ms / 1000,
        ping_timeout=config.ping_timeout_ms / 1000,
        max_http_buffer_size=config.max_packet_bytes,
        logger=quiet,
        engineio_logger=quiet,
        monitor_clients="polling" in config.transports,  # chat/pings.py watches WebSockets
        http_compression=False,  # secrets and foreign text in one compressed body (BREACH)
    )


def _limits(config: Config) -> EdgeLimits:
    return EdgeLimits(
        packets=Limit(rate=config.event_rate, burst=config.event_burst),
        packet_bytes=config.max_packet_bytes,
        address_connections=config.max_address_connections,
        ping_ms=config.ping_ms,
        ping_timeout_ms=config.ping_timeout_ms,
        transports=config.transports,
    )
