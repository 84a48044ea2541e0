"""Rules of the house that no linter knows."""

import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


def tracked(*patterns: str) -> list[Path]:
    """The files under version control that match; all of them without a pattern."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", *patterns], cwd=ROOT, capture_output=True, text=True, check=True
    )
    return [ROOT / name for name in listed.stdout.split("\0") if name]


def test_lock_files_name_no_registry() -> None:
    """A lock file that names a registry's address works at one place only."""
    locks = tracked("*package-lock.json")
    assert len(locks) >= 2
    for lock in locks:
        assert '"resolved"' not in lock.read_text(), lock


def test_no_third_party_code_is_committed() -> None:
    """Front-end packages come from the lock file at install."""
    assert not [path for path in tracked() if {"node_modules", "vendor", "dist"} & set(path.parts)]


@pytest.mark.parametrize("number", range(1, 10))
def test_each_decision_is_on_one_page_with_its_context_and_consequences(number: int) -> None:
    """An ADR that nobody can read in a minute is not read."""
    (page,) = (ROOT / "docs" / "adr").glob(f"{number:04}-*.md")
    text = page.read_text()
    assert len(text.splitlines()) <= 60
    for section in ("Context", "Decision", "Alternatives", "Consequences"):
        assert re.search(rf"^#+ {section}", text, re.MULTILINE), f"{page.name} lacks {section}"


def test_links_between_the_pages_lead_somewhere() -> None:
    """Every relative link in a page of ours names a file that is there."""
    for page in tracked("*.md"):
        for target in re.findall(r"\]\((?!https?:|mailto:|#)([^)#]+)", page.read_text()):
            assert (page.parent / target).exists(), f"{page.relative_to(ROOT)} links to {target}"


def test_sources_that_the_code_names_are_in_the_project() -> None:
    """A comment that sends its reader to a page sends him to one that is there."""
    for source in tracked("*.py", "*.js", "*.jsx", "*.lua"):
        for page in re.findall(r"\b(docs/[\w/.-]+?\.md|[A-Z]{3,}\.md)\b", source.read_text()):
            found = (ROOT / page).exists() or (ROOT / "docs" / page).exists()
            assert found, f"{source.relative_to(ROOT)} names {page}"
