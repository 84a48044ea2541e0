"""Gates: of many who want the same at once, a few get it at a time, so that nobody else waits.

The rule of the file: it knows nothing of sockets; it says when it is whose turn.
"""

import threading
import time
from typing import Final, Self

PLACES: Final = 16  # at work at a time: their share of a turn of the loop is some 10 ms
LENT_S: Final = 2.0  # a store that hangs must not keep those waiting whom it could refuse


class Place:
    """A place in a gate, held until it is left, or until the gate needs it for somebody else."""

    def __init__(self, gate: "Gate | None" = None) -> None:
        """The place is one of gate's, or one that nobody has to wait for."""
        self._gate = gate

    def leave(self) -> None:
        """The place is free for the next; safe to call twice."""
        if self._gate is not None:
            self._gate.take_back(self)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.leave()


class Gate:
    """At most PLACES go through at a time; whoever takes longer than LENT_S keeps nobody waiting.

    A turn of the loop serves whoever is ready. When a thousand sockets open, come in or close in
    the same turn it takes a second, and an answer takes several turns."""

    def __init__(self, places: int = PLACES, lent_s: float = LENT_S) -> None:
        """All places are free."""
        self._free = threading.Semaphore(places)
        self._lent_s = lent_s
        self._lent: dict[Place, float] = {}

    def place(self) -> Place:
        """Wait for a place and return it."""
        while not self._free.acquire(timeout=self._lent_s):
            self._take_back_overdue()
        place = Place(self)
        self._lent[place] = time.monotonic()
        time.sleep(0)  # who then waits for nothing keeps his place into the next turn all the same
        return place

    def take_back(self, place: Place) -> None:
        """The place is free, if it was not already."""
        if self._lent.pop(place, None) is not None:
            self._free.release()

    def _take_back_overdue(self) -> None:
        overdue = time.monotonic() - self._lent_s
        for place in [place for place, since in self._lent.items() if since <= overdue]:
            self.take_back(place)
