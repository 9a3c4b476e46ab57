"""Trainers, one a file: what their loops look like in code."""
