"""docs/PROMISES.md: every promise is numbered, and what guards it exists."""

import ast
import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "PROMISES.md").read_text()
ROW = re.compile(r"^\| \*\*R(\d+)\*\* \| (.+) \| (.*)\|$", re.MULTILINE)


def test_every_promise_has_its_number_once() -> None:
    """The code refers to promises by number."""
    assert [int(number) for number, _, _ in ROW.findall(PAGE)] == list(range(1, 12))


def test_every_promise_names_tests_that_exist_or_admits_that_it_is_not_kept() -> None:
    """A promise nobody would miss is not one."""
    for number, promise, guards in ROW.findall(PAGE):
        files = re.findall(r"`([\w/]+\.py)`", guards)
        assert files or "not there yet" in promise, f"R{number} is guarded by nothing"
        for file in files:
            tree = ast.parse((ROOT / file).read_text())
            names = [node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)]
            machines = [node for node in ast.walk(tree) if isinstance(node, ast.ClassDef)]
            assert machines or any(name.startswith("test_") for name in names), file


def test_promises_that_the_code_refers_to_are_on_the_page() -> None:
    """A reference by number leads somewhere."""
    numbers = {int(number) for number, _, _ in ROW.findall(PAGE)}
    sources = [
        path for part in ("chat", "presence", "serving") for path in (ROOT / part).rglob("*.py")
    ]
    for source in sources:
        for number in re.findall(r"\bR(\d{1,2})\b", source.read_text()):
            assert int(number) in numbers, f"{source.name} refers to R{number}"
