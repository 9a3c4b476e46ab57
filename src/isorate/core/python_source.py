"""A schedule as a line of Python arithmetic, for frameworks that take a function of the step."""

from __future__ import annotations

from typing import TYPE_CHECKING

from isorate.core.combinators import Join, Shift, Staircase, Stepped, Until
from isorate.core.errors import ScheduleError
from isorate.core.shapes import Constant, Cosine

if TYPE_CHECKING:
    from isorate.core.schedule import Schedule


def python_source(schedule: Schedule, variable: str) -> str:
    """Return an expression in ``variable`` that is the schedule's rate; it uses ``math`` only.

    Ends are not part of it: a schedule that stops gives the expression of its rates.

    Raises:
        ScheduleError: a table, which has no formula.

    Example:
        >>> python_source(Constant(0.1), "t")
        '0.1'

    """
    match schedule:
        case Constant(rate=rate):
            return repr(float(rate))
        case Cosine(start=start, end=end, duration=T, after=after):
            turning = {
                "hold": f"min({variable}, {T})",
                "stop": f"min({variable}, {T})",
                "repeat": f"{_atom(variable)} % {T}",
            }.get(after, f"{_atom(variable)} % {2 * T}")
            if after == "repeat":
                turning = f"({turning})"
            span = f"({start!r} - {end!r})" if end else repr(float(start))
            floor = f"{end!r} + " if end else ""
            # past T the sine's argument turns negative, and its square climbs back by itself
            return f"{floor}{span} * math.sin(math.pi * ({T} - {turning}) / {2 * T}) ** 2"
        case Staircase(of=of, every=every):
            return python_source(of, f"{_atom(variable)} // {every}")
        case Shift(of=of, by=by):
            return python_source(of, f"{variable} + {by}")
        case Until(of=of) | Stepped(of=of):
            return python_source(of, variable)
        case Join(of=parts, boundaries=boundaries):
            text = python_source(
                parts[-1], f"{variable} - {boundaries[-1]}" if boundaries else variable
            )
            starts = (0, *boundaries)
            for index in range(len(boundaries) - 1, -1, -1):
                since = f"{variable} - {starts[index]}" if starts[index] else variable
                part = python_source(parts[index], since)
                text = f"({part} if {variable} < {boundaries[index]} else {text})"
            return text
        case _:
            raise ScheduleError(
                f"a {schedule.tag} has no formula", hint="write its rates out as a list"
            )


def _atom(expression: str) -> str:
    return expression if expression.isidentifier() else f"({expression})"
