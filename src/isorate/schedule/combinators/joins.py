"""Combinators of course: one schedule after another, again and again, there and back, in groups."""

from __future__ import annotations

from bisect import bisect_right
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from msgspec.structs import replace

from isorate.schedule import node  # noqa: TC001 (msgspec looks a field's type up there)
from isorate.schedule.combinators.clocks import Around, Shift, Staircase, Until, without_end
from isorate.schedule.domains import FARTHEST, check_count, check_finite, whole
from isorate.schedule.errors import ScheduleError
from isorate.schedule.namespace import SCALAR, Namespace
from isorate.schedule.node import Schedule, longest_course
from isorate.schedule.shapes import Constant, Cosine, Linear, PiecewiseConstant, Polynomial, Table
from isorate.schedule.wide import fixed, product, total

if TYPE_CHECKING:
    from collections.abc import Callable


def in_turns(
    starts: tuple[int, ...], t: Any, xp: Namespace, rate_of: Callable[[int, Any], Any]
) -> Any:
    """Return ``rate_of(turn, updates since its start)`` for the turn that each ``t`` lies in."""
    turns = xp.searchsorted(starts, t) - 1
    rate = t * 0.0
    for turn in xp.present(turns, starts):
        here = turns == turn
        rate = xp.where(here, rate_of(turn, xp.where(here, t - starts[turn], 0)), rate)
    return rate


class Several(Schedule, frozen=True):
    """What schedules of several others share: each in its turn, or all at once."""

    of: tuple[node.AnySchedule, ...]

    def __post_init__(self) -> None:
        if not self.of:
            raise ScheduleError(f"{self.tag}.of", required="at least one schedule", got="none")

    @property
    def length(self) -> int | None:
        """The shortest of them."""
        lengths = [child.length for child in self.of]
        return min((length for length in lengths if length is not None), default=None)

    @property
    def horizon(self) -> int:
        """The longest of them."""
        return max(child.horizon for child in self.of)

    @property
    def course(self) -> float | None:
        """The longest of them, where all have one."""
        return longest_course(self.of)

    @property
    def bounds(self) -> tuple[float, float]:
        """The lowest and the highest bound of all."""
        lows, highs = zip(*(child.bounds for child in self.of), strict=True)
        return min(lows), max(highs)

    def children(self) -> tuple[Schedule, ...]:
        """Return the schedules."""
        return self.of


