"""Callbacks that a loop calls once an epoch, and functions of the epoch that they are given.

What such a function computes with a framework's own functions, ``xp.exp(-0.1)``, is a tensor of
float32, and so is what is made of one: the callbacks that want a float refuse it.
"""

from __future__ import annotations

import ast
from functools import lru_cache, partial
from typing import TYPE_CHECKING, Any, ClassVar

from isorate.kit import registry
from isorate.kit.boundary import Halting
from isorate.kit.call import Call, Lift
from isorate.kit.float32 import single
from isorate.kit.match import Refusal
from isorate.kit.of_count import computed, plain, spelled
from isorate.schedule.arithmetic import Part
from isorate.schedule.combinators import Staircase
from isorate.schedule.errors import NativeError, ScheduleError
from isorate.schedule.expression import Expression
from isorate.schedule.formula import Formula
from isorate.schedule.lazily import np
from isorate.schedule.python_source import python_source
from isorate.schedule.recurrence import OfTwo, Recurrence
from isorate.schedule.syntax import parse

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from isorate.kit.float32_number import Float32
    from isorate.kit.xla import Rates
    from isorate.schedule.node import Schedule


class _InTensors(OfTwo):
    """Compiles functions that may compute in tensors."""

    def part(self, node: ast.expr, depth: int = 0) -> Part:
        match node:
            case ast.Call(ast.Attribute(ast.Name("xp"), name), args):
                return Part(self.called(partial(_tensor, name), *map(self.part, args)))
        return super().part(node, depth)


def _tensor(name: str, *given: Any) -> Float32:
    """Return what one of a framework's functions makes of numbers."""
    if name == "where":
        test, yes, no = given
        return single(yes if test else no)
    numbers: list[Any] = list(map(single, given))
    if name in ("minimum", "maximum"):
        return single(min(numbers) if name == "minimum" else max(numbers))
    return single(numbers[0] if name == "float32" else float(computed(name, np.array(numbers))[0]))


@lru_cache(maxsize=256)
def function_of(said: Expression | Recurrence) -> Callable[..., Any]:
    """Return what a function computes at an epoch, and the rate before it, where it takes that."""
    compiled = _InTensors({}, said.variable).function(parse(said.source))
    return compiled if isinstance(said, Recurrence) else partial(_alone, compiled)


def _alone(function: Callable[[int, float], Any], epoch: int) -> Any:
    return function(epoch, 0.0)


class OnceAnEpoch(Call, frozen=True):
    """What the loop calls once an epoch, whose card counts them."""

    tensors: ClassVar[bool] = True

    def written(self, optimizer: str | None = None) -> str:
        text = super().written(optimizer)
        own: Any = registry.get(self.dialect).own
        names = own and {**own.spelled, "abs": "abs({})"}
        return spelled(text, own.arrays, names) if own and "xp." in text else text

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
        return Formula(1.0, self.function.variable, plain(self.function.source)).stepped()

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
        function, rates, halt = function_of(self.function), [], None
        try:
            for epoch in range(steps):
                rates.append(self.value(epoch, function(epoch)))
        except Exception as error:
            halt = Halting(type(error).__name__, str(error))
        with np.errstate(over="ignore"):
            yield np.array([rates]).astype(self.dtype)
        if halt is not None:
            raise halt
