"""A resident: somebody with an account who talks, comes, goes, is cut off, and never rests long.

The rule of the file: what he did is the truth that `oracle.py` compares with, so an act counts only
once the server has confirmed it.
"""

import random
import threading
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

from tests.soak.gate import Gate
from tests.soak.tab import SoakTab
from tests.support.link import LinkLostError, RefusedError
from tests.support.people import Person
from tests.support.tab import Wire
from tests.support.waiting import NotInTimeError, wait_until

CONFIRM_DEADLINE_S = 90.0
MOST_TABS = 3
CLAIMS = ("online", "online", "online", "busy", "away", "invisible")
SHOWN = {"invisible": "offline"}


@dataclass(frozen=True)
class Said:
    """A message that the server has acknowledged."""

    room_id: str
    message_id: str
    seq: int
    body: str


@dataclass
class Ledger:
    """What the server has confirmed, what everybody did, and what failed."""

    said: list[Said] = field(default_factory=list)
    acts: Counter[str] = field(default_factory=Counter)
    failures: list[str] = field(default_factory=list)


class Resident:
    """One person with up to MOST_TABS tabs, and a thread that decides what he does next."""

    def __init__(
        self,
        person: Person,
        rooms: list[str],
        *,
        is_steady: bool,
        comes: Callable[[], SoakTab],
        ledger: Ledger,
        chance: random.Random,
    ) -> None:
        """is_steady: he only talks, stays in one tab, and must never be shown offline."""
        self.person, self.rooms, self.is_steady = person, rooms, is_steady
        self.tabs: list[SoakTab] = []
        self.claim = "online"
        self._comes, self._ledger, self._chance = comes, ledger, chance
        self._is_over = threading.Event()
        self._thread: threading.Thread | None = None

    @property
    def id(self) -> str:
        """The user's id."""
        return self.person.id

    @property
    def status(self) -> str:
        """What others must be shown of him."""
        return SHOWN.get(self.claim, self.claim) if self.tabs else "offline"

    def lives(self, gate: Gate, pace_s: float) -> None:
        """He is there, and acts every pace_s on average whenever the gate is open."""
        self.tabs.append(self._comes())
        self._thread = threading.Thread(target=self._live, args=(gate, pace_s), daemon=True)
        self._thread.start()

    def ends(self) -> None:
        """He acts no more, and every tab of his is closed."""
        self._is_over.set()
        if self._thread is not None:
            self._thread.join()
        while self.tabs:
            self.tabs.pop().closes()

    def _live(self, gate: Gate, pace_s: float) -> None:
        while not self._is_over.wait(self._chance.expovariate(1 / pace_s)):
            with gate.act() as may_act:
                if may_act:
                    self._act()

    def _act(self) -> None:
        act = self._chosen()
        name = act.__name__.strip("_")
        try:
            act()
        except (LinkLostError, OSError):
            name += " (in vain)"
        except (RefusedError, NotInTimeError) as wrong:
            self._ledger.failures.append(f"{self.person.username} {name}: {wrong!r}")
        self._ledger.acts[name] += 1

    def _chosen(self) -> Callable[[], None]:
        if not self.tabs:
            return self._comes_back
        restless = (self._leaves, self._opens, self._closes_one, self._reloads, self._is_cut)
        others = [*restless, self._falls_silent, self._claims]
        return self._talks if self.is_steady else self._chance.choice([self._talks] * 6 + others)

    def _talks(self) -> None:
        room = self._chance.choice(self.rooms)
        body = f"{self.person.username} {self._chance.getrandbits(64):x}"
        posted = self._any_tab().posts_until_acked(room, body, CONFIRM_DEADLINE_S)
        self._ledger.said.append(Said(room, posted["id"], posted["seq"], body))

    def _comes_back(self) -> None:
        self.tabs.append(self._comes())

    def _leaves(self) -> None:
        while self.tabs:
            self.tabs.pop().closes()

    def _opens(self) -> None:
        if len(self.tabs) < MOST_TABS:
            self.tabs.append(self._comes())

    def _closes_one(self) -> None:
        self.tabs.pop(self._chance.randrange(len(self.tabs))).closes()

    def _reloads(self) -> None:
        self._closes_one()
        self._comes_back()

    def _is_cut(self) -> None:
        self._any_tab().cut()

    def _falls_silent(self) -> None:
        self._any_tab().falls_silent()

    def _claims(self) -> None:
        claim = self._chance.choice(CLAIMS)
        wait_until(lambda: self._claimed(claim), CONFIRM_DEADLINE_S, f"{claim} is confirmed")
        self.claim = claim

    def _claimed(self, claim: str) -> Wire:
        try:
            answer = self._any_tab().ask("presence:set", {"status": claim})
        except LinkLostError:
            return None
        return None if "error" in answer else answer

    def _any_tab(self) -> SoakTab:
        return self._chance.choice(self.tabs)
