"""Schedulers of schedulers: one after another, and each upon what the others make of the rate."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from msgspec.structs import replace
from torch.optim import swa_utils
from torch.optim.lr_scheduler import LRScheduler, ReduceLROnPlateau

from isorate.dialects import torch as calls
from isorate.kit.optimizer import Optimizer as Rates
from isorate.schedule.combinators import Product
from isorate.schedule.combinators.clocks import on_steps
from isorate.schedule.errors import IsorateError
from isorate.schedule.extension import held_at
from isorate.torch._closed_form import ClosedFormLR
from isorate.torch._drop_in import DropIn
from isorate.torch._drop_ins import (
    SWALR,
    ConstantLR,
    CosineAnnealingLR,
    ExponentialLR,
    LinearLR,
    MultiplicativeLR,
    MultiStepLR,
    PolynomialLR,
    StepLR,
)
from isorate.training.compositions import Composed, by_group, check_sequence, grouped, joined
from isorate.training.drop_in import blaming, lowered
from isorate.training.functions import PythonProduct
from isorate.training.rates import per_group

if TYPE_CHECKING:
    from collections.abc import Sequence

    from torch.optim import Optimizer

    from isorate.schedule.node import Schedule
    from isorate.training.closed_form import Group

#: What multiplies the rate that it finds, whatever that is.
MULTIPLYING = (
    StepLR,
    MultiStepLR,
    ConstantLR,
    LinearLR,
    ExponentialLR,
    PolynomialLR,
    MultiplicativeLR,
)


class SequentialLR(Composed, ClosedFormLR):
    """torch's ``SequentialLR``: one schedule after another, each from its own beginning.

    ``lr(t) = schedulers[i].lr(t − m[i−1])`` for ``m[i−1] <= t < m[i]``, m = ``milestones``, m[−1] =
    0, in steps. Only the schedules of its schedulers matter: neither in which order they were built
    nor what that did to the optimizer, and they need not be stepped. An ``SWALR`` begins with the
    rate that the one before it has got to. A ``SequentialLR`` may be one of them.

    Args:
        optimizer: the optimizer whose groups' ``lr`` are set.
        schedulers: schedulers of this optimizer, Isorate's or torch's own.
        milestones: the steps at which the second, third, … take over; increasing.
        last_epoch: the step before the one to begin with; −1 begins at step 0. It may be any step
            of any of the schedulers.

    Raises:
        TypeError: ``optimizer`` is no optimizer, a scheduler none.
        ValueError: no schedulers, not one milestone fewer than schedulers, milestones that do not
            increase, a scheduler of another optimizer, or one that has no schedule: that follows a
            metric or moves the momentum.
        KeyError: ``last_epoch`` is not −1 and a group has no ``initial_lr``.

    Example:
        >>> import torch
        >>> optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=0.5)
        >>> warmup = LinearLR(optimizer, start_factor=0.5, total_iters=2)
        >>> scheduler = SequentialLR(optimizer, [warmup, ExponentialLR(optimizer, 0.5)], [2])
        >>> rates = []
        >>> for _ in range(4):
        ...     rates += scheduler.get_last_lr()
        ...     optimizer.step()
        ...     scheduler.step()
        >>> rates
        [0.25, 0.375, 0.5, 0.25]

    Source:
        ``torch.optim.lr_scheduler.SequentialLR`` of torch 2.13.0.

    """

    _torchs_name = "SequentialLR"

    def __init__(
        self,
        optimizer: Optimizer,
        schedulers: list[LRScheduler],
        milestones: list[int],
        last_epoch: int = -1,
    ) -> None:
        check_sequence("SequentialLR", schedulers, milestones)
        self._schedulers = checked(schedulers, optimizer, "SequentialLR")
        self._milestones = tuple(milestones)
        super().__init__(optimizer, last_epoch)

    def _meant(self, groups: Sequence[Group]) -> Schedule:
        return self._from(self._bases)

    def _from(self, rates: list[float]) -> Schedule:
        """Return the schedule of groups that hold these rates when it begins."""
        found: list[list[Schedule]] = []
        starts = (0, *self._milestones)
        for index, scheduler in enumerate(self._schedulers):
            if index and goes_on(scheduler):
                last = self._milestones[index - 1] - starts[index - 1] - 1
                rates = [held_at(schedule, last) for schedule in found[-1]]
            found.append(schedules_from(scheduler, rates))
        return joined(found, self._milestones)


class ChainedScheduler(Composed, ClosedFormLR):
    """torch's ``ChainedScheduler``: every scheduler takes every step, upon what the others did.

    ``lr(t) = base·f_1(t)·f_2(t)·…``, f_i what scheduler i makes of a rate of 1. That is torch's
    chain where each of them multiplies the rate that it finds: ``StepLR``, ``MultiStepLR``,
    ``ConstantLR``, ``LinearLR``, ``ExponentialLR``, ``PolynomialLR``, ``MultiplicativeLR``, and
    ``CosineAnnealingLR`` down to 0 (up to its trough: there torch's forgets what the others have
    made of the rate). Of other chains it takes those that have a closed form, and refuses the rest.

    Args:
        schedulers: schedulers of one optimizer, Isorate's or torch's own.
        optimizer: that optimizer; it may be left away.

    Raises:
        TypeError: a scheduler that is none.
        ValueError: no schedulers, one of another optimizer, or a chain without a closed form.

    Example:
        >>> import torch
        >>> optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=1.0)
        >>> halves = ConstantLR(optimizer, factor=0.5, total_iters=4)
        >>> scheduler = ChainedScheduler([halves, ExponentialLR(optimizer, 0.5)])
        >>> scheduler.seek(3)
        >>> scheduler.get_last_lr()
        [0.0625]

    Source:
        ``torch.optim.lr_scheduler.ChainedScheduler`` of torch 2.13.0.

    """

    _torchs_name = "ChainedScheduler"

    def __init__(
        self, schedulers: Sequence[LRScheduler], optimizer: Optimizer | None = None
    ) -> None:
        if len(schedulers) < 1:
            raise ValueError("ChainedScheduler: there are no schedulers")
        held: Any = getattr(schedulers[0], "optimizer", None) if optimizer is None else optimizer
        self._schedulers = checked(schedulers, held, "ChainedScheduler")
        super().__init__(held, -1)

    def _meant(self, groups: Sequence[Group]) -> Schedule:
        first, *others = self._schedulers
        if all(map(multiplies, self._schedulers)):
            found = [schedules_of(first, len(groups))]
            found += [factors_of(scheduler, len(groups)) for scheduler in others]
            parts = zip(*found, strict=True)
            return grouped([each[0] if len(each) == 1 else Product(each) for each in parts])
        return self._closed(groups)

    def _closed(self, groups: Sequence[Group]) -> Schedule:
        """Return what torch's chain means, where that is a schedule."""
        rates = Rates.of(*self._bases)
        try:
            members = [call_of(scheduler, rates) for scheduler in self._schedulers]
            return on_steps(calls.ChainedScheduler(members, rates).lower())
        except IsorateError as error:
            names = ", ".join(type(scheduler).__name__ for scheduler in self._schedulers)
            raise ValueError(f"a chain of {names} has no closed form: {error}") from None


