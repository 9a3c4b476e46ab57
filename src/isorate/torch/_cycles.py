"""torch's cycles and annealings, which set their first rates themselves, the momentum included."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Literal

from msgspec import structs

from isorate.dialects import torch as calls
from isorate.schedule.combinators import Sum
from isorate.schedule.shapes import Constant
from isorate.torch._dropping_in import DropIn
from isorate.training.compositions import grouped
from isorate.training.dropping_in import Argument, blaming, one_a_group
from isorate.training.functions import scaled_waves
from isorate.training.rates import per_group

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from torch.optim import Optimizer

    from isorate.schedule.node import Schedule
    from isorate.training.closed_form import Group
    from isorate.training.states import OnMismatch, Saved


class _WithMomentum(DropIn):
    """What both cycles share: the momentum, or Adam's first beta, goes against the rate.

    ``initial_lr`` stays the rate that the optimizer was built with, so that what is built on the
    same optimizer later does not depend on it.
    """

    _arguments: dict[str, Any]

    def _begin(self, last_epoch: int) -> None:
        groups = self.optimizer.param_groups
        if last_epoch == -1 and self._arguments["cycle_momentum"]:
            for group, low, high in zip(groups, *self._momentum_ends(len(groups)), strict=True):
                group["base_momentum"], group["max_momentum"] = low, high

    def _momentum_ends(self, groups: int) -> tuple[list[Any], list[Any]]:
        """Return the lowest and the highest momentum of every group."""
        low, high = self._arguments["base_momentum"], self._arguments["max_momentum"]
        return one_a_group(low, groups), one_a_group(high, groups)

    def _momentum_meant(self, groups: Sequence[Group]) -> Schedule | None:
        if not self._arguments["cycle_momentum"]:
            return None
        known = self.optimizer.defaults
        if "momentum" not in known and "betas" not in known:
            raise ValueError("cycle_momentum needs an optimizer with momentum or betas")
        pairs = zip(*self._momentum_ends(len(groups)), strict=True)
        return grouped([self._against(float(low), float(high)) for low, high in pairs])

    def _against(self, low: float, high: float) -> Schedule:
        """Return the momentum's schedule: high where the rate is low."""
        raise NotImplementedError


