"""A schedule as a line of Python arithmetic, for frameworks that take a function of the step."""

from __future__ import annotations

import ast
import math
from typing import TYPE_CHECKING

from msgspec.structs import replace

from isorate.schedule import shapes
from isorate.schedule.arithmetic import LONGEST_TUPLE
from isorate.schedule.combinators import (
    Clamp,
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
from isorate.schedule.errors import ReadError, ScheduleError
from isorate.schedule.expression import Expression
from isorate.schedule.formula import Formula
from isorate.schedule.syntax import Placing, parse

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from isorate.schedule.node import Schedule

#: More intervals than this are no formula that anybody would read.
MOST_BOUNDARIES = 50
#: Nor is a line longer than this.
LONGEST_LINE = 50_000


def python_source(schedule: Schedule, variable: str) -> str:
    """Return an expression in ``variable`` that is the schedule's rate; it uses ``math`` only.

    ``schedule.expression`` reads it back. Ends are not part of it: a schedule that stops gives the
    expression of its rates.

    Raises:
        ScheduleError: a schedule that no line of arithmetic says: long tables, many intervals,
            cycles that grow, groups.

    Example:
        >>> python_source(shapes.Constant(0.1), "t")
        '0.1'
        >>> python_source(Clamp(shapes.Linear(0.1, 0.0, 10), least=0.01), "t")
        'max(0.1 * max(10 - t, 0) / 10, 0.01)'

    """
    try:
        source = ast.unparse(parse(_source(schedule, variable)))
        Expression(variable, source).function()
    except ReadError as error:
        raise ScheduleError(f"a {schedule.tag} has no formula that reads back: {error}") from None
    return source


def formula(variable: str) -> Callable[[Schedule], str]:
    """Report the schedule as Python arithmetic in a variable.

    Example:
        >>> from isorate.schedule.shapes import Exponential
        >>> Exponential(0.1, 0.9) | formula("t")
        '0.1 * 0.9 ** t'

    """
    return lambda schedule: python_source(schedule, variable)


def _source(schedule: Schedule, x: str) -> str:
    """Return the rate at the time that the expression ``x`` gives."""
    source = _written(schedule, _atom(x))
    if len(source) > LONGEST_LINE:
        raise ScheduleError("the formula is too long", required=f"{LONGEST_LINE} letters at most")
    return source


def _written(schedule: Schedule, x: str) -> str:
    match schedule:
        case shapes.Constant(rate=rate):
            return repr(float(rate))
        case shapes.Linear() | shapes.Polynomial() | shapes.Cosine():
            return _between(schedule, x)
        case shapes.Exponential(start=start, factor=factor, duration=D):
            return f"{start!r} * {_number(factor * 1.0)} ** {_quotient(x, D)}"
        case shapes.NaturalExponential(start=start, decay=decay, duration=D):
            return f"{start!r} * math.exp({-decay!r} * {_quotient(x, D)})"
        case shapes.Inverse(start=start, decay=decay, duration=D):
            return f"{start!r} / (1 + {decay!r} * {_quotient(x, D)})"
        case shapes.PiecewiseConstant(rates=rates, boundaries=boundaries):
            return _in_turns([repr(float(rate)) for rate in rates], boundaries, x)
        case shapes.Table(rates=rates, after=after):
            last = len(rates) - 1
            index = f"{x} % {len(rates)}" if after == "repeat" else f"min({x}, {last})"
            return _looked_up(rates, index)
        case Formula(scale=scale, variable=variable, source=source):
            inlined = ast.unparse(Placing({variable: parse(x)}).visit(parse(source)))
            return f"{scale!r} * ({inlined})"
        case Staircase(of=of, every=every):
            return _source(of, x if every == 1 else f"{x} // {every}")
        case Stride(of=of, by=by):
            return _source(of, f"{x} * {by}")
        case Shift(of=of, by=by):
            return _source(of, f"{x} + {by}")
        case Until(of=of) | Stepped(of=of):
            return _source(of, x)
        case Stretch():
            return _source(schedule.inner, x)
        case Join(of=parts, boundaries=boundaries):
            since = [f"{x} - {start}" if start else x for start in schedule.starts]
            ends = [*boundaries, math.inf]
            windows = [end - start for end, start in zip(ends, schedule.starts, strict=True)]
            bounded = [_within(part, w) for part, w in zip(parts, windows, strict=True)]
            written = [_source(part, t) for part, t in zip(bounded, since, strict=True)]
            return _in_turns(written, boundaries, x)
        case Repeat(of=of, period=period, growth=1, shrink=shrink, floor=floor):
            cycle = _source(of, f"{x} % {period}")
            if shrink == 1:
                return cycle
            height = f"{_number(shrink * 1.0)} ** ({x} // {period})"
            if not floor:
                return f"{height} * ({cycle})"
            return f"{height} * ({cycle}) + {floor!r} * (1 - {height})"
        case Mirror(of=of, duration=T):
            return _source(of, f"{T} - abs({x} % {2 * T} - {T})")
        case Scale(of=of, by=by):
            return f"{by!r} * ({_source(of, x)})"
        case Product(of=parts):
            return " * ".join(f"({_source(part, x)})" for part in parts)
        case Sum(of=parts):
            return " + ".join(f"({_source(part, x)})" for part in parts)
        case Clamp(of=of, least=least, most=most):
            inner = _source(of, x)
            inner = inner if least is None else f"max({inner}, {least!r})"
            return inner if most is None else f"min({inner}, {most!r})"
        case _:
            raise ScheduleError(
                f"a {schedule.tag} has no formula", hint="write its rates out as a list"
            )


def _between(shape: shapes.Linear | shapes.Polynomial | shapes.Cosine, x: str) -> str:
    """Return ``end + (start - end) * share``, without what is nothing in it."""
    start, end, T = shape.start, shape.end, shape.duration
    if start == end:
        return repr(float(start))
    span = f"({start!r} - {end!r})" if end else repr(float(start))
    floor = f"{end!r} + " if end else ""
    if isinstance(shape, shapes.Cosine):
        turning = {"hold": f"min({x}, {T})", "stop": f"min({x}, {T})", "repeat": f"({x} % {T})"}
        # past T the sine's argument turns negative, and its square climbs back by itself
        turned = turning.get(shape.after, f"{x} % {2 * T}")
        return floor + _times(span, f"math.sin(math.pi * ({T} - {turned}) / {2 * T}) ** 2")
    left, done = {
        "repeat": (f"({T} - {x} % {T})", f"({x} % {T})"),
        "mirror": (f"abs({x} % {2 * T} - {T})", f"({T} - abs({x} % {2 * T} - {T}))"),
        "continue": (f"({T} - {x})", x),
        "extend": (f"(1 - {x} / ({T} * max(-(-{x} // {T}), 1)))", ""),
    }.get(shape.after, (f"max({T} - {x}, 0)", f"min({x}, {T})"))
    if isinstance(shape, shapes.Linear) and not start and done:
        return _times(repr(float(end)), f"{done} / {T}")
    share = left if shape.after == "extend" else f"{left} / {T}"
    if isinstance(shape, shapes.Polynomial):
        return floor + _times(span, f"({share}) ** {shape.power!r}")
    return floor + _times(span, share)


def _times(number: str, factor: str) -> str:
    return factor if number == "1.0" else f"{number} * {factor}"


def _within(part: Schedule, updates: float) -> Schedule:
    """Return a part of a join without its end, where the next part begins before it is over."""
    if isinstance(part, shapes.Linear) and updates <= part.duration:
        return replace(part, after="continue")
    return part


def _in_turns(written: Sequence[str], boundaries: Sequence[int], x: str) -> str:
    """Return one expression before each boundary and the last one after all of them."""
    if len(boundaries) > MOST_BOUNDARIES:
        raise ScheduleError(
            "too many intervals for a formula",
            required=f"at most {MOST_BOUNDARIES} boundaries",
            got=len(boundaries),
        )
    turns = zip(written, boundaries, strict=False)
    chosen = [f"({rate}) if {x} < {boundary} else " for rate, boundary in turns]
    return f"({''.join(chosen)}({written[-1]}))"


def _looked_up(rates: Sequence[float], index: str) -> str:
    if len(rates) > LONGEST_TUPLE:
        raise ScheduleError(
            "a table this long has no formula",
            required=f"at most {LONGEST_TUPLE} rates",
            got=len(rates),
            hint="write its rates out as a list",
        )
    listed = "".join(f"{float(rate)!r}, " for rate in rates)
    return f"({listed})[{index}]"


def _quotient(x: str, duration: float) -> str:
    return x if duration == 1 else f"({x} / {duration})"


def _number(value: float) -> str:
    return f"({value!r})" if value < 0 else repr(value)


def _atom(expression: str) -> str:
    return expression if expression.isidentifier() else f"({expression})"
