"""The shapes: one small class each, absolute rates, the end always an explicit field."""

from __future__ import annotations

import math
from typing import Any, Literal

from isorate.core import double
from isorate.core.errors import ScheduleError
from isorate.core.schedule import Namespace, Schedule, check_finite

#: What a shape does once its duration is over: stay at its end, run back the way it came, begin
#: again, follow its formula on, or have no rate any more.
After = Literal["hold", "mirror", "repeat", "continue", "stop"]


class Constant(Schedule, frozen=True, tag="constant"):
    """The same rate at every update: ``rate(t) = rate``.

    Args:
        rate: the rate, per update.

    Raises:
        ScheduleError: a rate that is not finite.

    Example:
        >>> Constant(0.1).at(2**53 - 1)
        0.1

    """

    rate: float

    def __post_init__(self) -> None:
        check_finite("constant", rate=self.rate)

    def formula(self, t: Any, xp: Namespace) -> Any:
        """Return ``rate``, in the shape of ``t``."""
        return t * 0.0 + self.rate


class Cosine(Schedule, frozen=True, tag="cosine"):
    """Half a cosine wave from ``start`` at update 0 to ``end`` at update ``duration``.

    ``rate(t) = start·sin²(π(T−t)/(2T)) + end·sin²(πt/(2T))``, T = ``duration`` in updates, which
    is ``end + (start−end)(1+cos(πt/T))/2`` without its cancellation: ``t`` is reduced into
    ``[0, T]`` as an integer first, and both sines are taken of the exact remainder. The result is
    within 8 ULP of the exact value at every update up to 2**53 − 1, the trough and its neighbours
    included. Where ``start`` and ``end`` have opposite signs the rate passes through zero, and
    pairs of floats keep the bound there.

    Args:
        start: rate of update 0.
        end: rate of update ``duration``.
        duration: updates from ``start`` to ``end``; a fraction is allowed.
        after: past ``duration``: ``hold`` at ``end``; ``mirror`` or ``continue`` climbs back and
            goes on with period 2T; ``repeat`` jumps back to ``start`` with period T; ``stop`` has
            no rate from update ``duration`` on.

    Raises:
        ScheduleError: a rate that is not finite, or a duration that is not positive.

    Example:
        >>> Cosine(0.1, 0.001, 100, "mirror").at(100)
        0.001
        >>> Cosine(0.1, 0.001, 100, "mirror").at(200)
        0.1

    """

    start: float
    end: float
    duration: int | float
    after: After = "hold"

    def __post_init__(self) -> None:
        check_finite("cosine", start=self.start, end=self.end, duration=self.duration)
        if not 0 < self.duration < 2**53:
            raise ScheduleError(
                "cosine.duration",
                required="a number from 0 to 2**53, ends excluded",
                got=self.duration,
            )
        if self.after not in ("hold", "mirror", "repeat", "continue", "stop"):
            raise ScheduleError(
                "cosine.after",
                required="hold, mirror, repeat, continue or stop",
                got=repr(self.after),
            )

    def formula(self, t: Any, xp: Namespace) -> Any:
        """Evaluate the two-sine form at ``t``, folded into one half wave."""
        if self.start == self.end:  # sin² + cos² may round to something other than one
            return t * 0.0 + self.start
        T = self.duration
        if self.after in ("hold", "stop"):
            t = xp.minimum(t, T)
        elif self.after == "repeat":
            t = t % T
        else:
            t = t % (2 * T)
            t = xp.minimum(t, 2 * T - t)
        if self.crosses_zero:
            return double.half_cosine(self.start, self.end, t, T, xp)
        to_end = xp.sin(xp.pi * (T - t) / (2 * T))
        from_start = xp.sin(xp.pi * t / (2 * T))
        return self.start * (to_end * to_end) + self.end * (from_start * from_start)

    @property
    def crosses_zero(self) -> bool:
        """Whether start and end have opposite signs."""
        return (self.start < 0 < self.end) or (self.end < 0 < self.start)

    @property
    def length(self) -> int | None:
        """The duration where ``after`` is ``stop``, else none."""
        return math.ceil(self.duration) if self.after == "stop" else None

    @property
    def horizon(self) -> int:
        """One period and the update that opens the next; a held end shows two updates."""
        periods = 2 if self.after in ("mirror", "continue") else 1
        return math.ceil(periods * self.duration) + (1 if self.after == "stop" else 2)

    def normal(self) -> Schedule:
        """Fold away constants, whole-number fractions and the synonyms of ``mirror``."""
        if self.start == self.end and self.after != "stop":
            return Constant(self.start)
        whole = isinstance(self.duration, float) and self.duration.is_integer()
        duration = int(self.duration) if whole else self.duration
        after: After = "mirror" if self.after == "continue" else self.after
        return Cosine(float(self.start), float(self.end), duration, after)


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

    def __post_init__(self) -> None:
        if not self.rates:
            raise ScheduleError("table.rates", required="at least one rate", got="none")
        for rate in self.rates:
            check_finite("table", rates=rate)
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

    def normal(self) -> Schedule:
        """Write every rate as a float; a table of one held rate is a constant."""
        if len(set(self.rates)) == 1 and self.after != "stop":
            return Constant(float(self.rates[0]))
        return Table(tuple(map(float, self.rates)), self.after)
