"""What MindSpore's learning-rate cells share: float32, one step at a time, without end.

Measured on CPU, called with one step as an optimizer does, in either mode: every operation is
rounded, ``Pow`` is the C library's powf, ``Sin`` the double function rounded once, a number over a
tensor is the number times the reciprocal, and a count beside an int32 tensor wraps to int32.
(Called with eight steps or more at once, ``Pow`` takes another kernel, an ULP or two away.)
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from isorate.dialects.mindspore._shared import Checked
from isorate.kit.float32 import single
from isorate.schedule.evaluate import in_blocks
from isorate.schedule.lazily import np

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    Float32s = NDArray[np.float32]
    Int64s = NDArray[np.int64]


class Cell(Checked, frozen=True):
    """A cell that an optimizer calls with its step: float32, each step by itself, without end."""

    @property
    def dtype(self) -> Literal["float64", "float32"]:
        return "float32"

    def computed(self, t: Int64s) -> Float32s:
        """Return the rate of each step, in the cell's own order of operations."""
        raise NotImplementedError

    def at_steps(self, t: Int64s) -> Float32s:
        """Return the rate of each step, to the bit; infinite or NaN where that is."""
        with np.errstate(all="ignore"):
            return self.computed(t)

    def rates(self, t: Any, real: Any) -> Float32s:
        """Return the rates of counts, as an object that asks it takes them."""
        return self.at_steps(t.astype(np.int64))

    def native(self, steps: int) -> Iterator[Float32s]:
        self.checked()
        for t in in_blocks(steps):
            yield self.at_steps(t)[None, :]


def shares(t: Int64s, steps: int) -> Float32s:
    """``t/D``: the share of a duration that is over."""
    share: Float32s = t.astype(np.float32) / single(steps)
    return share


def capped(t: Int64s, steps: int) -> Float32s:
    """``min(t, D)/D``, the minimum taken in int32, where a D from 2**31 on wraps."""
    return shares(np.minimum(t, (steps + 2**31) % 2**32 - 2**31), steps)
