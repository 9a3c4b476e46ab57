"""Taking a schedule apart, so that a constructor can say it: one shape, its clock, its ends."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Generic, TypeVar

import msgspec
from msgspec import structs
from msgspec.structs import replace

from isorate.schedule.combinators import Groups, Join, Repeat, Shift, Staircase, Until
from isorate.schedule.node import Schedule, called
from isorate.schedule.shapes.decays import Exponential, Inverse, NaturalExponential
from isorate.schedule.shapes.lists import PiecewiseConstant
from isorate.schedule.shapes.waves import Constant, Cosine, Linear, Polynomial

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence


Shape = TypeVar("Shape", bound=Schedule)


#: What a shape does after its end, as a sentence goes on.
DOES = {
    "hold": "holds its end",
    "mirror": "goes back",
    "repeat": "starts over",
    "continue": "goes on as before",
    "extend": "sets out anew",
    "stop": "stops",
}


class Afterwards(str):
    """A loss by what comes after the end; where no run is given, a conversion measures that."""

    __slots__ = ()


class Refusal(msgspec.Struct, frozen=True):
    """Why a call cannot say a schedule."""

    reason: str


class Parts(msgspec.Struct, Generic[Shape], frozen=True):
    """A schedule that is one shape for each parameter group, on one clock.

    Args:
        shapes: the shape of every group, all of one kind; their numbers may differ.
        every: updates in one tick of their clock.
        begin: ticks that were over before update 0.
        length: the number of updates with a rate; none where it never ends.

    """

    shapes: tuple[Shape, ...]
    every: int
    begin: float
    length: int | None

    @property
    def shape(self) -> Shape:
        """The shape of the first group."""
        return self.shapes[0]

    def clocked(self) -> list[str]:
        """Say how the loop has to step a scheduler that says it."""
        if self.every == 1:
            return []
        return [f"call scheduler.step() once in {self.every} updates (an epoch)"]

    def unlike_endless(self) -> list[str]:
        """Say what is lost where a call never ends."""
        if self.length is None:
            return []
        return [Afterwards(f"goes on after the {self.length} rates that the schedule has")]

    def unlike(self, after: tuple[str, str] | None) -> list[str]:
        """Say what is lost where a call does one thing after its end, and the schedule another."""
        duration = getattr(self.shape, "duration", None)
        if after is None:
            return []
        if duration is None:
            return [Afterwards(unlike_after(*after))]
        over = self.begin % max(1, int(2 * duration))
        turn = math.floor(math.floor(duration) + 1 - over) * self.every
        if self.length is not None and self.length <= turn:
            return []
        return [Afterwards(unlike_after(*after, since=turn))]


def unlike_after(does: str, instead: str, since: int | None = None) -> str:
    """Say that a call does one thing after its end, and the schedule another."""
    when = "past its end" if since is None else f"from update {since} on"
    return f"{when} it {DOES[does]}, where the schedule {DOES[instead]}"


def take_apart(schedule: Schedule, *kinds: type[Shape]) -> Parts[Shape] | Refusal:
    """Take a schedule in normal form apart, or say why it is not one of these shapes.

    Args:
        schedule: a schedule in normal form: ``Groups``, ``Until``, ``Staircase`` and ``Shift``
            around one shape, each where it is needed.
        kinds: the shapes that will do; where ``Staircase`` is one of them, no clock is taken off.

    """
    if isinstance(schedule, Groups):
        return _together([take_apart(child, *kinds) for child in schedule.of], schedule.length)
    length = schedule.length
    if isinstance(schedule, Until):
        schedule = schedule.of
    every: int = 1
    begin: float = 0
    if isinstance(schedule, Join) and Join in kinds:
        every, schedule = slowest_clock(schedule)
    if isinstance(schedule, Staircase) and not isinstance(schedule, kinds):
        every, schedule = schedule.every, schedule.of
    if isinstance(schedule, Shift):
        begin, schedule = schedule.by, schedule.of
    if isinstance(schedule, kinds):
        return Parts((schedule,), every, begin, length)
    shown = [kind for kind in kinds if Repeat not in kinds or kind not in (Linear, Cosine)]
    wanted = " or ".join(called(kind.__struct_config__.tag) for kind in shown)  # type: ignore[arg-type]
    return Refusal(f"the schedule is {called(schedule.tag)}, not {wanted}")


def _together(
    found: Sequence[Parts[Shape] | Refusal], length: int | None
) -> Parts[Shape] | Refusal:
    for part in found:
        if isinstance(part, Refusal):
            return part
    parts = [part for part in found if isinstance(part, Parts)]
    if len({(part.every, part.begin, type(part.shape)) for part in parts}) > 1:
        return Refusal("the parameter groups differ in more than their rates")
    shapes = tuple(part.shape for part in parts)
    return Parts(shapes, parts[0].every, parts[0].begin, length)


def one_group(parts: Parts[Shape] | Refusal) -> Parts[Shape] | Refusal:
    """Refuse what has several parameter groups, for calls that serve one."""
    if isinstance(parts, Parts) and len(parts.shapes) > 1:
        return Refusal("it is for one parameter group: convert each group by itself")
    return parts


def from_the_start(parts: Parts[Shape] | Refusal) -> Parts[Shape] | Refusal:
    """Take a beginning part of the way into the shapes, or refuse it.

    It is for calls that always begin at their start: a line that is half over is a shorter line.
    """
    if isinstance(parts, Refusal) or not parts.begin:
        return parts
    shorter = tuple(_shorter(shape, parts.begin) for shape in parts.shapes)
    if any(shape is None for shape in shorter):
        return Refusal(f"it begins at its start, and the schedule {parts.begin:g} steps on")
    return replace(parts, shapes=shorter, begin=0)


def _shorter(shape: Schedule, by: float) -> Schedule | None:
    """Return what is left of a shape as a shape of the same kind."""
    start = Shift(shape, by).at(0)
    match shape:
        case Linear(after="hold" | "stop") if by < shape.duration:
            return structs.replace(shape, start=start, duration=shape.duration - by)
        case Polynomial(after="hold", end=0.0) if by < shape.duration:
            return Polynomial(start, 0.0, shape.duration - by, shape.power)
        case Exponential() | NaturalExponential():
            return structs.replace(shape, start=start)
        case Inverse(decay=decay, duration=duration):
            return Inverse(start, decay / (1 + decay * by / duration), duration)
    return None


def plain(value: float, leads_to: Callable[[float], bool] | None = None) -> float:
    """Return the shortest decimal that is the same number but for a rounding or two.

    Args:
        value: a number that a division or the like has rounded.
        leads_to: what the number has to do, to the bit: a neighbour that does is preferred.

    """
    short = float(f"{value:.15g}")
    if abs(short - value) > 4e-16 * abs(value):
        short = value
    if leads_to is None or leads_to(short):
        return short
    below, above = value, value
    for _ in range(4):
        if leads_to(below):
            return below
        if leads_to(above):
            return above
        below, above = math.nextafter(below, -math.inf), math.nextafter(above, math.inf)
    return short


# --- the clock of a join -----------------------------------------------------------------------


def slowest_clock(join: Join) -> tuple[int, Join]:
    """Return how many updates every part of a join moves in at once, and the join in those ticks.

    Normal forms have each part's staircase inside the join; a scheduler that is stepped once an
    epoch has one clock for all.
    """
    clocks = [clock for part in join.of if (clock := _clock_of(part)) is not None]
    every = min(clocks, default=1)
    boundaries = [*join.boundaries]
    if every == 1 or any(b % every for b in boundaries):
        return 1, join
    parts = [_in_ticks(part, every) for part in join.of]
    if any(part is None for part in parts):
        return 1, join
    ticks = tuple(boundary // every for boundary in boundaries)
    return every, Join(tuple(parts), ticks)  # type: ignore[arg-type]


def _clock_of(part: Schedule) -> int | None:
    """Return the clock of a part; none where it moves too seldom to tell."""
    match part:
        case Staircase(every=every):
            return every
        case Constant() | PiecewiseConstant():
            return None
    return 1


def _in_ticks(part: Schedule, every: int) -> Schedule | None:
    match part:
        case Constant():
            return part
        case Staircase(of=of, every=own) if own % every == 0:
            return of if own == every else Staircase(of, own // every)
        case PiecewiseConstant(rates=rates, boundaries=boundaries):
            if any(boundary % every for boundary in boundaries):
                return None
            return PiecewiseConstant(rates, tuple(b // every for b in boundaries))
    return None
