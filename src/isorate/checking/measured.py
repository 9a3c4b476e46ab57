"""A log's points beside schedules that may have made them."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from isorate.checking.ways import round_factor
from isorate.schedule.arrays import ArrayNamespace
from isorate.schedule.combinators import Join
from isorate.schedule.shapes import Linear

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from isorate.checking.evidence import Floats
    from isorate.schedule.node import Schedule


@dataclass(frozen=True, slots=True)
class Candidate:
    """A schedule that may have made a log.

    Args:
        family: what it is.
        schedule: the schedule itself.
        arguments: its numbers by name.
        residual: the largest distance from the log, as a share of the peak.
        fits: whether it is the log, by the digits that were printed.

    """

    family: str
    schedule: Schedule
    arguments: Mapping[str, float]
    residual: float
    fits: bool

    def __str__(self) -> str:
        listed = ", ".join(f"{name} {value:.10g}" for name, value in self.arguments.items())
        return f"{self.family}: {listed}" if listed else self.family


class Measured:
    """A log's points, in order: updates, rates, and how far each may be off."""

    def __init__(self, u: Any, v: Floats, room: Floats) -> None:
        self.u, self.v, self.room = u, v, room
        self.peak = float(np.abs(v).max(initial=0.0)) or 1.0

    def rounded(self, value: float, at: int) -> float:
        """Return the roundest number that a rate at a point may be."""
        return round_factor(value, float(self.room[at])) if value else 0.0

    def climbs(self) -> Iterator[tuple[float, float | None]]:
        """Visit what a climb at the beginning may be: its first rate, and its slope, or none."""
        yield 0.0, None
        rise = int(self.v.argmax())
        if rise < 1:
            return
        if self.u[0] > 0 and self.v[0] > 0:  # from 0, and the first row tells how fast
            yield 0.0, float(self.v[0] / self.u[0])
        # the last point of a climb may lie past its end
        for last in (rise, rise - 1):
            if last < 1:
                continue
            slope = (self.v[last] - self.v[0]) / (self.u[last] - self.u[0])
            line = self.v[0] + slope * (self.u[: last + 1] - self.u[0])
            if slope > 0 and (np.abs(line - self.v[: last + 1]) <= 3 * self.room[: last + 1]).all():
                start = float(self.v[0] - slope * self.u[0])
                start = (
                    0.0
                    if abs(start) <= 1e-6 * self.peak
                    else round_factor(start, float(self.room[0]))
                )
                yield start, float(slope)
                return

    def judged(self, family: str, schedule: Schedule, arguments: Mapping[str, float]) -> Candidate:
        """Return a schedule with how near it comes to all points."""
        with np.errstate(all="ignore"):
            far = np.abs(schedule.formula(self.u, ArrayNamespace()) - self.v)
        far = np.broadcast_to(far, self.v.shape)
        residual = float(far.max(initial=0.0)) / self.peak
        return Candidate(family, schedule, arguments, residual, bool((far <= self.room).all()))


def after(
    start: float, warmup: int, peak: float, rest: Schedule, told: dict[str, float]
) -> tuple[Schedule, dict[str, float]]:
    """Put a climb before a schedule."""
    if not warmup:
        return rest, told
    said = {"warmup": float(warmup)} | ({"start": start} if start else {})
    return Join((Linear(start, peak, warmup), rest), (warmup,)), said | told


def least(off: Callable[[float], float], low: float, high: float) -> float:
    """Return where a function is least between two points."""
    ratio = (math.sqrt(5) - 1) / 2
    a, b = high - ratio * (high - low), low + ratio * (high - low)
    fa, fb = off(a), off(b)
    for _ in range(40):
        if fa < fb:
            high, b, fb = b, a, fa
            a = high - ratio * (high - low)
            fa = off(a)
        else:
            low, a, fa = a, b, fb
            b = low + ratio * (high - low)
            fb = off(b)
    return (low + high) / 2
