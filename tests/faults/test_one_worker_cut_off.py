"""R4 and R5 for one worker of several: only its own links to Redis are hurt."""

import time
from collections.abc import Iterator

import pytest

from tests.faults.house import RENEW_S, SLACK_S, STORE_BACK_S, TAB_CLOSED_S, WORKER_KILLED_S
from tests.faults.split import Split, split
from tests.support.claims import assert_never_shown
from tests.support.waiting import wait_until

UNKNOWN_S = 5.0  # a command is waited for 3 s
DEAF_S = 17.0  # a probe each 5 s, missed for 12 s
LOG_LINK_S = 5.0  # an answer that does not come
HEADS_S = 1.6

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
    deaf_s = time.monotonic()
    crowd.leaves(people[1])
    crowd.sees_the_truth(within_s=TAB_CLOSED_S + SLACK_S)
    assert scene.link.swallows_links_that_said(b"{p}:v2:log") >= 1
    crowd.leaves(people[2])
    crowd.sees_the_truth(within_s=TAB_CLOSED_S + LOG_LINK_S + SLACK_S)
    assert scene.link.swallows_links_that_said(b"{rc}:bus") >= 1
    held = far_tab.timeline[crowd.room].last_seq
    crowd.viewers()[-1].posts(crowd.room, "not told by the bus")
    far_tab.holds(crowd.room, held + 1, within_s=HEADS_S + STORE_BACK_S + SLACK_S)

    left_s = deaf_s + DEAF_S + SLACK_S - time.monotonic()
    wait_until(lambda: _subscribers(scene) > subscribers, left_s, "the listener subscribes anew")
    crowd.leaves(people[3])
    crowd.sees_the_truth(within_s=TAB_CLOSED_S + SLACK_S)
    crowd.assert_told(began_s)


def _subscribers(scene: Split) -> int:
    with scene.redis.client() as client:
        return len(client.client_list(_type="pubsub"))
