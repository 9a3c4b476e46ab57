"""MindSpore: lists of rates, learning-rate cells and the experimental schedulers, as of 2.10.0."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING, Any, ClassVar, Literal

import numpy as np

from isorate.core.combinators import Groups, Shift, Staircase, Stepped, Until
from isorate.core.evaluate import BLOCK
from isorate.core.shapes import Cosine, Table
from isorate.dialects._base import (
    Call,
    Card,
    Dialect,
    Fault,
    Halting,
    Lift,
    Optimizer,
    Refusal,
    optimizer_code,
    source,
)
from isorate.dialects._cosine import (
    CosineParts,
    chained_meaning,
    exact_cos,
    find_cosine,
    find_fall,
    lift_periodic,
)
from isorate.dialects._float32 import cosine_cell, experimental_cosine

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from isorate.core.curve import Curve
    from isorate.core.schedule import Schedule

VERSION = "2.10.0"
DOCS = "https://www.mindspore.cn/docs/en/r2.10.0/api_python/"
SCHEDULERS = "mindspore.experimental.optim.lr_scheduler."
REMOVED = "This interface is deprecated and will be removed after version 2.9.0."
BAD_DECAY = {
    "TypeError": "min_lr or max_lr no float (an int is none), a count no int (a bool is none)",
    "ValueError": "a rate negative or not finite, a count below 1, max_lr not above min_lr",
}
CHANGED = (
    "Non-backward-compatible change after version 2.9.0: this interface will be changed to a "
    "scheduler object form, instead of being called with `global_step`."
)
RAN_OUT = "For 'Gather', index {} is out of range: the list has {} rates"


class cosine_decay_lr(Call, frozen=True):
    """``mindspore.nn.cosine_decay_lr``: a list of ``total_step`` rates, half a cosine down.

    ``rate[i] = min + ½(max−min)(1+cos(π·min(e, D)/D))``, e = ⌊i / step_per_epoch⌋, D =
    ``decay_epoch``, in Python float64, each rate by itself. The rate is held at ``min_lr`` from
    update ``D·step_per_epoch`` on, which a list of ``step_per_epoch·decay_epoch`` rates, the
    usual length, never reaches. Past the list's end the optimizer raises RuntimeError.
    """

    min_lr: float
    max_lr: float
    total_step: int
    step_per_epoch: int
    decay_epoch: int

    card: ClassVar[Card] = Card(
        name="mindspore.nn.cosine_decay_lr",
        dialect="mindspore",
        runs_in="mindspore",
        version=VERSION,
        docs=DOCS + "nn/mindspore.nn.cosine_decay_lr.html",
        clock="update",
        arithmetic="closed form, float64, one rate an epoch",
        past_end="held at min_lr, then the list ends and the optimizer raises RuntimeError",
        roles={
            "min_lr": "end",
            "max_lr": "start",
            "total_step": "length",
            "step_per_epoch": "clock",
            "decay_epoch": "duration",
        },
        raises=BAD_DECAY,
        deprecation=REMOVED,
        way_out="isorate.mindspore.cosine_decay_lr",
    )

    def fault(self) -> Fault | None:
        """MindSpore checks every argument, types first."""
        return check_cosine_decay(self)

    def lower(self) -> Schedule:
        """Return a held cosine on a staircase of epochs, until the list ends."""
        self.checked()
        cosine = Cosine(float(self.max_lr), float(self.min_lr), self.decay_epoch)
        return Until(Staircase(cosine, self.step_per_epoch), self.total_step)

    @classmethod
    def lift(cls, schedule: Schedule, updates: int) -> Lift | Refusal:
        """Say one falling cosine that begins at its top."""
        parts = find_fall(schedule)
        if isinstance(parts, Refusal):
            return parts
        fall = int(parts.duration)
        losses = parts.unlike_holding()
        total = parts.length
        if total is None:
            total = max(updates, fall + 1)
            losses.append(
                f"ends after total_step={total} rates; the usual total_step of steps × epochs = "
                f"{fall} would never reach min_lr"
            )
        cosine = parts.cosine
        call = cls(cosine.end, cosine.start, total, parts.every, int(cosine.duration))
        return Lift(call, 1, tuple(losses))

    def native(self, steps: int) -> Iterator[NDArray[np.float64]]:
        """Compute each epoch's rate once, in MindSpore's order of operations."""
        self.checked()
        every, last = self.step_per_epoch, min(self.decay_epoch, 2**53)
        end = min(steps, self.total_step)
        per_block = max(1, BLOCK // every)  # epochs computed at a time
        settled = float(self._rates_of(np.array([float(self.decay_epoch)]))[0])
        for start in range(0, end, per_block * every):
            stop = min(start + per_block * every, end)
            first_epoch, last_epoch = start // every, -(-stop // every)
            if first_epoch >= last:
                for at in range(start, stop, BLOCK):
                    yield np.full((1, min(BLOCK, stop - at)), settled)
                continue
            epochs = np.minimum(np.arange(first_epoch, last_epoch, dtype=np.int64), last)
            rates = self._rates_of(epochs)
            if every <= BLOCK:
                yield np.repeat(rates, every)[None, : stop - start]
            else:
                for at in range(start, stop, BLOCK):
                    yield np.full((1, min(BLOCK, stop - at)), rates[0])
        if steps > self.total_step:
            raise Halting("RuntimeError", RAN_OUT.format(self.total_step, self.total_step))

    def _rates_of(self, epochs: NDArray[Any]) -> NDArray[np.float64]:
        half = 0.5 * (self.max_lr - self.min_lr)
        return self.min_lr + half * (1 + exact_cos(math.pi * epochs / self.decay_epoch))


class CosineDecayLR(Call, frozen=True):
    """``mindspore.nn.CosineDecayLR``: a cell called with the step, half a cosine down, held.

    Computed in float32 as ``min + ½(max−min)(1 + sin(π(p + ½)))``, p = min(step, decay_steps) /
    decay_steps, each step by itself.
    """

    min_lr: float
    max_lr: float
    decay_steps: int

    card: ClassVar[Card] = Card(
        name="mindspore.nn.CosineDecayLR",
        dialect="mindspore",
        runs_in="mindspore",
        version=VERSION,
        docs=DOCS + "nn/mindspore.nn.CosineDecayLR.html",
        clock="update",
        arithmetic="closed form by sin(π(p+½)), float32",
        past_end="held near min_lr",
        roles={"min_lr": "end", "max_lr": "start", "decay_steps": "duration"},
        raises=BAD_DECAY,
        deprecation=CHANGED,
        way_out="isorate.mindspore.cosine_decay_lr",
    )

    @property
    def dtype(self) -> Literal["float64", "float32"]:
        """float32: the cell computes in tensors."""
        return "float32"

    def fault(self) -> Fault | None:
        """MindSpore checks every argument, types first."""
        return check_cosine_decay(self)

    def lower(self) -> Schedule:
        """Return a held cosine that counts updates."""
        self.checked()
        return Cosine(float(self.max_lr), float(self.min_lr), self.decay_steps)

    @classmethod
    def lift(cls, schedule: Schedule, updates: int) -> Lift | Refusal:
        """Say one falling cosine that moves at every update."""
        parts = find_fall(schedule)
        if isinstance(parts, Refusal):
            return parts
        if parts.every > 1:
            return Refusal(f"the cell moves at every update, the schedule once in {parts.every}")
        call = cls(parts.cosine.end, parts.cosine.start, int(parts.cosine.duration))
        return Lift(call, 1, (*parts.unlike_holding(), *parts.unlike_endless()))

    def native(self, steps: int) -> Iterator[NDArray[np.float32]]:
        """Compute each step by itself, as the cell does."""
        self.checked()
        for start in range(0, steps, BLOCK):
            t = np.arange(start, min(start + BLOCK, steps), dtype=np.int64)
            yield cosine_cell(self.min_lr, self.max_lr, self.decay_steps, t)[None, :]


class CosineAnnealingLR(Call, frozen=True):
    """``mindspore.experimental.optim.lr_scheduler.CosineAnnealingLR``: torch's, in float32.

    The same recursion as torch's, with float32 kernels and a float32 step counter. Where
    ``1 + cos`` rounds to zero a step early it turns NaN for good: in the first half period from
    T_max=12860 on (but for 12861, 12862, 12863 and 12867), after some periods below that.
    """

    optimizer: Optimizer
    T_max: int
    eta_min: float = 0.0
    last_epoch: int = -1

    card: ClassVar[Card] = Card(
        name=SCHEDULERS + "CosineAnnealingLR",
        dialect="mindspore",
        runs_in="mindspore",
        version=VERSION,
        docs=f"{DOCS}experimental/lr_scheduler/{SCHEDULERS}CosineAnnealingLR.html",
        clock="step",
        arithmetic="recursion from the optimizer's rate by a ratio of cosines, float32",
        past_end="climbs back to the first rate and goes on with period 2·T_max, or turns NaN",
        roles={
            "optimizer": "start",
            "T_max": "duration",
            "eta_min": "end",
            "last_epoch": "begin",
        },
        raises={
            "KeyError": "last_epoch other than -1, and a group without initial_lr",
            "TypeError": "T_max no int, eta_min no number, last_epoch no int",
            "ValueError": "last_epoch below -1",
        },
        bare=False,
    )

    @property
    def dtype(self) -> Literal["float64", "float32"]:
        """float32: the rate is a Parameter."""
        return "float32"

    def fault(self) -> Fault | None:
        """MindSpore checks types, and ``last_epoch``."""
        if not isinstance(self.eta_min, int | float):
            return Fault(TypeError, f"eta_min is not a float or int: {self.eta_min!r}")
        if not isinstance(self.T_max, int):
            return Fault(TypeError, f"T_max is not an int: {self.T_max!r}")
        return self.optimizer.strict_resume_fault(self.last_epoch)

    def lower(self) -> Schedule:
        """Return a mirrored cosine on the loop's clock."""
        self.checked()
        T_max = self.T_max or math.nan
        if self.last_epoch == -1:
            return chained_meaning(self.optimizer, float(self.eta_min), T_max, 0)
        # the constructor takes one step from the rate it finds, so that rate is last_epoch's
        return _begun(chained_meaning(self.optimizer, float(self.eta_min), T_max, self.last_epoch))

    @classmethod
    def lift(cls, schedule: Schedule, updates: int) -> Lift | Refusal:
        """Say one cosine per group."""
        said = lift_periodic(cls, schedule, whole_T_max=True)
        if isinstance(said, Refusal):
            return said
        parts = find_cosine(schedule)
        if isinstance(parts, CosineParts) and parts.begin:
            before = Optimizer(replace(parts, begin=parts.begin - 1).resting(resumed=True))
            duration = int(parts.cosine.duration)
            call = cls(before, duration, parts.cosine.end, parts.begin - 1)
            return replace(said, call=call)
        return said

    def native(self, steps: int) -> Iterator[NDArray[np.float32]]:
        """Run MindSpore's float32 recursion."""
        self.checked()
        streams = [
            experimental_cosine(group, self.eta_min, self.T_max, self.last_epoch, steps)
            for group in self.optimizer.groups
        ]
        for blocks in zip(*streams, strict=True):
            yield np.stack(blocks)

    def _optimizer_code(self, optimizer: Optimizer) -> str:
        return optimizer_code("mindspore.experimental.optim.SGD", optimizer, "mindspore")


