"""Fixtures of the pages' tests: an app in this process, and a browser without scripts."""

from collections.abc import Callable

import pytest
from flask import Flask

from tests.chat.conftest import (  # noqa: F401 - the app of the chat's own tests
    bring_to_head,
    makes_app,
)
from tests.pages.plain_browser import PlainBrowser


@pytest.fixture
def app(makes_app: Callable[..., Flask]) -> Flask:  # noqa: F811 - pytest hands the fixture over
    """An app with the default settings, on SQLite."""
    return makes_app()


@pytest.fixture
def visitor(app: Flask) -> PlainBrowser:
    """Somebody who has no account yet."""
    return PlainBrowser(app)
