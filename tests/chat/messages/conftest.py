"""Rooms and messages on a real database; after each test every timeline was followed rightly."""

from collections.abc import Iterator

import pytest

from chat.db import Database
from chat.ids import RoomId
from chat.terms import Identity
from tests.chat.conftest import MovedClock
from tests.chat.house import House


@pytest.fixture
def house(db: Database, moved_clock: MovedClock) -> Iterator[House]:
    """Rooms and messages on a fresh database; what was told must lead to what is stored."""
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
def lobby(house: House, ann: Identity) -> RoomId:
    """A public room that Ann owns."""
    return house.opens_room(ann)
