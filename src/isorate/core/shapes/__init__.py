"""The shapes: one small class each, absolute rates, the end always an explicit field."""

from isorate.core.shapes.decays import Exponential, Inverse, NaturalExponential
from isorate.core.shapes.lists import Formula, PiecewiseConstant, Table
from isorate.core.shapes.waves import After, Constant, Cosine, Linear, Polynomial

__all__ = [
    "After",
    "Constant",
    "Cosine",
    "Exponential",
    "Formula",
    "Inverse",
    "Linear",
    "NaturalExponential",
    "PiecewiseConstant",
    "Polynomial",
    "Table",
]
