"""The updates of a run that say most about its rates."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec
import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from isorate.schedule.curve import Curve

    Rates = NDArray[np.floating[Any]]

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
    rows = curve.values.reshape(curve.groups, -1)[:groups]
    moves = any(_moves(row) for row in rows)
    for group, row in enumerate(rows):
        for name, update in _named(row, moves):
            found.setdefault((update, name), []).append(group)
    order = ("first", "end of warmup", "peak", "25 %", "50 %", "75 %", "first NaN", "last")
    at = sorted(found, key=lambda key: (key[0], order.index(key[1])))
    return [Milestone(name, update, tuple(found[update, name])) for update, name in at]


def _named(row: Rates, moves: bool) -> Iterator[tuple[str, int]]:
    updates = len(row)
    yield "first", 0
    yield "last", updates - 1
    holes = np.isnan(row)
    if holes.any():
        yield "first NaN", int(holes.argmax())
    if _moves(row):
        peak = _peak(row)
        yield "peak", peak
        if _warms_up(row, peak):
            yield "end of warmup", peak
    if moves and updates >= 5:
        for quarter in (1, 2, 3):
            yield f"{25 * quarter} %", quarter * updates // 4


def _moves(row: Rates) -> bool:
    return bool(np.fmax.reduce(row) > np.fmin.reduce(row))


def _peak(row: Rates) -> int:
    """Return the first update from which the rate climbs no higher than it ever does, nearly."""
    highest = float(np.fmax.reduce(row))
    least = highest - abs(highest) * NEAR[row.dtype.name] if np.isfinite(highest) else highest
    at = int((row >= least).argmax())
    climbs = row[at + 1 :] > row[at:-1]
    return at + (len(climbs) if climbs.all() else int(climbs.argmin()))


def _warms_up(row: Rates, peak: int) -> bool:
    """Whether the rate climbs to its peak, and neither climbs on nor comes down the same way."""
    rise = row[: peak + 1]
    if not peak or not (np.isfinite(rise).all() and (rise[1:] >= rise[:-1]).all()):
        return False
    fall = row[peak : 2 * peak + 1]
    if len(fall) == len(rise) > 2 and np.allclose(fall[::-1], rise, rtol=1e-6, atol=0.0):
        return False
    holds = np.diff(np.concatenate(([0], np.flatnonzero(rise[1:] > rise[:-1]) + 1)))
    return bool((row[peak:] < row[peak]).any() or np.isfinite(row[peak:]).sum() > holds.max())
