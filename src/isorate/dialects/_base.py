"""What every dialect is made of: calls, their cards, and how a conversion proposes one."""

from __future__ import annotations

import math
import struct
import sys
from dataclasses import dataclass, field
from enum import Enum
from typing import TYPE_CHECKING, Any, ClassVar, Literal

import msgspec

from isorate.core import notebook
from isorate.core.errors import ConvertError, IsorateError, NativeError, ReadError, RunError
from isorate.dialects._boundary import Answer, guard
from isorate.dialects._optimizers import NO_OPTIMIZERS, Optimizers

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from numpy.typing import NDArray

    from isorate.core.run import StepEvery
    from isorate.core.schedule import Schedule

#: Code longer than this is shown by its two ends; lists of rates sooner, as they say less.
LONGEST_SHOWN, LONGEST_LIST = 1200, 400

#: What ends the rates where the framework goes on and Isorate does not.
LIMIT = "IsorateLimit"

#: What an argument says about the schedule.
Role = Literal["start", "end", "duration", "factor", "shape", "clock", "length", "begin"]


@dataclass(frozen=True, slots=True)
class Fault:
    """An exception that the framework raises for these arguments alone.

    Args:
        error: the exception class.
        text: what is wrong, in Isorate's words.
        when: ``"on construction"`` or ``"on the first step"``.

    """

    error: type[Exception]
    text: str
    when: str = "on construction"


class ParamGroup(msgspec.Struct, frozen=True):
    """What a parameter group of an optimizer says about its rate.

    Args:
        lr: the rate in ``group["lr"]`` when the scheduler is built.
        initial_lr: ``group["initial_lr"]``, where a checkpoint or the text has set it.
        tensor: the dtype where the rate is a tensor, else none: a Python float.
        left: what a scheduler left in the group besides, as ``OneCycleLR`` does, by its key.
        others: its entries that are no rates, as source: ``"'weight_decay': 0.0"``.
        shared: whether its rate is the optimizer's own tensor, which other groups hold, too.

    """

    lr: float
    initial_lr: float | None = None
    tensor: Literal["float32", "float64"] | None = None
    left: dict[str, float] = {}
    others: tuple[str, ...] = ()
    shared: bool = False

    def __post_init__(self) -> None:
        for name, value in {"lr": self.lr, "initial_lr": self.initial_lr, **self.left}.items():
            if value is None and name == "initial_lr":
                continue
            if isinstance(value, bool) or not isinstance(value, int | float):
                raise ReadError(f"{name} is not a number", got=repr(value))
            if not 0 <= value <= sys.float_info.max:  # NaN is not
                raise ReadError(f"{name} is out of range", required="a finite rate >= 0", got=value)

    @property
    def base(self) -> float:
        """The rate that a scheduler takes as its start: ``initial_lr`` where there is one."""
        return self.lr if self.initial_lr is None else self.initial_lr

    def held(self) -> ParamGroup:
        """Return the group as its tensors hold the rates: rounded to their dtype."""
        if self.tensor != "float32":
            return self
        initial = None if self.initial_lr is None else _float32(self.initial_lr)
        return msgspec.structs.replace(self, lr=_float32(self.lr), initial_lr=initial)


class Optimizer(msgspec.Struct, frozen=True):
    """The optimizer that a scheduler is given: its rates, and what else a text says of it.

    Args:
        groups: one entry a parameter group.
        name: its class: the last part of the name where the framework has it, else the whole name.
        arguments: its other arguments, as source: ``"weight_decay=0.1"``.

    """

    groups: tuple[ParamGroup, ...]
    name: str = "SGD"
    arguments: tuple[str, ...] = ()

    @classmethod
    def of(cls, *rates: float) -> Optimizer:
        """Return an optimizer with one parameter group for each rate."""
        return cls(tuple(ParamGroup(rate) for rate in rates))

    def made_like(self, other: Optimizer) -> Optimizer:
        """Return an optimizer of another's class and arguments, with this one's rates."""
        groups = self.groups
        if len(groups) == len(other.groups):
            pairs = zip(groups, other.groups, strict=True)
            groups = tuple(msgspec.structs.replace(a, others=b.others) for a, b in pairs)
        return Optimizer(groups, other.name, other.arguments)

    @property
    def dtype(self) -> Literal["float64", "float32"]:
        """The dtype that holds every group's rates: float32 where all are float32 tensors."""
        return "float32" if all(group.tensor == "float32" for group in self.groups) else "float64"

    def resume_fault(self, last_epoch: Any) -> Fault | None:
        """Return the KeyError of a scheduler that is resumed where no first rate is known."""
        if last_epoch == -1:
            return None
        for index, group in enumerate(self.groups):
            if group.initial_lr is None:
                text = f"last_epoch={last_epoch} needs 'initial_lr' in parameter group {index}"
                return Fault(KeyError, text)
        return None

    def strict_resume_fault(self, last_epoch: Any) -> Fault | None:
        """Return the same, or what is wrong with ``last_epoch`` where it is checked first."""
        if isinstance(last_epoch, bool) or not isinstance(last_epoch, int):
            return Fault(TypeError, f"last_epoch is not an int: {last_epoch!r}")
        if last_epoch < -1:
            return Fault(ValueError, f"last_epoch={last_epoch} is below -1")
        return self.resume_fault(last_epoch)


