"""Shapes without an end: exponential, natural exponential and inverse decay."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Final

from msgspec.structs import replace

from isorate.schedule.domains import FARTHEST, LONGEST, check_duration, check_finite, whole
from isorate.schedule.errors import ScheduleError
from isorate.schedule.node import Schedule
from isorate.schedule.shapes.waves import Constant, lost_as_float
from isorate.schedule.wide import fixed, product

if TYPE_CHECKING:
    from isorate.schedule.namespace import Namespace

#: An exponent beyond this makes any rate zero or infinite, whatever its rounding has lost.
FAR: Final = 2.0**50

#: As steep as any decay is: in one update any rate is zero or infinite.
STEEPEST: Final = 2.0**200


class _Decay(Schedule, frozen=True):
    """What the decays share: a first rate and a duration in which they decay once."""

    start: float

    rate_fields = ("start",)

    def __post_init__(self) -> None:
        values = {name: getattr(self, name) for name in self.__struct_fields__}
        check_duration(self.tag, values.pop("duration"))
        check_finite(self.tag, **values)

    @property
    def _duration(self) -> int | float:
        duration: int | float = self.duration  # type: ignore[attr-defined]
        return duration

    @property
    def thousandth(self) -> float:
        """After how many durations the rate is a thousandth of the first one, or a thousandfold."""
        raise NotImplementedError

    @property
    def horizon(self) -> int:
        """Until the rate has come so far: it has no end."""
        return math.ceil(min(max(self.thousandth, 1) * self._duration, FARTHEST - 2)) + 1

    @property
    def falls(self) -> bool:
        """Whether the rate goes towards zero, and never away from it."""
        raise NotImplementedError

    @property
    def bounds(self) -> tuple[float, float]:
        """From the first rate to zero, where it falls."""
        return (min(self.start, 0.0), max(self.start, 0.0)) if self.falls else super().bounds

    def normal(self) -> Schedule:
        """Write rates as floats, whole durations as integers; what does not decay is constant."""
        flat = math.isinf(self.thousandth) and self.takes_fractions  # its sign does not alternate
        if self.start == 0 or flat:
            return Constant(float(self.start or 0.0))
        rest = {n: float(getattr(self, n)) for n in self.__struct_fields__ if n != "duration"}
        return replace(self, duration=whole(self._duration), **rest)

    def stretched_by(self, factor: float) -> Schedule | None:
        """Decay as many times as slowly."""
        longer = whole(self._duration * factor)
        return replace(self, duration=longer) if 0 < longer < LONGEST else None


class Exponential(_Decay, frozen=True, tag="exponential"):
    """A rate multiplied by the same factor in equal times, without end.

    ``rate(t) = start·factor^(t/D)``, D = ``duration`` in updates. Within 8 ULP at every update:
    t/D is corrected for its rounding, and a power may be beyond float64 where the rate is not.

    Args:
        start: rate of update 0.
        factor: what ``duration`` updates multiply the rate by. Below 0 it alternates the sign,
            which only whole multiples of the duration can have: a duration of 1.
        duration: updates that multiply the rate by ``factor`` once.

    Raises:
        ScheduleError: a value that is not finite, or a negative factor with a duration other
            than 1.

    Example:
        >>> Exponential(1.0, 0.25, 2).at(3)
        0.125

    """

    factor: float
    duration: int | float = 1

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.factor < 0 and self.duration != 1:
            raise ScheduleError(
                "exponential.factor", required="a number >= 0, or a duration of 1", got=self.factor
            )

    @property
    def thousandth(self) -> float:
        """As often as the factor goes into it."""
        folds = abs(math.log(abs(self.factor))) if self.factor else math.inf
        return math.log(1000) / folds if folds else math.inf

    @property
    def falls(self) -> bool:
        """Whether the factor is at most one."""
        return 0 <= self.factor <= 1

    @property
    def takes_fractions(self) -> bool:
        """Whether the factor has a power that is no integer."""
        return self.factor >= 0

    def formula(self, t: Any, xp: Namespace) -> Any:
        """Multiply the first rate."""
        return product(t, xp, fixed(self.start), self._power)

    def _power(self, t: Any, xp: Namespace) -> Any:
        """Raise the factor to t/D, and correct it for the rounding of t/D."""
        D, factor = self.duration * 1.0, self.factor * 1.0
        times = t / D
        power = xp.power(factor, times)
        if D == 1 or factor == 0:
            return power
        high, low = xp.exact_product(times, D)
        left = ((t - high) - low) - times * lost_as_float(self.duration)
        lost = left / D * math.log(factor)
        return power * (1.0 + xp.where(abs(times * math.log(factor)) < FAR, lost, 0.0))

    def stretched_by(self, factor: float) -> Schedule | None:
        """Decay as many times as slowly, unless the sign alternates."""
        return super().stretched_by(factor) if self.takes_fractions else None


class NaturalExponential(_Decay, frozen=True, tag="natural_exponential"):
    """An exponential decay by its rate of decay, without end.

    ``rate(t) = start·exp(−decay·t/D)``, D = ``duration`` in updates. Within 8 ULP at every update:
    the exponent is corrected for its rounding.

    Args:
        start: rate of update 0.
        decay: the rate of decay, per ``duration`` updates; below 0 the rate grows.
        duration: the unit of time in updates.

    Raises:
        ScheduleError: a value that is not finite, or a duration that is not positive.

    Example:
        >>> NaturalExponential(0.1, 0.5, 2).at(0)
        0.1

    """

    decay: float
    duration: int | float = 1

    @property
    def thousandth(self) -> float:
        """As often as the decay goes into the logarithm."""
        return math.log(1000) / abs(self.decay) if self.decay else math.inf

    @property
    def falls(self) -> bool:
        """Whether the decay is at least zero."""
        return self.decay >= 0

    def formula(self, t: Any, xp: Namespace) -> Any:
        """Multiply the first rate."""
        return product(t, xp, fixed(self.start), self._decayed)

    def _decayed(self, t: Any, xp: Namespace) -> Any:
        """Take the exponential, and correct it for the rounding of what it is taken of."""
        D, decay = self.duration * 1.0, min(max(self.decay, -STEEPEST), STEEPEST)
        high, low = xp.exact_product(decay, t * 1.0)
        passed = high / D
        again, less = xp.exact_product(passed, D)
        left = (((high - again) - less) + low) - passed * lost_as_float(self.duration)
        lost = left / D
        return xp.exp(-passed) * (1.0 - xp.where(abs(passed) < FAR, lost, 0.0))


class Inverse(_Decay, frozen=True, tag="inverse"):
    """A rate that falls as one over time, without end.

    ``rate(t) = start/(1 + decay·t/D)``, D = ``duration`` in updates. Within 4 ULP at every update,
    for a decay of at least 0.

    Args:
        start: rate of update 0.
        decay: the rate of decay, per ``duration`` updates, at least 0.
        duration: the unit of time in updates.

    Raises:
        ScheduleError: a value that is not finite, a decay below 0, or a duration that is not
            positive.

    Example:
        >>> Inverse(0.1, 1.0, 2).at(2)
        0.05

    """

    decay: float
    duration: int | float = 1

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.decay < 0:
            raise ScheduleError("inverse.decay", required="a number >= 0", got=self.decay)

    @property
    def thousandth(self) -> float:
        """As often as the decay goes into 999."""
        return 999 / self.decay if self.decay else math.inf

    @property
    def falls(self) -> bool:
        """Always: the decay is at least zero."""
        return True

    def formula(self, t: Any, xp: Namespace) -> Any:
        """Divide; where the divisor is beyond float64, by its factors one by one."""
        D, decay = self.duration * 1.0, self.decay * 1.0
        divisor = 1.0 + (decay * (t / D) if D >= 1 else decay * t / D)

        def far(t: Any) -> Any:
            factors = map(fixed, (self.start, 1.0 / decay, D, 1.0 / t))
            return product(t, xp, *factors)

        return xp.mended(self.start / divisor, divisor < math.inf, t, far)