class LearningRateList(Call, frozen=True):
    """A plain list of rates, one an update, given to a MindSpore optimizer as its learning rate.

    The optimizer stores it as a float32 Parameter and looks ``global_step`` up in it.
    """

    rates: tuple[float, ...]

    card: ClassVar[Card] = Card(
        name="mindspore.list",
        dialect="mindspore",
        runs_in="mindspore",
        version=VERSION,
        docs=DOCS + "nn/mindspore.nn.SGD.html",
        clock="update",
        arithmetic="none: the rates as written",
        past_end="the list ends and the optimizer raises RuntimeError",
        roles={"rates": "length"},
        raises={
            "RuntimeError": "an empty list: at the first step",
            "ValueError": "a rate that is no number",
        },
    )

    @property
    def code(self) -> str:
        """The list, as Python source."""
        if all(type(rate) is float and math.isfinite(rate) for rate in self.rates):
            return repr(list(self.rates))  # ten times faster, and lists can be long
        return source(self.rates)

    @property
    def name(self) -> str:
        """``list``."""
        return "list"

    def fault(self) -> Fault | None:
        """MindSpore takes whatever NumPy makes floats of, and finds no rate in an empty list."""
        try:
            rates = self._floats()
        except (TypeError, ValueError) as error:
            return Fault(type(error), f"the list is not one of numbers: {error}")
        if not len(rates):
            return Fault(RuntimeError, "the list of rates is empty", "on the first step")
        return None

    def _floats(self) -> NDArray[np.float64]:
        return np.array(self.rates).astype(np.float64)

    def lower(self) -> Schedule:
        """Return the rates as a table that stops."""
        self.checked()
        return Table(tuple(self._floats().tolist()))

    @classmethod
    def lift(cls, schedule: Schedule, updates: int) -> Lift | Refusal:
        """Refuse: a list is written from measured rates, not from a schedule."""
        return Refusal("a list is written from the rates themselves")

    @classmethod
    def spell(cls, curve: Curve) -> Lift | Refusal:
        """Write a curve out."""
        if curve.groups > 1:
            return Refusal("a list is for one parameter group: convert each group by itself")
        call = cls(tuple(curve.values.reshape(-1).tolist()))
        fault = call.fault()
        if fault is not None:
            return Refusal(f"MindSpore raises {fault.error.__name__}: {fault.text}")
        length = len(call.rates)
        return Lift(call, 1, (f"a list of {length} rates: update {length} raises RuntimeError",))

    def native(self, steps: int) -> Iterator[NDArray[np.float64]]:
        """Look the rates up."""
        self.checked()
        rates = self._floats()[:steps]
        for start in range(0, len(rates), BLOCK):
            yield rates[None, start : start + BLOCK]
        if steps > len(self.rates):
            raise Halting("RuntimeError", RAN_OUT.format(len(self.rates), len(self.rates)))


