"""``LearningRateScheduler`` with a function that takes the rate, too: a recurrence in float32."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from isorate.dialects.keras.schedules import card
from isorate.kit.boundary import Halting
from isorate.kit.card import Card, Proof
from isorate.kit.epochs import OnceAnEpoch, function_of
from isorate.kit.float32 import single
from isorate.kit.optimizer import Optimizer  # noqa: TC001 (msgspec looks it up there)
from isorate.schedule.errors import ConvertError
from isorate.schedule.lazily import np

if TYPE_CHECKING:
    from collections.abc import Iterator

    from isorate.kit.xla import Rates
    from isorate.schedule.node import Schedule


def rate_of(said: Any) -> float:
    """Return the rate that a value is, or raise what Keras raises."""
    if isinstance(said, np.float32):
        raise ValueError("a tensor is no float: Keras 3 wants float(...) around it")
    if not isinstance(said, float):
        raise ValueError(f"{said!r} is no float")
    return said


class LearningRateScheduler(OnceAnEpoch, frozen=True):
    """A function of the epoch and of the rate that the optimizer holds then, in float32."""

    optimizer: Optimizer
    schedule: Any
    verbose: int = 0
    beside: ClassVar[bool] = True
    dtype: ClassVar[Any] = "float32"
    card: ClassVar[Card] = card(
        "the function's of the rate that the optimizer holds, rounded once to",
        "whatever it says", Proof.RECURSION, raises={},
    )  # fmt: skip

    def native(self, steps: int) -> Iterator[Rates]:
        function, rates, halt = function_of(self.schedule), [], None
        rate = single(self.optimizer.groups[0].lr)
        try:
            for epoch in range(steps):
                said = function(epoch, float(rate))
                rates.append(rate := single(rate_of(said)))
        except Exception as error:
            halt = Halting(type(error).__name__, str(error))
        yield np.array([rates], np.float32)
        if halt is not None:
            raise halt

    def lower(self) -> Schedule:
        raise ConvertError("each rate is made of the one before it, which no schedule says")
