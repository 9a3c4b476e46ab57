"""Checking: a run's log beside its recipe, and the known ways to go wrong."""
