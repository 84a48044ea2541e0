"""The entries of one worker that wait for Redis: numbered, oldest first, bounded.

The rule of the file: what had to be dropped is not lost silently, an entry `gap` for all stands in
its place. It has the number of the last one dropped: where that one was heard of after all, as only
its answer was lost, the gap counts as sent twice. The order is that of the numbers, whoever puts.
Where there is no other worker nothing waits; who comes is told to read what he was not sent.
"""

import threading
from collections import deque
from collections.abc import Sequence
from itertools import islice
from typing import Final, NamedTuple

from prometheus_client import Counter

from chat.bus_entries import Entry

QUEUE_LENGTH = 10_000
GAP: Final = "gap"  # the kind of an entry that stands for others that were lost
MET: Final = "met"  # the kind of one that stands for what was not sent: nobody was there yet
_ALL = "all"

_dropped = Counter("rollcall_bus_dropped_total", "Entries dropped because Redis stayed away.")


class Waiting(NamedTuple):
    """One entry; room is "" when it is for all workers."""

    number: int
    room: str
    entry: str


class Queue:
    """What a worker published and Redis has not taken yet."""

    def __init__(self, worker_id: str) -> None:
        self._worker_id = worker_id
        self._waiting: deque[Waiting] = deque()
        self._number = 0
        self._is_alone = False
        self.meetings = 0  # how often there was somebody else
        self._turn = threading.Lock()

    def __len__(self) -> int:
        return len(self._waiting)

    def put(self, kind: str, target: str, frame: str) -> None:
        """The entry waits, if anybody is there; where no place was left the oldest were dropped."""
        if self._is_alone:
            return
        room = target if kind == "room" else ""
        with self._turn:
            if len(self._waiting) >= QUEUE_LENGTH:
                self._drop_oldest()
            self._number += 1
            entry = Entry(kind, target, self._worker_id, self._number, frame)
            self._waiting.append(Waiting(self._number, room, entry.text()))

    def put_gap(self) -> None:
        """All other workers will heal their clients."""
        self.put(GAP, _ALL, "")

    def counted(self, others: int, meetings: int) -> None:
        """So many others there were, at a time when there had been so many meetings."""
        if others:
            self.meets()
        elif meetings == self.meetings:
            self._is_alone = True

    def meets(self) -> None:
        """Somebody else is there: he is sent everything from now on, and reads what was before."""
        self.meetings += 1
        if self._is_alone:
            self._is_alone = False
            self.put(MET, _ALL, "")

    def oldest(self, count: int) -> Sequence[Waiting]:
        """Some that wait, count at most; they stay until they were sent."""
        with self._turn:
            return list(islice(self._waiting, count))

    def sent(self, batch: Sequence[Waiting]) -> None:
        """Redis has these: they wait no more, if they were not dropped meanwhile."""
        with self._turn:
            while self._waiting and self._waiting[0].number <= batch[-1].number:
                self._waiting.popleft()

    def _drop_oldest(self) -> None:
        if self._waiting[0].entry.startswith(f"{GAP} "):
            self._waiting.popleft()
        number = 0
        while len(self._waiting) > QUEUE_LENGTH - 2:
            number = self._waiting.popleft().number
            _dropped.inc()
        gap = Entry(GAP, _ALL, self._worker_id, number, "")
        self._waiting.appendleft(Waiting(number, "", gap.text()))
