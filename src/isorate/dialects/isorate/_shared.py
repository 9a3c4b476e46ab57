"""What Isorate's own schedulers share: their schedule, and its rates as training computes them."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from isorate._version import __version__
from isorate.kit import card as cards
from isorate.kit.boundary import Fault
from isorate.schedule.lazily import np
from isorate.schedule.node import Schedule

if TYPE_CHECKING:
    from numpy.typing import NDArray

#: The card of a drop-in.
card = partial(
    cards.card, always={}, dialect="isorate", drop_in=True, version=__version__,
    docs="docs/training.md",
)  # fmt: skip


def no_schedule(schedule: Any) -> Fault | None:
    """Return the fault of what is no schedule."""
    if isinstance(schedule, Schedule):
        return None
    return Fault(TypeError, f"schedule is neither a schedule nor a call or its text: {schedule!r}")


def exactly(schedule: Schedule, t: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return the rates with the bits of ``schedule.at``."""
    from isorate.schedule.arrays import ExactNamespace

    xp: Any = ExactNamespace()
    with np.errstate(all="ignore"):
        rates: NDArray[np.float64] = np.asarray(schedule.formula(t, xp), np.float64)
    return rates
