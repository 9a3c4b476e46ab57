"""The combinators: schedules made of schedules. All boundaries are integers, half open."""

from __future__ import annotations

from typing import TYPE_CHECKING

from isorate.schedule import shapes
from isorate.schedule.combinators import clocks, joins, operations
from isorate.schedule.combinators.clocks import Shift, Staircase, Stepped, Stretch, Stride, Until
from isorate.schedule.combinators.joins import Groups, Join, Mirror, Repeat
from isorate.schedule.combinators.operations import Clamp, Product, Scale, Sum

__all__ = [
    "AnySchedule",
    "Clamp",
    "Groups",
    "Join",
    "Mirror",
    "Product",
    "Repeat",
    "Scale",
    "Shift",
    "Staircase",
    "Stepped",
    "Stretch",
    "Stride",
    "Sum",
    "Until",
]

if TYPE_CHECKING:
    from typing import TypeAlias

    from isorate.schedule.node import Schedule

    AnySchedule: TypeAlias = Schedule
else:  # what a JSON document may hold: msgspec reads the members of the union by their tags
    AnySchedule = (
        shapes.Constant
        | shapes.Linear
        | shapes.Polynomial
        | shapes.Cosine
        | shapes.Exponential
        | shapes.NaturalExponential
        | shapes.Inverse
        | shapes.PiecewiseConstant
        | shapes.Table
        | shapes.Formula
        | Staircase
        | Until
        | Shift
        | Stretch
        | Stride
        | Stepped
        | Join
        | Repeat
        | Mirror
        | Groups
        | Scale
        | Product
        | Sum
        | Clamp
    )
    for module in (clocks, joins, operations):  # the types of their fields are looked up there
        module.AnySchedule = AnySchedule
