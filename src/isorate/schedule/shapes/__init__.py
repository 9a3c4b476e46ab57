"""The shapes: one small class each, absolute rates, the end always an explicit field."""

from isorate.schedule.shapes.decays import Exponential, Inverse, NaturalExponential
from isorate.schedule.shapes.lists import Formula, PiecewiseConstant, Table
from isorate.schedule.shapes.waves import After, Constant, Cosine, Linear, Polynomial

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
