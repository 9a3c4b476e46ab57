"""Isorate's own arithmetic: a schedule's rates from its closed form, each update by itself."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from isorate.schedule.combinators import Groups
from isorate.schedule.curve import Curve, Halt
from isorate.schedule.errors import RunError
from isorate.schedule.lazily import np

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from isorate.schedule.node import Schedule
    from isorate.schedule.run import Run

#: Updates computed at a time: small enough for the cache, large enough to hide Python.
BLOCK = 1 << 15

#: The most rates that are kept in memory at once (1 GiB of float64).
LARGEST_CURVE = 1 << 27


def evaluate(schedule: Schedule, run: Run) -> Curve:
    """Rates of a schedule over a run, float64, accurate to 8 ULP (see each shape).

    Args:
        schedule: any schedule; its hand-stepped parts follow the run's clock.
        run: the loop; without a length it becomes the schedule's horizon.

    Returns:
        A curve of shape ``(updates,)``, or ``(groups, updates)`` for ``Groups``. A schedule that
        ends within the run gives a shorter curve whose ``halt`` says where.

    Raises:
        RunError: more rates than fit in memory.

    Example:
        >>> from isorate.schedule.run import Run
        >>> from isorate.schedule.shapes import Constant
        >>> evaluate(Constant(0.1), Run(3)).values.tolist()
        [0.1, 0.1, 0.1]

    """
    resolved = schedule.resolved(run)
    wanted = run.updates if run.updates is not None else resolved.horizon
    updates = wanted if resolved.length is None else min(wanted, resolved.length)
    groups = len(resolved.of) if isinstance(resolved, Groups) else 1
    check_fits(updates * groups)
    values = np.empty((groups, updates))
    for start, block in blocks(schedule, run.lasting(updates)):
        values[:, start : start + block.shape[1]] = block
    halt = end_of(resolved) if wanted > updates else None
    grouped = isinstance(schedule, Groups)
    return Curve(values if grouped else values[0], f"schedule {type(schedule).__name__}", halt)


def blocks(schedule: Schedule, run: Run) -> Iterator[tuple[int, NDArray[np.float64]]]:
    """Yield ``(first update, rates of shape (groups, m))``, in order, up to the schedule's end."""
    from isorate.schedule.arrays import ArrayNamespace

    resolved = schedule.resolved(run).normal()
    parts = resolved.of if isinstance(resolved, Groups) else (resolved,)
    end = run.length if resolved.length is None else min(run.length, resolved.length)
    xp: Any = ArrayNamespace()
    for t in in_blocks(end):
        with np.errstate(all="ignore"):  # a rate beyond float64 is infinite
            block = np.stack([part.formula(t, xp) for part in parts])
        yield int(t[0]), block


def in_blocks(end: int, begin: int = 0) -> Iterator[NDArray[np.int64]]:
    """Visit updates in order, a block of them at a time."""
    for start in range(begin, end, BLOCK):
        yield np.arange(start, min(start + BLOCK, end), dtype=np.int64)


def end_of(schedule: Schedule) -> Halt:
    """Return the halt at a finite schedule's end."""
    if schedule.length is None:
        raise RunError("the schedule has no end")
    return Halt(schedule.length, "ScheduleError", "the schedule ends here")


def check_fits(rates: int) -> None:
    """Raise at once where that many rates cannot be held in memory."""
    if rates > LARGEST_CURVE:
        raise RunError(
            "too many rates to hold at once",
            required=f"at most {LARGEST_CURVE} (updates times groups)",
            got=rates,
            hint="compare() takes longer runs: it works in blocks",
        )
