"""Somebody leaves while the server still lets him in: no ghost stays."""

import contextlib
import threading
from collections.abc import Iterator
from functools import partial

import pytest

from tests.faults.house import LEASE_S, RENEW_S, SLACK_S, TAB_CLOSED_S
from tests.faults.split import Split, split
from tests.support.api import Api
from tests.support.metrics import value_of
from tests.support.people import Person
from tests.support.raw import RawSocket
from tests.support.waiting import holds_for, wait_until

SLOW_MS = 250  # each way to Redis and back: a connect asks it several times
AT_ONCE = 10
GHOST_S = 8.0  # a fifth of 40 s
GAUGES = ("rollcall_connections", "rollcall_edge_sockets", "rollcall_edge_sids")
POLL = "/socket.io/?EIO=4&transport=polling"


@pytest.fixture
def scene(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Split]:
    """The far worker's way to Redis can be made slow."""
    with split(tmp_path_factory.mktemp("slow")) as opened:
        yield opened
        print(opened.far.log())  # shown with a failure
        opened.settles()


@pytest.mark.fault(10)
@pytest.mark.timeout(120)
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
