"""Schedulers of schedulers: what several of them mean as one schedule."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Any

from isorate.schedule.combinators import Groups, Join
from isorate.training.closed_form import ClosedForm

if TYPE_CHECKING:
    from collections.abc import Sequence

    from isorate.schedule.node import Schedule


class Composed(ClosedForm):
    """A scheduler that is made of others."""

    _schedulers: list[Any]

    def _begin_with(self, rates: list[float]) -> None:
        for scheduler in self._schedulers:
            if isinstance(scheduler, ClosedForm):
                scheduler._begin_with(rates)
        super()._begin_with(rates)


def grouped(schedules: Sequence[Schedule]) -> Schedule:
    """Return schedules, one for each parameter group, as one."""
    return schedules[0] if len(schedules) == 1 else Groups(tuple(schedules))


def check_sequence(name: str, schedulers: Sequence[Any], milestones: Sequence[int]) -> None:
    """Raise ValueError where milestones cannot part so many schedulers."""
    if len(schedulers) < 1:
        raise ValueError(f"{name}: there are no schedulers")
    if len(milestones) != len(schedulers) - 1:
        counts = f"{len(milestones)} milestones for {len(schedulers)} schedulers"
        raise ValueError(f"{name}: {counts}, where there has to be one fewer")
    if any(a >= b for a, b in pairwise((0, *milestones))):
        text = f"{name}: milestones do not increase from above 0: {list(milestones)}"
        raise ValueError(text)


def by_group(scheduler: ClosedForm, groups: int) -> list[Schedule]:
    """Return a scheduler's schedule for each parameter group, those just added included."""
    if scheduler._own_get_lr:
        name = type(scheduler).__name__
        raise TypeError(f"{name} has a get_lr of its own, and no schedule that others can hold")
    if len(scheduler._bases) < groups:
        scheduler._admit()
    return list(scheduler._by_group)


def joined(members: Sequence[Sequence[Schedule]], milestones: Sequence[int]) -> Schedule:
    """Return one schedule after another, each from its own beginning.

    Args:
        members: for each member its schedules, one for each parameter group.
        milestones: the steps at which the second, third, … take over.

    Example:
        >>> from isorate.schedule.shapes import Constant
        >>> joined([[Constant(0.1)], [Constant(0.2)]], [3]).at(3)
        0.2

    """
    parts = zip(*members, strict=True)
    return grouped([Join(tuple(each), tuple(milestones)) for each in parts])
