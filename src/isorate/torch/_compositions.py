"""Schedulers of schedulers: one after another, and each upon what the others make of the rate."""

from __future__ import annotations

import math
import warnings
from bisect import bisect_right
from typing import TYPE_CHECKING, Any

from msgspec.structs import replace
from torch.optim import lr_scheduler, swa_utils
from torch.optim.lr_scheduler import LRScheduler, ReduceLROnPlateau

from isorate.dialects import torch as calls
from isorate.kit.scheduler import Multiplying
from isorate.schedule.combinators import Product, Shift
from isorate.schedule.combinators.clocks import on_steps
from isorate.schedule.errors import IsorateError
from isorate.schedule.extension import held_at
from isorate.schedule.shapes import Constant
from isorate.torch._closed_form import ClosedFormLR
from isorate.torch._cycles import Averaging, Momentum
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
from isorate.training.drop_in import blaming, lowered, optimizer_of
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


#: What begins with the rate that it finds, where that is another one than the first.
FINDING = (Multiplying, calls.CosineAnnealingLR)


class Showing(ClosedFormLR):
    """One that shows its members where they are, whichever way it took its step."""

    def step(self, epoch: Any = None) -> None:
        super().step(epoch)
        if self._shown is not self.last_epoch:
            self._show_all(self.last_epoch)

    def _know_others(self, step: Any) -> None:
        """Look anew in each step beside others: whose turn it is decides what it does to them."""


class Sequential(InTurn, Showing):
    """A ``SequentialLR``."""

    _torchs_name = "SequentialLR"

    @property
    def _multiplies_bases(self) -> bool:  # type: ignore[override]
        """Whether it begins with the optimizer's rates: torch's sets them where its first has."""
        first = self._schedulers[0]
        return first._multiplies_bases if isinstance(first, Sequential) else not _sets_first(first)

    def __init__(
        self, optimizer: Any, last_epoch: Any, *, schedulers: Sequence[Any], milestones: Any
    ) -> None:
        check_sequence("SequentialLR", schedulers, milestones, least=0)
        self._schedulers = checked(schedulers, optimizer, "SequentialLR")
        self._milestones = milestones
        super().__init__(optimizer, last_epoch)
        self._hold()

    #: The step that it is on its way to.
    _coming: Any = 0

    def _go_to(self, step: Any, *, anew: bool = False) -> None:
        self._coming = step
        self._lows = self._floors()
        super()._go_to(step, anew=anew)

    _only_writes = _go_to

    def _floors(self) -> list[float] | None:
        return getattr(self._turn_at(self._coming), "_lows", None)

    def _turn_at(self, step: Any) -> Any:
        return self._schedulers[bisect_right(self._turns, step)]

    def _setting(self, step: Any) -> bool:
        member = self._turn_at(step)
        if not self._built or step in self._milestones:
            return not (self._built and goes_on(member))
        turn = bisect_right(self._turns, step)
        return sets(member, step - (self._turns[turn - 1] if turn else 0))

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
            found.append(schedules_from(scheduler, rates, first=not index))
        return joined(found, self._milestones)


class Chained(Composed, Showing):
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

    def _setting(self, step: Any) -> bool:
        return any(sets(one, step) or _floored(one) for one in self._schedulers)

    def _entering(self, step: int, rates: list[float]) -> list[float]:
        """Leave what its members have come to beside others, as torch's does nothing here."""
        ledger, found = self._ledger, self._held(self.optimizer.param_groups)
        if step or found == self._rounded(rates):
            ledger.set(self._who, rates)
            return rates
        if self._sets(step):
            ledger.set(self._who, found)
            return found
        return ledger.onward(self._who, found, rates, rates, None)

    def _go_to(self, step: Any, *, anew: bool = False) -> None:
        if self._trough is not None and step > self._trough and not self._told:
            self._tell_climb(self._trough)
        super()._go_to(step, anew=anew)

    _only_writes = _go_to

    def _plan(self) -> None:
        super()._plan()
        waves = [one.T_max for one in self._schedulers if _is_wave(one)]
        self._trough = min(waves) if waves and len(self._schedulers) > 1 else None
        self._quick = self._quick and self._trough is None

    def _tell_climb(self, trough: int) -> None:
        """Say, once, that torch's cosine climbs from 0 without what the others have made of it."""
        made, at = 1.0, trough + 1
        for scheduler in self._schedulers:
            if _is_wave(scheduler):
                at = trough  # those after it go on with what it climbs to
            else:
                made *= factors_of(scheduler, 1)[0].at(at)
        self._trough = None
        if not math.isclose(made, 1.0):
            warnings.warn(
                f"ChainedScheduler: from step {trough + 1} on torch's CosineAnnealingLR climbs "
                f"again to its first rate, as if the others had not multiplied it by {made!r} "
                "by then; here they have",
                stacklevel=5,
            )

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
        rates = optimizer_of(self._bases)
        try:
            members = [call_of(scheduler, rates) for scheduler in schedulers]
            return on_steps(calls.ChainedScheduler(members, rates).lower())
        except IsorateError as error:
            names = ", ".join(type(scheduler).__name__ for scheduler in schedulers)
            raise ValueError(f"a chain of {names} has no closed form: {error}") from None


