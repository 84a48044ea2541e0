"""R4 and R5: Redis dies, hangs, forgets, falls silent, and its clock jumps."""

import os
from concurrent.futures import Future
from functools import partial

import pytest

from tests.faults import store_faults as redis
from tests.faults.house import LEASE_S
from tests.faults.lanes import Act, play
from tests.support.redis_process import may_jump

LANES = 3
SHORT_S, LONG_S = 2.0, LEASE_S + 1.0  # a fifth of 10 s; longer than every lease
HANG_S = 8.0  # a fifth of 40 s, and longer than the 5 s in which it is noticed
AN_HOUR_S = 3_600

# The longest first: the lanes end together.
FAULTS: dict[str, tuple[int, Act]] = {
    "frozen for longer than a lease": (13, partial(redis.freezes_while_people_ask, away_s=HANG_S)),
    "restarted with its file": (12, partial(redis.restarts_with_its_file, away_s=LONG_S)),
    "paused": (14, partial(redis.pauses_all, away_s=LONG_S)),
    "paused for writing": (14, partial(redis.pauses_writes, away_s=LONG_S)),
    "clock an hour ahead": (21, partial(redis.clock_jumps, by_s=AN_HOUR_S)),
    "clock an hour back": (21, partial(redis.clock_jumps, by_s=-AN_HOUR_S)),
    "restarted empty after 2 s": (11, partial(redis.restarts_empty, away_s=2.0)),
    "restarted empty after 0.2 s": (11, partial(redis.restarts_empty, away_s=0.2)),
    "frozen shortly": (13, partial(redis.freezes, away_s=SHORT_S)),
    "flushed": (18, partial(redis.flushed, away_s=0.5)),
    "notifications off": (16, redis.notifications_off),
}
if "ROLLCALL_TEST_LONG" in os.environ:
    FAULTS["restarted empty after 12 s"] = (11, partial(redis.restarts_empty, away_s=12.0))
    FAULTS["frozen for 12 s"] = (13, partial(redis.freezes, away_s=12.0))
CAN_JUMP = may_jump()
NO_CLOCK = pytest.mark.skipif(
    not CAN_JUMP, reason="needs libfaketime and a Redis without jemalloc: pip install libfaketime"
)
PARAMETERS = [
    pytest.param(name, marks=[pytest.mark.fault(row), *([NO_CLOCK] if row == 21 else [])])
    for name, (row, _) in FAULTS.items()
]


@pytest.fixture(scope="module")
def ended(request: pytest.FixtureRequest) -> dict[str, Future[None]]:
    """How every fault that this run asks for ended; they are played side by side."""
    asked = [
        str(one.callspec.params["name"])
        for one in request.session.items
        if isinstance(one, pytest.Function) and one.path == request.path
    ]
    acts = {name: FAULTS[name][1] for name in asked if CAN_JUMP or FAULTS[name][0] != 21}
    return play(acts, lanes=min(LANES, len(acts)))


@pytest.mark.timeout(300)  # the first waits for all
@pytest.mark.parametrize("name", PARAMETERS)
def test_store_fault(ended: dict[str, Future[None]], name: str) -> None:
    """Nobody is shown offline who is here, and afterwards everybody is shown as he is."""
    ended[name].result()
