"""The beat: what each connection is told, and checked for, every heads_ms, whatever happened.

The rule of the file: nothing that was lost on the way stays lost for longer than one beat. Heads
come from SQL, so a client finds any gap; sessions are looked up in SQL, so none outlives its end.
After a gap of the bus `heal` does the same at once, and reads memberships anew.
Source: docs/WALKS.md 2; docs/PROMISES.md R6, R8.
"""

import logging
import random
import threading
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Sequence
from typing import Protocol

from chat import wire
from chat.connections import Connections, LiveConnection, RoomSet
from chat.errors import ChatError
from chat.fanout import EndSessions, Fanout
from chat.ids import RoomId, SessionId, UserId
from chat.terms import ADMIN, USER, Head

_JITTER = 0.1  # of the interval, so that workers do not beat together
_YIELD_EVERY = 200  # connections told between two turns of the loop
_TRIES = 5
_TOGETHER_S = 0.05  # who comes into rooms within this time is told by one query

log = logging.getLogger(__name__)


class Heads(Protocol):
    """What SQL knows of rooms and memberships."""

    def heads(self, room_ids: Sequence[RoomId]) -> dict[RoomId, Head]:
        """How far each of these rooms goes."""

    def rooms_of(self, user_ids: Collection[UserId]) -> dict[UserId, frozenset[RoomId]]:
        """The rooms of each of these users."""


class LiveSessions(Protocol):
    """What SQL knows of sessions."""

    def ended(self, session_ids: Collection[SessionId]) -> dict[SessionId, str]:
        """Those of the sessions that have ended, each with the code of its end."""

    def touch(self, session_ids: Collection[SessionId]) -> None:
        """The sessions were in use just now."""

    def admins(self) -> frozenset[UserId]:
        """The administrators."""


class TellMoves(Protocol):
    """How a user's connections here learn of what they missed."""

    def __call__(
        self, user_id: UserId, entered: Collection[RoomId], left: Collection[RoomId]
    ) -> None:
        """The rooms the user entered and left without being told."""


