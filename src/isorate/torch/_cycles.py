"""What torch's cycles and annealings do besides: they set their first rates, and the momentum."""

from __future__ import annotations

import math
import warnings
from dataclasses import replace
from operator import itemgetter
from typing import TYPE_CHECKING, Any, ClassVar

from isorate.schedule.combinators import Join
from isorate.schedule.shapes import Constant
from isorate.torch._closed_form import last_step
from isorate.torch._drop_in import DropIn
from isorate.training.compositions import grouped, joined
from isorate.training.cycles import Cycles, Restarts
from isorate.training.drop_in import one_a_group
from isorate.training.rates import per_group

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from isorate.schedule.node import Schedule
    from isorate.training.closed_form import Group
    from isorate.training.states import OnMismatch, Saved


class Besides(DropIn):
    """One that does something else at a step, too, whichever way it took that."""

    #: The step at which it was done.
    _went: Any = None

    def step(self, epoch: Any = None) -> None:
        super().step(epoch)
        if self._went is not self.last_epoch:
            self._went = self.last_epoch
            self._look()
            self._move()

    # it is done by two methods, as asking each base in turn takes as long as what they do

    def _look(self) -> None:
        """See what others have done to the groups."""

    def _move(self) -> None:
        """Write what is not the rate, after a step that has done no more than to write those."""

    def _go_to(self, step: Any, *, anew: bool = False) -> None:
        super()._go_to(step, anew=anew)
        self._went = step

    _only_writes = _go_to


class Announced(Besides):
    """One that has put arguments into the groups, where torch's asks for them at every step."""

    #: Which they are.
    _keys: ClassVar[tuple[str, ...]]

    #: Which of them is an argument, that a group may bring.
    _brought: ClassVar[str]

    #: What asks a group for all of them at once.
    _holding: ClassVar[itemgetter[Any]]

    _announcements: list[tuple[Any, ...]] | None = None

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        cls._holding = itemgetter(*cls._keys, cls._keys[0])  # of one alone it makes no tuple

    def _begin_with(self, rates: list[float]) -> None:
        """Start from these first rates, groups that were added since with what they bring."""
        if self._arguments is not None:
            given, known = self._arguments[self._brought], len(self._bases)
            added = self.optimizer.param_groups[known : len(rates)]
            alike = not isinstance(given, list)
            if not alike or any(self._brought in group for group in added):
                brought = (group.get(self._brought, given if alike else None) for group in added)
                each = [*one_a_group(given, known), *(one for one in brought if one is not None)]
                each = each[: len(rates)]
                self._arguments = {**self._arguments, self._brought: each}
        super()._begin_with(rates)

    def _go_to(self, step: Any, *, anew: bool = False) -> None:
        self._look()
        super()._go_to(step, anew=anew)

    _only_writes = _go_to

    def _show(self, step: Any, rates: list[float]) -> None:
        self._look()
        super()._show(step, rates)

    def _look(self) -> None:
        """Say where somebody else has changed what the groups hold."""
        groups, keys = self._optimizer.param_groups, self._keys
        try:
            held = [*map(self._holding, groups)]
        except KeyError:
            held = [tuple(map(group.get, (*keys, keys[0]))) for group in groups]
        before = self._announcements
        if held == before:
            return
        self._announcements = held
        for group, pair in enumerate(zip(before or [], held, strict=False)):
            changed = [*zip(keys, *pair, strict=False)] if self._built else []
            for key, since, now in changed:
                if since != now:
                    warnings.warn(
                        f"parameter group {group} holds {key}={now!r}, which "
                        f"{type(self).__name__} set to {since!r} and torch's would go by: "
                        "the schedule's rates stay as they were",
                        stacklevel=5,
                    )
                    return


