"""The transition log as a worker follows it, and the view: what this worker has told its viewers.

The log is a capped Redis Stream with ids `<rev>-0`, appended to inside the script that decides a
transition. Every worker reads it from its last rev, so all tell the same in the same order. revs
have no holes: a hole means that entries were trimmed unread. Each entry names its epoch, so that
one of a new life of the store is never taken for the next of the old. Source: docs/adr/0004.
"""

import logging
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import redis

from presence.errors import PresenceUnavailable
from presence.keys import Keys
from presence.records import transition_of
from presence.rules import is_transition
from presence.terms import OFFLINE, SHIFTED, Place, Shown, Transition

log = logging.getLogger(__name__)

BLOCK_MS = 250  # also how long a reader that was repositioned may still wait on its old place
COUNT = 1_000
ANSWER_S = 5.0  # above BLOCK_MS; a Redis that is silent for longer hangs
DEAF_AFTER_S = 3.0
RECENT_MAX = 1_000  # entries kept here, as many as the store tells at once; about 0.5 MB


class View:
    """What this worker has told its viewers of every user, and up to which rev.

    Telling is one at a time, in the order of the log; what changes nothing is not told."""

    def __init__(self, on_transitions: Callable[[str, Sequence[Transition]], None]) -> None:
        self._on_transitions = on_transitions
        self._shown: dict[str, Shown] = {}
        self.rev = 0

    def __len__(self) -> int:
        return len(self._shown)

    def present(self) -> dict[str, Shown]:
        """Return everybody who was told to be something else than offline."""
        return dict(self._shown)

    def focused(self) -> dict[str, list[str]]:
        """Return the users by what they were told to have in front. O(those who are present)."""
        found: dict[str, list[str]] = {}
        for user_id, shown in self._shown.items():
            for focus in shown.focus:
                found.setdefault(focus, []).append(user_id)
        return found

    def seed(self, transitions: Sequence[Transition], rev: int) -> None:
        """Take this as told without telling it: the view of a worker that joins."""
        self._take(transitions)
        self.rev = rev

    def tell(self, place: Place, transitions: Sequence[Transition]) -> None:
        """Tell those that change something; the view is then at place."""
        news = self._take(transitions)
        self.rev = place.rev
        if not news:
            return
        try:
            self._on_transitions(place.epoch, news)
        except Exception:  # the fan-out is not ours; the next transitions must still be told
            log.exception("presence transitions could not be told")

    def _take(self, transitions: Sequence[Transition]) -> list[Transition]:
        news = []
        for transition in transitions:
            before = self._shown.get(transition.user_id, OFFLINE)
            if before == transition.shown:
                continue
            news.append(_as_told(before, transition))
            if transition.shown == OFFLINE:
                del self._shown[transition.user_id]
            else:
                self._shown[transition.user_id] = transition.shown
        return news


def _as_told(before: Shown, transition: Transition) -> Transition:
    """The transition against what was told before it: after a gap that is not what the log says."""
    cause = transition.cause if is_transition(before, transition.shown) else SHIFTED
    return replace(transition, left=before.focus, cause=cause)


class LogReader:
    """Follows the log on a link of its own and tells the view. Paused until it is given a place."""

    def __init__(
        self,
        client: redis.Redis,
        keys: Keys,
        view: View,
        *,
        on_gap: Callable[[], None],
        on_stranger: Callable[[str], None],
    ) -> None:
        self._client = client
        # The caller's client may wait for ever; a link that died without a word would then too.
        client.connection_pool.connection_kwargs["socket_timeout"] = ANSWER_S
        self._log_key = keys.log
        self._view = view
        self._on_gap = on_gap
        self._on_stranger = on_stranger
        self._telling = threading.Lock()
        self._place: Place | None = None
        self._placed = threading.Event()
        self._behind_since_s: float | None = None
        self._recent: deque[Transition] = deque(maxlen=RECENT_MAX)  # without holes, up to _place

    def pause(self) -> None:
        """Nothing more is told from the log until start_at; what was being told is done."""
        with self._telling:
            self._place = None
            self._placed.clear()

    def start_at(self, place: Place) -> None:
        """The next that is told is the transition after place."""
        with self._telling:
            self._place = place
            self._behind_since_s = None
            self._recent.clear()
            self._placed.set()

    def read_after(self, epoch: str, rev: int) -> tuple[Transition, ...]:
        """Return the entries that follow (epoch, rev) as far as this worker has read them.

        None of them when it does not know the first. Sends nothing: asked of the store, an entry
        costs 50 us once more, and each who comes back into a crowd asks for hundreds."""
        place = self._place
        if place is None or place.epoch != epoch:
            return ()
        count = place.rev - rev
        return tuple(self._recent)[-count:] if 0 < count <= len(self._recent) else ()

    def step(self) -> None:
        """Wait for what comes next in the log, a quarter of a second at most, and tell it."""
        place = self._place
        if place is None:
            self._placed.wait(BLOCK_MS / 1000)
            return
        entries = self._read(place)
        with self._telling:
            if self._place is place:
                self._follow(place, entries)

    def reaches(self, rev: int) -> bool:
        """Say whether the reader is at rev, or may still get there; if not, its link is cut.

        Counted from when it was first found behind: a worker that was frozen finds out late."""
        now_s = time.monotonic()
        if self._place is None or self._view.rev >= rev:
            self._behind_since_s = None
            return True
        if self._behind_since_s is None:
            self._behind_since_s = now_s
        if now_s - self._behind_since_s < DEAF_AFTER_S:
            return True
        self._behind_since_s = None
        self.cut()
        return False

    def cut(self) -> None:
        """End the link; the next step makes a new one."""
        self._client.connection_pool.disconnect()

    def _read(self, place: Place) -> list[tuple[str, Transition]]:
        start: Any = {self._log_key: f"{place.rev}-0"}  # redis-py wants wider keys than str
        try:
            answer: Any = self._client.xread(start, count=COUNT, block=BLOCK_MS)  # untyped rows
        except (redis.RedisError, ValueError) as error:
            # ValueError: cut() closed the link's buffer under the reader, redis-py says so.
            timed_out = isinstance(error, redis.exceptions.TimeoutError)
            raise PresenceUnavailable(f"Redis log: {error}", timed_out=timed_out) from error
        streams = answer.values() if isinstance(answer, dict) else [rows for _, rows in answer]
        return [transition_of(*row) for rows in streams for row in _rows(rows)]

    def _follow(self, place: Place, entries: Sequence[tuple[str, Transition]]) -> None:
        known = [
            transition
            for position, (epoch, transition) in enumerate(entries, start=place.rev + 1)
            if epoch == place.epoch and transition.rev == position
        ]
        if known:
            self._place = Place(place.epoch, known[-1].rev)
            self._behind_since_s = None
            self._recent.extend(known)
            self._view.tell(self._place, known)
        if len(known) == len(entries):
            return
        self._place = None
        self._placed.clear()
        stranger = next((epoch for epoch, _ in entries if epoch != place.epoch), None)
        if stranger is None:
            self._on_gap()
        else:
            self._on_stranger(stranger)


def _rows(rows: Any) -> Any:
    """RESP3 wraps a stream's rows once more than RESP2 does."""
    return rows[0] if rows and isinstance(rows[0], list) else rows
