"""Isorate's schedulers for torch: ``isorate.torch.ScheduleLR``, and the cosine by its closed form.

The ``schedule`` of the first is text in a call, JSON or another call, which the reader reads. A
conversion always has it as a way.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from msgspec.structs import replace

from isorate.dialects import torch
from isorate.dialects.isorate._shared import card, exactly, no_schedule
from isorate.dialects.torch.base import RESUMED
from isorate.kit.boundary import LIMIT, Fault, Halting
from isorate.kit.call import Call, Lift
from isorate.kit.card import Card, Proof
from isorate.kit.match import Refusal
from isorate.kit.optimizer import Optimizer, ParamGroup
from isorate.schedule.combinators import Groups, Shift, Stepped
from isorate.schedule.combinators.clocks import on_steps
from isorate.schedule.domains import FARTHEST
from isorate.schedule.errors import ConvertError
from isorate.schedule.evaluate import in_blocks
from isorate.schedule.lazily import np
from isorate.schedule.shapes import Cosine

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    from isorate.schedule.node import Schedule


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

    card: ClassVar[Card] = card(
        "closed form, float64, each step by itself", Proof.EACH_STEP,
        "whatever the schedule says; stepping past its end raises RuntimeError",
        name="isorate.torch.ScheduleLR", runs_in="torch", clock="step",
        roles={"schedule": "shape", "last_epoch": "begin", "counting": "clock"},
        RuntimeError="a step past the schedule's end",
        TypeError="schedule neither a schedule nor text, last_epoch no int",
        ValueError="not one schedule for each parameter group, last_epoch below -1, "
        "counting or on_mismatch none of its choices",
        counts="updates",
    )  # fmt: skip

    @property
    def dtype(self) -> Literal["float64", "float32"]:
        return self.optimizer.dtype

    @property
    def counts(self) -> Literal["steps", "updates"]:
        return "steps" if self.counting == "steps" else "updates"

    def fault(self) -> Fault | None:
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
        if begin + left > FARTHEST:
            raise Halting(LIMIT, f"last_epoch={self.last_epoch} is farther than schedules go")
        for t in in_blocks(begin + left, begin):
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


class CosineAnnealingLR(Call, frozen=True):
    """``isorate.torch.CosineAnnealingLR``: torch's schedule by its closed form.

    ``lr(t) = base·sin²(π(T−t)/(2T)) + η·sin²(πt/(2T))``, t folded into [0, T]. It neither reads
    nor depends on ``group["lr"]``: a scheduler resumed with ``last_epoch=k`` gives the rate of
    step k+1, as the run that was never stopped.
    """

    optimizer: Optimizer
    T_max: int
    eta_min: float = 0.0
    last_epoch: int = -1

    card: ClassVar[Card] = card(
        "closed form, float64, each step by itself", Proof.EACH_STEP,
        torch.CosineAnnealingLR.card.past_end, name="isorate.torch.CosineAnnealingLR",
        runs_in="torch", clock="step", roles=torch.CosineAnnealingLR.card.roles, KeyError=RESUMED,
        TypeError="T_max or eta_min no number, last_epoch no int",
        ValueError="T_max or eta_min not finite, T_max beyond 2**53, last_epoch below -1",
        ZeroDivisionError="T_max=0",
    )  # fmt: skip

    @property
    def dtype(self) -> Literal["float64", "float32"]:
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
        return self._from(self.optimizer.groups).lower()

    def _from(self, groups: Sequence[ParamGroup]) -> ScheduleLR:
        """Return the scheduler that follows the cosines from these groups' first rates."""
        eta_min, T = float(self.eta_min), abs(self.T_max)
        each = tuple(Cosine(float(group.base), eta_min, T, "mirror") for group in groups)
        schedule = each[0] if len(each) == 1 else Groups(each)
        return ScheduleLR(self.optimizer, schedule, self.last_epoch, "steps")

    @classmethod
    def lift(cls, schedule: Schedule, updates: int) -> Lift | Refusal:
        """Say what torch's own says."""
        said = torch.CosineAnnealingLR.lift(schedule, updates)
        if isinstance(said, Refusal):
            return said
        return replace(said, call=cls(**said.call.arguments()))

    def native(self, steps: int) -> Iterator[NDArray[Any]]:
        """Evaluate, from the first rates as tensors hold them, and round as they do."""
        self.checked()
        return self._from([group.rounded() for group in self.optimizer.groups]).native(steps)
