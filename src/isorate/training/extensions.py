"""A longer run, planned: what the rate would be, before anything is changed."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from isorate.schedule.digits import apart
from isorate.schedule.extension import Way, extended, held_at
from isorate.training.rates import per_group

if TYPE_CHECKING:
    from collections.abc import Callable

    from isorate.schedule.node import Schedule

__all__ = ["Extension", "Way", "extended"]


@dataclass(frozen=True, slots=True)
class Extension:
    """A plan for a longer run. Print it to see what it would do; ``apply()`` does it.

    Args:
        old: the schedule as it is.
        schedule: the schedule of the longer run.
        now: the updates that are over; the coming one has this number.
        total: the updates of the longer run.
        way: how it was made longer.

    """

    old: Schedule
    schedule: Schedule
    now: int
    total: int
    way: Way
    _go_on_with: Callable[[Schedule], None] = field(repr=False, compare=False)

    @property
    def before(self) -> tuple[float, ...]:
        """The rate of each group at the coming update, as the old schedule has it."""
        return self._rates(self.old, self.now)

    @property
    def after(self) -> tuple[float, ...]:
        """The rate of each group at the coming update, as the new schedule has it."""
        return self._rates(self.schedule, self.now)

    @property
    def jump(self) -> float:
        """The largest change of a group's rate at the coming update; 0 where nothing jumps."""
        return max((new - old for old, new in zip(self.before, self.after, strict=True)), key=abs)

    def apply(self) -> None:
        """Go on with the new schedule, from the coming update."""
        self._go_on_with(self.schedule)

    def __str__(self) -> str:
        ends = self._rates(self.schedule, self.total - 1)
        lines = [f"{self.way} to {self.total:,} updates, from update {self.now:,}"]
        for group, (old, new, end) in enumerate(zip(self.before, self.after, ends, strict=True)):
            name = f"group {group}: " if len(ends) > 1 else ""
            jump = "no jump" if new == old else f"a jump of {new - old:+.3g}"
            now, planned = apart(new, old)
            lines.append(
                f"  {name}update {self.now:,} has {now}, planned was {planned}: {jump}; "
                f"the last update has {end:.6g}"
            )
        return "\n".join(lines)

    def _rates(self, schedule: Schedule, update: int) -> tuple[float, ...]:
        groups = max(len(one.children()) if one.tag == "groups" else 1 for one in self._both)
        return tuple(held_at(one, update) for one in per_group(schedule, groups))

    @property
    def _both(self) -> tuple[Schedule, Schedule]:
        return self.old, self.schedule
