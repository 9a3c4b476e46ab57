"""What all schedulers for torch share: how rates get into optimizers, and what moves the clock."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any, ClassVar, Literal, get_args

import torch
from torch import Tensor
from torch.optim import Optimizer
from torch.optim.lr_scheduler import LRScheduler, _enable_get_lr_call

from isorate.kit.tensors import unwrapped
from isorate.schedule.combinators.clocks import on_steps
from isorate.torch._log import Logged
from isorate.torch._updates import Updates
from isorate.torch._writer import Writer, rounded
from isorate.training.closed_form import ClosedForm, finite
from isorate.training.ledger import NOBODY
from isorate.training.states import Saved

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from isorate.schedule.node import Schedule
    from isorate.training.closed_form import Group
    from isorate.training.ledger import Part

#: What moves the clock: every call of ``step()``, or only those after an update.
Counting = Literal["steps", "updates"]


class Asked:
    """``get_lr``: a function that is set in its place on a scheduler is asked for the rates."""

    def __init__(self, method: Any) -> None:
        self._method: Any = method
        self.__doc__ = method.__doc__

    def __get__(self, scheduler: Any, owner: type) -> Callable[[], list[Any]]:
        if scheduler is None:
            return self._method  # type: ignore[no-any-return]
        found: Any = vars(scheduler).get("get_lr")
        return found or self._method.__get__(scheduler, owner)  # type: ignore[no-any-return]

    def __set__(self, scheduler: Any, function: Any) -> None:
        vars(scheduler).update(get_lr=function, _own_get_lr=True)
        scheduler._quick = False

    def __delete__(self, scheduler: Any) -> None:
        del vars(scheduler)["get_lr"], vars(scheduler)["_own_get_lr"]
        scheduler._be_quick()


class ClosedFormLR(Logged, ClosedForm, LRScheduler):  # type: ignore[misc]
    """A scheduler whose only state is a counter: the rate of step t is that of its schedule at t.

    Rates are float64, written into ``group["lr"]`` and never read back: a tensor's in place,
    rounded once to its dtype. It is one of torch's ``LRScheduler``s. States that torch's own
    schedulers saved, 2.0 to 2.13, are loaded as well.
    """

    _step_count: int
    _ledger: Writer
    _ledger_kind = Writer
    _base = LRScheduler

    #: Whether some of its steps set the rate and others multiply it.
    _sets_at_times: ClassVar[bool] = False

    #: Whether it has one group alone.
    _single: bool
    #: Whether it writes what follows a schedule besides after such a step.
    _quick_besides: ClassVar[bool] = False
    #: All parts that schedulers have in the rates, as long as they are these; none if it has none.
    _shared: Mapping[Any, Part] | None
    #: Its own, and that of the only other one where both are of a single group.
    _part: Part
    _mate: Part | None
    #: Whether a step multiplies the rates whoever wrote them.
    _multiplies: bool

    #: Whether its rates are those of the optimizer, multiplied.
    _multiplies_bases: ClassVar[bool] = False

    #: The name of torch's class whose states it loads; none for whichever it is.
    _torchs_name: ClassVar[str | None] = None

    def __init__(self, optimizer: Any, last_epoch: Any, counting: Counting = "steps") -> None:
        if not isinstance(optimizer, Optimizer):
            raise TypeError(f"{type(optimizer).__name__} is not an Optimizer")
        self._prepare(optimizer)
        self._updates: Updates | None = None
        self.counting = counting
        if self._updates is not None:
            self._updates.made = True  # the step that building a scheduler takes counts
        step = last_step(last_epoch)
        self._begin(step)
        super().__init__(optimizer, step)
        self._built = True
        lows = self._ledger.lows
        if self._multiplies_bases and lows is not None and self._bases[: len(lows)] != lows:
            warnings.warn(
                f"{type(self).__name__} begins with lr={self._bases[0]!r}, the optimizer's: a "
                f"CyclicLR was built before it, whose base_lr={lows[0]!r} torch's would take for "
                "the first rate",
                stacklevel=3,
            )

    def _begin(self, last_epoch: int) -> None:
        """Do to the groups what building torch's scheduler does, before they are looked at."""

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
            updates = counting == "updates"
            self._updates = Updates(self.optimizer, made=False) if updates else None

    def seek(self, step: int) -> None:
        """Go to a step at once, and let the log go on from there."""
        super().seek(step)
        if self._log is not None:
            self._log_on(step if self.counting == "updates" else None)

    def state_dict(self) -> dict[str, Any]:
        """Return the state, and where its log stands, where it has one."""
        return {**super().state_dict(), "_step_count": self._step_count, **self._logged()}

    def load_state_dict(
        self, state_dict: Mapping[str, Any], *, on_mismatch: str | None = None
    ) -> None:
        """Load a state, as ``ClosedForm.load_state_dict`` says; the log goes on from it."""
        update = self._update_in(state_dict)
        super().load_state_dict(state_dict, on_mismatch=on_mismatch)
        self._step_count = int(state_dict.get("_step_count", self._step_count))
        self._log_on(update)

    def step(self, epoch: Any = None) -> None:
        """Move one step on, or to ``epoch``; one that raises leaves everything as it was."""
        count = self._step_count
        if epoch is not None or count <= 1:
            try:
                super().step(epoch)  # which warns where torch's own would
            except Exception:
                self._step_count = count
                raise
            return
        if self._updates is None or self._updates.taken():
            at, ledger = self.last_epoch, self._ledger
            step, value, parts = at + 1, None, ledger.parts
            if at is self._stood and self._quick:
                if ledger.alone is self._who:
                    value = self._schedules.ahead.get(step)
                elif self._shared is parts:
                    rates, part, mate = self._schedules.ahead.get(step), self._part, self._mate
                    if mate is None or rates is None:
                        value = rates and ledger.times(part, rates)
                    else:  # as times, of two parts of a single group
                        part.ratio = ratio = rates[0] / part.start[0]
                        value = [ledger.rest[0] * (ratio * mate.ratio)] if ratio else None  # type: ignore[operator]
                elif parts is NOBODY and self._multiplies:
                    value = self._multiplied(step)
            if value is not None:
                groups = self._optimizer.param_groups
                group, last = groups[0], ledger.last
                if self._single and group["lr"] is last[0] and len(groups) == 1:
                    group["lr"] = value[0]  # as in go_on, without a call
                    ledger.last = value
                elif not ledger.go_on(groups, value):
                    value = None
            if value is None:
                self._go_to(step)
            else:
                self.last_epoch = self._stood = step
                self._rates = value
        self._step_count = count + 1

    def _multiplied(self, step: int) -> list[float] | None:
        """Return what a step makes of rates in which nobody has a part; none where it must look."""
        ledger, lows = self._ledger, self._lows
        last = ledger.last
        if lows is not None:
            ledger.floors += 1
        elif ledger.floors != self._floors_seen:
            self._floors_seen = ledger.floors
        else:
            return None  # others leave it no part in the rates where one of them has a floor
        if self._single:
            ahead = self._schedules.ahead
            try:
                to, since = ahead[step][0], ahead[step - 1][0]
                if lows is None:
                    return [last[0] * (to / since)]
                low = lows[0]
                return [low + (last[0] - low) * ((to - low) / (since - low))]
            except (IndexError, KeyError, ZeroDivisionError):
                return None  # what comes of that is looked at
        factors = self._schedules.factors_to(step, lows)
        if factors is None or len(factors) != len(last):
            return None
        if lows is None:
            return [rate * factor for rate, factor in zip(last, factors)]  # noqa: B905 - hot
        triples = zip(last, factors, lows)  # noqa: B905 - hot
        return [low + (rate - low) * factor for rate, factor, low in triples]

    def _go_to(self, step: Any, *, anew: bool = False) -> None:
        super()._go_to(step, anew=anew)
        ledger = self._ledger
        if ledger.alone is not self._who and self._quick:
            self._know_others(step)

    #: The ``_go_to`` that does no more than to write, where no other scheduler has a part.
    _only_writes: ClassVar[Callable[..., None]] = _go_to

    def _know_others(self, step: Any) -> None:
        """Keep what others have made of the rates, as long as none of them does anything else."""
        ledger = self._ledger
        part = ledger.parts.get(self._who)
        self._shared = self._mate = None
        if part is not None and ledger.waiting is None:
            self._shared, self._part = ledger.parts, part
            others = [other for other in ledger.parts.values() if other is not part]
            if len(others) == 1 == len(self._bases) and part.place == 0 == others[0].place:
                self._mate = others[0]
        once = self._built and self._overwritten is None and ledger.begun
        sets = self._sets_at_times or self._sets(step)
        self._multiplies = once and not sets and not any(self._at_floor(self._schedules.at(step)))

    def _update_lr(self, epoch: Any = None) -> None:
        """Write the rates of the next step, or of ``epoch``: torch calls this at milestones."""
        if epoch is not None:
            step = finite("epoch", epoch)
            if step < 0:
                raise ValueError(f"epoch is below 0: {step}")
            self._check_named()
            self._go_to(step, anew=True)
        elif self._updates is None or self._updates.taken():
            self._go_to(self.last_epoch + 1, anew=self._begins_anew())

    def _begins_anew(self) -> bool:
        """Whether torch's sets the rate at the coming step, where its others multiply it."""
        return False

    def _check_named(self) -> None:
        """Raise where torch would ask a method for a named step which is not asked here."""
        if type(self)._get_closed_form_lr is not ClosedFormLR._get_closed_form_lr:
            text = "has a _get_closed_form_lr of its own, which is not asked: give it a get_lr"
            raise TypeError(f"{type(self).__name__} {text}")

    def _initial_step(self) -> None:
        self._separate()
        super()._initial_step()

    # --- groups ---------------------------------------------------------------------------------

    @staticmethod
    def _start_of(group: Group) -> float:
        return start_of(group)

    def _write(self, groups: Sequence[Group], rates: list[float]) -> None:
        self._ledger.write(groups, rates)

    def _went_on(self, groups: Sequence[Group], rates: list[float]) -> bool:
        return self._ledger.go_on(groups, rates)

    def _untouched(self) -> bool:
        return self._ledger.untouched(self._optimizer.param_groups)

    def _held(self, groups: Sequence[Group]) -> list[float]:
        return self._ledger.held(groups)

    def _write_also(self, name: str, groups: Sequence[Group], values: list[float]) -> None:
        first = name == "momentum"
        for group, value in zip(groups, values):  # noqa: B905 - in every step
            held = group.get(name)
            if type(held) is float and not (first and "betas" in group):
                group[name] = value
                continue
            betas = group.get("betas") if first else None
            held = held if betas is None else betas[0]
            if isinstance(held, Tensor):
                held.fill_(rounded([value], held.dtype).item())
            elif betas is None:
                group[name] = value
            else:
                group["betas"] = (value, *betas[1:])

    @staticmethod
    def _first_beside(group: Group, name: str) -> float:
        key, held = f"initial_{name}", beside_in(group, name)
        if held is None:
            raise ValueError(f"also: the optimizer has no {name}")
        if key not in group:
            if isinstance(held, Tensor):  # groups share one that was given once for all of them
                own = held.clone()
                betas = name == "momentum" and "betas" in group
                group |= {"betas": (own, *group["betas"][1:])} if betas else {name: own}
            group[key] = float(finite(name, held))
        return float(finite(key, group[key]))

    def _rounded(self, rates: list[float]) -> list[float]:
        return list(map(float, typed(self.optimizer.param_groups, rates)))

    def _welcome(self, groups: Sequence[Group], bases: Sequence[float]) -> None:
        for group, base in zip(groups, typed(groups, list(bases)), strict=True):
            group.setdefault("initial_lr", base)
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
        whole = None if self._whole is None else self._whole()
        chain = getattr(whole, "_rates_up_to", None)
        rates = self._rates if chain is None else chain(self)
        return typed(self.optimizer.param_groups, rates)

    @_last_lr.setter
    def _last_lr(self, rates: Sequence[Any]) -> None:
        self._rates = [float(rate) for rate in rates]

    def get_last_lr(self) -> list[float | Tensor]:
        """Return the rates of the last step, in the types of the groups' ``lr``, as copies."""
        return self._last_lr

    def _get_closed_form_lr(self) -> list[float | Tensor]:
        """Return the rates at ``last_epoch``, in the types of the groups' ``lr``, as copies."""
        rates = self._trial or self._schedules.at(self.last_epoch)
        return typed(self.optimizer.param_groups, rates)

    @Asked
    def get_lr(self) -> list[float | Tensor]:
        """Return the rates at ``last_epoch``, in the types of the groups' ``lr``, as copies.

        Outside of ``step()`` torch's takes one step more from the rate that it holds; where this
        does not, a warning says so. A subclass, or a scheduler, may have one of its own: its rates
        are used, as torch would.
        """
        if not self._get_lr_called_within_step and not self._setting(self.last_epoch):
            warnings.warn(
                f"{type(self).__name__}.get_lr() is the schedule's rate at step {self.last_epoch}, "
                "where torch's, outside of step(), is what one step more makes of the rate that "
                "it holds. get_last_lr() is the rate that was written",
                stacklevel=2,
            )
        return self._get_closed_form_lr()

    _schedules_get_lr = get_lr  # to know a subclass's own

    def _asked(self) -> list[Any]:
        with _enable_get_lr_call(self):  # else torch's own get_lr, where it is called, warns
            return super()._asked()

    def __setstate__(self, state: dict[str, Any]) -> None:
        super().__setstate__(state)
        self._hook_in()  # an optimizer's copy has no hooks

    def _hook_in(self) -> None:
        if self._updates is not None:
            self._updates = Updates(self.optimizer, made=self._updates.made)
        self._log_anew()

    def _count(self, step: Any) -> None:
        self._step_count = int(step) + 1

    def _be_quick(self) -> None:
        """Find out whether its steps do nothing else than to write rates of its schedule."""
        alike = type(self)._go_to is type(self)._only_writes and not self._own_get_lr
        self._quick = alike and (self._quick_besides or not self._also_rates)
        self._shared, self._multiplies, self._single = None, False, len(self._bases) == 1

    def _plan(self) -> None:
        super()._plan()
        self._be_quick()
        if self._built:  # another schedule may part groups that shared a tensor
            self._separate()

    def _foreign(self, state: Mapping[str, Any]) -> Saved:
        from isorate.checkpoints.torch_states import call_of_state

        found = call_of_state(state, kind=self._torchs_name, groups=self.optimizer.param_groups)
        schedule = on_steps(found.call.lower())
        return self._torchs(state, found.step, schedule, found.rates, call=found.call)

    def _torchs(
        self, state: Mapping[str, Any], step: Any, schedule: Schedule, rates: Any, **more: Any
    ) -> Saved:
        """Return what one of torch's states says, whose rates others may have had a part in."""
        last = state.get("_last_lr") or ()
        near = 1e-2 if any(isinstance(rate, Tensor) for rate in last) else 1e-6
        # one that was never stepped has written nothing but what building it has written
        in_use = step != 0 or self._who in (self._ledger.alone, self._ledger.waiting)
        return Saved(step, schedule, rates=rates, near=near, in_use=in_use, **more)


