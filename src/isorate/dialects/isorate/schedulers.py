"""Isorate's own schedulers, the ones to train with: ``isorate.torch`` and ``isorate.mindspore``.

They are calls like any other: they can be read, compared, and are what a conversion offers where
the framework itself falls short. Their arithmetic is Isorate's own (``evaluate``).
"""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING, Any, ClassVar, Literal

import numpy as np
from msgspec import structs

from isorate._version import __version__
from isorate.dialects import mindspore
from isorate.dialects.isorate.any_schedule import DOCS, ScheduleLR, mindspore_ScheduleLR
from isorate.dialects.mindspore._cells import Cell
from isorate.dialects.mindspore._lifting import as_list
from isorate.kit.boundary import Fault, Halting
from isorate.kit.call import Call
from isorate.kit.card import Card, Proof
from isorate.kit.cosine import CosineParts, find_cosine, lift_periodic
from isorate.kit.float32 import annealing_cell
from isorate.kit.match import Lift, Refusal, take_apart
from isorate.kit.optimizer import Optimizer
from isorate.kit.registry import Dialect
from isorate.schedule.combinators import Groups, Join, Shift, Staircase, Stepped, Until
from isorate.schedule.evaluate import BLOCK, blocks
from isorate.schedule.node import end_of_course
from isorate.schedule.run import Run
from isorate.schedule.shapes import Cosine

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from isorate.schedule.node import Schedule

BAD_ANNEALING = {
    "TypeError": "lr or eta_min no float, a count no int",
    "ValueError": "a rate negative or not finite, a count below 1 or too large",
}
LARGEST_FLOAT32 = float(np.finfo(np.float32).max)


class _Own(Call, frozen=True):
    """What Isorate's schedulers share: native arithmetic is the evaluation of their schedule."""

    def native(self, steps: int) -> Iterator[NDArray[Any]]:
        """Evaluate the schedule, one step an update."""
        self.checked()
        for _, block in blocks(self.lower(), Run(steps)):
            yield block.astype(self.dtype, copy=False)


class CosineAnnealingLR(_Own, frozen=True):
    """``isorate.torch.CosineAnnealingLR``: torch's schedule by its closed form.

    ``lr(t) = base·sin²(π(T−t)/(2T)) + η·sin²(πt/(2T))``, t folded into [0, T]. It neither reads
    nor depends on ``group["lr"]``: a scheduler resumed with ``last_epoch=k`` gives the rate of
    step k+1, as the run that was never stopped.
    """

    optimizer: Optimizer
    T_max: int
    eta_min: float = 0.0
    last_epoch: int = -1

    card: ClassVar[Card] = Card(
        name="isorate.torch.CosineAnnealingLR",
        dialect="isorate",
        drop_in=True,
        runs_in="torch",
        version=__version__,
        docs=DOCS,
        clock="step",
        arithmetic="closed form, float64, each step by itself",
        proof=Proof.EACH_STEP,
        past_end="climbs back to the first rate and goes on with period 2·T_max",
        roles={
            "optimizer": "start",
            "T_max": "duration",
            "eta_min": "end",
            "last_epoch": "begin",
        },
        raises={
            "KeyError": "last_epoch other than -1, and a group without initial_lr",
            "TypeError": "T_max or eta_min no number, last_epoch no int",
            "ValueError": "T_max or eta_min not finite, T_max beyond 2**53, last_epoch below -1",
            "ZeroDivisionError": "T_max=0",
        },
    )

    @property
    def dtype(self) -> Literal["float64", "float32"]:
        """The dtype of the optimizer's rates."""
        return self.optimizer.dtype

    def fault(self) -> Fault | None:
        """Raise torch's exception classes, at construction rather than at the first step."""
        for name, value in (("T_max", self.T_max), ("eta_min", self.eta_min)):
            if not isinstance(value, int | float):
                return Fault(TypeError, f"{name} is not a number: {value!r}")
        if self.T_max == 0:
            return Fault(ZeroDivisionError, "T_max is 0")
        try:
            finite = math.isfinite(self.T_max) and math.isfinite(self.eta_min)
        except OverflowError as error:
            return Fault(OverflowError, str(error))
        if not finite:
            return Fault(ValueError, "T_max and eta_min have to be finite")
        if abs(self.T_max) >= 2**53:
            return Fault(ValueError, f"T_max={self.T_max!r} is beyond what float64 counts exactly")
        return self.optimizer.strict_resume_fault(self.last_epoch)

    def lower(self) -> Schedule:
        """Return a mirrored cosine on the loop's clock, begun where ``last_epoch`` says."""
        self.checked()
        begin = self.last_epoch + 1
        groups = []
        for group in self.optimizer.groups:
            cosine = Cosine(float(group.base), float(self.eta_min), abs(self.T_max), "mirror")
            groups.append(Stepped(Shift(cosine, begin) if begin else cosine))
        return groups[0] if len(groups) == 1 else Groups(tuple(groups))

    @classmethod
    def lift(cls, schedule: Schedule, updates: int) -> Lift | Refusal:
        """Say one cosine per group."""
        return lift_periodic(cls, schedule)

    def native(self, steps: int) -> Iterator[NDArray[Any]]:
        """Evaluate, from the first rates as tensors hold them, and round as they do."""
        groups = self.optimizer.groups
        held = structs.replace(self, optimizer=Optimizer(tuple(group.held() for group in groups)))
        for block in super(CosineAnnealingLR, held).native(steps):
            for row, group in zip(block, groups, strict=True):
                if group.tensor == "float32" and block.dtype != np.float32:
                    row[:] = row.astype(np.float32)
            yield block