class Halting(Exception):  # noqa: N818 - a signal inside native arithmetic, never a user's error
    """Raised by native arithmetic where the framework raises instead of giving the next rate.

    Args:
        error: the name of the exception class; ``LIMIT`` where Isorate stops, not the framework.
        text: what is wrong, in words.

    """

    def __init__(self, error: str, text: str) -> None:
        super().__init__(text)
        self.error = error
        self.text = text


class Afterwards(str):
    """A loss by what comes after the end; where no run is given, a conversion measures that."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class Lift:
    """One way for a dialect to say a schedule.

    Args:
        call: the call.
        updates_per_step: how many updates lie between two calls of ``scheduler.step()``.
        losses: what is lost or has to be minded, in words.

    """

    call: Call
    updates_per_step: int = 1
    losses: tuple[str, ...] = ()

    @property
    def step_every(self) -> StepEvery:
        """``"epoch"`` where the scheduler is not stepped at every update."""
        return "update" if self.updates_per_step == 1 else "epoch"


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a call cannot say a schedule."""

    reason: str


@dataclass(frozen=True, slots=True)
class Deviation:
    """A way in which a framework does other than its own documentation says.

    Args:
        documented: what the documentation says, in Isorate's words.
        actual: what the framework does instead.
        shown: a call that shows it, as text that reads without more.
        update: an update at which its rate shows it.
        upstream: where the framework's own tracker knows of it, if anywhere.

    """

    documented: str
    actual: str
    shown: str
    update: int
    upstream: str | None = None


class Proof(Enum):
    """Whether a call's schedule speaks for its rates at every update, or what keeps it from that.

    With ``EACH_STEP`` it does: the rates lie within 1e-12 of the peak from those that the schedule
    means, at every update up to 2**53 - 1. ``MEMBERS`` is as good as the calls that are held. All
    others name what makes the difference grow: with the update, or with an argument.
    """

    EACH_STEP = "each step by itself"
    MEMBERS = "as what it holds"
    RECURSION = "a recursion"
    UNREDUCED = "an unreduced argument"
    CANCELS = "a difference that cancels"
    COUNTER = "a 32-bit counter"
    FUNCTION = "a function that is given"
    METRIC = "a metric"


@dataclass(frozen=True, slots=True)
class Card:
    """What is known of a constructor besides its arguments.

    Args:
        name: full dotted name.
        dialect: the name of the dialect that it belongs to.
        runs_in: the framework whose training loop takes it.
        version: the framework version that was read and run.
        docs: address of its documentation.
        clock: ``"step"`` where the loop calls ``step()``; ``"update"`` where the optimizer's own
            step count is the index.
        arithmetic: its order of operations and dtype, in one line.
        proof: whether the schedule that a call means speaks for its rates at every update.
        past_end: what happens after the schedule's duration, in one line.
        roles: which argument says what.
        raises: the exceptions for bad arguments, and what each is for.
        ulp: how far native arithmetic may lie from the framework, in units in the last place;
            0 promises every bit.
        ledger: the reason for a bound other than 0.
        deprecation: the framework's own deprecation text.
        way_out: the full name of what replaces a deprecated call.
        drop_in: whether it is one of Isorate's own schedulers, which runs only where Isorate is
            installed.
        deviations: where it does other than its own documentation says.
        counts: what moves one that is stepped by hand, unless it is told otherwise: every
            ``step()``, or every one that comes after an update.

    """

    name: str
    dialect: str
    runs_in: str
    version: str
    docs: str
    clock: Literal["step", "update"]
    arithmetic: str
    proof: Proof
    past_end: str
    roles: Mapping[str, Role]
    raises: Mapping[str, str] = field(default_factory=dict)
    ulp: int = 0
    ledger: str | None = None
    deprecation: str | None = None
    way_out: str | None = None
    drop_in: bool = False
    deviations: Sequence[Deviation] = ()
    counts: Literal["steps", "updates"] = "steps"


