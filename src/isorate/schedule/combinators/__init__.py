"""The combinators: schedules made of schedules. All boundaries are integers, half open."""

from isorate.schedule.combinators.clocks import Shift, Staircase, Stepped, Stretch, Stride, Until
from isorate.schedule.combinators.joins import Groups, Join, Mirror, Repeat
from isorate.schedule.combinators.operations import Clamp, Product, Scale, Sum

__all__ = [
    "Clamp", "Groups", "Join", "Mirror", "Product", "Repeat", "Scale", "Shift", "Staircase",
    "Stepped", "Stretch", "Stride", "Sum", "Until",
]  # fmt: skip
