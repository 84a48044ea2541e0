"""R1 to R5, R7 and R8 at once: Rollcall is right under every fault, and the kit would notice."""

import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.conformance.oracle import Kind, Verdict
from tests.conformance.rollcall import TIMINGS, Rollcall
from tests.conformance.runner import Column, run, verdict
from tests.conformance.scenarios import SCENARIOS, Scenario
from tests.conformance.stage import PATIENCE_S
from tests.conformance.stock.adapter import Stock
from tests.support.server import ROOT

PAGE = ROOT / "docs" / "CONFORMANCE.md"

# Where the recipe is wrong, whatever the machine does: the kit must find each of these.
STOCK_IS_WRONG = {
    "page reloaded 10 times": Kind.FALSE_OFFLINE,
    "two tabs, one closed": Kind.FALSE_OFFLINE,
    "signed out in another tab": Kind.NEVER_SEEN,
    "connection reset, back at once": Kind.FALSE_OFFLINE,
    "worker killed, clients do not return": Kind.NEVER_SEEN,
    "Redis restarted empty": Kind.FALSE_OFFLINE,
    "FLUSHALL": Kind.FALSE_OFFLINE,
    "pub/sub links killed": Kind.NEVER_SEEN,
}
STOCK_IS_RIGHT = {"tab closed", "signed out", "client silent", "connection reset"}

ROWS = {  # of docs/FAULTS.md; the others are played elsewhere too
    "tab closed": 7,
    "page reloaded 10 times": 8,
    "worker ended by a deploy": 3,
    "worker killed, clients do not return": 1,
    "worker frozen, then goes on": 2,
    "100 000 other keys with a TTL": 20,
}

# How late a machine with more to do than it has cores may be: a store that it let nobody reach is
# held, and the rest waits for its turn. That the bounds are kept to is bench.lag's to measure.
MACHINE_S = TIMINGS.hold_ms / 1000 + 2.0

pytestmark = pytest.mark.timeout(180)  # the first test waits for both columns


@pytest.fixture(scope="module")
def columns() -> Iterator[dict[str, Column]]:
    """Both columns, run side by side."""
    judged = [one for one in SCENARIOS if one.name in {*STOCK_IS_WRONG, *STOCK_IS_RIGHT}]
    with ThreadPoolExecutor(2) as pool:
        rollcall = pool.submit(run, Rollcall, lanes=2)
        stock = pool.submit(run, Stock, judged, lanes=2)
        yield {"rollcall": rollcall.result(), "stock": stock.result()}


def is_right(ended: Verdict) -> bool:
    """Return whether what was shown is the truth, and what is late may be the machine's."""
    return ended.kind is Kind.RIGHT or (ended.kind is Kind.LATE and ended.late_s <= MACHINE_S)


def _parameter(scenario: Scenario) -> object:
    row = ROWS.get(scenario.name)
    return pytest.param(scenario, id=str(scenario), marks=[pytest.mark.fault(row)] if row else [])


@pytest.mark.parametrize("scenario", [_parameter(one) for one in SCENARIOS])
def test_rollcall_is_right(columns: dict[str, Column], scenario: Scenario) -> None:
    """Nobody was shown offline who was here, and who left was shown so in time, once."""
    ended = columns["rollcall"].verdicts[scenario.name]

    assert is_right(ended), str(ended)


@pytest.mark.parametrize("name", STOCK_IS_WRONG)
def test_kit_finds_the_usual_recipe_wrong(columns: dict[str, Column], name: str) -> None:
    """A kit that finds everybody right finds nothing."""
    ended = columns["stock"].verdicts[name]

    assert ended.kind is STOCK_IS_WRONG[name], str(ended)


@pytest.mark.parametrize("name", sorted(STOCK_IS_RIGHT))
def test_kit_finds_the_usual_recipe_right_where_it_is(
    columns: dict[str, Column], name: str
) -> None:
    """A kit that finds every stranger wrong is no judge either."""
    ended = columns["stock"].verdicts[name]

    assert is_right(ended), str(ended)


def test_machine_may_be_late_and_nothing_else() -> None:
    """The kit waits long enough to tell late from never, and too late is wrong."""
    assert MACHINE_S < PATIENCE_S
    assert is_right(Verdict(Kind.RIGHT))
    assert is_right(Verdict(Kind.LATE, late_s=MACHINE_S))
    assert not is_right(Verdict(Kind.LATE, late_s=MACHINE_S + 0.1))
    assert not is_right(Verdict(Kind.NEVER_SEEN))


class AtAnAddress(Stock):
    """A deployment that somebody else runs: nothing of it can be hurt."""

    workers = None  # type: ignore[assignment] # the recipe has them, this one does not
    store = None  # type: ignore[assignment] # as above

    def __init__(self) -> None:
        """Nothing is started."""


@pytest.mark.parametrize("scenario", [one for one in SCENARIOS if one.breaks], ids=str)
def test_faults_that_a_deployment_cannot_have_are_not_run(scenario: Scenario) -> None:
    """An adapter without the hook is told so, and not judged."""
    assert verdict(AtAnAddress(), scenario).kind is Kind.NOT_RUN


def test_scenario_that_cannot_be_played_is_broken_and_not_right(tmp_path: Path) -> None:
    """A server that is not there passes nothing."""
    assert verdict(Stock(tmp_path), SCENARIOS[0]).kind is Kind.BROKEN


def test_page_lists_every_scenario_with_both_columns() -> None:
    """docs/CONFORMANCE.md was published with the scenarios that there are."""
    rows = re.findall(r"^\| ([^|]+) \| [^|]+ \| [^|]+ \| [^|]+ \|$", PAGE.read_text(), re.MULTILINE)

    assert rows == ["fault", "---", *(one.name for one in SCENARIOS)]
