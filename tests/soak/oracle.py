"""What must be true once everybody stands still: each client's view equals what was done.

The rule of the file: it knows what the residents did and what SQL holds, and nothing of how the
server comes to its answers. Differences are looked for again until none is left or time is up;
what was shown in between (a false offline) is never forgiven.
"""

from collections.abc import Iterable, Mapping, Sequence

from tests.soak.tab import View
from tests.soak.town import Town

Line = Sequence[tuple[int, str]]
"""A room's messages, (seq, id) by seq."""


class Oracle:
    """Compares the views of one town with its truth."""

    def __init__(self, town: Town) -> None:
        """Nothing was looked at yet."""
        self._town = town
        self._history: dict[str, list[tuple[int, str]]] = {room: [] for room in town.rooms}
        self._checked = 0
        self.views = 0
        self.false_offline: list[str] = []
        self.failures: list[str] = []

    def differences(self) -> list[str]:
        """Return in what the town differs from the truth now; everybody stands still meanwhile."""
        for room in self._history:
            self._read_on(room)
        differences = [*self._of_views(), *self._of_counts(self._town.counted())]
        return differences or self._of_ledger()

    def _of_views(self) -> list[str]:
        differences: list[str] = []
        truth = {one.id: one.status for one in self._town.residents}
        steady = {one.id for one in self._town.residents if one.is_steady}
        for viewer in self._town.residents:
            others = {one: status for one, status in truth.items() if one != viewer.id}
            lines = {room: self._history[room] for room in viewer.rooms}
            for tab in list(viewer.tabs):
                view = tab.look()
                if view is None:
                    differences.append(f"{viewer.person.username} is not in step")
                    continue
                self.views += 1
                self.failures += view.failures
                self.false_offline += false_offline(view, steady - {viewer.id})
                name = viewer.person.username
                differences += [f"{name}: {one}" for one in wrong(view, others, lines)]
        return differences

    def _of_counts(self, counted: Mapping[str, int]) -> list[str]:
        tabs = counted["tabs"]
        return [f"{tabs} tabs, {n} {what}" for what, n in counted.items() if n != tabs]

    def _of_ledger(self) -> list[str]:
        """What was acknowledged is in its place, and nothing else is there."""
        said = self._town.ledger.said
        fresh = said[self._checked :]
        differences = [
            f"{one.body!r} was acknowledged as {one.seq} and is not there"
            for one in fresh
            if (one.seq, one.message_id) not in self._history[one.room_id][one.seq - 1 : one.seq]
        ]
        stored = sum(map(len, self._history.values()))
        if stored != len(said):
            differences.append(f"{stored} messages are stored, {len(said)} were acknowledged")
        if not differences:
            self._checked = len(said)
        return differences

    def _read_on(self, room: str) -> None:
        line = self._history[room]
        while True:
            path = f"/api/v1/rooms/{room}/messages?after={len(line)}&limit=200"
            page = self._town.clerk.api.get(path).json
            line += [(message["seq"], message["id"]) for message in page["messages"]]
            if not page["has_more"]:
                return


def wrong(view: View, statuses: Mapping[str, str], lines: Mapping[str, Line]) -> Iterable[str]:
    """Yield what the view shows and should not, of the people and the rooms that are named."""
    for user_id, status in statuses.items():
        if view.statuses.get(user_id) != status:
            yield f"shows {user_id} {view.statuses.get(user_id)}, who is {status}"
    for room, line in lines.items():
        held = view.messages.get(room, [])
        if (line and not held) or held != list(line[len(line) - len(held) :]):
            yield f"holds {held[-3:]} of {room}, where {list(line[-3:])} are the last"


def false_offline(view: View, steady: Iterable[str]) -> Iterable[str]:
    """Yield who was shown offline since the last look, of those who never were."""
    for user_id in steady:
        if "offline" in view.shown.get(user_id, []):
            yield f"{user_id} was shown {view.shown[user_id]}"