class torch_cosine_decay_lr(_Own, frozen=True):
    """``isorate.torch.cosine_decay_lr``: MindSpore's list as a torch scheduler.

    Stepped once an update, it gives every group the rate that ``mindspore.nn.cosine_decay_lr``
    lists for that update. One step past the list the last rate stays; a further step raises
    RuntimeError, where MindSpore's optimizer would have raised one update earlier.
    """

    optimizer: Optimizer
    min_lr: float
    max_lr: float
    total_step: int
    step_per_epoch: int
    decay_epoch: int

    card: ClassVar[Card] = Card(
        name="isorate.torch.cosine_decay_lr",
        dialect="isorate",
        drop_in=True,
        runs_in="torch",
        version=__version__,
        docs=DOCS,
        clock="step",
        arithmetic="closed form, float64, each step by itself",
        proof=Proof.EACH_STEP,
        past_end="held at min_lr; stepping past total_step raises RuntimeError",
        roles={
            "min_lr": "end",
            "max_lr": "start",
            "total_step": "length",
            "step_per_epoch": "clock",
            "decay_epoch": "duration",
        },
        raises=mindspore.BAD_DECAY,
    )

    def fault(self) -> Fault | None:
        """Check what MindSpore checks."""
        return mindspore.check_cosine_decay(self)

    def lower(self) -> Schedule:
        """Return the meaning of MindSpore's list, moved by the loop."""
        self.checked()
        arguments = self.arguments()
        del arguments["optimizer"]
        return Stepped(mindspore.cosine_decay_lr(**arguments).lower())

    @classmethod
    def lift(cls, schedule: Schedule, updates: int) -> Lift | Refusal:
        """Say what MindSpore's list can say."""
        end = end_of_course(schedule) or 0  # it is no list: being long costs it nothing
        said = mindspore.cosine_decay_lr.lift(schedule, max(updates, schedule.length or end + 1))
        if isinstance(said, Refusal):
            return said
        listed = said.call.arguments()
        return Lift(cls(Optimizer.of(listed["max_lr"]), **listed), 1, said.losses)

    def native(self, steps: int) -> Iterator[NDArray[Any]]:
        """Evaluate; one step past the list keeps its last rate, the next one raises."""
        self.checked()
        held = None
        for _, block in blocks(self.lower(), Run(steps)):
            held = block[:, -1:]
            yield block
        if steps > self.total_step and held is not None:
            yield held
        if steps > self.total_step + 1:
            raise Halting("RuntimeError", f"stepped past total_step={self.total_step}")