#: What a call is asked, and what it refuses with where an argument is of no use for that.
ANSWERS: Mapping[str, Answer] = {
    "fault": Answer(NativeError),
    "follow": Answer(NativeError),
    "lift": Answer(Refusal),
    "lower": Answer(ConvertError, "there is no schedule in {}"),
    "native": Answer(NativeError),
    "plateau": Answer(NativeError),
    "say": Answer(Refusal),
    "written": Answer(NativeError),
}


class Call(msgspec.Struct, frozen=True):
    """One constructor call of one dialect: its fields are the framework's signature.

    Subclasses answer four questions: ``lower`` (what schedule is this?), ``lift`` (can I say that
    schedule?), ``native`` (the rates, bit for bit) and ``card``.
    """

    card: ClassVar[Card]

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        guard(cls, ANSWERS, Halting)

    @property
    def dialect(self) -> str:
        """The name of the dialect."""
        return self.card.dialect

    @property
    def name(self) -> str:
        """The last part of the constructor's name."""
        return self.card.name.rpartition(".")[2]

    @property
    def code(self) -> str:
        """The call as Python source, full name first; ``params`` stands for the parameters."""
        return self.written()

    def written(self, optimizer: str | None = None) -> str:
        """Return the call as Python source, ``optimizer`` standing for the optimizer's text."""
        return f"{self.card.name}({', '.join(self._arguments(optimizer))})"

    @property
    def dtype(self) -> Literal["float64", "float32"]:
        """The dtype that the framework computes the rates in."""
        return "float64"

    @property
    def counts(self) -> Literal["steps", "updates"]:
        """What moves it: every ``step()``, or every one that comes after an update."""
        return self.card.counts

    @property
    def stops_at(self) -> int | None:
        """The step after which a loop that asks the scheduler takes no more; none where any may."""
        return None

    @property
    def groups(self) -> int:
        """The number of parameter groups."""
        optimizer = getattr(self, "optimizer", None)
        return len(optimizer.groups) if isinstance(optimizer, Optimizer) else 1

    def fault(self) -> Fault | None:
        """Return what the framework raises for these arguments, if anything."""
        return None

    def checked(self) -> Call:
        """Return this call, or raise where the framework would refuse it.

        Raises:
            NativeError: says which exception the framework raises, when, and for what.

        """
        fault = self.fault()
        if fault is not None:
            raise NativeError(
                f"{self.card.runs_in} raises {fault.error.__name__} {fault.when}: {fault.text}"
            )
        return self

    def lower(self) -> Schedule:
        """Return the schedule that this call means: absolute rates, the end explicit.

        Raises:
            ConvertError: the call has no meaning as a schedule.
            NativeError: the framework refuses the call.

        """
        raise NotImplementedError

    @classmethod
    def lift(cls, schedule: Schedule, updates: int) -> Lift | Refusal:
        """Say a schedule, in normal form and counted in updates, for a run of ``updates``."""
        raise NotImplementedError

    def native(self, steps: int) -> Iterator[NDArray[Any]]:
        """Yield the rates of steps 0 … steps−1 as blocks of shape ``(groups, m)``, in order.

        Raises:
            Halting: after the last rate, where the framework raises before ``steps`` are done.

        """
        raise NotImplementedError

    def arguments(self) -> dict[str, Any]:
        """Return the arguments by name, defaults included."""
        return {name: getattr(self, name) for name in self.__struct_fields__}

    def _arguments(self, optimizer: str | None = None) -> Iterator[str]:
        defaults = self.defaults()
        for name, value in self.arguments().items():
            if isinstance(value, Optimizer):
                text = optimizer or self._optimizer_code(value)
                yield text if name == self.__struct_fields__[0] else f"{name}={text}"
            elif name not in defaults or not _same(value, defaults[name]):
                yield f"{name}={source(value)}"

    def given(self, like: Optimizer) -> Call:
        """Return the call with an optimizer of another class and arguments, its rates the same."""
        optimizer = getattr(self, "optimizer", None)
        if not isinstance(optimizer, Optimizer):
            return self
        return msgspec.structs.replace(self, optimizer=optimizer.made_like(like))

    def naming(self) -> str:
        """Return the optimizer's source, and give it the name ``optimizer``."""
        return f"optimizer := {self._optimizer_code(self.optimizer)}"  # type: ignore[attr-defined]

    def _optimizer_code(self, optimizer: Optimizer) -> str:
        from isorate import dialects  # whose modules import this one

        return optimizer_code(dialects.get(self.card.runs_in).optimizers, optimizer)

    @classmethod
    def defaults(cls) -> dict[str, Any]:
        """Return the arguments that may be left out."""
        fields, defaults = cls.__struct_fields__, cls.__struct_defaults__
        return dict(zip(fields[len(fields) - len(defaults) :], defaults, strict=True))

    @classmethod
    def signature(cls) -> str:
        """Return the constructor's signature as the framework documents it."""
        defaults = cls.defaults()
        parts = [
            f"{name}={source(defaults[name])}" if name in defaults else name
            for name in cls.__struct_fields__
        ]
        return f"{cls.card.name}({', '.join(parts)})"

    def __str__(self) -> str:
        return self.code

    def _repr_html_(self) -> str:
        facts = notebook.table([("call", self.code), ("dialect", self.dialect)])
        try:
            return facts + self.lower()._repr_html_()
        except IsorateError:
            return facts