class Join(Several, frozen=True, tag="join"):
    """One schedule after another, each counting from its own first update.

    ``rate(t) = of[i](t − b[i−1])`` for ``b[i−1] <= t < b[i]``, b = ``boundaries``, b[−1] = 0.

    Args:
        of: the schedules, in order.
        boundaries: the updates at which the second, third, … take over; increasing.

    Example:
        >>> Join((Constant(0.1), Constant(0.01)), (5,)).at(5)
        0.01

    """

    boundaries: tuple[int, ...]

    def __post_init__(self) -> None:
        if len(self.of) != len(self.boundaries) + 1:
            raise ScheduleError(
                "join.boundaries", required="one fewer than schedules", got=len(self.boundaries)
            )
        for earlier, later in zip((0, *self.boundaries), self.boundaries, strict=False):
            check_count("join", least=earlier + 1, boundaries=later)

    @property
    def starts(self) -> tuple[int, ...]:
        """The first update of every schedule."""
        return (0, *self.boundaries)

    def formula(self, t: Any, xp: Namespace) -> Any:
        """Ask the schedule whose turn it is."""
        return in_turns(self.starts, t, xp, lambda turn, since: self.of[turn].formula(since, xp))

    @property
    def length(self) -> int | None:
        """The boundaries and what the last schedule has."""
        for start, end, schedule in zip(self.starts, self.boundaries, self.of, strict=False):
            length = schedule.length
            if length is not None and length < end - start:
                return start + length
        last = self.of[-1].length
        return None if last is None else self.starts[-1] + last

    @property
    def horizon(self) -> int:
        """Every boundary, and the last schedule whole."""
        return self.starts[-1] + self.of[-1].horizon

    @property
    def course(self) -> float | None:
        """That of the last schedule, or the last update before one ends."""
        last, length = self.of[-1].course, self.length
        course = None if last is None else self.starts[-1] + last
        if length is None:
            return course
        return length - 1 if course is None else min(course, length - 1)

    def normal(self) -> Schedule:
        """Normalise every part as far as its turn goes; merge joins, steps, and what goes on."""
        pieces, end = self._pieces()
        pieces = _merged(pieces)
        ends = [start for start, _ in pieces[1:]]
        short = [
            (start, piece.cut_short(stop - start))
            for (start, piece), stop in zip(pieces, ends, strict=False)
        ]
        joined = _joined(_merged([*short, pieces[-1]]))
        return joined if end is None else Until(joined, end).normal()

    def _pieces(self) -> tuple[list[Piece], int | None]:
        """Return the schedules that are joined, joins within joins taken apart; and the end."""
        pieces: list[Piece] = []
        stops = (*self.boundaries, None)
        for start, stop, part in zip(self.starts, stops, self.of, strict=True):
            bare, length = without_end(part.normal())
            for offset, piece in _taken_apart(bare):
                if stop is None or start + offset < stop:
                    pieces.append((start + offset, piece))
            if length is not None and (stop is None or start + length < stop):
                return pieces, start + length  # what comes later is never reached
        return pieces, None

    def scaled_by(self, factor: float) -> Schedule | None:
        """Scale every part."""
        return self.around(*(part.scaled_by(factor) for part in self.of))

    def stretched_by(self, factor: float) -> Schedule | None:
        """Stretch every part, where every boundary stays an update."""
        moved = tuple(whole(boundary * factor) for boundary in self.boundaries)
        if not all(isinstance(boundary, int) and 0 < boundary < FARTHEST for boundary in moved):
            return None
        return self.around(*(part.stretched_by(factor) for part in self.of), boundaries=moved)

    def shifted_by(self, updates: float) -> Schedule | None:
        """Leave out the parts that are over."""
        if not isinstance(updates, int):
            return None
        over = bisect_right(self.boundaries, updates)
        begun = Shift(self.of[over], updates - self.starts[over])
        boundaries = tuple(boundary - updates for boundary in self.boundaries[over:])
        return Join((begun, *self.of[over + 1 :]), boundaries)

    def on_a_staircase(self, every: int) -> Schedule:
        """Put every part on it; what would begin after the last update there is never comes."""
        boundaries = tuple(b * every for b in self.boundaries if b * every < FARTHEST)
        parts = self.of[: len(boundaries) + 1]
        return Join(tuple(Staircase(part, every) for part in parts), boundaries)

    def cut_short(self, updates: int) -> Schedule:
        """Leave out the parts that do not come."""
        boundaries = tuple(boundary for boundary in self.boundaries if boundary < updates)
        *parts, last = self.of[: len(boundaries) + 1]
        last = last.cut_short(updates - (0, *boundaries)[-1])
        return Join((*parts, last), boundaries).normal()


#: A schedule and the update at which its turn begins.
Piece = tuple[int, Schedule]


def _taken_apart(part: Schedule) -> list[Piece]:
    """Return a part as the pieces that it is joined of."""
    match part:
        case Join(of=parts):
            return list(zip(part.starts, parts, strict=True))
        case PiecewiseConstant(rates=rates, boundaries=boundaries):
            return list(zip((0, *boundaries), map(Constant, rates), strict=True))
    return [(0, part)]


def _merged(pieces: list[Piece]) -> list[Piece]:
    """Leave out every piece that only goes on with the one before."""
    kept: list[Piece] = []
    for start, piece in pieces:
        if kept:
            before_start, before = kept[-1]
            if _goes_on(before, start - before_start, piece):
                continue
        kept.append((start, piece))
    return kept