def staying(listed: type[Call]) -> Card:
    """Return the card of MindSpore's list function as it stays in Isorate."""
    return replace(
        listed.card,
        name=f"isorate.mindspore.{listed.card.name.rpartition('.')[2]}",
        dialect="isorate",
        drop_in=True,
        version=__version__,
        docs=DOCS,
        deprecation=None,
        way_out=None,
        deviations=(),
    )


class mindspore_piecewise_constant_lr(mindspore.piecewise_constant_lr, frozen=True):
    """``isorate.mindspore.piecewise_constant_lr``: the same list, bit for bit."""

    card: ClassVar[Card] = staying(mindspore.piecewise_constant_lr)


class mindspore_exponential_decay_lr(mindspore.exponential_decay_lr, frozen=True):
    """``isorate.mindspore.exponential_decay_lr``: the same list, bit for bit."""

    card: ClassVar[Card] = staying(mindspore.exponential_decay_lr)


class mindspore_natural_exp_decay_lr(mindspore.natural_exp_decay_lr, frozen=True):
    """``isorate.mindspore.natural_exp_decay_lr``: the same list, bit for bit."""

    card: ClassVar[Card] = staying(mindspore.natural_exp_decay_lr)


class mindspore_inverse_decay_lr(mindspore.inverse_decay_lr, frozen=True):
    """``isorate.mindspore.inverse_decay_lr``: the same list, bit for bit."""

    card: ClassVar[Card] = staying(mindspore.inverse_decay_lr)


class mindspore_cosine_decay_lr(mindspore.cosine_decay_lr, frozen=True):
    """``isorate.mindspore.cosine_decay_lr``: the same list, bit for bit."""

    card: ClassVar[Card] = staying(mindspore.cosine_decay_lr)


class mindspore_polynomial_decay_lr(mindspore.polynomial_decay_lr, frozen=True):
    """``isorate.mindspore.polynomial_decay_lr``: the same list, bit for bit."""

    card: ClassVar[Card] = staying(mindspore.polynomial_decay_lr)


class mindspore_warmup_lr(mindspore.warmup_lr, frozen=True):
    """``isorate.mindspore.warmup_lr``: the same list, bit for bit."""

    card: ClassVar[Card] = staying(mindspore.warmup_lr)


class cosine_annealing_lr(_Own, frozen=True):
    """``isorate.mindspore.cosine_annealing_lr``: torch's periodic cosine as a list of any length.

    ``rate[i] = lr·sin²(π(T−e)/(2T)) + η·sin²(πe/(2T))``, e = ⌊i/step_per_epoch⌋ folded into
    [0, T], T = ``T_max`` in epochs.
    """

    lr: float
    T_max: int
    eta_min: float
    total_step: int
    step_per_epoch: int = 1

    card: ClassVar[Card] = Card(
        name="isorate.mindspore.cosine_annealing_lr",
        dialect="isorate",
        drop_in=True,
        runs_in="mindspore",
        version=__version__,
        docs=DOCS,
        clock="update",
        arithmetic="closed form, float64, each rate by itself",
        proof=Proof.EACH_STEP,
        past_end="climbs back and goes on with period 2·T_max, until the list ends",
        roles={
            "lr": "start",
            "T_max": "duration",
            "eta_min": "end",
            "total_step": "length",
            "step_per_epoch": "clock",
        },
        raises=BAD_ANNEALING,
    )

    def fault(self) -> Fault | None:
        """Rates are floats, counts positive integers, as everywhere in MindSpore."""
        return check_annealing(self)

    def lower(self) -> Schedule:
        """Return a mirrored cosine on a staircase, until the list ends."""
        self.checked()
        cosine = Cosine(self.lr, self.eta_min, self.T_max, "mirror")
        return Until(Staircase(cosine, self.step_per_epoch), self.total_step)

    @classmethod
    def lift(cls, schedule: Schedule, updates: int) -> Lift | Refusal:
        """Say one periodic cosine that begins at its start."""
        listed, losses = as_list(schedule, updates)
        parts = find_climbing(listed)
        if isinstance(parts, Refusal):
            return parts
        cosine, total = parts.cosine, parts.length
        call: Any = cls(cosine.start, cosine.duration, cosine.end, total, parts.every)  # type: ignore[arg-type]
        fault = call.fault()
        if fault is not None:
            return Refusal(fault.text)
        return Lift(call, 1, tuple(losses))

    def native(self, steps: int) -> Iterator[NDArray[Any]]:
        """Evaluate, then run out as every list does."""
        yield from super().native(min(steps, self.total_step))
        if steps > self.total_step:
            text = mindspore.RAN_OUT.format(self.total_step, self.total_step)
            raise Halting("RuntimeError", text)


