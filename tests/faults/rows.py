"""pytest -p tests.faults.rows --rows 1,13: only tests that play these rows of docs/FAULTS.md."""

import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    """Take --rows."""
    parser.addoption("--rows", default="", help="rows of docs/FAULTS.md to play, all if empty")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what plays none of the rows asked for."""
    asked = {int(row) for row in config.getoption("--rows").split(",") if row}
    if not asked:
        return
    chosen = [item for item in items if asked & rows_of(item)]
    config.hook.pytest_deselected(items=[item for item in items if item not in chosen])
    items[:] = chosen


def rows_of(item: pytest.Item) -> set[int]:
    """Return the rows that a test plays."""
    return {mark.args[0] for mark in item.iter_markers("fault")}
