"""Schedules as functions of an int32 count, for ``jax.jit``, ``jax.vmap`` and optax."""

from __future__ import annotations

import math
from fractions import Fraction
from typing import TYPE_CHECKING, Any, Final

import jax
import jax.numpy as jnp
from msgspec.structs import replace

from isorate.given import as_recipe, read
from isorate.schedule.combinators import Groups, Join, Repeat, Shift, Staircase, Stride
from isorate.schedule.errors import ScheduleError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from isorate.kit.call import Call
    from isorate.recipe import Recipe
    from isorate.schedule.node import Schedule
    from isorate.schedule.run import Run

#: There are fewer counts than this: twice any duration is still an int32.
COUNTS: Final = 2**30
#: Parts of an update that a fractional period may be counted in.
FINEST: Final = 1000


def schedule(
    x: Schedule | Call | Recipe | str, run: Run | None = None, *, lr: float | None = None
) -> Callable[[Any], jax.Array]:
    """Return a schedule as a pure function of the count: what optax's optimizers take as a rate.

    ``rate(count)`` is the rate of update ``count``, in JAX's default float: float32, or float64
    where ``jax_enable_x64`` is set. Counts are reduced as int32 before anything is computed in
    floats, so that a schedule that repeats is as good after a billion updates as at the start. In
    float32 rates are within 1e-6 of the peak rate from the exact ones. The function may be
    compiled, mapped, and called with whole arrays of counts.

    **The end**: where the schedule has no rate, at a negative count, and from count 2**30 on, the
    rate is NaN.

    Args:
        x: a schedule; a call of any framework; or the text of one, as ``isorate.read`` takes it.
        run: the loop, for a call that is stepped otherwise than once an update.
        lr: the optimizer's rate, for a text that leaves it out.

    Returns:
        A function from integers to rates, of the same shape.

    Raises:
        ReadError: text that cannot be read, or rates, which are no function.
        ConvertError: the call has no meaning as a schedule, as one that follows a metric.
        ScheduleError: several parameter groups, or numbers that int32 or JAX's floats do not hold.

    Example:
        >>> rate = schedule("CosineAnnealingLR(T_max=100)", lr=0.1)
        >>> [float(jax.jit(rate)(count)) for count in (0, 100, 200)]
        [0.10000000149011612, 0.0, 0.10000000149011612]

    """
    if isinstance(x, str) and not x.lstrip().startswith("{"):
        x = read(x, lr=lr)
    node = as_recipe(x, run).schedule.normal()
    if isinstance(node, Groups):
        text = f"the schedule has {len(node.of)} parameter groups"
        raise ScheduleError(text, hint="make a function of each: schedule(s) for s in groups.of")
    length = COUNTS if node.length is None else min(node.length, COUNTS)
    node = _fitted(node.cut_short(COUNTS))
    end = min(length, _counts(node))

    def rate(count: Any) -> jax.Array:
        t = jnp.asarray(count)
        if not jnp.issubdtype(t.dtype, jnp.integer):
            raise TypeError(f"a count is an integer, not {t.dtype}")
        inside = (t >= 0) & (t < end)
        rate = node.formula(jnp.where(inside, t, 0).astype(jnp.int32), XP)
        return jnp.where(inside, rate, math.nan).astype(jnp.result_type(float))

    try:
        jax.eval_shape(rate, 0)
    except OverflowError as error:
        raise ScheduleError(f"the schedule counts beyond int32: {node.to_json()}") from error
    return rate


def _fitted(node: Schedule) -> Schedule:
    """Return a schedule in numbers that an int32 or a float holds."""
    node = node.mapped(_fitted)
    known = jnp.finfo(jnp.result_type(float))
    for name, value in ((name, getattr(node, name)) for name in node.__struct_fields__):
        size = abs(value) if isinstance(value, float) else 0.0
        if size and not float(known.tiny) <= size <= float(known.max):
            raise ScheduleError(f"{node.tag}.{name}", required=f"a {known.dtype}", got=value)
    duration: Any = getattr(node, "duration", 1)
    if isinstance(duration, int) and duration >= COUNTS:  # its end is never reached
        return replace(node, duration=float(duration))
    if isinstance(duration, float) and getattr(node, "after", "hold") not in ("hold", "continue"):
        ticks = Fraction(duration).limit_denominator(FINEST)
        if float(ticks) != duration:
            required = "a period that is a fraction of whole numbers, by which counts are reduced"
            raise ScheduleError(f"{node.tag}.duration", required=required, got=duration)
        return Stride(replace(node, duration=ticks.numerator), ticks.denominator)
    return node


def _counts(node: Schedule) -> int:
    """Return how many counts a schedule takes before an int32 inside it overflows."""
    match node:
        case Stride(of=of, by=by):
            return -(-_counts(of) // by)
        case Shift(of=of, by=by):
            return _counts(of) - math.ceil(by)
        case Staircase(of=of, every=every):
            return min(_counts(of) * every, COUNTS)
        case Join(of=of, starts=starts):
            each = zip(starts, (*starts[1:], COUNTS), of, strict=True)
            ends = [(start, end, start + _counts(part)) for start, end, part in each]
            return next((last for _, end, last in ends if last < end), COUNTS)
        case Repeat(of=of, period=period, growth=growth) if growth > 1:
            start, length = 0, period
            while start < COUNTS and length < COUNTS:
                start, length = start + length, length * growth
            return min(start, COUNTS)
        case Repeat(of=of, period=period):
            return COUNTS if _counts(of) >= period else _counts(of)
    return min(map(_counts, node.children()), default=COUNTS)


class _JaxNumpy:
    """``jax.numpy``, and what a formula needs besides of values that nobody can look at."""

    pi = math.pi

    def __getattr__(self, name: str) -> Any:
        return getattr(jnp, name)

    @staticmethod
    def power(base: Any, exponent: Any) -> Any:
        """Return a power; of a number that is known by its logarithm, which rounds it less."""
        if isinstance(base, float) and base > 0:
            return jnp.exp(exponent * math.log(base))
        return jnp.power(base, exponent)

    @staticmethod
    def take(values: Sequence[float], index: Any) -> Any:
        """Look indices up."""
        return jnp.asarray(values, jnp.result_type(float))[index]

    @staticmethod
    def searchsorted(boundaries: Iterable[int], t: Any) -> Any:
        """Count the boundaries that are not above each count."""
        reached = [boundary for boundary in boundaries if boundary < COUNTS]
        return jnp.searchsorted(jnp.asarray(reached, jnp.int32), t, side="right")

    @staticmethod
    def present(indices: Any, starts: Sequence[int]) -> Iterable[int]:
        """Return all that may be, but for cycles that are longer than all counts."""
        ends = (*starts[1:], COUNTS)
        turns = enumerate(zip(starts, ends, strict=True))
        return [turn for turn, (start, end) in turns if start < COUNTS > end - start]

    @staticmethod
    def sizes(x: Any) -> tuple[float, float]:
        """Take everything to be in range."""
        return 1.0, 1.0

    @staticmethod
    def mended(rate: Any, fine: Any, t: Any, again: Any) -> Any:
        """Take it as it is."""
        return rate

    @staticmethod
    def exact_product(a: Any, b: Any) -> tuple[Any, Any]:
        """Leave out what rounding took away: a compiler may compute that otherwise than written."""
        return a * b, 0.0


XP: Final[Any] = _JaxNumpy()
