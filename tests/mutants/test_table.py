"""The table of safeguards fits the code as it stands: cheap, so that it never rots."""

from pathlib import Path

import pytest

from tests.mutants.table import MUTANTS, Mutant

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.safeguard)
def test_safeguard_stands_exactly_once_and_its_test_exists(mutant: Mutant) -> None:
    """The text is there once, would change, and the test that must notice has that name."""
    assert (ROOT / mutant.file).read_text().count(mutant.text) == 1
    assert mutant.replacement != mutant.text
    file, _, name = mutant.test.partition("::")
    assert f"def {name.partition('[')[0]}" in (ROOT / file).read_text()


def test_safeguards_have_names_of_their_own() -> None:
    """A word on the command line picks out one."""
    assert len({mutant.safeguard for mutant in MUTANTS}) == len(MUTANTS)
