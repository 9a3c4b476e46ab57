"""Schedulers of schedulers: one after another, and each upon what the others make of the rate."""

from __future__ import annotations

from bisect import bisect_right
from typing import TYPE_CHECKING, Any

from msgspec.structs import replace
from torch.optim import swa_utils
from torch.optim.lr_scheduler import LRScheduler, ReduceLROnPlateau

from isorate.dialects.torch import schedulers as calls
from isorate.kit.optimizer import Optimizer as Rates
from isorate.schedule.combinators import Product
from isorate.schedule.combinators.clocks import on_steps
from isorate.schedule.errors import IsorateError
from isorate.schedule.extension import held_at
from isorate.torch._closed_form import ClosedFormLR
from isorate.torch._cycles import Averaging
from isorate.torch._drop_in import DropIn
from isorate.torch._functions import Multiplicative
from isorate.training.compositions import (
    Composed,
    InTurn,
    by_group,
    check_sequence,
    grouped,
    joined,
)
from isorate.training.drop_in import blaming, lowered
from isorate.training.functions import PythonProduct
from isorate.training.rates import per_group

if TYPE_CHECKING:
    from collections.abc import Sequence

    from isorate.schedule.node import Schedule
    from isorate.training.closed_form import Group

#: What multiplies the rate that it finds, whatever that is.
MULTIPLYING = (
    calls.StepLR,
    calls.MultiStepLR,
    calls.ConstantLR,
    calls.LinearLR,
    calls.ExponentialLR,
    calls.PolynomialLR,
    calls.MultiplicativeLR,
)


class Sequential(InTurn, ClosedFormLR):
    """A ``SequentialLR``."""

    _torchs_name = "SequentialLR"

    def __init__(
        self, optimizer: Any, last_epoch: Any, *, schedulers: Sequence[Any], milestones: Any
    ) -> None:
        check_sequence("SequentialLR", schedulers, milestones, least=0)
        self._schedulers = checked(schedulers, optimizer, "SequentialLR")
        self._milestones = list(milestones)
        super().__init__(optimizer, last_epoch)
        self._hold()

    def _sets(self, step: Any) -> bool:
        if not self._built or step in self._milestones:
            return True
        return sets(self._schedulers[bisect_right(self._milestones, step)], step)

    def _meaning(self, groups: Sequence[Group]) -> Schedule:
        return self._from(self._bases)

    def _from(self, rates: list[float]) -> Schedule:
        """Return the schedule of groups that hold these rates when it begins."""
        found: list[list[Schedule]] = []
        starts = (0, *self._milestones)
        for index, scheduler in enumerate(self._schedulers):
            if index and goes_on(scheduler) and self._milestones[index - 1]:
                last = self._milestones[index - 1] - starts[index - 1] - 1
                rates = [held_at(schedule, last) for schedule in found[-1]]
            found.append(schedules_from(scheduler, rates))
        return joined(found, self._milestones)


class Chained(Composed, ClosedFormLR):
    """A ``ChainedScheduler``."""

    _torchs_name = "ChainedScheduler"

    def __init__(self, optimizer: Any, last_epoch: Any, *, schedulers: Sequence[Any]) -> None:
        if len(schedulers) < 1:
            raise ValueError("ChainedScheduler: there are no schedulers")
        if optimizer is None:
            optimizer = getattr(schedulers[0], "optimizer", None)
        self._schedulers = checked(schedulers, optimizer, "ChainedScheduler")
        super().__init__(optimizer, last_epoch)
        self._hold()

    def _sets(self, step: Any) -> bool:
        return not self._built or any(sets(scheduler, step) for scheduler in self._schedulers)

    def _show_members(self, step: Any) -> None:
        for scheduler in self._schedulers:
            self._bring(scheduler, step)

    def _rates_up_to(self, member: Any) -> list[float]:
        """Return what the rates are when a member is done with them."""
        place = next(i for i, one in enumerate(self._schedulers) if one is member)
        step = self.last_epoch
        if place == len(self._schedulers) - 1:
            return self._rates
        schedule = self._means(self._schedulers[: place + 1], len(self._bases))
        first = per_group(schedule, len(self._bases))
        if step <= 0:
            return [held_at(one, 0) for one in first]
        found = [held_at(one, step - 1) for one in self._by_group]
        parts = zip(found, first, strict=True)  # those after it are still at the step before
        moved = ((rate, held_at(one, step), held_at(one, step - 1)) for rate, one in parts)
        return [rate * now / before if before else now for rate, now, before in moved]

    def _meaning(self, groups: Sequence[Group]) -> Schedule:
        return self._means(self._schedulers, len(groups))

    def _means(self, schedulers: Sequence[Any], groups: int) -> Schedule:
        """Return what a chain of these means."""
        first, *others = schedulers
        if all(map(multiplies, schedulers)):
            found = [schedules_of(first, groups)]
            found += [factors_of(scheduler, groups) for scheduler in others]
            parts = zip(*found, strict=True)
            return grouped([each[0] if len(each) == 1 else Product(each) for each in parts])
        return self._closed(schedulers)

    def _closed(self, schedulers: Sequence[Any]) -> Schedule:
        """Return what torch's chain means, where that is a schedule."""
        rates = Rates.of(*self._bases)
        try:
            members = [call_of(scheduler, rates) for scheduler in schedulers]
            return on_steps(calls.ChainedScheduler(members, rates).lower())
        except IsorateError as error:
            names = ", ".join(type(scheduler).__name__ for scheduler in schedulers)
            raise ValueError(f"a chain of {names} has no closed form: {error}") from None


