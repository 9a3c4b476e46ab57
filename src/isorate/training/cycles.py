"""Triangles, cycle after cycle, as a call or a function of Python scales them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from msgspec.structs import replace

from isorate.schedule.combinators import Sum
from isorate.schedule.shapes import Constant
from isorate.training.compositions import grouped
from isorate.training.drop_in import DropIn, blaming, one_a_group
from isorate.training.functions import scaled_waves

if TYPE_CHECKING:
    from collections.abc import Sequence

    from isorate.schedule.node import Schedule
    from isorate.training.closed_form import Group


class Cycles(DropIn):
    """A ``CyclicLR``, each group between rates of its own."""

    scale_fn: Any

    def _meaning(self, groups: Sequence[Group]) -> Schedule:
        call: Any = self._call([0.0] * len(groups))  # also raises what the framework raises
        ends = (one_a_group(rate, len(groups)) for rate in (call.base_lr, call.max_lr))
        pairs = zip(*ends, strict=True)
        with blaming(call.name):
            return grouped([self._wave(call, float(low), float(high)) for low, high in pairs])

    def _wave(self, call: Any, low: float, high: float) -> Schedule:
        """Return the course between two values, of the rate or of the momentum."""
        wave = replace(call, base_lr=low, max_lr=high, scale_fn=None)
        if self.scale_fn is None:
            course: Schedule = wave.shape(low, 0)
            return course
        height = replace(wave, base_lr=0.0, max_lr=high - low, mode="triangular").shape(0.0, 0)
        down = call.step_size_up if call.step_size_down is None else call.step_size_down
        total = int(float(call.step_size_up) + float(down))
        scaled = scaled_waves(height, self.scale_fn, total if call.scale_mode == "cycle" else None)
        return Sum((Constant(low), scaled))