class Composition(Call, frozen=True):
    """A call whose argument ``schedulers`` is other calls, which share its optimizer.

    As source, the optimizer is written where Python first comes across it, and named there:
    ``SequentialLR(optimizer := SGD(params, lr=0.1), schedulers=[LinearLR(optimizer), …], …)``.
    """

    @property
    def members(self) -> tuple[Any, ...]:
        """The calls it is made of, in their order."""
        schedulers = getattr(self, "schedulers", ())
        return tuple(schedulers) if isinstance(schedulers, list | tuple) else ()

    def given(self, like: Optimizer) -> Call:
        """Return the call and those that it holds with an optimizer of another class."""
        members = [m.given(like) if isinstance(m, Call) else m for m in self.members]
        return msgspec.structs.replace(super().given(like), schedulers=members)

    def _arguments(self, optimizer: str | None = None) -> Iterator[str]:
        defaults = self.defaults()
        for name, value in self.arguments().items():
            if isinstance(value, Optimizer):
                text = optimizer or f"optimizer := {self._optimizer_code(value)}"
                yield text if name == self.__struct_fields__[0] else f"{name}={text}"
                optimizer = optimizer or "optimizer"
            elif name == "schedulers" and isinstance(value, list | tuple):
                parts = []
                for part in value:
                    if isinstance(part, Composition):
                        parts.append(part.written(optimizer))
                        optimizer = "optimizer"
                    elif isinstance(part, Call) and "optimizer" in part.__struct_fields__:
                        parts.append(part.written(optimizer or part.naming()))
                        optimizer = "optimizer"
                    else:
                        parts.append(source(part))
                yield f"schedulers=[{', '.join(parts)}]"
            elif name not in defaults or not _same(value, defaults[name]):
                yield f"{name}={source(value)}"


class Plateau(msgspec.Struct, frozen=True):
    """What a scheduler does when a metric has stopped improving, the same for all dialects.

    Args:
        rates: the rate of every parameter group to begin with.
        mode: ``"min"`` where a lower metric is better, else ``"max"``.
        factor: what the rate is multiplied by.
        patience: how many steps without improvement are let pass.
        threshold: how much better counts as an improvement.
        threshold_mode: ``"rel"`` for a share of the best metric, ``"abs"`` for a difference.
        cooldown: how many steps after a reduction do not count.
        least: the lowest rate of every group.
        eps: reductions that are not larger than this are left out.

    """

    rates: tuple[float, ...]
    mode: str
    factor: float
    patience: int
    threshold: float
    threshold_mode: str
    cooldown: int
    least: tuple[float, ...]
    eps: float


class Feedback(Call, frozen=True):
    """A call whose rates follow a metric that the loop measures: ``step(metric)``."""

    def plateau(self) -> Plateau:
        """Return what it does, in words that other dialects understand."""
        raise NotImplementedError

    @classmethod
    def say(cls, plateau: Plateau) -> Lift | Refusal:
        """Say what another dialect's scheduler does with the same metric."""
        raise NotImplementedError

    def native(self, steps: int) -> Iterator[NDArray[Any]]:
        """Refuse: without the metric there are no rates."""
        raise RunError(
            f"{self.name} follows a metric",
            required="the metric's values, one for each step",
            hint="Run(metrics=[...]), or --metrics FILE:COLUMN",
        )

    def lower(self) -> Schedule:
        """Refuse: a rate that follows a metric is no function of the step."""
        self.checked()
        raise ConvertError(f"{self.name} follows a metric, not the step", hint="Run(metrics=[...])")

    @classmethod
    def lift(cls, schedule: Schedule, updates: int) -> Lift | Refusal:
        """Refuse: a schedule follows the step."""
        return Refusal("it follows a metric, and the schedule the step")

    def follow(self, metrics: Sequence[float], steps: int) -> Iterator[NDArray[Any]]:
        """Yield the rates of steps 0 … steps−1, given the metric of every step before.

        Raises:
            Halting: after the last rate, where the framework raises before ``steps`` are done.

        """
        raise NotImplementedError


