"""What a constructor means: one equation in its arguments, read three ways.

    def means(self):
        up = line(self.init_value, self.peak_value, self.warmup_steps)
        down = cosine(self.peak_value, self.end_value, self.decay_steps - self.warmup_steps)
        return join([up, down], at=[self.warmup_steps])

*Computed*, with a call's own arguments, it is a schedule (``Meaning.schedule``). *Solved* for them
(``kit.solving``) it finds the call that says a schedule, or why there is none. *Equated* with
another constructor's (``kit.equating``) it says which argument of one is which of the other.

To be solved, ``means`` is given unknowns in place of arguments, on which there is arithmetic and
nothing else. What it decides by has to be known there: an argument with choices is tried with each
of them.

In the words below t counts steps of the constructor's clock from 0, times are in such steps, and
rates are absolute. T is a duration, above 0; ``after`` says what comes at t > T: ``hold`` (the last
rate), ``mirror`` (back, and on with period 2T), ``repeat`` (from the start, with period T),
``continue`` (a line goes on), ``stop`` (no rate from T on), ``extend`` (2T, 3T, … in place of T).
Nothing is checked here: ``schedule`` raises ScheduleError for what is out of range.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import msgspec
from msgspec.structs import replace

from isorate.kit.unknown import names
from isorate.schedule import combinators, shapes
from isorate.schedule.formula import Formula

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from isorate.schedule.node import Schedule

#: The fields of a schedule that are rates or factors, and so floats.
FLOATS = {"scale", "start", "end", "rate", "rates", "factor", "decay", "power", "shrink", "floor"}


class Meaning(msgspec.Struct, frozen=True):
    """A schedule in the arguments of a constructor.

    Args:
        kind: the shape or combinator.
        fields: its fields: numbers, unknowns, meanings, or tuples of them.
        given: arguments that are to have these values where the meaning is solved.

    """

    kind: type[Schedule]
    fields: Mapping[str, Any]
    given: Mapping[str, Any] = msgspec.field(default_factory=dict)

    def schedule(self) -> Schedule:
        """Compute the schedule, where all arguments are numbers.

        Raises:
            ScheduleError: a number is out of range.

        Example:
            >>> [join([line(0.0, 0.1, 2), constant(0.1)], at=[2]).schedule().at(k) for k in (1, 2)]
            [0.05, 0.1]

        """
        return self.kind(**{name: _built(name, field) for name, field in self.fields.items()})

    def where(self, **given: Any) -> Meaning:
        """Return the same meaning, which is solved with these arguments only."""
        return replace(self, given={**self.given, **given})


def _built(name: str, field: Any) -> Any:
    if isinstance(field, Meaning):
        return field.schedule()
    if isinstance(field, tuple):
        return tuple(_built(name, item) for item in field)
    if name in FLOATS:
        return float(field)
    if isinstance(field, bool):
        return int(field)
    return int(field) if isinstance(field, float) and field.is_integer() else field


def line(start: Any, end: Any, duration: Any, after: str = "hold") -> Meaning:
    """Mean a straight line, ``start + (end−start)·t/T``."""
    fields = {"start": start, "end": end, "duration": duration, "after": after}
    return Meaning(shapes.Linear, fields)


def cosine(start: Any, end: Any, duration: Any, after: str = "hold") -> Meaning:
    """Mean half a cosine, ``end + (start−end)·(1 + cos(π·t/T))/2``."""
    fields = {"start": start, "end": end, "duration": duration, "after": after}
    return Meaning(shapes.Cosine, fields)


def polynomial(start: Any, end: Any, duration: Any, power: Any, after: str = "hold") -> Meaning:
    """Mean a power of the time that is left, ``end + (start−end)·(1 − t/T)^power``."""
    fields = {"start": start, "end": end, "duration": duration, "power": power, "after": after}
    return Meaning(shapes.Polynomial, fields)


def exponential(start: Any, factor: Any, duration: Any = 1) -> Meaning:
    """Mean ``start·factor^(t/duration)``."""
    return Meaning(shapes.Exponential, {"start": start, "factor": factor, "duration": duration})


def natural_exponential(start: Any, decay: Any, duration: Any = 1) -> Meaning:
    """Mean ``start·e^(−decay·t/duration)``."""
    fields = {"start": start, "decay": decay, "duration": duration}
    return Meaning(shapes.NaturalExponential, fields)


def inverse(start: Any, decay: Any, duration: Any = 1) -> Meaning:
    """Mean ``start/(1 + decay·t/duration)``."""
    return Meaning(shapes.Inverse, {"start": start, "decay": decay, "duration": duration})


def constant(rate: Any) -> Meaning:
    """Mean a rate that stays, at every t."""
    return Meaning(shapes.Constant, {"rate": rate})


def steps(rates: Sequence[Any], at: Sequence[Any]) -> Meaning:
    """Mean rates that stay: ``rates[i]`` for ``at[i−1] ≤ t < at[i]``, one rate more than bounds."""
    fields = {"rates": tuple(rates), "boundaries": tuple(at)}
    return Meaning(shapes.PiecewiseConstant, fields)


def join(of: Sequence[Meaning], at: Sequence[Any]) -> Meaning:
    """Mean one after another: ``of[i](t − at[i−1])`` for ``at[i−1] ≤ t < at[i]``."""
    *before, last = of
    boundaries = [*at]
    if last.kind is combinators.Join:  # as normal forms have it: no join at the end of another
        boundaries += [at[-1] + boundary for boundary in last.fields["boundaries"]]
        of = [*before, *last.fields["of"]]
    return Meaning(combinators.Join, {"of": tuple(of), "boundaries": tuple(boundaries)})


def shift(of: Meaning, by: Any) -> Meaning:
    """Mean what is begun part of the way, ``of(t + by)``."""
    return Meaning(combinators.Shift, {"of": of, "by": by})


def in_turn(of: Sequence[Meaning], at: Sequence[Any]) -> Meaning:
    """Mean a join whose boundaries may be before 0, between updates or out of order.

    Each is counted from its boundary, and goes on until a later one of the list has begun.
    """
    if any(map(names, at)):
        return join(of, at)
    pieces: list[tuple[int, Meaning]] = []
    for start, part in reversed(list(zip((0, *at), of, strict=False))):
        begin = max(math.ceil(start), 0)
        if not pieces or begin < pieces[-1][0]:
            late = Meaning(combinators.Shift, {"of": part, "by": begin - start})
            pieces.append((begin, late if begin > start else part))
    boundaries, parts = zip(*reversed(pieces), strict=True)
    return join(parts, boundaries[1:]) if len(parts) > 1 else parts[0]


def clamp(of: Meaning, least: Any = None, most: Any = None) -> Meaning:
    """Mean a schedule that is kept within bounds, ``min(max(of(t), least), most)``."""
    return Meaning(combinators.Clamp, {"of": of, "least": least, "most": most})


def formula(scale: Any, variable: str, source: str) -> Meaning:
    """Mean ``scale`` times a formula: Python's text in a variable, which counts steps."""
    return Meaning(Formula, {"scale": scale, "variable": variable, "source": source})


