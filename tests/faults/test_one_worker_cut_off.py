"""R4 and R5 for one worker of several: only its own links to Redis are hurt."""

import contextlib
import threading
import time
from collections.abc import Iterator
from functools import partial

import pytest

from tests.faults.house import (
    LEASE_S,
    RENEW_S,
    SLACK_S,
    STORE_BACK_S,
    TAB_CLOSED_S,
    WORKER_KILLED_S,
)
from tests.faults.split import Split, split
from tests.support.api import Api
from tests.support.claims import assert_never_shown
from tests.support.metrics import value_of
from tests.support.people import Person
from tests.support.raw import RawSocket
from tests.support.waiting import holds_for, wait_until

UNKNOWN_S = 5.0  # a command is waited for 3 s
DEAF_S = 17.0  # a probe each 5 s, missed for 12 s
LOG_LINK_S = 5.0  # an answer that does not come
HEADS_S = 1.6
SLOW_MS = 250  # each way to Redis and back: a connect asks it several times
AT_ONCE = 10
GHOST_S = 8.0  # a fifth of 40 s
GAUGES = ("rollcall_connections", "rollcall_edge_sockets", "rollcall_edge_sids")
POLL = "/socket.io/?EIO=4&transport=polling"

pytestmark = pytest.mark.timeout(180)


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Split]:
    """The two workers of this module."""
    with split(tmp_path_factory.mktemp("split")) as opened:
        yield opened


@pytest.fixture
def scene(both: Split) -> Iterator[Split]:
    """The two workers, whole again after the test."""
    read_to = len(both.near.log()), len(both.far.log())
    yield both
    print(both.near.log()[read_to[0] :], both.far.log()[read_to[1] :])  # shown with a failure
    both.settles()


@pytest.mark.fault(23)
def test_worker_without_redis_decides_nothing_and_is_right_when_the_link_heals(
    scene: Split,
) -> None:
    """Its own viewers see unknown, never offline; the others see its people go by their leases;
    messages go on; when the link heals every screen is right."""
    crowd = scene.crowd
    ann, bob, carol, dan = crowd.people[:4]
    beside, leaving = crowd.comes(ann), crowd.comes(bob)
    cut_off = scene.comes_far(carol)
    scene.comes_far(dan)
    crowd.sees_the_truth(within_s=10)
    cut_s, held = time.monotonic(), beside.timeline[crowd.room].last_seq
    assert leaving.is_connected

    scene.link.swallows()
    cut_off.sees(ann.id, "unknown", within_s=UNKNOWN_S + SLACK_S)
    for gone in (carol, dan):
        beside.sees(gone.id, "offline", within_s=WORKER_KILLED_S + SLACK_S)
    crowd.leaves(bob)
    beside.sees(bob.id, "offline", within_s=TAB_CLOSED_S + SLACK_S)
    beside.posts(crowd.room, "from beside Redis")
    cut_off.posts_until_acked(crowd.room, "from the one that is cut off")
    assert_never_shown(cut_off, ann, "offline", since_s=cut_s)
    scene.link.passes()

    crowd.sees_the_truth(within_s=max(RENEW_S + 2.0, STORE_BACK_S) + SLACK_S)
    crowd.assert_told(cut_s, but=[carol, dan])
    for one in (carol, dan):
        assert all(told in ([], ["offline", "online"]) for told in crowd.told(one, cut_s))
    for tab in crowd.viewers():
        tab.holds(crowd.room, held + 2, within_s=10)


