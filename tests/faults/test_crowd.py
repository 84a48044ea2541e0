"""What happens to workers with a crowd on them; every screen is compared with the truth."""

import itertools
import os
import signal
import threading
from collections.abc import Sequence

import pytest

from tests.faults.house import (
    CLIENTS,
    SLACK_S,
    STORE_BACK_S,
    TAB_CLOSED_S,
    WORKER_KILLED_S,
    WORKER_LEASE_S,
    House,
)
from tests.support.metrics import value_of
from tests.support.tab import Tab
from tests.support.waiting import wait_until

pytestmark = pytest.mark.timeout(120 if CLIENTS < 100 else 600)

RECONNECT_P99_S = 5.0
EXPIRIES = 50
STALLED = "rollcall_loop_stall_seconds"


@pytest.mark.fault(1)
def test_crowd_of_a_killed_worker_comes_back_unseen_and_the_rest_leave_once(
    crowded: House,
) -> None:
    """Half of the crowd come back, half do not: nobody of the first is shown offline, everybody
    of the others is, once, within the bound."""
    crowd, server = crowded.crowd, crowded.server
    staying, leaving = crowd.people[::2], crowd.people[1::2]
    crowd.meets(staying)
    tabs = {person.id: crowd.comes(person, reconnects=False) for person in leaving}
    crowd.sees_the_truth(within_s=SLACK_S)
    doomed = server.worker_pids()[0]
    gone = [one for one in leaving if server.worker_of(tabs[one.id].local_port) == doomed]
    assert len(leaving) / 3 < len(gone) < len(leaving), "both workers hold a part of the crowd"

    server.worker_dies(doomed)
    killed_s = min([crowd.is_gone(person) for person in gone])

    crowd.sees_the_truth(within_s=WORKER_KILLED_S + SLACK_S)
    crowd.assert_told(killed_s)
    server.worker_returns(doomed)


@pytest.mark.fault(2)
def test_crowd_of_a_frozen_worker_is_shown_right_when_it_goes_on(crowded: House) -> None:
    """SIGSTOP for longer than the worker's lease and its people's: when it goes on everybody is
    online, and nobody was shown more than one pair of offline and online."""
    crowd, server = crowded.crowd, crowded.server
    people = crowd.people[:8]
    tabs = dict(zip([one.id for one in people], crowd.meets(people), strict=True))
    frozen = server.worker_of(tabs[people[0].id].local_port)
    held = [one for one in people if server.worker_of(tabs[one.id].local_port) == frozen]
    watching = crowd.comes_apart_from(frozen, crowd.people[8])
    crowd.sees_the_truth(within_s=SLACK_S)
    frozen_s = crowded.now_s()

    server.freezes(frozen)
    for one in held:
        watching.sees(one.id, "offline", within_s=WORKER_KILLED_S + SLACK_S)
    server.thaws(frozen)

    crowd.sees_the_truth(within_s=STORE_BACK_S + SLACK_S)
    crowd.assert_told(frozen_s, but=held)
    for one in held:
        assert all(told in ([], ["offline", "online"]) for told in crowd.told(one, frozen_s))


@pytest.mark.fault(3)
def test_deploy_under_load_shows_nobody_offline_and_loses_nothing(crowded: House) -> None:
    """SIGTERM to each worker in turn while four people write: no offline on any screen, every
    message on every screen, everybody connected again in time."""
    crowd, server = crowded.crowd, crowded.server
    people = crowd.people[:12]
    tabs = crowd.meets(people)
    began_s, seqs = crowded.now_s(), [tab.timeline[crowd.room].last_seq for tab in tabs]
    load = Load(crowd.room, tabs[:4])

    for doomed in server.worker_pids():
        os.kill(doomed, signal.SIGTERM)
        server.worker_returns(doomed)
        crowd.sees_the_truth(within_s=STORE_BACK_S + SLACK_S)
        load.goes_on()
    posted = load.ends()

    history = [one for one in people[0].history(crowd.room) if one["seq"] > seqs[0]]
    assert sorted(one["body"] for one in history) == sorted(posted)
    for tab, before in zip(tabs, seqs, strict=True):
        ids = tab.holds(crowd.room, before + len(posted), within_s=10)
        assert ids[before:] == [one["id"] for one in history]
    crowd.assert_told(began_s)
    away_s = [away for tab in tabs for away in times_away(tab)]
    assert len(away_s) >= len(tabs), "every worker was ended, so everybody moved at least once"
    assert max(away_s) <= RECONNECT_P99_S + SLACK_S