def check_cosine_decay(call: Any) -> Fault | None:
    """Check in MindSpore's order: min_lr's type and range, max_lr, the integers, min < max."""
    if not isinstance(call.min_lr, float):
        return Fault(TypeError, f"min_lr is not a float: {call.min_lr!r}")
    fault = _check_rate("min_lr", call.min_lr, zero=True) or _check_rate("max_lr", call.max_lr)
    if fault is not None:
        return fault
    for name in ("total_step", "step_per_epoch", "decay_epoch", "decay_steps"):
        value = getattr(call, name, 1)
        if isinstance(value, bool) or not isinstance(value, int):
            return Fault(TypeError, f"{name} is not an int: {value!r}")
        if value <= 0:
            return Fault(ValueError, f"{name} is not positive: {value}")
    if call.min_lr >= call.max_lr:
        text = f"max_lr={call.max_lr!r} is not greater than min_lr={call.min_lr!r}"
        return Fault(ValueError, text)
    return None


def _check_rate(name: str, value: Any, *, zero: bool = False) -> Fault | None:
    if not isinstance(value, float):
        return Fault(TypeError, f"{name} is not a float: {value!r}")
    if not math.isfinite(value):
        return Fault(ValueError, f"{name} is not finite: {value!r}")
    if value < 0 or (value == 0 and not zero):
        return Fault(ValueError, f"{name} is {'negative' if zero else 'not positive'}: {value!r}")
    return None


def _begun(schedule: Schedule) -> Schedule:
    """Return a stepped schedule as it stands after its first step."""
    if isinstance(schedule, Groups):
        return Groups(tuple(map(_begun, schedule.of)))
    if isinstance(schedule, Stepped):
        return Stepped(Shift(schedule.of, 1))
    return schedule


DIALECT = Dialect(
    name="mindspore",
    title="MindSpore",
    version=VERSION,
    constructors=(cosine_decay_lr, CosineDecayLR, CosineAnnealingLR, LearningRateList),
    aliases={
        "ms": "mindspore",
        "nn": "mindspore.nn",
        "ms.nn": "mindspore.nn",
        "ms.experimental": "mindspore.experimental",
        "experimental": "mindspore.experimental",
    },
)