class CyclicLR(_WithMomentum):
    """torch's ``CyclicLR``: up from ``base_lr`` to ``max_lr`` and down again, cycle after cycle.

    ``lr(t) = base_lr + (max_lr−base_lr)·h·s``, h the height of a triangle of ``step_size_up`` steps
    up and ``step_size_down`` down; s = 1 (``triangular``), 1/2^(cycle−1) (``triangular2``) or
    ``gamma``^t (``exp_range``), or ``scale_fn`` of the cycle (from 1) or of t. The momentum, or
    Adam's first beta, is ``max_momentum − (max_momentum−base_momentum)·h·s``.

    Args:
        optimizer: the optimizer whose groups' ``lr`` are set.
        base_lr: the lowest rate, or a list of one for each group; it is written at once.
        max_lr: the highest rate, or a list of one for each group.
        step_size_up: steps up; a whole number.
        step_size_down: steps down; as many as up where None.
        mode: ``triangular``, ``triangular2`` or ``exp_range``.
        gamma: the factor of ``exp_range``, per step.
        scale_fn: a function that scales the height instead of the mode.
        scale_mode: what it is a function of, ``"cycle"`` or ``"iterations"``.
        cycle_momentum: whether the momentum cycles, too.
        base_momentum: the lowest momentum, or a list.
        max_momentum: the highest momentum, or a list.
        last_epoch: the step before the one to begin with; −1 begins at step 0.

    Raises:
        TypeError: ``optimizer`` is no optimizer, an argument no number.
        ValueError: an unknown mode, step sizes that are no whole numbers, not one value for each
            group, or no momentum to cycle.
        ZeroDivisionError: ``step_size_up`` is 0.
        KeyError: ``last_epoch`` is not −1 and a group has no ``initial_lr``.

    Example:
        >>> import torch
        >>> optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=1.0, momentum=0.9)
        >>> scheduler = CyclicLR(optimizer, base_lr=0.1, max_lr=0.5, step_size_up=2)
        >>> scheduler.seek(2)
        >>> scheduler.get_last_lr(), optimizer.param_groups[0]["momentum"]
        ([0.5], 0.8)

    Source:
        ``torch.optim.lr_scheduler.CyclicLR`` of torch 2.13.0.

    """

    constructor = calls.CyclicLR
    base_lr = Argument()
    max_lr = Argument()
    step_size_up = Argument()
    step_size_down = Argument()
    mode = Argument()
    gamma = Argument()
    scale_fn = Argument()
    scale_mode = Argument()
    cycle_momentum = Argument()
    base_momentum = Argument()
    max_momentum = Argument()

    def __init__(
        self,
        optimizer: Optimizer,
        base_lr: float | list[float],
        max_lr: float | list[float],
        step_size_up: int = 2000,
        step_size_down: int | None = None,
        mode: Literal["triangular", "triangular2", "exp_range"] = "triangular",
        gamma: float = 1.0,
        scale_fn: Callable[[float], float] | None = None,
        scale_mode: Literal["cycle", "iterations"] = "cycle",
        cycle_momentum: bool = True,
        base_momentum: float | list[float] = 0.8,
        max_momentum: float | list[float] = 0.9,
        last_epoch: int = -1,
    ) -> None:
        super().__init__(
            optimizer,
            last_epoch,
            base_lr=base_lr,
            max_lr=max_lr,
            step_size_up=step_size_up,
            step_size_down=step_size_down,
            mode=mode,
            gamma=gamma,
            scale_fn=scale_fn,
            scale_mode=scale_mode,
            cycle_momentum=cycle_momentum,
            base_momentum=base_momentum,
            max_momentum=max_momentum,
        )

    def _meant(self, groups: Sequence[Group]) -> Schedule:
        call: Any = self._call([0.0] * len(groups))  # also raises what torch raises
        ends = (one_a_group(rate, len(groups)) for rate in (call.base_lr, call.max_lr))
        pairs = zip(*ends, strict=True)
        with blaming("CyclicLR"):
            return grouped([self._wave(call, float(low), float(high)) for low, high in pairs])

    def _wave(self, call: Any, low: float, high: float) -> Schedule:
        """Return the course between two values, of the rate or of the momentum."""
        scale = self._arguments["scale_fn"]
        plain = structs.replace(call, base_lr=low, max_lr=high, scale_fn=None)
        if scale is None:
            wave: Schedule = plain.shape(low, 0)
            return wave
        total = int(plain._sizes()[0])
        by_cycle = self._arguments["scale_mode"] == "cycle"
        height = structs.replace(plain, base_lr=0.0, max_lr=high - low, mode="triangular").shape(
            0.0, 0
        )
        return Sum((Constant(low), scaled_waves(height, scale, total if by_cycle else None)))

    def _against(self, low: float, high: float) -> Schedule:
        return self._wave(self._call([0.0] * len(self._bases)), high, low)


