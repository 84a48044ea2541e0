"""R5: Redis may die. Restarted empty, it costs no message, no session and no false offline."""

import time
from collections.abc import Callable
from functools import partial

import pytest

from tests.support.claims import assert_equals_fresh_load, assert_never_shown
from tests.support.people import Person
from tests.support.redis_process import RedisProcess
from tests.support.server import Server
from tests.support.tab import Tab
from tests.support.waiting import wait_until

StartsServer = Callable[..., Server]
SignsUp = Callable[[Server, str], Person]
BACK_ONLINE_S = 5.0


@pytest.fixture
def server(starts_server: StartsServer, private_redis: RedisProcess) -> Server:
    """Two workers on a Redis that the test may kill."""
    return starts_server(redis_url=private_redis.url)


@pytest.mark.fault(11)
def test_everybody_is_online_again_and_nobody_was_shown_offline(
    server: Server, private_redis: RedisProcess, signs_up: SignsUp
) -> None:
    """All who stayed are online within 5 s of the restart; unknown was shown, offline never."""
    people = [signs_up(server, name) for name in ("ann", "bob", "carol", "dan")]
    room = people[0].creates_room()
    for person in people[1:]:
        person.joins(room)
    tabs = [person.opens_tab(reconnects=True) for person in people]
    wait_until(partial(shows_all_online, tabs[0], people), 5, "all are online")

    private_redis.restarts_empty()
    restarted_s = time.monotonic()

    for tab in tabs:
        left_s = restarted_s + BACK_ONLINE_S - time.monotonic()
        wait_until(
            partial(shows_all_online, tab, people),
            left_s,
            f"everybody is online again; shown {tab.roster.statuses()}",
        )
        for person in people:
            assert_never_shown(tab, person, "offline", since_s=restarted_s)
    assert_equals_fresh_load(tabs[1], people[1], [room])


def test_messages_around_the_restart_are_complete(
    server: Server, private_redis: RedisProcess, signs_up: SignsUp
) -> None:
    """Messages posted before, while and after Redis is away are on every screen, in one order."""
    ann, bob = signs_up(server, "ann"), signs_up(server, "bob")
    room = ann.creates_room()
    bob.joins(room)
    writer = ann.opens_tab(reconnects=True)
    held_by = server.worker_of(writer.local_port)
    reader = bob.opens_tab_on(lambda pid: pid != held_by, reconnects=True)
    writer.posts(room, "before")

    private_redis.dies()
    writer.posts_until_acked(room, "while it is away")
    private_redis.start()
    writer.posts_until_acked(room, "after")

    ids = [message["id"] for message in ann.history(room)]
    assert len(ids) == 3
    assert writer.holds(room, 3, within_s=5) == ids
    assert reader.holds(room, 3, within_s=5) == ids


def test_nobody_is_signed_out(
    server: Server, private_redis: RedisProcess, signs_up: SignsUp
) -> None:
    """A session survives a Redis that forgot it: the cookie still signs in, by HTTP and socket."""
    ann = signs_up(server, "ann")
    ann.opens_tab().closes()

    private_redis.restarts_empty()

    wait_until(
        lambda: ann.api.get("/readyz").status == 200, BACK_ONLINE_S, "the server is ready again"
    )
    session = ann.api.get("/api/v1/session")
    assert session.json["user"]["id"] == ann.id
    ann.opens_tab()


@pytest.mark.fault(11)
def test_who_left_while_redis_was_away_is_offline_afterwards(
    server: Server, private_redis: RedisProcess, signs_up: SignsUp
) -> None:
    """Closing a tab while Redis is away is not forgotten when it is back."""
    ann, bob = signs_up(server, "ann"), signs_up(server, "bob")
    ann.joins(bob.creates_room())
    leaves, stays = ann.opens_tab(), bob.opens_tab(reconnects=True)
    stays.sees(ann.id, "online", within_s=2)

    private_redis.dies()
    leaves.closes()
    stays.sees(ann.id, "unknown", within_s=10)
    private_redis.start()

    stays.sees(ann.id, "offline", within_s=10)
    stays.sees(bob.id, "online", within_s=BACK_ONLINE_S)


def shows_all_online(tab: Tab, people: list[Person]) -> bool:
    """Whether the tab is connected and shows each of the people online."""
    return tab.is_connected and all(
        tab.roster.status_of(person.id) == "online" for person in people
    )
