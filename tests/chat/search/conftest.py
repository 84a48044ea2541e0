"""Two people in a room, and a way to ask."""

from collections.abc import Callable, Iterator

import pytest

from chat import wire
from chat.db import Database
from chat.ids import RoomId
from chat.terms import Identity
from tests.chat.conftest import MovedClock
from tests.chat.house import House

Asks = Callable[..., list[str]]
"""(asker, q, fields of the query) -> the bodies found, in order."""


@pytest.fixture
def house(db: Database, moved_clock: MovedClock) -> Iterator[House]:
    """Rooms, messages and search on a fresh database; what was told must lead to what is stored."""
    house = House(db, moved_clock)
    yield house
    house.assert_all_followed()


@pytest.fixture
def ann(house: House) -> Identity:
    """A user."""
    return house.signs_up("ann")


@pytest.fixture
def bob(house: House) -> Identity:
    """Another user."""
    return house.signs_up("bob")


@pytest.fixture
def lobby(house: House, ann: Identity, bob: Identity) -> RoomId:
    """A room of both."""
    return house.opens_room(ann, bob)


@pytest.fixture
def asks(house: House, moved_clock: MovedClock) -> Asks:
    """A function (asker, q, ...) -> the bodies of what is found, in order."""

    def ask(asker: Identity, q: str, **fields: object) -> list[str]:
        moved_clock.passes(60)  # nobody asks too fast
        query = wire.SearchQuery(q=q, **fields)  # type: ignore[arg-type]  # as a test gives them
        return [hit.message.body for hit in house.search.search(asker, query).hits]

    return ask
