"""What every ``ScheduleLR`` shares: a schedule for all groups, or groups with their own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from isorate.schedule.combinators import Groups
from isorate.training.closed_form import ClosedForm
from isorate.training.rates import per_group
from isorate.training.texts import meant

if TYPE_CHECKING:
    from collections.abc import Sequence

    from isorate.schedule.node import Schedule
    from isorate.training.closed_form import Group


class OfSchedules(ClosedForm):
    """A scheduler that is given its schedule, by itself or in the parameter groups."""

    #: What was given: a schedule, its JSON, a call, its text, or none where groups bring their own.
    _said: Any

    def _meant(self, groups: Sequence[Group]) -> Schedule:
        common = None if self._said is None else meant(self._said, self._bases)
        if not any("schedule" in group for group in groups):
            if common is None:
                raise ValueError("there is no schedule, and no parameter group has one")
            return common
        if isinstance(self._said, Groups):
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
        schedule = meant(group["schedule"], [base])
        if isinstance(schedule, Groups):
            raise ValueError("a parameter group's own schedule is for several groups")
        group["schedule"] = schedule.to_json()
        return schedule