class mindspore_CosineAnnealingLR(_Own, frozen=True):
    """``isorate.mindspore.CosineAnnealingLR``: torch's periodic cosine as a MindSpore cell.

    The step is folded into [0, T_max] in integers before anything is computed in float32, so that
    no rate is ever NaN and none drifts.
    """

    lr: float
    T_max: int
    eta_min: float = 0.0

    card: ClassVar[Card] = Card(
        name="isorate.mindspore.CosineAnnealingLR",
        dialect="isorate",
        drop_in=True,
        runs_in="mindspore",
        version=__version__,
        docs=DOCS,
        clock="update",
        arithmetic="closed form, float32 after an integer fold, each step by itself",
        proof=Proof.COUNTER,
        past_end="climbs back to lr and goes on with period 2·T_max",
        roles={"lr": "start", "T_max": "duration", "eta_min": "end"},
        raises=BAD_ANNEALING,
    )

    @property
    def dtype(self) -> Literal["float64", "float32"]:
        """float32: the cell computes in tensors."""
        return "float32"

    def fault(self) -> Fault | None:
        """Rates are floats that float32 can hold, T_max an integer that int32 can."""
        fault = check_annealing(self)
        if fault is None and max(self.lr, self.eta_min) > LARGEST_FLOAT32:
            return Fault(ValueError, "a rate is larger than float32 can hold")
        if fault is None and self.T_max >= 2**31:
            return Fault(ValueError, f"T_max is larger than int32 can hold: {self.T_max}")
        return fault

    def lower(self) -> Schedule:
        """Return a mirrored cosine that counts updates."""
        self.checked()
        return Cosine(self.lr, self.eta_min, self.T_max, "mirror")

    @classmethod
    def lift(cls, schedule: Schedule, updates: int) -> Lift | Refusal:
        """Say one periodic cosine that moves at every update."""
        parts = find_climbing(schedule)
        if isinstance(parts, Refusal):
            return parts
        if parts.every > 1:
            return Refusal(f"the cell moves at every update, the schedule once in {parts.every}")
        call: Any = cls(parts.cosine.start, parts.cosine.duration, parts.cosine.end)  # type: ignore[arg-type]
        fault = call.fault()
        return Refusal(fault.text) if fault else Lift(call, 1, tuple(parts.unlike_endless()))

    def native(self, steps: int) -> Iterator[NDArray[np.float32]]:
        """Compute each step by itself, as the cell does."""
        self.checked()
        for start in range(0, steps, BLOCK):
            t = np.arange(start, min(start + BLOCK, steps), dtype=np.int64)
            yield annealing_cell(self.lr, self.eta_min, self.T_max, t)[None, :]


