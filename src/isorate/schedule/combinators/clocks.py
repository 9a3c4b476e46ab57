"""Combinators of time: when a schedule ticks, where it begins, how fast it goes, where it ends."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from isorate.schedule import node  # noqa: TC001 (msgspec looks a field's type up there)
from isorate.schedule.domains import FARTHEST, arrival, check_count, check_finite, whole
from isorate.schedule.errors import ScheduleError
from isorate.schedule.node import Schedule
from isorate.schedule.shapes import Constant, Table

if TYPE_CHECKING:
    from isorate.schedule.namespace import Namespace
    from isorate.schedule.run import Run


class Around(Schedule, frozen=True):
    """What the combinators around one schedule share: but for what they change, it is ``inner``."""

    of: node.AnySchedule

    @property
    def inner(self) -> Schedule:
        """The schedule that is asked: ``of``."""
        return self.of

    def formula(self, t: Any, xp: Namespace) -> Any:
        """Ask ``inner``."""
        return self.inner.formula(t, xp)

    @property
    def length(self) -> int | None:
        """The length of ``inner``."""
        return self.inner.length

    @property
    def horizon(self) -> int:
        """The horizon of ``inner``."""
        return self.inner.horizon

    @property
    def course(self) -> float | None:
        """The course of ``inner``."""
        return self.inner.course

    @property
    def bounds(self) -> tuple[float, float]:
        """The bounds of ``inner``."""
        return self.inner.bounds

    def scaled_by(self, factor: float) -> Schedule | None:
        """Scale what is inside."""
        return self.around(self.of.scaled_by(factor))

    def _stretched(self, factor: float, field: str) -> Schedule | None:
        """Stretch what is inside and a number of updates, where it still is a whole one."""
        updates = whole(getattr(self, field) * factor)
        if not isinstance(updates, int) or not 0 < updates < FARTHEST:
            return None
        return self.around(self.of.stretched_by(factor), **{field: updates})

    def children(self) -> tuple[Schedule, ...]:
        """Return the one schedule inside."""
        return (self.of,)


def without_end(of: Schedule) -> tuple[Schedule, int | None]:
    """Take the end off a schedule in normal form: it is outermost there, or a table's.

    What waits for a run may still end within.
    """
    match of:
        case Until(of=inner, updates=updates):
            return inner, updates
        case Table(rates=rates, after="stop"):
            return Table(rates, "hold").normal(), len(rates)
    return of, None


class Staircase(Around, frozen=True, tag="staircase"):
    """A schedule whose clock ticks once in ``every`` updates: ``rate(t) = of(t // every)``.

    Args:
        of: the schedule that counts ticks.
        every: updates in one tick.

    Example:
        >>> from isorate.schedule.shapes import Cosine
        >>> [Staircase(Cosine(0.1, 0.0, 1), 2).at(k) for k in range(4)]
        [0.1, 0.1, 0.0, 0.0]

    """

    every: int

    def __post_init__(self) -> None:
        check_count("staircase", every=self.every)

    def formula(self, t: Any, xp: Namespace) -> Any:
        """Ask ``of`` at the tick that ``t`` lies in; a clock of one is no clock."""
        return self.of.formula(t if self.every == 1 else t // self.every, xp)

    @property
    def length(self) -> int | None:
        """Every tick of ``of``, in updates."""
        ticks = self.of.length
        return None if ticks is None else ticks * self.every

    @property
    def horizon(self) -> int:
        """Every tick that ``of`` wants to show, in updates."""
        return self.of.horizon * self.every

    @property
    def course(self) -> int | None:
        """The update that begins the tick at which ``of`` has come to its end."""
        ticks = self.of.course
        return None if ticks is None else arrival(ticks) * self.every

    @property
    def cycle(self) -> int | None:
        """The cycle of ``of``, in updates."""
        ticks = self.of.cycle
        return None if ticks is None else ticks * self.every

    def normal(self) -> Schedule:
        """Drop a clock of one; move inwards, to the shapes, and an end outwards."""
        of, every = self.of.normal(), self.every
        if every == 1:
            return of
        if isinstance(of, Staircase) and of.every * every < FARTHEST:
            return Staircase(of.of, of.every * every)
        bare, end = without_end(of)
        if end is not None and end * every < FARTHEST:
            return Until(Staircase(bare, every), end * every).normal()
        moved = of.on_a_staircase(every)
        return Staircase(of, every) if moved is None else moved.normal()

    def stretched_by(self, factor: float) -> Schedule | None:
        """Tick as many times as slowly, where a tick stays a whole number of updates."""
        if self.every == 1:
            return self.of.stretched_by(factor)
        every = whole(self.every * factor)
        if not isinstance(every, int) or not 1 < every < FARTHEST:
            return None
        return Staircase(self.of, every)

    def shifted_by(self, updates: float) -> Schedule | None:
        """Shift what is inside by whole ticks."""
        if updates % self.every:
            return None
        return Staircase(Shift(self.of, int(updates // self.every)), self.every)

    def cut_short(self, updates: int) -> Schedule:
        """Cut short after the last tick that comes."""
        return Staircase(self.of.cut_short(-(-updates // self.every)), self.every).normal()


class Stride(Around, frozen=True, tag="stride"):
    """A schedule of which only every ``by``-th rate is used: ``rate(t) = of(t * by)``.

    It comes of a run in which one call of ``scheduler.step()`` takes several steps.

    Args:
        of: the schedule that counts steps.
        by: steps in one update.

    Raises:
        ScheduleError: ``by`` is not an integer from 1 to 2**53 - 1.

    Example:
        >>> from isorate.schedule.shapes import Linear
        >>> [Stride(Linear(0.5, 0.0, 5), 2).at(k) for k in range(4)]
        [0.5, 0.3, 0.1, 0.0]

    """

    by: int

    def __post_init__(self) -> None:
        check_count("stride", by=self.by)

    def formula(self, t: Any, xp: Namespace) -> Any:
        """Ask ``of`` at the step that ``t`` has come to."""
        return self.of.formula(t * self.by, xp)

    @property
    def length(self) -> int | None:
        """The updates that come to a step with a rate."""
        steps = self.of.length
        return None if steps is None else -(-steps // self.by)

    @property
    def horizon(self) -> int:
        """The updates that go as far as ``of`` wants to."""
        return -(-(self.of.horizon - 1) // self.by) + 1

    @property
    def course(self) -> int | None:
        """The update that comes to the step at which ``of`` has come to its end."""
        steps = self.of.course
        return None if steps is None else -(-arrival(steps) // self.by)

    @property
    def cycle(self) -> int | None:
        """The cycle of ``of``, as often as it takes to end at an update."""
        steps = self.of.cycle
        return None if steps is None else steps // math.gcd(steps, self.by)

    def normal(self) -> Schedule:
        """Drop a stride of one; merge; move inwards where that is exact, and an end outwards."""
        of, by = self.of.normal(), self.by
        if by == 1:
            return of
        bare, end = without_end(of)
        if end is not None:
            return Until(Stride(bare, by), -(-end // by)).normal()
        if isinstance(of, Stride) and of.by * by < FARTHEST:
            return Stride(of.of, of.by * by).normal()
        if isinstance(of, Staircase) and math.gcd(of.every, by) > 1:
            shared = math.gcd(of.every, by)
            return Stride(Staircase(of.of, of.every // shared), by // shared).normal()
        shorter = of.stretched_by(1 / by)
        if shorter is None or not _counts_whole(shorter) or shorter.stretched_by(by) != of:
            return Stride(of, by)
        return shorter.normal()

    def stretched_by(self, factor: float) -> Schedule | None:
        """Stretch what is inside."""
        return self.around(self.of.stretched_by(factor))

    def shifted_by(self, updates: float) -> Schedule | None:
        """Shift what is inside by the steps of those updates."""
        return Stride(Shift(self.of, updates * self.by), self.by)

    def cut_short(self, updates: int) -> Schedule:
        """Cut short after the steps of those updates."""
        return Stride(self.of.cut_short(updates * self.by), self.by).normal()


def _counts_whole(schedule: Schedule) -> bool:
    """Whether all durations are integers, so that shortening them has rounded nothing."""
    return all(
        isinstance(node.by if isinstance(node, Shift) else getattr(node, "duration", 1), int)
        for node in schedule.walk()
    )


class Until(Around, frozen=True, tag="until"):
    """A schedule that has no rate from update ``updates`` on.

    Args:
        of: the schedule before the end.
        updates: the number of updates that have a rate.

    Example:
        >>> from isorate.schedule.shapes import Constant
        >>> Until(Constant(0.1), 6).length
        6

    """

    updates: int

    def __post_init__(self) -> None:
        check_count("until", updates=self.updates)

    @property
    def length(self) -> int | None:
        """The earlier of this end and that of ``of``."""
        inner = self.of.length
        return self.updates if inner is None else min(inner, self.updates)

    @property
    def horizon(self) -> int:
        """Every rate, and the update that has none."""
        return self.updates + 1

    @property
    def course(self) -> float | None:
        """The course of ``of``, or the last update where that comes first."""
        last, course = (self.length or self.updates) - 1, self.of.course
        return last if course is None else min(course, last)

    @property
    def takes_fractions(self) -> bool:
        """No: what ends, ends at an update."""
        return False

    def normal(self) -> Schedule:
        """Merge ends; forget what would come after the end."""
        of, end = without_end(self.of.normal())
        updates = self.updates if end is None else min(end, self.updates)
        of = of.cut_short(updates)
        if isinstance(of, Table) and of.after == "hold" and len(of.rates) == updates:
            return Table(of.rates, "stop")
        return Until(of, updates)

    def stretched_by(self, factor: float) -> Schedule | None:
        """Stretch what is inside, where it still ends at an update."""
        return self._stretched(factor, "updates")

    def shifted_by(self, updates: float) -> Schedule | None:
        """End as much earlier."""
        if isinstance(updates, int) and updates < self.updates:
            return Until(Shift(self.of, updates), self.updates - updates)
        return None

    def cut_short(self, updates: int) -> Schedule:
        """Forget the end where it does not come."""
        return self.of.cut_short(updates) if updates <= self.updates else self


class Shift(Around, frozen=True, tag="shift"):
    """A schedule that begins part of the way through: ``rate(t) = of(t + by)``.

    Args:
        of: the schedule that began earlier.
        by: how many updates of it are over; a fraction is allowed where its shapes allow one.

    Example:
        >>> from isorate.schedule.shapes import Cosine
        >>> Shift(Cosine(0.1, 0.0, 10), 10).at(0)
        0.0

    """

    by: int | float

    def __post_init__(self) -> None:
        if not isinstance(self.by, float) or not 0 <= self.by < 2**53:
            check_count("shift", least=0, by=self.by)  # type: ignore[arg-type]
        if isinstance(whole(self.by), float) and not self.of.takes_fractions:
            required = f"a whole number: a {self.of.tag} has no rate between two updates"
            raise ScheduleError("shift.by", required=required, got=self.by)
        length = self.of.length
        if length is not None and length <= self.by:
            required = f"less than the schedule's {length}"
            raise ScheduleError("shift.by", required=required, got=self.by)

    def formula(self, t: Any, xp: Namespace) -> Any:
        """Ask ``of``, ``by`` updates later."""
        return self.of.formula(t + whole(self.by), xp)

    @property
    def length(self) -> int | None:
        """What is left of ``of``."""
        length = self.of.length
        return None if length is None else math.ceil(length - self.by)

    @property
    def course(self) -> float | None:
        """What is left of that of ``of``, or to its next time; none where it is over for good."""
        course = self.of.course
        if course is None or course >= self.by:
            return None if course is None else course - self.by
        return None if self.of.cycle is None else (course - self.by) % self.of.cycle

    @property
    def cycle(self) -> int | None:
        """The cycle of ``of``."""
        return self.of.cycle

    def normal(self) -> Schedule:
        """Drop a shift of nothing, of a constant, and of whole periods; merge; move inwards."""
        of, by = self.of.normal(), whole(self.by)
        if isinstance(of, Shift):
            by, of = whole(of.by + by), of.of
        cycle = of.cycle
        if cycle is not None:
            by = by % cycle
        if by == 0:
            return of
        shifted = of.shifted_by(by)
        return Shift(of, by) if shifted is None else shifted.normal()

    def stretched_by(self, factor: float) -> Schedule | None:
        """Stretch what is inside, and what of it is over."""
        inner, by = self.of.stretched_by(factor), whole(self.by * factor)
        if inner is None or not 0 <= by < FARTHEST:
            return None
        if isinstance(by, float) and not inner.takes_fractions:
            return None
        return Shift(inner, by)

    def cut_short(self, updates: int) -> Schedule:
        """Cut short what is inside, as much later."""
        farther = math.ceil(updates + self.by)
        return Shift(self.of.cut_short(farther), self.by).normal()


class Stretch(Around, frozen=True, tag="stretch"):
    """A schedule that takes ``by`` times as long: ``rate(t) = of(t / by)``.

    Unlike a staircase it moves at every update: time inside becomes a fraction, which not every
    schedule takes.

    Args:
        of: the schedule.
        by: how many times as long, above 0.

    Raises:
        ScheduleError: a factor that is not positive, or a schedule that cannot be stretched: one
            that has rates for whole updates only, as a table.

    Example:
        >>> from isorate.schedule.shapes import Linear
        >>> Stretch(Linear(0.0, 0.1, 2), 2).at(1)
        0.025

    """

    by: int | float

    def __post_init__(self) -> None:
        check_finite("stretch", by=self.by)
        if self.by <= 0:
            raise ScheduleError("stretch.by", required="a number > 0", got=self.by)
        if self.of.stretched_by(self.by) is None:
            raise ScheduleError(f"a {self.of.tag} cannot be stretched by {self.by}")

    @property
    def inner(self) -> Schedule:
        """The schedule with its durations stretched, without this node."""
        inner = self.of.stretched_by(self.by)
        assert inner is not None
        return inner

    @property
    def cycle(self) -> int | None:
        """The cycle of ``of``, stretched."""
        return self.inner.cycle

    def normal(self) -> Schedule:
        """Become ``of`` with its durations stretched."""
        return self.inner.normal()

    def stretched_by(self, factor: float) -> Schedule | None:
        """Stretch it further."""
        return self.inner.stretched_by(factor)


class Stepped(Around, frozen=True, tag="stepped"):
    """A schedule that moves when the loop calls ``scheduler.step()``, which the run says.

    Args:
        of: the schedule that counts those calls.

    Example:
        >>> from isorate.schedule.run import Run
        >>> from isorate.schedule.shapes import Constant
        >>> Stepped(Constant(0.1)).resolved(Run(6)).normal()
        Constant(rate=0.1)

    """

    def normal(self) -> Schedule:
        """Normalise what is inside; only a run can take the clock away."""
        of = self.of.normal()
        return of if isinstance(of, Constant) else Stepped(of)

    def resolved(self, run: Run) -> Schedule:
        """Become a staircase of the run's epochs, a stride over its steps, or what is inside."""
        of, every, by = self.of.resolved(run), run.updates_per_step, run.steps_per_call
        of = of if run.step_of(0) == 0 else Shift(of, run.step_of(0))
        of = of if by == 1 else Stride(of, by)
        of = of if every == 1 else Staircase(of, every)
        late = run.updates_to_first_step - every
        if late < 0:
            return Shift(of, -late)
        return of if late == 0 else Constant(of.at(0)).then(of, at=late)

    def cut_short(self, updates: int) -> Schedule:
        """Stay as it is: only a run can say how many steps those updates take."""
        return self


def on_steps(schedule: Schedule) -> Schedule:
    """Return a schedule with every ``Stepped`` part on the clock of what steps it."""
    schedule = schedule.mapped(on_steps)
    return schedule.of if isinstance(schedule, Stepped) else schedule
