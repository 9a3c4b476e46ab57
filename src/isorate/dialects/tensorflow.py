"""TensorFlow 1's functions of a global step: ``tf.compat.v1.train``, as of 2.21.

Most are Keras' schedules, with other names for their arguments and the step as one of them. They
are computed in float32, operation by operation; the optimizers of their time are given them.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, ClassVar, Final

from msgspec.structs import replace

from isorate.dialects.keras import schedules as keras
from isorate.kit import ANY, Card, Dialect, Optimizers, Proof, Refusal, xla
from isorate.kit import meaning as say
from isorate.kit.card import roles_of
from isorate.kit.counted import Count, Counted
from isorate.kit.knots import stairs_of
from isorate.kit.registry import completed
from isorate.schedule.errors import ConvertError, NativeError
from isorate.schedule.lazily import np

if TYPE_CHECKING:
    from isorate.kit import Lift, Meaning
    from isorate.kit.xla import Rates, Real
    from isorate.schedule.node import Schedule

VERSION: Final = "2.21.0"
STEP: Final = Count("global_step")


def card(arithmetic: str, past_end: str, **raises: str) -> Card:
    """Return the card of a function of the global step, to be completed by its name."""
    return Card(
        runs_in="tensorflow", clock="update", proof=Proof.COUNTER, past_end=past_end,
        arithmetic=f"{arithmetic}, float32", raises=raises,
        share=4e-7, ledger=keras.LEDGER,
    )  # fmt: skip


class Stepped(Counted, frozen=True):
    """A function of a first rate, the global step and a duration, most of them one of Keras'."""

    count: ClassVar[str] = "global_step"
    choices: ClassVar[Any] = {
        "staircase": (False, True), "cycle": (False, True), "m_mul": (1.0, ANY),
        "num_periods": (0.5,), "global_step": (STEP,),
    }  # fmt: skip

    #: Keras' schedule that it is, with the same arguments but for the count.
    kind: ClassVar[Any]

    def likeness(self: Any) -> Any:
        """Return the schedule of Keras' that it is."""
        return self.kind(
            *(getattr(self, name) for name in self.parameters() if name not in (self.count, "name"))
        )

    def build(self: Any) -> None:
        if isinstance(self.learning_rate, int):
            text = f"learning_rate={self.learning_rate!r} is an integer, and so are all its rates"
            raise NativeError(text, hint=f"write {self.learning_rate!r}.0")
        for name, value in self.arguments().items():
            if name not in ("name", self.count) and not isinstance(value, int | float):
                raise NativeError(f"Isorate does not follow {name}={value!r}, which is no number")
        first = self.parameters()[2]
        if getattr(self, first) <= 0:
            raise NativeError(f"Isorate does not follow {first}={getattr(self, first)!r}")

    def rates(self, t: Any, real: Real) -> Rates:
        found: Rates = self.likeness().rates(t, real)
        return found

    def means(self) -> Meaning:
        meaning: Meaning = self.likeness().means()
        return meaning

    def supposed(self) -> str | None:
        found: str | None = self.likeness().supposed()
        return found


class exponential_decay(Stepped, frozen=True):
    """A factor in so many steps, at each of them or once in them."""

    learning_rate: float
    global_step: Any
    decay_steps: float
    decay_rate: float
    staircase: bool = False
    name_: str | None = None
    kind: ClassVar[Any] = keras.ExponentialDecay
    card: ClassVar[Card] = card("learning_rate · powf(decay_rate, t/T)", "decays on")


class inverse_time_decay(exponential_decay, frozen=True):
    """One share of the first rate, in so many steps one more."""

    kind: ClassVar[Any] = keras.InverseTimeDecay
    card: ClassVar[Card] = card("learning_rate / (1 + decay_rate · t/T)", "decays on")


class natural_exp_decay(exponential_decay, frozen=True):
    """e to the power of −decay_rate in so many steps, at each of them or once in them."""

    card: ClassVar[Card] = card("learning_rate · powf(expf(−decay_rate), t/T)", "decays on")

    def rates(self, t: Any, real: Real) -> Rates:
        factor = float(np.float32(math.exp(-float(np.float32(self.decay_rate)))))
        like = self.kind(self.learning_rate, self.decay_steps, factor, self.staircase)
        found: Rates = like.rates(t, real)
        return found

    def means(self) -> Meaning:
        rate, T, decay = self.learning_rate, self.decay_steps, self.decay_rate
        if self.staircase:
            return say.staircase(say.natural_exponential(rate, decay), T)
        return say.natural_exponential(rate, decay, T)


class polynomial_decay(Stepped, frozen=True):
    """A power of the time that is left, once or in ever longer cycles."""

    learning_rate: float
    global_step: Any
    decay_steps: float
    end_learning_rate: float = 0.0001
    power: float = 1.0
    cycle: bool = False
    name_: str | None = None
    kind: ClassVar[Any] = keras.PolynomialDecay
    card: ClassVar[Card] = card(
        "(learning_rate − end)·powf(1 − t/T, power) + end; with cycle T·⌈t/T⌉ for T",
        "holds end_learning_rate; with cycle begins anew, lower",
    )


class cosine_decay(Stepped, frozen=True):
    """Half a cosine."""

    learning_rate: float
    global_step: Any
    decay_steps: float
    alpha: float = 0.0
    name_: str | None = None
    kind: ClassVar[Any] = keras.CosineDecay
    card: ClassVar[Card] = card(
        "learning_rate·((1 − α)·½(1 + cosf(π·t/T)) + α)", "holds alpha times learning_rate"
    )


