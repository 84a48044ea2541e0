"""Work of many callers done in one go: whoever stands first does it for all who came meanwhile.

The rule of the file: first come, first served, and nobody waits for work that came after the batch
he is in. Batches begin at least gather_s apart: who comes after a quiet time is served at once,
and under load more of them share what a batch costs, however many they are.
Not here: what is done, and what becomes of each (`messages/posting.py`). Source: docs/adr/0015.
"""

import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Generic, TypeVar

W = TypeVar("W")


def _held() -> threading.Lock:
    lock = threading.Lock()
    lock.acquire()  # whoever waits for it goes on when it is let go: the cheapest green signal
    return lock


@dataclass(eq=False, slots=True)
class _Place(Generic[W]):
    """One caller's place in the line; when turn is free he leads a batch, or his work is done."""

    work: W
    turn: threading.Lock = field(default_factory=_held)
    is_done: bool = False
    error: BaseException | None = None


class Together(Generic[W]):
    """One line of work; greenlets and threads may stand in it."""

    def __init__(
        self, do_all: Callable[[Sequence[W]], None], *, most: int, gather_s: float = 0.0
    ) -> None:
        """do_all gets at most `most` at once, in the order in which they came."""
        self._do_all = do_all
        self._most = most
        self._gather_s = gather_s
        self._lock = threading.Lock()
        self._line: deque[_Place[W]] = deque()
        self._is_led = False
        self._began_s = 0.0

    def do(self, work: W) -> None:
        """do_all was called with the work, alone or among others, and has returned.

        Raises what it raised, in every caller of the batch."""
        place = _Place(work)
        with self._lock:
            self._line.append(place)
            leads, self._is_led = not self._is_led, True
        if not leads:
            place.turn.acquire()
        if not place.is_done:
            self._lead()
        if place.error is not None:
            raise place.error

    def __len__(self) -> int:
        """How many wait for the next batch."""
        return len(self._line)

    def _lead(self) -> None:
        """The batch that begins with the caller's work is done; the next in line leads on."""
        self._gather()
        with self._lock:
            batch = [self._line.popleft() for _ in range(min(self._most, len(self._line)))]
        error: BaseException | None = None
        try:
            self._do_all([place.work for place in batch])
        except BaseException as raised:  # noqa: BLE001 - each caller raises it
            error = raised
        for place in batch:
            place.is_done, place.error = True, error
        with self._lock:
            self._is_led = bool(self._line)
            next_one = [self._line[0]] if self._line else []
        for place in (*batch[1:], *next_one):
            place.turn.release()

    def _gather(self) -> None:
        wait_s = self._began_s + self._gather_s - time.monotonic()
        if wait_s > 0:
            time.sleep(wait_s)
        self._began_s = time.monotonic()
