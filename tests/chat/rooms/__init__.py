"""Tests of chat.rooms."""
