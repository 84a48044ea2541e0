"""R6 under load: two senders on two workers at once, and everybody holds the same."""

import threading
from collections.abc import Callable

import pytest

from tests.support.people import Person
from tests.support.server import Server
from tests.support.tab import Tab

SignsUp = Callable[[Server, str], Person]
EACH = 300


@pytest.mark.parametrize("database", ["sqlite", "postgresql"])
def test_six_hundred_messages_are_held_by_all_in_one_order(
    database: str,
    starts_server: Callable[..., Server],
    signs_up: SignsUp,
    request: pytest.FixtureRequest,
) -> None:
    """300 messages each from two workers at once: all 600 on every screen, in order, none twice."""
    url = ""
    if database == "postgresql":
        url = request.getfixturevalue("postgres_server").fresh_database()
    server = starts_server(database_url=url)
    ann, bob, carol = (signs_up(server, name) for name in ("ann", "bob", "carol"))
    room = ann.creates_room()
    for person in (bob, carol):
        person.joins(room)
    first = ann.opens_tab()
    held_by = server.worker_of(first.local_port)
    second = bob.opens_tab_on(lambda pid: pid != held_by)
    tabs = [first, second, carol.opens_tab(), carol.opens_tab()]

    post_at_once(room, {"ann": first, "bob": second})

    ids = [message["id"] for message in carol.history(room)]
    assert len(set(ids)) == 2 * EACH
    for tab in tabs:
        assert tab.holds(room, 2 * EACH, within_s=10) == ids
        assert [m["seq"] for m in tab.timeline[room].messages.values()] == [*range(1, 601)]
        sent = [message["seq"] for message in tab.heard("message:new")]
        assert len(sent) == len(set(sent)), "the server told a message twice"
        for name in ("ann", "bob"):
            own = [body for body in tab.timeline[room].bodies() if body.startswith(name)]
            assert own == [f"{name} {n}" for n in range(EACH)], "one sender's order"


def post_at_once(room: str, tabs: dict[str, Tab]) -> None:
    """Every sender has had each of his messages acknowledged, one after the other."""
    refused: list[Exception] = []

    def write(name: str, tab: Tab) -> None:
        try:
            for n in range(EACH):
                tab.posts(room, f"{name} {n}")
        except Exception as error:  # noqa: BLE001 - carried over to the test's own thread
            refused.append(error)

    threads = [threading.Thread(target=write, args=sender) for sender in tabs.items()]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert refused == []
