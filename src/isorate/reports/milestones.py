"""The updates of a run that say most about its rates."""

from __future__ import annotations

import math
import operator
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import msgspec

from isorate.schedule.curve import bounds
from isorate.schedule.lazily import np

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from isorate.schedule.curve import Curve

#: So many rates are gone through as Python's own numbers.
LONGEST = 10**6

#: A fall mirrors a rise where their rates differ by no more than this share.
SAME = 1e-6

#: Rates this close to the highest are as high: a recursion comes back to its peak only nearly.
NEAR = {"float64": 1e-9, "float32": 1e-5}


class Milestone(msgspec.Struct, frozen=True):
    """One update with a name.

    Args:
        name: ``first``, ``end of warmup``, ``peak``, ``25 %``, ``50 %``, ``75 %``, ``first NaN``
            or ``last``.
        update: the update.
        groups: the parameter groups that it is true of.

    """

    name: str
    update: int
    groups: tuple[int, ...]


def plainly(row: Sequence[float]) -> Sequence[float]:
    """Return rates as a list, but for very many: an array takes less room."""
    return row if isinstance(row, list) or len(row) > LONGEST else row.tolist()  # type: ignore[attr-defined]


def milestones(curve: Curve, groups: int | None = None) -> list[Milestone]:
    """Return the milestones of a curve, by update.

    The quarters are those of the updates that have a rate. A rate that never changes has no peak
    and no quarters; a run of fewer than five updates has no quarters.

    Args:
        curve: the rates.
        groups: how many of the parameter groups to look at; all without it.

    """
    if not curve.updates:
        return []
    found: dict[tuple[int, str], list[int]] = {}
    rows = [plainly(row) for row in curve.rows[:groups]]
    limits = [bounds(row) for row in rows]
    moves = any(low < high for low, high in limits)
    for group, (row, within) in enumerate(zip(rows, limits, strict=True)):
        for name, update in _named(row, within, moves, NEAR[curve.dtype]):
            found.setdefault((update, name), []).append(group)
    order = ("first", "end of warmup", "peak", "25 %", "50 %", "75 %", "first NaN", "last")
    at = sorted(found, key=lambda key: (key[0], order.index(key[1])))
    return [Milestone(name, update, tuple(found[update, name])) for update, name in at]


def _named(
    row: Sequence[float], within: tuple[float, float], moves: bool, near: float
) -> Iterator[tuple[str, int]]:
    updates, (low, high) = len(row), within
    yield "first", 0
    yield "last", updates - 1
    hole = _first(row, math.isnan) if isinstance(row, list) else _hole(row)
    if hole is not None:
        yield "first NaN", hole
    if low < high:
        peak = _peak(row, high, near)
        yield "peak", peak
        if _warms_up(row, peak):
            yield "end of warmup", peak
    if moves and updates >= 5:
        for quarter in (1, 2, 3):
            yield f"{25 * quarter} %", quarter * updates // 4


def _first(row: Iterable[float], holds: Callable[[float], bool]) -> int | None:
    """Return the first update whose rate is so."""
    return next((at for at, rate in enumerate(row) if holds(rate)), None)


def _hole(row: Any) -> int | None:
    holes = np.isnan(row)
    return int(holes.argmax()) if holes.any() else None


def _peak(row: Sequence[float], highest: float, near: float) -> int:
    """Return the first update from which the rate climbs no higher than it ever does, nearly."""
    least = highest - abs(highest) * near if math.isfinite(highest) else highest
    if isinstance(row, list):
        at = _first(row, lambda rate: rate >= least) or 0
    else:
        at = int((np.asarray(row) >= least).argmax())
    while at + 1 < len(row) and row[at + 1] > row[at]:
        at += 1
    return at


def _warms_up(row: Sequence[float], peak: int) -> bool:
    """Whether the rate climbs to its peak, and neither climbs on nor comes down the same way."""
    rise = [*map(float, row[: peak + 1])]
    if not peak or not all(map(math.isfinite, rise)):
        return False
    if not all(map(operator.le, rise, rise[1:])):
        return False
    fall = [*row[2 * peak : peak : -1], row[peak]] if len(row) > 2 * peak else []
    if len(fall) == len(rise) > 2 and all(map(_close, fall, rise)):
        return False
    climbs = [at for at, (a, b) in enumerate(pairwise(rise), 1) if a < b]
    longest = max(b - a for a, b in pairwise([0, *climbs]))
    holds = 0
    for rate in row[peak:]:
        if rate < row[peak]:
            return True
        holds += math.isfinite(rate)
    return holds > longest


def _close(a: float, b: float) -> bool:
    return abs(a - b) <= SAME * abs(b)
