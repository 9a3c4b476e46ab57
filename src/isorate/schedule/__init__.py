"""Schedules, runs and curves. Pure: nothing here imports a framework."""
