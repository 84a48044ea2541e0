"""bench/page.py writes its part of a page and nothing else of it."""

from pathlib import Path

import pytest

from bench import page


def test_part_of_a_page_is_replaced_and_the_rest_stays(tmp_path: Path) -> None:
    """What stands before, after and in other parts is as it was."""
    written = tmp_path / "some.md"
    written.write_text("a\n<!-- x -->\nold\n<!-- end of x -->\n<!-- y -->\n<!-- end of y -->\nz\n")

    page.write(written, "x", "new \\1\n")

    assert written.read_text() == (
        "a\n<!-- x -->\nnew \\1\n<!-- end of x -->\n<!-- y -->\n<!-- end of y -->\nz\n"
    )


def test_part_that_a_page_has_not_is_refused(tmp_path: Path) -> None:
    """Figures are not lost without a word."""
    written = tmp_path / "some.md"
    written.write_text("nothing\n")

    with pytest.raises(ValueError, match="no place for x"):
        page.write(written, "x", "new\n")


def test_table_has_its_figures_to_the_right() -> None:
    """The first column names, the others count."""
    assert page.table(["a", "b"], [["x", "1"]]) == "| a | b |\n| --- | ---: |\n| x | 1 |\n"
