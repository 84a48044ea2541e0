"""docs/WALKS.md is a way through the code: each step must be found where the page says."""

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "WALKS.md"
STEP = re.compile(r"`(?P<file>[\w./-]+\.(?:py|js|jsx|lua))`(?: · `(?P<name>[\w.]+)`)?")


def steps() -> list[tuple[str, str]]:
    """Every (file, name) that the page sends its reader to; name is empty for a whole file."""
    found = [(step["file"], step["name"] or "") for step in STEP.finditer(PAGE.read_text())]
    return list(dict.fromkeys(found))


def python_names(source: str) -> set[str]:
    """`function`, `Class` and `Class.method` for everything that the module defines."""
    names: set[str] = set()

    def walk(body: list[ast.stmt], prefix: str) -> None:
        for node in body:
            if isinstance(node, ast.FunctionDef | ast.ClassDef):
                names.add(prefix + node.name)
                walk(node.body, f"{prefix}{node.name}." if isinstance(node, ast.ClassDef) else "")

    walk(ast.parse(source).body, "")
    return names


def javascript_names(source: str) -> set[str]:
    """What is declared by function, class, const or as a method."""
    declared = re.findall(r"(?:function\*?|class|const|let)\s+(\w+)", source)
    methods = re.findall(r"^\s+(?:async\s+)?#?(\w+)\([^)]*\)\s*\{", source, re.MULTILINE)
    return {*declared, *methods}


@pytest.mark.parametrize(("file", "name"), steps())
def test_each_step_is_found_where_the_page_says(file: str, name: str) -> None:
    """A reader who opens the named file finds the named function in it."""
    path = ROOT / file
    assert path.is_file(), f"docs/WALKS.md names {file}, which does not exist"
    if name:
        source = path.read_text()
        names = python_names(source) if path.suffix == ".py" else javascript_names(source)
        assert name in names, f"docs/WALKS.md looks for {name} in {file}"


def test_the_page_walks_all_five_ways() -> None:
    """No walk may be lost from the page unnoticed."""
    titles = re.findall(r"^## (\d)\. ", PAGE.read_text(), re.MULTILINE)
    assert titles == ["1", "2", "3", "4", "5"]
    assert len(steps()) >= 25
