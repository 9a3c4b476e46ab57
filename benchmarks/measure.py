"""How the benchmarks measure: in turns, so that a busy machine slows both sides alike."""

from __future__ import annotations

from dataclasses import dataclass
from statistics import median
from time import perf_counter
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Callable


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table: what was measured, the ratio found, and the ratio that is required."""

    name: str
    ratio: float
    sense: Literal["≥", "≤"]
    required: float

    @property
    def met(self) -> bool:
        """Whether the requirement holds."""
        return self.ratio >= self.required if self.sense == "≥" else self.ratio <= self.required


def seconds(work: Callable[[], object], clock: Callable[[], float] = perf_counter) -> float:
    """Return the seconds that one call takes."""
    start = clock()
    work()
    return clock() - start


def in_turns(
    theirs: Callable[[], object],
    ours: Callable[[], object],
    rounds: int,
    clock: Callable[[], float] = perf_counter,
) -> tuple[float, float]:
    """Return the median seconds of both, measured in turns."""
    pairs = [(seconds(theirs, clock), seconds(ours, clock)) for _ in range(rounds)]
    return median(pair[0] for pair in pairs), median(pair[1] for pair in pairs)
