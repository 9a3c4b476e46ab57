"""The schedules that optax computes itself: constants, powers, exponentials, cosines, steps.

``rates`` is what JAX computes of a count, operation by operation.
"""

from __future__ import annotations

import math
from itertools import accumulate, pairwise
from operator import mul
from typing import TYPE_CHECKING, Any, ClassVar

from isorate.kit import knots, xla
from isorate.kit import meaning as say
from isorate.kit.card import Card, Proof
from isorate.kit.counted import Counted, never, share, since
from isorate.kit.unknown import ANY, Unknown
from isorate.schedule.errors import ConvertError, NativeError
from isorate.schedule.lazily import np

if TYPE_CHECKING:
    from collections.abc import Mapping

    from isorate.kit.call import Lift
    from isorate.kit.match import Refusal
    from isorate.kit.meaning import Meaning
    from isorate.kit.xla import Rates, Real
    from isorate.schedule.node import Schedule

STRAIGHT = {"exponent": (1.0,)}
BEGINS = {"transition_begin": (0, ANY)}
DECAYS = {**BEGINS, "staircase": (False, True), "end_value": (None, ANY)}
NO_STEPS = "decay_steps not positive, or not above warmup_steps"
BELOW = "a scale below 0"
NO_NUMBER = {"TypeError": "an argument no number"}
NUMBERS = {**NO_NUMBER, "OverflowError": "an integer of more than 32 bits: at the first step"}


def card(
    arithmetic: str,
    past_end: str,
    numbers: Mapping[str, str] = NUMBERS,
    proof: Proof = Proof.COUNTER,
    **raises: str,
) -> Card:
    """Return the card of a schedule, to be completed by its name."""
    return Card(
        runs_in="optax", clock="update",
        arithmetic=f"{arithmetic}, float32", proof=proof, past_end=past_end,
        raises={**numbers, **raises}, share=4e-7,
        ledger="compiled, XLA takes reciprocals of constants and rounds products and sums together",
    )  # fmt: skip


class Function(Counted, frozen=True, kw_only=True):
    """What optax calls a schedule: a function of the count, in JAX's default float."""

    x64: bool = False

    settings: ClassVar[Any] = {"x64": "jax.config.update('jax_enable_x64', True)"}

    @property
    def real(self) -> Real:
        return np.float64 if self.x64 else np.float32


def begin_of(call: Any) -> Any:
    """Return when a transition begins: at 0 where it is told to begin before."""
    return 0 if never(call.transition_begin) else call.transition_begin


class constant_schedule(Function, frozen=True):
    """The same value for ever."""

    value: float
    card: ClassVar[Card] = card("none", "goes on", numbers=NO_NUMBER)

    def rates(self, t: Any, real: Real) -> Rates:
        return np.full(len(t), 1 * self.value, real)

    def means(self) -> Meaning:
        return say.constant(self.value)


class polynomial_schedule(Function, frozen=True):
    """A power of the time that is left, after a beginning."""

    init_value: float
    end_value: float
    power: float
    transition_steps: int
    transition_begin: int = 0
    card: ClassVar[Card] = card("(init − end)·(1 − t/T)**power + end", "holds end_value")
    choices = BEGINS

    def build(self) -> None:
        if not isinstance(self.power, int | float):
            raise NativeError(f"Isorate does not follow power={self.power!r}, which is no number")
        never(self.transition_steps) or begin_of(self)

    def rates(self, t: Any, real: Real) -> Rates:
        T = self.transition_steps
        if never(T):
            return np.full(len(t), 1 * self.init_value, real)
        left = 1 - share(np.clip(since(t, begin_of(self), real), 0, T), T, real)
        ends = self.init_value - self.end_value, self.end_value
        span, end = xla.numbers(left.dtype.type, *ends)
        return span * xla.power(left, self.power) + end

    def supposed(self) -> str | None:
        T, power = self.transition_steps, self.power
        if self.fault() is not None or never(T) or float(power).is_integer():
            return None
        if not xla.overshoots(T):
            return None
        end = begin_of(self) + T
        return f"it runs outside jax.jit, where XLA gives NaN from update {end} on"

    def means(self) -> Meaning:
        start, T = say.constant(self.init_value), self.transition_steps
        if never(T) or self.power == 0:
            return start
        if not isinstance(self.power, Unknown) and self.power < 0:
            raise ConvertError(f"power={self.power!r} is infinite at the end")
        curve = say.polynomial(self.init_value, self.end_value, T, self.power)
        return say.in_turn([start, curve], at=[begin_of(self)])


