"""What all schedulers for torch share: a counter, a schedule, and what is saved of both."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, ClassVar, Literal, get_args

import torch
from torch import Tensor
from torch.optim import Optimizer
from torch.optim.lr_scheduler import LRScheduler

from isorate.core.combinators import Groups
from isorate.core.errors import ScheduleError
from isorate.torch._updates import Updates
from isorate.torch._writer import Writer
from isorate.training.extensions import Extension, extended
from isorate.training.rates import PastEndError, Rates, on_steps, per_group
from isorate.training.states import (
    KEY,
    OnMismatch,
    Saved,
    check_mismatch,
    differ,
    mismatch,
    read_state,
    state_of,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from isorate.core.schedule import Schedule
    from isorate.torch._writer import Group
    from isorate.training.extensions import Way

#: What moves the clock: every call of ``step()``, or only those after an update.
Counting = Literal["steps", "updates"]


class ClosedFormLR(LRScheduler):  # type: ignore[misc]
    """A scheduler whose only state is a counter: the rate of step t is that of its schedule at t.

    Rates are float64, written into ``group["lr"]`` and never read back: a tensor's in place,
    rounded once to its dtype. It is one of torch's ``LRScheduler``s.
    """

    #: The number of the last step, from 0.
    last_epoch: int
    _step_count: int

    #: The name of torch's class whose states it loads; none for whichever it is.
    _torchs_name: ClassVar[str | None] = None

    #: What ``load_state_dict`` does where a checkpoint holds another schedule: ``"raise"``, go on
    #: with the ``"checkpoint"``'s, or with ``"mine"``. It may be set on a scheduler.
    on_mismatch: OnMismatch = "raise"

    def __init__(self, optimizer: Any, last_epoch: Any, counting: Counting = "steps") -> None:
        if not isinstance(optimizer, Optimizer):
            raise TypeError(f"{type(optimizer).__name__} is not an Optimizer")
        self.optimizer = optimizer
        #: A schedule that took the place of the one that the arguments mean.
        self._given: Schedule | None = None
        self._given_momentum: Schedule | None = None
        self._bases = list(map(self._start_of, optimizer.param_groups))
        self._plan()  # before torch changes anything in the groups
        self._writer = Writer()
        self._updates: Updates | None = None
        self.counting = counting
        step = last_step(last_epoch)
        self._begin(step)
        super().__init__(optimizer, step)

    def _begin(self, last_epoch: int) -> None:
        """Do to the groups what building torch's scheduler does, before they are looked at."""

    # --- the schedule ---------------------------------------------------------------------------

    def _meant(self, groups: Sequence[Group]) -> Schedule:
        """Return what the arguments mean for these parameter groups."""
        raise NotImplementedError

    def _momentum_meant(self, groups: Sequence[Group]) -> Schedule | None:
        """Return the schedule of the momentum, where the scheduler moves it, too."""
        return None

    def _plan(self) -> None:
        """Work the schedules of all groups out anew."""
        groups = self.optimizer.param_groups
        schedule = self._meant(groups) if self._given is None else self._given
        schedules = per_group(schedule, len(groups))
        momentum = self._momentum_meant(groups) if self._given is None else self._given_momentum
        self._momenta = None if momentum is None else Rates(per_group(momentum, len(groups)))
        self._schedule, self._momentum = schedule, momentum
        self._schedules, self._by_group = Rates(schedules), schedules

    @property
    def schedule(self) -> Schedule:
        """The schedule: absolute rates by the step, ``Groups`` where each group has its own."""
        return self._schedule

    @property
    def base_lrs(self) -> list[float]:
        """The rate that each group starts from; torch's name, always floats.

        They may be set, as a whole: the schedule is another one from the next step on.
        """
        return BaseRates(self._bases)

    @base_lrs.setter
    def base_lrs(self, rates: Sequence[Any]) -> None:
        before = self._bases
        self._bases = [float(finite("a rate", rate)) for rate in rates]
        try:
            self._plan()
        except Exception:
            self._bases = before
            raise

    def _rates_at(self, step: Any) -> list[float]:
        """Return the rate of every group at a step; the one after the last keeps the last."""
        try:
            return self._schedules.at(step)
        except PastEndError as end:
            raise self._past_end(f"stepped past the end: {end}") from None

    #: What a step past the end raises.
    _past_end: ClassVar[type[Exception]] = RuntimeError

    # --- the clock ------------------------------------------------------------------------------

    @property
    def counting(self) -> Counting:
        """What moves the clock.

        ``"steps"``: every ``step()``, as in torch's own schedulers. ``"updates"``: every one before
        which an ``optimizer.step()`` made an update. It may be set at any time.
        """
        return "steps" if self._updates is None else "updates"

    @counting.setter
    def counting(self, counting: Counting) -> None:
        if counting not in get_args(Counting):
            raise ValueError(f"counting is neither 'updates' nor 'steps': {counting!r}")
        if counting != self.counting:
            self._updates = Updates(self.optimizer) if counting == "updates" else None

    def step(self, epoch: Any = None) -> None:
        """Move one step on, or to ``epoch``; one that raises leaves everything as it was."""
        count = self._step_count
        try:
            if epoch is None and (count > 1 or self._updates is not None):
                self._update_lr()
                self._step_count = count + 1
            else:
                super().step(epoch)  # which warns where torch's own would
        except Exception:
            self._step_count = count
            raise

    def _update_lr(self, epoch: Any = None) -> None:
        """Write the rates of the next step, or of ``epoch``: torch calls this at milestones."""
        if epoch is None:
            if self._updates is not None and not self._updates.taken():
                return
            step = self.last_epoch + 1
        else:
            step = finite("epoch", epoch)
            if step < 0:
                raise ValueError(f"epoch is below 0: {step}")
        groups = self.optimizer.param_groups
        if len(groups) != len(self._bases):
            self._admit()
        rates = self._rates_at(step)
        self._writer.write(groups, rates)
        if self._momenta is not None:
            self._write_momentum(step)
        self.last_epoch = step
        self._rates = rates

    def _write_momentum(self, step: Any) -> None:
        assert self._momenta is not None
        for group, value in zip(self.optimizer.param_groups, self._momenta.at(step), strict=False):
            if "betas" in group:
                group["betas"] = (value, *group["betas"][1:])
            else:
                group["momentum"] = value

    def seek(self, step: int) -> None:
        """Go to a step at once, forwards or backwards, and write its rates.

        Raises:
            TypeError: no integer.
            ValueError: a step below 0.
            RuntimeError: a step past the schedule's end.

        """
        if isinstance(step, bool) or not isinstance(step, int):
            raise TypeError(f"step is not an int: {step!r}")
        self._update_lr(step)

    def _initial_step(self) -> None:
        self._separate()
        super()._initial_step()

    # --- groups ---------------------------------------------------------------------------------

    @staticmethod
    def _start_of(group: Group) -> float:
        return start_of(group)

    def _admit(self) -> None:
        """Take in the groups that were added to the optimizer since the last step."""
        groups = self.optimizer.param_groups
        known = len(self._bases)
        if len(groups) < known:
            raise ValueError(f"the optimizer has {len(groups)} groups, the scheduler {known}")
        bases = self._bases
        self._bases = [*bases, *map(self._start_of, groups[known:])]
        try:
            self._plan()
        except Exception:
            self._bases = bases
            raise
        for group in groups[known:]:
            lr = group["lr"]
            group.setdefault("initial_lr", lr.clone() if isinstance(lr, Tensor) else lr)
        self._separate()

    def _separate(self) -> None:
        """Give a group its own tensor where it shares one with a group of another schedule.

        Groups share a tensor when it was given once for all of them: ``SGD(groups, lr=tensor)``.
        """
        owners: dict[int, Schedule] = {}
        for group, schedule in zip(self.optimizer.param_groups, self._by_group, strict=False):
            lr = group["lr"]
            if isinstance(lr, Tensor) and owners.setdefault(id(lr), schedule) != schedule:
                group["lr"] = lr.clone()

    # --- what torch and its users ask for -------------------------------------------------------

    @property
    def _last_lr(self) -> list[float | Tensor]:
        """The rates last written, in the types of the groups' ``lr``; copies, made when asked."""
        return typed(self.optimizer.param_groups, self._rates)

    @_last_lr.setter
    def _last_lr(self, rates: Sequence[Any]) -> None:
        self._rates = [float(rate) for rate in rates]

    def get_last_lr(self) -> list[float | Tensor]:
        """Return the rates of the last step, in the types of the groups' ``lr``, as copies."""
        return self._last_lr

    def get_lr(self) -> list[float | Tensor]:
        """Return the rates at ``last_epoch``, in the types of the groups' ``lr``, as copies.

        Unlike torch's, which is one step ahead outside of ``step()``, this is right at any time.
        """
        return typed(self.optimizer.param_groups, self._rates_at(self.last_epoch))

    _get_closed_form_lr = get_lr  # the name that torch looks for, and some tools with it

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
        if self._updates is not None:  # an optimizer's copy has no hooks
            self._updates = Updates(self.optimizer)
            self._updates.made = state["_updates"].made

    # --- what is saved --------------------------------------------------------------------------

    def state_dict(self) -> dict[str, Any]:
        """Return the state: the schedule, a format version and the counter, in JSON's types.

        ``rates_in_use`` is false where another scheduler, or the user, has set a rate since.
        """
        held = zip(self.optimizer.param_groups, self.get_last_lr(), strict=False)
        return state_of(
            self.schedule,
            self.last_epoch,
            groups=len(self._bases),
            in_use=all(bool(group["lr"] == rate) for group, rate in held),
            momentum=self._momentum,
        )

    def load_state_dict(
        self, state_dict: Mapping[str, Any], *, on_mismatch: str | None = None
    ) -> None:
        """Load a state, and write the rates of its step into the optimizer's groups.

        So it does not matter whether the optimizer's own state is loaded too, before or after. The
        rates are left alone where they were not this scheduler's when the state was saved, as for
        the schedulers of a ``SequentialLR`` whose turn is over or has not come. States that torch's
        own schedulers saved, 2.0 to 2.13, are read as well.

        Args:
            state_dict: what ``state_dict()`` returned, here or of torch's own class.
            on_mismatch: what to do where it holds another schedule, instead of what the attribute
                of that name says: ``"raise"``, go on with the ``"checkpoint"``'s, or ``"mine"``.

        Raises:
            ScheduleMismatchError: it holds another schedule; the error shows both.
            KeyError: the state lacks something.
            ValueError: the state holds something of no use here.

        Whatever is raised, nothing is loaded.

        """
        choice = check_mismatch(self.on_mismatch if on_mismatch is None else on_mismatch)
        kind = type(self).__name__
        before = dict(self.__dict__)
        try:
            saved = self._saved(state_dict)
            self._settle(saved, choice)
            step = finite("last_epoch", saved.step)
            begun = step != -1  # else in a SequentialLR, and its turn has not come
            if step < -1:
                raise ValueError(f"last_epoch is below -1: {step}")
            self._rates = self._rates_at(step if begun else 0)
            self.last_epoch = step
            self._step_count = int(step) + 1
        except KeyError:
            self.__dict__.update(before)
            raise
        except Exception as error:
            self.__dict__.update(before)
            if isinstance(error, ValueError) and type(error) is not ValueError:
                raise  # a mismatch says what it is
            raise ValueError(f"no state of {kind}: {error}") from error
        self._separate()
        if begun and saved.in_use:
            self._writer.write(self.optimizer.param_groups, self._rates)
            if self._momenta is not None:
                self._write_momentum(step)

    def _saved(self, state: Mapping[str, Any]) -> Saved:
        """Read a state: Isorate's own, or one that torch's class saved."""
        if KEY in state:
            return read_state(state, type(self).__name__)
        from isorate.dialects._torch_states import call_of_state

        found = call_of_state(state, kind=self._torchs_name, groups=self.optimizer.param_groups)
        return Saved(found.step, on_steps(found.call.lower()), call=found.call)

    def _settle(self, saved: Saved, choice: OnMismatch) -> None:
        """Take a checkpoint's schedule, keep this one, or raise."""
        mine = self._beside(saved)
        if not differ(mine, saved) or choice == "mine":
            return
        if choice == "raise":
            raise mismatch(mine, saved)
        if saved.schedule is None:
            raise ValueError("its schedule is a function of Python, which is not in the checkpoint")
        self._replace(saved.schedule, saved.momentum, saved.groups)

    def _beside(self, saved: Saved) -> Schedule:
        """Return the schedule to compare: that of the groups that the checkpoint knows."""
        known, mine = saved.groups, self._by_group
        if isinstance(saved.schedule, Groups):
            known = len(saved.schedule.of)
        if known is not None and known > len(mine):
            text = f"it has {known} parameter groups, the optimizer {len(mine)}"
            raise ValueError(text)
        if known is None or known == len(mine) or not isinstance(self.schedule, Groups):
            return self.schedule
        return mine[0] if known == 1 else Groups(tuple(mine[:known]))

    def _replace(
        self, schedule: Schedule, momentum: Schedule | None = None, groups: int | None = None
    ) -> None:
        """Go on with another schedule; groups that it does not know keep their own."""
        known = len(schedule.of) if isinstance(schedule, Groups) else groups
        if known is not None and known < len(self._by_group):
            schedule = Groups((*per_group(schedule, known), *self._by_group[known:]))
        self._given, self._given_momentum = schedule, momentum
        self._plan()

    # --- longer runs ----------------------------------------------------------------------------

    def extend(
        self,
        total: int,
        way: Way = "stretch",
        *,
        planned: int | None = None,
        over: int | None = None,
    ) -> Extension:
        """Plan a longer run; nothing changes before ``apply()`` of what is returned.

        Args:
            total: the updates of the longer run, from its very beginning.
            way: ``"stretch"``, ``"hold"`` or ``"rewarm"``; see ``isorate.schedules.extended``.
            planned: the updates that the schedule was made for; by default where it ends.
            over: the updates of the last decay (``"hold"``) or of the new warmup (``"rewarm"``).

        Returns:
            The plan: print it to see the rate at the coming update before and after, ``jump`` is
            their difference, ``schedule`` the new schedule, ``apply()`` goes on with it.

        Raises:
            ScheduleError: the schedule cannot be extended like that.

        """
        if self._momentum is not None:
            raise ScheduleError(f"a {type(self).__name__} that moves the momentum is not extended")
        schedule = extended(self.schedule, total, self.last_epoch, way, planned=planned, over=over)
        return Extension(self.schedule, schedule, self.last_epoch, total, way, self._go_on_with)

    def _go_on_with(self, schedule: Schedule) -> None:
        self._replace(schedule)
        self._update_lr(self.last_epoch)


