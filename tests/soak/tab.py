"""A tab that lives for hours: it comes back from anything, and can be looked at in one piece.

The rule of the file: it does what the browser does where the tests' tab leaves it to the test
(silence, draining, an answer that never came), and forgets what was looked at.
"""

import contextlib
import threading
import time
from dataclasses import dataclass
from functools import partial

from tests.support.link import LinkLostError, RefusedError
from tests.support.tab import Tab, Wire
from tests.support.waiting import NotInTimeError

LOOK_DEADLINE_S = 10.0
KEPT = 20  # messages of a room, and events, that stay after a look
SPARE_S = 0.5  # what a client adds before it gives up on a silent server


@dataclass(frozen=True)
class View:
    """What one tab shows: statuses by user, all shown since the last look, messages by room."""

    statuses: dict[str, str]
    shown: dict[str, list[str]]
    messages: dict[str, list[tuple[int, str]]]
    failures: tuple[str, ...]


class SoakTab(Tab):
    """One tab of a resident; `comes` never fails, it tries until `closes`."""

    def __init__(self, host: str, cookie: str, alive_ms: int) -> None:
        """alive_ms: a server that is silent for longer is left for another connection."""
        self._alive_s = alive_ms / 1000 + SPARE_S
        self._looked_at_s = 0.0
        self._failures: list[str] = []
        super().__init__(host, cookie, reconnects=True)
        self._acts["server:draining"] = self._on_draining

    def comes(self) -> "SoakTab":
        """The tab connects, now or as soon as the server lets it."""
        self._is_open = True
        self._inbox.put(self._on_lost)
        return self

    def look(self) -> View | None:
        """Return what the tab shows now, None while it is not in step; older things are forgotten.

        Taken by the tab's own thread, so that nothing changes meanwhile."""
        looked = threading.Event()
        views: list[View] = []

        def act() -> None:
            if self.is_connected:
                views.append(self._look())
            looked.set()

        self._inbox.put(act)
        return views[0] if looked.wait(LOOK_DEADLINE_S) and views else None

    def breaks(self) -> None:
        """The connection is reset, if there is one."""
        try:
            self.cut()
        except (LinkLostError, OSError):
            self._synced.clear()  # it is on its way back already

    def _look(self) -> View:
        now_s = time.monotonic()
        view = View(
            self.roster.statuses(),
            {one: self.roster.shown_since(one, self._looked_at_s) for one in self.roster.history},
            {room: _held(line.messages) for room, line in self.timeline.items()},
            tuple(self._failures),
        )
        self._looked_at_s = now_s
        self._failures.clear()
        self._forget()
        return view

    def _forget(self) -> None:
        del self.events[:-KEPT]
        for looks in self.roster.history.values():
            del looks[:-1]
        for line in (*self.timeline.values(), *self.told.values()):
            for seq in sorted(line.messages)[:-KEPT]:
                del line.messages[seq]
            line.heard_again.clear()

    def _live(self) -> None:
        while (act := self._inbox.get()) is not None:
            try:
                act()
            except LinkLostError:
                self.breaks()  # no answer came: what the tab shows may be old, so it begins anew
            except (RefusedError, NotInTimeError, AssertionError, KeyError, ValueError) as broken:
                self._failures.append(f"{type(broken).__name__}: {broken}")
                self.breaks()

    def _connect(self) -> None:
        super()._connect()
        if not self._is_open:  # the person closed it while it was on its way
            self._leave()
        elif self._link is not None and self._link.ws.sock is not None:
            with contextlib.suppress(OSError):  # it was cut meanwhile: its reader says so
                self._link.ws.settimeout(self._alive_s)

    def _on_heads(self, heads: Wire) -> None:
        super()._on_heads(heads)
        if heads["epoch"] and heads["epoch"] != self.roster.epoch:
            self._sync_roster()

    def _on_draining(self, draining: Wire) -> None:
        leave = partial(self._inbox.put, self._leave)
        threading.Timer(draining["reconnect_in_ms"] / 1000, leave).start()

    def _leave(self) -> None:
        if self._link is not None:
            self._link.closes()


def _held(messages: dict[int, Wire]) -> list[tuple[int, str]]:
    return [(seq, str(messages[seq]["id"])) for seq in sorted(messages)]
