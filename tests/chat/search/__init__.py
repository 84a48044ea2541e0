"""Tests of chat.messages."""
