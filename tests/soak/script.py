"""The loop of a soak: strike, let everybody stand still, compare, let them live on."""

import random
import threading
import time
from collections.abc import Callable, Iterator, Sequence

from tests.soak.costs import Costs
from tests.soak.faults import FAULTS, Fault, name_of, undo
from tests.soak.gate import Gate
from tests.soak.oracle import Oracle
from tests.soak.report import Findings
from tests.soak.town import Town

TELL_EVERY_S = 10.0
LOOK_EVERY_S = 0.5
HUSH_DEADLINE_S = 120.0

Tell = Callable[[str], None]


class Script:
    """One soak of one town; `plays` returns what was found."""

    def __init__(self, town: Town, tell: Tell, faults: Sequence[Fault] = FAULTS) -> None:
        """tell takes a line for who watches."""
        self._town, self._tell = town, tell
        self._findings = Findings(town.plan)
        self._oracle = Oracle(town)
        self._costs = Costs(town.elder)
        self._gate = Gate()
        self._faults = _in_turn(faults, town.chance)
        self._patience_s = 2 * _longest_bound_s(town) + 5
        self._began_s = time.monotonic()
        self._is_over = threading.Event()
        self._is_enough = threading.Event()

    def ends(self) -> None:
        """The round at hand is the last one; what was found until then is told."""
        self._is_enough.set()

    def plays(self) -> Findings:
        """Everybody comes, is hurt until time is up, and leaves; nothing is left over."""
        watcher = threading.Thread(target=self._watch, daemon=True)
        watcher.start()
        try:
            self._all_come()
            end_s = time.monotonic() + self._town.plan.seconds
            while time.monotonic() < end_s and self._goes_on():
                self._round(time.monotonic() + self._town.plan.period_s)
            self._all_leave()
        finally:
            self._is_over.set()
            watcher.join()
        return self._found()

    def _all_come(self) -> None:
        for one in self._town.residents:
            one.lives(self._gate, self._town.plan.pace_s)
        self._compare("the beginning")

    def _round(self, ends_s: float) -> None:
        fault = next(self._faults)
        self._strike(fault)
        self._compare(name_of(fault))
        self._is_enough.wait(max(0.0, ends_s - time.monotonic()))

    def _strike(self, fault: Fault) -> None:
        self._findings.faults[name_of(fault)] += 1
        try:
            self._tell(f"fault: {name_of(fault)} ({fault(self._town)})")
        except Exception as failed:  # noqa: BLE001 - whatever it was, the town is put right and goes on
            self._wrong(name_of(fault), [f"the fault failed: {failed!r}"])
            undo(self._town)

    def _compare(self, after: str) -> None:
        """Everybody stands still until all views are true; what was false on the way is told."""
        self._stand_still(after)
        if self._findings.faults:  # before the first, people come: they were offline
            self._wrong(after, self._never_forgiven())
        self._oracle.false_offline.clear()
        self._gate.opens()

    def _stand_still(self, after: str) -> None:
        if not self._gate.closes(HUSH_DEADLINE_S):
            self._wrong(after, ["an act never ended"])
        began_s = time.monotonic()
        while differences := self._looked():
            if time.monotonic() - began_s > self._patience_s:
                self._wrong(after, differences)
                break
            time.sleep(LOOK_EVERY_S)
        else:
            self._findings.right_after_s.append(round(time.monotonic() - began_s, 2))

    def _looked(self) -> list[str]:
        try:
            return self._oracle.differences()
        except Exception as away:  # noqa: BLE001 - Redis or a worker may be on its way back
            return [f"could not be looked at: {away!r}"]

    def _never_forgiven(self) -> list[str]:
        """What was found on the way, each thing once."""
        found: list[str] = self._town.server.new_tracebacks()
        lists = (self._oracle.false_offline, self._oracle.failures, self._town.ledger.failures)
        for one in lists:
            found += one
            one.clear()
        return found

    def _wrong(self, after: str, what: Sequence[str]) -> None:
        for one in what:
            self._findings.wrong.append(f"after {after}: {one}")
            self._tell(f"WRONG after {after}: {one}")

    def _goes_on(self) -> bool:
        if self._is_enough.is_set():
            return False
        if self._town.elder in self._town.server.worker_pids():
            return True
        self._wrong("a round", ["the worker that nobody kills has ended"])
        return False

    def _all_leave(self) -> None:
        for one in self._town.residents:
            one.ends()
        end_s = time.monotonic() + self._patience_s
        while any(left := self._left_over().values()) and time.monotonic() < end_s:
            time.sleep(LOOK_EVERY_S)
        self._findings.left_over = self._left_over() if any(left) else {}

    def _left_over(self) -> dict[str, int]:
        try:
            return self._town.counted()
        except Exception:  # noqa: BLE001 - as above
            return {"unknown": 1}

    def _found(self) -> Findings:
        findings, town = self._findings, self._town
        findings.seconds = round(time.monotonic() - self._began_s, 1)
        findings.acts, findings.messages = town.ledger.acts, len(town.ledger.said)
        findings.views = self._oracle.views
        findings.weigh(self._costs)
        return findings

    def _watch(self) -> None:
        while True:
            self._costs.sample([self._town.server.pid, self._town.store.pid])
            self._tell(self._line())
            if self._is_over.wait(TELL_EVERY_S):
                return

    def _line(self) -> str:
        passed_s = time.monotonic() - self._began_s
        tabs = sum(len(one.tabs) for one in self._town.residents)
        sizes = "/".join(f"{self._costs.rss_mb(name):.0f}" for name in ("elder", "worker", "redis"))
        return (
            f"[{passed_s:6.0f} s] {tabs} tabs, {len(self._town.ledger.said)} messages, "
            f"{sum(self._findings.faults.values())} faults, {self._oracle.views} views compared, "
            f"{len(self._findings.wrong)} wrong, {sizes} MB, "
            f"{self._costs.cpu_s / max(passed_s, 1) * 100:.0f} % of a core"
        )


def _in_turn(faults: Sequence[Fault], chance: random.Random) -> Iterator[Fault]:
    """Yield every fault once before any comes again, in another order each time."""
    while True:
        yield from chance.sample(faults, len(faults))


def _longest_bound_s(town: Town) -> float:
    bounds = town.timings.bounds()
    return max(bounds.silent_ms, bounds.worker_killed_ms) / 1000
