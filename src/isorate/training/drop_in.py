"""Schedulers under a framework's names, made from its calls: each does what its call means."""

from __future__ import annotations

import inspect
from collections import Counter
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, ClassVar, Final

from isorate.kit.optimizer import Optimizer, ParamGroup
from isorate.kit.scheduler import Multiplying
from isorate.kit.tensors import unwrapped
from isorate.schedule.combinators.clocks import on_steps
from isorate.schedule.errors import IsorateError
from isorate.training.closed_form import ClosedForm
from isorate.training.formulas import documented
from isorate.training.states import differ, differing

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from isorate.kit.call import Call
    from isorate.schedule.node import Schedule
    from isorate.training.closed_form import Group
    from isorate.training.states import Saved

TIME: Final = (
    "t is the number of calls of ``step()``, base the first rate of a parameter group; what no "
    "scheduler has written in between makes no difference. Where the arguments mean no schedule, "
    "ValueError is raised; what the framework raises at some step is raised at once."
)
POSITIONAL: Final = inspect.Parameter.POSITIONAL_OR_KEYWORD

#: Why a drop-in's arguments may mean nothing any more.
OTHER: Final = "a checkpoint or an extension gave the scheduler another schedule"


class Argument:
    """An argument of the constructor: setting it changes the schedule from the next step on."""

    def __set_name__(self, owner: type, name: str) -> None:
        self.name = name

    def __get__(self, scheduler: Any, owner: type) -> Any:
        if scheduler is None:
            return self
        arguments = scheduler._arguments
        if arguments is None:
            raise AttributeError(f"{self.name} is not known: {OTHER}")
        return arguments[self.name]

    def __set__(self, scheduler: Any, value: Any) -> None:
        scheduler._change({self.name: value})


class Milestones(Argument):
    """Milestones, which the frameworks count: how often each of them is listed."""

    def __get__(self, scheduler: Any, owner: type) -> Any:
        found = super().__get__(scheduler, owner)
        if scheduler is None:
            return self
        return Counted(found, lambda changed: self.__set__(scheduler, changed))

    def __set__(self, scheduler: Any, value: Any) -> None:
        counted = isinstance(value, Counter)
        super().__set__(scheduler, sorted(value.elements()) if counted else value)


class Counted(Counter[int]):
    """How often each milestone is listed; what is set there is used from then on."""

    def __init__(self, milestones: Any, change: Callable[[Counter[int]], object]) -> None:
        super().__init__(milestones)
        self._change = change

    def __setitem__(self, milestone: int, times: int) -> None:
        super().__setitem__(milestone, times)
        if "_change" in vars(self):
            self._change(self)

    def __delitem__(self, milestone: object) -> None:
        super().__delitem__(milestone)
        self._change(self)

    def __reduce__(self) -> Any:
        return Counter, (dict(self),)


