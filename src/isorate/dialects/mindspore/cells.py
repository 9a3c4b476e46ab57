"""MindSpore's learning-rate cells, called with the step."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Literal

import numpy as np

from isorate.core.evaluate import BLOCK
from isorate.core.shapes import Cosine
from isorate.dialects._base import (
    Call,
    Card,
    Fault,
    Lift,
    Refusal,
)
from isorate.dialects._cosine import (
    find_fall,
)
from isorate.dialects._float32 import cosine_cell

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from isorate.core.schedule import Schedule

from isorate.dialects.mindspore._shared import BAD_DECAY, CHANGED, DOCS, VERSION, check_cosine_decay


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
