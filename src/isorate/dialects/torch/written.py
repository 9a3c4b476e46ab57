"""What sets a rate that is written as one text, in the step ``t`` and the names of its values.

The text is the dialect's own, and the one place where its order of operations stands. Computed with
whatever the arguments are (``base.function_of``), it raises what the framework raises; with numbers
in the place of their names (``kit.writing.formula``) it is an expression, and a schedule.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from isorate.dialects.torch.base import Setting
from isorate.schedule.errors import ScheduleError

if TYPE_CHECKING:
    from collections.abc import Callable

    from isorate.schedule.formula import Formula
    from isorate.schedule.node import Schedule


class Written(Setting, frozen=True):
    """A scheduler whose rates are one text."""

    def rate_of(self, base: Any, group: int) -> Callable[[Any], Any]:
        """Return a group's rate as a function of the step."""
        raise NotImplementedError

    def formula(self, base: float, group: int) -> Formula:
        """Return the same as a schedule."""
        raise NotImplementedError

    @property
    def joints(self) -> list[int]:
        """The steps about which arguments out of the ordinary show: where its parts may end."""
        raise NotImplementedError

    def shape(self, base: float, group: int) -> Schedule:
        """Return what it means for usual arguments; for others, as fractions of steps, the text."""
        try:
            usual, rate = super().shape(base, group), self.rate_of(base, group)
            rates = {t: rate(t) for t in self.joints}
            near = 1e-9 * max(map(abs, rates.values()))
            if all(math.isclose(usual.at(t), rates[t], abs_tol=near) for t in rates):
                return usual
        except (ScheduleError, ArithmeticError, ValueError, NotImplementedError):
            pass
        return self.formula(base, group)


def around(ends: set[Any], last: int = 2) -> list[int]:
    """Return the steps about some ends, from one before to so many after."""
    found = {math.floor(end) + near for end in ends for near in range(-1, last + 1)}
    return sorted(t for t in found if t >= 0)
