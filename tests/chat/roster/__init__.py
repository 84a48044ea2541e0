"""Tests of chat.roster."""
