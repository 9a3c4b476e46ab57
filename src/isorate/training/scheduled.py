"""What every ``ScheduleLR`` shares: a schedule for all groups, or groups with their own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from isorate.kit.call import Call
from isorate.reading.reader import read_schedule
from isorate.recipe import Recipe
from isorate.schedule.combinators import Groups
from isorate.schedule.combinators.clocks import on_steps
from isorate.schedule.node import Schedule
from isorate.schedule.shapes import Constant
from isorate.training.closed_form import ClosedForm
from isorate.training.rates import per_group
from isorate.training.states import BESIDE

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from isorate.training.closed_form import Group


class Scheduled(ClosedForm):
    """A scheduler that is given its schedule, by itself or in the parameter groups."""

    #: What was given: a schedule, its JSON, a call, its text, or none where groups bring their own.
    _source: Any

    #: The same for what else is to follow a schedule, by its name.
    _also_sources: Mapping[str, Any] = {}

    def _setting(self, step: Any) -> bool:
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

    def _also_meaning(self, groups: Sequence[Group]) -> Mapping[str, Schedule]:
        return {name: self._beside_of(name, groups) for name in self._also_sources}

    def _beside_of(self, name: str, groups: Sequence[Group]) -> Schedule:
        """Return the schedule of what follows one besides; a group that has none has none still.

        It is usual not to decay biases and norms: groups whose weight decay is 0 beside others. A
        schedule for each group decides that by itself.
        """
        given = self._also_sources[name]
        firsts = [self._first_beside(group, name) for group in groups]
        schedule = schedule_of(given, firsts)
        told = isinstance(schedule, Groups) and schedule_of(given, [1.0] * len(firsts)) == schedule
        if told or all(firsts) or not any(firsts):
            return schedule
        shared = per_group(schedule, len(groups))
        pairs = zip(shared, firsts, strict=True)
        return Groups(tuple(one if first else Constant(0.0) for one, first in pairs))

    @staticmethod
    def _own(group: Group, base: float) -> Schedule:
        """Return a group's own schedule, and leave it there as JSON, for checkpoints."""
        schedule = schedule_of(group["schedule"], [base])
        if isinstance(schedule, Groups):
            raise ValueError("a parameter group's own schedule is for several groups")
        group["schedule"] = schedule.to_json()
        return schedule


def checked(also: Mapping[str, Any]) -> dict[str, Any]:
    """Return what is to follow a schedule besides, or raise where that is nothing known."""
    for name in also:
        if name not in BESIDE:
            raise ValueError(f"also has {name!r}; it may have {' and '.join(map(repr, BESIDE))}")
    return dict(also)


def schedule_of(given: Any, rates: Sequence[float] = ()) -> Schedule:
    """Return a schedule on the clock of ``step()``.

    Args:
        given: a schedule, its JSON, a call, or the text of a call of any framework.
        rates: the first rate of each parameter group, for a text that leaves them to the optimizer.

    Raises:
        TypeError: none of them.
        IsorateError: it cannot be read, or has no schedule, as ``read_schedule`` says.

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
