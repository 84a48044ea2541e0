"""The table of both columns, and the page that it stands on."""

import platform
import re
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from tests.conformance.oracle import Kind
from tests.conformance.runner import Column
from tests.conformance.scenarios import Scenario

RESULTS = re.compile(r"(<!-- results -->\n).*(<!-- end of results -->)", re.DOTALL)


def table(columns: Sequence[Column], scenarios: Sequence[Scenario]) -> str:
    """Return the verdicts as a Markdown table, a column a deployment."""
    head = ["fault", "right is", *(column.name for column in columns)]
    rows = [head, ["---"] * len(head)]
    for one in scenarios:
        verdicts = [column.verdicts[one.name] for column in columns]
        told = [str(end) if end.kind is Kind.RIGHT else f"**{end}**" for end in verdicts]
        rows.append([one.name, one.right, *told])
    return "".join(f"| {' | '.join(row)} |\n" for row in rows)


def write(page: Path, columns: Sequence[Column], scenarios: Sequence[Scenario]) -> None:
    """The page's results are these; the rest of it stays."""
    results = f"{_heading(columns)}\n\n{table(columns, scenarios)}"
    text, replaced = RESULTS.subn(lambda hit: hit[1] + results + hit[2], page.read_text())
    assert replaced == 1, f"{page} has no place for results"
    page.write_text(text)


def _heading(columns: Sequence[Column]) -> str:
    date = datetime.now(UTC).date().isoformat()
    lines = [f"Run on {date}, {platform.system()}, Python {platform.python_version()}."]
    for column in columns:
        named = ", ".join(f"{name} {number}" for name, number in column.versions.items())
        lines.append(f"{column.name}: {named}.")
    return "\n".join(lines)
