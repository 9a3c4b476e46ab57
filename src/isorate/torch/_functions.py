"""torch's schedulers that take functions of Python, by what the functions say of each step."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from isorate.core.combinators import Groups
from isorate.core.schedule import Namespace, Schedule
from isorate.torch._closed_form import ClosedFormLR
from isorate.training.states import Saved

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from torch.optim import Optimizer

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

    def formula(self, t: Any, xp: Namespace) -> Any:
        """Call the function."""
        return self.scale * called(self._at, t)

    def _at(self, step: int) -> float:
        return float(self.function(step + self.begin))

    @property
    def horizon(self) -> int:
        """A hundred updates: what the function says later is not known."""
        return 100

    @property
    def takes_fractions(self) -> bool:
        """No: it is a function of an integer."""
        return False

    def scaled_by(self, factor: float) -> Schedule:
        """Scale its value."""
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

    def formula(self, t: Any, xp: Namespace) -> Any:
        """Multiply on from the product that is remembered."""
        return called(lambda step: self.function.product(self.start, step), t)

    @property
    def horizon(self) -> int:
        """A hundred updates: what the function says later is not known."""
        return 100

    @property
    def takes_fractions(self) -> bool:
        """No: it is a product of whole steps."""
        return False

    def scaled_by(self, factor: float) -> Schedule:
        """Scale the first rate."""
        return PythonProduct(self.start * factor, self.function)


class Running:
    """A function of Python and, for each first rate, the last product that was asked for."""

    def __init__(self, function: Callable[[int], float]) -> None:
        self.function = function
        self.__qualname__ = getattr(function, "__qualname__", type(function).__qualname__)
        self.__module__ = getattr(function, "__module__", type(function).__module__)
        self._products: dict[float, tuple[int, float]] = {}

    def product(self, start: float, step: int) -> float:
        """Return ``start·function(1)·…·function(step)``."""
        reached, rate = self._products.get(start, (0, start))
        if step < reached:
            reached, rate = 0, start
        for passed in range(reached + 1, step + 1):
            rate *= float(self.function(passed))
        self._products[start] = step, rate
        return rate


def called(function: Callable[[int], float], t: Any) -> Any:
    """Return a function's value at one step, or at many."""
    if isinstance(t, int):
        return function(t)
    if isinstance(t, float):
        raise ValueError(f"a function of the step has no rate between two steps: {t}")
    import numpy as np

    return np.array([function(step) for step in t.tolist()], np.float64)


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


class _OfFunctions(ClosedFormLR):
    """What both share: a function for each parameter group."""

    def __init__(self, optimizer: Any, lr_lambda: Any, last_epoch: Any) -> None:
        self.lr_lambda = lr_lambda
        super().__init__(optimizer, last_epoch)

    @property
    def lr_lambdas(self) -> list[Callable[[int], float]]:
        """The function of each parameter group; torch's name."""
        return one_for_each(self.lr_lambda, len(self._bases))

    @staticmethod
    def _of(base: float, function: Callable[[int], float]) -> Schedule:
        """Return the schedule of a group."""
        raise NotImplementedError

    def _foreign(self, state: Mapping[str, Any]) -> Saved:
        if "lr_lambdas" not in state:
            return super()._foreign(state)
        return Saved(state.get("last_epoch"), None)  # torch's holds no functions

    def _meant(self, groups: Sequence[Group]) -> Schedule:
        schedules = tuple(map(self._of, self._bases, self.lr_lambdas))
        return schedules[0] if len(schedules) == 1 else Groups(schedules)


class LambdaLR(_OfFunctions):
    """torch's ``LambdaLR``: ``lr(t) = base·λ(t)``, base the group's first rate.

    A checkpoint holds the names of the functions, not what they do: on resume they are those that
    the script gives. The text of a lambda is data, and may be a schedule:
    ``ScheduleLR(optimizer, "LambdaLR(lr_lambda=lambda t: 0.95 ** t)")``.

    Args:
        optimizer: the optimizer whose groups' ``lr`` are set.
        lr_lambda: a function of the step, or a list of one for each parameter group.
        last_epoch: the step before the one to begin with; −1 begins at step 0.

    Raises:
        TypeError: ``optimizer`` is no optimizer, ``lr_lambda`` no function, or its value no number.
        ValueError: not one function for each group.
        KeyError: ``last_epoch`` is not −1 and a group has no ``initial_lr``.

    Example:
        >>> import torch
        >>> optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=0.5)
        >>> scheduler = LambdaLR(optimizer, lambda step: 0.5**step)
        >>> scheduler.seek(2)
        >>> scheduler.get_last_lr()
        [0.125]

    Source:
        ``torch.optim.lr_scheduler.LambdaLR`` of torch 2.13.0.

    """

    _torchs_name = "LambdaLR"

    def __init__(
        self,
        optimizer: Optimizer,
        lr_lambda: Callable[[int], float] | list[Callable[[int], float]],
        last_epoch: int = -1,
    ) -> None:
        super().__init__(optimizer, lr_lambda, last_epoch)

    @staticmethod
    def _of(base: float, function: Callable[[int], float]) -> Schedule:
        return PythonFunction(base, function)


class MultiplicativeLR(_OfFunctions):
    """torch's ``MultiplicativeLR``: ``lr(t) = base·λ(1)·…·λ(t)``, base the group's first rate.

    Products are taken in this order, so that the rates of float groups have torch's own bits.
    Resuming at step t calls the function t times. Checkpoints hold its name only, as for
    ``LambdaLR``.

    Args:
        optimizer: the optimizer whose groups' ``lr`` are set.
        lr_lambda: a function of the step, or a list of one for each parameter group.
        last_epoch: the step before the one to begin with; −1 begins at step 0.

    Raises:
        TypeError: ``optimizer`` is no optimizer, ``lr_lambda`` no function, or its value no number.
        ValueError: not one function for each group.
        KeyError: ``last_epoch`` is not −1 and a group has no ``initial_lr``.

    Example:
        >>> import torch
        >>> optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=0.5)
        >>> scheduler = MultiplicativeLR(optimizer, lambda step: 1 / step)
        >>> scheduler.seek(2)
        >>> scheduler.get_last_lr()
        [0.25]

    Source:
        ``torch.optim.lr_scheduler.MultiplicativeLR`` of torch 2.13.0.

    """

    _torchs_name = "MultiplicativeLR"

    def __init__(
        self,
        optimizer: Optimizer,
        lr_lambda: Callable[[int], float] | list[Callable[[int], float]],
        last_epoch: int = -1,
    ) -> None:
        super().__init__(optimizer, lr_lambda, last_epoch)

    @staticmethod
    def _of(base: float, function: Callable[[int], float]) -> Schedule:
        return PythonProduct(base, Running(function))
