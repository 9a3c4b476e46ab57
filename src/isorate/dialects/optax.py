"""Optax: its schedules, as of 0.2.8, which are functions of the optimizer's count.

The classes are written as optax's own functions are: those that return another schedule say which
(``made``). ``rates`` is what JAX computes of a count, operation by operation.
"""

from __future__ import annotations

import math
from itertools import accumulate, pairwise
from operator import mul
from typing import TYPE_CHECKING, Any

import numpy as np

from isorate.kit import xla
from isorate.kit.card import Card, Proof, Role
from isorate.kit.counted import Counted, never, share, since
from isorate.kit.match import (
    DOES,
    Afterwards,
    Lift,
    Refusal,
    from_the_start,
    one_group,
    plain,
    take_apart,
)
from isorate.kit.meaning import (
    ANY,
    Meaning,
    Unknown,
    clamp,
    constant,
    cosine,
    exponential,
    formula,
    in_turn,
    join,
    line,
    polynomial,
    staircase,
)
from isorate.kit.optimizer import Optimizers
from isorate.kit.registry import Dialect
from isorate.schedule.combinators import Join, Shift
from isorate.schedule.errors import ConvertError, NativeError
from isorate.schedule.shapes import Constant, Cosine, Linear, PiecewiseConstant

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from isorate.kit.xla import Rates, Real
    from isorate.schedule.node import Schedule

DOCS = "https://optax.readthedocs.io/en/latest/api/optimizer_schedules.html#optax.schedules."
VERSION = "0.2.8"
F32 = np.float32

#: What optax's arguments say, the same in all its schedules.
ARGUMENTS: Mapping[Role, str] = {
    "start": "value init_value peak_value",
    "end": "end_value alpha",
    "duration": "transition_steps decay_steps warmup_steps pct_start pct_final boundaries",
    "begin": "transition_begin",
    "clock": "staircase",
    "factor": "power decay_rate boundaries_and_scales div_factor final_div_factor",
    "shape": "exponent interpolate_type schedules cosine_kwargs",
}
ROLES = {name: role for role, names in ARGUMENTS.items() for name in names.split()}
#: What is given a schedule, by the name of the argument; and what hands an optimizer on.
GIVEN = {
    "learning_rate": "adabelief adadelta adafactor adagrad adam adamax adamaxw adamw adan amsgrad "
    "fromage inject_hyperparams lamb lars lbfgs lion nadam nadamw noisy_sgd novograd "
    "optimistic_adam optimistic_gradient_descent radam rmsprop rprop scale_by_learning_rate sgd "
    "sign_sgd signum sm3 yogi",
    "step_size_fn": "scale_by_schedule",
    "step_size": "scale",
    "": "chain apply_if_finite flatten masked MultiSteps with_extra_args_support",
}
STUBS = [f"def {name}({given}): ..." for given, names in GIVEN.items() for name in names.split()]
OPTIMIZERS = Optimizers("optax", "jax.numpy", "\n".join(STUBS), schedules=True)
STRAIGHT = {"exponent": (1.0,)}
BEGINS = {"transition_begin": (0, ANY)}
DECAYS = {**BEGINS, "staircase": (False, True), "end_value": (None, ANY)}
NO_NUMBER = {"TypeError": "an argument no number"}
NUMBERS = {**NO_NUMBER, "OverflowError": "an integer of more than 32 bits: at the first step"}
NO_STEPS = "decay_steps not positive, or not above warmup_steps"
BELOW = "a scale below 0"


def about(
    schedule: Mapping[str, Any],
    arithmetic: str,
    past_end: str,
    *,
    numbers: Mapping[str, str] = NUMBERS,
    **raises: str,
) -> Card:
    """Return the card of a schedule, given the names in its class so far."""
    name = schedule["__qualname__"]
    return Card(
        name=f"optax.{name}",
        dialect="optax",
        runs_in="optax",
        version=VERSION,
        docs=DOCS + name,
        clock="update",
        arithmetic=f"{arithmetic}, float32",
        proof=Proof.COUNTER,
        past_end=past_end,
        roles={field: ROLES[field] for field in schedule["__annotations__"]},
        raises={**numbers, **raises},
        share=4e-7,
        ledger="compiled, XLA takes reciprocals of constants and rounds products and sums together",
    )


