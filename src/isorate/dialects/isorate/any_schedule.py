"""Isorate's schedulers that train with any schedule: one for torch, one for MindSpore.

Their ``schedule`` is text in a call, JSON or another call, which the reader reads. A conversion
always has them as a way.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, ClassVar, Literal

import numpy as np

from isorate._version import __version__
from isorate.kit.boundary import Fault, Halting
from isorate.kit.call import Call
from isorate.kit.card import Card, Proof
from isorate.kit.match import Afterwards, Lift, Refusal
from isorate.kit.optimizer import Optimizer
from isorate.schedule.combinators import Groups, Shift, Stepped
from isorate.schedule.combinators.clocks import on_steps
from isorate.schedule.errors import ConvertError
from isorate.schedule.evaluate import BLOCK, ExactNamespace
from isorate.schedule.extension import kept_on
from isorate.schedule.node import Schedule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

DOCS = "docs/training.md"


def no_schedule(schedule: Any) -> Fault | None:
    """Return the fault of what is no schedule."""
    if isinstance(schedule, Schedule):
        return None
    return Fault(TypeError, f"schedule is neither a schedule nor a call or its text: {schedule!r}")


class ScheduleLR(Call, frozen=True):
    """``isorate.torch.ScheduleLR``: any schedule, for any torch optimizer.

    ``lr(t) = schedule.at(t)``, t the number of updates that ``step()`` was called after. One step
    past a schedule's end keeps the last rate; a further step raises RuntimeError.
    """

    optimizer: Optimizer
    schedule: Any
    last_epoch: int = -1
    counting: str = "updates"
    on_mismatch: str = "raise"

    card: ClassVar[Card] = Card(
        name="isorate.torch.ScheduleLR",
        dialect="isorate",
        drop_in=True,
        runs_in="torch",
        version=__version__,
        docs=DOCS,
        clock="step",
        arithmetic="closed form, float64, each step by itself",
        proof=Proof.EACH_STEP,
        past_end="whatever the schedule says; stepping past its end raises RuntimeError",
        roles={"schedule": "shape", "last_epoch": "begin", "counting": "clock"},
        raises={
            "RuntimeError": "a step past the schedule's end",
            "TypeError": "schedule neither a schedule nor text, last_epoch no int",
            "ValueError": "not one schedule for each parameter group, last_epoch below -1, "
            "counting or on_mismatch none of its choices",
        },
        counts="updates",
    )

    @property
    def dtype(self) -> Literal["float64", "float32"]:
        """The dtype of the optimizer's rates."""
        return self.optimizer.dtype

    @property
    def counts(self) -> Literal["steps", "updates"]:
        """What it was told to count."""
        return "steps" if self.counting == "steps" else "updates"

    def fault(self) -> Fault | None:
        """Want a schedule, for as many groups as there are."""
        fault = no_schedule(self.schedule)
        if fault is not None:
            return fault
        choices = {"counting": ("updates", "steps"), "on_mismatch": ("raise", "checkpoint", "mine")}
        for name, known in choices.items():
            if getattr(self, name) not in known:
                return Fault(ValueError, f"{name} is none of {known}: {getattr(self, name)!r}")
        groups = len(self.optimizer.groups)
        if isinstance(self.schedule, Groups) and len(self.schedule.of) != groups:
            said = f"the schedule is for {len(self.schedule.of)} parameter groups"
            return Fault(ValueError, f"{said}, the optimizer has {groups}")
        if isinstance(self.last_epoch, bool) or not isinstance(self.last_epoch, int):
            return Fault(TypeError, f"last_epoch is not an int: {self.last_epoch!r}")
        if self.last_epoch < -1:
            return Fault(ValueError, f"last_epoch={self.last_epoch} is below -1")
        end = self.schedule.length
        if end is not None and self.last_epoch + 1 > end:
            return Fault(RuntimeError, f"stepped past the end: rates for {end} updates")
        return None

    def lower(self) -> Schedule:
        """Return the schedule on the loop's clock, begun where ``last_epoch`` says."""
        self.checked()
        begin = self.last_epoch + 1
        if begin == self.schedule.length:
            raise ConvertError("it is resumed at its end")
        own = map(on_steps, self._by_group())
        moved = [Stepped(Shift(one, begin) if begin else one) for one in own]
        return moved[0] if len(moved) == 1 else Groups(tuple(moved))

    def _by_group(self) -> list[Schedule]:
        if isinstance(self.schedule, Groups):
            return list(self.schedule.of)
        return [self.schedule] * len(self.optimizer.groups)

    @classmethod
    def lift(cls, schedule: Schedule, updates: int) -> Lift:
        """Say anything, on an optimizer that begins with its first rates."""
        each = schedule.of if isinstance(schedule, Groups) else (schedule,)
        first = (one.at(0) for one in each)
        taken = (rate if 0 <= rate < math.inf else 0.0 for rate in first)
        return Lift(cls(Optimizer.of(*taken), schedule))

    def native(self, steps: int) -> Iterator[NDArray[Any]]:
        """Evaluate; one step past the end keeps the last rate, the next one raises."""
        self.checked()
        begin = self.last_epoch + 1
        end = self.schedule.length
        left = steps if end is None else min(steps, end - begin + 1)
        for start in range(begin, begin + left, BLOCK):
            t = np.arange(start, min(start + BLOCK, begin + left), dtype=np.int64)
            yield self._rates(t if end is None else np.minimum(t, end - 1))
        if left < steps:
            raise Halting("RuntimeError", f"stepped past the end: rates for {end} updates")

    def _rates(self, t: NDArray[np.int64]) -> NDArray[Any]:
        """Compute as training does, and round as the tensors do."""
        rates = np.empty((len(self.optimizer.groups), len(t)), self.dtype)
        for row, group, one in zip(rates, self.optimizer.groups, self._by_group(), strict=True):
            values = exactly(on_steps(one), t)
            row[:] = values.astype(np.float32) if group.tensor == "float32" else values
        return rates


