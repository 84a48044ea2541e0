"""A room with people on each database, and a clock; whatever was told must lead to what is kept."""

from collections.abc import Iterator

import pytest

from chat.db import Database
from chat.ids import RoomId
from chat.terms import Identity
from tests.chat.conftest import MovedClock
from tests.chat.house import House

DAY_S = 86_400


@pytest.fixture
def house(db: Database, moved_clock: MovedClock) -> Iterator[House]:
    """Rooms and messages on a fresh database."""
    house = House(db, moved_clock)
    yield house
    house.assert_all_followed()


@pytest.fixture
def ann(house: House) -> Identity:
    """Who owns the room."""
    return house.signs_up("ann")


@pytest.fixture
def bob(house: House) -> Identity:
    """A member."""
    return house.signs_up("bob")


@pytest.fixture
def lobby(house: House, ann: Identity, bob: Identity) -> RoomId:
    """A room of both."""
    return house.opens_room(ann, bob)
