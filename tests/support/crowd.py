"""People of one room, the truth about each of them, and what every tab must show: the oracle.

A test says what happens to whom through the crowd; the crowd knows from that who is here. Unknown
is never wrong while a fault lasts, and never enough at its end.
"""

import time
from collections import defaultdict
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

from tests.support.people import Person, sign_up
from tests.support.server import Server
from tests.support.tab import Tab
from tests.support.waiting import NotInTimeError, wait_until

ONLINE, OFFLINE = "online", "offline"
AT_ONCE = 4
MEET_S = 20.0


class Crowd:
    """size people with accounts, members of one room; nobody is here yet."""

    def __init__(self, server: Server, size: int) -> None:
        with ThreadPoolExecutor(AT_ONCE) as pool:
            self.people = list(pool.map(lambda _: sign_up(server, "person"), range(size)))
            self.room = self.people[0].creates_room()
            list(pool.map(lambda person: person.joins(self.room), self.people[1:]))
        self._tabs: defaultdict[str, list[Tab]] = defaultdict(list)
        self._lost: list[Tab] = []
        self._turned_s: dict[str, float] = {}

    def comes(self, person: Person, *, reconnects: bool = True, host: str = "") -> Tab:
        """Return a new tab of the person, who is here from now on; host is another way in."""
        return self._is_here(person, person.opens_tab(reconnects=reconnects, host=host))

    def comes_apart_from(self, worker: int, person: Person) -> Tab:
        """Return a new tab of the person on another worker than that one."""
        return self._is_here(
            person, person.opens_tab_on(lambda pid: pid != worker, reconnects=True)
        )

    def meets(self, people: Sequence[Person], *, reconnects: bool = True) -> list[Tab]:
        """Return a tab of each; everybody sees who is here, and who is not."""
        tabs = [self.comes(person, reconnects=reconnects) for person in people]
        self.sees_the_truth(within_s=MEET_S)
        return tabs

    def leaves(self, person: Person) -> float:
        """The person closes all his tabs; return the moment."""
        for tab in self._tabs[person.id]:
            tab.closes()
        return self.is_gone(person)

    def is_gone(self, person: Person) -> float:
        """The person is not here any more, however his tabs ended; return the moment."""
        self._lost += self._tabs.pop(person.id, [])
        self._turned_s[person.id] = time.monotonic()
        return self._turned_s[person.id]

    def goes_home(self) -> None:
        """Everybody has closed every tab."""
        for tab in [*self._lost, *self.viewers()]:
            tab.closes()
        self._tabs.clear()
        self._lost.clear()

    def viewers(self) -> list[Tab]:
        """Return every tab of those who are here."""
        return [tab for tabs in self._tabs.values() for tab in tabs]

    def truth(self) -> dict[str, str]:
        """Return what is true of everybody."""
        return {one.id: ONLINE if self._tabs.get(one.id) else OFFLINE for one in self.people}

    def sees_the_truth(self, *, within_s: float) -> float:
        """Every tab, and one that comes last, shows the truth; return how long that took."""
        began_s = time.monotonic()
        with suppress(NotInTimeError):
            wait_until(lambda: not self.errors(), within_s, "everybody sees the truth")
        assert not (errors := self.errors()), f"not within {within_s:.1f} s: {errors[:5]}"
        took_s = time.monotonic() - began_s
        self._newcomer_sees_the_truth()
        return took_s

    def errors(self) -> list[str]:
        """Return each tab that does not show the truth, with what it shows instead."""
        truth = self.truth()
        return [error for tab in self.viewers() if (error := _error(tab, truth))]

    def assert_told(self, since_s: float, *, but: Sequence[Person] = ()) -> None:
        """Since then every tab was told of each change once, and of nothing that did not happen.

        but: of whom something else was true in between."""
        for person in self.people:
            if person not in but:
                self._assert_told_of(person, since_s)

    def told(self, person: Person, since_s: float) -> Iterator[list[str]]:
        """Give what each tab of somebody else was told of the person since then."""
        for tab in self.viewers():
            if tab not in self._tabs[person.id]:
                yield tab.roster.told_since(person.id, since_s)

    def _is_here(self, person: Person, tab: Tab) -> Tab:
        if not self._tabs[person.id]:
            self._turned_s[person.id] = time.monotonic()
        self._tabs[person.id].append(tab)
        return tab

    def _assert_told_of(self, person: Person, since_s: float) -> None:
        turned = self._turned_s.get(person.id, 0.0) >= since_s
        expected = [self.truth()[person.id]] if turned else []
        for told in self.told(person, since_s):
            assert told == expected, f"of {person.username} was told {told}, not {expected}"

    def _newcomer_sees_the_truth(self) -> None:
        here = [person for person in self.people if self._tabs.get(person.id)]
        if here:
            newcomer = here[0].opens_tab()
            wait_until(
                lambda: not _error(newcomer, self.truth()), MEET_S, "a newcomer sees the truth"
            )
            newcomer.closes()


def _error(tab: Tab, truth: dict[str, str]) -> str:
    if not tab.is_connected:
        return f"the tab of {tab.ready['user']['username']} is not connected"
    shown = {user_id: tab.roster.status_of(user_id) for user_id in truth}
    wrong = {user_id: status for user_id, status in shown.items() if status != truth[user_id]}
    return f"{tab.ready['user']['username']} sees {wrong}" if wrong else ""
