"""The shapes: one small class each, absolute rates, the end always an explicit field."""

from isorate.schedule.shapes.decays import Exponential, Inverse, NaturalExponential
from isorate.schedule.shapes.lists import PiecewiseConstant, Table
from isorate.schedule.shapes.waves import After, Constant, Cosine, Linear, Polynomial

__all__ = [
    "After", "Constant", "Cosine", "Exponential", "Inverse", "Linear", "NaturalExponential",
    "PiecewiseConstant", "Polynomial", "Table",
]  # fmt: skip
