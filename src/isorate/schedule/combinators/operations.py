"""Combinators of height: schedules scaled, multiplied, added and kept within bounds."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, ClassVar

from isorate.schedule.combinators.clocks import (
    Around,
    Shift,
    Staircase,
    Stepped,
    Until,
    without_end,
)
from isorate.schedule.combinators.joins import Join, Several
from isorate.schedule.domains import check_finite
from isorate.schedule.errors import ScheduleError
from isorate.schedule.namespace import SCALAR, Namespace
from isorate.schedule.node import Schedule
from isorate.schedule.shapes import Constant, PiecewiseConstant, Table
from isorate.schedule.wide import NORMAL, fixed, product, total

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

#: Schedules with more boundaries than this are not taken apart: it would cost more than it shows.
MOST_BOUNDARIES = 100


class _OfHeight(Schedule, frozen=True):
    """A combinator of height: what is done to its time is done to all that is inside."""

    @property
    def cycle(self) -> int | None:
        """The least common multiple of the cycles inside, where all have one."""
        cycles = [child.cycle for child in self.children()]
        known = [cycle for cycle in cycles if cycle is not None]
        return math.lcm(*known) if len(known) == len(cycles) else None

    def stretched_by(self, factor: float) -> Schedule | None:
        return self.around(*(child.stretched_by(factor) for child in self.children()))

    def shifted_by(self, updates: float) -> Schedule | None:
        return self.mapped(lambda child: Shift(child, updates))

    def on_a_staircase(self, every: int) -> Schedule | None:
        return self.mapped(lambda child: Staircase(child, every))

    def cut_short(self, updates: int) -> Schedule:
        return self.mapped(lambda child: child.cut_short(updates)).normal()


class Scale(_OfHeight, Around, frozen=True, tag="scale"):
    """A schedule with every rate multiplied by the same number, which rounds once more.

    Args:
        of: the schedule.
        by: the number.

    Example:
        >>> Scale(Constant(1.0), 0.1).at(0)
        0.1

    """

    by: float

    def __post_init__(self) -> None:
        check_finite("scale", by=self.by)

    def formula(self, t: Any, xp: Namespace) -> Any:
        """Multiply."""
        return product(t, xp, self.of.formula, fixed(self.by))

    @property
    def bounds(self) -> tuple[float, float]:
        """The bounds of ``of``, multiplied."""
        return _hull([_times(bound, self.by) for bound in self.of.bounds])

    def normal(self) -> Schedule:
        """Scale what is inside."""
        of, by = self.of.normal(), float(self.by)
        scaled = of if by == 1 else _scaled(of, by)
        return Scale(of, by) if scaled is None else scaled.normal()

    def scaled_by(self, factor: float) -> Schedule:
        """Merge the factors."""
        return Scale(self.of, self.by * factor)


def _scaled(of: Schedule, factor: float) -> Schedule | None:
    """Return a schedule scaled; none where a rate would leave float64 that comes back later."""
    if factor and any(rate and abs(rate * factor) < NORMAL for rate in _rates(of)):
        return None
    try:
        return of.scaled_by(factor)
    except ScheduleError:
        return None


def _rates(of: Schedule) -> Iterator[float]:
    """Visit the rates that a schedule is made of."""
    for part in of.walk():
        for name in part.rate_fields:
            value = getattr(part, name)
            yield from value if isinstance(value, tuple) else (value,)


def _hull(values: list[float]) -> tuple[float, float]:
    """Return the least and the greatest value; nothing is known where one is NaN."""
    if any(math.isnan(value) for value in values):
        return -math.inf, math.inf
    return min(values), max(values)


def _times(a: float, b: float) -> float:
    """Multiply; nothing is nothing, however often."""
    return 0.0 if a == 0 or b == 0 else a * b


class _Many(_OfHeight, Several, frozen=True):
    """What the combinators of several schedules share."""

    #: Puts the rates of the parts together, from left to right.
    together: ClassVar[Any]

    def formula(self, t: Any, xp: Namespace) -> Any:
        """Put the rates of the parts together."""
        return self.together(t, xp, *(part.formula for part in self.of))

    def normal(self) -> Schedule:
        """Flatten; take ends, boundaries and the run's clock outwards; put them in order."""
        parts: list[Schedule] = []
        ends: list[int] = []
        for child in self.of:
            bare, end = without_end(child.normal())
            parts += bare.of if isinstance(bare, type(self)) else [bare]
            ends += [] if end is None else [end]
        merged = self._merged(parts)
        return Until(merged, min(ends)).normal() if ends else merged

    def _merged(self, parts: list[Schedule]) -> Schedule:
        """Return parts in normal form, without ends, as one schedule in normal form."""
        if len(parts) > 1:
            apart = _joined(parts, self._of) or _stepped(parts, self._of)
            if apart is not None:
                return apart
        return self._settled(parts)

    def _settled(self, parts: list[Schedule]) -> Schedule:
        """Return parts that have no boundaries."""
        raise NotImplementedError

    def _of(self, parts: list[Schedule]) -> Schedule:
        return parts[0] if len(parts) == 1 else type(self)(tuple(parts))


