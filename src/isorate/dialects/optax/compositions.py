"""The schedules that optax makes of others: each says which (``made``)."""

from __future__ import annotations

from itertools import accumulate
from typing import TYPE_CHECKING, Any, ClassVar

from isorate.dialects.optax.schedules import (
    BEGINS,
    BELOW,
    DECAYS,
    NO_STEPS,
    STRAIGHT,
    Function,
    card,
    constant_schedule,
    cosine_decay_schedule,
    exponential_decay,
    piecewise_constant_schedule,
    piecewise_interpolate_schedule,
    polynomial_schedule,
)
from isorate.kit import knots
from isorate.kit import meaning as say
from isorate.kit.counted import Counted, never, since
from isorate.schedule.errors import NativeError
from isorate.schedule.lazily import np

if TYPE_CHECKING:
    from isorate.kit.call import Lift
    from isorate.kit.card import Card
    from isorate.kit.match import Refusal
    from isorate.kit.meaning import Meaning
    from isorate.kit.xla import Rates, Real
    from isorate.schedule.node import Schedule


class join_schedules(Function, frozen=True):
    """One schedule after another, each counted from its boundary."""

    schedules: list[Any]
    boundaries: list[int]
    card: ClassVar[Card] = card(
        "that of the schedules", "as its last schedule does",
        ValueError="what its schedules refuse", IndexError="no schedules: at the first step",
    )  # fmt: skip

    def build(self) -> None:
        for member in self.schedules:
            if not isinstance(member, Counted):
                raise NativeError(f"Isorate does not follow {member!r} in join_schedules")
            member.build()

    @property
    def strong(self) -> bool:
        return any(member.strong for member in self.schedules)

    def rates(self, t: Any, real: Real) -> Rates:
        first, rest = self.schedules[0], self.schedules[1:]
        rates: Any = first.rates(t, real)
        strong = first.strong
        for boundary, member in zip(self.boundaries, rest, strict=False):
            begun = since(t, boundary, real)
            later = member.rates(begun, real)
            sides = ((rates.dtype, strong), (later.dtype, member.strong))
            kept = [dtype for dtype, keeps in sides if keeps or dtype != real]
            rates = np.where(begun < 0, rates, later).astype(max(kept, default=real))
            strong = strong or member.strong
        return rates

    def means(self) -> Meaning:
        return say.in_turn([member.means() for member in self.schedules], at=self.boundaries)

    @classmethod
    def lift(cls, schedule: Schedule, updates: int) -> Lift | Refusal:
        return knots.parts_of(cls, schedule, updates, PARTS)


class linear_schedule(Function, frozen=True):
    """A line, after a beginning."""

    init_value: float
    end_value: float
    transition_steps: int
    transition_begin: int = 0
    card: ClassVar[Card] = card("(init − end)·(1 − t/T) + end", "holds end_value")
    choices = BEGINS

    def made(self) -> Counted:
        ends, begin = (self.init_value, self.end_value), self.transition_begin
        return polynomial_schedule(*ends, 1, self.transition_steps, begin)


class Warm(Function, frozen=True):
    """What begins with a line up."""

    init_value: float
    peak_value: float
    warmup_steps: int

    @property
    def up(self) -> Counted:
        """The line."""
        return linear_schedule(self.init_value, self.peak_value, self.warmup_steps)


class warmup_constant_schedule(Warm, frozen=True):
    """A line up to a value that stays."""

    card: ClassVar[Card] = card("as linear_schedule", "holds peak_value")

    def made(self) -> Counted:
        return self.up


