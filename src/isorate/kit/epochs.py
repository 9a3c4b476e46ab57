"""Callbacks that a loop calls once an epoch, and functions of the epoch that they are given."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from isorate.kit.boundary import Halting
from isorate.kit.call import Call, Lift
from isorate.kit.match import Refusal
from isorate.schedule.combinators import Staircase
from isorate.schedule.errors import NativeError, ScheduleError
from isorate.schedule.expression import Expression
from isorate.schedule.formula import Formula
from isorate.schedule.lazily import np
from isorate.schedule.python_source import python_source

if TYPE_CHECKING:
    from collections.abc import Iterator

    from isorate.kit.xla import Rates
    from isorate.schedule.node import Schedule


class OnceAnEpoch(Call, frozen=True):
    """What the loop calls once an epoch, whose card counts them."""

    def supposed(self) -> str | None:
        return f"{self.name} is called once an epoch: of one update, unless the run says of more"


class OfTheEpoch(OnceAnEpoch, frozen=True):
    """A rate that a function of the epoch says: the first argument."""

    by_formula: ClassVar[bool] = True

    @property
    def function(self) -> Expression:
        """The function, as far as it is one of the epoch alone."""
        given = getattr(self, self.parameters()[0])
        if not isinstance(given, Expression):
            raise NativeError(f"Isorate does not follow {given!r} for a function of the epoch")
        return given

    def value(self, epoch: int, said: Any) -> float:
        """Return the rate that a value of the function is, or raise what the framework raises."""
        return float(said)

    def lower(self) -> Schedule:
        return Formula(1.0, self.function.variable, self.function.source).stepped()

    @classmethod
    def lift(cls, schedule: Schedule, updates: int) -> Lift | Refusal:
        clocked = isinstance(schedule, Staircase)
        every, inner = (schedule.every, schedule.of) if clocked else (1, schedule)  # type: ignore[attr-defined]
        try:
            said = Expression("epoch", python_source(inner, "epoch"))
        except ScheduleError as error:
            return Refusal(str(error))
        return Lift(cls.of({cls.parameters()[0]: said}), every)

    def native(self, steps: int) -> Iterator[Rates]:
        function, rates, halt = self.function.function(), [], None
        try:
            for epoch in range(steps):
                rates.append(self.value(epoch, function(epoch)))
        except Exception as error:
            halt = Halting(type(error).__name__, str(error))
        with np.errstate(over="ignore"):
            yield np.array([rates]).astype(self.dtype)
        if halt is not None:
            raise halt
