"""Gates: of many who want the same at once, a few get it at a time, so that nobody else waits.

The rule of the file: it knows nothing of sockets; it says when it is whose turn.
"""

import threading
from typing import Final, Self

PLACES: Final = 16  # at work at a time: their share of a turn of the loop is some 10 ms
PATIENCE_S: Final = 8.0  # a store that hangs must not keep those waiting whom it could refuse


class Place:
    """A place in a gate, held until it is left; or none, for somebody who waited too long."""

    def __init__(self, places: threading.Semaphore | None) -> None:
        """The place was just taken from places."""
        self._places = places

    def leave(self) -> None:
        """The place is free for the next; safe to call twice."""
        places, self._places = self._places, None
        if places is not None:
            places.release()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.leave()


class Gate:
    """At most PLACES go through at a time, and nobody waits longer than PATIENCE_S for his place.

    A turn of the loop serves whoever is ready. When a thousand sockets open, come in or close in
    the same turn it takes a second, and an answer takes several turns."""

    def __init__(self, places: int = PLACES, patience_s: float = PATIENCE_S) -> None:
        """All places are free."""
        self._places = threading.Semaphore(places)
        self._patience_s = patience_s

    def place(self) -> Place:
        """Wait for a place and return it; whoever has waited too long goes on without one."""
        return Place(self._places if self._places.acquire(timeout=self._patience_s) else None)