class DropIn(ClosedForm):
    """A scheduler under the name and with the signature of a framework's own.

    What it does is what that call means (``Call.lower()``), for the first rate of each group.
    """

    #: The call whose meaning it has.
    constructor: ClassVar[type[Call]]

    _arguments: dict[str, Any] | None

    #: The attributes that say its arguments in the framework's own class; none: all of them.
    _saved_as: ClassVar[tuple[str, ...] | None] = None

    def _take(self, arguments: Mapping[str, Any]) -> None:
        """Keep the constructor's arguments."""
        self._arguments = {name: _unwrapped(value) for name, value in arguments.items()}

    def _call(self, bases: Sequence[float]) -> Call:
        """Return the call for these first rates, or raise what the framework raises for it."""
        assert self._arguments is not None
        kind: Any = self.constructor
        steps = "optimizer" in kind.__struct_fields__  # else its rates are absolute
        on = {"optimizer": optimizer_of(bases)} if steps else {}
        call: Call = kind(**on, **self._arguments)
        check(call)
        return call

    def _meaning(self, groups: Sequence[Group]) -> Schedule:
        return lowered(self._call(self._bases))

    def _setting(self, step: Any) -> bool:
        return not self._uniform

    @property
    def _names_alike(self) -> bool:  # type: ignore[override]
        return not self._over_at_once

    @property
    def _over_at_once(self) -> bool:  # type: ignore[override]
        return (self._arguments or {}).get("total_iters") == 0

    def _change(self, changed: Mapping[str, Any]) -> None:
        before, name = self._arguments, " and ".join(changed)
        if before is None:
            raise AttributeError(f"{name} has no say: {OTHER}")
        self._arguments = before | {each: _unwrapped(value) for each, value in changed.items()}
        try:
            self._plan()
        except Exception:
            self._arguments = before
            raise
        self._ledger.restart(self._who)
        if self._built and not self._sets(self.last_epoch):
            self._tell_another(f"{name} was set", self._rates_at(max(self.last_epoch, 0)))

    def state_dict(self) -> dict[str, Any]:
        """Return the state, with the arguments, by which the framework's own class goes on."""
        shown = {name: _plain(getattr(self, name)) for name in self._attributes()}
        return {**shown, **super().state_dict()}

    def _attributes(self) -> Sequence[str]:
        return (self._saved_as or tuple(self._arguments)) if self._arguments else ()

    def _adopt(self, saved: Saved, schedule: Schedule) -> None:
        if saved.call is None and self._took(saved):
            return
        call: Any = saved.call
        if call is None or call.name != self.constructor.__name__:
            super()._adopt(saved, schedule)
            return
        known = self._arguments or call.arguments()
        self._arguments = {name: getattr(call, name) for name in known if name != "last_epoch"}
        self._arguments.pop("optimizer", None)
        bases = [group.base for group in call.optimizer.groups]
        self._bases = [*bases, *self._bases[len(bases) :]]
        self._given = None
        self._plan()

    def _took(self, saved: Saved) -> bool:
        """Take the arguments that a state of Isorate's has; whether they mean its schedule."""
        before = self._all()
        self._built = False  # as if they had been given when it was built
        try:
            for name in self._attributes():
                if getattr(self, name) != saved.state[name]:
                    setattr(self, name, saved.state[name])
            self._begin_with([*(saved.bases or ()), *self._bases[len(saved.bases or ()) :]])
            took = not differ(self._beside(saved), saved) and not differing(self._also, saved)
        except (AttributeError, KeyError, TypeError, ValueError):
            took = False
        if not took:
            self._be(before)
        self._built = before["_built"]
        return took

    def _replace(
        self,
        schedule: Schedule,
        also: Mapping[str, Schedule] | None = None,
        bases: Sequence[float] | None = None,
    ) -> None:
        self._arguments = None
        super()._replace(schedule, also, bases)


class Annealing(DropIn):
    """A ``CosineAnnealingLR``, whose steps multiply the rate's distance to ``eta_min``."""

    eta_min: Any

    def _setting(self, step: Any) -> bool:
        return self._arguments is None  # its trough is not known

    def _floors(self) -> list[float] | None:
        eta_min = 0.0 if self._arguments is None else float(self.eta_min)
        return [eta_min] * len(self._bases) if eta_min else None


