"""Probes: shown right by every worker, wrong views are found, and nothing else is called wrong."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pytest
from flask import Flask
from structlog.testing import capture_logs

from chat.admin.prober import ProbeBounds, Prober
from chat.app import Rollcall
from chat.roster.timings import probe_bounds_of
from presence import Tracker
from tests.presence.workers import QUICK, Worker
from tests.support.redis_process import RedisProcess
from tests.support.waiting import wait_until

QUICK_SETTINGS = {
    "PING_MS": "300",
    "PING_TIMEOUT_MS": "200",
    "RENEW_MS": "300",
    "LEASE_MS": "1600",
    "WORKER_LEASE_MS": "800",
    "GRACE_MS": "400",
    "SWEEP_MS": "100",
}


@pytest.fixture
def rollcalls(
    makes_app: Callable[..., Flask], private_redis: RedisProcess
) -> Iterator[list[Rollcall]]:
    """Two workers of one installation, with probes all the time; they run."""
    pair = [
        makes_app(REDIS_URL=private_redis.url, PROBE_MS="100", **QUICK_SETTINGS).extensions[
            "rollcall"
        ]
        for _ in range(2)
    ]
    for one in pair:
        one.start()
    yield pair
    for one in pair:
        one.drain()


def test_each_worker_shows_the_probes_of_both_right_also_after_redis_hung(
    rollcalls: list[Rollcall], private_redis: RedisProcess
) -> None:
    """Both judge the probes of both; while the store stands still nothing is called wrong."""
    verdicts = [one.watch.prober.verdict for one in rollcalls]

    def judged(at_least: int) -> bool:
        return all(one.right >= at_least for one in verdicts)

    wait_until(lambda: judged(12), 30, "a round of each worker was judged by both")
    private_redis.freezes()
    wait_until(lambda: not any(one.live.tracker.available for one in rollcalls), 15, "it is away")
    private_redis.thaws()
    again = max(one.right for one in verdicts) + 12
    wait_until(lambda: judged(again), 60, "probes are shown right again")
    assert [one.wrong for one in verdicts] == [0, 0]
    newest = [told.user_id for one in rollcalls for told in one.live.lags.newest()]
    assert newest == []  # nobody but probes was here


def test_probes_are_nobody_to_users_and_leave_nothing_behind(
    rollcalls: list[Rollcall], private_redis: RedisProcess
) -> None:
    """They count as nobody, and when their worker ends the store has forgotten them."""
    watch = rollcalls[0].watch

    def count_as_nobody() -> bool:
        described = watch.admin._describe()
        return described.leases >= 3 and watch.prober.shown_count() >= 3 and described.here == 0

    wait_until(count_as_nobody, 30, "probes are here, and nobody else")
    for one in rollcalls:
        one.watch.drain()
    with private_redis.client() as client:
        wait_until(
            lambda: not [key for key in client.keys("*") if b"probe~" in key],
            10,
            "all is forgotten",
        )


@dataclass
class Judge:
    """A prober on a running tracker that is told nothing, and what disturbed it."""

    prober: Prober
    tracker: Tracker
    disturbed_ms: int = 0

    def hears(self, status: str, *, valid_ms: int = 1_000) -> str:
        """Return the outcome of a truth that holds for so long, of a probe that came now."""
        now_ms = self.tracker.now_ms()
        assert now_ms is not None
        self.prober.judge("probe~w~1~closes", f"{status} {now_ms} {now_ms + valid_ms} {now_ms}")
        return self.prober.verdict.last


@pytest.fixture
def judge(empty_redis: RedisProcess) -> Iterator[Judge]:
    """A judge whose store answers."""
    worker = Worker(empty_redis.url).starts()
    made = Judge(
        Prober(
            worker.tracker,
            ProbeBounds(**probe_bounds_of(QUICK)),
            lambda *_: None,
            every_ms=0,
            is_disturbed_since=lambda at_ms: made.disturbed_ms >= at_ms,
        ),
        worker.tracker,
    )
    made.prober.judge("probe~w~0~closes", "offline 0 0 0")  # it judges from now on
    yield made
    worker.stops()


@pytest.fixture
def empty_redis(redis_server: RedisProcess) -> RedisProcess:
    """A Redis without a key."""
    redis_server.flush()
    return redis_server


def test_view_that_is_not_true_is_found_and_logged(judge: Judge) -> None:
    """It is counted, and someone must look."""
    with capture_logs() as logs:
        assert judge.hears("offline") == "right"
        assert judge.hears("online") == "wrong"
    assert [(one["log_level"], one["true"]) for one in logs] == [("error", "online")]
    assert judge.prober.was_wrong_lately()


def test_view_that_could_not_be_known_is_void(judge: Judge) -> None:
    """A truth that was on its way too long, and one from a time when the store was away."""
    assert judge.hears("online", valid_ms=-500) == "void"
    judge.disturbed_ms = 10**15
    assert judge.hears("online") == "void"
    assert judge.prober.verdict.wrong == 0
    assert not judge.prober.was_wrong_lately()