def sets(scheduler: Any, step: Any) -> bool:
    """Whether a member's step sets the rate, or cannot be said to multiply it."""
    if isinstance(scheduler, ClosedFormLR):
        return scheduler._sets(step)
    return type(scheduler).__name__ not in [kind.__name__ for kind in MULTIPLYING]


def _sets_first(scheduler: Any) -> bool:
    """Whether building a scheduler sets the rates that others begin with."""
    return isinstance(scheduler, Momentum | lr_scheduler.CyclicLR | lr_scheduler.OneCycleLR)


def _floored(scheduler: Any) -> bool:
    """Whether a member's steps multiply the distance to a floor, and no rate."""
    return getattr(scheduler, "_lows", None) is not None


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
    kinds = Averaging | Multiplicative | swa_utils.SWALR
    return isinstance(scheduler, kinds) and getattr(scheduler, "_given", None) is None


def schedules_from(scheduler: Any, rates: list[float], *, first: bool) -> list[Schedule]:
    """Return a scheduler's schedule for each group, given the rates that it finds.

    The first of a ``SequentialLR`` multiplies what that begins with, which a later one may have
    set: torch asks the others for their closed forms when their turn comes.
    """
    if isinstance(scheduler, Sequential) and goes_on(scheduler):
        return per_group(scheduler._from(rates), len(rates))
    schedules = schedules_of(scheduler, len(rates))
    if isinstance(scheduler, Multiplicative) and goes_on(scheduler):
        functions = [one.function for one in schedules]  # type: ignore[attr-defined]
        pairs = zip(rates, functions, strict=True)  # torch asks a later one for its step 0, too
        return [PythonProduct(rate if first else rate * f.at(0), f) for rate, f in pairs]
    call = _own_call(scheduler)
    if isinstance(call, calls.ConstantLR) and not call.total_iters and not first:
        return list(map(Constant, scheduler._bases))  # its closed form is over at once
    again = first and isinstance(call, FINDING) and scheduler._bases != rates
    if not (again or goes_on(scheduler)):
        return schedules
    on = optimizer_of(rates)
    call = replace(call_of(scheduler, on), optimizer=on)
    found = per_group(lowered(call), len(rates))
    if _is_wave(scheduler) and call.T_max == int(
        call.T_max
    ):  # from its trough it climbs to its own first rate
        trough = int(call.T_max)
        climbing = [Shift(one, trough) for one in schedules]
        found = per_group(joined([found, climbing], [trough]), len(rates))
    return found


def _own_call(scheduler: Any) -> Any:
    """Return the call that a drop-in stands for; none where it has another schedule by now."""
    if isinstance(scheduler, DropIn) and scheduler._arguments is not None:
        return scheduler._call(scheduler._bases)
    return None


def multiplies(scheduler: Any) -> bool:
    """Whether a scheduler multiplies the rate that it finds, whatever that is."""
    constructor = getattr(scheduler, "constructor", None)
    floorless = constructor is calls.CosineAnnealingLR and scheduler.eta_min == 0
    return floorless or constructor in MULTIPLYING


def _is_wave(scheduler: Any) -> bool:
    return getattr(scheduler, "constructor", None) is calls.CosineAnnealingLR


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
    from isorate.checkpoints.torch_states import call_of_state

    state, groups = scheduler.state_dict(), scheduler.optimizer.param_groups
    name = type(scheduler).__name__
    with blaming(f"torch's own {name}"):
        return call_of_state(state, kind=name, groups=groups).call
