"""Pieces of texts, one a line of a file."""

from __future__ import annotations

from pathlib import Path


def words(name: str) -> tuple[str, ...]:
    """Return the lines of a file."""
    path = Path(__file__).with_name(f"{name}.txt")
    return tuple(path.read_text(encoding="utf-8").splitlines())


ODD = words("odd")
BODIES = words("bodies")
OPTIMIZERS = words("optimizers")
SCHEDULES = words("schedules")
LISTS = words("lists")
STATEMENTS = words("statements")
