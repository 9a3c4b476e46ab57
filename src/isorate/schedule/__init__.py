"""Schedules: frozen trees of shapes and combinators, and what is computed and said of them."""

from isorate.schedule.combinators import (
    Clamp,
    Groups,
    Join,
    Mirror,
    Product,
    Repeat,
    Scale,
    Shift,
    Staircase,
    Stepped,
    Stretch,
    Stride,
    Sum,
    Until,
)
from isorate.schedule.formula import Formula
from isorate.schedule.node import know
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

know(
    *(Constant, Linear, Polynomial, Cosine, Exponential, NaturalExponential, Inverse),
    *(PiecewiseConstant, Table, Formula),
    *(Staircase, Until, Shift, Stretch, Stride, Stepped, Join, Repeat, Mirror, Groups),
    *(Scale, Product, Sum, Clamp),
)
