"""MindSpore's experimental schedulers: torch's, stepped by hand, in float32."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING, ClassVar, Literal

import numpy as np

from isorate.core.combinators import Groups, Shift, Stepped
from isorate.dialects._base import (
    Call,
    Card,
    Fault,
    Lift,
    Optimizer,
    Refusal,
    optimizer_code,
)
from isorate.dialects._cosine import (
    CosineParts,
    chained_meaning,
    find_cosine,
    lift_periodic,
)
from isorate.dialects._float32 import experimental_cosine

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from isorate.core.schedule import Schedule

from isorate.dialects.mindspore._shared import DOCS, SCHEDULERS, VERSION


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


def _begun(schedule: Schedule) -> Schedule:
    """Return a stepped schedule as it stands after its first step."""
    if isinstance(schedule, Groups):
        return Groups(tuple(map(_begun, schedule.of)))
    if isinstance(schedule, Stepped):
        return Stepped(Shift(schedule.of, 1))
    return schedule
