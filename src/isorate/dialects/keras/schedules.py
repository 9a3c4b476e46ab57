"""The schedules: functions of the optimizer's count, as Keras' backends compute them.

Their operations are the same. The bits are those of TensorFlow, and of JAX but where ``lax.cond``
compiles a branch (``CosineDecay`` with a warm-up, ``CosineDecayRestarts``), operation by operation,
as a schedule is when one calls it. The cosine and the power of torch are others, and ``fit``
compiles: as near as a card's share says.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, ClassVar

from isorate.kit import meaning as say
from isorate.kit import xla
from isorate.kit.card import Card, Deviation, Proof
from isorate.kit.counted import Counted
from isorate.kit.knots import stairs_of
from isorate.kit.unknown import ANY
from isorate.schedule.errors import ConvertError, NativeError
from isorate.schedule.lazily import np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from isorate.kit.call import Lift
    from isorate.kit.match import Refusal
    from isorate.kit.meaning import Meaning
    from isorate.kit.xla import Rates, Real
    from isorate.schedule.node import Schedule as Meant

LEDGER = (
    "compiled, and in torch: reciprocals of constants, products and sums rounded together. Where a "
    "stair, cycle or restart begins, an update may have its neighbour's rate; a power below 1 is "
    "less sure at its end"
)
REFUSED = {"TypeError": "an argument no number", "ValueError": "decay_steps not above 0"}


def card(
    arithmetic: str, past_end: str, proof: Proof = Proof.COUNTER, *,
    raises: Any = REFUSED, shown: Sequence[Deviation] = (),
) -> Card:  # fmt: skip
    """Return the card of a schedule, or of a callback, to be completed by its name."""
    schedule = proof is Proof.COUNTER
    return Card(
        name="", dialect="keras", runs_in="keras", version="", docs="", roles={}, proof=proof,
        arithmetic=f"{arithmetic}, float32", past_end=past_end, raises=raises, deviations=shown,
        clock="update" if schedule else "step", counts="steps" if schedule else "epochs",
        share=4e-7 if schedule else 0.0, ledger=LEDGER if schedule else None,
    )  # fmt: skip


class Schedule(Counted, frozen=True):
    """A function of the optimizer's count: of a first rate and a duration, in this order."""

    choices: ClassVar[Any] = {
        "staircase": (False, True), "cycle": (False, True), "warmup_target": (None, ANY),
        "m_mul": (1.0, ANY),
    }  # fmt: skip

    @property
    def duration(self) -> Any:
        """How many updates its first course takes."""
        return getattr(self, self.parameters()[1])

    def build(self) -> None:
        if self.duration <= 0:
            raise ValueError(f"{self.parameters()[1]}={self.duration!r} is not above 0")

    def floats(self, *values: Any) -> list[Any]:
        """Return the first rate, which decides the dtype, the duration, and others, in float32."""
        start = getattr(self, self.parameters()[0])
        if isinstance(start, int):
            text = f"the first rate, {start!r}, is an integer, and so Keras computes in them"
            raise NativeError(text, hint=f"write {start!r}.0")
        return xla.numbers(np.float32, start, self.duration, *values)

    def supposed(self) -> str | None:
        given = self.arguments()
        turns = (given.get("staircase") or given.get("cycle")) and self.fault() is None
        off = xla.first_off(self.duration) if turns else None
        return f"it is not compiled, which gives update {off} its neighbour's rate" if off else None


class ExponentialDecay(Schedule, frozen=True):
    """A factor in so many steps, at each of them or once in them."""

    initial_learning_rate: float
    decay_steps: float
    decay_rate: float
    staircase: bool = False
    name_: str = "ExponentialDecay"
    decay: ClassVar[Any] = staticmethod(say.exponential)
    card: ClassVar[Card] = card("initial · powf(decay_rate, t/T)", "decays on")

    def rates(self, t: Any, real: Real) -> Rates:
        start, T, rate = self.floats(self.decay_rate)
        over = t.astype(np.float32) / T
        return self.decayed(start, rate, np.floor(over) if self.staircase else over)

    def decayed(self, start: Any, rate: Any, over: Any) -> Rates:
        """Return the rates when so many durations are over."""
        return start * xla.power(rate, over)

    def means(self) -> Meaning:
        T, pair = self.decay_steps, (self.initial_learning_rate, self.decay_rate)
        return say.staircase(self.decay(*pair), T) if self.staircase else self.decay(*pair, T)


