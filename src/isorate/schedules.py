"""What one writes schedules with: the shapes, and the functions that put schedules together.

Example:
    >>> from isorate.schedules import Cosine, rates
    >>> Cosine(0.1, 0.0, 90).after_warmup(4) | rates(3)
    [0.0, 0.025, 0.05]

"""

from isorate.schedule.algebra import groups, join, rates, to_json
from isorate.schedule.extension import extended
from isorate.schedule.formula import Formula
from isorate.schedule.python_source import formula
from isorate.schedule.shapes import (
    Constant,
    Cosine,
    Exponential,
    Inverse,
    Linear,
    NaturalExponential,
    PiecewiseConstant,
    Polynomial,
    Table,
)

__all__ = [
    "Constant", "Cosine", "Exponential", "Formula", "Inverse", "Linear", "NaturalExponential",
    "PiecewiseConstant", "Polynomial", "Table", "extended", "formula", "groups", "join", "rates",
    "to_json",
]  # fmt: skip