class cosine_decay_restarts(Stepped, frozen=True):
    """Half a cosine again and again, each time longer and lower."""

    learning_rate: float
    global_step: Any
    first_decay_steps: float
    t_mul: float = 2.0
    m_mul: float = 1.0
    alpha: float = 0.0
    name_: str | None = None
    kind: ClassVar[Any] = keras.CosineDecayRestarts
    card: ClassVar[Card] = card(keras.CosineDecayRestarts.card.arithmetic.removesuffix(", float32"),
                                "begins anew, for ever")  # fmt: skip

    def means(self) -> Meaning:
        if isinstance(self.t_mul, float) and not self.t_mul.is_integer():
            raise ConvertError(f"t_mul={self.t_mul!r}: its cycles are no whole number of steps")
        return super().means()


class linear_cosine_decay(Stepped, frozen=True):
    """A line times a cosine of num_periods, and beta."""

    learning_rate: float
    global_step: Any
    decay_steps: float
    num_periods: float = 0.5
    alpha: float = 0.0
    beta: float = 0.001
    name_: str | None = None
    card: ClassVar[Card] = card(
        "learning_rate·((α + (T − t)/T)·½(1 + cosf(π·2·num_periods·t/T)) + β)",
        "holds what it has at decay_steps",
    )

    def supposed(self) -> str | None:
        return None

    def rates(self, t: Any, real: Real) -> Rates:
        start, T, periods, alpha, beta = xla.numbers(
            np.float32,
            self.learning_rate,
            self.decay_steps,
            self.num_periods,
            self.alpha,
            self.beta,
        )
        steps = np.minimum(t.astype(np.float32), T)
        turn = np.float32(2.0) * periods * (steps / T)
        wave = np.float32(0.5) * (1 + cosines(np.float32(math.pi) * turn))
        return start * ((alpha + (T - steps) / T) * wave + beta)

    def means(self) -> Meaning:
        rate, T, periods = self.learning_rate, self.decay_steps, self.num_periods
        line = say.line(rate * (1 + self.alpha), rate * self.alpha, T)
        if periods == 0.5:
            wave = say.cosine(1.0, 0.0, T)
        else:
            at = f"min(t, {T!r}) / {T!r}"
            wave = say.formula(1.0, "t", f"0.5 * (1 + math.cos(math.pi * 2 * {periods!r} * {at}))")
        return say.added(say.multiplied(line, wave), say.constant(rate * self.beta))

    @classmethod
    def lift(cls, schedule: Schedule, updates: int) -> Lift | Refusal:
        return Refusal("a line times a cosine is nobody else's")


def cosines(x: Rates) -> Rates:
    """Return cosines of angles that may be above π, by the period that they are in."""
    near = np.abs(x) <= np.float32(math.pi)
    exact = np.array([math.cos(angle) for angle in x.astype(np.float64).tolist()]).astype(
        np.float32
    )
    return np.where(near, xla.cos(np.where(near, x, np.float32(0))), exact)


class piecewise_constant(Stepped, frozen=True):
    """A rate up to each boundary and at it."""

    x: Any
    boundaries: list[int]
    values: list[float]
    name_: str | None = None
    count: ClassVar[str] = "x"
    choices: ClassVar[Any] = {}
    kind: ClassVar[Any] = keras.PiecewiseConstantDecay
    card: ClassVar[Card] = card("none: each value", "holds the last value",
                                ValueError="not one value more than boundaries")  # fmt: skip

    def supposed(self) -> str | None:
        return None

    def build(self) -> None:
        self.likeness().build()

    @classmethod
    def lift(cls, schedule: Schedule, updates: int) -> Lift | Refusal:
        found = stairs_of(keras.PiecewiseConstantDecay, schedule, -1)
        if isinstance(found, Refusal):
            return found
        like: Any = found.call
        return replace(found, call=cls(STEP, like.boundaries, like.values))


class piecewise_constant_decay(piecewise_constant, frozen=True):
    """The same by its other name."""


#: What optimizers are given, with their defaults, as far as the rate depends on them.
GIVEN: Final = {
    "0.001": "AdamOptimizer AdadeltaOptimizer",
    "": "GradientDescentOptimizer MomentumOptimizer AdagradOptimizer AdagradDAOptimizer "
    "RMSPropOptimizer FtrlOptimizer ProximalGradientDescentOptimizer ProximalAdagradOptimizer",
}
STUBS: Final = [
    f"def {name}(learning_rate{'=' * bool(rate)}{rate}): ..."
    for rate, names in GIVEN.items()
    for name in names.split()
]
HOME: Final = "tensorflow.compat.v1.train"
DIALECT = Dialect(
    "tensorflow", "TensorFlow", VERSION,
    completed(
        [exponential_decay, inverse_time_decay, natural_exp_decay, polynomial_decay, cosine_decay,
         cosine_decay_restarts, linear_cosine_decay, piecewise_constant, piecewise_constant_decay],
        HOME, VERSION,
        roles_of(start="learning_rate", end="end_learning_rate alpha beta",
                 duration="decay_steps first_decay_steps boundaries", factor="decay_rate m_mul",
                 shape="power values t_mul cycle num_periods", clock="staircase"),
        "https://www.tensorflow.org/api_docs/python/tf/compat/v1/train#{}", "tensorflow",
    ),
    aliases={"tf.train": HOME, "tf.compat.v1.train": HOME, "tensorflow.train": HOME},
    precedence=170,
    optimizers=Optimizers(HOME, "tensorflow", "\n".join(STUBS), schedules=True),
    refused=dict.fromkeys(
        ("noisy_linear_cosine_decay",), "its rates have random noise, drawn anew in every run"
    ),
)  # fmt: skip