class InverseTimeDecay(ExponentialDecay, frozen=True):
    """One share of the first rate, in so many steps one more."""

    name_: str = "InverseTimeDecay"
    decay: ClassVar[Any] = staticmethod(say.inverse)
    card: ClassVar[Card] = card("initial / (1 + decay_rate · t/T)", "decays on")

    def decayed(self, start: Any, rate: Any, over: Any) -> Rates:
        return start / (1 + rate * over)


class PiecewiseConstantDecay(Schedule, frozen=True):
    """A rate up to each boundary and at it."""

    boundaries: list[int]
    values: list[float]
    name_: str = "PiecewiseConstant"
    card: ClassVar[Card] = card("none: each value, or 0 of it", "holds the last value", raises={
        "IndexError": "no boundaries: at the first step", "TypeError": "what is no list",
        "ValueError": "not one value more than boundaries",
    })  # fmt: skip

    def build(self) -> None:
        if len(self.boundaries) != len(self.values) - 1:
            raise ValueError(f"{len(self.boundaries)} boundaries for {len(self.values)} values")

    def rates(self, t: Any, real: Real) -> Rates:
        if any(isinstance(value, int) for value in self.values):
            raise NativeError("Isorate does not follow integers among the values", hint="write 1.0")
        values, ends = xla.numbers(np.float32, *self.values), self.ends
        rates = (t <= ends[0]) * values[0] + (t > ends[-1]) * values[-1]
        for low, high, value in zip(ends[:-1], ends[1:], values[1:-1], strict=True):
            rates = rates + ((t > low) & (t <= high)) * value
        return np.asarray(rates, np.float32)

    @property
    def ends(self) -> list[int]:
        """The boundaries in the dtype of the count."""
        return [*map(int, xla.numbers(np.float64, *self.boundaries))]

    def means(self) -> Meaning:
        begins = [end + 1 for end in self.ends]
        if sorted({0, *begins}) != [0, *begins]:
            raise ConvertError("its boundaries do not follow one another from 0 on")
        return say.steps(self.values, at=begins)

    @classmethod
    def lift(cls, schedule: Meant, updates: int) -> Lift | Refusal:
        return stairs_of(cls, schedule, -1)


class PolynomialDecay(Schedule, frozen=True):
    """A power of the time that is left, once or in ever longer cycles."""

    initial_learning_rate: float
    decay_steps: float
    end_learning_rate: float = 0.0001
    power: float = 1.0
    cycle: bool = False
    name_: str = "PolynomialDecay"
    card: ClassVar[Card] = card(
        "(initial − end)·powf(1 − t/T, power) + end; with cycle T·⌈t/T⌉ for T",
        "holds end_learning_rate; with cycle begins anew, lower",
    )

    def rates(self, t: Any, real: Real) -> Rates:
        start, T, end, power = self.floats(self.end_learning_rate, self.power)
        steps = t.astype(np.float32)
        if self.cycle:
            T = T * np.where(steps == 0, np.float32(1), np.ceil(steps / T))
        left = 1 - (steps if self.cycle else np.minimum(steps, T)) / T
        return (start - end) * xla.power(left, power) + end

    def supposed(self) -> str | None:
        T, sure = self.decay_steps, self.cycle or float(self.power).is_integer()
        if sure or self.fault() is not None or not xla.overshoots(T):
            return super().supposed()
        return f"XLA does not compile it, which gives NaN from update {math.ceil(T)} on"

    def means(self) -> Meaning:
        ends, after = (self.initial_learning_rate, self.end_learning_rate), self.cycle
        return say.polynomial(*ends, self.duration, self.power, "extend" if after else "hold")


