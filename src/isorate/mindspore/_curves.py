"""A schedule in normal form as a tree of cells, one for each of its nodes."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from isorate.mindspore import _combinators as nodes
from isorate.mindspore import _shapes as curves
from isorate.mindspore._formula import arithmetic
from isorate.schedule import combinators, shapes
from isorate.schedule.errors import ScheduleError
from isorate.schedule.formula import Formula
from isorate.schedule.node import called

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mindspore import nn

    from isorate.schedule.node import Schedule


def curve(schedule: Schedule) -> nn.Cell:
    """Return the cell that takes times to a schedule's rates, both float64.

    Raises:
        ScheduleError: a part that is no shape or combinator of the core, as a Python function.

    """
    match schedule:
        case shapes.Constant(rate=rate):
            return curves.Constant(rate)
        case shapes.Linear():
            return curves.Linear(schedule)
        case shapes.Polynomial():
            return curves.Polynomial(schedule)
        case shapes.Cosine():
            return curves.Cosine(schedule)
        case shapes.Exponential(start=start, factor=factor, duration=duration) if factor <= 0:
            return curves.Power(start, factor, duration)
        case shapes.Exponential() | shapes.NaturalExponential():
            return exponentials([schedule])
        case shapes.Inverse(start=start, decay=decay, duration=duration):
            return curves.Inverse(start, decay / duration)
        case shapes.PiecewiseConstant(rates=rates, boundaries=boundaries):
            return curves.PiecewiseConstant(rates, boundaries)
        case shapes.Table(rates=rates, after=after):
            return curves.Table(rates, after)
        case Formula(scale=scale, variable=variable, source=source):
            return (
                nodes.Scale(arithmetic(variable, source), scale) if scale else curves.Constant(0.0)
            )
    return _combined(schedule)


def exponentials(schedules: Sequence[Schedule]) -> nn.Cell:
    """Return the cell of exponentials multiplied: their exponents add up, however far each goes."""
    start, growths = 1.0, []
    for schedule in schedules:
        of, every = _ticking(schedule)
        match of:
            case shapes.Exponential(start=first, factor=factor, duration=duration):
                growths.append((math.log(factor) / duration, every))
            case shapes.NaturalExponential(start=first, decay=decay, duration=duration):
                growths.append((-decay / duration, every))
        start *= first
    return curves.Exponential(start, growths)


def _ticking(schedule: Schedule) -> tuple[Schedule, int]:
    """Return a schedule without its staircase, and the updates in a tick."""
    if isinstance(schedule, combinators.Staircase):
        return schedule.of, schedule.every
    return schedule, 1


def _is_exponential(schedule: Schedule) -> bool:
    of, _ = _ticking(schedule)
    natural = isinstance(of, shapes.NaturalExponential)
    return natural or (isinstance(of, shapes.Exponential) and of.factor > 0)


def _product(schedules: Sequence[Schedule]) -> nn.Cell:
    """Return the cell of a product, its exponentials taken together."""
    growing = [part for part in schedules if _is_exponential(part)]
    parts = [curve(part) for part in schedules if part not in growing]
    if growing:
        parts.append(exponentials(growing))
    bounded = all(math.isfinite(bound) for part in schedules for bound in part.bounds)
    return (
        parts[0]
        if len(parts) == 1
        else (nodes.Product if bounded else nodes.BoundlessProduct)(parts)
    )


def _combined(schedule: Schedule) -> nn.Cell:
    if isinstance(schedule, combinators.Product):
        return _product(schedule.of)
    parts = [curve(part) for part in schedule.children()]
    match schedule:
        case combinators.Shift(by=by):
            return nodes.Shift(parts[0], by)
        case combinators.Until(updates=updates):
            return nodes.Until(parts[0], updates)
        case combinators.Staircase(every=every):
            return nodes.Staircase(parts[0], every)
        case combinators.Stride(by=by):
            return nodes.Stride(parts[0], by)
        case combinators.Mirror(duration=duration):
            return nodes.Mirror(parts[0], duration)
        case combinators.Join(boundaries=boundaries):
            return nodes.Join(parts, boundaries)
        case combinators.Repeat(growth=growth, shrink=shrink):
            if growth > 1:
                return nodes.SlowerRepeat(parts[0], schedule)
            if shrink != 1:
                return nodes.LowerRepeat(parts[0], schedule)
            return nodes.Repeat(parts[0], schedule.period)
        case combinators.Scale(by=by):
            return nodes.Scale(parts[0], by)
        case combinators.Sum():
            return nodes.Sum(parts)
        case combinators.Clamp(least=least, most=most):
            return nodes.Clamp(parts[0], least, most)
    raise ScheduleError(f"{called(schedule.tag)} cannot be computed in MindSpore")
