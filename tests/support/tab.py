"""One browser tab of one person, without the browser: it speaks the protocol and resyncs by it.

A tab holds an oracle of what must be on its screen: `timeline[room_id]` and `roster`. Its own
thread applies events one after the other, closes gaps and, when asked to, reconnects.
"""

import contextlib
import queue
import random
import threading
import time
import uuid
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

from tests.support.link import Link, LinkLostError, RefusedError
from tests.support.oracle import Roster, Timeline
from tests.support.waiting import wait_until

Wire = Any  # one JSON value of the protocol
ASK_DEADLINE_S = 10.0
RETRY_S = (0.05, 0.25)  # the browser waits longer; the promises do not depend on it
GAP_WAIT_S = 0.3
FINAL = {"not_signed_in", "banned", "wrong_origin"}


@dataclass(frozen=True)
class Event:
    """One event as it came, and when (monotonic seconds)."""

    name: str
    payload: Wire
    at_s: float


class Tab:
    """A tab signed in by a cookie. `opens()` connects; with reconnects it comes back by itself."""

    def __init__(
        self,
        host: str,
        cookie: str,
        *,
        origin: str | None = None,
        auth: Wire = None,
        reconnects: bool = False,
    ) -> None:
        self.host = host
        self.cookie = cookie
        self.origin = f"http://{host}" if origin is None else origin
        self.auth = auth
        self.reconnects = reconnects
        self.timeline: defaultdict[str, Timeline] = defaultdict(Timeline)
        self.told: dict[str, Timeline] = {}  # by events alone since each room was loaded
        self.roster = Roster()
        self.events: list[Event] = []
        self.ready: Wire = None
        self.connects = 0
        self._link: Link | None = None
        self._inbox: queue.Queue[Callable[[], None] | None] = queue.Queue()
        self._synced = threading.Event()
        self._is_open = False
        self._ended = False
        self._acts: dict[str, Callable[[Wire], None]] = {
            "session:ready": self._on_ready,
            "message:new": self._on_message,
            "message:changed": self._on_change,
            "room:changed": self._on_room_event,
            "member:left": self._on_room_event,
            "member:changed": self._on_room_event,
            "room:heads": self._on_heads,
            "room:left": self._on_left,
            "room:joined": lambda _: self._sync_roster(whole=True),
            "member:joined": self._on_member_joined,
            "presence:diff": self.roster.hears,
            "presence:unknown": lambda _: self.roster.doubts_everybody(),
            "presence:resync": self._on_presence_resync,
            "session:ended": lambda _: self._end(),
        }
        self._thread = threading.Thread(target=self._live, daemon=True)
        self._thread.start()

    # What a test does with it

    def opens(self) -> "Tab":
        """Connected and resynced when this returns; RefusedError names the server's reason."""
        self._is_open = True
        self._connect()
        wait_until(self._synced.is_set, ASK_DEADLINE_S, "the tab is synced")
        return self

    def is_refused(self) -> str:
        """Return the code with which the server refuses this connection; '' when it does not."""
        try:
            self._connect()
        except RefusedError as refusal:
            return refusal.code
        return ""

    def closes(self) -> None:
        """The person closes the tab; safe to call twice."""
        self._is_open = False
        if self._link is not None:
            self._link.closes()
        self._inbox.put(None)

    def cut(self) -> None:
        """The connection is reset without a word; a reconnecting tab comes back."""
        self._wire.cut()

    def falls_silent(self) -> None:
        """From now on no heartbeat is answered, as by a laptop that sleeps."""
        self._wire.answers_pings = False

    @property
    def local_port(self) -> int:
        """The client end of the connection: by it the server's side can be found."""
        return self._wire.local_port

    @property
    def heard_bytes(self) -> int:
        """How much came over this connection, but for pings and heads, which come by the clock."""
        return self._wire.heard_bytes

    @property
    def is_connected(self) -> bool:
        """Whether this tab has a connection and is in step with the server."""
        return self._synced.is_set()

    @property
    def user_id(self) -> str:
        """The id of the person, as the server named it at connect."""
        return str(self.ready["user"]["id"])

    def ask(self, event: str, payload: Wire, deadline_s: float = ASK_DEADLINE_S) -> Wire:
        """Return the ack as it came, also when it is an error."""
        return self._wire.ask(event, payload, deadline_s)

    def posts(self, room_id: str, body: str, client_id: str | None = None) -> Wire:
        """Return {id, seq, at_ms} of the posted message; RefusedError carries the error's code."""
        payload = {"room_id": room_id, "client_id": client_id or uuid.uuid4().hex, "body": body}
        answer = self.ask("message:post", payload)
        if "error" in answer:
            raise RefusedError(answer["error"]["code"])
        return answer

    def posts_until_acked(self, room_id: str, body: str, deadline_s: float = 30) -> Wire:
        """The outbox: the same client id is sent again until the server says that it has it."""
        client_id = uuid.uuid4().hex
        return wait_until(
            lambda: self._posted(room_id, body, client_id), deadline_s, f"{body!r} is acknowledged"
        )

    def waits_for(
        self, name: str, where: Callable[[Wire], object] = bool, *, within_s: float = 5
    ) -> Event:
        """Return the first event of that name whose payload satisfies where, old ones too.

        What the tab shows has followed it: events are heard and acted upon by two threads."""
        found = wait_until(
            lambda: next(
                (e for e in list(self.events) if e.name == name and where(e.payload)), None
            ),
            within_s,
            f"event {name}; heard {[e.name for e in self.events]}",
        )
        followed = threading.Event()
        self._inbox.put(followed.set)
        assert followed.wait(ASK_DEADLINE_S), f"the tab is stuck after {name}"
        return found

    def waits_for_one_after(self, name: str, since_s: float, *, within_s: float = 10) -> None:
        """An event of that name came after since_s (monotonic seconds)."""
        wait_until(lambda: self.heard(name, since_s), within_s, f"another {name}")

    def heard(self, name: str, since_s: float = 0) -> list[Wire]:
        """Return the payloads of all events of that name that came after since_s."""
        return [e.payload for e in list(self.events) if e.name == name and e.at_s > since_s]

    def sees(self, user_id: str, status: str, *, within_s: float) -> float:
        """Return the moment (monotonic seconds) since which the person is shown so."""
        wait_until(
            lambda: self.roster.status_of(user_id) == status,
            within_s,
            f"{user_id} is shown {status}; shown so far {self.roster.history.get(user_id)}",
        )
        return self.roster.history[user_id][-1].at_s

    def is_disconnected(self, *, within_s: float) -> None:
        """The server ended the connection."""
        wait_until(lambda: not self.is_connected, within_s, "the connection is closed")

    def stays_until(self, moment_s: float) -> None:
        """The tab goes on hearing until that moment (monotonic seconds)."""
        while (left_s := moment_s - time.monotonic()) > 0:
            time.sleep(min(left_s, 0.1))

    def holds(self, room_id: str, count: int, *, within_s: float) -> list[str]:
        """Return the ids of the room's messages once there are count of them without a hole."""
        wait_until(
            lambda: len(self.timeline[room_id].messages) >= count,
            within_s,
            f"{count} messages; holds {len(self.timeline[room_id].messages)}",
        )
        return self.timeline[room_id].ids()

    def held(self) -> dict[str, list[list[Wire]]] | None:
        """Return what is shown of each room, then by events alone; None: the tab is not in step.

        Taken by the tab's own thread, so that nothing changes meanwhile."""
        views: list[dict[str, list[list[Wire]]]] = []
        looked = threading.Event()

        def look() -> None:
            if self.is_connected:
                rooms = list(self.timeline)
                views.append({one: [n.shown() for n in self._lines_of(one)] for one in rooms})
            looked.set()

        self._inbox.put(look)
        is_there = self._is_open and self.is_connected
        return views[0] if is_there and looked.wait(ASK_DEADLINE_S) and views else None

    # What the tab's own thread does

    @property
    def _wire(self) -> Link:
        if self._link is None:
            raise LinkLostError("not connected")
        return self._link

    def _posted(self, room_id: str, body: str, client_id: str) -> Wire:
        try:
            return self.posts(room_id, body, client_id)
        except LinkLostError:
            return None
        except RefusedError as refusal:
            if refusal.code in {"unavailable", "draining", "rate_limited", "internal"}:
                return None
            raise

    def _connect(self) -> None:
        self._link = None
        link = Link(
            self.host,
            cookie=self.cookie,
            origin=self.origin,
            auth=self.auth,
            hears=self._hears,
            lost=lambda: self._inbox.put(self._on_lost),
        )
        self._link = link
        self.connects += 1
        link.start()

    def _hears(self, name: str, payload: Wire) -> None:
        self.events.append(Event(name, payload, time.monotonic()))
        if act := self._acts.get(name):
            self._inbox.put(lambda: act(payload))

    def _live(self) -> None:
        while (act := self._inbox.get()) is not None:
            # A link that breaks in the middle of a resync: the next session:ready begins anew.
            with contextlib.suppress(LinkLostError):
                act()

    def _on_ready(self, ready: Wire) -> None:
        self.ready = ready
        self._close_gaps(ready["heads"], ready["revs"])
        self.told = {room: self.timeline[room].copy() for room in ready["heads"]}
        if self.roster.epoch not in ("", ready["epoch"]):
            self.roster.doubts_everybody()
        self._sync_roster()
        self._synced.set()

    def _on_message(self, message: Wire) -> None:
        for line in self._lines_of(message["room_id"]):
            line.hears(message)
        self._look_for_gap(message["room_id"])

    def _on_change(self, message: Wire) -> None:
        for line in self._lines_of(message["room_id"]):
            line.changes(message)
        self._look_for_gap(message["room_id"])

    def _on_rev(self, room: str, rev: int) -> None:
        self.timeline[room].counts(rev)
        self._look_for_gap(room)

    def _on_room_event(self, told: Wire) -> None:
        for timeline in self._lines_of(told["room_id"]):
            timeline.cuts(told.get("room", {}).get("first_seq", 1))
        self._on_rev(told["room_id"], told["rev"])

    def _on_member_joined(self, joined: Wire) -> None:
        self._on_room_event(joined)
        self._sync_roster(whole=True)

    def _look_for_gap(self, room: str) -> None:
        timeline = self.timeline[room]
        if timeline.has_gap and self._inbox.empty():
            # The missing one may be on its way from another worker: wait a little first.
            fill = partial(self._fill, room, timeline.last_seq, timeline.rev)
            threading.Timer(GAP_WAIT_S, self._inbox.put, [fill]).start()

    def _fill(self, room: str, stuck_seq: int, stuck_rev: int) -> None:
        timeline = self.timeline[room]
        if timeline.has_gap and (timeline.last_seq, timeline.rev) == (stuck_seq, stuck_rev):
            self._close_gaps({room: stuck_seq}, {room: stuck_rev + 1})

    def _on_heads(self, heads: Wire) -> None:
        self._close_gaps(heads["heads"], heads["revs"])
        if heads["epoch"] == self.roster.epoch and heads["rev"] > self.roster.rev:
            self._sync_roster()

    def _on_left(self, left: Wire) -> None:
        self.told.pop(left["room_id"], None)

    def _on_presence_resync(self, _: Wire) -> None:
        self.roster.doubts_everybody()
        threading.Timer(
            random.uniform(*RETRY_S), lambda: self._inbox.put(self._sync_roster)
        ).start()

    def _close_gaps(self, heads: dict[str, int], revs: dict[str, int]) -> None:
        held = {room: self.timeline[room] for room in heads}
        behind = {
            room: timeline
            for room, timeline in held.items()
            if heads[room] > timeline.last_seq or revs[room] > timeline.rev
        }
        if not behind:
            return
        asked = {
            "rooms": {room: timeline.last_seq for room, timeline in behind.items()},
            "revs": {room: timeline.rev for room, timeline in behind.items()},
        }
        for room, tail in self.ask("message:since", asked).get("rooms", {}).items():
            self.timeline[room].closes_gap(tail)
            if room not in self.told:
                self.told[room] = self.timeline[room].copy()

    def _lines_of(self, room: str) -> list[Timeline]:
        """What is shown of the room; and what events alone make of it, once it was loaded."""
        return [self.timeline[room], *filter(None, [self.told.get(room)])]

    def _sync_roster(self, *, whole: bool = False) -> None:
        known = {"epoch": self.roster.epoch, "rev": self.roster.rev}
        answer = self.ask("roster:sync", known if self.roster.epoch and not whole else {})
        if "error" not in answer:
            self.roster.syncs(answer)

    def _end(self) -> None:
        self._ended = True

    def _on_lost(self) -> None:
        self._synced.clear()
        while self.reconnects and self._is_open and not self._ended:
            threading.Event().wait(random.uniform(*RETRY_S))
            try:
                return self._connect()
            except LinkLostError:
                continue
            except RefusedError as refusal:
                if refusal.code in FINAL:
                    return None
        return None
