"""For every bad input: the same workers live on, no traceback was logged, nothing was stored."""

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any

import pytest

from tests.support.people import Person, sign_up
from tests.support.raw import RawSocket
from tests.support.routes import Route, routes
from tests.support.server import Server
from tests.support.stored import stored_rows
from tests.support.tab import Tab


@dataclass(frozen=True)
class Scene:
    """Ann has a private room and a message in it; Bob shares only the public room with her."""

    server: Server
    ann: Person
    bob: Person
    shared: str
    private: str
    closing: ExitStack

    def raw(self, cookie: str | None = None, **options: Any) -> RawSocket:
        """Return a raw socket of Ann's, or of the cookie's; it is closed at the end."""
        used = self.ann.api.cookie if cookie is None else cookie
        raw = RawSocket(self.server.host, used, **options)
        self.closing.callback(raw.closes)
        return raw

    def worker_of(self, raw: RawSocket) -> int:
        """Return the process that holds the raw socket."""
        return self.server.worker_of(raw.local_port)

    def neighbour_of(self, raw: RawSocket) -> Tab:
        """Return a tab of Bob's on the very worker that holds the raw socket."""
        held_by = self.worker_of(raw)
        return self.bob.opens_tab_on(lambda pid: pid == held_by)


@pytest.fixture(scope="module")
def cast(shared_server: Server) -> tuple[Person, Person, str, str]:
    """Ann, Bob, the room they share, and Ann's private one: for all tests of a file."""
    ann, bob = sign_up(shared_server, "ann"), sign_up(shared_server, "bob")
    shared = ann.creates_room()
    private = ann.creates_room(visibility="private")
    bob.joins(shared)
    tab = ann.opens_tab()
    tab.posts(private, "secret")
    tab.closes()
    return ann, bob, shared, private


@pytest.fixture
def scene(server: Server, cast: tuple[Person, Person, str, str]) -> Iterator[Scene]:
    """A scene in which a test may try anything bad: afterwards nothing may have changed."""
    before = stored_rows(server)
    with ExitStack() as closing:
        scene = Scene(server, *cast, closing)
        closing.callback(scene.ann.leaves_the_house)
        closing.callback(scene.bob.leaves_the_house)
        yield scene
    assert stored_rows(server) == before, "bad input stored something"
    assert scene.ann.api.get("/healthz").status == 200


@pytest.fixture(scope="session")
def all_routes(tmp_path_factory: pytest.TempPathFactory) -> tuple[Route, ...]:
    """Every HTTP route of the app."""
    return routes(str(tmp_path_factory.mktemp("routes")))
