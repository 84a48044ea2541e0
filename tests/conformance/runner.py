"""Runs every scenario on one kind of deployment: what hurts nobody else at once, the rest alone.

A deployment that came out of a fault wrongly is thrown away, so that each fault is judged alone.
"""

import tempfile
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from tests.conformance.adapter import Deployment
from tests.conformance.oracle import Kind, Verdict
from tests.conformance.scenarios import SCENARIOS, Scenario
from tests.conformance.stage import Stage
from tests.support.link import LinkLostError, RefusedError

AT_ONCE = 4

Factory = Callable[[Path], Deployment]


@dataclass
class Column:
    """The verdicts on one kind of deployment, by scenario's name."""

    name: str = ""
    versions: dict[str, str] = field(default_factory=dict)
    verdicts: dict[str, Verdict] = field(default_factory=dict)


def run(factory: Factory, scenarios: Sequence[Scenario] = SCENARIOS, *, lanes: int = 1) -> Column:
    """Return a verdict on each scenario; the processes that were started are gone.

    lanes: how many deployments may stand side by side; more is sooner, and slows them all down."""
    column = Column()
    together = [one for one in scenarios if not one.breaks]
    alone = deque(one for one in scenarios if one.breaks)
    with ThreadPoolExecutor(lanes) as pool:
        tasks = [pool.submit(_run_together, factory, together, column)]
        tasks += [pool.submit(_run_alone, factory, alone, column) for _ in range(lanes)]
        for task in tasks:
            task.result()
    column.verdicts = {one.name: column.verdicts[one.name] for one in scenarios}
    return column


def verdict(deployment: Deployment, scenario: Scenario) -> Verdict:
    """Return how one scenario ends on a running deployment."""
    missing = _missing(deployment, scenario)
    if missing:
        return Verdict(Kind.NOT_RUN, detail=f"{missing} cannot be hurt here")
    stage: Stage | None = None
    try:
        stage = Stage(deployment, scenario.cast)
        scenario.act(stage)
        return stage.verdict()
    except (AssertionError, LinkLostError, RefusedError, OSError) as broken:
        return Verdict(Kind.BROKEN, detail=str(broken).splitlines()[0][:200])
    finally:
        if stage is not None:
            with suppress(LinkLostError, OSError):
                stage.ends()


def _run_together(factory: Factory, scenarios: list[Scenario], column: Column) -> None:
    with _deployed(factory) as deployment, ThreadPoolExecutor(AT_ONCE) as pool:
        column.name = deployment.name
        column.versions.update(deployment.versions())
        ended = pool.map(lambda one: verdict(deployment, one), scenarios)
        column.verdicts.update((one.name, end) for one, end in zip(scenarios, ended, strict=True))


def _run_alone(factory: Factory, waiting: deque[Scenario], column: Column) -> None:
    while waiting:
        with _deployed(factory) as deployment:
            _run_until_wrong(deployment, waiting, column)


def _run_until_wrong(deployment: Deployment, waiting: deque[Scenario], column: Column) -> None:
    with suppress(IndexError):  # another lane took the last one
        while True:
            scenario = waiting.popleft()
            column.verdicts[scenario.name] = ended = verdict(deployment, scenario)
            if ended.kind not in {Kind.RIGHT, Kind.NOT_RUN}:
                return


def _missing(deployment: Deployment, scenario: Scenario) -> str:
    if scenario.needs_workers and deployment.workers is None:
        return "workers"
    if scenario.needs_store and deployment.store is None:
        return "the store"
    return ""


@contextmanager
def _deployed(factory: Factory) -> Iterator[Deployment]:
    with tempfile.TemporaryDirectory(prefix="conformance-") as folder:
        deployment = factory(Path(folder))
        try:
            deployment.start()
            yield deployment
        finally:
            deployment.stop()