def typed(groups: Sequence[Group], rates: list[float]) -> list[float | Tensor]:
    """Return rates as new values of the types of the groups' ``lr``."""
    found: list[float | Tensor] = []
    for group, rate in zip(groups, rates, strict=False):  # a group may have just been added
        lr = group["lr"]
        if isinstance(lr, Tensor):
            found.append(torch.empty_like(lr).copy_(rounded([rate], lr.dtype)[0]))
        else:
            found.append(rate)
    return found


def beside_in(group: Group, name: str) -> Any:
    """Return what a group holds of what may follow a schedule besides; none where it has none."""
    return group["betas"][0] if name == "momentum" and "betas" in group else group.get(name)


def start_of(group: Group) -> float:
    """Return the rate that a group starts from."""
    lr = group["lr"]
    if isinstance(lr, Tensor) and not lr.is_floating_point():
        raise TypeError(f"group['lr'] is a tensor of {lr.dtype}, which cannot hold a rate")
    return float(finite("a rate", group.get("initial_lr", lr)))


def last_step(last_epoch: Any) -> int:
    """Return ``last_epoch`` as Python has it."""
    value = unwrapped(last_epoch)
    if isinstance(value, bool) or not isinstance(value, int):
        raise TypeError(f"last_epoch is not an int: {last_epoch!r}")
    if value < -1:
        raise ValueError(f"last_epoch={value} is below -1")
    return value
