"""The clock on a worker's wall may say anything: presence never looks at it."""

import ast
import time
from collections.abc import Callable
from pathlib import Path

import pytest

import presence
from presence import Status
from tests.presence.workers import CALM, Worker
from tests.support.redis_process import RedisProcess
from tests.support.waiting import holds_for

HOUR_S = 3_600
MODULES = sorted(Path(presence.__file__).parent.glob("*.py"))
WALL_CLOCKS = {"time", "time_ns", "localtime", "gmtime", "now", "utcnow", "today"}


@pytest.mark.parametrize("by_s", [HOUR_S, -HOUR_S])
def test_wall_clock_that_jumps_changes_nothing(
    empty_redis: RedisProcess,
    make_worker: Callable[..., Worker],
    monkeypatch: pytest.MonkeyPatch,
    by_s: int,
) -> None:
    """The clock of both workers jumps by an hour while tabs are open: nobody is shown otherwise,
    leaving is found as before, and the times told are the store's."""
    one, other = make_worker(empty_redis, CALM), make_worker(empty_redis, CALM)
    tab = one.opens("ann")
    one.waits_until_told("ann", Status.ONLINE)
    online = other.waits_until_told("ann", Status.ONLINE)

    true_time = time.time
    monkeypatch.setattr(time, "time", lambda: true_time() + by_s)

    holds_for(lambda: len(one.told) == len(other.told) == 1, CALM.lease_ms / 1000, "no news")
    one.closes(tab)
    offline = other.waits_until_told("ann", Status.OFFLINE)
    assert offline.cause == "closed"
    assert 0 < offline.at_ms - online.at_ms < HOUR_S * 1000 / 2


@pytest.mark.parametrize("module", MODULES, ids=lambda module: module.name)
def test_no_module_reads_a_wall_clock(module: Path) -> None:
    """Durations come from the monotonic clock, moments from the store's."""
    read = {
        node.attr
        for node in ast.walk(ast.parse(module.read_text()))
        if isinstance(node, ast.Attribute)
        and isinstance(node.value, ast.Name)
        and node.value.id in {"time", "datetime", "date"}
    }
    assert not read & WALL_CLOCKS
