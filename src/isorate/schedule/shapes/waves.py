"""Shapes that go from one rate to another in a duration: constant, linear, polynomial, cosine."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, ClassVar, Final, Literal

from msgspec.structs import replace

from isorate.schedule.domains import FARTHEST, LONGEST, agreed, check_duration, check_finite, whole
from isorate.schedule.errors import ScheduleError
from isorate.schedule.node import Schedule
from isorate.schedule.wide import fixed, product

if TYPE_CHECKING:
    from isorate.schedule.namespace import Namespace

#: What a shape does once its duration is over: stay at its end, run back the way it came, begin
#: again, follow its formula on, have no rate any more, or take its duration as doubled, tripled, …
After = Literal["hold", "mirror", "repeat", "continue", "stop", "extend"]

#: Of a power below this, what the rounding of its base costs is small enough to be linear.
SMALL_POWER: Final = 2.0**20


def lost_as_float(duration: float) -> float:
    """Return a duration less the float nearest to it: other than 0 for integers above 2**53."""
    return float(duration - int(duration * 1.0)) if isinstance(duration, int) else 0.0


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

    rate_fields = ("rate",)

    def __post_init__(self) -> None:
        check_finite("constant", rate=self.rate)

    def formula(self, t: Any, xp: Namespace) -> Any:
        """Return ``rate``, in the shape of ``t``."""
        return t * 0.0 + self.rate

    @property
    def cycle(self) -> int:
        """Every update is like the one before."""
        return 1

    @property
    def course(self) -> int:
        """Update 0: it is there from the start."""
        return 0

    @property
    def bounds(self) -> tuple[float, float]:
        """The rate, twice."""
        return self.rate, self.rate

    def normal(self) -> Schedule:
        """Write the rate as a float."""
        return Constant(float(self.rate))

    def stretched_by(self, factor: float) -> Schedule:
        """Stay as it is."""
        return self

    def shifted_by(self, updates: float) -> Schedule:
        """Stay as it is."""
        return self

    def on_a_staircase(self, every: int) -> Schedule:
        """Stay as it is."""
        return self


class _Between(Schedule, frozen=True):
    """What the shapes from a start to an end share: the duration, what follows it, the algebra."""

    start: float
    end: float
    duration: int | float

    rate_fields = ("start", "end")
    #: What may follow the duration.
    follows: ClassVar[tuple[str, ...]] = ("hold", "mirror", "repeat", "continue", "stop")

    def __post_init__(self) -> None:
        check_finite(self.tag, start=self.start, end=self.end)
        check_duration(self.tag, self.duration)
        if self._after not in self.follows:
            *others, last = self.follows
            raise ScheduleError(
                f"{self.tag}.after",
                required=f"{', '.join(others)} or {last}",
                got=repr(self._after),
            )

    @property
    def _after(self) -> After:
        after: After = self.after  # type: ignore[attr-defined]
        return after

    def folded(self, t: Any, xp: Namespace) -> Any:
        """Return the update within one pass from start to end that has the rate of ``t``."""
        T = self.duration
        match self._after:
            case "repeat":
                return t % T
            case "mirror":
                t = t % (2 * T)
                return xp.minimum(t, 2 * T - t)
            case "continue":
                return t
        return xp.minimum(t, T)

    def passed(self, t: Any, xp: Namespace) -> tuple[Any, Any, float]:
        """Return the time since ``start``, the time left to ``end``, and both together, as floats.

        Of whole durations below 2**53 both times are exact.
        """
        T = self.duration
        if self._after == "extend":
            left = xp.where(t > 0, -t % T, T)
            return t * 1.0, left * 1.0, (t + left) * 1.0
        t = self.folded(t, xp)
        return t * 1.0, (T - t) * 1.0, T * 1.0

    @property
    def length(self) -> int | None:
        """The duration where ``after`` is ``stop``, else none."""
        return math.ceil(self.duration) if self._after == "stop" else None

    @property
    def takes_fractions(self) -> bool:
        """Yes, unless it stops: what ends, ends at an update."""
        return self._after != "stop"

    @property
    def horizon(self) -> int:
        """One period and the update that opens the next; a held end shows two updates."""
        periods = 1 if self._after in ("hold", "stop", "repeat") else 2
        return math.ceil(periods * self.duration) + (1 if self._after == "stop" else 2)

    @property
    def course(self) -> float:
        """The duration; twice that where it rises and comes back."""
        rises = self._after == "mirror" and self.start < self.end
        return whole(self.duration * (2 if rises else 1)) - (1 if self._after == "stop" else 0)

    @property
    def cycle(self) -> int | None:
        """There and back where it mirrors, the duration where it repeats; whole numbers only."""
        period = whole(self.duration * {"mirror": 2, "repeat": 1}.get(self._after, 0))
        return period if isinstance(period, int) and period else None

    @property
    def bounds(self) -> tuple[float, float]:
        """Both ends, unless it goes on beyond them."""
        if self._after == "continue":
            return super().bounds
        return min(self.start, self.end), max(self.start, self.end)

    def normal(self) -> Schedule:
        """Fold away constants and whole-number fractions; what stops is held until then."""
        if self._after == "stop":
            return replace(self, after="hold").until(math.ceil(self.duration)).normal()
        if self.start == self.end:
            return Constant(float(self.start))
        start, end, duration = float(self.start), float(self.end), whole(self.duration)
        return replace(self, start=start, end=end, duration=duration)

    def stretched_by(self, factor: float) -> Schedule | None:
        """Take as many times as long."""
        longer = whole(self.duration * factor)
        if not 0 < longer < LONGEST:
            return None
        whole_ends = isinstance(whole(self.duration), int) and isinstance(longer, int)
        if self._after == "stop" and not whole_ends and factor != 1:
            return None  # where it stops cannot lie between two updates
        return replace(self, duration=longer)

    def shifted_by(self, updates: float) -> Schedule | None:
        """Past a held end, stay there."""
        over = self._after == "hold" and updates >= self.duration
        return Constant(float(self.end)) if over else None

    def cut_short(self, updates: int) -> Schedule:
        """Hold the end where what follows it does not come."""
        last = updates - 1
        if last < self.duration or (last == self.duration and self._after != "repeat"):
            return replace(self, after="hold")
        return self


class Linear(_Between, frozen=True, tag="linear"):
    """A straight line from ``start`` at update 0 to ``end`` at update ``duration``.

    ``rate(t) = start·(T−t)/T + end·t/T``, T = ``duration`` in updates. Both ends are exact; between
    them the result is within 4 ULP where ``start`` and ``end`` do not have opposite signs. Where
    both terms do, on the way through zero or past the end with ``continue``, it is within 4 ULP of
    the greater one.

    Args:
        start: rate of update 0.
        end: rate of update ``duration``.
        duration: updates from ``start`` to ``end``; a fraction is allowed.
        after: past ``duration``: ``hold`` at ``end``; ``mirror`` goes back and on with period 2T;
            ``repeat`` jumps back to ``start`` with period T; ``continue`` follows the line on, past
            zero if it leads there; ``stop`` has no rate from update ``duration`` on; ``extend``
            takes 2T, 3T, … as the duration, whichever is the first that is not over.

    Raises:
        ScheduleError: a rate that is not finite, or a duration that is not positive.

    Example:
        >>> Linear(0.0, 0.1, 4).at(1)
        0.025

    """

    after: After = "hold"

    follows = ("hold", "mirror", "repeat", "continue", "stop", "extend")

    def formula(self, t: Any, xp: Namespace) -> Any:
        """Weigh both ends."""
        done, left, whole = self.passed(t, xp)
        return self.start * (left / whole) + self.end * (done / whole)


class Polynomial(_Between, frozen=True, tag="polynomial"):
    """A power of the time that is left, from ``start`` to ``end``.

    ``rate(t) = end + (start−end)·((T−t)/T)^p``, T = ``duration`` in updates, p = ``power``. The
    result is within 8 ULP of the exact value: (T−t)/T is corrected for its rounding, and where
    ``end`` is not 0 its own share is computed without cancellation. Where ``start`` and ``end``
    have opposite signs it is within 8 ULP of the greater of both: at zero they cancel. With
    ``extend``, multiples of T that are not whole, or 2**53 and more, cost up to p ULP besides.

    Args:
        start: rate of update 0.
        end: rate of update ``duration``.
        duration: updates from ``start`` to ``end``; a fraction is allowed.
        power: p, above 0; 1 is a line.
        after: past ``duration``, as for ``Linear``; without ``continue``.

    Raises:
        ScheduleError: a rate that is not finite, a duration or a power that is not positive.

    Example:
        >>> Polynomial(0.1, 0.0, 4, 2.0).at(2)
        0.025

    """

    power: float
    after: After = "hold"

    follows = ("hold", "mirror", "repeat", "stop", "extend")

    def __post_init__(self) -> None:
        super().__post_init__()
        check_finite("polynomial", power=self.power)
        if self.power <= 0:
            raise ScheduleError("polynomial.power", required="a number > 0", got=self.power)

    @property
    def decisions(self) -> tuple[bool, ...]:
        """Whether the end is zero."""
        return (agreed(self.end == 0),)

    def formula(self, t: Any, xp: Namespace) -> Any:
        """Weigh both ends by the power and by what it leaves."""
        weight = self._weight(t, xp)
        fallen = product(
            t, xp, fixed(self.start), lambda t, n: weight if n is xp else self._weight(t, n)
        )
        if agreed(self.end == 0):
            return fallen
        done, left, whole = self.passed(t, xp)
        done, share = done / whole, left / whole
        near = xp.where(done < 0.5, done, 0.0)
        far = xp.where(share > 0, share, 1.0)
        logarithm = xp.where(done < 0.5, xp.log1p(-near), xp.log(far))
        rest = xp.where(weight < 0.5, 1.0 - weight, -xp.expm1(self.power * logarithm))
        return fallen + self.end * rest

    def _weight(self, t: Any, xp: Namespace) -> Any:
        """Return the share that is left to the power of p, corrected for its own rounding."""
        done, left, whole = self.passed(t, xp)
        share, some = left / whole, xp.where(left > 0, left, 1.0)
        high, low = xp.exact_product(share, whole)
        lost = (left - high) - low
        if self._after != "extend" or self.duration >= FARTHEST:
            # the times themselves are rounded, where they are far or have fractions
            far = lost_as_float(self.duration)
            lost += (whole - left) - done + far * (1.0 - share)
        missing = self.power * (lost / some)
        correction = 1.0 + missing if self.power < SMALL_POWER else xp.exp(missing)
        return xp.power(share, self.power) * correction

    def normal(self) -> Schedule:
        """The first power is a line."""
        plain = super().normal()
        if isinstance(plain, Polynomial) and plain.power == 1:
            return Linear(plain.start, plain.end, plain.duration, plain.after)
        return replace(plain, power=float(self.power)) if isinstance(plain, Polynomial) else plain


class Cosine(_Between, frozen=True, tag="cosine"):
    """Half a cosine wave from ``start`` at update 0 to ``end`` at update ``duration``.

    ``rate(t) = start·sin²(π(T−t)/(2T)) + end·sin²(πt/(2T))``, T = ``duration`` in updates, which
    is ``end + (start−end)(1+cos(πt/T))/2`` without its cancellation: ``t`` is reduced into
    ``[0, T]`` as an integer first, and both sines are taken of the exact remainder. The result is
    within 8 ULP of the exact value at every update up to 2**53 − 1, the trough and its neighbours
    included; where ``start`` and ``end`` have opposite signs, within 8 ULP of the greater of both.

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

    after: After = "hold"

    @property
    def decisions(self) -> tuple[bool, ...]:
        """Whether it ends where it starts."""
        return (agreed(self.start == self.end),)

    def formula(self, t: Any, xp: Namespace) -> Any:
        """Evaluate the two-sine form at ``t``, folded into one half wave."""
        if agreed(self.start == self.end):  # sin² + cos² may round to something other than one
            return t * 0.0 + self.start
        T = self.duration
        if self.after == "continue":
            t = replace(self, after="mirror").folded(t, xp)
        else:
            t = self.folded(t, xp)
        to_end = xp.sin(xp.pi * (T - t) / (2 * T))
        from_start = xp.sin(xp.pi * t / (2 * T))
        return self.start * (to_end * to_end) + self.end * (from_start * from_start)

    def normal(self) -> Schedule:
        """Fold away constants, whole-number fractions and the synonyms of ``mirror``."""
        if self.after == "continue":
            return replace(self, after="mirror").normal()
        return super().normal()
