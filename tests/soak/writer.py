"""Somebody who writes whatever happens: his outbox sends a message until it is acknowledged.

The rule of the file: what was acknowledged is noted, and what was not is no claim. One message of
a room is under way at a time, as in the browser.
"""

import random
import threading
import time
import uuid
from collections.abc import Sequence
from dataclasses import dataclass

from tests.soak.tab import SoakTab
from tests.support.link import LinkLostError, RefusedError
from tests.support.people import Person
from tests.support.tab import ASK_DEADLINE_S, Wire
from tests.support.waiting import NotInTimeError

ACKED_WITHIN_S = 90.0
CHANGES = 0.15  # of what is written is followed by a change of some message
EMOJI = ("👍", "🎉", "😀")
FORGIVEN = {"unavailable", "draining", "rate_limited", "not_found"}  # the last: it was deleted


@dataclass(frozen=True)
class Said:
    """A message that was acknowledged."""

    room_id: str
    client_id: str
    message_id: str
    seq: int


class DeliveryTab(SoakTab):
    """A tab that is asked for nothing but what it holds: its events are not kept."""

    def __init__(self, host: str, cookie: str, alive_ms: int) -> None:
        self.heals = 0
        self.resets = 0
        super().__init__(host, cookie, alive_ms)

    @property
    def failures(self) -> Sequence[str]:
        """What this tab could make nothing of."""
        return tuple(self._failures)

    def ask(self, event: str, payload: Wire, deadline_s: float = ASK_DEADLINE_S) -> Wire:
        """Return the ack as it came; what message:since brings is counted."""
        answer = super().ask(event, payload, deadline_s)
        if event == "message:since":
            tails = answer.get("rooms", {}).values()
            self.heals += any(one["messages"] or one.get("changed") for one in tails)
            self.resets += sum(one["reset"] for one in tails)
        return answer

    def _hears(self, name: str, payload: Wire) -> None:
        if act := self._acts.get(name):
            self._inbox.put(lambda: act(payload))

    def tries(self, room_id: str, body: str, client_id: str) -> Wire:
        """Return the answer to one try; None when there was none, or a temporary refusal."""
        return self._posted(room_id, body, client_id)


class Writer:
    """One person with one tab; `said` is what was acknowledged, in the order of writing."""

    def __init__(
        self, person: Person, tab: DeliveryTab, rooms: Sequence[str], chance: random.Random
    ) -> None:
        self.person, self.tab, self.rooms = person, tab, rooms
        self.said: list[Said] = []
        self.again = 0
        self.changes = 0
        self.failures: list[str] = []
        self._chance = chance
        self._thread: threading.Thread | None = None
        self._is_over = threading.Event()

    def writes(self, count: int, seconds: float) -> None:
        """So many messages are written from now on, evenly over so many seconds or later.

        After one that is refused, or not acknowledged in time, no other is."""
        self._thread = threading.Thread(target=self._write, args=(count, seconds), daemon=True)
        self._thread.start()

    @property
    def is_writing(self) -> bool:
        """Whether some of it was not written yet."""
        return self._thread is not None and self._thread.is_alive()

    def ends(self) -> None:
        """Nothing is written any more, and the tab is closed."""
        self._is_over.set()
        self.rests()
        self.tab.closes()

    def rests(self, longest_s: float | None = None) -> None:
        """All was written, or longest_s passed."""
        if self._thread is not None:
            self._thread.join(longest_s)

    def _write(self, count: int, seconds: float) -> None:
        began_s = time.monotonic()
        for number in range(count):
            due_s = began_s + seconds * (number + self._chance.random()) / count
            if self._is_over.wait(max(0.0, due_s - time.monotonic())):
                return
            try:
                self._says(f"{self.person.username} {number}")
                if self._chance.random() < CHANGES:
                    self._changes_something()
            except (RefusedError, NotInTimeError) as wrong:
                self.failures.append(f"{self.person.username} {number}: {wrong!r}")
                return

    def _says(self, body: str) -> None:
        room_id, client_id = self._chance.choice(self.rooms), uuid.uuid4().hex
        end_s = time.monotonic() + ACKED_WITHIN_S
        while (posted := self.tab.tries(room_id, body, client_id)) is None:
            if self._is_over.is_set() or time.monotonic() > end_s:
                raise NotInTimeError(f"{body!r} was not acknowledged within {ACKED_WITHIN_S} s")
            time.sleep(self._chance.uniform(0.02, 0.2))
        self.again += bool(posted.get("again"))
        self.said.append(Said(room_id, client_id, posted["id"], posted["seq"]))

    def _changes_something(self) -> None:
        """An edit, a reaction, a pin or a deletion; one that gets no answer is let go."""
        name, payload = self._chance.choice(self._thoughts())
        try:
            answer = self.tab.ask(name, payload)
        except LinkLostError:
            return
        if "error" not in answer:
            self.changes += 1
        elif answer["error"]["code"] not in FORGIVEN:
            self.failures.append(f"{self.person.username} {name}: {answer}")

    def _thoughts(self) -> list[tuple[str, Wire]]:
        own = self._chance.choice(self.said[:1] + self.said[-20:])
        emoji = self._chance.choice(EMOJI)
        return [
            ("message:edit", {"message_id": own.message_id, "body": f"edited {uuid.uuid4().hex}"}),
            ("message:react", {"message_id": own.message_id, "emoji": emoji, "on": True}),
            ("message:pin", {"message_id": own.message_id, "on": True}),
            ("message:delete", {"message_id": own.message_id}),
        ]
