"""Tests of chat.exports."""
