"""Rates by a formula of the update, as text, and the shapes that it means."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import msgspec

from isorate.schedule.domains import check_finite
from isorate.schedule.errors import IsorateError, ScheduleError
from isorate.schedule.expression import Expression
from isorate.schedule.node import Schedule
from isorate.schedule.shapes import Constant

if TYPE_CHECKING:
    from isorate.schedule.namespace import Namespace


class Formula(Schedule, frozen=True, tag="formula"):
    """A rate by a formula of the update, as text: ``rate(t) = scale·source(t)``.

    The text is arithmetic that ``schedule.expression`` reads by a whitelist; nothing else is run.
    In normal form it is the shapes that it means, where ``schedule.symbolic`` finds them.

    Args:
        scale: what the formula's value is multiplied by.
        variable: the name of the update in the text.
        source: Python arithmetic in that name.

    Raises:
        ScheduleError: a scale that is not finite, or text that is no arithmetic.

    Example:
        >>> Formula(0.1, "t", "0.5 ** t").at(1)
        0.05

    """

    scale: float
    variable: str
    source: str

    def __post_init__(self) -> None:
        check_finite("formula", scale=self.scale)
        try:
            if not self.variable.isidentifier():
                raise ScheduleError("formula.variable", required="a name", got=self.variable)
            Expression(self.variable, self.source).function()
        except ScheduleError:
            raise
        except IsorateError as error:
            raise ScheduleError(f"formula.source: {error}") from None

    def formula(self, t: Any, xp: Namespace) -> Any:
        """Compute the text at every update; NaN where it has no value, unless the scale is 0.

        Where Python cannot look at the updates, ``xp`` computes it: see ``Expression.traced``.
        """
        if self.scale == 0:
            return t * 0.0
        expression = Expression(self.variable, self.source)
        if isinstance(t, int):
            return self.scale * expression.at(t)
        of_each = getattr(xp, "of_each", None)
        value = expression.traced(t, xp) if of_each is None else of_each(expression.at, t)
        return self.scale * value

    @property
    def length(self) -> int | None:
        """Where its text has no value any more, as far as that is known."""
        from isorate.schedule.symbolic import shapes_of  # which few need

        meant = shapes_of(float(self.scale), self.variable, self.source)
        return None if meant is None else meant.length

    @property
    def horizon(self) -> int:
        """A hundred updates: what the text says is not known."""
        return 100

    @property
    def takes_fractions(self) -> bool:
        """No: the text is a function of an integer."""
        return False

    def scaled_by(self, factor: float) -> Schedule:
        """Scale its value."""
        return msgspec.structs.replace(self, scale=self.scale * factor)

    def normal(self) -> Schedule:
        """Say it as the shapes that it is made of, where those say it; write the scale as a float.

        A text without its variable is a constant.
        """
        from isorate.schedule.symbolic import shapes_of  # which few need

        expression = Expression(self.variable, self.source)
        if not expression.varies:
            value = self.scale * expression.at(0)
            if math.isfinite(value):
                return Constant(value)
        meant = shapes_of(float(self.scale), self.variable, self.source)
        return msgspec.structs.replace(self, scale=float(self.scale)) if meant is None else meant
