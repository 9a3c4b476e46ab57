"""The text of a function of the update, taken apart symbolically and said as a schedule."""

from isorate.schedule.symbolic.text import shapes_of

__all__ = ["shapes_of"]
