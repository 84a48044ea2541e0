"""One scene: a viewer, the people he looks at, and the truth about them as the fault unfolds."""

import time
from contextlib import suppress
from dataclasses import dataclass

from tests.conformance.adapter import (
    OFFLINE,
    ONLINE,
    UNKNOWN,
    Bounds,
    Deployment,
    Person,
    Store,
    Tab,
    Workers,
)
from tests.conformance.oracle import Claim, Due, Verdict, judge, known, one_order, worst
from tests.support.link import LinkLostError, RefusedError
from tests.support.waiting import NotInTimeError, wait_until

ENTER_DEADLINE_S = 10.0
PATIENCE_S = 5.0  # how long after its deadline a change is still waited for
SETTLE_S = 0.5  # how long a viewer goes on watching once everything was shown


@dataclass
class Actor:
    """Somebody the viewer looks at, with the tab that he entered with."""

    person: Person
    tab: Tab


class Stage:
    """The scene of one fault on a deployment; cast people besides the viewer."""

    def __init__(self, deployment: Deployment, cast: int) -> None:
        self._deployment = deployment
        self._viewer, *self._waiting = deployment.people(cast + 1)
        self._tabs: list[Tab] = []
        self._claims: dict[str, Claim] = {}
        self._until_s = 0.0
        self.viewer = self.opens(self._viewer, returns=True)
        self._viewers = [self.viewer]
        self._order_since_s: float | None = None

    @property
    def bounds(self) -> Bounds:
        """What is demanded."""
        return self._deployment.bounds

    @property
    def workers(self) -> Workers:
        """The workers; only for scenarios that need them."""
        assert self._deployment.workers is not None
        return self._deployment.workers

    @property
    def store(self) -> Store:
        """The store; only for scenarios that need it."""
        assert self._deployment.store is not None
        return self._deployment.store

    def opens(self, person: Person, *, apart_from: Tab | None = None, returns: bool = False) -> Tab:
        """Return a new tab of the person; it is closed when the scene ends."""
        tab = person.opens_tab(apart_from=apart_from, returns=returns)
        self._tabs.append(tab)
        return tab

    def gets_second_viewer(self) -> Tab:
        """Return a tab of the viewer on another worker; it is judged like the first."""
        self._viewers.append(self.opens(self._viewer, apart_from=self.viewer))
        return self._viewers[-1]

    def enters(self, *, returns: bool = False, apart_from: Tab | None = None) -> Actor:
        """Return the next of the cast, shown online; apart_from is the viewer if not given."""
        person = self._waiting.pop(0)
        tab = self.opens(person, apart_from=apart_from or self.viewer, returns=returns)
        wait_until(
            lambda: [one.status for one in known(self.viewer.looks(person.id))[-1:]] == [ONLINE],
            ENTER_DEADLINE_S,
            f"the viewer sees {person.id} online: {self.viewer.looks(person.id)}",
        )
        self._claims[person.id] = Claim(person.id, time.monotonic())
        return Actor(person, tab)

    # The truth, told by the scenario

    def gone(
        self, actor: Actor, *, since_s: float, within_s: float, counted_from_s: float = 0
    ) -> None:
        """From since_s on the person is gone; counted_from_s if the clock starts later."""
        self._owes(actor, Due(OFFLINE, since_s, counted_from_s or since_s, within_s))

    def back(self, actor: Actor, *, since_s: float, within_s: float) -> None:
        """From since_s on the person is here again."""
        self._owes(actor, Due(ONLINE, since_s, since_s, within_s))

    def stays(self, *, for_s: float) -> None:
        """Who is not gone by now must not be shown gone for so long either."""
        self._until_s = max(self._until_s, time.monotonic() + for_s + SETTLE_S)

    def in_one_order(self, since_s: float) -> None:
        """All viewers must be shown who left since then in the same order."""
        self._order_since_s = since_s

    # Time

    def passes(self, seconds: float) -> None:
        """So much time passes."""
        wait_for = time.monotonic() + seconds
        wait_until(lambda: time.monotonic() >= wait_for, seconds + 1, "time passes")

    def watches(self) -> None:
        """Everything due was shown when this returns, or will not be any more."""
        deadline_s = max(self._until_s, self._last_deadline_s() + PATIENCE_S)
        with suppress(NotInTimeError):
            wait_until(self._all_is_shown, max(0, deadline_s - time.monotonic()), "all is shown")

    def verdict(self) -> Verdict:
        """Return the judgement, once the scenario has been watched to its end."""
        self.watches()
        self.passes(SETTLE_S)
        told = self._newcomer()
        verdicts = [
            judge(claim, viewer.looks(claim.person_id), told[claim.person_id])
            for claim in self._claims.values()
            for viewer in self._viewers
        ]
        if self._order_since_s is not None:
            screens = [{one: viewer.looks(one) for one in told} for viewer in self._viewers]
            verdicts.append(one_order(screens, self._order_since_s))
        return worst(verdicts)

    def ends(self) -> None:
        """Every tab is closed."""
        for tab in self._tabs:
            tab.closes()

    def _owes(self, actor: Actor, due: Due) -> None:
        self._claims[actor.person.id].dues.append(due)

    def _last_deadline_s(self) -> float:
        return max(
            (due.deadline_s for claim in self._claims.values() for due in claim.dues), default=0
        )

    def _all_is_shown(self) -> bool:
        return time.monotonic() >= self._until_s and all(
            claim.shown(due, viewer.looks(claim.person_id))
            for viewer in self._viewers
            for claim in self._claims.values()
            for due in claim.dues
        )

    def _newcomer(self) -> dict[str, str]:
        """What a tab that the viewer opens now says of everybody; unknown if it cannot open."""
        try:
            tab = self.opens(self._viewer)
        except (LinkLostError, RefusedError, NotInTimeError, OSError):
            return dict.fromkeys(self._claims, UNKNOWN)
        looks = {person_id: tab.looks(person_id) for person_id in self._claims}
        return {one: shown[-1].status if shown else OFFLINE for one, shown in looks.items()}
