"""What every ``ScheduleLR`` shares: a schedule for all groups, or groups with their own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from isorate.kit.call import Call
from isorate.reading.reader import read_schedule
from isorate.recipe import Recipe
from isorate.schedule.combinators import Groups
from isorate.schedule.combinators.clocks import on_steps
from isorate.schedule.node import Schedule
from isorate.training.closed_form import ClosedForm
from isorate.training.rates import per_group

if TYPE_CHECKING:
    from collections.abc import Sequence

    from isorate.training.closed_form import Group


class Scheduled(ClosedForm):
    """A scheduler that is given its schedule, by itself or in the parameter groups."""

    #: What was given: a schedule, its JSON, a call, its text, or none where groups bring their own.
    _source: Any

    def _sets(self, step: Any) -> bool:
        return not self._built  # absolute rates, which others beside it may multiply

    def _meaning(self, groups: Sequence[Group]) -> Schedule:
        common = None if self._source is None else schedule_of(self._source, self._bases)
        if not any("schedule" in group for group in groups):
            if common is None:
                raise ValueError("there is no schedule, and no parameter group has one")
            return common
        if isinstance(self._source, Groups):
            raise ValueError("the schedule is for each group, and a group has one of its own")
        shared = [None] * len(groups) if common is None else per_group(common, len(groups))
        found = []
        for index, (group, base) in enumerate(zip(groups, self._bases, strict=True)):
            own = self._own(group, base) if "schedule" in group else shared[index]
            if own is None:
                raise ValueError(f"parameter group {index} has no schedule")
            found.append(own)
        return Groups(tuple(found))

    @staticmethod
    def _own(group: Group, base: float) -> Schedule:
        """Return a group's own schedule, and leave it there as JSON, for checkpoints."""
        schedule = schedule_of(group["schedule"], [base])
        if isinstance(schedule, Groups):
            raise ValueError("a parameter group's own schedule is for several groups")
        group["schedule"] = schedule.to_json()
        return schedule


def schedule_of(given: Any, rates: Sequence[float] = ()) -> Schedule:
    """Return a schedule on the clock of ``step()``.

    Args:
        given: a schedule, its JSON, a call, or the text of a call of any framework.
        rates: the first rate of each parameter group, for a text that leaves them to the optimizer.

    Raises:
        TypeError: none of the three.
        ReadError: text that cannot be read.
        ScheduleError: JSON that is no schedule.
        ConvertError: a call that has no schedule.

    Example:
        >>> schedule_of("LinearLR(start_factor=0.5, total_iters=4)", [0.5])
        Linear(start=0.25, end=0.5, duration=4, after='hold')

    """
    if isinstance(given, str):
        given = read_schedule(given, rates)
    if isinstance(given, Recipe):
        given = given.call
    if isinstance(given, Call):
        given = given.lower()
    if not isinstance(given, Schedule):
        raise TypeError(f"schedule is neither a Schedule nor a call or its text: {given!r}")
    return on_steps(given)