def begin_of(call: Any) -> Any:
    """Return when a transition begins: at 0 where it is told to begin before."""
    return 0 if never(call.transition_begin) else call.transition_begin


class constant_schedule(Counted, frozen=True):
    """The same value for ever."""

    value: float

    card = about(vars(), "none", "goes on", numbers=NO_NUMBER)

    def rates(self, t: Any, real: Real) -> Rates:
        return np.full(len(t), 1 * self.value, real)

    def means(self) -> Meaning:
        return constant(self.value)


class polynomial_schedule(Counted, frozen=True):
    """A power of the time that is left, after a beginning."""

    init_value: float
    end_value: float
    power: float
    transition_steps: int
    transition_begin: int = 0

    card = about(vars(), "(init − end)·(1 − t/T)**power + end", "holds end_value")
    choices = BEGINS

    def build(self) -> None:
        never(self.transition_steps) or never(self.transition_begin)

    def rates(self, t: Any, real: Real) -> Rates:
        T = self.transition_steps
        if never(T):
            return np.full(len(t), self.init_value, real)
        left = 1 - share(np.clip(since(t, begin_of(self), real), 0, T), T, real)
        ends = self.init_value - self.end_value, self.end_value
        span, end = xla.numbers(left.dtype.type, *ends)
        return span * xla.power(left, self.power) + end

    def supposed(self) -> str | None:
        T = self.transition_steps
        if self.fault() is not None or float(self.power).is_integer() or never(T):
            return None
        if T * float(F32(1) / F32(T)) <= 1:  # the share that is left at the end is not below 0
            return None
        end = begin_of(self) + T
        return f"it runs outside jax.jit, where XLA gives NaN from update {end} on"

    def means(self) -> Meaning:
        start, T = constant(self.init_value), self.transition_steps
        if never(T) or self.power == 0:
            return start
        if not isinstance(self.power, Unknown) and self.power < 0:
            raise ConvertError(f"power={self.power!r} is infinite at the end")
        curve = polynomial(self.init_value, self.end_value, T, self.power)
        return in_turn([start, curve], at=[begin_of(self)])


class exponential_decay(Counted, frozen=True):
    """A factor in so many steps, at each of them or once in them, with a bound."""

    init_value: float
    transition_steps: int
    decay_rate: float
    transition_begin: int = 0
    staircase: bool = False
    end_value: float | None = None

    card = about(vars(), "init·powf(decay_rate, t/T)", "decays on, or to end_value")
    choices = DECAYS

    @property
    def stays(self) -> bool:
        return never(self.transition_steps) or self.decay_rate == 0

    def build(self) -> None:
        self.stays or never(self.transition_begin)

    def rates(self, t: Any, real: Real) -> Rates:
        if self.stays:
            return np.full(len(t), self.init_value, real)
        begun = since(t, begin_of(self), real)
        times = share(begun, self.transition_steps, real)
        start, rate = xla.numbers(times.dtype.type, self.init_value, self.decay_rate)
        times = np.floor(times) if self.staircase else times
        rates = np.where(begun <= 0, start, start * xla.power(np.full(len(t), rate), times))
        if self.end_value is None:
            return rates
        bound = np.maximum if self.decay_rate < 1 else np.minimum
        return bound(rates, *xla.numbers(times.dtype.type, self.end_value))

    def means(self) -> Meaning:
        start, T, rate = self.init_value, self.transition_steps, self.decay_rate
        if self.stays:
            return constant(start)
        decay = exponential(start, rate, 1 if self.staircase else T)
        decay = staircase(decay, T) if self.staircase else decay
        decay = in_turn([constant(start), decay], at=[begin_of(self)])
        if self.end_value is None:
            return decay
        grows = not isinstance(rate, Unknown) and rate >= 1
        return clamp(decay, **{"most" if grows else "least": self.end_value})


class cosine_decay_schedule(Counted, frozen=True):
    """Half a cosine down to alpha times its start, raised to a power."""

    init_value: float
    decay_steps: int
    alpha: float = 0.0
    exponent: float = 1.0

    card = about(
        vars(),
        "init·((1 − α)·(½(1 + cosf(π·t/T)))**exponent + α)",
        "holds init_value · alpha",
        ValueError=NO_STEPS,
    )
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
            return cosine(start, start * alpha, T)
        half = f"(0.5 + 0.5 * math.cos(math.pi * min(t, {T!r}) / {T!r}))"
        return formula(start, "t", f"{1 - alpha!r} * {half} ** {self.exponent!r} + {alpha!r}")


