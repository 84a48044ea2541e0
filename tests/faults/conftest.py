"""The house that the fault tests share: opened once, broken by each, whole again after each."""

from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from tests.faults.house import CLIENTS, House, house


class Lodging:
    """Keeps one house open, and opens another when that one did not become whole again."""

    def __init__(self) -> None:
        self._stack = ExitStack()
        self._open: House | None = None

    def house(self) -> House:
        """Return the house that is open."""
        if self._open is None:
            self._open = self._stack.enter_context(house(CLIENTS))
        return self._open

    def close(self) -> None:
        """The house is gone."""
        self._open = None
        self._stack.close()


@pytest.fixture(scope="session")
def lodging() -> Iterator[Lodging]:
    """The one house of this run."""
    lodging = Lodging()
    yield lodging
    lodging.close()


@pytest.fixture
def crowded(lodging: Lodging) -> Iterator[House]:
    """Two workers, a Redis that may be hurt, sixty people; whole again after the test."""
    opened = lodging.house()
    read_to = len(opened.server.log())
    yield opened
    print(opened.server.log()[read_to:])  # shown with a failure
    try:
        opened.settles()
    except BaseException:
        lodging.close()
        raise
