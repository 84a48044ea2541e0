"""pytest -p tests.faults.rows --rows 1,13: the tests that docs/FAULTS.md names for these rows.

Without --rows, those of every row. A test marked `fault(row)` plays that row too.
"""

import re
from collections import defaultdict
from pathlib import Path

import pytest

PAGE = Path(__file__).resolve().parents[2] / "docs" / "FAULTS.md"
TEST = re.compile(r"`(tests/[\w/]+\.py)::(\w+)(?:\[(.+?)\])?`")


def pytest_addoption(parser: pytest.Parser) -> None:
    """Take --rows."""
    parser.addoption("--rows", default="", help="rows of docs/FAULTS.md to play, all if empty")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what plays none of the rows asked for."""
    named = rows_by_test(PAGE.read_text())
    asked = {int(row) for row in config.getoption("--rows").split(",") if row}
    chosen = [item for item in items if _is_asked_for(_rows_of(item, named), asked)]
    config.hook.pytest_deselected(items=[item for item in items if item not in chosen])
    items[:] = chosen


def rows_by_test(page: str) -> dict[tuple[str, str, str], set[int]]:
    """Return the rows of each test on the page, by its file, name and parameter ('' for all)."""
    rows = defaultdict(set)
    for number, rest in re.findall(r"^\| (\d+) \|(.+)$", page, re.MULTILINE):
        for test in TEST.findall(rest):
            rows[test].add(int(number))
    return rows


def _is_asked_for(rows: set[int], asked: set[int]) -> bool:
    return bool(rows & asked) if asked else bool(rows)


def _rows_of(item: pytest.Item, named: dict[tuple[str, str, str], set[int]]) -> set[int]:
    file, _, test = item.nodeid.partition("::")
    name, _, parameter = test.removesuffix("]").partition("[")
    marked = {mark.args[0] for mark in item.iter_markers("fault")}
    return marked | named.get((file, name, ""), set()) | named.get((file, name, parameter), set())
