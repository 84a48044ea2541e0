"""tests/presence/test_store.py, on Valkey."""

from tests.presence.test_store import *  # noqa: F403 - the same tests
