"""Forms that take turns, said as a schedule."""

from __future__ import annotations

import math
from itertools import pairwise
from typing import TYPE_CHECKING

from isorate.schedule.combinators import Clamp, Join, Repeat, Shift, Staircase, Sum, Until
from isorate.schedule.shapes import (
    Constant,
    Cosine,
    Exponential,
    Inverse,
    Linear,
    NaturalExponential,
    Polynomial,
)
from isorate.schedule.symbolic.forms import (
    Clamped,
    Counted,
    Form,
    Parts,
    Term,
    UnsaidError,
    power_of_number,
)
from isorate.schedule.symbolic.pieces import with_ends

if TYPE_CHECKING:
    from fractions import Fraction

    from isorate.schedule.node import Schedule


def schedule_of(parts: Parts, start: int, stop: int | None) -> Schedule:
    """Return forms as one schedule, which counts from where they start."""
    begins, shapes = [], []
    for (at, form), end in with_ends(_soon(parts), stop):
        if (end is not None and end <= start) or (stop is not None and at >= stop):
            continue
        begins.append(max(at, start) - start)
        shapes.append(_of_form(form, max(at, start), end))
    return shapes[0] if len(shapes) == 1 else Join(tuple(shapes), tuple(begins[1:]))


def _soon(parts: Parts) -> Parts:
    """Return parts, each constant taking over where the line before it gets there."""
    begins = [at for at, _ in parts]
    for i, ((_, line), (at, level)) in enumerate(pairwise(parts)):
        if isinstance(line, Term) and isinstance(level, Term) and line.line and level.constant:
            there = line.add + line.by * line.argument(at - 1) == level.add
            begins[i + 1] -= there and begins[i] < at - 1
    return tuple(zip(begins, (form for _, form in parts), strict=True))


def _of_form(form: Form, start: int, stop: int | None) -> Schedule:
    match form:
        case Clamped(of=of, least=least, most=most):
            bounds = [None if bound is None else float(bound) for bound in (least, most)]
            return Clamp(_of_term(of, start, stop), *bounds)
        case Counted(kind=kind, every=every, parts=parts):
            begun = (start + form.at) % every
            if kind == "quotient":
                first = form.of(start)
                last = None if stop is None else form.of(stop - 1) + 1
                counted: Schedule = Staircase(schedule_of(parts, first, last), every)
            else:
                counted = Repeat(schedule_of(parts, 0, every), every)
            return Shift(counted, begun) if begun else counted
        case Term():
            return _of_term(form, start, stop)
    raise UnsaidError


def _of_term(term: Term, start: int, stop: int | None) -> Schedule:
    x = term.argument(start)
    match term.basis:
        case _ if term.constant:
            return Constant(float(term.add))
        case "line":
            return _line(term, start, stop)
        case "cosine":
            return _wave(term, x)
        case "exponential":
            return _beside(term.add, _decay(term, x))
        case "power" if term.number == -1 and x:
            return _beside(term.add, Inverse(float(term.by / x), float(term.rise / x)))
        case "power" if term.number is not None and term.number > 0 and term.rise < 0 < x:
            left = -x / term.rise
            first = float(term.add + term.by * power_of_number(x, term.number))
            fall = Polynomial(first, float(term.add), _updates(left), float(term.number))
            if stop is not None and stop - start <= left + 1:
                return fall
            return Until(fall, math.floor(left) + 1)  # past which it has no value
    raise UnsaidError


def _beside(add: Fraction, shape: Schedule) -> Schedule:
    return Sum((Constant(float(add)), shape)) if add else shape


def _updates(number: Fraction) -> int | float:
    return number.numerator if number.denominator == 1 else float(number)


def _line(term: Term, start: int, stop: int | None) -> Schedule:
    def rate(t: int) -> float:
        return float(term.add + term.by * term.argument(t))

    if stop is not None:
        return Linear(rate(start), rate(stop), stop - start)
    left = -rate(start) / float(term.by * term.rise)
    if left > 0:  # the update at which it is 0 says it best
        exact = -(term.add + term.by * term.argument(start)) / (term.by * term.rise)
        return Linear(rate(start), 0.0, _updates(exact), "continue")
    return Linear(rate(start), rate(start + 1), 1, "continue")


def _wave(term: Term, x: Fraction) -> Schedule:
    high, low = float(term.add + term.by), float(term.add - term.by)
    duration = 1 / abs(term.rise)
    turned = (x if term.rise > 0 else -x) % 2
    if turned.denominator == 1:
        ends = (low, high) if turned else (high, low)
        return Cosine(*ends, _updates(duration), "mirror")
    return Shift(Cosine(high, low, _updates(duration), "mirror"), _updates(turned * duration))


def _decay(term: Term, x: Fraction) -> Schedule:
    if term.number is None:
        first, decay = float(term.by) * math.exp(x), -term.rise
        times = decay.denominator
        if times == 10 ** (len(str(times)) - 1):  # a decimal fraction is what was written
            return NaturalExponential(first, float(decay), 1)
        return NaturalExponential(first, float(decay.numerator), times)
    base = float(term.number)
    first = float(term.by * power_of_number(term.number, x))
    factor, every = (base, 1 / term.rise) if term.rise > 0 else (1 / base, -1 / term.rise)
    return Exponential(first, factor, _updates(every))
