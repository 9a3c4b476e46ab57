"""Schedules by functions of Python, which say of each step what its rate is."""

from __future__ import annotations

from collections.abc import Iterable, MutableSequence
from contextlib import contextmanager
from types import FunctionType, MethodType
from typing import TYPE_CHECKING, Any

from isorate.schedule.combinators import Product, Staircase
from isorate.schedule.node import Schedule
from isorate.schedule.wide import Number, Wide
from isorate.training.closed_form import ClosedForm
from isorate.training.compositions import grouped

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from isorate.schedule.namespace import Namespace
    from isorate.training.closed_form import Group


class _OfAFunction(Schedule, frozen=True):
    """What schedules by a function of an integer share."""

    @property
    def horizon(self) -> int:
        return 100  # what the function says later is not known

    @property
    def takes_fractions(self) -> bool:
        return False


class PythonFunction(_OfAFunction, frozen=True, tag="python_function"):
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


class PythonProduct(_OfAFunction, frozen=True, tag="python_product"):
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


class ByIdentity:
    """A callable object that is equal to itself alone, whatever its class says: it may change."""

    def __init__(self, function: Callable[[int], float]) -> None:
        self.function = function
        self.__qualname__ = getattr(function, "__qualname__", type(function).__qualname__)
        self.__module__ = getattr(function, "__module__", type(function).__module__)

    def __call__(self, step: int) -> float:
        return self.function(step)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, ByIdentity) and other.function is self.function

    def __hash__(self) -> int:
        return id(self.function)


class Running(ByIdentity):
    """A function of Python and, for each first rate, the last product that was asked for.

    A first rate may be a column of those of several parameter groups, and beyond float64.
    """

    def __init__(self, function: Callable[[int], float]) -> None:
        super().__init__(function)
        self._products: dict[Any, tuple[int, Any]] = {}

    def at(self, step: int) -> float:
        """Return what the function says of a step."""
        return number(self.function(step))

    def product(self, start: Any, step: int) -> Any:
        """Return ``start·function(1)·…·function(step)``."""
        rates = start.value if isinstance(start, Number) else start
        key = type(start), rates if isinstance(rates, float) else rates.tobytes()
        reached, rate = self._products.get(key, (0, start))
        if step < reached:
            reached, rate = 0, start
        if step == reached + 1:  # by far the usual case
            rate = rate * self.at(step)
        else:
            for passed in range(reached + 1, step + 1):
                rate = rate * self.at(passed)
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
    function = by_identity(function)
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
            raise TypeError(f"lr_lambda should be a function, not {function!r}")
    return listed


def by_identity(function: Any) -> Any:
    """Return a function that a schedule can hold: one that has a hash, and keeps it."""
    return function if type(function).__eq__ in OWN else ByIdentity(function)


#: How functions and methods are compared, and objects that say nothing of it.
OWN: set[Any] = {kind.__eq__ for kind in (object, FunctionType, MethodType)}


class FunctionsOfGroups(MutableSequence[Any]):
    """A scheduler's functions, one a parameter group: what is set there is used from then on."""

    def __init__(self, scheduler: Functions) -> None:
        self._scheduler = scheduler

    @property
    def _all(self) -> list[Any]:
        return one_for_each(self._scheduler.lr_lambda, len(self._scheduler._bases))

    def _change(self, change: Callable[[list[Any]], object]) -> None:
        functions = self._all
        change(functions)
        self._scheduler.lr_lambdas = functions

    def __getitem__(self, index: Any) -> Any:
        return self._all[index]

    def __setitem__(self, index: Any, function: Any) -> None:
        self._change(lambda functions: functions.__setitem__(index, function))

    def __delitem__(self, index: Any) -> None:
        self._change(lambda functions: functions.__delitem__(index))

    def insert(self, index: int, function: Any) -> None:
        """Insert the function of a group that was added."""
        self._change(lambda functions: functions.insert(index, function))

    def __len__(self) -> int:
        return len(self._all)

    def __eq__(self, other: object) -> bool:
        return self._all == list(other) if isinstance(other, Iterable) else NotImplemented

    def __repr__(self) -> str:
        return repr(self._all)


class Functions(ClosedForm):
    """A scheduler that has a function of Python for each parameter group."""

    __slots__ = ("lr_lambda",)

    #: The function of all groups, or a list of one each, as it was given.
    lr_lambda: Any

    @property
    def lr_lambdas(self) -> Sequence[Any]:
        """The function of each parameter group; the frameworks' name.

        They may be set, as a whole or one by one, and are used from the next step on; of a group
        that was added since the last step, too.
        """
        return FunctionsOfGroups(self)

    @lr_lambdas.setter
    def lr_lambdas(self, functions: Sequence[Any]) -> None:
        groups = len(self.optimizer.param_groups)
        before, self.lr_lambda = self.lr_lambda, list(functions)
        try:
            one_for_each(self.lr_lambda, groups)
            if groups == len(self._bases):  # else the coming step takes them in
                self._plan()
        except Exception:
            self.lr_lambda = before
            raise
        self._ledger.restart(self._who)
        if not self._setting(self.last_epoch):
            self._tell_that("lr_lambdas were set", "goes on from the rate that it holds")

    def state_dict(self) -> dict[str, Any]:
        """Return the state, with what callable objects hold, as torch saves it."""
        held = [dict(vars(o)) if is_object(o) else None for o in self.lr_lambdas]
        return {**super().state_dict(), "lr_lambdas": held}

    def load_state_dict(
        self, state_dict: Mapping[str, Any], *, on_mismatch: str | None = None
    ) -> None:
        """Load a state, and into callable objects what they held."""
        saved = state_dict.get("lr_lambdas") or ()
        with holding(zip(self.lr_lambdas, saved, strict=False), self._plan):
            super().load_state_dict(state_dict, on_mismatch=on_mismatch)


@contextmanager
def holding(pairs: Iterable[tuple[Any, Any]], plan: Callable[[], object]) -> Iterator[None]:
    """Let callable objects hold what was saved of each, and what they held where that fails."""
    objects = [(o, dict(vars(o)), held) for o, held in pairs if held and is_object(o)]
    try:
        for function, _, held in objects:
            vars(function).update(held)
        if objects:
            plan()
        yield
    except Exception:
        for function, before, _ in objects:
            vars(function).clear()
            vars(function).update(before)
        if objects:
            plan()
        raise


def is_object(function: Any) -> bool:
    """Whether a function is an object that may hold something, not code alone."""
    return not isinstance(function, FunctionType | MethodType) and hasattr(function, "__dict__")


class Factors(Functions):
    """One whose functions multiply the first rate: ``lr(t) = base·λ(t)``."""

    def _meaning(self, groups: Sequence[Group]) -> Schedule:
        functions = one_for_each(self.lr_lambda, len(self._bases))
        return grouped(list(map(PythonFunction, self._bases, map(by_identity, functions))))


class RunningProducts(Functions):
    """One whose functions multiply the rate before: ``lr(t) = base·λ(1)·…·λ(t)``."""

    _multiplies_on = True
    _names_alike = False

    def _setting(self, step: Any) -> bool:
        return False

    def _meaning(self, groups: Sequence[Group]) -> Schedule:
        functions = one_for_each(self.lr_lambda, len(self._bases))
        running = {id(function): Running(function) for function in functions}
        shared = [running[id(function)] for function in functions]
        return grouped(list(map(PythonProduct, self._bases, shared)))