class OneCycleLR(_WithMomentum):
    """torch's ``OneCycleLR``: up from ``max_lr/div_factor`` to ``max_lr``, then far down.

    Phases end at steps ``pct_start·total_steps − 1`` and ``total_steps − 1``, which need not be
    whole numbers; with ``three_phase`` the second one mirrors the first, and a third goes down.
    The last rate is ``max_lr/div_factor/final_div_factor``. The momentum, or Adam's first beta,
    goes from ``max_momentum`` to ``base_momentum`` and back.

    Step ``total_steps``, which an ordinary loop takes after its last update, keeps the last rate
    (torch's rebounds there); a further one raises.

    Args:
        optimizer: the optimizer whose groups' ``lr`` are set.
        max_lr: the highest rate, or a list of one for each group.
        total_steps: the number of steps; or ``epochs`` times ``steps_per_epoch``.
        epochs: the number of epochs.
        steps_per_epoch: steps in an epoch.
        pct_start: the share of the steps that goes up, a float from 0 to 1.
        anneal_strategy: ``"cos"`` or ``"linear"``.
        cycle_momentum: whether the momentum moves, too.
        base_momentum: the lowest momentum, or a list.
        max_momentum: the highest momentum, or a list.
        div_factor: ``max_lr`` over the first rate.
        final_div_factor: the first rate over the last.
        three_phase: whether it goes back down to the first rate before it goes further.
        last_epoch: the step before the one to begin with; −1 begins at step 0.

    Raises:
        TypeError: ``optimizer`` is no optimizer, an argument no number.
        ValueError: no total, a count below 1, ``pct_start`` out of range, an unknown strategy, not
            one value for each group, no momentum to move; or a step past ``total_steps``.
        ZeroDivisionError: a phase has no length.
        KeyError: ``last_epoch`` is not −1 and a group has no ``initial_lr``.

    Example:
        >>> import torch
        >>> optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=1.0, momentum=0.9)
        >>> scheduler = OneCycleLR(optimizer, max_lr=0.5, total_steps=10)
        >>> scheduler.seek(2)
        >>> scheduler.get_last_lr(), optimizer.param_groups[0]["momentum"]
        ([0.5], 0.85)

    Source:
        ``torch.optim.lr_scheduler.OneCycleLR`` of torch 2.13.0.

    """

    constructor = calls.OneCycleLR
    max_lr = Argument()
    epochs = Argument()
    steps_per_epoch = Argument()
    pct_start = Argument()
    anneal_strategy = Argument()
    cycle_momentum = Argument()
    base_momentum = Argument()
    max_momentum = Argument()
    div_factor = Argument()
    final_div_factor = Argument()
    three_phase = Argument()

    def __init__(
        self,
        optimizer: Optimizer,
        max_lr: float | list[float],
        total_steps: int | None = None,
        epochs: int | None = None,
        steps_per_epoch: int | None = None,
        pct_start: float = 0.3,
        anneal_strategy: Literal["cos", "linear"] = "cos",
        cycle_momentum: bool = True,
        base_momentum: float | list[float] = 0.85,
        max_momentum: float | list[float] = 0.95,
        div_factor: float = 25.0,
        final_div_factor: float = 1e4,
        three_phase: bool = False,
        last_epoch: int = -1,
    ) -> None:
        super().__init__(
            optimizer,
            last_epoch,
            max_lr=max_lr,
            total_steps=total_steps,
            epochs=epochs,
            steps_per_epoch=steps_per_epoch,
            pct_start=pct_start,
            anneal_strategy=anneal_strategy,
            cycle_momentum=cycle_momentum,
            base_momentum=base_momentum,
            max_momentum=max_momentum,
            div_factor=div_factor,
            final_div_factor=final_div_factor,
            three_phase=three_phase,
        )

    @property
    def total_steps(self) -> int:
        """The number of steps."""
        end = self._schedules.end
        assert end is not None
        return end

    def _begin(self, last_epoch: int) -> None:
        super()._begin(last_epoch)
        if last_epoch == -1:
            groups = self.optimizer.param_groups
            highest = one_a_group(self._arguments["max_lr"], len(groups))
            for group, high, schedule in zip(groups, highest, self._by_group, strict=True):
                group["max_lr"], group["min_lr"] = high, schedule.at(self.total_steps - 1)

    def _meant(self, groups: Sequence[Group]) -> Schedule:
        return self._without_rebound(super()._meant(groups))

    @staticmethod
    def _without_rebound(schedule: Schedule) -> Schedule:
        """Leave away torch's rate past the end."""
        return schedule.until(_length(schedule) - 1)

    def _foreign(self, state: Mapping[str, Any]) -> Saved:
        saved = super()._foreign(state)
        assert saved.schedule is not None
        return replace(saved, schedule=self._without_rebound(saved.schedule))

    def _against(self, low: float, high: float) -> Schedule:
        call: Any = self._call(self._bases)
        course: Schedule = call.course({"initial_lr": high, "max_lr": low, "min_lr": high})
        return self._without_rebound(course)

    _past_end = ValueError