class Beat:
    """One thread that beats every heads_ms and heals when asked to."""

    def __init__(
        self,
        connections: Connections,
        fanout: Fanout,
        heads: Heads,
        sessions: LiveSessions,
        *,
        heads_ms: int,
        epoch: Callable[[], str],
        cut: EndSessions,
        tell_moves: TellMoves,
        bury_ghosts: Callable[[], None],
        pause: Callable[[], None] = lambda: None,
    ) -> None:
        self._connections = connections
        self._fanout = fanout
        self._heads = heads
        self._sessions = sessions
        self._heads_ms = heads_ms
        self._epoch = epoch
        self._cut = cut
        self._tell_moves = tell_moves
        self._bury_ghosts = bury_ghosts
        self._pause = pause
        self._wake = threading.Event()
        self._is_healing = False
        self._to_look_at: set[RoomId] = set()
        self._heard = threading.Event()
        self._is_stopped = threading.Event()

    def start(self) -> None:
        """Beats come from now on."""
        threading.Thread(target=self._run, name="beat", daemon=True).start()
        threading.Thread(target=self._look, name="beat.look", daemon=True).start()

    def stop(self) -> None:
        """No beat begins any more."""
        self._is_stopped.set()
        self._wake.set()
        self._heard.set()

    def heal(self) -> None:
        """The next beat comes at once and reads memberships too; returns before it does."""
        self._is_healing = True
        self._wake.set()

    def beat(self) -> None:
        """Heads went to every connection here; sessions were renewed, and those that ended cut;
        roles are those of SQL."""
        self._bury_ghosts()
        self._tell_heads()
        self._check_sessions()
        self._check_roles()

    def look_at(self, room_ids: Iterable[str]) -> None:
        """Soon who is in these rooms is told the heads of all of his; returns before that.

        For rooms that this worker hears of from now on: what came before is in the heads."""
        self._to_look_at.update(map(RoomId, room_ids))
        self._heard.set()

    def reread_memberships(self) -> None:
        """Every connection here is in the rooms that SQL names, and was told what changed."""
        for _ in range(_TRIES):
            moves = self._connections.moves
            rooms_of = self._heads.rooms_of(self._connections.user_ids())
            if moves == self._connections.moves:  # else what was read may be older than a move
                return self._move(rooms_of)
        return None

    def _run(self) -> None:
        while not self._is_stopped.is_set():
            spread = random.uniform(1 - _JITTER, 1)  # noqa: S311 - no secret
            self._wake.wait(self._heads_ms / 1000 * spread)
            self._wake.clear()
            if not self._is_stopped.is_set():
                self._beat_safely()

    def _beat_safely(self) -> None:
        is_healing, self._is_healing = self._is_healing, False
        try:
            if is_healing:
                self.reread_memberships()
            self.beat()
        except ChatError as away:
            self._is_healing = is_healing or self._is_healing
            log.warning("beat: left out, a dependency is away: %s", away.code)
        except Exception:
            log.exception("beat: failed, the next one is tried")

    def _look(self) -> None:
        while True:
            self._heard.wait()
            if self._is_stopped.wait(_TOGETHER_S):
                return
            self._heard.clear()
            rooms, self._to_look_at = self._to_look_at, set()
            self._look_safely(rooms)

    def _look_safely(self, rooms: Collection[RoomId]) -> None:
        try:
            places = frozenset[RoomId]().union(*(one.rooms for one in self._members(rooms)))
            heads = self._heads.heads(list(places))
            # Also those who are just connecting: they get it behind their session:ready.
            self._tell(heads, self._members(rooms))
        except ChatError as away:
            log.warning("beat: heads are told by the next one, a dependency is away: %s", away.code)
        except Exception:
            log.exception("beat: heads could not be told, the next one is tried")

    def _members(self, rooms: Collection[RoomId]) -> Iterable[LiveConnection]:
        here = [one for room_id in rooms for one in self._connections.in_room(room_id)]
        return dict.fromkeys(here)

    def _tell_heads(self) -> None:
        heads = self._heads.heads(self._connections.rooms())
        self._tell(heads, [one for one in self._connections if one.parked is None])

    def _tell(self, heads: dict[RoomId, Head], to: Iterable[LiveConnection]) -> None:
        alike: dict[tuple[RoomSet, int], list[LiveConnection]] = defaultdict(list)
        for connection in to:
            alike[connection.rooms, connection.told_rev].append(connection)
        told = 0
        for (rooms, rev), connections in alike.items():
            beat = self._told(rev, {one: heads[one] for one in rooms if one in heads})
            self._fanout.to_connections(connections, "room:heads", beat)
            told += len(connections)
            if told >= _YIELD_EVERY:
                told = 0
                self._pause()

    def _told(self, rev: int, heads: dict[RoomId, Head]) -> wire.RoomHeads:
        return wire.RoomHeads(
            epoch=self._epoch(),
            rev=rev,
            heads={str(room_id): head.seq for room_id, head in heads.items()},
            revs={str(room_id): head.rev for room_id, head in heads.items()},
        )

    def _check_sessions(self) -> None:
        session_ids = self._connections.session_ids()
        if not session_ids:
            return
        ended = self._sessions.ended(session_ids)
        for code in set(ended.values()):
            self._cut([one for one in ended if ended[one] == code], code)
        if live := set(session_ids) - ended.keys():
            self._sessions.touch(live)

    def _check_roles(self) -> None:
        admins = self._sessions.admins()
        acting = {one.user_id for one in self._connections if one.identity.is_admin}
        for user_id in acting ^ (admins & set(self._connections.user_ids())):
            role = ADMIN if user_id in admins else USER
            if self._connections.set_role(user_id, role):
                told = wire.SessionRole(role=role)
                self._fanout.to_connections(
                    self._connections.of_user(user_id), "session:role", told
                )

    def _move(self, rooms_of: dict[UserId, RoomSet]) -> None:
        for user_id, rooms in rooms_of.items():
            before = self._connections.rooms_of_user(user_id)
            if before != rooms:
                self._connections.set_rooms(user_id, rooms)
                self._tell_moves(user_id, rooms - before, before - rooms)