@pytest.mark.fault(17)
def test_links_that_die_without_a_word_are_noticed_and_cost_nothing(scene: Split) -> None:
    """The link of the listener, of the log and of the bus each stop to carry anything while TCP
    stays open: what happens is shown all the same, and the listener hears again in time."""
    crowd = scene.crowd
    people = crowd.people
    far_tab = scene.comes_far(people[0])
    crowd.meets(people[1:])
    subscribers = _subscribers(scene)
    began_s = time.monotonic()

    assert scene.link.swallows_links_that_said(b"SUBSCRIBE") == 1
    crowd.leaves(people[1])
    crowd.sees_the_truth(within_s=TAB_CLOSED_S + SLACK_S)
    # Now, before another link is hurt: any call of the listener that fails builds it anew too.
    wait_until(
        lambda: _subscribers(scene) > subscribers, DEAF_S + SLACK_S, "the listener subscribes anew"
    )
    assert scene.link.swallows_links_that_said(b"XREAD", b"{p}:v2:log") == 1
    crowd.leaves(people[2])
    crowd.sees_the_truth(within_s=TAB_CLOSED_S + LOG_LINK_S + SLACK_S)
    assert scene.link.swallows_links_that_said(b"XREAD", b"{rc}:in:") >= 1
    held = far_tab.timeline[crowd.room].last_seq
    crowd.viewers()[-1].posts(crowd.room, "not told by the bus")
    far_tab.holds(crowd.room, held + 1, within_s=HEADS_S + STORE_BACK_S + SLACK_S)
    crowd.leaves(people[3])
    crowd.sees_the_truth(within_s=DEAF_S + SLACK_S)
    crowd.assert_told(began_s)


@pytest.mark.fault(10)
def test_client_that_leaves_during_a_slow_connect_leaves_nothing(scene: Split) -> None:
    """Ten WebSockets and ten pollers say CONNECT to a worker whose Redis is slow, and go before
    they are in: afterwards there is no lease, no connection, and nobody is shown online."""
    crowd = scene.crowd
    ann, ben, *others = crowd.people
    watching = crowd.meets(others)[0]

    scene.link.delays(SLOW_MS)
    clients = [threading.Thread(target=_leaves_at_once, args=(scene, ann)) for _ in range(AT_ONCE)]
    clients += [threading.Thread(target=_polls_once, args=(scene, ben)) for _ in range(AT_ONCE)]
    for client in clients:
        client.start()
    for client in clients:
        client.join()
    scene.link.delays(0)

    wait_until(
        lambda: "offline" in watching.roster.told_since(ann.id, 0)[-1:], 10, "ann is not here"
    )
    wait_until(lambda: not _leases(scene, ann, ben), GHOST_S + SLACK_S, "no lease is left")
    for gauge in GAUGES:
        is_empty = partial(_is_empty, scene, gauge)
        wait_until(is_empty, GHOST_S + SLACK_S, f"{gauge} is 0")
    holds_for(lambda: not _leases(scene, ann, ben), 2 * RENEW_S, "nothing is granted again")
    crowd.sees_the_truth(within_s=LEASE_S + TAB_CLOSED_S)


def _subscribers(scene: Split) -> int:
    with scene.redis.client() as client:
        return len(client.client_list(_type="pubsub"))


def _leaves_at_once(scene: Split, person: Person) -> None:
    client = RawSocket(scene.far.host, person.api.cookie, connect=False)
    client.sends("40")
    threading.Event().wait(SLOW_MS / 1000)
    client.closes()


def _polls_once(scene: Split, person: Person) -> None:
    api = Api(scene.far.host, dict(person.api.cookies))
    headers = {"Origin": f"http://{scene.far.host}", "X-CSRF-Token": ""}
    opened = api.call("GET", POLL, headers=headers)
    sid = opened.body.decode().split('"sid":"')[1].split('"')[0]
    with contextlib.suppress(OSError):
        api.call("POST", f"{POLL}&sid={sid}", body=b"40", headers={**headers, "X-CSRF-Token": "-"})


def _is_empty(scene: Split, gauge: str) -> bool:
    return value_of(scene.far, gauge) == 0


def _leases(scene: Split, *people: Person) -> list[object]:
    with scene.redis.client() as client:
        return [key for person in people for key in client.keys(f"{{p}}:v*:lease:{person.id} *")]
