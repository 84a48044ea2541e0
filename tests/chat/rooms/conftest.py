"""Fixtures of the rooms' tests: a house on each database, and people in it.

After each test every timeline was followed rightly."""

from collections.abc import Iterator

import pytest

from chat.db import Database
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
    """Ann, who owns rooms."""
    return house.signs_up("ann")


@pytest.fixture
def bob(house: House) -> Identity:
    """Bob."""
    return house.signs_up("bob")


@pytest.fixture
def eve(house: House) -> Identity:
    """Eve."""
    return house.signs_up("eve")
