"""What Redis may do to a house: each function plays one fault and compares with the truth.

Everywhere the same is demanded: while it lasts nobody is shown offline who is here; when it is
over, everybody is shown as he is, who left meanwhile offline, once; and nobody is told anything
else. Bounds are those of docs/TIMINGS.md and of R5, each with SLACK_S for a slow machine.
"""

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass

from tests.faults.house import (
    GRACE_S,
    HOLD_S,
    LEASE_S,
    RENEW_S,
    SLACK_S,
    STORE_BACK_S,
    TAB_CLOSED_S,
    House,
)
from tests.support.api import Api
from tests.support.metrics import value_of
from tests.support.waiting import wait_until

DEAD_FOUND_S = max(STORE_BACK_S, 1.5 * RENEW_S + 2.0)
DEGRADED_S = 5.0  # until /readyz says that Redis is away
LONGEST_REQUEST_S = 5.0
PATHS = ("/healthz", "/readyz", "/api/v1/rooms", "/api/v1/session")
CLOCK_DEATHS_S = LEASE_S + 2.0  # a fifth of the matrix' 10 s


@dataclass(frozen=True)
class Answered:
    """One answer: when it came, its status, how long it took."""

    at_s: float
    status: int
    took_s: float


def restarts_empty(house: House, away_s: float) -> None:
    """SIGKILL, away for away_s, started again with nothing: all who live are online again."""
    redis = house.redis

    def begins() -> None:
        redis.dies()
        redis.forgets()

    leaves_meanwhile(house, begins, away_s, redis.start, within_s=DEAD_FOUND_S)


def restarts_with_its_file(house: House, away_s: float) -> None:
    """SIGKILL, away for longer than every lease, started again from its append-only file."""
    leaves_meanwhile(
        house, house.redis.dies, away_s, house.redis.start, within_s=HOLD_S + TAB_CLOSED_S
    )


def freezes(house: House, away_s: float) -> None:
    """SIGSTOP: no command is answered, and no lease ends."""
    leaves_meanwhile(
        house, house.redis.freezes, away_s, house.redis.thaws, within_s=HOLD_S + TAB_CLOSED_S
    )


def pauses_all(house: House, away_s: float) -> None:
    """CLIENT PAUSE ALL: commands wait, and what expired is told at the end of the pause."""
    pauses(house, "ALL", away_s)


def pauses_writes(house: House, away_s: float) -> None:
    """CLIENT PAUSE WRITE: reading goes on, so Redis seems to be there, and nothing is renewed."""
    pauses(house, "WRITE", away_s)


def pauses(house: House, mode: str, away_s: float) -> None:
    """CLIENT PAUSE in that mode; it ends by itself."""
    leaves_meanwhile(
        house,
        lambda: house.redis.pauses(mode, away_s),
        away_s,
        lambda: None,
        within_s=HOLD_S + TAB_CLOSED_S,
    )


def flushed(house: House, away_s: float) -> None:
    """FLUSHALL: every key is gone, and Redis goes on."""
    leaves_meanwhile(house, house.redis.flush, away_s, lambda: None, within_s=DEAD_FOUND_S)


def leaves_meanwhile(
    house: House,
    begins: Callable[[], None],
    away_s: float,
    ends: Callable[[], None],
    *,
    within_s: float,
) -> None:
    """Somebody leaves while the store is away; when it is back, all is right within within_s."""
    crowd = house.crowd
    crowd.meets(crowd.people[:5])
    began_s = house.now_s()
    begins()
    crowd.leaves(crowd.people[1])
    house.passes(began_s + away_s - house.now_s())
    ends()
    crowd.sees_the_truth(within_s=max(STORE_BACK_S, within_s) + SLACK_S)
    house.passes(GRACE_S)
    crowd.assert_told(began_s)


def freezes_while_people_ask(house: House, away_s: float) -> None:
    """SIGSTOP: others are shown as unknown, /readyz soon says that Redis is away, and no request
    waits long."""
    frozen_s, asked = 0.0, dict[str, Future[list[Answered]]]()
    with ThreadPoolExecutor(len(PATHS)) as pool:

        def begins() -> None:
            nonlocal frozen_s
            house.redis.freezes()
            frozen_s = house.now_s()
            for path in PATHS:
                asked[path] = pool.submit(_ask_until, house, path, frozen_s + away_s)

        leaves_meanwhile(house, begins, away_s, house.redis.thaws, within_s=HOLD_S + TAB_CLOSED_S)
    for tab in house.crowd.viewers():
        shown = [tab.roster.shown_since(one.id, frozen_s) for one in house.crowd.people[:5]]
        assert all("unknown" in looks for looks in shown), shown
    assert_answered({path: answers.result() for path, answers in asked.items()}, frozen_s)


def assert_answered(answers: dict[str, list[Answered]], frozen_s: float) -> None:
    """No answer took long; the process was alive, and soon not ready."""
    for path, waits in answers.items():
        longest_s = max(one.took_s for one in waits)
        assert longest_s <= LONGEST_REQUEST_S + SLACK_S, f"{path} waited {longest_s:.1f} s"
    assert {one.status for one in answers["/healthz"]} == {200}
    degraded_s = min(one.at_s for one in answers["/readyz"] if one.status == 503) - frozen_s
    assert degraded_s <= DEGRADED_S + SLACK_S


def notifications_off(house: House) -> None:
    """CONFIG SET notify-keyspace-events "": the sweep alone keeps the bound, and once the links
    are built anew the flags are there again."""
    crowd = house.crowd
    crowd.meets(crowd.people[:3])
    house.redis.mutes_events()
    left_s = crowd.leaves(crowd.people[1])
    crowd.sees_the_truth(within_s=TAB_CLOSED_S + SLACK_S)
    crowd.assert_told(left_s)
    house.redis.cuts_subscribers()
    wait_until(
        lambda: value_of(house.server, "rollcall_presence_hears_events") == 1,
        10 + SLACK_S,
        "the workers hear events again",
    )


def clock_jumps(house: House, by_s: int) -> None:
    """Redis' clock is an hour off from one moment to the next: nobody is shown offline, and who
    leaves after it is offline in time."""
    crowd = house.crowd
    crowd.meets(crowd.people[:5])
    began_s = house.now_s()
    house.redis.clock_jumps(by_s)
    try:
        crowd.leaves(crowd.people[1])
        crowd.sees_the_truth(within_s=CLOCK_DEATHS_S + SLACK_S)
        house.passes(GRACE_S)
        crowd.leaves(crowd.people[2])
        crowd.sees_the_truth(within_s=CLOCK_DEATHS_S + SLACK_S)
        crowd.assert_told(began_s)
    finally:
        house.redis.clock_jumps(0)


def _ask_until(house: House, path: str, until_s: float) -> list[Answered]:
    api = Api(house.server.host, dict(house.crowd.people[0].api.cookies))
    answers: list[Answered] = []
    while (asked_s := house.now_s()) < until_s:
        status = api.get(path).status
        answers.append(Answered(house.now_s(), status, house.now_s() - asked_s))
        house.passes(0.1)
    return answers