class exponential_decay(Function, frozen=True):
    """A factor in so many steps, at each of them or once in them, with a bound."""

    init_value: float
    transition_steps: int
    decay_rate: float
    transition_begin: int = 0
    staircase: bool = False
    end_value: float | None = None
    card: ClassVar[Card] = card("init·powf(decay_rate, t/T)", "decays on, or to end_value")
    choices = DECAYS

    @property
    def stays(self) -> bool:
        return never(self.transition_steps) or self.decay_rate == 0

    def build(self) -> None:
        self.stays or begin_of(self)

    def rates(self, t: Any, real: Real) -> Rates:
        if self.stays:
            return np.full(len(t), 1 * self.init_value, real)
        begun = since(t, begin_of(self), real)
        times = share(begun, self.transition_steps, real)
        dtype, ends = times.dtype.type, () if self.end_value is None else (self.end_value,)
        start, rate, *bounds = xla.numbers(dtype, self.init_value, self.decay_rate, *ends)
        powers = xla.power(np.full(len(t), rate), np.floor(times) if self.staircase else times)
        rates = np.where(begun <= 0, start, start * powers)
        within = np.maximum if self.decay_rate < 1 else np.minimum
        return within(rates, *bounds) if bounds else rates

    def means(self) -> Meaning:
        start, T, rate = self.init_value, self.transition_steps, self.decay_rate
        if self.stays:
            return say.constant(start)
        decay = say.exponential(start, rate, 1 if self.staircase else T)
        decay = say.staircase(decay, T) if self.staircase else decay
        decay = say.in_turn([say.constant(start), decay], at=[begin_of(self)])
        if self.end_value is None:
            return decay
        grows = not isinstance(rate, Unknown) and rate >= 1
        return say.clamp(decay, **{"most" if grows else "least": self.end_value})


class cosine_decay_schedule(Function, frozen=True):
    """Half a cosine down to alpha times its start, raised to a power."""

    init_value: float
    decay_steps: int
    alpha: float = 0.0
    exponent: float = 1.0
    card: ClassVar[Card] = card(
        "init·((1 − α)·(½(1 + cosf(π·t/T)))**exponent + α)", "holds init_value · alpha",
        ValueError=NO_STEPS,
    )  # fmt: skip
    choices = STRAIGHT

    def build(self) -> None:
        if not self.decay_steps > 0:
            raise ValueError(f"decay_steps={self.decay_steps!r} is not positive")

    def rates(self, t: Any, real: Real) -> Rates:
        T = real(float(self.decay_steps))
        half = real(0.5) * (1 + xla.cos(real(math.pi) * np.minimum(t.astype(real), T) / T))
        start, span, end = xla.numbers(real, self.init_value, 1 - self.alpha, self.alpha)
        return start * (span * xla.power(half, self.exponent) + end)

    def means(self) -> Meaning:
        start, T, alpha = self.init_value, self.decay_steps, self.alpha
        if self.exponent == 1:
            return say.cosine(start, start * alpha, T)
        half = f"(0.5 + 0.5 * math.cos(math.pi * min(t, {T!r}) / {T!r}))"
        return say.formula(start, "t", f"{1 - alpha!r} * {half} ** {self.exponent!r} + {alpha!r}")


