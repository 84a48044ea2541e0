"""The gate through which everybody acts; closed, nobody does, and what is true stands still."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager


class Gate:
    """Lets acts in while it is open, and knows how many are under way."""

    def __init__(self) -> None:
        """Open."""
        self._changed = threading.Condition()
        self._is_open = True
        self._under_way = 0

    @contextmanager
    def act(self) -> Iterator[bool]:
        """Yield whether one may act; until the end of the block it counts as under way."""
        with self._changed:
            may_act = self._is_open
            self._under_way += may_act
        try:
            yield may_act
        finally:
            with self._changed:
                self._under_way -= may_act
                self._changed.notify_all()

    def closes(self, deadline_s: float) -> bool:
        """Let nobody in any more; return whether all acts ended before the deadline."""
        end_s = time.monotonic() + deadline_s
        with self._changed:
            self._is_open = False
            while self._under_way and (left_s := end_s - time.monotonic()) > 0:
                self._changed.wait(left_s)
            return not self._under_way

    def opens(self) -> None:
        """Everybody may act again."""
        with self._changed:
            self._is_open = True