def _joined(
    parts: list[Schedule], combine: Callable[[list[Schedule]], Schedule]
) -> Schedule | None:
    """Combine parts between their boundaries, where some are joined of pieces."""
    boundaries = sorted(
        {b for part in parts if isinstance(part, Join | PiecewiseConstant) for b in part.boundaries}
    )
    if not 0 < len(boundaries) <= MOST_BOUNDARIES:
        return None
    if any(part.length is not None for part in parts):  # on the run's clock: how far, it will say
        return None
    pieces = []
    for start, stop in zip([0, *boundaries], [*boundaries, None], strict=True):
        begun = [Shift(part, start).normal() for part in parts]
        pieces.append(combine([p if stop is None else p.cut_short(stop - start) for p in begun]))
    return Join(tuple(pieces), tuple(boundaries)).normal()


def _stepped(
    parts: list[Schedule], combine: Callable[[list[Schedule]], Schedule]
) -> Schedule | None:
    """Combine parts on the loop's clock, where all that move are on it."""
    moving = [part for part in parts if not isinstance(part, Constant)]
    if not moving or not all(isinstance(part, Stepped) for part in moving):
        return None
    inside = combine([part.of if isinstance(part, Stepped) else part for part in parts])
    return Stepped(inside).normal()


def _in_order(parts: list[Schedule]) -> list[Schedule]:
    """Sort by what is written, constants first: the order of factors and summands is no matter."""
    return sorted(parts, key=lambda part: (not isinstance(part, Constant), part.to_json()))


class Product(_Many, frozen=True, tag="product"):
    """Several schedules multiplied: ``rate(t) = of[0](t)·of[1](t)·…``.

    Zero times anything is zero, and a factor may be beyond float64 where the product is not. Of n
    factors within 8 ULP the product is within 9n·2⁻⁵² of itself, n/500 ULP more for a factor of
    size 2^±n, n > 1000.

    Args:
        of: the schedules; it ends where the first of them ends.

    Example:
        >>> Product((Constant(0.1), Constant(0.5))).at(0)
        0.05

    """

    together: ClassVar[Any] = staticmethod(product)

    @property
    def bounds(self) -> tuple[float, float]:
        """The bounds of the parts, multiplied each with each."""
        low = high = 1.0
        for part in self.of:
            low, high = _hull([_times(a, b) for a in (low, high) for b in part.bounds])
        return low, high

    def _settled(self, parts: list[Schedule]) -> Schedule:
        """Multiply the constants, and let one of the others take them in."""
        constants = [part.rate for part in parts if isinstance(part, Constant)]
        factor = product(0, SCALAR, fixed(1.0), *map(fixed, constants))
        others = _in_order([part for part in parts if not isinstance(part, Constant)])
        if not others:
            return Constant(factor) if math.isfinite(factor) else Product(tuple(parts))
        if not NORMAL <= abs(factor) < math.inf and 0 not in constants:
            return self._of(_in_order(parts))  # the others may bring it back
        if factor == 0:  # all that matters of the others is where they end
            others = [part for part in others if part.length is not None]
            if not others:
                return Constant(0.0)
        if factor == 1:
            return self._of(others)
        for index, part in enumerate(others):
            scaled = _scaled(part, factor)
            if scaled is not None:
                return self._of(_in_order([*others[:index], scaled.normal(), *others[index + 1 :]]))
        return self._of(_in_order(parts))

    def scaled_by(self, factor: float) -> Schedule | None:
        """Let the first that can take it in."""
        for index, part in enumerate(self.of):
            scaled = part.scaled_by(factor)
            if scaled is not None:
                return Product((*self.of[:index], scaled, *self.of[index + 1 :]))
        return None