class Momentum(Besides):
    """What both cycles share: the momentum, or Adam's first beta, goes against the rate.

    A ``CyclicLR`` leaves ``initial_lr`` as it was; a ``OneCycleLR`` sets it, as torch's does, which
    looks for its rates in the groups.
    """

    _arguments: dict[str, Any]
    _multiplies_bases = False
    _quick_besides = True

    def _move(self) -> None:
        groups = self._optimizer.param_groups
        for name, rates in self._also_rates.items():
            step = self.last_epoch
            self._write_also(name, groups, rates.ahead.get(step) or rates.at(step))

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

    @property
    def _scale_fn_custom(self) -> Any:
        return self.scale_fn

    @property
    def _scale_fn_ref(self) -> Callable[[float], float]:
        """What the height of a cycle, or of a step, is scaled by; torch's name."""
        mode, gamma = self._arguments["mode"], self._arguments["gamma"]
        if mode == "triangular2":
            return self.scale_fn or (lambda cycle: 0.5 ** (cycle - 1))
        return self.scale_fn or (lambda at: gamma**at if mode == "exp_range" else 1.0)

    #: What torch's would begin with, where that is not ``base_lr``.
    _announced_before: list[float] | None = None

    def _begin(self, last_epoch: int) -> None:
        super()._begin(last_epoch)
        lows = list(self.base_lrs)
        known = [group.get("initial_lr") for group in self.optimizer.param_groups]
        if last_epoch == -1 and None in known:
            self._ledger.lows = lows  # torch's takes them for the optimizer's first rates
        elif last_epoch == -1 and lows != list(map(float, known)):
            self._announced_before = list(map(float, known))

    def _go_to(self, step: Any, *, anew: bool = False) -> None:
        if self._announced_before is not None and self._built:
            before, self._announced_before = self._announced_before, None
            self._tell_that(f"initial_lr={before[0]!r}", "begins with that, for one step")
            self._be_quick()
        super()._go_to(step, anew=anew)

    _only_writes = _go_to

    def _be_quick(self) -> None:
        super()._be_quick()
        self._quick = self._quick and self._announced_before is None

    def _against(self, low: float, high: float) -> Schedule:
        return self._wave(self._call([0.0] * len(self._bases)), high, low)


class Restarting(Restarts, DropIn):
    """A ``CosineAnnealingWarmRestarts``."""


class OneCycle(Announced, Momentum):
    """A ``OneCycleLR``."""

    _keys = ("initial_lr", "max_lr", "min_lr", "base_momentum", "max_momentum")
    _brought = "max_lr"
    _saved_as = ("total_steps", "_schedule_phases", "_anneal_func_type")

    @property
    def _anneal_func_type(self) -> str:
        """How it anneals; torch's name, and where it is set, torch's effect."""
        strategy: str = self._arguments["anneal_strategy"]
        return strategy

    @_anneal_func_type.setter
    def _anneal_func_type(self, strategy: str) -> None:
        self._change({"anneal_strategy": strategy})

    @_anneal_func_type.deleter
    def _anneal_func_type(self) -> None:
        """Stay as it is: torch's states before 2.9 were without it."""

    @staticmethod
    def _annealing_cos(start: float, end: float, pct: float) -> float:
        return end + (start - end) / 2.0 * (1.0 + math.cos(math.pi * pct))

    @property
    def total_steps(self) -> int:
        """The number of steps."""
        end = self._schedules.end
        assert end is not None
        return end

    @property
    def _schedule_phases(self) -> list[dict[str, Any]]:
        """Up to which step it goes between which of the groups' rates and momenta; torch's name."""
        call: Any = self._call(self._bases)
        against = {"max_lr": "base_momentum"}
        found = []
        for end, *lrs in call._phases(self.total_steps):
            momenta = [against.get(lr, "max_momentum") for lr in lrs]
            names = ("start_lr", "end_lr", "start_momentum", "end_momentum")
            found.append({"end_step": end, **dict(zip(names, lrs + momenta, strict=True))})
        return found

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

    def _welcome(self, groups: Sequence[Group], bases: Sequence[float]) -> None:
        for group, schedule in zip(groups, self._by_group[-len(groups) :], strict=True):
            ends = {"initial_lr": schedule.at(0), "min_lr": schedule.at(self.total_steps - 1)}
            for key, rate in ends.items():
                if not math.isclose(group.get(key, rate), rate):
                    self._tell_that(f"a group was added with {key}={group[key]!r}", "goes by that")
        super()._welcome(groups, bases)

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


class Averaging(Announced):
    """An ``SWALR``, which begins with whatever rate it finds."""

    _arguments: dict[str, Any]
    _multiplies_bases = False
    _names_alike = False
    _keys = ("swa_lr",)
    _brought = "swa_lr"

    _saved_as = ("anneal_epochs",)
    _sets_at_times = True

    #: The step from which it anneals: torch counts from where it was built.
    _since = 0

    #: What ``_step_count`` came to at the last step.
    _counted: int | None = None

    def step(self, epoch: Any = None) -> None:
        if self._counted not in (None, self._step_count):
            self._tell_that(f"_step_count was set to {self._step_count}", "goes by that")
        super().step(epoch)
        self._counted = self._step_count

    def load_state_dict(
        self, state_dict: Mapping[str, Any], *, on_mismatch: str | None = None
    ) -> None:
        """Load a state, whose ``_step_count`` is looked at when a step is taken."""
        super().load_state_dict(state_dict, on_mismatch=on_mismatch)
        self._counted = self.last_epoch - self._since + 1

    def _count(self, step: Any) -> None:
        super()._count(step)
        self._counted = None

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

    def _setting(self, step: Any) -> bool:
        return self._given is not None or self._over(step)

    def _notice(self) -> None:
        super()._notice()
        if self.last_epoch != self._stood:
            self._tell_that("last_epoch was set", "counts its calls of step()")

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