def drop_in(
    constructor: type[Call], base: Any, *, home: str, theirs: Any, whose: str, example: str
) -> Any:
    """Return the class of a scheduler that has a call's name and signature, and does what it means.

    Args:
        constructor: the call.
        base: the class to derive it from, built as ``base(optimizer, last_epoch, **arguments)``.
        home: the package that has it under this name.
        theirs: the framework's own, whose annotations are those of the signature.
        whose: what the framework's things are called by.
        example: the example of its documentation, see ``documented``.

    """
    name = constructor.card.name.rpartition(".")[2]
    signature = signature_of(constructor, theirs)
    if "optimizer" not in signature.parameters:  # one that its own framework does not step
        optimizer = inspect.Parameter("optimizer", POSITIONAL, annotation="Optimizer")
        signature = signature.replace(parameters=[optimizer, *signature.parameters.values()])

    def build(self: Any, *given: Any, **named: Any) -> None:
        arguments = bound(name, signature, given, named)
        optimizer, last_epoch = arguments.pop("optimizer"), arguments.pop("last_epoch", -1)
        base.__init__(self, optimizer, last_epoch, **arguments)

    build.__name__, build.__qualname__, build.__module__ = "__init__", f"{name}.__init__", home
    with_self = [inspect.Parameter("self", POSITIONAL), *signature.parameters.values()]
    build.__signature__ = signature.replace(parameters=with_self)  # type: ignore[attr-defined]
    told = f"{whose} {{}} by its closed form."
    before = "optimizer, " if next(iter(signature.parameters)) == "optimizer" else ""
    namespace: dict[str, Any] = {
        each: Milestones() if each == "milestones" else Argument()
        for each in signature.parameters
        if issubclass(base, DropIn) and each not in ("optimizer", "last_epoch")
        if not hasattr(base, each)
    }
    namespace |= {
        "__init__": build,
        "__module__": home,
        "__doc__": documented(constructor, told, TIME, example, before),
        "constructor": constructor,
        "_uniform": issubclass(base, DropIn) and issubclass(constructor, Multiplying),
    }
    return type(base)(name, (base,), namespace)


def bound(
    name: str, signature: inspect.Signature, given: Sequence[Any], named: Mapping[str, Any]
) -> dict[str, Any]:
    """Return arguments by name, defaults included, or raise as Python does for a call."""
    try:
        found = signature.bind(*given, **named)
    except TypeError as error:
        raise TypeError(f"{name}() {error}") from None
    found.apply_defaults()
    return found.arguments


def signature_of(constructor: type[Call], theirs: Any = None) -> inspect.Signature:
    """Return a call's signature, annotated as the framework's own where that is."""
    annotations: dict[str, Any] = {}
    for kind in reversed(constructor.__mro__):
        annotations |= inspect.get_annotations(kind)
    if theirs is not None:
        known = inspect.signature(theirs).parameters.values()
        annotations |= {p.name: p.annotation for p in known if p.annotation is not p.empty}
    defaults = constructor.defaults()
    return inspect.Signature(
        [
            inspect.Parameter(
                name,
                POSITIONAL,
                default=defaults.get(name, inspect.Parameter.empty),
                annotation=annotations[name],
            )
            for name in constructor.__struct_fields__
        ],
        return_annotation="None",
    )


class Below(ParamGroup, frozen=True):
    """A group that came in below the lowest rate: in proportion, it has begun below 0."""

    def __post_init__(self) -> None:
        """Have no objection."""


def optimizer_of(bases: Sequence[float]) -> Optimizer:
    """Return the optimizer whose parameter groups begin with these rates."""
    return Optimizer(tuple(Below(base) if base < 0 else ParamGroup(base) for base in bases))


def lowered(call: Call) -> Schedule:
    """Return a call's schedule on the clock of ``step()``.

    Raises:
        ValueError: the call has no meaning as a schedule.

    """
    with blaming(call.name):
        return on_steps(call.lower())


@contextmanager
def blaming(name: str) -> Iterator[None]:
    """Raise ValueError, which names the scheduler, where there is no schedule for its arguments."""
    try:
        yield
    except IsorateError as error:
        raise ValueError(f"{name}: {error}") from None


def check(call: Call) -> None:
    """Raise what the framework raises for these arguments."""
    fault = call.fault()
    if fault is not None:
        raise fault.error(f"{call.name}: {fault.text}")


def one_a_group(value: Any, groups: int) -> list[Any]:
    """Return an argument's value for each parameter group: one for all, or a list of them."""
    return list(value) if isinstance(value, list) else [value] * groups


def _plain(value: Any) -> Any:
    """Return what an attribute shows without its way back to the scheduler."""
    if isinstance(value, Counter):
        return Counter(dict(value))
    return list(value) if isinstance(value, list) else value


def _unwrapped(value: Any) -> Any:
    """Take NumPy's and torch's numbers for Python's, in lists as well."""
    if isinstance(value, list | tuple):
        return [unwrapped(item) for item in value]
    return unwrapped(value)
