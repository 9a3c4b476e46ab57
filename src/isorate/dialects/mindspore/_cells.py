"""What MindSpore's learning-rate cells share: float32, one step at a time, without end."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from isorate.dialects.mindspore._shared import Checked
from isorate.schedule.evaluate import BLOCK
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

    def at_steps(self, t: Int64s) -> Float32s:
        """Return the rate of each step, to the bit."""
        raise NotImplementedError

    def rates(self, t: Any, real: Any) -> Float32s:
        """Return the rates of counts, as an object that asks it takes them."""
        return self.at_steps(t.astype(np.int64))

    def native(self, steps: int) -> Iterator[Float32s]:
        self.checked()
        for start in range(0, steps, BLOCK):
            t = np.arange(start, min(start + BLOCK, steps), dtype=np.int64)
            yield self.at_steps(t)[None, :]
