"""Results of a bench: rows of rounds, kept as one JSON file that a run of some scenarios mends."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

import msgspec

from bench.figures import Spread

OURS = "Rollcall"
SEND_LOOP = "bare send loop"
US_CONNECT, US_DELIVERY, US_MESSAGE = "us CPU/connect", "us CPU/delivery", "us CPU/message"
KIB, MS, A_SECOND = "KiB/connection", "ms", "messages/s"


class Row(msgspec.Struct, frozen=True):
    """What one contestant did in one case of a scenario: a figure a round, in the unit."""

    scenario: str
    contestant: str
    case: str
    unit: str
    rounds: list[float]

    @property
    def spread(self) -> Spread:
        """The median of the rounds and their ends."""
        return Spread.of(self.rounds)


class Run(msgspec.Struct, frozen=True):
    """When and on what the rows of one scenario were measured."""

    circumstances: str
    load_before: float
    load_after: float


class Results(msgspec.Struct):
    """Every row, and the run that each scenario's rows are of."""

    rows: list[Row] = []
    runs: dict[str, Run] = {}

    def replace(self, scenario: str, rows: Sequence[Row], run: Run) -> None:
        """The scenario's rows are these."""
        self.rows = [row for row in self.rows if row.scenario != scenario] + list(rows)
        self.runs[scenario] = run

    def find(self, scenario: str, contestant: str, case: str) -> Row | None:
        """The row of that name; None when it was not measured."""
        named = (scenario, contestant, case)
        rows = [row for row in self.rows if (row.scenario, row.contestant, row.case) == named]
        return rows[0] if rows else None


class Rounds:
    """Rows that grow round by round."""

    def __init__(self, scenario: str) -> None:
        self._scenario = scenario
        self._rounds: dict[tuple[str, str, str], list[float]] = {}

    def add(self, contestant: str, case: str, unit: str, value: float) -> None:
        """One more round of that row."""
        self._rounds.setdefault((contestant, case, unit), []).append(value)

    def rows(self) -> list[Row]:
        """What was added, in the order of each row's first round."""
        return [Row(self._scenario, *key, rounds) for key, rounds in self._rounds.items()]


def load(path: Path) -> Results:
    """What the file holds; nothing when it is not there."""
    return msgspec.json.decode(path.read_bytes(), type=Results) if path.exists() else Results()


def save(path: Path, results: Results) -> None:
    """The file holds the results, a row a line."""
    body = msgspec.to_builtins(results)
    lines = ",\n".join(msgspec.json.encode(row).decode() for row in body["rows"])
    runs = msgspec.json.encode(body["runs"]).decode()
    path.write_text(f'{{"runs": {runs},\n"rows": [\n{lines}\n]}}\n')


def contestants(rows: Iterable[Row]) -> list[str]:
    """Everybody who has a row, in order of appearance."""
    return list(dict.fromkeys(row.contestant for row in rows))
