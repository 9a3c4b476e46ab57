"""Taking a schedule apart for MindSpore's lists and cells: decays and lines, from where they begin.

Each constructor says one shape, from update 0, for one parameter group. A decay that began earlier
is the same decay from a lower start; so is a straight line that then holds.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from msgspec import structs

from isorate.kit.match import Afterwards, Parts, Refusal, from_the_start, one_group, take_apart
from isorate.schedule.combinators import Groups, Until
from isorate.schedule.digits import apart
from isorate.schedule.node import SCALAR, end_of_course
from isorate.schedule.shapes import Exponential, Inverse, Linear, NaturalExponential, Polynomial

if TYPE_CHECKING:
    from isorate.kit.chained_cosine import CosineParts
    from isorate.schedule.node import Schedule


@dataclass(frozen=True, slots=True)
class Decay:
    """A decay as a list or a cell says it.

    Args:
        start: the first rate.
        rate: what one ``duration`` does.
        duration: ticks.
        each: what one tick does.

    """

    start: float
    rate: float
    duration: float
    each: float

    @property
    def whole(self) -> tuple[float, int]:
        """The rate and the duration as an integer: a fraction's is told by its ticks."""
        return (self.rate, self.duration) if isinstance(self.duration, int) else (self.each, 1)


def exponential_of(shape: Any) -> Decay | Refusal:
    """Return an exponential or a natural one by the factor of its decay."""
    if isinstance(shape, NaturalExponential):
        return _factor(shape.start, math.exp(-shape.decay), shape.duration)
    return _factor(shape.start, shape.factor, shape.duration)


def _factor(start: float, factor: float, duration: float) -> Decay | Refusal:
    if factor <= 0:
        return Refusal(f"its factor is positive, and the schedule's {factor!r}")
    return Decay(start, factor, duration, factor ** (1 / duration))


def natural_of(shape: Any) -> Decay | Refusal:
    """Return an exponential or a natural one by its rate of decay."""
    if isinstance(shape, Exponential):
        if shape.factor <= 0:
            return Refusal(f"it has no logarithm of the schedule's factor {shape.factor!r}")
        decay = -math.log(shape.factor)
    else:
        decay = shape.decay
    each = decay / shape.duration  # no duration of theirs divides the decay
    return Decay(shape.start, each, 1, each)


def inverse_of(shape: Any) -> Decay | Refusal:
    """Return an inverse decay by its rate."""
    return Decay(shape.start, shape.decay, shape.duration, shape.decay / shape.duration)


def find_decay(schedule: Schedule, *kinds: type[Schedule]) -> Parts[Any] | Refusal:
    """Take a decay for one parameter group apart, as it is from update 0 on."""
    return _begun(one_group(take_apart(schedule, *kinds)))


def find_line(schedule: Schedule, *kinds: type[Schedule]) -> Parts[Any] | Refusal:
    """Take a line or a polynomial of a whole number of ticks apart."""
    parts = from_the_start(_begun(one_group(take_apart(schedule, *kinds))))
    if isinstance(parts, Refusal):
        return parts
    if not isinstance(parts.shape.duration, int):
        took = parts.shape.duration
        return Refusal(f"it takes a whole number of steps, and the schedule {took!r}")
    if parts.shape.after == "repeat":
        return Refusal("it holds its end, where the schedule jumps back to its start")
    return parts


def _begun(parts: Parts[Any] | Refusal) -> Parts[Any] | Refusal:
    if isinstance(parts, Refusal) or not parts.begin:
        return parts
    begin, shape = parts.begin, parts.shape
    here = float(shape.formula(begin, SCALAR))
    rest: Schedule
    match shape:
        case Exponential() | NaturalExponential() if isinstance(begin, int):
            rest = structs.replace(shape, start=here)
        case Inverse(decay=decay, duration=duration):
            rest = Inverse(here, decay / (1 + decay * begin / duration), duration)
        case Linear(duration=T, after="hold" | "stop") if begin < T:
            rest = structs.replace(shape, start=here, duration=T - begin)
        case _:
            return parts
    return replace(parts, shapes=(rest,), begin=0)


def as_list(schedule: Schedule, updates: int) -> tuple[Schedule, list[str]]:
    """Return a schedule with no more rates than a run uses, and what that leaves out, in words.

    A list takes memory and time for every rate that it has. It has one more than the run uses where
    the schedule comes to its end with that: a trough that the usual length just misses.
    """
    total = updates + (1 if end_of_course(schedule) == updates else 0)
    length = schedule.length
    if length is not None and length <= total:
        return schedule, []
    many = schedule.of if isinstance(schedule, Groups) else (schedule,)
    cut = tuple(Until(one, total).normal() for one in many)
    left = "goes on" if length is None else f"has {length}"
    losses: list[str] = [Afterwards(f"ends after {total} rates, where the schedule {left}")]
    return (Groups(cut) if len(cut) > 1 else cut[0]), losses


def unlike_resting(parts: CosineParts) -> list[str]:
    """Return what is lost where a call rests at a cosine's minimum, also where the list ends."""
    if parts.length is not None and parts.length <= parts.turning:
        return []
    return replace(parts, length=None).unlike_holding()


def unlike_holding(parts: Parts[Any]) -> list[str]:
    """Say what is lost where a call holds its end."""
    shape: Linear | Polynomial = parts.shape
    turning = shape.duration * parts.every + parts.every
    if shape.after in ("hold", "stop") or (parts.length is not None and parts.length <= turning):
        return []
    instead = {"mirror": "goes back", "continue": "goes on", "extend": "sets out anew"}
    again = f"{instead[shape.after]} from update {apart(turning)[0]} on"
    return [Afterwards(f"holds its end, where the schedule {again}")]