class BaseRates(list[float]):
    """The rates that groups start from: a list to read."""

    def __setitem__(self, *_: Any) -> None:
        raise TypeError("base_lrs are set as a whole: scheduler.base_lrs = [...]")


def typed(groups: list[Group], rates: list[float]) -> list[float | Tensor]:
    """Return rates as new values of the types of the groups' ``lr``."""
    found: list[float | Tensor] = []
    for group, rate in zip(groups, rates, strict=False):  # a group may have just been added
        lr = group["lr"]
        if isinstance(lr, Tensor):
            copy = {"lr": torch.empty_like(lr)}
            Writer().write([copy], [rate])
            found.append(copy["lr"])
        else:
            found.append(rate)
    return found


def start_of(group: Group) -> float:
    """Return the rate that a group starts from."""
    lr = group["lr"]
    if isinstance(lr, Tensor) and not lr.is_floating_point():
        raise TypeError(f"group['lr'] is a tensor of {lr.dtype}, which cannot hold a rate")
    return float(finite("a rate", group.get("initial_lr", lr)))


def last_step(last_epoch: Any) -> int:
    """Return ``last_epoch`` as Python has it."""
    value = plain(last_epoch)
    if isinstance(value, bool) or not isinstance(value, int):
        raise TypeError(f"last_epoch is not an int: {last_epoch!r}")
    if value < -1:
        raise ValueError(f"last_epoch={value} is below -1")
    return value


def finite(what: str, value: Any) -> Any:
    """Return a finite number as Python has it."""
    number = plain(value)
    if not isinstance(number, int | float):
        raise TypeError(f"{what} is not a number: {value!r}")
    if not math.isfinite(number):
        raise ValueError(f"{what} is not finite: {number}")
    return number


def plain(value: Any) -> Any:
    """Take a NumPy scalar or a tensor of one element for the number that it holds."""
    return value.item() if hasattr(value, "item") else value