def _goes_on(before: Schedule, updates: int, piece: Schedule) -> bool:
    """Whether a schedule, so many updates later, is this piece."""
    if before.length is not None:
        return False
    if isinstance(before, Constant):
        return before == piece
    return Shift(before, updates).normal() == piece


def _joined(pieces: list[Piece]) -> Schedule:
    """Put pieces together; neighbours that are constant or tables become one."""
    parts: list[Schedule] = []
    starts: list[int] = []
    for start, piece in pieces:
        if parts:
            one = _as_one(parts[-1], start - starts[-1], piece)
            if one is not None:
                parts[-1] = one
                continue
        parts.append(piece)
        starts.append(start)
    return parts[0] if len(parts) == 1 else Join(tuple(parts), tuple(starts[1:]))


def _as_one(before: Schedule, updates: int, piece: Schedule) -> Schedule | None:
    """Return two pieces as one shape, where there is one that says both."""
    match before, piece:
        case Constant(rate=rate), Constant():
            return PiecewiseConstant((rate, piece.rate), (updates,))
        case PiecewiseConstant(rates=rates, boundaries=boundaries), Constant(rate=rate):
            return PiecewiseConstant((*rates, rate), (*boundaries, updates))
        case Table(rates=first, after="hold"), Table(rates=second, after="hold") if (
            len(first) == updates
        ):
            return Table(first + second, "hold")
    return None


@lru_cache
def _cycles(period: int, growth: int) -> tuple[int, ...]:
    starts, length = [0], period
    while starts[-1] + length < FARTHEST:
        starts.append(starts[-1] + length)
        length *= growth
    return tuple(starts)


