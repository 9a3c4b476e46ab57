"""Schedules put together as one writes them: ``warmup.then(cosine, at=5) * 0.1``.

``Algebra`` is what every schedule inherits; each method is one combinator. A schedule for several
parameter groups takes them group by group. ``schedule | report`` hands a schedule to a report: any
function of one, as those at the end of this file.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeGuard, TypeVar

from isorate.schedule.errors import ScheduleError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from isorate.schedule.node import Schedule

Result = TypeVar("Result")


class Algebra:
    """The methods that make a schedule of schedules, and the operators.

    What a method says of rates and updates is what its combinator says; every one raises
    ``ScheduleError`` where that does.
    """

    # Combinators are schedules themselves, and so are imported where they are used.
    __slots__ = ()

    def then(self: Any, other: Schedule, *, at: int) -> Schedule:
        """Return this schedule before update ``at`` and another, from its beginning, after it.

        Example:
            >>> from isorate.schedule.shapes import Constant, Cosine
            >>> Constant(0.1).then(Cosine(0.1, 0.0, 10), at=5).at(15)
            0.0

        """
        from isorate.schedule.combinators import Join

        return _each(self, lambda one: Join((one, _single(other)), (at,)))

    def after_warmup(self: Any, updates: int, start: float = 0.0) -> Schedule:
        """Return this schedule after a line from ``start`` to its first rate.

        Example:
            >>> from isorate.schedule.shapes import Cosine
            >>> warm = Cosine(0.1, 0.0, 10).after_warmup(2)
            >>> [warm.at(update) for update in (0, 1, 2, 12)]
            [0.0, 0.05, 0.1, 0.0]

        """
        from isorate.schedule.combinators import Join
        from isorate.schedule.shapes import Linear

        return _each(self, lambda one: Join((Linear(start, one.at(0), updates), one), (updates,)))

    def repeated(
        self: Any, period: int, *, growth: int = 1, shrink: float = 1.0, floor: float = 0.0
    ) -> Schedule:
        """Return this schedule again and again, each time slower and lower if need be.

        Example:
            >>> from isorate.schedule.shapes import Cosine
            >>> restarts = Cosine(0.1, 0.0, 2).repeated(2, growth=2)
            >>> [restarts.at(update) for update in (0, 2, 6)]
            [0.1, 0.1, 0.1]

        """
        from isorate.schedule.combinators import Repeat

        return _each(self, lambda one: Repeat(one, period, growth, shrink, floor))

    def mirrored(self: Any, duration: int) -> Schedule:
        """Return this schedule there and back again, turning at update ``duration``.

        Example:
            >>> from isorate.schedule.shapes import Linear
            >>> triangle = Linear(0.0, 0.2, 2).mirrored(2)
            >>> [triangle.at(update) for update in range(5)]
            [0.0, 0.1, 0.2, 0.1, 0.0]

        """
        from isorate.schedule.combinators import Mirror

        return _each(self, lambda one: Mirror(one, duration))

    def clamped(self: Any, *, least: float | None = None, most: float | None = None) -> Schedule:
        """Return this schedule kept within bounds.

        Example:
            >>> from isorate.schedule.shapes import Exponential
            >>> Exponential(0.1, 0.5).clamped(least=0.01).at(100)
            0.01

        """
        from isorate.schedule.combinators import Clamp

        return _each(self, lambda one: Clamp(one, least, most))

    def stretched(self: Any, by: float) -> Schedule:
        """Return this schedule taking ``by`` times as long.

        Example:
            >>> from isorate.schedule.shapes import Linear
            >>> Linear(0.0, 0.1, 2).stretched(2).at(4)
            0.1

        """
        from isorate.schedule.combinators import Stretch

        return _each(self, lambda one: Stretch(one, by))

    def shifted(self: Any, by: float) -> Schedule:
        """Return this schedule as it goes on when ``by`` updates of it are over.

        Example:
            >>> from isorate.schedule.shapes import Linear
            >>> Linear(0.1, 0.0, 2).shifted(1).at(0)
            0.05

        """
        from isorate.schedule.combinators import Shift

        return _each(self, lambda one: Shift(one, by))

    def staircase(self: Any, every: int) -> Schedule:
        """Return this schedule on a clock that ticks once in ``every`` updates.

        Example:
            >>> from isorate.schedule.shapes import Exponential
            >>> steps = Exponential(0.1, 0.5).staircase(3)
            >>> [steps.at(update) for update in range(4)]
            [0.1, 0.1, 0.1, 0.05]

        """
        from isorate.schedule.combinators import Staircase

        return _each(self, lambda one: Staircase(one, every))

    def until(self: Any, updates: int) -> Schedule:
        """Return this schedule without a rate from update ``updates`` on.

        Example:
            >>> from isorate.schedule.shapes import Constant
            >>> Constant(0.1).until(6).length
            6

        """
        from isorate.schedule.combinators import Until

        return _each(self, lambda one: Until(one, updates))

    def stepped(self: Any) -> Schedule:
        """Return this schedule on the clock of the loop's ``scheduler.step()``.

        Example:
            >>> from isorate.schedule.run import Run
            >>> from isorate.schedule.shapes import Linear
            >>> epochs = Run(6, updates_per_epoch=2, step_every="epoch")
            >>> Linear(0.2, 0.0, 2).stepped().resolved(epochs).at(3)
            0.1

        """
        from isorate.schedule.combinators import Stepped

        return _each(self, Stepped)

    def __mul__(self: Any, other: Schedule | float) -> Schedule:
        """Return this schedule multiplied: every rate by a number, or by another schedule's.

        Example:
            >>> from isorate.schedule.shapes import Constant, Linear
            >>> (Constant(0.1) * Linear(0.0, 1.0, 2)).at(1)
            0.05
            >>> (0.5 * Constant(0.1)).at(0)
            0.05

        """
        from isorate.schedule.combinators import Product, Scale

        if _is_number(other):
            by = other
            return _each(self, lambda one: Scale(one, by))
        if not isinstance(other, Algebra):
            return NotImplemented
        return _each(self, lambda one: Product((one, _single(other))))

    __rmul__ = __mul__

    def __add__(self: Any, other: Schedule | float) -> Schedule:
        """Return this schedule with a number, or another schedule's rates, added.

        Example:
            >>> from isorate.schedule.shapes import Linear
            >>> (Linear(0.1, 0.0, 2) + 0.5).at(2)
            0.5

        """
        from isorate.schedule.combinators import Sum
        from isorate.schedule.shapes import Constant

        if _is_number(other):
            other = Constant(other)
        if not isinstance(other, Algebra):
            return NotImplemented
        return _each(self, lambda one: Sum((one, _single(other))))

    __radd__ = __add__

    def __or__(self: Any, report: Callable[[Schedule], Result]) -> Result:
        """Hand this schedule to a report, or to any other function, and return what that returns.

        Example:
            >>> from isorate.schedule.shapes import Linear
            >>> Linear(0.0, 0.2, 2) | rates(3)
            [0.0, 0.1, 0.2]

        """
        return report(self) if callable(report) else NotImplemented


def join(*parts: Schedule, at: Sequence[int]) -> Schedule:
    """Return one schedule after another, each from its beginning.

    Args:
        parts: the schedules.
        at: the updates at which the second, third, … take over.

    Example:
        >>> from isorate.schedule.shapes import Constant
        >>> join(Constant(0.1), Constant(0.01), Constant(0.001), at=[5, 8]) | rates(9)
        [0.1, 0.1, 0.1, 0.1, 0.1, 0.01, 0.01, 0.01, 0.001]

    """
    from isorate.schedule.combinators import Join

    return Join(tuple(map(_single, parts)), tuple(at))


def groups(*schedules: Schedule) -> Schedule:
    """Return one schedule for each parameter group of an optimizer.

    Example:
        >>> from isorate.schedule.shapes import Constant
        >>> (groups(Constant(0.1), Constant(0.01)) * 0.5).children()
        (Scale(of=Constant(rate=0.1), by=0.5), Scale(of=Constant(rate=0.01), by=0.5))

    """
    from isorate.schedule.combinators import Groups

    return Groups(schedules)


def _each(schedule: Schedule, change: Callable[[Schedule], Schedule]) -> Schedule:
    """Change a schedule, or that of every parameter group."""
    return schedule.mapped(change) if schedule.tag == "groups" else change(schedule)


def _single(schedule: Schedule) -> Schedule:
    if schedule.tag == "groups":
        raise ScheduleError("groups cannot be a part", hint="do it to the groups, one by one")
    return schedule


def _is_number(value: object) -> TypeGuard[float]:
    return isinstance(value, int | float) and not isinstance(value, bool)


# --- reports: what a schedule is handed to with ``|`` ---------------------------------------------


def rates(updates: int) -> Callable[[Schedule], list[float]]:
    """Report the rates of the first updates, or fewer where the schedule ends.

    Example:
        >>> from isorate.schedule.shapes import Constant
        >>> Constant(0.1).until(2) | rates(5)
        [0.1, 0.1]

    """

    def report(schedule: Schedule) -> list[float]:
        length = schedule.length
        return [schedule.at(k) for k in range(updates if length is None else min(updates, length))]

    return report


def to_json(schedule: Schedule) -> str:
    """Report the schedule as one JSON document.

    Example:
        >>> from isorate.schedule.shapes import Constant
        >>> Constant(0.1) | to_json
        '{"shape":"constant","rate":0.1}'

    """
    return schedule.to_json()


def formula(variable: str) -> Callable[[Schedule], str]:
    """Report the schedule as Python arithmetic in a variable.

    Example:
        >>> from isorate.schedule.shapes import Exponential
        >>> Exponential(0.1, 0.9) | formula("t")
        '0.1 * 0.9 ** t'

    """
    from isorate.schedule.python_source import python_source

    return lambda schedule: python_source(schedule, variable)
