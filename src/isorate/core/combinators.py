"""The combinators: schedules made of schedules. All boundaries are integers, half open."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias

from isorate.core.errors import ScheduleError
from isorate.core.schedule import Namespace, Schedule, check_count
from isorate.core.shapes import Constant, Cosine, Table

if TYPE_CHECKING:
    from isorate.core.run import Run


class Staircase(Schedule, frozen=True, tag="staircase"):
    """A schedule whose clock ticks once in ``every`` updates: ``rate(t) = of(t // every)``.

    Args:
        of: the schedule that counts ticks.
        every: updates in one tick.

    Example:
        >>> [Staircase(Cosine(0.1, 0.0, 1), 2).at(k) for k in range(4)]
        [0.1, 0.1, 0.0, 0.0]

    """

    of: AnySchedule
    every: int

    def __post_init__(self) -> None:
        check_count("staircase", every=self.every)

    def formula(self, t: Any, xp: Namespace) -> Any:
        """Ask ``of`` at the tick that ``t`` lies in."""
        return self.of.formula(t // self.every, xp)

    @property
    def length(self) -> int | None:
        """Every tick of ``of``, in updates."""
        return None if self.of.length is None else self.of.length * self.every

    @property
    def horizon(self) -> int:
        """Every tick that ``of`` wants to show, in updates."""
        return self.of.horizon * self.every

    def children(self) -> tuple[Schedule, ...]:
        """Return the one schedule inside."""
        return (self.of,)

    def normal(self) -> Schedule:
        """Drop a clock of one; merge staircases; move an end outwards."""
        of = self.of.normal()
        if self.every == 1 or isinstance(of, Constant):
            return of
        if isinstance(of, Staircase):
            return Staircase(of.of, of.every * self.every)
        if isinstance(of, Until):
            return Until(Staircase(of.of, self.every).normal(), of.updates * self.every).normal()
        return Staircase(of, self.every)

    def resolved(self, run: Run) -> Schedule:
        """Resolve what is inside."""
        return Staircase(self.of.resolved(run), self.every)


class Until(Schedule, frozen=True, tag="until"):
    """A schedule that has no rate from update ``updates`` on.

    Args:
        of: the schedule before the end.
        updates: the number of updates that have a rate.

    Example:
        >>> Until(Constant(0.1), 6).length
        6

    """

    of: AnySchedule
    updates: int

    def __post_init__(self) -> None:
        check_count("until", updates=self.updates)

    def formula(self, t: Any, xp: Namespace) -> Any:
        """Ask ``of``; the end is kept by ``length``."""
        return self.of.formula(t, xp)

    @property
    def length(self) -> int | None:
        """The earlier of this end and that of ``of``."""
        inner = self.of.length
        return self.updates if inner is None else min(inner, self.updates)

    @property
    def horizon(self) -> int:
        """Every rate, and the update that has none."""
        return self.updates + 1

    def children(self) -> tuple[Schedule, ...]:
        """Return the one schedule inside."""
        return (self.of,)

    def normal(self) -> Schedule:
        """Merge ends; forget what a cosine would do after the end has come."""
        of = self.of.normal()
        if isinstance(of, Until):
            return Until(of.of, min(of.updates, self.updates)).normal()
        if of.length is not None and of.length <= self.updates:
            return of
        every, inner = (of.every, of.of) if isinstance(of, Staircase) else (1, of)
        ticks = -(-self.updates // every)
        if isinstance(inner, Cosine) and ticks <= inner.duration + 1 and inner.after == "mirror":
            return Until(
                _every(Cosine(inner.start, inner.end, inner.duration), every), self.updates
            )
        return Until(of, self.updates)

    def resolved(self, run: Run) -> Schedule:
        """Resolve what is inside."""
        return Until(self.of.resolved(run), self.updates)


class Shift(Schedule, frozen=True, tag="shift"):
    """A schedule that begins part of the way through: ``rate(t) = of(t + by)``.

    Args:
        of: the schedule that began earlier.
        by: how many updates of it are over.

    Example:
        >>> Shift(Cosine(0.1, 0.0, 10), 10).at(0)
        0.0

    """

    of: AnySchedule
    by: int

    def __post_init__(self) -> None:
        check_count("shift", least=0, by=self.by)
        if self.of.length is not None and self.of.length <= self.by:
            raise ScheduleError(
                "shift.by", required=f"less than the schedule's {self.of.length}", got=self.by
            )

    def formula(self, t: Any, xp: Namespace) -> Any:
        """Ask ``of``, ``by`` updates later."""
        return self.of.formula(t + self.by, xp)

    @property
    def length(self) -> int | None:
        """What is left of ``of``."""
        return None if self.of.length is None else self.of.length - self.by

    @property
    def horizon(self) -> int:
        """As much as the whole of ``of`` would take."""
        return self.of.horizon

    def children(self) -> tuple[Schedule, ...]:
        """Return the one schedule inside."""
        return (self.of,)

    def normal(self) -> Schedule:
        """Drop a shift of nothing, of a constant, and of whole periods; merge shifts."""
        of = self.of.normal()
        by = self.by
        if isinstance(of, Shift):
            by, of = of.by + by, of.of
        if isinstance(of, Cosine) and isinstance(of.duration, int):
            if of.after == "mirror":
                by %= 2 * of.duration
            elif of.after == "repeat":
                by %= of.duration
            elif of.after == "hold" and by >= of.duration:
                return Constant(of.end)
        if by == 0 or isinstance(of, Constant):
            return of
        return Shift(of, by)

    def resolved(self, run: Run) -> Schedule:
        """Resolve what is inside."""
        return Shift(self.of.resolved(run), self.by)


class Join(Schedule, frozen=True, tag="join"):
    """One schedule after another, each counting from its own first update.

    ``rate(t) = of[i](t − b[i−1])`` for ``b[i−1] <= t < b[i]``, b = ``boundaries``, b[−1] = 0.

    Args:
        of: the schedules, in order.
        boundaries: the updates at which the second, third, … take over; increasing.

    Example:
        >>> Join((Constant(0.1), Constant(0.01)), (5,)).at(5)
        0.01

    """

    of: tuple[AnySchedule, ...]
    boundaries: tuple[int, ...]

    def __post_init__(self) -> None:
        if len(self.of) != len(self.boundaries) + 1:
            raise ScheduleError(
                "join.boundaries", required="one fewer than schedules", got=len(self.boundaries)
            )
        for earlier, later in zip((0, *self.boundaries), self.boundaries, strict=False):
            check_count("join", least=earlier + 1, boundaries=later)

    def formula(self, t: Any, xp: Namespace) -> Any:
        """Ask the schedule whose turn it is."""
        rate = self.of[0].formula(t, xp)
        for boundary, schedule in zip(self.boundaries, self.of[1:], strict=True):
            since = t - boundary
            rate = xp.where(since >= 0, schedule.formula(xp.where(since >= 0, since, 0), xp), rate)
        return rate

    @property
    def length(self) -> int | None:
        """The boundaries and what the last schedule has."""
        starts = (0, *self.boundaries)
        for start, end, schedule in zip(starts, self.boundaries, self.of, strict=False):
            if schedule.length is not None and schedule.length < end - start:
                return start + schedule.length
        last = self.of[-1].length
        return None if last is None else starts[-1] + last

    @property
    def horizon(self) -> int:
        """Every boundary, and the last schedule whole."""
        return (0, *self.boundaries)[-1] + self.of[-1].horizon

    def children(self) -> tuple[Schedule, ...]:
        """Return the schedules joined."""
        return self.of

    def normal(self) -> Schedule:
        """Normalise every part; a join of one is that one."""
        parts = tuple(part.normal() for part in self.of)
        return parts[0] if len(parts) == 1 else Join(parts, self.boundaries)

    def resolved(self, run: Run) -> Schedule:
        """Resolve every part."""
        return Join(tuple(part.resolved(run) for part in self.of), self.boundaries)


class Stepped(Schedule, frozen=True, tag="stepped"):
    """A schedule that moves when the loop calls ``scheduler.step()``, which the run says.

    Args:
        of: the schedule that counts those calls.

    Example:
        >>> from isorate.core.run import Run
        >>> Stepped(Constant(0.1)).resolved(Run(6)).normal()
        Constant(rate=0.1)

    """

    of: AnySchedule

    def formula(self, t: Any, xp: Namespace) -> Any:
        """Ask ``of``, taking one call an update."""
        return self.of.formula(t, xp)

    @property
    def length(self) -> int | None:
        """The length of ``of``, one call an update."""
        return self.of.length

    @property
    def horizon(self) -> int:
        """The horizon of ``of``, one call an update."""
        return self.of.horizon

    def children(self) -> tuple[Schedule, ...]:
        """Return the one schedule inside."""
        return (self.of,)

    def normal(self) -> Schedule:
        """Normalise what is inside; only a run can take the clock away."""
        of = self.of.normal()
        return of if isinstance(of, Constant | Stepped) else Stepped(of)

    def resolved(self, run: Run) -> Schedule:
        """Become a staircase of the run's epochs, or the plain schedule."""
        return _every(self.of.resolved(run), run.updates_per_step)


class Groups(Schedule, frozen=True, tag="groups"):
    """One schedule for each parameter group of an optimizer; always the root of a tree.

    Args:
        of: the schedules, in the order of the groups.

    """

    of: tuple[AnySchedule, ...]

    def __post_init__(self) -> None:
        if not self.of:
            raise ScheduleError("groups.of", required="at least one schedule", got="none")
        if any(isinstance(child, Groups) for child in self.of):
            raise ScheduleError("groups.of", required="schedules of one group each", got="groups")

    def formula(self, t: Any, xp: Namespace) -> Any:
        """Refuse: a group has to be chosen first."""
        raise ScheduleError("groups have no single rate", hint="take one group: schedule.of[0]")

    @property
    def length(self) -> int | None:
        """The shortest of the groups."""
        lengths = [child.length for child in self.of if child.length is not None]
        return min(lengths, default=None)

    @property
    def horizon(self) -> int:
        """The longest of the groups."""
        return max(child.horizon for child in self.of)

    def children(self) -> tuple[Schedule, ...]:
        """Return the groups' schedules."""
        return self.of

    def normal(self) -> Schedule:
        """Normalise every group; one group needs no node."""
        groups = tuple(child.normal() for child in self.of)
        return groups[0] if len(groups) == 1 else Groups(groups)

    def resolved(self, run: Run) -> Schedule:
        """Resolve every group."""
        return Groups(tuple(child.resolved(run) for child in self.of))


def _every(of: Schedule, every: int) -> Schedule:
    return of if every == 1 else Staircase(of, every)


if TYPE_CHECKING:
    AnySchedule: TypeAlias = Schedule
else:  # what a JSON document may hold: msgspec reads the members of the union by their tags
    AnySchedule = Constant | Cosine | Table | Staircase | Until | Shift | Join | Stepped | Groups