@pytest.mark.fault(4)
@pytest.mark.parametrize(("busy", "seconds"), [(signal.SIGUSR1, 1), (signal.SIGUSR2, 3)])
def test_busy_loop_shows_nobody_offline_and_is_told_by_the_metric(
    crowded: House, busy: signal.Signals, seconds: int
) -> None:
    """A worker that computes for long, also beyond what a ping may take, is late for everybody;
    nobody is shown offline, and the metric tells how long it stood still."""
    crowd, server = crowded.crowd, crowded.server
    assert seconds <= WORKER_LEASE_S, "the worker itself is not taken for dead"
    crowd.meets(crowd.people[:8])
    stalled = value_of(crowded.server, f"{STALLED}_sum")
    workers, began_s = server.worker_pids(), crowded.now_s()

    os.kill(workers[0], busy)
    crowded.passes(seconds)

    wait_until(
        lambda: value_of(server, f"{STALLED}_sum") > stalled + seconds * 0.5 - 0.4,
        10,
        "the metric tells of the stall",
    )
    crowded.passes(1.0)
    crowd.sees_the_truth(within_s=STORE_BACK_S + SLACK_S)
    crowd.assert_told(began_s)
    assert server.worker_pids() == workers


@pytest.mark.fault(15)
def test_fifty_leave_while_subscribers_are_killed_and_all_are_shown_once(crowded: House) -> None:
    """Every pub/sub link is killed again and again while fifty people leave: fifty times
    offline, each once, in time."""
    crowd = crowded.crowd
    watching, leaving = crowd.people[:2], crowd.people[2 : 2 + EXPIRIES]
    tabs = crowd.meets([*watching, *leaving])[:2]
    left_s = {one.id: crowd.leaves(one) for one in leaving}
    until_s = crowded.now_s() + TAB_CLOSED_S + 1.0 + SLACK_S

    while crowd.errors() and crowded.now_s() < until_s:
        crowded.redis.cuts_subscribers()
        crowded.passes(0.05)

    crowd.sees_the_truth(within_s=SLACK_S)
    crowd.assert_told(min(left_s.values()))
    for tab, one in itertools.product(tabs, leaving):
        shown_s = tab.roster.history[one.id][-1].at_s - left_s[one.id]
        assert shown_s <= TAB_CLOSED_S + 1.0 + SLACK_S


class Load:
    """People who write without a pause, each message until it is acknowledged."""

    def __init__(self, room: str, tabs: Sequence[Tab]) -> None:
        self._room = room
        self._posted: list[str] = []
        self._failed: list[Exception] = []
        self._is_over = threading.Event()
        self._threads = [threading.Thread(target=self._write, args=(tab,)) for tab in tabs]
        for thread in self._threads:
            thread.start()

    def goes_on(self) -> None:
        """Everybody has written again since the call."""
        before = len(self._posted)
        enough = before + 3 * len(self._threads)
        wait_until(lambda: len(self._posted) >= enough or self._failed, 20, "messages go on")

    def ends(self) -> list[str]:
        """Return every text that was acknowledged; nobody writes any more."""
        self._is_over.set()
        for thread in self._threads:
            thread.join()
        assert self._failed == []
        return self._posted

    def _write(self, tab: Tab) -> None:
        try:
            for number in itertools.count():
                if self._is_over.wait(0.02):
                    return
                body = f"{tab.user_id} {number}"
                tab.posts_until_acked(self._room, body)
                self._posted.append(body)
        except Exception as error:  # noqa: BLE001 - carried over to the test's own thread
            self._failed.append(error)


def times_away(tab: Tab) -> list[float]:
    """Return how long each absence of the tab took, from the farewell to the next welcome."""
    moments = [one for one in tab.events if one.name in {"server:draining", "session:ready"}]
    return [
        after.at_s - before.at_s
        for before, after in itertools.pairwise(moments)
        if (before.name, after.name) == ("server:draining", "session:ready")
    ]
