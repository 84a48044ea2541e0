"""Faults played side by side: they wait more than they compute, and each needs a house for itself.

A lane keeps its house from one fault to the next, and takes a new one when a fault ended badly.
"""

import threading
from collections import deque
from collections.abc import Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack, suppress

from tests.faults.house import House, house

PEOPLE = 6

Act = Callable[[House], None]


def play(faults: Mapping[str, Act], *, lanes: int) -> dict[str, Future[None]]:
    """Return how each fault ended, by name; no process that was started is left."""
    ended: dict[str, Future[None]] = {name: Future() for name in faults}
    waiting, one_opens = deque(faults.items()), threading.Lock()
    with ThreadPoolExecutor(lanes) as pool:
        for lane in [pool.submit(_Lane(waiting, ended, one_opens).run) for _ in range(lanes)]:
            lane.result()
    return ended


class _Lane:
    def __init__(
        self,
        waiting: deque[tuple[str, Act]],
        ended: dict[str, Future[None]],
        one_opens: threading.Lock,
    ) -> None:
        self._waiting = waiting
        self._ended = ended
        self._one_opens = one_opens
        self._stack = ExitStack()
        self._open: House | None = None

    def run(self) -> None:
        """No fault waits any more."""
        with self._stack, suppress(IndexError):  # another lane took the last one
            while True:
                self._play(*self._waiting.popleft())

    def _play(self, name: str, act: Act) -> None:
        try:
            act(self._house())
            self._house().settles()
        except BaseException as error:  # noqa: BLE001 - carried over to the test of this fault
            self._ended[name].set_exception(_with_log(error, self._open))
            self._open = None
            self._stack.close()
        else:
            self._ended[name].set_result(None)

    def _house(self) -> House:
        with self._one_opens:  # a start keeps the machine busy
            if self._open is None:
                self._open = self._stack.enter_context(house(PEOPLE))
        return self._open


def _with_log(error: BaseException, opened: House | None) -> BaseException:
    if opened is not None:
        error.add_note(opened.server.log()[-6_000:])
    return error
