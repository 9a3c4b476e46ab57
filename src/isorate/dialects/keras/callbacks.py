"""The callbacks: what ``fit`` calls once an epoch, and sets the optimizer's rate."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from isorate.dialects.keras import recurring
from isorate.dialects.keras.schedules import card
from isorate.kit.boundary import Fault
from isorate.kit.call import Lift
from isorate.kit.card import Card, Proof
from isorate.kit.epochs import OfTheEpoch, OnceAnEpoch
from isorate.kit.float32 import single
from isorate.kit.match import Refusal
from isorate.kit.optimizer import Optimizer
from isorate.kit.plateau import Feedback, Plateau
from isorate.schedule.errors import NativeError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence


class LearningRateScheduler(OfTheEpoch, frozen=True):
    """A function of the epoch, whose value the optimizer holds in float32."""

    schedule: Any
    verbose: int = 0
    of_rates: ClassVar[Any] = recurring.LearningRateScheduler
    dtype: ClassVar[Any] = "float32"
    card: ClassVar[Card] = card(
        "the function's, rounded once to", "whatever it says", Proof.FUNCTION, raises={}
    )

    def value(self, epoch: int, said: Any) -> float:
        return recurring.rate_of(said)


class ReduceLROnPlateau(OnceAnEpoch, Feedback, frozen=True):
    """The rate that the optimizer has, made smaller when a metric stagnates."""

    optimizer: Optimizer
    monitor: str = "val_loss"
    factor: float = 0.1
    patience: int = 10
    verbose: int = 0
    mode: str = "auto"
    min_delta: float = 0.0001
    cooldown: int = 0
    min_lr: float = 0.0
    beside: ClassVar[bool] = True
    dtype: ClassVar[Any] = "float32"
    card: ClassVar[Card] = card(
        "max(rate·factor, min_lr) in float64, rounded to; the metric is compared in",
        "follows the metric without end", Proof.METRIC,
        raises={"ValueError": "factor not below 1, or the optimizer's rate an integer"},
    )  # fmt: skip

    @property
    def goes_up(self) -> bool:
        """Whether a higher metric is better."""
        if self.mode not in ("min", "max") and self.monitor.removeprefix("val_") != "loss":
            text = f"the model says whether {self.monitor} is to go up"
            raise NativeError(text, hint="write mode='max' or mode='min'")
        return self.mode == "max"

    def fault(self) -> Fault | None:
        rate = self.optimizer.groups[0].lr
        if not isinstance(self.factor, int | float):
            return Fault(TypeError, f"factor={self.factor!r} is no number")
        if isinstance(rate, int) or self.factor >= 1:
            return Fault(ValueError, f"learning_rate={rate!r}, factor={self.factor!r}")
        return None

    def plateau(self) -> Plateau:
        return Plateau(
            (float(single(self.optimizer.groups[0].lr)),), "max" if self.goes_up else "min",
            self.factor, max(self.patience, 1) - 1, abs(self.min_delta), "abs",
            max(self.cooldown, 1) - 1, (self.min_lr,), 0.0,
        )  # fmt: skip

    @classmethod
    def say(cls, plateau: Plateau) -> Lift | Refusal:
        if len(plateau.rates) > 1:
            return Refusal("its optimizer has one rate, and not one for each parameter group")
        if plateau.threshold_mode == "rel" and plateau.threshold:
            return Refusal("it takes a difference of the metric for better, and not a share")
        cooldown = plateau.cooldown and plateau.cooldown + 1
        return Lift(cls(
            Optimizer.of(plateau.rates[0]), "val_loss", plateau.factor, plateau.patience + 1, 0,
            plateau.mode, plateau.threshold, cooldown, float(plateau.least[0]),
        )).checked()  # fmt: skip

    def after(self, metrics: Sequence[float]) -> Iterator[Sequence[Any]]:
        sign, best, wait, cooling = -1 if self.goes_up else 1, None, 0, 0
        least, rate = single(self.min_lr), single(self.optimizer.groups[0].lr)
        yield [rate]
        for metric in metrics:
            cooling, wait = max(cooling - 1, 0), 0 if cooling else wait
            nearer = sign * single(metric + sign * abs(self.min_delta))
            if best is None or nearer < sign * best:
                best, wait = single(metric), 0
            elif cooling == 0:
                wait += 1
                if wait >= self.patience and rate > least:
                    rate = single(max(float(rate) * self.factor, self.min_lr))
                    wait, cooling = 0, self.cooldown
            yield [rate]