def sets(scheduler: Any, step: Any) -> bool:
    """Whether a member's step sets the rate, or cannot be said to multiply it."""
    if isinstance(scheduler, ClosedFormLR):
        return scheduler._sets(step) or scheduler._lows is not None
    return type(scheduler).__name__ not in [kind.__name__ for kind in MULTIPLYING]


def checked(schedulers: Sequence[Any], optimizer: Any, name: str) -> list[Any]:
    """Return the schedulers, or raise where they are not all of one optimizer."""
    for index, scheduler in enumerate(schedulers):
        if isinstance(scheduler, ReduceLROnPlateau):
            raise ValueError(f"{name}: scheduler {index} follows a metric, and has no schedule")
        if not isinstance(scheduler, LRScheduler):
            raise TypeError(f"{name}: scheduler {index} is none: {scheduler!r}")
        if scheduler.optimizer is not optimizer:
            raise ValueError(f"{name}: scheduler {index} is of another optimizer")
        if getattr(scheduler, "_also", None):
            names = " and the ".join(scheduler._also)
            hint = ": give it cycle_momentum=False" if names == "momentum" else ""
            raise ValueError(f"{name}: scheduler {index} moves the {names}{hint}")
    return list(schedulers)


def schedules_of(scheduler: Any, groups: int) -> list[Schedule]:
    """Return a scheduler's schedule for each parameter group; torch's own by its state."""
    if isinstance(scheduler, ClosedFormLR):
        return by_group(scheduler, groups)
    return per_group(on_steps(_torchs(scheduler).lower()), groups)


def goes_on(scheduler: Any) -> bool:
    """Whether a scheduler begins with the rate that it finds, and not with the first one."""
    if isinstance(scheduler, Sequential):
        return goes_on(scheduler._schedulers[0])
    return (
        isinstance(scheduler, Averaging | swa_utils.SWALR)
        and getattr(scheduler, "_given", None) is None
    )


def schedules_from(scheduler: Any, rates: list[float]) -> list[Schedule]:
    """Return a scheduler's schedule for each group, given the rates that it finds."""
    if not goes_on(scheduler):
        return schedules_of(scheduler, len(rates))
    if isinstance(scheduler, Sequential):
        return per_group(scheduler._from(rates), len(rates))
    call = replace(call_of(scheduler, Rates.of(*rates)), optimizer=Rates.of(*rates))
    return per_group(lowered(call), len(rates))


def multiplies(scheduler: Any) -> bool:
    """Whether a scheduler multiplies the rate that it finds, whatever that is."""
    constructor = getattr(scheduler, "constructor", None)
    floorless = constructor is calls.CosineAnnealingLR and scheduler.eta_min == 0
    return floorless or constructor in MULTIPLYING


def factors_of(scheduler: Any, groups: int) -> list[Schedule]:
    """Return what a scheduler that multiplies makes of a rate of 1, for each parameter group."""
    if isinstance(scheduler, Multiplicative):
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