class Scaled(Function, frozen=True):
    """What boundaries and scales say: each scale multiplies at its boundary."""

    @property
    def items(self) -> tuple[list[Any], list[Any]]:
        """The boundaries, and the first value with the scales that follow it."""
        call: Any = self
        found = sorted((call.boundaries_and_scales or {}).items())
        return [b for b, _ in found], [call.init_value, *(s for _, s in found)]

    def build(self) -> None:
        if not all(scale >= 0 for scale in self.items[1][1:]):
            raise ValueError(BELOW)


class piecewise_constant_schedule(Scaled, frozen=True):
    """A value that each boundary multiplies."""

    init_value: float
    boundaries_and_scales: dict[int, float] | None = None
    card: ClassVar[Card] = card(
        "v·before + (1 − before)·scale·v", "holds the last value", ValueError=BELOW
    )

    def rates(self, t: Any, real: Real) -> Rates:
        boundaries, (first, *scales) = self.items
        value = np.full(len(t), 1 * first, real)
        for boundary, scale in zip(boundaries, xla.numbers(real, *scales), strict=True):
            before = (since(t, boundary, real) < 0).astype(real)
            value = value * before + (1 - before) * scale * value
        return value

    def means(self) -> Meaning:
        boundaries, scales = self.items
        return say.in_turn([*map(say.constant, accumulate(scales, mul))], at=boundaries)

    @classmethod
    def lift(cls, schedule: Schedule, updates: int) -> Lift | Refusal:
        return knots.steps_of(cls, schedule)


class piecewise_interpolate_schedule(Scaled, frozen=True):
    """From value to value, each its scale times the one before, on lines or on half cosines."""

    interpolate_type: str
    init_value: float
    boundaries_and_scales: dict[int, float] | None = None
    card: ClassVar[Card] = card(
        "(e − s)·p + s, or e + ((s − e)/2)·(cosf(π·p) + 1), p the share of the interval",
        "holds the last value", ValueError=f"interpolate_type neither linear nor cosine, {BELOW}",
    )  # fmt: skip
    strong = True

    def build(self) -> None:
        if self.interpolate_type not in ("linear", "cosine"):
            raise ValueError(f"interpolate_type={self.interpolate_type!r} is unknown")
        super().build()

    def rates(self, t: Any, real: Real) -> Rates:
        bounds, scales = [0, *self.items[0]], self.items[1]
        if any(isinstance(bound, float) for bound in bounds):
            bounds = xla.numbers(real, *bounds)
        elif not any(isinstance(scale, float) for scale in scales):
            real = np.float32  # integers, and shares of whole intervals
        values = [*accumulate(xla.numbers(real, *scales), mul)]
        rates = np.where(since(t, bounds[-1], real) >= 0, values[-1], real(0))
        for (low, high), (start, end) in zip(pairwise(bounds), pairwise(values), strict=True):
            begun = since(t, low, real)
            here = (begun >= 0) & (since(t, high, real) < 0)
            done = share(begun[here], max(high - low, 1), real)
            if self.interpolate_type == "linear":
                rates[here] = (end - start) * done.astype(real) + start
            else:
                wave = xla.cos(done.dtype.type(math.pi) * done) + done.dtype.type(1)
                rates[here] = end + (start - end) / real(2) * wave.astype(real)
        return rates

    def means(self) -> Meaning:
        curve = say.line if self.interpolate_type == "linear" else say.cosine
        boundaries, scales = self.items
        values = [*accumulate(scales, mul)]
        spans = [max(high - low, 1) for low, high in pairwise([0, *boundaries])]
        parts = [curve(*ends, span) for ends, span in zip(pairwise(values), spans, strict=True)]
        return say.in_turn([*parts, say.constant(values[-1])], at=boundaries)

    @classmethod
    def lift(cls, schedule: Schedule, updates: int) -> Lift | Refusal:
        return knots.curves_of(cls, schedule)
