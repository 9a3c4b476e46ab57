"""What the dialects' cosines share: the chained recursion, its meaning, and matching a cosine."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from isorate.kit.boundary import Halting
from isorate.kit.match import Afterwards, Lift, Refusal
from isorate.kit.optimizer import Optimizer, ParamGroup
from isorate.schedule.combinators import Groups, Join, Shift, Staircase, Stepped, Until
from isorate.schedule.errors import ConvertError
from isorate.schedule.libm import exact
from isorate.schedule.node import called
from isorate.schedule.shapes import Constant, Cosine

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from isorate.kit.call import Call
    from isorate.schedule.node import Schedule

    Float64s = NDArray[np.float64]


# --- the recursion ----------------------------------------------------------------------------


def cosine_links(
    T_max: float, t: int, steps: int
) -> tuple[Float64s, NDArray[np.bool_], Halting | None]:
    """Return what links the rate after each of the steps after ``t`` to the rate before it.

    ``lr(t) = q·(lr(t−1) − η) + η``, q = (1+cos(πt/T)) / (1+cos(π(t−1)/T)), except at an anchor: the
    step after a trough, t−1 = T modulo 2T, which adds a rise. Every operation is the Python float64
    one, in torch's order; they are only taken in bulk.

    Returns:
        The ratios q, where the anchors are, and what torch raises at the step after them: where the
        ratio divides by zero, which T_max above 3·10⁸ brings about, or where π·t/T is infinite.

    """
    with np.errstate(all="ignore"):
        at = np.arange(t, t + steps + 1, dtype=np.float64)
        angle = np.pi * at / T_max
        height = 1 + exact("cos", angle)
        anchors = (at[1:] - 1 - T_max) % (2 * T_max) == 0
        ratio = height[1:] / height[:-1]
    failing = ((height[:-1] == 0) | np.isinf(angle[1:])) & ~anchors
    if not failing.any():
        return ratio, anchors, None
    stop = int(failing.argmax())
    halt = (
        Halting("ValueError", f"the cosine of infinity at step {t + stop + 1}")
        if math.isinf(angle[stop + 1])
        else Halting("ZeroDivisionError", "1 + cos underflows to 0 one step before the trough")
    )
    return ratio[:stop], anchors[:stop], halt


# --- what a chained cosine means ---------------------------------------------------------------


def chained_meaning(optimizer: Optimizer, eta_min: float, T_max: float, first: int) -> Schedule:
    """Return the schedule of a chained cosine that stands at step ``first`` with ``group.lr``.

    A recursion keeps the amplitude that ``group.lr`` implies until the next trough, and swings
    with ``base`` from there on. Only where ``group.lr`` is on the curve already is it one cosine.
    """
    groups = [chained_group(group, eta_min, T_max, first) for group in optimizer.groups]
    return Stepped(groups[0]) if len(groups) == 1 else Groups(tuple(map(Stepped, groups)))


def chained_group(group: ParamGroup, eta: float, T_max: float, first: int) -> Schedule:
    """Return the same for one group."""
    if math.isnan(T_max):
        raise ConvertError("T_max is NaN, and so is every rate", hint="there is no schedule to say")
    T: int | float = abs(T_max)
    if math.isinf(T):
        return Constant(float(group.lr))
    if float(T).is_integer():
        T = int(T)
    whole = Cosine(float(group.base), float(eta), T, "mirror")
    phase: Any = first % (2 * T)
    if not isinstance(T, int):
        phase = first  # a fractional period has no whole number of steps to leave out
        if first < 0:
            raise ConvertError("last_epoch < -1 with a fractional T_max has no schedule")
    here = whole.at(phase)
    if math.isclose(group.lr, here, rel_tol=1e-13, abs_tol=0.0):
        return _shifted(whole, phase)
    fraction = Cosine(1.0, 0.0, T, "mirror")
    if isinstance(T, int) and phase == T:
        rise = fraction.at(T + 1)
        amplitude = (group.lr - eta) / rise + (group.base - eta)
        swing = Cosine(eta + amplitude, float(eta), T, "mirror")
        boundary = (1, 2 * T)
        return Join((Constant(float(group.lr)), Shift(swing, T + 1), Shift(whole, T)), boundary)
    amplitude = (group.lr - eta) / fraction.at(phase)
    swing = Cosine(eta + amplitude, float(eta), T, "mirror")
    if not isinstance(T, int):
        return _shifted(swing, phase)
    trough = T if phase < T else 3 * T
    return Join((_shifted(swing, phase), Shift(whole, T)), (trough - phase,))


def _shifted(of: Schedule, by: int) -> Schedule:
    return Shift(of, by) if by else of


# --- finding a cosine in a schedule ------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class CosineParts:
    """A schedule that is one cosine per group, taken apart.

    Args:
        starts: the rate each group begins with.
        cosine: the cosine of the first group.
        every: updates in one tick of its clock.
        begin: ticks that were over before update 0.
        length: the number of updates with a rate; none where it never ends.

    """

    starts: tuple[float, ...]
    cosine: Cosine
    every: int
    begin: int
    length: int | None

    @property
    def duration(self) -> float:
        """Updates from start to end."""
        return self.cosine.duration * self.every

    @property
    def turning(self) -> int:
        """The first update past the minimum, where a periodic cosine climbs again."""
        return (
            math.floor(self.cosine.duration)
            + 1
            - self.begin % max(1, int(2 * self.cosine.duration))
        ) * self.every

    def unlike_holding(self) -> list[str]:
        """Say what is lost where a call holds its minimum for good."""
        if self.cosine.after != "mirror" or self.length is not None:
            return []
        turn = self.turning
        again = f"where the schedule climbs again from update {turn}"
        return [Afterwards(f"holds its minimum for good, {again}")]

    def unlike_climbing(self) -> list[str]:
        """Say what is lost where a call climbs back from its minimum."""
        ended = self.length is not None and self.length <= self.turning
        if self.cosine.after != "hold" or ended:
            return []
        return [Afterwards(f"climbs again from update {self.turning}, where the schedule holds")]

    def unlike_endless(self) -> list[str]:
        """Say what is lost where a call never ends."""
        if self.length is None:
            return []
        return [Afterwards(f"goes on after the {self.length} rates that the schedule has")]

    def resting(self, *, resumed: bool | None = None) -> Optimizer | Refusal:
        """Return the optimizer as it is when the schedule begins."""
        here = [
            Cosine(start, self.cosine.end, self.cosine.duration, "mirror").at(self.begin)
            for start in self.starts
        ]
        if min(*here, *self.starts) < 0:
            return Refusal("an optimizer takes no negative rate to begin with")
        if not (self.begin if resumed is None else resumed):
            return Optimizer.of(*self.starts)
        return Optimizer(tuple(map(ParamGroup, here, self.starts)))


def find_cosine(schedule: Schedule) -> CosineParts | Refusal:
    """Take a schedule in normal form apart, or say why it is not one cosine."""
    if isinstance(schedule, Groups):
        parts = [find_cosine(child) for child in schedule.of]
        for part in parts:
            if isinstance(part, Refusal):
                return part
        found = [part for part in parts if isinstance(part, CosineParts)]
        shape = {(p.cosine.end, p.cosine.duration, p.cosine.after, p.every, p.begin) for p in found}
        if len(shape) > 1:
            return Refusal("the parameter groups differ in more than their first rate")
        first = found[0]
        starts = tuple(part.starts[0] for part in found)
        return CosineParts(starts, first.cosine, first.every, first.begin, schedule.length)
    length = schedule.length
    if isinstance(schedule, Until):
        schedule = schedule.of
    every, begin = 1, 0
    if isinstance(schedule, Staircase):
        every, schedule = schedule.every, schedule.of
    if isinstance(schedule, Shift):
        if not isinstance(schedule.by, int):
            return Refusal(f"it begins at a whole step, and the schedule {schedule.by:g} steps on")
        begin, schedule = schedule.by, schedule.of
    if not isinstance(schedule, Cosine):
        return Refusal(f"the schedule is {called(schedule.tag)}, not a cosine")
    return CosineParts((schedule.start,), schedule, every, begin, length)


def lift_periodic(cls: Any, schedule: Schedule, *, whole_T_max: bool = False) -> Lift | Refusal:
    """Say a schedule as ``cls(optimizer, T_max, eta_min, last_epoch)``, a cosine of period 2T."""
    parts = find_cosine(schedule)
    if isinstance(parts, Refusal):
        return parts
    if parts.cosine.after == "repeat":
        return Refusal(
            "it climbs back from its minimum, where the schedule jumps back to its start"
        )
    if whole_T_max and not isinstance(parts.cosine.duration, int):
        return Refusal(f"T_max must be an integer, and the schedule takes {parts.cosine.duration}")
    optimizer = parts.resting()
    if isinstance(optimizer, Refusal):
        return optimizer
    call: Call = cls(optimizer, parts.cosine.duration, parts.cosine.end, parts.begin - 1)
    losses = [*parts.unlike_climbing(), *parts.unlike_endless()]
    if parts.every > 1:
        losses.append(f"call scheduler.step() once in {parts.every} updates (an epoch)")
    return Lift(call, parts.every, tuple(losses))


def find_fall(schedule: Schedule) -> CosineParts | Refusal:
    """Take apart a schedule that is one falling cosine from its top, for one parameter group."""
    parts = find_cosine(schedule)
    if isinstance(parts, Refusal):
        return parts
    cosine = parts.cosine
    if len(parts.starts) > 1:
        return Refusal("it is for one parameter group: convert each group by itself")
    if cosine.after == "repeat":
        return Refusal("it holds its minimum, where the schedule jumps back to its start")
    if parts.begin:
        return Refusal("it begins at max_lr, and the schedule part of the way down")
    if not isinstance(cosine.duration, int):
        return Refusal(f"it takes a whole number of steps, and the schedule {cosine.duration}")
    if not 0 <= cosine.end < cosine.start:
        ends = f"from {cosine.start!r} to {cosine.end!r}"
        return Refusal(f"it wants 0 <= min_lr < max_lr, and the schedule goes {ends}")
    return parts
