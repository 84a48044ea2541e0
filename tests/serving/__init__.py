"""Tests of the processes: options, supervisor, hand-over, embedded Redis, packaging."""
