"""The presence tests that stand here run with users spread over three shards."""

import pytest


@pytest.fixture
def shards() -> int:
    """ann stands in one, ben and most others of the tests in others."""
    return 3