class Scaled(Counted, frozen=True):
    """What boundaries and scales say: each scale multiplies at its boundary."""

    @property
    def items(self) -> tuple[list[Any], list[Any]]:
        """The boundaries, and the first value with the scales that follow it."""
        call: Any = self
        found = sorted((call.boundaries_and_scales or {}).items())
        return [b for b, _ in found], [call.init_value, *(s for _, s in found)]

    def build(self) -> None:
        if not all(scale >= 0 for scale in self.items[1][1:]):
            raise ValueError("a scale is below 0")


def scales_of(values: Sequence[float], boundaries: Sequence[int]) -> dict[int, float] | Refusal:
    """Say values from boundaries on by their scales."""
    if any(a == 0 != b or a * b < 0 for a, b in pairwise(values)):
        return Refusal("each rate is a multiple of the one before, of 0 or more")
    scales = [plain(b / a) if a else 1.0 for a, b in pairwise(values)]
    return dict(zip(boundaries, scales, strict=True))


class piecewise_constant_schedule(Scaled, frozen=True):
    """A value that each boundary multiplies."""

    init_value: float
    boundaries_and_scales: dict[int, float] | None = None

    card = about(
        vars(), "v·before + (1 − before)·scale·v", "holds the last value", ValueError=BELOW
    )

    def rates(self, t: Any, real: Real) -> Rates:
        boundaries, (first, *scales) = self.items
        value = np.full(len(t), first, real)
        for boundary, scale in zip(boundaries, xla.numbers(real, *scales), strict=True):
            before = (since(t, boundary, real) < 0).astype(real)
            value = value * before + (1 - before) * scale * value
        return value

    def means(self) -> Meaning:
        boundaries, scales = self.items
        return in_turn([*map(constant, accumulate(scales, mul))], at=boundaries)

    @classmethod
    def lift(cls, schedule: Schedule, updates: int) -> Lift | Refusal:
        parts = one_group(take_apart(schedule, PiecewiseConstant))
        if isinstance(parts, Refusal):
            return parts
        scales = scales_of(parts.shape.rates, parts.shape.boundaries)
        if isinstance(scales, Refusal):
            return scales
        call = cls(parts.shape.rates[0], scales)
        return Lift(call, 1, (*parts.unlike_endless(),))


class piecewise_interpolate_schedule(Scaled, frozen=True):
    """From value to value, each its scale times the one before, on lines or on half cosines."""

    interpolate_type: str
    init_value: float
    boundaries_and_scales: dict[int, float] | None = None

    card = about(
        vars(),
        "(e − s)·p + s, or e + ((s − e)/2)·(cosf(π·p) + 1), p the share of the interval",
        "holds the last value",
        ValueError=f"interpolate_type neither linear nor cosine, {BELOW}",
    )
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
            real = F32  # integers, and shares of whole intervals
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
        curve = line if self.interpolate_type == "linear" else cosine
        boundaries, scales = self.items
        values = [*accumulate(scales, mul)]
        spans = [max(high - low, 1) for low, high in pairwise([0, *boundaries])]
        parts = [curve(*ends, span) for ends, span in zip(pairwise(values), spans, strict=True)]
        return in_turn([*parts, constant(values[-1])], at=boundaries)

    @classmethod
    def lift(cls, schedule: Schedule, updates: int) -> Lift | Refusal:
        parts = from_the_start(one_group(take_apart(schedule, Join, Linear, Cosine)))
        if isinstance(parts, Refusal):
            return parts
        whole: Any = parts.shape
        found = (
            zip(whole.starts, whole.of, strict=True) if isinstance(whole, Join) else [(0, whole)]
        )
        pieces: list[Any] = [(b - p.by, p.of) if isinstance(p, Shift) else (b, p) for b, p in found]
        (start, last), losses = pieces[-1], [*parts.unlike_endless()]
        if not isinstance(last, Constant):
            pieces.append((start + last.duration, Constant(last.end)))
            if last.after != "hold":
                losses.append(Afterwards(f"{DOES['hold']}, where the schedule {DOES[last.after]}"))
        fits = parts.every == 1 and {type(p) for _, p in pieces[:-1]} in ({Linear}, {Cosine})
        for (low, curve), (high, later) in pairwise(pieces if fits else ()):
            value = later.rate if isinstance(later, Constant) else later.start
            fits = fits and (curve.end, curve.duration) == (value, high - low)
        if not fits or getattr(last, "after", None) == "repeat":
            return Refusal("its curves are of one kind, and each begins where the one before ends")
        (_, first), *others = pieces
        values = [first.start, *(curve.end for _, curve in pieces[:-1])]
        scales = scales_of(values, [start for start, _ in others])
        if isinstance(scales, Refusal):
            return scales
        return Lift(cls(first.tag, first.start, scales), 1, tuple(losses))


