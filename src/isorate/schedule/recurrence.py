"""Arithmetic of a step and of the rate before it, in Python source."""

from __future__ import annotations

import ast
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final

import msgspec

from isorate.schedule.arithmetic import Arithmetic, Part, name_of
from isorate.schedule.syntax import parse

if TYPE_CHECKING:
    from collections.abc import Callable

#: What stands for the rate in the source.
RATE: Final = "rate"


class Recurrence(msgspec.Struct, frozen=True):
    """Pure arithmetic in a step and in the rate before it, kept as its source.

    Args:
        variable: the name of the step.
        source: Python source of the value; ``rate`` is the rate before it.

    Example:
        >>> Recurrence("epoch", "rate if epoch < 10 else rate * 0.5").function()(10, 0.1)
        0.05

    """

    variable: str
    source: str

    def function(self) -> Callable[[int, float], Any]:
        """Return a function that computes the value, as Python does."""
        return _compiled(self.variable, self.source)

    @property
    def code(self) -> str:
        """The lambda, as Python source."""
        return f"lambda {self.variable}, {RATE}: {self.source}"


class OfTwo(Arithmetic):
    """Compiles expressions of the step and the rate."""

    arguments = ("t", "r")

    def part(self, node: ast.expr, depth: int = 0) -> Part:
        if isinstance(node, ast.Name) and node.id == RATE:
            return Part(name_of(self.arguments[1]))
        return super().part(node, depth)


@lru_cache(maxsize=256)
def _compiled(variable: str, source: str) -> Callable[[int, float], Any]:
    return OfTwo({}, variable).function(parse(source))