@dataclass(frozen=True, slots=True)
class Dialect:
    """A framework's vocabulary of calls.

    Args:
        name: the short name that users give, e.g. ``"torch"``.
        title: the framework's own name.
        version: the version that was read and run.
        constructors: its calls.
        aliases: names that a module is commonly imported as, mapped to the full dotted module.
        precedence: whose a name is that several dialects share, where the arguments fit all of
            them: that of the lowest number.
        optimizers: the optimizers that its schedulers are given.

    """

    name: str
    title: str
    version: str
    constructors: Sequence[type[Call]]
    aliases: Mapping[str, str] = field(default_factory=dict)
    precedence: int = 100
    optimizers: Optimizers = NO_OPTIMIZERS


def source(value: Any) -> str:
    """Return a value as Python source that reads back to the same value."""
    if isinstance(value, float) and not math.isfinite(value):
        return "float('nan')" if math.isnan(value) else f"float('{value}')"
    if isinstance(value, Optimizer):
        return f"<optimizer of {len(value.groups)} groups>"
    if isinstance(value, list):
        return f"[{', '.join(map(source, value))}]"
    if isinstance(value, tuple):
        return f"({', '.join(map(source, value))}{',' * (len(value) == 1)})"
    if isinstance(value, dict):
        return f"{{{', '.join(f'{source(k)}: {source(v)}' for k, v in value.items())}}}"
    if hasattr(value, "to_json"):  # a schedule
        return repr(value.to_json())
    code = getattr(value, "code", None)
    return code if isinstance(code, str) else repr(value)


def shortened(code: str) -> str:
    """Return code that fits a screen: long lists by their two ends."""
    longest = LONGEST_LIST if code.startswith("[") else LONGEST_SHOWN
    return code if len(code) <= longest else f"{code[:80]} … {code[-40:]}"


def optimizer_code(known: Optimizers, optimizer: Optimizer) -> str:
    """Return an optimizer with these groups as Python source."""
    constructor = f"{known.module}.{optimizer.name}" if optimizer.name in known else optimizer.name
    groups = optimizer.groups
    default = next((group for group in groups if group.shared), groups[0])
    first = _rate(default.lr, default, known.package)
    if len(groups) == 1 and groups[0] == ParamGroup(groups[0].lr, None, groups[0].tensor):
        params = "params"
    else:
        names = ["params"] if len(groups) == 1 else [f"params_{i}" for i in range(len(groups))]
        pairs = zip(names, groups, strict=True)
        params = f"[{', '.join(_group_code(name, g, known.package) for name, g in pairs)}]"
    named = [a for a in optimizer.arguments if a.partition("=")[0].isidentifier() or a[:2] == "**"]
    placed = [a for a in optimizer.arguments if a not in named]  # they stand before any keyword
    return f"{constructor}({', '.join([params, *placed, f'lr={first}', *named])})"


def _group_code(params: str, group: ParamGroup, package: str) -> str:
    entries = [f"'params': {params}"]
    if not group.shared:
        entries.append(f"'lr': {_rate(group.lr, group, package)}")
    if group.initial_lr is not None:
        entries.append(f"'initial_lr': {_rate(group.initial_lr, group, package)}")
    entries += [f"{name!r}: {source(value)}" for name, value in group.left.items()]
    return f"{{{', '.join([*entries, *group.others])}}}"


def _rate(value: float, group: ParamGroup, package: str) -> str:
    if group.tensor is None:
        return source(value)
    dtype = "" if group.tensor == "float32" else f", dtype={package}.{group.tensor}"
    return f"{package}.tensor({source(value)}{dtype})"


def _float32(value: float) -> float:
    try:
        return float(struct.unpack("f", struct.pack("f", value))[0])
    except OverflowError:
        return math.inf


def _same(a: Any, b: Any) -> bool:
    return type(a) is type(b) and (a == b or (a != a and b != b))