class SWALR(DropIn):
    """torch's ``SWALR``: from the rate that a group has to ``swa_lr``, which is then held.

    ``lr(t) = began + (swa_lr−began)·a(t/``anneal_epochs``)``, a(x) = (1−cos(πx))/2 or x, began the
    rate that the group holds when the first step is taken, whatever other schedulers have made of
    it until then.

    Args:
        optimizer: the optimizer whose groups' ``lr`` are set.
        swa_lr: the rate to go to, or a list of one for each group.
        anneal_epochs: steps on the way, an int from 0 on.
        anneal_strategy: ``"cos"`` or ``"linear"``.
        last_epoch: the step before the one to begin with; −1 begins at step 0.

    Raises:
        TypeError: ``optimizer`` is no optimizer, ``swa_lr`` no number.
        ValueError: an unknown strategy, ``anneal_epochs`` below 0 or no int, not one value for each
            group.
        KeyError: ``last_epoch`` is not −1 and a group has no ``initial_lr``.

    Example:
        >>> import torch
        >>> optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=0.5)
        >>> scheduler = SWALR(optimizer, swa_lr=0.25, anneal_epochs=2)
        >>> optimizer.step()
        >>> scheduler.step()
        >>> scheduler.get_last_lr()
        [0.3749999999999999]

    Source:
        ``torch.optim.swa_utils.SWALR`` of torch 2.13.0.

    """

    constructor = calls.SWALR
    swa_lr = Argument()
    anneal_epochs = Argument()
    anneal_strategy = Argument()

    def __init__(
        self,
        optimizer: Optimizer,
        swa_lr: float | list[float],
        anneal_epochs: int = 10,
        anneal_strategy: Literal["cos", "linear"] = "cos",
        last_epoch: int = -1,
    ) -> None:
        super().__init__(
            optimizer,
            last_epoch,
            swa_lr=swa_lr,
            anneal_epochs=anneal_epochs,
            anneal_strategy=anneal_strategy,
        )

    @staticmethod
    def _start_of(group: Group) -> float:
        return float(group["lr"])

    @property
    def base_lrs(self) -> list[float]:
        """The rates that the groups had before any scheduler; the way begins with later ones."""
        return [float(group["initial_lr"]) for group in self.optimizer.param_groups]

    @base_lrs.setter
    def base_lrs(self, rates: Sequence[Any]) -> None:
        """Take no notice: the way begins with the rate that the group holds."""

    def _begin(self, last_epoch: int) -> None:
        groups = self.optimizer.param_groups
        for group, goal in zip(groups, one_a_group(self.swa_lr, len(groups)), strict=True):
            group["swa_lr"] = goal

    def _update_lr(self, epoch: Any = None) -> None:
        if self.last_epoch == 0 and self._given is None:  # nothing has been annealed yet
            self._begin_with(list(map(self._start_of, self.optimizer.param_groups)))
        super()._update_lr(epoch)

    def _settle(self, saved: Saved, choice: OnMismatch) -> None:
        groups = self.optimizer.param_groups
        if saved.schedule is not None:  # where a run began is the run's, and no other schedule
            begun = per_group(saved.schedule, len(groups))
            self._begin_with([schedule.at(0) for schedule in begun])
        super()._settle(saved, choice)


def _length(schedule: Schedule) -> int:
    assert schedule.length is not None
    return schedule.length