class mindspore_ScheduleLR(Call, frozen=True):
    """``isorate.mindspore.ScheduleLR``: any schedule as a cell, which the optimizer's step moves.

    Everything is computed in float64 and rounded to float32 once. After a schedule's end the last
    rate goes on.
    """

    schedule: Any

    card: ClassVar[Card] = Card(
        name="isorate.mindspore.ScheduleLR",
        dialect="isorate",
        drop_in=True,
        runs_in="mindspore",
        version=__version__,
        docs=DOCS,
        clock="update",
        arithmetic="closed form, float64, each step by itself, rounded to float32",
        proof=Proof.COUNTER,
        past_end="whatever the schedule says; the last rate where it ends",
        roles={"schedule": "shape"},
        raises={
            "TypeError": "schedule neither a schedule nor a call or its text",
            "ValueError": "a schedule for several parameter groups",
        },
        ulp=1,
        ledger="MindSpore's float64 sine and power may round otherwise than the C library's, which "
        "can move the float32 that they are rounded to",
    )

    @property
    def dtype(self) -> Literal["float64", "float32"]:
        """float32, as every rate in MindSpore."""
        return "float32"

    def fault(self) -> Fault | None:
        """Want one schedule."""
        if isinstance(self.schedule, Groups):
            groups = len(self.schedule.of)
            return Fault(ValueError, f"the schedule is for {groups} parameter groups")
        return no_schedule(self.schedule)

    def lower(self) -> Schedule:
        """Return the schedule, and its last rate after its end."""
        self.checked()
        return kept_on(on_steps(self.schedule))

    @classmethod
    def lift(cls, schedule: Schedule, updates: int) -> Lift | Refusal:
        """Say anything, for one parameter group."""
        if isinstance(schedule, Groups):
            return Refusal("it is for one parameter group: convert each group by itself")
        length = schedule.length
        if length is None:
            return Lift(cls(schedule))
        return Lift(cls(schedule), 1, (Afterwards(f"goes on after the {length} rates it has"),))

    def native(self, steps: int) -> Iterator[NDArray[Any]]:
        """Evaluate in float64 and round."""
        schedule = self.lower()
        for start in range(0, steps, BLOCK):
            t = np.arange(start, min(start + BLOCK, steps), dtype=np.int64)
            yield exactly(schedule, t).astype(np.float32)[None, :]


def exactly(schedule: Schedule, t: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return the rates with the bits of ``schedule.at``."""
    xp: Any = ExactNamespace()
    with np.errstate(all="ignore"):
        rates: NDArray[np.float64] = np.asarray(schedule.formula(t, xp), np.float64)
    return rates
