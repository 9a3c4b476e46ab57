"""The optimizer that a scheduler is given, and a framework's optimizers with their signatures."""

from __future__ import annotations

import ast
import math
import struct
import sys
from functools import cache
from typing import TYPE_CHECKING, Any, Literal

import msgspec

from isorate.kit.boundary import Fault
from isorate.schedule.errors import ReadError

if TYPE_CHECKING:
    from collections.abc import Mapping


class Optimizers(msgspec.Struct, frozen=True):
    """The optimizers that a framework's schedulers are given.

    Args:
        module: where they are, dotted.
        package: what ``tensor`` is an attribute of.
        stubs: their signatures as Python functions, without annotations.
        schedules: whether a schedule is given to them, in place of a rate; what has no parameters
            hands on the optimizers that it is given.
        rate: the parameter that the rate is; the first one where none is named.
        lists: whether they take a list of numbers for a schedule, a rate an update.
        kept: the key of a parameter group by which it keeps a rate of its own; where there is none,
            a group multiplies the schedule's by its own.
        tensors: the functions that make a tensor of a number, each with the dtype that it makes of
            an integer.
        left: what schedulers leave in a parameter group besides its rates, for those that resume.
        hindered: the arguments with which a schedule runs in another way, and in which.

    """

    module: str
    package: str
    stubs: str = ""
    schedules: bool = False
    rate: str = ""
    lists: bool = False
    kept: str = ""
    tensors: Mapping[str, str] = msgspec.field(default_factory=dict)
    left: tuple[str, ...] = ()
    hindered: Mapping[str, str] = msgspec.field(default_factory=dict)

    def parameters(self, name: str) -> Mapping[str, str | None]:
        """Return the parameters of an optimizer, each with its default's source or none.

        Example:
            >>> Optimizers("m", "m", "def SGD(params, lr=0.1): ...").parameters("SGD")
            {'params': None, 'lr': '0.1'}

        """
        return _signature(_stubs(self.stubs)[name])

    def rate_of(self, name: str) -> tuple[str | None, int]:
        """Return the parameter of an optimizer that its rate is, and its place among them."""
        known = list(self.parameters(name))
        rate = self.rate or next(iter(known), None)
        return rate, known.index(rate) if rate in known else 0

    def __contains__(self, name: object) -> bool:
        """Whether an optimizer of that name is one of them."""
        return name in _stubs(self.stubs)


@cache
def _stubs(stubs: str) -> dict[str, str]:
    """Return functions by their names: few of them are ever parsed."""
    parts = f"\n{stubs}".split("\ndef ")[1:]
    return {part.partition("(")[0]: f"def {part}" for part in parts}


@cache
def _signature(text: str) -> dict[str, str | None]:
    stub = ast.parse(text).body[0]
    assert isinstance(stub, ast.FunctionDef)
    plain, keyword = stub.args.args, stub.args.kwonlyargs
    defaults = [None] * (len(plain) - len(stub.args.defaults)) + [*stub.args.defaults]
    pairs = zip([*plain, *keyword], [*defaults, *stub.args.kw_defaults], strict=True)
    return {a.arg: None if d is None else ast.unparse(d) for a, d in pairs}


#: Those of a framework whose rates do not lie in an optimizer.
NO_OPTIMIZERS = Optimizers("", "numpy")


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

    def rounded(self) -> ParamGroup:
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
        stated: the rate for groups without their own, where that is not the first group's; its
            source where it is not known.

    """

    groups: tuple[ParamGroup, ...]
    name: str = "SGD"
    arguments: tuple[str, ...] = ()
    stated: ParamGroup | str | None = None

    @classmethod
    def of(cls, *rates: float) -> Optimizer:
        """Return an optimizer with one parameter group for each rate."""
        return cls(tuple(ParamGroup(rate) for rate in rates))

    @property
    def default(self) -> ParamGroup:
        """The rate for groups without their own, ``defaults["lr"]``, where it is known."""
        if isinstance(self.stated, ParamGroup):
            return self.stated
        return next((group for group in self.groups if group.shared), self.groups[0])

    @property
    def default_moves(self) -> bool:
        """Whether that is a tensor that a group holds, and so changes with the group's rate."""
        return self.default.tensor is not None and self.default is not self.stated

    def made_like(self, other: Optimizer) -> Optimizer:
        """Return an optimizer of another's class and arguments, with this one's rates."""
        groups = self.groups
        if len(groups) == len(other.groups):
            pairs = zip(groups, other.groups, strict=True)
            groups = tuple(msgspec.structs.replace(a, others=b.others) for a, b in pairs)
        return Optimizer(groups, other.name, other.arguments, self.stated)

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


def _float32(value: float) -> float:
    try:
        return float(struct.unpack("f", struct.pack("f", value))[0])
    except OverflowError:
        return math.inf