class Repeat(Around, frozen=True, tag="repeat"):
    """A schedule again and again, each time slower and lower if need be.

    Cycle c = 0, 1, 2, … lasts ``period·growth^c`` updates, begins where the one before ends, and
    goes through ``of`` in its own time: ``rate(t) = floor + shrink^c·(of(u/growth^c) − floor)``, u
    the updates since the cycle began. Longer cycles lose nothing. Where ``shrink`` is not 1, the
    rate is within 12·2⁻⁵² of ``h·|of| + max(h, 1)·|floor|``, h = ``|shrink|^c``.

    Args:
        of: the schedule of the first cycle.
        period: updates in the first cycle.
        growth: how many times as long every next cycle is, an integer.
        shrink: how high every next cycle is, as a share of the one before.
        floor: the rate from which the height is measured.

    Raises:
        ScheduleError: a period below 1, a growth below 1, a schedule that ends before its period
            or cannot be stretched by ``growth``.

    Example:
        >>> [Repeat(Linear(1.0, 0.0, 2), 2, 2).at(k) for k in range(7)]
        [1.0, 0.5, 1.0, 0.75, 0.5, 0.25, 1.0]

    """

    period: int
    growth: int = 1
    shrink: float = 1.0
    floor: float = 0.0

    def __post_init__(self) -> None:
        check_count("repeat", period=self.period, growth=self.growth)
        check_finite("repeat", shrink=self.shrink, floor=self.floor)
        length = self.of.length
        if length is not None and length < self.period:
            required = f"at most the schedule's {length}"
            raise ScheduleError("repeat.period", required=required, got=self.period)
        if self.growth > 1 and self.of.stretched_by(self.growth) is None:
            raise ScheduleError(f"a {self.of.tag} cannot be stretched by {self.growth}")

    def formula(self, t: Any, xp: Namespace) -> Any:
        """Ask ``of`` within the cycle that ``t`` lies in."""
        if self.growth > 1:
            return in_turns(self._starts, t, xp, lambda turn, since: self._in(turn, since, xp))
        return self._lowered(
            t,
            xp,
            lambda t, xp: self.of.formula(t % self.period, xp),
            lambda t: (t // self.period) * 1.0,
        )

    @property
    def _starts(self) -> tuple[int, ...]:
        """The first updates of all cycles that begin before the last update there is."""
        return _cycles(self.period, self.growth)

    def _in(self, cycle: int, since: Any, xp: Namespace) -> Any:
        """Return the rate so many updates after a cycle has begun."""
        slowness = self.growth**cycle
        of = self.of.stretched_by(slowness)
        if of is None:  # longer than all the updates there are: only its beginning is needed
            of, since = self.of, since / float(slowness)
        return self._lowered(since, xp, of.formula, lambda t: cycle * 1.0)

    def _lowered(
        self,
        t: Any,
        xp: Namespace,
        rate: Callable[[Any, Namespace], Any],
        cycle: Callable[[Any], Any],
    ) -> Any:
        """Return a rate, as high above the floor as it is in the cycle."""
        if self.shrink == 1:
            return rate(t, xp)

        def height(t: Any, xp: Namespace) -> Any:
            return xp.power(self.shrink * 1.0, cycle(t))

        if self.floor == 0:
            return product(t, xp, rate, height)
        if abs(self.shrink) > 1:  # the floor itself stays where it is, however high the cycle

            def risen(t: Any, xp: Namespace) -> Any:
                return product(t, xp, lambda t, xp: rate(t, xp) + -self.floor, height)

            return total(t, xp, risen, fixed(self.floor))
        return rate(t, xp) * height(t, xp) + self.floor * (1.0 - height(t, xp))

    @property
    def length(self) -> None:
        """None: it goes on without end."""

    @property
    def horizon(self) -> int:
        """Three cycles, and the update that opens the fourth."""
        return self.period * (1 + self.growth + self.growth**2) + 1

    @property
    def course(self) -> int:
        """The first cycle: the update that begins the second."""
        return self.period

    @property
    def cycle(self) -> int | None:
        """The period where all cycles are alike, else none."""
        return self.period if self.growth == 1 and self.shrink == 1 else None

    @property
    def bounds(self) -> tuple[float, float]:
        """The bounds of ``of`` where no cycle leaves them."""
        low, high = self.of.bounds
        if 0 <= self.shrink <= 1:
            return min(low, self.floor), max(high, self.floor)
        return super(Around, self).bounds

    def normal(self) -> Schedule:
        """Take only what one cycle sees; what its shape can repeat by itself is the shape's."""
        whole_of, period = self.of.normal(), self.period
        of = whole_of.cut_short(period)
        if isinstance(of, Constant) and (self.shrink == 1 or of.rate == self.floor):
            return of
        if self.shrink != 1:
            return Repeat(of, period, self.growth, float(self.shrink), float(self.floor))
        if self.growth > 1:
            return Repeat(of, period, self.growth)
        cycle = whole_of.cycle
        if cycle is not None and period % cycle == 0:
            return whole_of
        match of:
            case (
                Cosine(duration=T, after="hold")
                | Linear(duration=T, after="hold")
                | Polynomial(duration=T, after="hold")
            ) if period == T:
                return replace(of, after="repeat")
            case Table(rates=rates, after="hold") if len(rates) == period:
                return Table(rates, "repeat")
            case Staircase(of=inner, every=every) if period % every == 0:
                return Staircase(Repeat(inner, period // every), every).normal()
            case Join(of=(there, back), boundaries=(T,)) if period == 2 * T:
                if isinstance(there, Cosine | Linear) and back == replace(
                    there, start=there.end, end=there.start
                ):
                    return Mirror(there, T).normal()
        return Repeat(of, period)

    def scaled_by(self, factor: float) -> Schedule | None:
        """Scale what is repeated, and the floor."""
        return self.around(self.of.scaled_by(factor), floor=self.floor * factor)

    def stretched_by(self, factor: float) -> Schedule | None:
        """Stretch what is repeated, where the period stays whole."""
        return self._stretched(factor, "period")

    def on_a_staircase(self, every: int) -> Schedule | None:
        """Put what is repeated on it, where its cycles are of one length but not of one height."""
        if self.growth > 1 or self.shrink == 1 or self.period * every >= FARTHEST:
            return None
        return Repeat(Staircase(self.of, every), self.period * every, 1, self.shrink, self.floor)

    def cut_short(self, updates: int) -> Schedule:
        """Do not repeat what does not come again."""
        return self.of.cut_short(updates) if updates <= self.period else self


class Mirror(Around, frozen=True, tag="mirror"):
    """A schedule there and back again: forwards for ``duration`` updates, then backwards, and on.

    ``rate(t) = of(min(u, 2T − u))``, u = t mod 2T, T = ``duration``.

    Args:
        of: the schedule.
        duration: updates from its beginning to where it turns.

    Example:
        >>> [Mirror(Linear(0.0, 0.2, 2), 2).at(k) for k in range(6)]
        [0.0, 0.1, 0.2, 0.1, 0.0, 0.1]

    """

    duration: int

    def __post_init__(self) -> None:
        check_count("mirror", duration=self.duration)
        length = self.of.length
        if length is not None and length <= self.duration:
            required = f"less than the schedule's {length}"
            raise ScheduleError("mirror.duration", required=required, got=self.duration)

    def formula(self, t: Any, xp: Namespace) -> Any:
        """Ask ``of`` on the way there, or on the way back."""
        u = t % (2 * self.duration)
        return self.of.formula(xp.minimum(u, 2 * self.duration - u), xp)

    @property
    def length(self) -> None:
        """None: it goes on without end."""

    @property
    def horizon(self) -> int:
        """There and back, and the update that opens the next turn."""
        return 2 * self.duration + 2

    @property
    def course(self) -> int:
        """There, where it falls; there and back where it rises."""
        falls = self.of.formula(0, SCALAR) > self.of.formula(self.duration, SCALAR)
        return self.duration if falls else 2 * self.duration

    @property
    def cycle(self) -> int:
        """There and back."""
        return 2 * self.duration

    def normal(self) -> Schedule:
        """Take only what lies before the turn; a shape that mirrors itself needs no node."""
        of, _ = without_end(self.of.normal())
        of = of.cut_short(self.duration + 1)
        match of:
            case Constant():
                return of
            case (
                Cosine(duration=T, after="hold" | "mirror")
                | Linear(duration=T, after="hold" | "mirror" | "continue" | "extend")
                | Polynomial(duration=T, after="hold" | "mirror" | "extend")
            ) if self.duration == T:
                return replace(of, after="mirror")
        return Mirror(of, self.duration)

    def stretched_by(self, factor: float) -> Schedule | None:
        """Stretch what is mirrored, where it still turns at an update."""
        return self._stretched(factor, "duration")

    def cut_short(self, updates: int) -> Schedule:
        """Do not come back where the turn does not come."""
        return self.of.cut_short(updates) if updates <= self.duration else self


class Groups(Several, frozen=True, tag="groups"):
    """One schedule for each parameter group of an optimizer; always the root of a tree.

    Args:
        of: the schedules, in the order of the groups.

    """

    def __post_init__(self) -> None:
        super().__post_init__()
        if any(isinstance(child, Groups) for child in self.of):
            raise ScheduleError("groups.of", required="schedules of one group each", got="groups")

    def formula(self, t: Any, xp: Namespace) -> Any:
        """Refuse: a group has to be chosen first."""
        raise ScheduleError("groups have no single rate", hint="take one group: schedule.of[0]")

    def normal(self) -> Schedule:
        """Normalise every group; one group needs no node."""
        groups = tuple(child.normal() for child in self.of)
        return groups[0] if len(groups) == 1 else Groups(groups)
