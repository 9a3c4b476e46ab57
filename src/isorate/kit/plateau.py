"""Schedulers that follow a metric."""

from __future__ import annotations

import math
from itertools import chain
from typing import TYPE_CHECKING, Any, ClassVar

import msgspec

from isorate.kit.boundary import Fault, halting
from isorate.kit.call import Call, Lift
from isorate.kit.match import Refusal
from isorate.schedule.errors import ConvertError, RunError
from isorate.schedule.lazily import np

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from numpy.typing import NDArray

    from isorate.schedule.node import Schedule


class Plateau(msgspec.Struct, frozen=True):
    """What a scheduler does when a metric has stopped improving, the same for all dialects.

    Args:
        rates: the rate of every parameter group to begin with.
        mode: ``"min"`` where a lower metric is better, else ``"max"``.
        factor: what the rate is multiplied by.
        patience: how many steps without improvement are let pass.
        threshold: how much better counts as an improvement.
        threshold_mode: ``"rel"`` for a share of the best metric, ``"abs"`` for a difference.
        cooldown: how many steps after a reduction do not count.
        least: the lowest rate of every group.
        eps: reductions that are not larger than this are left out.

    """

    rates: tuple[float, ...]
    mode: str
    factor: float
    patience: int
    threshold: float
    threshold_mode: str
    cooldown: int
    least: tuple[float, ...]
    eps: float


class Feedback(Call, frozen=True):
    """A call whose rates follow a metric that the loop measures: ``step(metric)``."""

    #: Whether an update already has the rate that its own metric leads to.
    prompt: ClassVar[bool] = False

    def plateau(self) -> Plateau:
        """Return what it does, in words that other dialects understand."""
        raise NotImplementedError

    @classmethod
    def say(cls, plateau: Plateau) -> Lift | Refusal:
        """Say what another dialect's scheduler does with the same metric."""
        raise NotImplementedError

    def native(self, steps: int) -> Iterator[NDArray[Any]]:
        raise RunError(
            f"{self.name} follows a metric",
            required="the metric's values, one for each step",
            hint="Run(metrics=[...]), or --metrics FILE:COLUMN",
        )

    def lower(self) -> Schedule:
        self.checked()
        raise ConvertError(f"{self.name} follows a metric, not the step", hint="Run(metrics=[...])")

    @classmethod
    def lift(cls, schedule: Schedule, updates: int) -> Lift | Refusal:
        return Refusal("it follows a metric, and the schedule the step")

    def follow(self, metrics: Sequence[float], steps: int) -> Iterator[NDArray[Any]]:
        """Yield the rates of steps 0 … steps−1, given the metric of every step before.

        Raises:
            Halting: after the last rate, where the framework raises before ``steps`` are done.

        """
        self.checked()
        columns: list[Sequence[Any]] = []
        halt = None
        try:
            columns.extend(self.after(metrics[: steps - 1]))
        except Exception as error:  # what was visited before is there
            halt = halting(error)
        yield np.fromiter(chain.from_iterable(columns), self.dtype).reshape(len(columns), -1).T
        if halt is not None:
            raise halt

    def after(self, metrics: Sequence[float]) -> Iterator[Sequence[Any]]:
        """Visit the rates of all groups: those to begin with, and those after each metric."""
        raise NotImplementedError


class Patience:
    """How long a metric has not improved, counted as a ``ReduceLROnPlateau`` does.

    Args:
        call: a scheduler with torch's arguments.
        number: turns a Python number into one that it counts and compares with.

    """

    def __init__(self, call: Any, number: Callable[[Any], Any] | None = None) -> None:
        self.call, self.number = call, number
        self.zero, self.one = map(self._counted, (0, 1))
        self.best = self._counted(math.inf if call.mode == "min" else -math.inf)
        self.waiting = self.cooling = self.zero

    def _counted(self, value: Any) -> Any:
        return value if self.number is None else self.number(value)

    def over(self, metric: float) -> bool:
        """Count one more metric, and return whether it is time to bring the rate down."""
        (found,) = self.each([metric])
        return found

    def each(self, metrics: Iterable[float]) -> Iterator[bool]:
        """Count metrics to the last, and say of each whether it is time to bring the rate down."""
        call, number = self.call, self.number
        lower, relative = call.mode == "min", call.threshold_mode == "rel"
        one, zero, threshold = self.one, self.zero, call.threshold
        if relative:
            threshold = 1.0 - threshold if lower else threshold + 1.0
        threshold, patience = map(self._counted, (threshold, call.patience))
        best, waiting, cooling = self.best, self.waiting, self.cooling
        for metric in metrics:
            current = metric if number is None else number(metric)
            mark = best * threshold if relative else best - threshold if lower else best + threshold
            if current < mark if lower else current > mark:
                best, waiting = current, zero
            else:
                waiting = waiting + one
            if cooling > 0:
                cooling, waiting = cooling - one, zero
            over = waiting > patience
            if over:
                cooling, waiting = self._counted(call.cooldown), zero
            yield bool(over)
        self.best, self.waiting, self.cooling = best, waiting, cooling


def plateau_fault(call: Any) -> Fault | None:
    """Return what building a scheduler that follows a metric raises, in torch's order."""
    try:
        if call.factor >= 1.0:
            return Fault(ValueError, f"factor={call.factor!r} is not below 1")
    except TypeError as error:
        return Fault(TypeError, f"factor={call.factor!r}: {error}")
    groups = len(call.optimizer.groups)
    if isinstance(call.min_lr, list | tuple) and len(call.min_lr) != groups:
        return Fault(ValueError, f"{len(call.min_lr)} min_lr for {groups} parameter groups")
    for name, known in (("mode", ("min", "max")), ("threshold_mode", ("rel", "abs"))):
        value = getattr(call, name)
        if value not in known:
            kind = ValueError if isinstance(value, str) else TypeError
            return Fault(kind, f"{name}={value!r} is neither {known[0]} nor {known[1]}")
    return None
