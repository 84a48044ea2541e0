"""examples/whos_here.py: people come, leave, and lose their worker."""

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from itertools import pairwise
from pathlib import Path

import pytest
from socketio.exceptions import ConnectionError as RefusedByServer

from presence import Timings
from tests.examples.programs import Program, Visitor
from tests.support.redis_process import RedisProcess
from tests.support.server import ROOT
from tests.support.waiting import wait_until

FILE = ROOT / "examples" / "whos_here.py"
QUICK = {"grace_ms": 600, "sweep_ms": 100, "worker_lease_ms": 1000, "renew_ms": 1000}
BOUNDS = Timings(**QUICK).bounds()

Enters = Callable[[Program, str], Visitor]
StartsProgram = Callable[[], Program]


@pytest.fixture
def starts_program(
    private_redis: RedisProcess, tmp_path: Path, enters: Enters
) -> Iterator[StartsProgram]:
    """A function that starts one more worker of the example, all on one Redis.

    It ends before the visitors do: the development server never answers their good-bye."""
    with ExitStack() as stack:

        def start() -> Program:
            timings = [f"{name}={value}" for name, value in QUICK.items()]
            log = tmp_path / f"{time.monotonic_ns()}.log"
            program = Program(FILE, [private_redis.url, "PORT", *timings], log)
            stack.callback(program.stop)
            return program.serves()

        yield start


@pytest.fixture
def enters() -> Iterator[Enters]:
    """A function that lets somebody open the example's page."""
    with ExitStack() as stack:

        def enter(program: Program, name: str) -> Visitor:
            visitor = Visitor(program.url, name, "here")
            stack.callback(visitor.is_gone)
            return visitor.enters()

        yield enter


def statuses(viewer: Visitor, name: str) -> list[str]:
    """Everything that the viewer was told of somebody, in order, repetitions left out."""
    told = [heard.payload["people"][name] for heard in viewer.heard]
    return told[:1] + [after for before, after in pairwise(told) if before != after]


def is_told(viewer: Visitor, name: str, status: str, within_s: float) -> float:
    """Return the moment at which the viewer was first told the last thing he knows of somebody."""
    wait_until(lambda: statuses(viewer, name)[-1:] == [status], within_s, f"{name} is {status}")
    until = len(viewer.heard)
    while until > 1 and viewer.heard[until - 2].payload["people"][name] == status:
        until -= 1
    return viewer.heard[until - 1].at_s


def test_program_shows_who_comes_and_who_is_gone_after_the_grace(
    starts_program: StartsProgram, enters: Enters
) -> None:
    """Ann is online for Bob on another worker, and offline after the grace, not before."""
    bob = enters(starts_program(), "bob")
    ann = enters(starts_program(), "ann")
    is_told(bob, "ann", "online", within_s=2)
    left_s = time.monotonic()

    ann.leaves()

    gone_s = is_told(bob, "ann", "offline", within_s=5) - left_s
    assert QUICK["grace_ms"] / 1000 <= gone_s <= BOUNDS.tab_closed_ms / 1000
    assert statuses(bob, "ann") == ["offline", "online", "offline"]


def test_program_shows_nothing_when_somebody_comes_back_within_the_grace(
    starts_program: StartsProgram, enters: Enters
) -> None:
    """Ten reloads in a row are not worth a word, on a program of 59 lines too."""
    program = starts_program()
    bob, ann = enters(program, "bob"), enters(program, "ann")
    is_told(bob, "ann", "online", within_s=2)

    for _ in range(10):
        ann.leaves()
        ann = enters(program, "ann")
    enters(program, "carol")
    is_told(bob, "carol", "online", within_s=2)

    assert statuses(bob, "ann") == ["offline", "online"]


def test_program_killed_takes_its_visitors_offline_on_the_other(
    starts_program: StartsProgram, enters: Enters
) -> None:
    """kill -9 of one worker: the other one's visitors see its people go, in time and once."""
    staying, doomed = starts_program(), starts_program()
    bob = enters(staying, "bob")
    enters(doomed, "ann")
    is_told(bob, "ann", "online", within_s=2)
    killed_s = time.monotonic()

    doomed.dies()

    assert is_told(bob, "ann", "offline", within_s=9) - killed_s <= BOUNDS.worker_killed_ms / 1000
    assert statuses(bob, "ann") == ["offline", "online", "offline"]


def test_program_shows_unknown_while_redis_is_away(
    starts_program: StartsProgram, enters: Enters, private_redis: RedisProcess
) -> None:
    """Redis dies and returns empty: unknown meanwhile, never offline, then online again."""
    program = starts_program()
    bob = enters(program, "bob")
    enters(program, "ann")
    is_told(bob, "ann", "online", within_s=2)

    private_redis.dies()
    is_told(bob, "ann", "unknown", within_s=5)
    private_redis.start()

    is_told(bob, "ann", "online", within_s=5)
    assert statuses(bob, "ann") == ["offline", "online", "unknown", "online"]


def test_program_refuses_a_stranger(starts_program: StartsProgram) -> None:
    """Who is not of the team is not let in, and told why."""
    stranger = Visitor(starts_program().url, "mallory", "here")

    with pytest.raises(RefusedByServer):
        stranger.enters()

    assert stranger.refusals[0]["data"]["code"] == "stranger"


def test_program_has_less_than_sixty_lines() -> None:
    """The library is as easy to use as it says."""
    assert len(FILE.read_text().splitlines()) < 60
