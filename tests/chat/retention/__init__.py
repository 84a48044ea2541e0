"""Retention: what rooms keep no more is gone, and nothing else."""