class CosineDecay(Schedule, frozen=True):
    """Half a cosine, after a line up where there is a target."""

    initial_learning_rate: float
    decay_steps: float
    alpha: float = 0.0
    name_: str = "CosineDecay"
    warmup_target: float | None = None
    warmup_steps: int = 0
    card: ClassVar[Card] = card(
        "from·((1 − α)·½(1 + cosf(π·t/T)) + α)", "holds alpha times where it began to fall",
        shown=[Deviation(
            "half a cosine down from initial_learning_rate",
            "an integer makes an integer of π, too: it is 3, and the cosine ends before its trough",
            "CosineDecay(1, 5)", 5,
        )],
    )  # fmt: skip

    @property
    def whole(self) -> bool:
        """Whether it computes in integers."""
        return isinstance(self.initial_learning_rate, int) and self.warmup_target is None

    def rates(self, t: Any, real: Real) -> Rates:
        steps: Rates = t.astype(np.float32)
        if self.whole:
            start, T = xla.numbers(np.float32, self.initial_learning_rate, int(self.decay_steps))
        else:
            start, T, W = self.floats(self.warmup_steps)
        if self.warmup_target is None:
            return self.wave(np.minimum(steps, T), T, start)
        (peak,), steps = xla.numbers(np.float32, self.warmup_target), np.minimum(steps, T + W)
        up = (peak - start) * (steps / W) + start
        return np.where(steps < W, up, self.wave(steps - W, T, peak))

    def wave(self, steps: Any, T: Any, start: Any) -> Rates:
        """Return half a cosine from a rate."""
        low, span = xla.numbers(np.float32, self.alpha, 1 - self.alpha)
        wave = np.float32(0.5) * (
            1 + xla.cos(np.float32(3 if self.whole else math.pi) * (steps / T))
        )
        return start * (span * wave + low)

    def means(self) -> Meaning:
        start, T, W, peak = self.initial_learning_rate, self.duration, self.warmup_steps, None
        if self.whole:
            raise ConvertError("with an integer, π is 3", hint=f"write {start!r}.0")
        peak = start if self.warmup_target is None else self.warmup_target
        fall = say.cosine(peak, peak * self.alpha, T)
        if self.warmup_target is None or W == 0:
            return fall
        return say.join([say.line(start, peak, W), fall], at=[W])


class CosineDecayRestarts(Schedule, frozen=True):
    """Half a cosine again and again, each time longer and lower."""

    initial_learning_rate: float
    first_decay_steps: float
    t_mul: float = 2.0
    m_mul: float = 1.0
    alpha: float = 0.0
    name_: str = "SGDRDecay"
    card: ClassVar[Card] = card(
        "initial·((1 − α)·½m^i(1 + cosf(π·share)) + α), the cycle i = ⌊logf(1 − t/T·(1 − t_mul)) / "
        "logf(t_mul)⌋", "begins anew, for ever",
    )  # fmt: skip

    def rates(self, t: Any, real: Real) -> Rates:
        start, T, growth, shrink, low = self.floats(self.t_mul, self.m_mul, self.alpha)
        over: Rates = t.astype(np.float32) / T
        if growth == 1:
            cycle = np.floor(over)
            over = over - cycle
        else:
            longer = xla.log(np.array([growth], np.float32))
            cycle = np.floor(xla.log(1 - over * (1 - growth)) / longer)
            lengths = xla.power(growth, cycle)
            over = (over - (1 - lengths) / (1 - growth)) / lengths
        wave = (
            np.float32(0.5) * xla.power(shrink, cycle) * (1 + xla.cos(np.float32(math.pi) * over))
        )
        return start * ((1 - low) * wave + low)

    def supposed(self) -> str | None:
        return "it is neither compiled nor torch's, where a restart may come an update late"

    def means(self) -> Meaning:
        start, T, low = self.initial_learning_rate, self.duration, self.alpha
        lower = {} if self.m_mul == 1 else {"shrink": self.m_mul, "floor": start * low}
        return say.repeat(say.cosine(start, start * low, T), T, self.t_mul, **lower)