class join_schedules(Counted, frozen=True):
    """One schedule after another, each counted from its boundary."""

    schedules: list[Any]
    boundaries: list[int]

    card = about(
        vars(),
        "that of the schedules",
        "as its last schedule does",
        IndexError="no schedules: at the first step",
        ValueError="what its schedules refuse",
    )

    def build(self) -> None:
        for member in self.schedules:
            if not isinstance(member, Counted):
                raise NativeError(f"Isorate does not follow {member!r} in join_schedules")
            member.build()

    @property
    def strong(self) -> bool:
        return any(member.strong for member in self.schedules)

    def rates(self, t: Any, real: Real) -> Rates:
        rates, strong = self.schedules[0].rates(t, real), self.schedules[0].strong
        for boundary, member in zip(self.boundaries, self.schedules[1:], strict=False):
            begun = since(t, boundary, real)
            later = member.rates(begun, real)
            sides = ((rates.dtype, strong), (later.dtype, member.strong))
            kept = [dtype for dtype, keeps in sides if keeps or dtype != real]
            rates = np.where(begun < 0, rates, later).astype(max(kept, default=real))
            strong = strong or member.strong
        return rates

    def means(self) -> Meaning:
        return in_turn([member.means() for member in self.schedules], at=self.boundaries)

    @classmethod
    def lift(cls, schedule: Schedule, updates: int) -> Lift | Refusal:
        parts = one_group(take_apart(schedule, Join))
        if isinstance(parts, Refusal):
            return parts
        said = [_first_to_say(piece, updates) for piece in parts.shape.of]
        if None in said or parts.every > 1:
            return Refusal("no schedules of its own say the parts")
        found = [each for each in said if each is not None]
        losses = dict.fromkeys(loss for each in found for loss in each.losses)
        call = cls([each.call for each in found], [*parts.shape.boundaries])
        return Lift(call, 1, (*losses, *parts.unlike_endless()))


def _first_to_say(piece: Schedule, updates: int) -> Lift | None:
    kinds = (linear_schedule, cosine_decay_schedule, exponential_decay, polynomial_schedule)
    found = (
        kind.lift(piece, updates)
        for kind in (constant_schedule, *kinds, piecewise_constant_schedule)
    )
    return next((each for each in found if isinstance(each, Lift)), None)


class linear_schedule(Counted, frozen=True):
    """A line, after a beginning."""

    init_value: float
    end_value: float
    transition_steps: int
    transition_begin: int = 0

    card = about(vars(), "(init − end)·(1 − t/T) + end", "holds end_value")
    choices = BEGINS

    def made(self) -> Counted:
        ends, begin = (self.init_value, self.end_value), self.transition_begin
        return polynomial_schedule(*ends, 1, self.transition_steps, begin)


class warmup_constant_schedule(Counted, frozen=True):
    """A line up to a value that stays."""

    init_value: float
    peak_value: float
    warmup_steps: int

    card = about(vars(), "as linear_schedule", "holds peak_value")

    def made(self) -> Counted:
        return linear_schedule(self.init_value, self.peak_value, self.warmup_steps)


class warmup_cosine_decay_schedule(Counted, frozen=True):
    """A line up, then half a cosine down."""

    init_value: float
    peak_value: float
    warmup_steps: int
    decay_steps: int
    end_value: float = 0.0
    exponent: float = 1.0

    card = about(
        vars(),
        "as linear_schedule and cosine_decay_schedule",
        "holds end_value",
        ValueError=NO_STEPS,
    )
    choices = STRAIGHT

    def made(self) -> Counted:
        peak, W = self.peak_value, self.warmup_steps
        alpha = 0.0 if peak == 0 else self.end_value / peak
        down = cosine_decay_schedule(peak, self.decay_steps - W, alpha, self.exponent)
        return join_schedules([linear_schedule(self.init_value, peak, W), down], [W])

    def means(self) -> Meaning:
        peak, W = self.peak_value, self.warmup_steps
        if never(W) or self.exponent != 1 or peak == 0:
            return self.made().means()
        up = line(self.init_value, peak, W)
        return join([up, cosine(peak, self.end_value, self.decay_steps - W)], at=[W])


