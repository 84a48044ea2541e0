"""docs/FAULTS.md: every row is there, what plays it exists, and what plays a row is on its row."""

import ast
import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "FAULTS.md").read_text()
TEST = re.compile(r"`(tests/[\w/]+\.py)(?:::(\w+)(?:\[(.+?)\])?)?`")
MARKED_ONE_BY_ONE = {"test_store_fault", "test_rollcall_is_right"}  # by their parameters


@dataclass(frozen=True)
class Row:
    """One fault of the page."""

    number: int
    fault: str
    seen: str
    figure: str
    tests: str


LINES = [line for line in PAGE.splitlines() if re.match(r"\| \d", line)]
CELLS = [[cell.strip() for cell in line.split("|")[1:-1]] for line in LINES]
ROWS = [Row(int(number), *rest) for number, *rest in CELLS]


def test_rows_are_one_to_fifty_each_once() -> None:
    """The tests refer to rows by number."""
    assert sorted(row.number for row in ROWS) == list(range(1, 51))


def test_row_names_a_test_or_says_not_yet() -> None:
    """What nothing plays says so."""
    for row in ROWS:
        assert TEST.search(row.tests) or "Not yet" in row.seen + row.figure, row


def test_named_tests_exist() -> None:
    """A test that was renamed is renamed here too."""
    for file, name, parameter in TEST.findall(PAGE):
        source = (ROOT / file).read_text()
        assert not name or f"def {name}(" in source, f"{file} has no {name}"
        scenarios = (ROOT / "tests/conformance/scenarios.py").read_text()
        assert not parameter or f'"{parameter}"' in source + scenarios, parameter


def test_test_marked_with_a_row_stands_in_that_row() -> None:
    """`make faults` plays what the page promises, and the page tells of all it plays."""
    on_the_page = {row.number: {name for _, name, _ in TEST.findall(row.tests)} for row in ROWS}
    marked = defaultdict(set)
    for row, name in _marked():
        marked[row].add(name)
    assert marked
    for row, names in marked.items():
        assert names <= on_the_page[row], f"row {row} lacks {names - on_the_page[row]}"


def test_rows_about_workers_and_redis_are_marked() -> None:
    """The first rows are played by marked tests, but for those that need no crowd."""
    marked = {row for row, _ in _marked()}
    by_parameter = {11, 12, 13, 14, 16, 18, 20, 21}
    assert set(range(1, 24)) - marked - by_parameter <= {19, 22}


def _marked() -> Iterator[tuple[int, str]]:
    for file in (ROOT / "tests").rglob("test_*.py"):
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, ast.FunctionDef) and node.name not in MARKED_ONE_BY_ONE:
                yield from ((row, node.name) for row in _rows(node))


def _rows(node: ast.FunctionDef) -> Iterator[int]:
    for decorator in node.decorator_list:
        if isinstance(decorator, ast.Call) and ast.unparse(decorator.func) == "pytest.mark.fault":
            yield from (int(ast.unparse(row)) for row in decorator.args)
