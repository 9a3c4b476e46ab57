"""A scheduler of any framework: a counter and a schedule, and what is saved of both."""

from __future__ import annotations

import functools
import math
import warnings
from contextlib import suppress
from itertools import chain
from typing import TYPE_CHECKING, Any, ClassVar, Literal, TypeAlias

from isorate.kit.tensors import unwrapped
from isorate.schedule.combinators import Groups
from isorate.schedule.errors import IsorateError, ScheduleError
from isorate.training.extensions import Extension, extended
from isorate.training.ledger import NAME, Ledger, ledger_of
from isorate.training.rates import Rates, per_group
from isorate.training.states import (
    KEY,
    OnMismatch,
    Saved,
    ScheduleMismatchError,
    as_schedule,
    as_tree,
    check_mismatch,
    differ,
    differing,
    mismatch,
    read_state,
    state_of,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from typing import Self

    from isorate.schedule.node import Schedule
    from isorate.training.extensions import Way

#: An optimizer's parameter group.
Group: TypeAlias = dict[str, Any]


class ClosedForm:
    """A scheduler whose only state is a counter: the rate of step t is that of its schedule at t.

    What it does to an optimizer's groups is left to the framework's own class: how a rate is read
    once (``_start_of``) and written (``_write``), and what ``step()`` is.
    """

    # What is its own has no place in ``__dict__``, where the framework's attributes are alone: they
    # are what its users read, save and compare there.
    __slots__ = (
        "__dict__", "_also", "_also_rates", "_bases", "_built", "_by_group", "_floors_seen",
        "_given", "_given_also", "_ledger", "_lows", "_mate", "_multiplies", "_optimizer",
        "_overwritten", "_part", "_pending", "_planned", "_quick", "_rates", "_schedule",
        "_schedules", "_shared", "_single", "_stood", "_told", "_trial", "_updates", "_who",
        "_whole",
    )  # fmt: skip

    #: The number of the last step, from 0. Where it is set, the schedule goes on from there.
    last_epoch: int

    #: What it was when the scheduler was last at work.
    _stood: Any

    #: What it was when its schedule was worked out: whatever the groups hold was another's.
    _planned: Any

    #: How many steps of others to a floor it has gone on after.
    _floors_seen: int

    #: What ``super().get_lr()`` says to a subclass, for once.
    _trial: list[float] | None

    #: Whether it is built, and said once that rates were overwritten.
    _built: bool
    _told: bool

    #: Who holds this scheduler, where another does.
    _whole: Callable[[], Any] | None

    #: Rates that building it has overwritten, to be said unless a state is loaded before a step.
    _overwritten: list[float] | None

    #: How a group goes on that is added midway, with the rate that it is to have now: ``"in
    #: proportion"`` to the schedule from there on, or as if that were its first rate and it had
    #: been there ``"from the start"``. It may be set on a scheduler.
    late_groups: Literal["in proportion", "from the start"] = "in proportion"

    #: What ``load_state_dict`` does where a checkpoint holds another schedule: ``"raise"``, go on
    #: with the ``"checkpoint"``'s, or with ``"mine"``. It may be set on a scheduler.
    on_mismatch: OnMismatch = "raise"

    #: Whether a subclass says in a ``get_lr`` of its own what the rates are.
    _own_get_lr: ClassVar[bool] = False

    #: Whether the framework's own goes to a step that is named by a closed form, too.
    _names_alike = True

    #: Whether it is over at once by that closed form, and never by its steps.
    _over_at_once = False

    #: Whether a step multiplies the rates of all groups by the same.
    _uniform = False

    #: Whether steps may go on to multiply a rate that its schedule has brought to 0.
    _multiplies_on = False

    #: What a step past the end raises.
    _past_end: ClassVar[type[Exception]] = RuntimeError

    #: The framework's class of schedulers.
    _base: ClassVar[type]

    #: How the rates that its optimizer's groups hold are kept in mind.
    _ledger_kind: ClassVar[type[Ledger]] = Ledger

    #: The names of its attributes that are not in ``__dict__``.
    _slots: ClassVar[tuple[str, ...]]

    #: Whether all that its steps do is to write rates of its schedule, as they are or multiplied.
    _quick: bool

    def __new__(cls, *_: Any, **__: Any) -> Self:
        self = super().__new__(cls)
        self._stood = self._planned = self._trial = self._whole = self._overwritten = None
        self._built = self._told = self._quick = False
        self._floors_seen = 0
        return self

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        theirs: Any = cls
        kinds = (vars(kind) for kind in cls.__mro__ if issubclass(kind, ClosedForm))
        names = chain.from_iterable(kind.get("__slots__", ()) for kind in kinds)
        cls._slots = tuple(name for name in names if name != "__dict__")
        cls._own_get_lr = hasattr(cls, "get_lr") and theirs.get_lr is not theirs._schedules_get_lr

    def _prepare(self, optimizer: Any) -> None:
        """Work out the schedule for an optimizer's groups, before anything in them is changed."""
        self._who = object()
        self.optimizer = optimizer
        #: A schedule that took the place of the one that the arguments mean.
        self._given: Schedule | None = None
        self._given_also: Mapping[str, Schedule] = {}
        self._bases = list(map(self._start_of, optimizer.param_groups))
        #: Those that were said of groups that the coming step takes in.
        self._pending: list[float] = []
        self._plan()

    @property
    def optimizer(self) -> Any:
        """The optimizer; where another one is set, it goes on with the rates that it finds."""
        return self._optimizer

    @optimizer.setter
    def optimizer(self, optimizer: Any) -> None:
        self._optimizer = optimizer
        self._ledger = ledger_of(optimizer, self._ledger_kind)
        if self._built:
            self._hook_in()

    def _hook_in(self) -> None:
        """Hear of what the optimizer does, when it is another one."""

    def _all(self) -> dict[str, Any]:
        """Return all of its attributes by their names."""
        own = {name: getattr(self, name) for name in self._slots if hasattr(self, name)}
        return own | self.__dict__

    def _be(self, attributes: Mapping[str, Any]) -> None:
        """Have these attributes, and no others beside the framework's."""
        self.__dict__.clear()
        for name, value in attributes.items():
            if name in self._slots:
                setattr(self, name, value)
            else:
                self.__dict__[name] = value

    def __getstate__(self) -> dict[str, Any]:
        return self._all() | {"_whole": None}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self._be(state)
        # an optimizer's copy has none; schedulers that were copied together have one
        self._ledger = self.optimizer.__dict__.setdefault(NAME, self._ledger)

    # --- what a framework's class says ----------------------------------------------------------

    @staticmethod
    def _start_of(group: Group) -> float:
        """Return the rate that a group starts from."""
        raise NotImplementedError

    def _write(self, groups: Sequence[Group], rates: list[float]) -> None:
        """Set the rates of the groups."""
        raise NotImplementedError

    def _held(self, groups: Sequence[Group]) -> list[float]:
        """Return the rates that the groups hold."""
        raise NotImplementedError

    def _went_on(self, groups: Sequence[Group], rates: list[float]) -> bool:
        """Set the rates of groups that hold what was written last; whether all of them did."""
        raise NotImplementedError

    def _untouched(self) -> bool:
        """Whether the groups certainly hold what was written last."""
        raise NotImplementedError

    def _write_also(self, name: str, groups: Sequence[Group], values: list[float]) -> None:
        """Set what follows a schedule besides, by its name in ``BESIDE``."""
        raise NotImplementedError

    @staticmethod
    def _first_beside(group: Group, name: str) -> float:
        """Return what a group starts from, of what follows a schedule besides the rate."""
        raise NotImplementedError

    def _rounded(self, rates: list[float]) -> list[float]:
        """Return rates as they are in the groups, rounded to their dtypes."""
        raise NotImplementedError

    def _count(self, step: Any) -> None:
        """Set what the framework counts besides, when a state is loaded."""

    def _welcome(self, groups: Sequence[Group], bases: Sequence[float]) -> None:
        """Prepare groups that were added to the optimizer."""

    def _foreign(self, state: Mapping[str, Any]) -> Saved:
        """Read a state that the framework's own class saved."""
        raise KeyError(f"no state of {type(self).__name__}: it lacks the format's version")

    # --- the schedule ---------------------------------------------------------------------------

    def _meaning(self, groups: Sequence[Group]) -> Schedule:
        """Return what the arguments mean for these parameter groups."""
        raise NotImplementedError

    def _also_meaning(self, groups: Sequence[Group]) -> Mapping[str, Schedule]:
        """Return the schedules of what follows one besides, by its name."""
        return {}

    def _plan(self) -> None:
        """Work the schedules of all groups out anew."""
        groups = self.optimizer.param_groups
        schedule = self._meaning(groups) if self._given is None else self._given
        schedules = per_group(schedule, len(groups))
        also = self._also_meaning(groups) if self._given is None else self._given_also
        self._also_rates = {
            name: Rates(per_group(one, len(groups)), self._past_end, f" of the {name}")
            for name, one in also.items()
        }
        self._schedule, self._also = schedule, dict(also)
        self._schedules, self._by_group = Rates(schedules, self._past_end), schedules
        self._lows = self._floors()
        self._planned = self.last_epoch if self._built else None
        whole = None if self._whole is None else self._whole()
        if whole is not None:
            whole._plan_anew()

    @property
    def schedule(self) -> Schedule:
        """The schedule: absolute rates by the step, ``Groups`` where each group has its own."""
        return self._schedule

    @property
    def base_lrs(self) -> list[float]:
        """The rate that each group starts from; torch's name, always floats.

        They may be set, as a whole: the schedule is another one from the next step on.
        """
        return BaseRates(self)

    @base_lrs.setter
    def base_lrs(self, rates: Sequence[Any]) -> None:
        after = [float(finite("a rate", rate)) for rate in rates]
        if len(after) == len(self.optimizer.param_groups) > len(self._bases):
            self._admit(after[len(self._bases) :])
        before = self._bases
        if after == before:  # as when the framework sets them, having built a scheduler
            return
        try:
            self._begin_with(after)
        except Exception:
            self._begin_with(before)
            raise
        self._ledger.restart(self._who)
        if self._built and not self._sets(self.last_epoch):
            self._tell_another("base_lrs were set", self._rates_at(max(self.last_epoch, 0)))

    def _rates_at(self, step: Any) -> list[float]:
        """Return the rate that every group gets at a step."""
        if not self._own_get_lr:
            return self._schedules.at(step)
        before, self.last_epoch = getattr(self, "last_epoch", -1), step
        try:
            rates = [float(finite("a rate of get_lr", rate)) for rate in self._asked()]
            fits = self._built and len(rates) == len(self._bases)
            if fits and not self._told and step == before + 1 > 0:
                self._compare_asked(rates, before, step)
        finally:
            self.last_epoch = before
        if len(rates) != len(self._bases):
            text = f"get_lr has {len(rates)} rates, the optimizer {len(self._bases)} groups"
            raise ValueError(text)
        return rates

    def _asked(self) -> list[Any]:
        """Return what a subclass's ``get_lr`` says."""
        found: list[Any] = self.get_lr()  # type: ignore[attr-defined]
        return found

    def _compare_asked(self, rates: list[float], before: int, step: int) -> None:
        """Say, once, where ``get_lr`` would differ if it asked the framework's own class."""
        if self._setting(step):
            return
        held, lows = self._held(self.optimizer.param_groups), self._lows or [0.0] * len(rates)
        parts = zip(held, self._schedules.at(step), self._schedules.at(before), lows, strict=True)
        moved = [
            low + (rate - low) * ((to - low) / (since - low)) if since != low else rate + to - since
            for rate, to, since, low in parts
        ]
        if all(map(math.isclose, moved, self._schedules.at(step))):
            return
        attributes, self._trial = self._all(), moved
        try:
            others = list(map(float, self._asked()))
        finally:
            self._be(attributes)
        pairs = enumerate(zip(rates, others, strict=True))
        group = next((i for i, pair in pairs if not math.isclose(*pair)), None)
        if group is not None:
            self._told = True
            warnings.warn(
                f"{type(self).__name__}: super().get_lr() is the schedule's rate, so that "
                f"parameter group {group} gets lr={rates[group]!r} at step {step}; the framework's "
                f"own would go on from the {held[group]!r} that it holds, to {others[group]!r}",
                stacklevel=6,
            )

    def _beside_at(self, step: Any) -> dict[str, list[float]]:
        """Return the values at a step of what follows a schedule besides."""
        return {name: rates.at(step) for name, rates in self._also_rates.items()}

    # --- the clock ------------------------------------------------------------------------------

    def _go_to(self, step: Any, *, anew: bool = False) -> None:
        """Write the rates of a step; those of the schedule alone where it begins anew."""
        if self._built and self.last_epoch is not self._stood and not anew:
            self._notice()
        if anew and self._built and not self._names_alike:
            if self._over_at_once:
                self._tell_that(f"step {step} was named", "has come to its end by then")
            elif step != self.last_epoch + 1:
                theirs = "goes one step on from the rate that it holds"
                self._tell_that(f"step {step} was named", theirs)
        groups = self._optimizer.param_groups
        if len(groups) != len(self._bases):
            self._admit()
        rates = self._rates_at(step) if self._own_get_lr else self._schedules.at(step)
        also = self._beside_at(step) if self._also_rates else None
        ledger = self._ledger
        value: list[float] | None = rates
        if ledger.alone is not self._who:
            part = ledger.parts.get(self._who)
            together = part is not None and ledger.alone is None is ledger.waiting
            value = ledger.times(part, rates) if part is not None and together else None
        if anew or value is None or not self._went_on(groups, value):
            if self._built:
                value = self._with_others(step, rates, anew)
            else:
                value = self._entering(step, rates)
                ledger.wait()  # so that the first step looks at what was found
            ready = self._built and len(ledger.last) == len(groups)
            if not ready or not self._went_on(groups, value):
                self._write(groups, value)
                ledger.last = value
        if also is not None:
            self._write_beside(groups, also)
        self.last_epoch = self._stood = step
        self._rates = value

    def _notice(self) -> None:
        """Take notice of it that somebody else has said at which step it stands."""
        shadowed = sorted(name for name in vars(self) if _decides(type(self), name))
        if shadowed:
            text = f"{', '.join(shadowed)}: put into its __dict__, where it has no say"
            raise TypeError(f"{type(self).__name__}: {text}; load_state_dict takes a state")
        if self.last_epoch == self._stood:
            return
        step = max(finite("last_epoch", self.last_epoch), 0)
        if not self._sets(step):
            self._tell_another(f"last_epoch was set to {self.last_epoch}", self._rates_at(step))

    def _write_beside(self, groups: Sequence[Group], also: Mapping[str, list[float]]) -> None:
        for name, values in also.items():
            self._write_also(name, groups, values)

    def _show(self, step: Any, rates: list[float]) -> None:
        """Stand where the scheduler that holds this one has brought it."""
        if self.last_epoch is not self._stood and self.last_epoch != self._stood:
            whole = type(self._whole()).__name__ if self._whole is not None else "its whole"
            raise TypeError(f"{type(self).__name__}: last_epoch was set, but {whole} steps it")
        self.last_epoch = self._stood = step
        self._rates = rates
        self._count(step)

    def __repr__(self) -> str:
        schedule = f"{self.schedule!r}"
        shown = schedule if len(schedule) <= 300 else f"{schedule[:297]}..."
        return f"<{type(self).__name__} at step {self.last_epoch}: {shown}>"

    # --- beside other schedulers ----------------------------------------------------------------

    def _sets(self, step: Any) -> bool:
        """Whether a step sets the rate, whatever the groups hold."""
        return self._own_get_lr or self._setting(step)

    def _setting(self, step: Any) -> bool:
        """Whether a step of the framework's own sets the rate, and multiplies none."""
        return True

    def _floors(self) -> list[float] | None:
        """Return for each group what a step multiplies the rate's distance to; none for 0."""
        return None

    def _entering(self, step: int, rates: list[float]) -> list[float]:
        """Return the rates that building this scheduler gives to the groups."""
        ledger, bases = self._ledger, self._bases
        ledger.groups = self.optimizer.param_groups
        found = self._held(self.optimizer.param_groups)
        if self._sets(step):
            ledger.set(self._who, rates)
            if step == 0 and not self._setting(step) and found != self._rounded(bases):
                self._overwritten = found
            return rates
        built = bool(ledger.last) and not ledger.begun  # others were, and none was stepped
        starts = all(map(math.isclose, found, self._rounded(bases)))
        if not starts and not (built and found == self._rounded(ledger.last)):
            built = step == 0 and self._surprised()
            if built:
                ledger.anew(found)
            elif step == 0:
                self._overwritten = found
        if built:
            return ledger.onward(self._who, found, rates, bases, self._lows, uniform=self._uniform)
        start = bases if self._lows is None else None
        ledger.set(self._who, rates, start, self._uniform)
        return rates

    def _with_others(self, step: Any, rates: list[float], anew: bool) -> list[float]:
        """Return the rates that a step gives to groups that others have given rates, too."""
        ledger = self._ledger
        ledger.begun = True
        ledger.claim(self._who)
        found = self._overwritten
        if found is not None:
            self._tell(step, found, self._rates if found != self._rates else self._bases)
            self._overwritten = None
        if anew or self._sets(step):
            ledger.set(self._who, rates)
            return rates
        found = ledger.last
        if not self._untouched():
            held = self._held(self.optimizer.param_groups)
            last = self._rounded(found)
            if not found or (held != last and self._surprised()):
                found = held
                ledger.anew(found)
            else:
                self._tell(step, held, last)
        if ledger.alone is self._who:
            return rates
        before = self._bases if self.last_epoch < 0 else self._schedules.at(self.last_epoch)
        at = zip(*map(self._at_floor, (before, rates, found)), strict=True)
        if any(since and to and not now for since, to, now in at):
            self._tell_that(f"others moved {found}", "multiplies the distance to its lowest rate")
        return ledger.onward(self._who, found, rates, before, self._lows, uniform=self._uniform)

    def _at_floor(self, rates: list[float]) -> list[bool]:
        """Say of which groups these rates are what a step multiplies the distance to."""
        lows = self._lows or [0.0] * (len(rates) if self._multiplies_on else 0)
        return [math.isclose(*pair, rel_tol=1e-14) for pair in zip(rates, lows, strict=False)]

    def _surprised(self) -> bool:
        """Whether a scheduler that is none of Isorate's can have written what the groups hold."""
        return self._ledger.surprised(self.optimizer, self._base, ClosedForm)

    def _tell(self, step: Any, found: list[float], last: list[float]) -> None:
        """Say, once, that rates are overwritten that no scheduler has written."""
        if self._told or found == last:
            return
        self._told = True
        pairs = enumerate(zip(found, last, strict=True))
        group, rate, mine = next((i, *pair) for i, pair in pairs if pair[0] != pair[1])
        warnings.warn(
            f"parameter group {group} held lr={rate!r} where {type(self).__name__} had set "
            f"{mine!r}: step {step} overwrites it, as its rates are those of its schedule. To go "
            "on from another rate, set scheduler.base_lrs; to let a function of your own decide, "
            "give the class a get_lr",
            stacklevel=5,
        )

    def _tell_that(self, what: str, theirs: str) -> None:
        """Say, once, that the rates are the schedule's, whatever the framework's own does."""
        if not self._told:
            self._told = True
            text = f"{what}: {type(self).__name__} goes on with the rates of its schedule"
            warnings.warn(f"{text}, where the framework's own {theirs}", stacklevel=4)

    def _tell_another(self, what: str, rates: list[float]) -> None:
        """Say, once, that rates are not those that the framework's own would go on from."""
        if self._told or all(map(math.isclose, self._rates, rates)):
            return
        self._told = True
        pairs = zip(self._rates, rates, strict=True)
        group, (held, other) = next(
            (i, pair) for i, pair in enumerate(pairs) if not math.isclose(*pair)
        )
        warnings.warn(
            f"{what}: {type(self).__name__} goes on as if it had been so from the start, parameter "
            f"group {group} from lr={other!r}, where the framework's own goes on from the "
            f"{held!r} that it holds. scheduler.base_lrs may be set for that",
            stacklevel=4,
        )

    def seek(self, step: int) -> None:
        """Go to a step at once, forwards or backwards, and write its rates.

        Raises:
            TypeError: no integer.
            ValueError: a step below 0.
            RuntimeError: a step past the schedule's end.

        """
        if isinstance(step, bool) or not isinstance(step, int):
            raise TypeError(f"step is not an int: {step!r}")
        if step < 0:
            raise ValueError(f"step is below 0: {step}")
        self._go_to(step)

    def _admit(self, firsts: Sequence[Any] = ()) -> None:
        """Take in the groups that were added to the optimizer since the last step.

        Args:
            firsts: their first rates, where a checkpoint has them.

        """
        groups = self.optimizer.param_groups
        known = len(self._bases)
        if len(groups) < known:
            raise ValueError(f"the optimizer has {len(groups)} groups, the scheduler {known}")
        bases, added = self._bases, groups[known:]
        try:
            self._begin_with([*bases, *(list(map(float, firsts)) or self._first_rates(added))])
        except Exception:
            self._begin_with(bases)
            raise
        self._pending = []
        self._welcome(added, self._bases[known:])
        self._rates = [*self._rates[:known], *self._held(added)]
        ledger = self._ledger
        held = [*(ledger.last or self._held(groups))[:known], *self._held(groups)[known:]]
        if self._who in (ledger.alone, ledger.waiting):
            ledger.set(self._who, held)
        else:
            ledger.anew(held)
        ledger.last = held

    def _first_rates(self, added: Sequence[Group]) -> list[float]:
        """Return what the first rates of groups are taken for that were added since.

        In proportion: what would have come to the rate that the group has now.
        """
        if self.late_groups == "from the start":
            return list(map(self._start_of, added))
        found = [float(finite("a rate", group["lr"])) for group in added]
        bases, step = self._bases, max(self.last_epoch, 0)
        ends = []
        for trial in (0.0, 1.0):
            self._begin_with([*bases, *(trial for _ in added)])
            ends.append(self._schedules.at(step)[len(bases) :])
        firsts = [
            (rate - low) / (high - low) if high != low and "schedule" not in group else rate
            for group, rate, low, high in zip(added, found, *ends, strict=True)
        ]
        for group, rate, low, high in zip(added, found, *ends, strict=True):
            if low == high != rate and not self._setting(step) and "schedule" not in group:
                warnings.warn(
                    f"a group was added with lr={rate!r} at step {step}, where every rate of "
                    f"{type(self).__name__} has come to {low!r}: its rates are the schedule's, "
                    "not in proportion to the one that it has",
                    stacklevel=6,
                )
        if self._sets(step):  # as the frameworks, which ask for them there
            firsts[: len(self._pending)] = self._pending[: len(firsts)]
        return firsts

    # --- what is saved --------------------------------------------------------------------------

    def state_dict(self) -> dict[str, Any]:
        """Return the state: the schedule, a format version and the counter, in JSON's types.

        ``rates_in_use`` is false where another scheduler, or the user, has set a rate since.
        """
        if len(self.optimizer.param_groups) > len(self._bases):
            with suppress(ValueError, IsorateError):  # which the next step raises
                self._admit()
        return state_of(
            self.schedule,
            self.last_epoch,
            bases=self._bases,
            in_use=self._in_use(),
            also=self._also,
            rates=self._rates,
            alone=self._alone(),
        )

    def _alone(self) -> bool:
        """Whether the rates are the schedule's, and nobody else has a part in them."""
        stepped = self.last_epoch == self._stood != self._planned
        if stepped and self._sets(self.last_epoch):
            return True
        if self._who in (self._ledger.alone, self._ledger.waiting):
            return True
        return self._rates == self._rates_at(max(self.last_epoch, 0))

    def _in_use(self) -> bool:
        """Whether the groups hold the rates last written."""
        written = zip(self.optimizer.param_groups, self._rounded(self._rates), strict=False)
        return all(float(group["lr"]) == rate for group, rate in written)

    def load_state_dict(
        self, state_dict: Mapping[str, Any], *, on_mismatch: str | None = None
    ) -> None:
        """Load a state, and write the rates of its step into the optimizer's groups.

        So it does not matter whether the optimizer's own state is loaded too, before or after. The
        rates are left alone where they were not this scheduler's when the state was saved, as for
        the schedulers of a ``SequentialLR`` whose turn is over or has not come. States of the
        framework's own schedulers are read, where it has any.

        Args:
            state_dict: what ``state_dict()`` returned.
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
        before = self._all()
        try:
            own = KEY in state_dict
            saved = read_state(state_dict, kind) if own else self._foreign(state_dict)
            if len(saved.bases or ()) == len(self.optimizer.param_groups) > len(self._bases):
                self._admit((saved.bases or ())[len(self._bases) :])
            self._settle(saved, choice)
            step = finite("last_epoch", saved.step)
            its_turn = step != -1  # else in a SequentialLR, and its turn has not come
            if step < -1:
                raise ValueError(f"last_epoch is below -1: {step}")
            closed = self._rates_at(step if its_turn else 0)
            also = self._beside_at(step if its_turn else 0)
            if saved.rates is None:  # those that were used, though another schedule comes next
                used = saved.used if choice != "mine" else None
                rates, alone = [float(finite("a rate", rate)) for rate in used or ()], True
            else:
                rates = self._composed(closed, saved)
                alone = rates is closed
            self._rates = rates if len(rates) == len(closed) else closed
            self.last_epoch = self._stood = step
            self._count(step)
        except (KeyError, ScheduleMismatchError):
            self._be(before)
            raise
        except Exception as error:
            self._be(before)
            raise ValueError(f"no state of {kind}: {error}") from error
        self._overwritten = None
        self._ledger.drop(self._who)
        if its_turn and saved.in_use:
            groups, ledger = self.optimizer.param_groups, self._ledger
            if alone:
                ledger.set(self._who, closed)
            else:
                ledger.anew(self._rates)
            self._write(groups, self._rates)
            ledger.last = self._rates
            self._write_beside(groups, also)

    def _composed(self, closed: list[float], saved: Saved) -> list[float]:
        """Return the rates that a checkpoint's groups held, where others had a part in them."""
        rates = [float(finite("a rate", rate)) for rate in saved.rates or ()]
        groups, ledger = self.optimizer.param_groups, self._ledger
        found, last = self._held(groups), self._rounded(ledger.last)
        loaded = found != last or ledger.groups is not groups
        ledger.groups = groups
        if saved.near and last and (loaded or ledger.restored):
            rates, ledger.restored = found, True  # the optimizer's own state is loaded already
        elif saved.near and self._sets(saved.step):
            return closed

        def near(one: float, other: float) -> bool:
            return math.isclose(one, other, rel_tol=saved.near)

        same = len(rates) != len(closed) or all(map(near, rates, closed))
        return closed if same and saved.near else rates

    def _settle(self, saved: Saved, choice: OnMismatch) -> None:
        """Take a checkpoint's schedule, keep this one, or raise."""
        if choice == "mine":
            return
        same = not differ(self._beside(saved), saved) or self._begins_again(saved)
        other = differing(self._also, saved)
        if same and other is None:
            return
        if choice == "raise" and not same:
            tree = as_tree(saved.schedule) if saved.tree is None else saved.tree
            raise mismatch(self._beside(saved), saved.schedule, tree)
        if choice == "raise" and other is not None:
            tree = saved.also.get(other)
            theirs = None if tree is None else as_schedule(tree)
            raise mismatch(self._also.get(other), theirs, tree, other)
        if saved.schedule is None:
            raise ValueError("its schedule is a function of Python, which is not in the checkpoint")
        self._adopt(saved, saved.schedule)

    def _adopt(self, saved: Saved, schedule: Schedule) -> None:
        """Take a checkpoint's schedule."""
        also = {}
        for name, tree in saved.also.items():
            found = as_schedule(tree)
            if found is None:
                raise ValueError(f"its schedule of the {name} is a function of Python")
            also[name] = found
        self._replace(schedule, also, saved.bases)

    def _begins_again(self, saved: Saved) -> bool:
        """Take a checkpoint's first rates where this scheduler's are those it had got to.

        So it is where the optimizer's own state was loaded before the scheduler was built, and had
        forgotten with which rates the run began, or had been told others by a scheduler within.
        """
        before, same = self._firsts(), False
        if saved.bases is None or len(saved.bases) != len(self._bases):
            return False
        self._begin_as(saved.firsts)
        try:
            left = [self._rounded(self._rates_at(saved.step)), *self._announced()]
            changed = zip(before, self._firsts(), strict=True)
            same = all(one == other or one in left for one, other in changed)
            same = same and not differ(self._beside(saved), saved)
        finally:
            if not same:
                self._begin_as(before)
        return same

    def _announced(self) -> list[list[float]]:
        """Return the first rates that it has given the groups, where the run began with others."""
        return []

    def _firsts(self) -> list[list[float]]:
        """Return the first rates of the schedulers that it is made of, its own at last."""
        return [self._bases]

    def _begin_as(self, firsts: Sequence[Sequence[Any]]) -> None:
        """Start from these, in the order of ``_firsts``; from its own where the others lack."""
        self._begin_with([float(finite("a rate", base)) for base in firsts[-1]])

    def _begin_with(self, rates: list[float]) -> None:
        """Start from these first rates."""
        self._bases = rates
        self._plan()

    def _beside(self, saved: Saved) -> Schedule:
        """Return the schedule to compare: that of the groups that the checkpoint knows."""
        known, mine = None if saved.bases is None else len(saved.bases), self._by_group
        if isinstance(saved.schedule, Groups):
            known = len(saved.schedule.of)
        if known is not None and known > len(mine):
            text = f"it has {known} parameter groups, the optimizer {len(mine)}"
            raise ValueError(text)
        if known is None or known == len(mine) or not isinstance(self.schedule, Groups):
            return self.schedule
        return mine[0] if known == 1 else Groups(tuple(mine[:known]))

    def _replace(
        self,
        schedule: Schedule,
        also: Mapping[str, Schedule] | None = None,
        bases: Sequence[float] | None = None,
    ) -> None:
        """Go on with another schedule; groups that it does not know keep their own."""
        known = None if bases is None else len(bases)
        if isinstance(schedule, Groups):
            known = len(schedule.of)
        if known is not None and known < len(self._by_group):
            schedule = Groups((*per_group(schedule, known), *self._by_group[known:]))
        self._given, self._given_also = schedule, also or {}
        self._plan()
        self._ledger.restart(self._who)

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
        if self._also:
            names = " and the ".join(self._also)
            raise ScheduleError(f"a {type(self).__name__} that moves the {names} is not extended")
        schedule = extended(self.schedule, total, self.last_epoch, way, planned=planned, over=over)
        return Extension(self.schedule, schedule, self.last_epoch, total, way, self._go_on_with)

    def _go_on_with(self, schedule: Schedule) -> None:
        self._replace(schedule)
        self._go_to(self.last_epoch)


def _decides(kind: type, name: str) -> bool:
    """Whether a class says itself what an attribute is, and leaves no say to its objects."""
    return hasattr(type(getattr(kind, name, None)), "__set__") and name != "get_lr"


class BaseRates(list[float]):
    """The rates that groups start from: a list to read, to which those of added ones come."""

    def __init__(self, scheduler: ClosedForm) -> None:
        super().__init__([*scheduler._bases, *scheduler._pending])
        self._scheduler = scheduler

    def __setitem__(self, place: Any, rate: Any) -> None:
        """Set one, or some, of those that are known."""
        super().__setitem__(place, rate)
        self._scheduler.base_lrs = self[: len(self._scheduler._bases)]

    def append(self, rate: Any) -> None:
        """Say the first rate of a group that was added."""
        super().append(float(finite("a rate", rate)))
        self._scheduler._pending = self[len(self._scheduler._bases) :]

    def __reduce__(self) -> tuple[type[list[float]], tuple[list[float]]]:
        return list, (list(self),)


def finite(what: str, value: Any) -> Any:
    """Return a finite number as Python has it."""
    number = unwrapped(value)
    if not isinstance(number, int | float):
        raise TypeError(f"{what} is not a number: {value!r}")
    if not math.isfinite(number):
        raise ValueError(f"{what} is not finite: {number}")
    return number


class Kept(list[Any]):
    """A list of a scheduler's: what is changed in it is used from then on."""

    def __init__(self, values: Iterable[Any], change: Callable[[list[Any]], object]) -> None:
        super().__init__(values)
        self._change = change

    def __reduce__(self) -> Any:
        return list, (list(self),)


def _changing(name: str) -> Callable[..., Any]:
    """Return a list's method that says of a ``Kept`` that it has changed it."""

    def method(self: Kept, *arguments: Any, **named: Any) -> Any:
        found = getattr(list, name)(self, *arguments, **named)
        self._change(list(self))
        return found

    return functools.wraps(getattr(list, name))(method)


for _name in (
    *("__setitem__", "__delitem__", "__iadd__", "__imul__", "append", "clear", "extend"),
    *("insert", "pop", "remove", "reverse", "sort"),
):
    setattr(Kept, _name, _changing(_name))