class warmup_exponential_decay_schedule(Counted, frozen=True):
    """A line up, then an exponential."""

    init_value: float
    peak_value: float
    warmup_steps: int
    transition_steps: int
    decay_rate: float
    transition_begin: int = 0
    staircase: bool = False
    end_value: float | None = None

    card = about(
        vars(),
        "as linear_schedule and exponential_decay",
        "decays on, or to end_value",
    )
    choices = DECAYS

    def made(self) -> Counted:
        peak, W = self.peak_value, self.warmup_steps
        rest = {name: getattr(self, name) for name in exponential_decay.parameters()[1:]}
        decay = exponential_decay(peak, **rest)
        return join_schedules([linear_schedule(self.init_value, peak, W), decay], [W])


class sgdr_schedule(Counted, frozen=True):
    """One warmup_cosine_decay_schedule after another."""

    cosine_kwargs: list[dict[str, Any]]

    card = about(
        vars(),
        "as warmup_cosine_decay_schedule",
        "holds the last end_value",
        IndexError="no cosine_kwargs: at the first step",
        TypeError="an argument is missing, one too many, or no number",
        ValueError=NO_STEPS,
    )
    instead = "join_schedules"

    def made(self) -> Counted:
        cycles = [warmup_cosine_decay_schedule(**kwargs) for kwargs in self.cosine_kwargs]
        ends = accumulate(cycle.decay_steps for cycle in cycles)
        return join_schedules(cycles, [*ends][:-1])


class linear_onecycle_schedule(Counted, frozen=True):
    """A line up, one down again, and one further down."""

    transition_steps: int
    peak_value: float
    pct_start: float = 0.3
    pct_final: float = 0.85
    div_factor: float = 25.0
    final_div_factor: float = 1e4

    card = about(
        vars(),
        "as piecewise_interpolate_schedule",
        "holds peak_value / (div_factor · final_div_factor)",
        ValueError=f"transition_steps not positive, {BELOW}",
        ZeroDivisionError="a factor of 0",
    )
    instead = "piecewise_interpolate_schedule"

    def made(self) -> Counted:
        T, div = self.transition_steps, self.div_factor
        if T <= 0:
            raise ValueError(f"transition_steps={T!r} is not positive")
        scales = {int(self.pct_start * T): div, int(self.pct_final * T): 1.0 / div}
        scales[T] = 1.0 / self.final_div_factor
        return piecewise_interpolate_schedule("linear", self.peak_value / div, scales)


class cosine_onecycle_schedule(Counted, frozen=True):
    """Half a cosine up, and one down."""

    transition_steps: int
    peak_value: float
    pct_start: float = 0.3
    div_factor: float = 25.0
    final_div_factor: float = 1e4

    card = about(
        vars(),
        "as piecewise_interpolate_schedule",
        "holds peak_value / (div_factor · final_div_factor)",
        ValueError=f"transition_steps not positive, {BELOW}",
        ZeroDivisionError="a factor of 0",
    )
    instead = "piecewise_interpolate_schedule"

    def made(self) -> Counted:
        T, div = self.transition_steps, self.div_factor
        if T <= 0:
            raise ValueError(f"transition_steps={T!r} is not positive")
        scales = {int(self.pct_start * T): div, int(T): 1.0 / (div * self.final_div_factor)}
        return piecewise_interpolate_schedule("cosine", self.peak_value / div, scales)


DIALECT = Dialect(
    "optax",
    "Optax",
    VERSION,
    (
        constant_schedule,
        linear_schedule,
        polynomial_schedule,
        exponential_decay,
        cosine_decay_schedule,
        piecewise_constant_schedule,
        piecewise_interpolate_schedule,
        warmup_constant_schedule,
        warmup_cosine_decay_schedule,
        warmup_exponential_decay_schedule,
        sgdr_schedule,
        linear_onecycle_schedule,
        cosine_onecycle_schedule,
        join_schedules,
    ),
    aliases={"optax.schedules": "optax"},
    optimizers=OPTIMIZERS,
)