class warmup_cosine_decay_schedule(Warm, frozen=True):
    """A line up, then half a cosine down."""

    decay_steps: int
    end_value: float = 0.0
    exponent: float = 1.0
    card: ClassVar[Card] = card(
        "as linear_schedule and cosine_decay_schedule", "holds end_value", ValueError=NO_STEPS
    )
    choices = STRAIGHT

    def made(self) -> Counted:
        peak, W = self.peak_value, self.warmup_steps
        alpha = 0.0 if peak == 0 else self.end_value / peak
        down = cosine_decay_schedule(peak, self.decay_steps - W, alpha, self.exponent)
        return join_schedules([self.up, down], [W])

    def means(self) -> Meaning:
        peak, W = self.peak_value, self.warmup_steps
        if never(W) or self.exponent != 1 or peak == 0:
            return self.made().means()
        down = say.cosine(peak, self.end_value, self.decay_steps - W)
        return say.join([say.line(self.init_value, peak, W), down], at=[W])


class warmup_exponential_decay_schedule(Warm, frozen=True):
    """A line up, then an exponential."""

    transition_steps: int
    decay_rate: float
    transition_begin: int = 0
    staircase: bool = False
    end_value: float | None = None
    card: ClassVar[Card] = card(
        "as linear_schedule and exponential_decay", "decays on, or to end_value"
    )
    choices = DECAYS

    def made(self) -> Counted:
        rest = [getattr(self, name) for name in exponential_decay.parameters()[1:]]
        return join_schedules(
            [self.up, exponential_decay(self.peak_value, *rest)], [self.warmup_steps]
        )


class sgdr_schedule(Function, frozen=True):
    """One warmup_cosine_decay_schedule after another."""

    cosine_kwargs: list[dict[str, Any]]
    card: ClassVar[Card] = card(
        "as warmup_cosine_decay_schedule", "holds the last end_value", ValueError=NO_STEPS,
        IndexError="no cosine_kwargs: at the first step",
        TypeError="an argument is missing, one too many, or no number",
    )  # fmt: skip
    instead = "join_schedules"

    def made(self) -> Counted:
        cycles = [warmup_cosine_decay_schedule(**kwargs) for kwargs in self.cosine_kwargs]
        ends = accumulate(cycle.decay_steps for cycle in cycles)
        return join_schedules(cycles, [*ends][:-1])


class OneCycle(Function, frozen=True):
    """A rise to the peak and a fall below where it began."""

    transition_steps: int
    peak_value: float
    pct_start: float = 0.3
    div_factor: float = 25.0
    final_div_factor: float = 1e4
    card: ClassVar[Card] = card(
        "as piecewise_interpolate_schedule",
        "holds peak_value / (div_factor · final_div_factor)",
        ValueError=f"transition_steps not positive, {BELOW}", ZeroDivisionError="a factor of 0",
    )  # fmt: skip
    instead = "piecewise_interpolate_schedule"


class linear_onecycle_schedule(OneCycle, frozen=True):
    """A line up, one down again, and one further down."""

    pct_final: float = 0.85
    order: ClassVar[str] = (
        "transition_steps peak_value pct_start pct_final div_factor final_div_factor"
    )

    def made(self) -> Counted:
        T, div = positive(self.transition_steps), self.div_factor
        scales = {int(self.pct_start * T): div, int(self.pct_final * T): 1.0 / div}
        scales[T] = 1.0 / self.final_div_factor
        return piecewise_interpolate_schedule("linear", self.peak_value / div, scales)


class cosine_onecycle_schedule(OneCycle, frozen=True):
    """Half a cosine up, and one down."""

    def made(self) -> Counted:
        T, div = positive(self.transition_steps), self.div_factor
        scales = {int(self.pct_start * T): div, int(T): 1.0 / (div * self.final_div_factor)}
        return piecewise_interpolate_schedule("cosine", self.peak_value / div, scales)


def positive(steps: int) -> int:
    """Return a one-cycle's duration, or raise what optax raises."""
    if steps <= 0:
        raise ValueError(f"transition_steps={steps!r} is not positive")
    return steps


#: What the parts of a join are said by, in the order of choice.
PARTS = (
    constant_schedule, linear_schedule, cosine_decay_schedule, exponential_decay,
    polynomial_schedule, piecewise_constant_schedule,
)  # fmt: skip