class WarmUpThen(Cell, frozen=True):
    """``isorate.mindspore.WarmUpThen``: MindSpore's ``WarmUpLR``, and then another of its cells.

    The second cell counts from 0 at the update at which the warmup is over.
    """

    warmup: Any
    after: Any

    card: ClassVar[Card] = Card(
        name="isorate.mindspore.WarmUpThen",
        dialect="isorate",
        drop_in=True,
        runs_in="mindspore",
        version=__version__,
        docs=DOCS,
        clock="update",
        arithmetic="that of the cell whose turn it is, float32",
        proof=Proof.COUNTER,
        past_end="whatever the second cell does",
        roles={"warmup": "shape", "after": "shape"},
        raises={
            "TypeError": "warmup no WarmUpLR, after no cell, or what they raise it for",
            "ValueError": "what the cells raise it for",
        },
    )

    def fault(self) -> Fault | None:
        """Build both cells; then want them to be cells."""
        for cell in (self.warmup, self.after):
            fault = cell.fault() if isinstance(cell, Call) else None
            if fault is not None:
                return fault
        if not isinstance(self.warmup, mindspore.WarmUpLR):
            return Fault(TypeError, f"warmup is no WarmUpLR: {self.warmup!r}")
        if not isinstance(self.after, Cell):
            return Fault(TypeError, f"after is no cell: {self.after!r}")
        return None

    def lower(self) -> Schedule:
        """Join what both cells mean."""
        self.checked()
        return Join((self.warmup.lower(), self.after.lower()), (self.warmup.warmup_steps,))

    @classmethod
    def lift(cls, schedule: Schedule, updates: int) -> Lift | Refusal:
        """Say a line from 0, and then what a cell can say."""
        parts = take_apart(schedule, Join)
        if isinstance(parts, Refusal):
            return parts
        if len(parts.shapes) > 1:
            return Refusal("it is for one parameter group: convert each group by itself")
        if parts.every > 1:
            return Refusal(f"the cells move at every update, the schedule once in {parts.every}")
        first, *rest = parts.shape.of
        over = parts.shape.boundaries[0]
        warmup = mindspore.WarmUpLR.lift(first, over)
        if isinstance(warmup, Refusal):
            return Refusal(f"it begins with a warmup from 0: {warmup.reason}")
        if warmup.call.arguments()["warmup_steps"] != over:
            return Refusal("the warmup is over when it has reached its rate")
        later = Join(tuple(rest), tuple(b - over for b in parts.shape.boundaries[1:])).normal()
        for kind in mindspore.DIALECT.constructors:
            said = kind.lift(later, max(updates - over, 1)) if issubclass(kind, Cell) else None
            if isinstance(said, Lift):
                return Lift(cls(warmup.call, said.call), 1, (*said.losses, *parts.unlike_endless()))
        return Refusal("no cell can say what follows the warmup")

    def at_steps(self, t: NDArray[np.int64]) -> NDArray[np.float32]:
        """Take the rate of the cell whose turn it is."""
        since = t - self.warmup.warmup_steps
        later = self.after.at_steps(np.maximum(since, 0))
        rates: NDArray[np.float32] = np.where(since < 0, self.warmup.at_steps(t), later)
        return rates


def find_climbing(schedule: Schedule) -> CosineParts | Refusal:
    """Take apart a schedule that is one periodic cosine from its start, for one group."""
    parts = find_cosine(schedule)
    if isinstance(parts, Refusal):
        return parts
    if parts.unlike_climbing():
        return Refusal("it climbs back from eta_min, where the schedule holds")
    if parts.cosine.after == "repeat":
        return Refusal("it climbs back from eta_min, where the schedule jumps to its start")
    if len(parts.starts) > 1:
        return Refusal("it is for one parameter group: convert each group by itself")
    if parts.begin:
        return Refusal("it begins at lr, and the schedule part of the way")
    return parts


def check_annealing(call: Any) -> Fault | None:
    """Check the arguments of the periodic cosines for MindSpore."""
    for name in ("lr", "eta_min"):
        value = getattr(call, name)
        if not isinstance(value, float):
            return Fault(TypeError, f"{name} is not a float: {value!r}")
        if not (math.isfinite(value) and value >= 0):
            return Fault(ValueError, f"{name} is negative or not finite: {value!r}")
    for name in ("T_max", "total_step", "step_per_epoch"):
        value = getattr(call, name, 1)
        if isinstance(value, bool) or not isinstance(value, int):
            return Fault(TypeError, f"{name} is not an int: {value!r}")
        if not 0 < value < 2**53:
            return Fault(ValueError, f"{name} is not between 1 and 2**53 - 1: {value}")
    return None


DIALECT = Dialect(
    name="isorate",
    title="Isorate",
    version=__version__,
    precedence=1000,
    constructors=(
        CosineAnnealingLR,
        ScheduleLR,
        torch_cosine_decay_lr,
        mindspore_cosine_decay_lr,
        mindspore_polynomial_decay_lr,
        mindspore_exponential_decay_lr,
        mindspore_natural_exp_decay_lr,
        mindspore_inverse_decay_lr,
        mindspore_piecewise_constant_lr,
        mindspore_warmup_lr,
        cosine_annealing_lr,
        mindspore_CosineAnnealingLR,
        mindspore_ScheduleLR,
        WarmUpThen,
    ),
)
