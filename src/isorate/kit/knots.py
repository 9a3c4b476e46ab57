"""Schedules by what they are at boundaries: values that scales lead to, with curves between."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Any

from isorate.kit.call import Lift
from isorate.kit.match import DOES, Afterwards, Refusal, one_group, plain, take_apart
from isorate.schedule.combinators import Join, Shift
from isorate.schedule.shapes import Constant, Cosine, Linear, PiecewiseConstant

if TYPE_CHECKING:
    from collections.abc import Sequence

    from isorate.schedule.node import Schedule


def by_scales(values: Sequence[float], boundaries: Sequence[int]) -> dict[int, float] | Refusal:
    """Say values from boundaries on as multiples, each of the one before."""
    if any(a == 0 != b or a * b < 0 for a, b in pairwise(values)):
        return Refusal("each rate is a multiple of the one before, of 0 or more")
    scales = [plain(b / a) if a else 1.0 for a, b in pairwise(values)]
    return dict(zip(boundaries, scales, strict=True))


def stairs_of(cls: Any, schedule: Schedule, shift: int = 0) -> Lift | Refusal:
    """Say a rate for each interval as ``cls(boundaries, rates)``, each so much after its own."""
    parts = one_group(take_apart(schedule, PiecewiseConstant))
    if isinstance(parts, Refusal):
        return parts
    if not parts.shape.boundaries or parts.every > 1:
        return Refusal("it changes at one update at least, and at any")
    boundaries = [boundary + shift for boundary in parts.shape.boundaries]
    return Lift(cls(boundaries, [*parts.shape.rates]), 1, (*parts.unlike_endless(),))


def steps_of(cls: Any, schedule: Schedule) -> Lift | Refusal:
    """Say a rate for each interval as ``cls(first, scales)``."""
    parts = one_group(take_apart(schedule, PiecewiseConstant))
    if isinstance(parts, Refusal):
        return parts
    scales = by_scales(parts.shape.rates, parts.shape.boundaries)
    if isinstance(scales, Refusal):
        return scales
    return Lift(cls(parts.shape.rates[0], scales), 1, (*parts.unlike_endless(),))


def curves_of(cls: Any, schedule: Schedule) -> Lift | Refusal:
    """Say lines, or half cosines, from value to value as ``cls(kind, first, scales)``."""
    parts = one_group(take_apart(schedule, Join, Linear, Cosine))
    if isinstance(parts, Refusal):
        return parts
    whole: Any = parts.shape
    found = zip(whole.starts, whole.of, strict=True) if isinstance(whole, Join) else [(0, whole)]
    pieces: list[Any] = [(b - p.by, p.of) if isinstance(p, Shift) else (b, p) for b, p in found]
    (start, last), losses = pieces[-1], parts.unlike_endless()
    if not isinstance(last, Constant):
        pieces.append((start + last.duration, Constant(last.end)))
        if last.after != "hold":
            losses.append(Afterwards(f"{DOES['hold']}, where the schedule {DOES[last.after]}"))
    fits = (parts.every, parts.begin) == (1, 0) and getattr(last, "after", None) != "repeat"
    fits = fits and {type(p) for _, p in pieces[:-1]} in ({Linear}, {Cosine})
    for (low, curve), (high, later) in pairwise(pieces if fits else ()):
        value = later.rate if isinstance(later, Constant) else later.start
        fits = fits and (curve.end, curve.duration) == (value, high - low)
    if not fits:
        return Refusal("its curves are of one kind, and each begins where the one before ends")
    (_, first), *others = pieces
    values = [first.start, *(curve.end for _, curve in pieces[:-1])]
    scales = by_scales(values, [start for start, _ in others])
    if isinstance(scales, Refusal):
        return scales
    return Lift(cls(first.tag, first.start, scales), 1, tuple(losses))


def parts_of(cls: Any, schedule: Schedule, updates: int, members: Sequence[Any]) -> Lift | Refusal:
    """Say a join as ``cls(calls, boundaries)``, each part as the first of some says it."""
    parts = one_group(take_apart(schedule, Join))
    if isinstance(parts, Refusal):
        return parts
    calls, losses = [], dict.fromkeys(parts.unlike_endless())
    for part in parts.shape.of:
        said = (member.lift(part, updates) for member in members)
        lift = next((each for each in said if isinstance(each, Lift)), None)
        if lift is None or parts.every > 1:
            return Refusal("no schedules of its own say the parts")
        calls.append(lift.call)
        losses |= dict.fromkeys(lift.losses)
    return Lift(cls(calls, [*parts.shape.boundaries]), 1, tuple(losses))