def checked(schedulers: Sequence[Any], optimizer: Any, name: str) -> list[Any]:
    """Return the schedulers, or raise where they are not all of one optimizer."""
    for index, scheduler in enumerate(schedulers):
        if isinstance(scheduler, ReduceLROnPlateau):
            raise ValueError(f"{name}: scheduler {index} follows a metric, and has no schedule")
        if not isinstance(scheduler, LRScheduler):
            raise TypeError(f"{name}: scheduler {index} is none: {scheduler!r}")
        if scheduler.optimizer is not optimizer:
            raise ValueError(f"{name}: scheduler {index} is of another optimizer")
        if getattr(scheduler, "_momentum", None) is not None:
            text = f"{name}: scheduler {index} moves the momentum: give it cycle_momentum=False"
            raise ValueError(text)
    return list(schedulers)


def schedules_of(scheduler: Any, groups: int) -> list[Schedule]:
    """Return a scheduler's schedule for each parameter group; torch's own by its state."""
    if isinstance(scheduler, ClosedFormLR):
        return by_group(scheduler, groups)
    return per_group(on_steps(_torchs(scheduler).lower()), groups)


def goes_on(scheduler: Any) -> bool:
    """Whether a scheduler begins with the rate that it finds, and not with the first one."""
    if isinstance(scheduler, SequentialLR):
        return goes_on(scheduler._schedulers[0])
    return (
        isinstance(scheduler, SWALR | swa_utils.SWALR)
        and getattr(scheduler, "_given", None) is None
    )


def schedules_from(scheduler: Any, rates: list[float]) -> list[Schedule]:
    """Return a scheduler's schedule for each group, given the rates that it finds."""
    if not goes_on(scheduler):
        return schedules_of(scheduler, len(rates))
    if isinstance(scheduler, SequentialLR):
        return per_group(scheduler._from(rates), len(rates))
    call = replace(call_of(scheduler, Rates.of(*rates)), optimizer=Rates.of(*rates))
    return per_group(lowered(call), len(rates))


def multiplies(scheduler: Any) -> bool:
    """Whether a scheduler multiplies the rate that it finds, whatever that is."""
    floorless = isinstance(scheduler, CosineAnnealingLR) and scheduler.eta_min == 0
    return floorless or isinstance(scheduler, MULTIPLYING)


def factors_of(scheduler: Any, groups: int) -> list[Schedule]:
    """Return what a scheduler that multiplies makes of a rate of 1, for each parameter group."""
    if isinstance(scheduler, MultiplicativeLR):
        schedules = schedules_of(scheduler, groups)
        return [PythonProduct(1.0, schedule.function) for schedule in schedules]  # type: ignore[attr-defined]
    return per_group(on_steps(scheduler._call([1.0] * groups).lower()), groups)


def call_of(scheduler: Any, rates: Any) -> Any:
    """Return torch's call that a scheduler stands for, on these rates."""
    if (
        isinstance(scheduler, DropIn)
        and scheduler._arguments is not None
        and scheduler._torchs_name
    ):
        return scheduler.constructor(rates, **scheduler._arguments)
    if isinstance(scheduler, ClosedFormLR):
        raise IsorateError(f"a {type(scheduler).__name__} is no call of torch's")
    return _torchs(scheduler)


def _torchs(scheduler: Any) -> Any:
    from isorate.torch._saved_states import call_of_state

    state, groups = scheduler.state_dict(), scheduler.optimizer.param_groups
    name = type(scheduler).__name__
    with blaming(f"torch's own {name}"):
        return call_of_state(state, kind=name, groups=groups).call
