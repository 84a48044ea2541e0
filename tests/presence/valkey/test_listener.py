"""tests/presence/test_listener.py, on Valkey."""

from tests.presence.test_listener import *  # noqa: F403 - the same tests
