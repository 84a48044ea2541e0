"""Connections that left a moment ago, by session: signing out ends their grace too.

Without it a tab that was closed just before would keep its user online for the rest of the grace,
longer than signing out may take to be seen (docs/PROMISES.md R2).
"""

from collections import deque

from chat.clock import Clock
from chat.ids import ConnectionId, SessionId


class Departures:
    """Who left within the last keep_ms."""

    def __init__(self, keep_ms: int, now_ms: Clock) -> None:
        self._keep_ms = keep_ms
        self._now_ms = now_ms
        self._left: deque[tuple[int, SessionId, ConnectionId]] = deque()

    def note(self, session_id: SessionId, connection_id: ConnectionId) -> None:
        """The connection, which the session had signed in, left just now."""
        self._forget()
        self._left.append((self._now_ms(), session_id, connection_id))

    def of(self, session_id: SessionId) -> list[ConnectionId]:
        """The connections of the session that may still be in their grace."""
        self._forget()
        return [left for _, of, left in self._left if of == session_id]

    def _forget(self) -> None:
        oldest = self._now_ms() - self._keep_ms
        while self._left and self._left[0][0] < oldest:
            self._left.popleft()
