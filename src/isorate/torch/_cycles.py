"""What torch's cycles and annealings do besides: they set their first rates, and the momentum."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from isorate.schedule.combinators import Join
from isorate.schedule.shapes import Constant
from isorate.torch._closed_form import last_step
from isorate.torch._drop_in import DropIn
from isorate.training.compositions import grouped, joined
from isorate.training.cycles import Cycles, Restarts
from isorate.training.drop_in import one_a_group
from isorate.training.rates import per_group

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from isorate.schedule.node import Schedule
    from isorate.training.closed_form import Group
    from isorate.training.states import OnMismatch, Saved


class Momentum(DropIn):
    """What both cycles share: the momentum, or Adam's first beta, goes against the rate.

    A ``CyclicLR`` leaves ``initial_lr`` as it was; a ``OneCycleLR`` sets it, as torch's does, which
    looks for its rates in the groups.
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

    def _also_meaning(self, groups: Sequence[Group]) -> Mapping[str, Schedule]:
        if not self._arguments["cycle_momentum"]:
            return {}
        known = self.optimizer.defaults
        if "momentum" not in known and "betas" not in known:
            raise ValueError("cycle_momentum needs an optimizer with momentum or betas")
        pairs = zip(*self._momentum_ends(len(groups)), strict=True)
        return {"momentum": grouped([self._against(float(a), float(b)) for a, b in pairs])}

    def _against(self, low: float, high: float) -> Schedule:
        """Return the momentum's schedule: high where the rate is low."""
        raise NotImplementedError


class Cyclic(Cycles, Momentum):
    """A ``CyclicLR``."""

    def _against(self, low: float, high: float) -> Schedule:
        return self._wave(self._call([0.0] * len(self._bases)), high, low)


class Restarting(Restarts, DropIn):
    """A ``CosineAnnealingWarmRestarts``."""


class OneCycle(Momentum):
    """A ``OneCycleLR``."""

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
                group["initial_lr"] = schedule.at(0)

    def _announced(self) -> list[list[float]]:
        return [[schedule.at(0) for schedule in self._by_group]]

    def _meaning(self, groups: Sequence[Group]) -> Schedule:
        return self._without_rebound(super()._meaning(groups))

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


class Averaging(DropIn):
    """An ``SWALR``, which begins with whatever rate it finds."""

    _arguments: dict[str, Any]

    _sets_at_times = True

    #: The step from which it anneals: torch counts from where it was built.
    _since = 0

    def __init__(self, optimizer: Any, last_epoch: Any, **arguments: Any) -> None:
        self._since = last_step(last_epoch) + 1
        super().__init__(optimizer, last_epoch, **arguments)

    def _meaning(self, groups: Sequence[Group]) -> Schedule:
        schedule = super()._meaning(groups)
        if not self._since:
            return schedule
        before: list[Schedule] = list(map(Constant, self._bases))
        return joined([before, per_group(schedule, len(groups))], [self._since])

    @staticmethod
    def _start_of(group: Group) -> float:
        return float(group["lr"])

    def _floors(self) -> list[float] | None:
        if self._given is not None:
            return None
        swa_lr = one_a_group(self._arguments["swa_lr"], len(self._bases))
        return list(map(float, swa_lr))

    def _sets(self, step: Any) -> bool:
        return self._own_get_lr or self._given is not None or self._over(step)

    def _over(self, step: Any) -> bool:
        """Whether the rates are all where they go to, and stay there."""
        return bool(step - self._since > self._arguments["anneal_epochs"])

    @property
    def base_lrs(self) -> list[float]:
        """The rates that the groups had before any scheduler; the way begins with later ones."""
        return [float(group["initial_lr"]) for group in self.optimizer.param_groups]

    @base_lrs.setter
    def base_lrs(self, rates: Sequence[Any]) -> None:
        """Take no notice: the way begins with the rate that the group holds."""

    def _firsts(self) -> list[list[float]]:
        return [[]]

    def _begin_as(self, firsts: Sequence[Sequence[Any]]) -> None:
        """Take no notice, for the same reason."""

    def _begin(self, last_epoch: int) -> None:
        groups = self.optimizer.param_groups
        for group, goal in zip(
            groups, one_a_group(self._arguments["swa_lr"], len(groups)), strict=True
        ):
            group["swa_lr"] = goal

    def _update_lr(self, epoch: Any = None) -> None:
        if self.last_epoch == self._since and self._given is None:  # nothing has been annealed yet
            self._begin_with(list(map(self._start_of, self.optimizer.param_groups)))
        super()._update_lr(epoch)

    def _settle(self, saved: Saved, choice: OnMismatch) -> None:
        groups = self.optimizer.param_groups
        if saved.schedule is not None:  # where a run began is the run's, and no other schedule
            before = per_group(saved.schedule, len(groups))
            self._since = before[0].boundaries[0] if isinstance(before[0], Join) else 0
            self._begin_with([schedule.at(0) for schedule in before])
        super()._settle(saved, choice)


def _length(schedule: Schedule) -> int:
    assert schedule.length is not None
    return schedule.length
