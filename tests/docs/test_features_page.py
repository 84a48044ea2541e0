"""docs/FEATURES.md: each call and each test that it names is there, no way is left unproved."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "FEATURES.md").read_text()
PROTOCOL = (ROOT / "docs" / "PROTOCOL.md").read_text()
PROOF = re.compile(r"`(\w+)::(\w+)` ([mkl]+)")
FEATURES_AT_LEAST = 40


def rows() -> list[list[str]]:
    """Return (feature, call, by mouse, by keyboard, proved) of each feature."""
    lines = [line for line in PAGE.splitlines() if line.startswith("| ")]
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]
    return [one for one in cells if one[0] != "feature"]


@pytest.mark.parametrize("row", rows(), ids=lambda row: row[0])
def test_feature_is_proved_by_mouse_by_keyboard_and_live(row: list[str]) -> None:
    """A way that cannot be says so in its place."""
    _, _, by_mouse, by_keys, proved = row
    ways = set("".join(ways for _, _, ways in PROOF.findall(proved)))
    missing = {"m": by_mouse == "—", "k": by_keys == "—", "l": "not live" in proved}

    assert ways == {way for way, is_missing in missing.items() if not is_missing}


@pytest.mark.parametrize("row", rows(), ids=lambda row: row[0])
def test_calls_of_a_feature_are_those_of_the_protocol(row: list[str]) -> None:
    """Each stands in PROTOCOL.md as it stands here."""
    calls = re.findall(r"`([^`]+)`", row[1])
    assert calls
    assert [one for one in calls if f"| `{one}` |" not in PROTOCOL] == []


def test_named_tests_exist() -> None:
    """A test that was renamed is renamed here too."""
    for file, name, _ in PROOF.findall(PAGE):
        source = (ROOT / "tests" / "browser" / f"test_{file}.py").read_text()
        assert f"def test_{name}(" in source, f"{file} has no test_{name}"


def test_no_feature_was_lost() -> None:
    """A row that goes is noticed."""
    assert len(rows()) >= FEATURES_AT_LEAST