class Sum(_Many, frozen=True, tag="sum"):
    """Several schedules added: ``rate(t) = of[0](t) + of[1](t) + …``.

    Of n terms within 8 ULP the sum is within (8 + n)·2⁻⁵² of ``|of[0](t)| + |of[1](t)| + …``: where
    terms cancel, what is left is as exact as the greatest of them.

    Args:
        of: the schedules; it ends where the first of them ends.

    Example:
        >>> Sum((Constant(0.1), Constant(0.5))).at(0)
        0.6

    """

    together: ClassVar[Any] = staticmethod(total)

    @property
    def bounds(self) -> tuple[float, float]:
        """The sums of their bounds."""
        lows, highs = zip(*(part.bounds for part in self.of), strict=True)
        return sum(lows), sum(highs)

    def _settled(self, parts: list[Schedule]) -> Schedule:
        """Add the constants up, and put them first."""
        try:
            constant = math.fsum(part.rate for part in parts if isinstance(part, Constant))
        except OverflowError:  # on the way, or at its end: to be seen at each update
            return self._of(_in_order(parts))
        others = _in_order([part for part in parts if not isinstance(part, Constant)])
        if not others:
            return Constant(constant)
        return self._of([Constant(constant), *others] if constant else others)

    def scaled_by(self, factor: float) -> Schedule | None:
        """Scale all of them."""
        return self.around(*(part.scaled_by(factor) for part in self.of))


class Clamp(_OfHeight, Around, frozen=True, tag="clamp"):
    """A schedule kept within bounds: ``rate(t) = min(max(of(t), least), most)``.

    Args:
        of: the schedule.
        least: the lowest rate, or none.
        most: the highest rate, or none.

    Raises:
        ScheduleError: a bound that is not finite, or ``least`` above ``most``.

    Example:
        >>> from isorate.schedule.shapes import Linear
        >>> Clamp(Linear(0.1, 0.0, 10), least=0.05).at(9)
        0.05

    """

    least: float | None = None
    most: float | None = None

    def __post_init__(self) -> None:
        bounds = {"least": self.least, "most": self.most}
        check_finite("clamp", **{name: b for name, b in bounds.items() if b is not None})
        if self.least is not None and self.most is not None and self.least > self.most:
            raise ScheduleError("clamp.least", required=f"at most {self.most}", got=self.least)

    def formula(self, t: Any, xp: Namespace) -> Any:
        """Take the greater of it and the lower bound, the lesser of that and the upper one."""
        rate = self.of.formula(t, xp)
        if self.least is not None:
            rate = xp.maximum(rate, self.least)
        return rate if self.most is None else xp.minimum(rate, self.most)

    @property
    def bounds(self) -> tuple[float, float]:
        """The bounds of ``of``, clamped."""
        low, high = self.of.bounds
        return self._within(low), self._within(high)

    def _within(self, rate: float) -> float:
        rate = rate if self.least is None else max(rate, float(self.least))
        return rate if self.most is None else min(rate, float(self.most))

    def normal(self) -> Schedule:
        """Clamp a constant at once; drop a bound that nothing reaches; take the rest outwards."""
        of, end = without_end(self.of.normal())
        merged = self._merged(of)
        return merged if end is None else Until(merged, end).normal()

    def _merged(self, of: Schedule) -> Schedule:
        """Clamp a schedule in normal form."""
        match of:
            case Constant(rate=rate):
                return Constant(self._within(rate))
            case Table(rates=rates):
                return Table(tuple(map(self._within, rates)), of.after).normal()
            case Stepped(of=inner):
                return Stepped(Clamp(inner, self.least, self.most)).normal()
            case Clamp(of=inner):
                return Clamp(inner, *of._clamped(self)).normal()
        apart = _joined([of], lambda parts: Clamp(parts[0], self.least, self.most))
        if apart is not None:
            return apart
        low, high = of.bounds if of.length is None else (-math.inf, math.inf)
        if low == high:
            return Constant(self._within(low))
        least = None if self.least is None or self.least <= low else float(self.least)
        most = None if self.most is None or self.most >= high else float(self.most)
        if least is not None and least >= high:
            return Constant(self._within(least))
        if most is not None and most <= low:
            return Constant(most)
        return of if least is None and most is None else Clamp(of, least, most)

    def _clamped(self, outer: Clamp) -> list[float | None]:
        """Return the bounds of this clamp within those of another around it."""
        least = outer.least if self.least is None else outer._within(self.least)
        most = outer.most if self.most is None else outer._within(self.most)
        return [least, most]

    def scaled_by(self, factor: float) -> Schedule | None:
        """Scale what is inside, and the bounds; a negative factor turns them round."""
        of = self.of.scaled_by(factor)
        if of is None:
            return None
        bounds = [None if b is None else b * factor for b in (self.least, self.most)]
        return Clamp(of, *(bounds if factor >= 0 else reversed(bounds)))
