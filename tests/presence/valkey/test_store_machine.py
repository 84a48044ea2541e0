"""tests/presence/test_store_machine.py, on Valkey."""

from tests.presence.test_store_machine import *  # noqa: F403 - the same tests
