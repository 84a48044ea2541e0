"""For every bad input: the same workers live on, no traceback was logged, nothing was stored."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pytest

from tests.support.people import Person
from tests.support.routes import Route, routes
from tests.support.server import Server
from tests.support.stored import stored_rows


@dataclass(frozen=True)
class Scene:
    """Ann has a private room and a message in it; Bob shares only the public room with her."""

    server: Server
    ann: Person
    bob: Person
    shared: str
    private: str


@pytest.fixture
def scene(server: Server, signs_up: Callable[[Server, str], Person]) -> Iterator[Scene]:
    """A scene in which a test may try anything bad: afterwards nothing may have changed."""
    ann, bob = signs_up(server, "ann"), signs_up(server, "bob")
    shared = ann.creates_room()
    private = ann.creates_room(visibility="private")
    bob.joins(shared)
    ann.opens_tab().posts(private, "secret")
    before = stored_rows(server)
    yield Scene(server, ann, bob, shared, private)
    assert stored_rows(server) == before, "bad input stored something"
    assert ann.api.get("/healthz").status == 200


@pytest.fixture(scope="session")
def all_routes(tmp_path_factory: pytest.TempPathFactory) -> tuple[Route, ...]:
    """Every HTTP route of the app."""
    return routes(str(tmp_path_factory.mktemp("routes")))
