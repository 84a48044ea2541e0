"""Transitions out to viewers: who may see it, gathered for a moment, one frame for many.

The rules of the file: every worker reads the same log and tells its own connections; a transition
goes to those who share a room with the user, and to himself, a shift to the members of the rooms
that it is about; viewers who may see the same get the same frame, so N people who come back at
once cost few frames, however differently they share rooms. Source: docs/PROMISES.md R3, R9.
"""

import logging
import threading
from collections import defaultdict
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Protocol

from msgspec import UNSET

from chat import wire
from chat.connections import Connections, LiveConnection, RoomSet
from chat.errors import ChatError
from chat.fanout import Fanout
from chat.ids import RoomId, UserId
from chat.roster.sight import Told, View
from presence.terms import Transition

GATHER_S = 0.05  # a diff waits this long for others
_RETRY_S = 1.0
_PENDING_MAX = 20_000  # transitions kept while SQL is away; beyond it viewers resync

log = logging.getLogger(__name__)


class RoomsOf(Protocol):
    """Where users are; SQL answers."""

    def __call__(self, user_ids: Collection[UserId]) -> dict[UserId, frozenset[RoomId]]:
        """The rooms of each of these users."""


class NoteLastSeen(Protocol):
    """Where last-seen times are kept."""

    def __call__(self, last_seen_at_ms: Mapping[UserId, int]) -> None:
        """Write down when each was last online."""


class Announcer:
    """Tells this worker's connections of transitions; one thread, started and stopped."""

    def __init__(
        self,
        connections: Connections,
        fanout: Fanout,
        rooms_of: RoomsOf,
        note_last_seen: NoteLastSeen,
        *,
        tell_lapsed: Callable[[Collection[UserId]], None] = lambda _: None,
        on_told: Callable[[Sequence[Transition]], None] = lambda _: None,
        pause: Callable[[], None] = lambda: None,
    ) -> None:
        """tell_lapsed(user_ids): they are to learn that their claims have lapsed.
        on_told(transitions): called when they were handed to the fan-out.

        pause lets other work of the process go on between two frames."""
        self._connections = connections
        self._fanout = fanout
        self._rooms_of = rooms_of
        self._note_last_seen = note_last_seen
        self._tell_lapsed = tell_lapsed
        self._on_told = on_told
        self._pause = pause
        self._pending: list[tuple[str, Transition]] = []
        self._unwritten: dict[UserId, int] = {}
        self._wake = threading.Event()
        self._is_stopped = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Announcements go out from now on."""
        self._is_stopped.clear()
        self._thread = threading.Thread(target=self._run, name="announcer", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """What was announced so far went out, if SQL answered; the thread is gone."""
        self._is_stopped.set()
        self._wake.set()
        if self._thread is not None:
            self._thread.join(2.0)
            self._thread = None

    def announce(self, epoch: str, transitions: Sequence[Transition], worker_id: str) -> None:
        """Viewers here get the transitions within GATHER_S, in order; returns at once.

        worker_id is this worker's: it writes down the last-seen times that it decided itself."""
        self._pending.extend((epoch, transition) for transition in transitions)
        for one in transitions:
            if one.by == worker_id and one.last_seen_at_ms is not None:
                self._unwritten[UserId(one.user_id)] = one.last_seen_at_ms
        self._wake.set()

    def resync(self, epoch: str) -> None:
        """Everybody here asks for the roster again; what is shown stays unknown until then."""
        self.forget()
        resync = wire.PresenceResync(epoch=epoch)
        self._fanout.to_connections(self._connections.all(), "presence:resync", resync)

    def forget(self) -> None:
        """What waits is not told: it is of a life of the store that is over."""
        self._pending.clear()

    def lose_sight(self) -> None:
        """Everybody here shows others as unknown from now on."""
        self._fanout.to_connections(self._connections.all(), "presence:unknown", wire.Done())

    def _run(self) -> None:
        while not self._is_stopped.is_set():
            self._wake.wait()
            self._is_stopped.wait(GATHER_S)
            self._wake.clear()
            try:
                self._tell_pending()
                self._write_last_seen()
            except ChatError as away:
                log.warning("announcer: SQL is away, diffs wait: %s", away.code)
                self._try_later()
            except Exception:
                log.exception("announcer: a diff could not be told, viewers resync")
                self._pending.clear()

    def _try_later(self) -> None:
        if len(self._pending) > _PENDING_MAX:
            self.resync(self._pending[-1][0])
        self._is_stopped.wait(_RETRY_S)
        self._wake.set()

    def _tell_pending(self) -> None:
        batch, self._pending = self._pending, []
        if not batch:
            return
        try:
            rooms_of = self._rooms_of({UserId(one.user_id) for _, one in batch})
        except ChatError:
            self._pending[:0] = batch
            raise
        for epoch in dict.fromkeys(epoch for epoch, _ in batch):
            self._tell(epoch, [one for of, one in batch if of == epoch], rooms_of)
        self._on_told([one for _, one in batch])
        lapsed = {UserId(one.user_id) for _, one in batch if one.cause == "claim_ended"}
        if lapsed:
            self._tell_lapsed(lapsed)

    def _tell(
        self, epoch: str, batch: list[Transition], rooms_of: Mapping[UserId, RoomSet]
    ) -> None:
        """Each viewer gets one frame of what he may see of the batch; those who see the same get
        the same frame, whatever other rooms they are in."""
        told = Told(batch, rooms_of)
        alike: dict[View, list[LiveConnection]] = defaultdict(list)
        for rooms, viewers in self._viewers_of(told).items():
            alike[told.to_viewer_in(rooms)] += viewers
        for place, one in enumerate(batch):
            if not rooms_of[UserId(one.user_id)]:
                alike[((place, ()),)] += self._connections.of_user(UserId(one.user_id))
        for view, viewers in alike.items():
            if not viewers:
                continue
            changes = [_change(batch[place], here) for place, here in view]
            diff = wire.PresenceDiff(epoch=epoch, rev=batch[-1].rev, changes=changes)
            self._fanout.presence_diff(viewers, diff)
            self._pause()

    def _viewers_of(self, told: Told) -> dict[RoomSet, list[LiveConnection]]:
        """The connections that are told something, by where they are of the rooms that matter."""
        viewers = {
            connection.sid: connection
            for room_id in told.in_rooms
            for connection in self._connections.in_room(room_id)
        }
        alike: dict[RoomSet, list[LiveConnection]] = defaultdict(list)
        for connection in viewers.values():
            alike[connection.rooms & told.rooms].append(connection)
        return alike

    def _write_last_seen(self) -> None:
        unwritten = dict(self._unwritten)
        if unwritten:
            self._note_last_seen(unwritten)
        for user_id, at_ms in unwritten.items():
            if self._unwritten.get(user_id) == at_ms:
                del self._unwritten[user_id]


def _change(one: Transition, here: Sequence[str]) -> wire.PresenceChange:
    last_seen = UNSET if one.last_seen_at_ms is None else one.last_seen_at_ms
    return wire.PresenceChange(
        user_id=one.user_id,
        status=str(one.status),
        text=one.text or UNSET,
        emoji=one.emoji or UNSET,
        last_seen_at_ms=last_seen,
        here=[*here] or UNSET,
    )
