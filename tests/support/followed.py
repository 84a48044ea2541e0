"""After every test: what each open tab shows of its rooms is what a fresh load gives.

The rule of the file: a tab that is cut, closed, out of a room or behind a proxy (which may swallow
all it is told) claims nothing; neither does one whose server cannot be asked. What is still on its
way is waited for. Where nothing was broken, on the shared server, the events alone must do: a tab
that was healed later, by `room:heads`, shows that one of them was never sent.
"""

import http.client
from collections.abc import Iterator, Sequence

from tests.support.people import Person
from tests.support.tab import Tab, Wire
from tests.support.waiting import NotInTimeError, wait_until

FOLLOWED_WITHIN_S = 20.0


def assert_followed_by(people: Sequence[Person], within_s: float = FOLLOWED_WITHIN_S) -> None:
    """Old snapshot and events are the new snapshot, in each tab of each of them."""
    found: list[str] = []

    def is_followed() -> bool:
        found[:] = (line for one in people for tab in _direct(one) for line in _unlike(one, tab))
        return not found

    try:
        wait_until(is_followed, within_s, "every tab shows what a fresh load gives")
    except NotInTimeError as late:
        late.add_note("\n".join(found))
        raise


def _direct(person: Person) -> list[Tab]:
    return [tab for tab in person.tabs if tab.host == person.server.host]


def _unlike(person: Person, tab: Tab) -> Iterator[str]:
    """In what the tab differs from what is stored."""
    for room, lines in (tab.held() or {}).items():
        stored = _stored(person, room)
        for held in lines if person.server.is_shared else lines[:1]:
            first = held[0]["seq"] if held else 0
            shown = [one for one in stored or [] if one["seq"] >= first]
            if stored is not None and _plain(held) != shown:
                yield f"{person.username} shows {held} of {room}, where {shown} is stored"


def _stored(person: Person, room: str) -> list[Wire] | None:
    """The room from its beginning; None: he may not read it now, or the server cannot be asked."""
    try:
        return _plain(person.history(room))
    except (OSError, http.client.HTTPException, KeyError):  # KeyError: an error was the answer
        return None


def _plain(messages: Sequence[Wire]) -> list[Wire]:
    """Messages without their author's names: those change without a word of the room."""
    return [{name: one[name] for name in one if name != "author"} for one in messages]