def staircase(of: Meaning, every: Any) -> Meaning:
    """Mean a clock that ticks once in ``every`` updates, ``of(⌊t/every⌋)``."""
    return Meaning(combinators.Staircase, {"of": of, "every": every})


def until(of: Meaning, updates: Any) -> Meaning:
    """Mean a schedule that has rates for t < ``updates`` alone."""
    return Meaning(combinators.Until, {"of": of, "updates": updates})


def repeat(
    of: Meaning, period: Any, growth: Any = 1, *, shrink: Any = 1.0, floor: Any = 0.0
) -> Meaning:
    """Mean cycles, each ``growth`` times as long and ``shrink`` times as high as the one before.

    ``floor + shrink^c·(of(u/growth^c) − floor)``, u the steps since cycle c = 0, 1, 2, … began,
    which has ``period·growth^c``.
    """
    fields = {"of": of, "period": period, "growth": growth, "shrink": shrink, "floor": floor}
    return Meaning(combinators.Repeat, fields)


def triangles(low: Any, high: Any, up: Any, down: Any, **heights: Any) -> Meaning:
    """Mean a line up and a line down, again and again; ``heights`` are ``repeat``'s shrinking."""
    if up == down and not heights:
        return line(low, high, up, "mirror")
    if down == 0:  # which an unknown is not
        return repeat(line(low, high, up), up, **heights)
    once = join([line(low, high, up), line(high, low, down)], at=[up])
    return repeat(once, up + down, **heights)


def added(*of: Meaning) -> Meaning:
    """Mean the sum of rates, ``of[0](t) + of[1](t) + …``."""
    return Meaning(combinators.Sum, {"of": of})


def multiplied(*of: Meaning) -> Meaning:
    """Mean the product of rates, ``of[0](t)·of[1](t)·…``."""
    return Meaning(combinators.Product, {"of": of})
