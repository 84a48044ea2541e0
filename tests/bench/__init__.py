"""Tests of the bench: what it parses and what it computes. What it measures is not tested."""
