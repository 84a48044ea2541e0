"""What administrators are told, and that nobody else is."""

from collections.abc import Callable

import pytest
from flask import Flask

from chat.admin.prober import TOLD_MS
from chat.admin.service import SILENT_MS, verdict_of
from chat.app import Rollcall
from tests.chat.admin.test_workers import NOW_MS, worker
from tests.chat.browser import Browser, code_of
from tests.support.redis_process import RedisProcess
from tests.support.waiting import wait_until

PATH = "/api/v1/admin/presence"


def test_only_administrators_are_told(app: Flask) -> None:
    """To a user, and to who is not signed in, there is nothing; a change counts at once."""
    admin, user = Browser(app), Browser(app)
    admin.signs_up("ann")
    user.signs_up("bob")
    assert admin.get(PATH).status_code == 200
    assert code_of(user.get(PATH)) == "not_found"
    assert code_of(Browser(app).get(PATH)) == "not_signed_in"
    accounts = app.extensions["rollcall"].accounts
    accounts.set_role("bob", "admin")
    accounts.set_role("ann", "user")
    assert user.get(PATH).status_code == 200
    assert code_of(admin.get(PATH)) == "not_found"


def test_transitions_are_told_with_names_causes_and_lags(
    makes_app: Callable[..., Flask],
) -> None:
    """Who came and went, from what to what and why, the newest first."""
    app = makes_app()
    rollcall: Rollcall = app.extensions["rollcall"]
    browser = Browser(app)
    ann = browser.signs_up("ann")
    rollcall.start()
    tracker = rollcall.live.tracker
    tracker.signed_out(tracker.connected(ann["id"]).id)

    def told() -> object:
        return len((browser.get(PATH).json or {})["transitions"]) == 2

    wait_until(told, 10, "both are told")
    answer = browser.get(PATH).json or {}
    rows = [
        (one["username"], one["before"], one["after"], one["cause"], one["kind"])
        for one in answer["transitions"]
    ]
    assert rows == [
        ("ann", "online", "offline", "signed_out", "signed_out"),
        ("ann", None, "online", "connected", "came_online"),
    ]
    assert all(0 <= one["lag_ms"] < 60_000 for one in answer["transitions"])
    (own,) = answer["workers"]
    assert own["id"] == answer["answered_by"] == tracker.worker_id
    assert {lag["kind"] for lag in own["lags"]} == {"came_online", "signed_out"}
    rollcall.drain()


def test_without_redis_the_answering_worker_speaks_for_itself(
    makes_app: Callable[..., Flask], private_redis: RedisProcess
) -> None:
    """The page is most needed when something is away."""
    rollcall: Rollcall = makes_app(REDIS_URL=private_redis.url).extensions["rollcall"]
    admin = rollcall.accounts.create("ann", "correct horse")
    session = rollcall.accounts.sessions.begin(admin.id, user_agent="", csrf_seed="seed").session
    identity = rollcall.accounts.sessions.identity(session.id)
    assert identity is not None
    private_redis.dies()
    told = rollcall.watch.admin.presence(identity)
    assert not told.shared
    assert [one.id for one in told.workers] == [told.answered_by]
    assert told.verdict == "unknown"


PROBE = {
    "is_on": True, "last": "right", "at_ms": NOW_MS, "wrong_at_ms": 0, "right": 1, "wrong": 0,
    "void": 0,
}  # fmt: skip
LATE = {
    "kind": "silent", "bound_ms": 1, "count": 1, "p50_ms": 2, "p99_ms": 2, "max_ms": 2,
    "violations": 1, "violated_at_ms": NOW_MS,
}  # fmt: skip


@pytest.mark.parametrize(
    ("facts", "later_ms", "verdict"),
    [
        ({}, 0, "right"),
        ({"probe": PROBE | {"right": 0}}, 0, "untested"),
        ({"lags": [LATE]}, 0, "late"),
        ({"lags": [LATE | {"violated_at_ms": NOW_MS - TOLD_MS - 1}]}, 0, "right"),
        ({"known": False}, 0, "unknown"),
        ({}, SILENT_MS + 1, "unknown"),
        ({"probe": PROBE | {"wrong_at_ms": NOW_MS}, "known": False}, 0, "wrong"),
        ({"probe": PROBE | {"wrong_at_ms": NOW_MS - TOLD_MS - 1}}, 0, "right"),
    ],
)
def test_verdict_is_the_worst_that_is_true(
    facts: dict[str, object], later_ms: int, verdict: str
) -> None:
    """Wrong before unknown before late; what is over for ten minutes is over."""
    well = worker("well", at_ms=NOW_MS + later_ms)
    assert verdict_of([well, worker("other", **facts)], NOW_MS + later_ms) in {verdict, "right"}
    assert verdict_of([worker("alone", **facts)], NOW_MS + later_ms) == verdict
