"""Tests of the chat package, a file a module."""
