"""Schedules by functions of Python, which say of each step what its rate is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from isorate.schedule.combinators import Product, Staircase
from isorate.schedule.node import Namespace, Schedule
from isorate.schedule.wide import Number, Wide
from isorate.training.closed_form import ClosedForm
from isorate.training.compositions import grouped

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from isorate.training.closed_form import Group


class PythonFunction(Schedule, frozen=True, tag="python_function"):
    """A rate by a function of Python: ``rate(t) = scale·function(t + begin)``.

    It is no data: a checkpoint holds the function's name, and whoever loads it has the function.

    Args:
        scale: what the function's value is multiplied by.
        function: any function of an integer.
        begin: the integer that stands for step 0.

    """

    scale: float
    function: Any
    begin: int = 0

    rate_fields = ("scale",)

    def formula(self, t: Any, xp: Namespace) -> Any:
        return self.scale * called(self._at, t)

    def _at(self, step: int) -> float:
        return number(self.function(step + self.begin))

    @property
    def horizon(self) -> int:
        return 100  # what the function says later is not known

    @property
    def takes_fractions(self) -> bool:
        return False

    def scaled_by(self, factor: float) -> Schedule:
        return PythonFunction(self.scale * factor, self.function, self.begin)


class PythonProduct(Schedule, frozen=True, tag="python_product"):
    """A rate that a function of Python multiplies: ``rate(t) = start·function(1)·…·function(t)``.

    Products are taken in this order, in float64. The last one is remembered, so that going on by a
    step is one multiplication; going back begins at the beginning.

    Args:
        start: the rate of step 0.
        function: any function of an integer.

    """

    start: float
    function: Running

    rate_fields = ("start",)

    def formula(self, t: Any, xp: Namespace) -> Any:
        """Multiply on from the product that is remembered."""
        if type(t) is int:
            start = Number(self.start, 0.0, xp.xp) if isinstance(xp, Wide) else self.start
            return self.function.product(start, t)
        return called(lambda step: self.function.product(self.start, step), t)

    @property
    def horizon(self) -> int:
        return 100  # what the function says later is not known

    @property
    def takes_fractions(self) -> bool:
        return False

    def scaled_by(self, factor: float) -> Schedule:
        return PythonProduct(self.start * factor, self.function)


class Running:
    """A function of Python and, for each first rate, the last product that was asked for.

    A first rate may be a column of those of several parameter groups, and beyond float64.
    """

    def __init__(self, function: Callable[[int], float]) -> None:
        self.function = function
        self.__qualname__ = getattr(function, "__qualname__", type(function).__qualname__)
        self.__module__ = getattr(function, "__module__", type(function).__module__)
        self._products: dict[Any, tuple[int, Any]] = {}

    def product(self, start: Any, step: int) -> Any:
        """Return ``start·function(1)·…·function(step)``."""
        rates = start.value if isinstance(start, Number) else start
        key = type(start), rates if isinstance(rates, float) else rates.tobytes()
        reached, rate = self._products.get(key, (0, start))
        if step < reached:
            reached, rate = 0, start
        if step == reached + 1:  # by far the usual case
            rate = rate * number(self.function(step))
        else:
            for passed in range(reached + 1, step + 1):
                rate = rate * number(self.function(passed))
        self._products[key] = step, rate
        return rate


def called(function: Callable[[int], float], t: Any) -> Any:
    """Return a function's value at one step, or at many."""
    if isinstance(t, int):
        return function(t)
    if isinstance(t, float):
        raise ValueError(f"a function of the step has no rate between two steps: {t}")
    import numpy as np

    return np.array([function(step) for step in t.tolist()], np.float64)


def number(value: Any) -> float:
    """Return what a function of Python said as a float; text is none, whatever it spells."""
    return float(1.0 * value)


def scaled_waves(waves: Schedule, function: Any, cycle: int | None) -> Schedule:
    """Return waves whose height a function of Python scales.

    Args:
        waves: the waves, from 0 up.
        function: a function of the cycle, from 1 on, or of the step.
        cycle: the steps in a cycle; none where the function is one of the step.

    """
    if cycle is None:
        return Product((waves, PythonFunction(1.0, function)))
    return Product((waves, Staircase(PythonFunction(1.0, function, 1), cycle)))


def one_for_each(functions: Any, groups: int) -> list[Callable[[int], float]]:
    """Return one function for each parameter group.

    Raises:
        ValueError: a list of another length.
        TypeError: what is no function.

    """
    listed = list(functions) if isinstance(functions, list | tuple) else [functions] * groups
    if len(listed) != groups:
        raise ValueError(f"{len(listed)} functions for {groups} parameter groups")
    for function in listed:
        if not callable(function):
            raise TypeError(f"lr_lambda is not a function: {function!r}")
    return listed


class Functions(ClosedForm):
    """A scheduler that has a function of Python for each parameter group."""

    lr_lambda: Any = None

    @property
    def lr_lambdas(self) -> list[Callable[[int], float]]:
        """The function of each parameter group; the frameworks' name."""
        return one_for_each(self.lr_lambda, len(self._bases))


class Factors(Functions):
    """One whose functions multiply the first rate: ``lr(t) = base·λ(t)``."""

    def _meaning(self, groups: Sequence[Group]) -> Schedule:
        return grouped(list(map(PythonFunction, self._bases, self.lr_lambdas)))


class RunningProducts(Functions):
    """One whose functions multiply the rate before: ``lr(t) = base·λ(1)·…·λ(t)``."""

    def _meaning(self, groups: Sequence[Group]) -> Schedule:
        functions = self.lr_lambdas
        running = {id(function): Running(function) for function in functions}
        shared = [running[id(function)] for function in functions]
        return grouped(list(map(PythonProduct, self._bases, shared)))
