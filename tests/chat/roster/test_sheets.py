"""Sheets: made once for all who ask meanwhile, never of the time before somebody asked."""

import threading
from collections.abc import Collection, Sequence

import pytest

from chat.ids import RoomId, UserId
from chat.roster.sheets import Sheet, Sheets
from chat.roster.sight import NOTHING, Sight
from chat.terms import Known
from presence.errors import PresenceUnavailable
from presence.terms import Seen, Snapshot, Status
from tests.support.waiting import wait_until

ANN, BOB, CLEO = UserId("ann"), UserId("bob"), UserId("cleo")
DEN = RoomId("den")


class House:
    """Presence that waits for a door, and tells how many had asked when it looked."""

    def __init__(self) -> None:
        self.sheets = Sheets(self, self, lambda: None)
        self.seen: dict[UserId, Seen] = {}
        self.asked = 0
        self.looks: list[tuple[str, ...]] = []
        self.found: dict[int, Sheet] = {}
        self.fails = False
        self._door = threading.Event()
        self._threads: list[threading.Thread] = []

    def people(self, user_ids: Collection[UserId]) -> list[Known]:
        """Everybody has a name."""
        return [Known(one, one, one.title(), None) for one in user_ids]

    def snapshot(self, user_ids: Sequence[str]) -> Snapshot:
        """As of the time at which it is asked for."""
        self.looks.append(tuple(user_ids))
        rev, seen = self.asked, dict(self.seen)
        assert self._door.wait(30)
        if self.fails:
            raise PresenceUnavailable("away")
        offline = Seen(Status.OFFLINE)
        return Snapshot("e", rev, {one: seen.get(UserId(one), offline) for one in user_ids})

    def asks(self, *user_ids: UserId) -> int:
        """Somebody asks, and waits for his answer; returns his number, from 1."""
        looks, number = len(self.looks), self.asked + 1
        self.asked = number
        thread = threading.Thread(target=self._ask, args=(number, user_ids))
        self._threads.append(thread)
        thread.start()
        wait_until(
            lambda: len(self.looks) > looks or self._waiting() == number - len(self.looks),
            30,
            "he is served or stands in line",
        )
        return number

    def opens(self) -> None:
        """Everybody has his answer."""
        self._door.set()
        for thread in self._threads:
            thread.join(30)
            assert not thread.is_alive()

    def _ask(self, number: int, user_ids: tuple[UserId, ...]) -> None:
        self.found[number] = self.sheets.of(user_ids)

    def _waiting(self) -> int:
        return sum(map(len, self.sheets._lines.values()))


@pytest.fixture
def house() -> House:
    """A fresh one."""
    return House()


def test_who_asks_while_a_sheet_is_made_shares_the_next_one(house: House) -> None:
    """Two are made for five; the others' one is read after all of them have asked."""
    for _ in range(5):
        house.asks(ANN, BOB)

    house.opens()

    assert house.looks == [("ann", "bob"), ("ann", "bob")]
    assert house.found[1].rev == 1
    assert {house.found[number].rev for number in (2, 3, 4, 5)} == {5}
    assert all(house.found[number] is house.found[2] for number in (3, 4, 5))


def test_what_changed_before_somebody_asked_is_in_his_answer(house: House) -> None:
    """The sheet that is just made may be older than what he was told already."""
    first = house.asks(ANN)
    house.seen[ANN] = Seen(Status.ONLINE)
    second = house.asks(ANN)

    house.opens()

    assert [house.found[one].lines[0].status for one in (first, second)] == ["offline", "online"]


def test_other_people_are_another_sheet(house: House) -> None:
    """Who asks for others waits for nobody and is told of nobody else; their order is no matter."""
    one, other = house.asks(ANN, BOB), house.asks(BOB, CLEO)
    same = house.asks(BOB, ANN)

    house.opens()

    assert len(house.looks) == 3
    names = {n: [line.username for line in house.found[n].lines] for n in (one, other, same)}
    assert names == {one: ["ann", "bob"], other: ["bob", "cleo"], same: ["ann", "bob"]}


def test_unknown_is_told_to_all_who_share(house: House) -> None:
    """While presence is away everybody is unknown; nothing stays behind of it."""
    house.fails = True
    numbers = [house.asks(ANN) for _ in range(3)]
    house.opens()

    assert [house.found[one].epoch for one in numbers] == [""] * 3
    assert {house.found[one].lines[0].status for one in numbers} == {"unknown"}
    house.fails = False
    assert house.sheets.of([ANN]).lines[0].status == "offline"
    assert not house.sheets._lines


def test_where_somebody_is_here_is_the_viewers_own(house: House) -> None:
    """What one viewer is told of him is not on the sheet that the next one gets."""
    house.seen[ANN] = Seen(Status.ONLINE, focus=(DEN,))
    house.opens()
    sheet = house.sheets.of([ANN, BOB])

    assert sheet.users_in_front == {ANN}
    shared = Sight({ANN: frozenset({DEN})})
    assert [line.here for line in sheet.seen_by(shared)] == [[DEN], []]
    assert [line.here for line in sheet.seen_by(NOTHING)] == [[], []]
