"""Shapes that are written out: rates by the update, rates by the interval, a formula as text."""

from __future__ import annotations

from bisect import bisect_right
from typing import TYPE_CHECKING, Any

from isorate.schedule.domains import FARTHEST, check_all_finite, check_count, whole
from isorate.schedule.errors import ScheduleError
from isorate.schedule.node import Schedule
from isorate.schedule.shapes.waves import After, Constant

if TYPE_CHECKING:
    from collections.abc import Iterable

    from isorate.schedule.namespace import Namespace


class PiecewiseConstant(Schedule, frozen=True, tag="piecewise_constant"):
    """A rate for each of several intervals; the last one goes on without end.

    ``rate(t) = rates[i]`` for ``b[i−1] <= t < b[i]``, b = ``boundaries``, b[−1] = 0.

    Args:
        rates: the rates, one more than there are boundaries.
        boundaries: the updates at which the second, third, … rate takes over; increasing.

    Raises:
        ScheduleError: a rate that is not finite, boundaries that do not increase, or too many.

    Example:
        >>> [PiecewiseConstant((0.1, 0.01), (3,)).at(k) for k in (2, 3)]
        [0.1, 0.01]

    """

    rates: tuple[float, ...]
    boundaries: tuple[int, ...]

    rate_fields = ("rates",)

    def __post_init__(self) -> None:
        check_all_finite("piecewise_constant", rates=self.rates)
        if len(self.rates) != len(self.boundaries) + 1:
            raise ScheduleError(
                "piecewise_constant.rates",
                required=f"one more than {len(self.boundaries)} boundaries",
                got=len(self.rates),
            )
        for earlier, later in zip((0, *self.boundaries), self.boundaries, strict=False):
            check_count("piecewise_constant", least=earlier + 1, boundaries=later)

    def formula(self, t: Any, xp: Namespace) -> Any:
        """Look up in which interval ``t`` lies."""
        return xp.take(self.rates, xp.searchsorted(self.boundaries, t))

    @property
    def horizon(self) -> int:
        """Every interval, and two updates of the last."""
        return (0, *self.boundaries)[-1] + 2

    @property
    def course(self) -> int:
        """The last boundary."""
        return (0, *self.boundaries)[-1]

    def normal(self) -> Schedule:
        """Write every rate as a float; merge equal neighbours."""
        rates, boundaries = [float(self.rates[0])], []
        for rate, boundary in zip(self.rates[1:], self.boundaries, strict=True):
            if rate != rates[-1]:
                rates.append(float(rate))
                boundaries.append(boundary)
        if not boundaries:
            return Constant(rates[0])
        return PiecewiseConstant(tuple(rates), tuple(boundaries))

    @property
    def bounds(self) -> tuple[float, float]:
        """The lowest and the highest rate."""
        return min(self.rates), max(self.rates)

    def stretched_by(self, factor: float) -> Schedule | None:
        """Move every boundary, where each of them stays an update."""
        moved = [whole(boundary * factor) for boundary in self.boundaries]
        if not all(isinstance(boundary, int) and boundary > 0 for boundary in moved):
            return None
        return self._moved(map(int, moved))

    def shifted_by(self, updates: float) -> Schedule | None:
        """Leave out the intervals that are over."""
        if not isinstance(updates, int):
            return None
        over = bisect_right(self.boundaries, updates)
        later = tuple(boundary - updates for boundary in self.boundaries[over:])
        return PiecewiseConstant(self.rates[over:], later)

    def on_a_staircase(self, every: int) -> Schedule:
        """Move every boundary to the update at which its tick begins."""
        return self._moved(boundary * every for boundary in self.boundaries)

    def cut_short(self, updates: int) -> Schedule:
        """Leave out the intervals that do not come."""
        kept = sum(boundary < updates for boundary in self.boundaries)
        return PiecewiseConstant(self.rates[: kept + 1], self.boundaries[:kept]).normal()

    def _moved(self, boundaries: Iterable[int]) -> Schedule:
        """Return the same rates with boundaries farther away, as far as updates go."""
        kept = tuple(boundary for boundary in boundaries if boundary < FARTHEST)
        return PiecewiseConstant(self.rates[: len(kept) + 1], kept)


class Table(Schedule, frozen=True, tag="table"):
    """Rates written out, one an update.

    ``rate(t) = rates[t]`` for ``t < len(rates)``; past that, ``after`` decides: ``hold`` the last,
    ``repeat`` from the first, or ``stop``.

    Args:
        rates: the rates of updates 0, 1, 2, …
        after: ``hold``, ``repeat`` or ``stop``.

    Raises:
        ScheduleError: no rates, one that is not finite, or another ``after``.

    Example:
        >>> Table((0.1, 0.05)).at(1)
        0.05

    """

    rates: tuple[float, ...]
    after: After = "stop"

    rate_fields = ("rates",)

    def __post_init__(self) -> None:
        if not self.rates:
            raise ScheduleError("table.rates", required="at least one rate", got="none")
        check_all_finite("table", rates=self.rates)
        if self.after not in ("hold", "repeat", "stop"):
            raise ScheduleError(
                "table.after", required="hold, repeat or stop", got=repr(self.after)
            )

    def formula(self, t: Any, xp: Namespace) -> Any:
        """Look ``t`` up."""
        last = len(self.rates)
        index = t % last if self.after == "repeat" else xp.minimum(t, last - 1)
        return xp.take(self.rates, index)

    @property
    def length(self) -> int | None:
        """The number of rates where ``after`` is ``stop``, else none."""
        return len(self.rates) if self.after == "stop" else None

    @property
    def horizon(self) -> int:
        """Every rate and what follows the last."""
        return len(self.rates) + 1

    @property
    def course(self) -> int:
        """The last rate, or the first one again."""
        return len(self.rates) - (0 if self.after == "repeat" else 1)

    @property
    def cycle(self) -> int | None:
        """The number of rates where ``after`` is ``repeat``, else none."""
        return len(self.rates) if self.after == "repeat" else None

    @property
    def bounds(self) -> tuple[float, float]:
        """The lowest and the highest rate."""
        return min(self.rates), max(self.rates)

    @property
    def takes_fractions(self) -> bool:
        """No: there is nothing between two rates."""
        return False

    def normal(self) -> Schedule:
        """Write every rate as a float; where all are the same, it is a constant."""
        if len(set(self.rates)) > 1:
            return Table(tuple(map(float, self.rates)), self.after)
        constant = Constant(float(self.rates[0]))
        return constant.until(len(self.rates)) if self.after == "stop" else constant

    def shifted_by(self, updates: float) -> Schedule | None:
        """Leave out the rates that are over; ``repeat`` needs them again."""
        if not isinstance(updates, int) or self.after == "repeat":
            return None
        return Table(self.rates[min(updates, len(self.rates) - 1) :], self.after)

    def cut_short(self, updates: int) -> Schedule:
        """Leave out the rates that do not come."""
        if updates > len(self.rates):
            return self
        return Table(self.rates[:updates], "hold").normal()
