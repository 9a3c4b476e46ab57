"""``optax.contrib.reduce_on_plateau``: a factor on the updates, each by its own metric."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from isorate.dialects.optax.schedules import NO_NUMBER, card
from isorate.kit.boundary import Fault
from isorate.kit.card import Card, Proof
from isorate.kit.float32 import single
from isorate.kit.match import Refusal
from isorate.kit.plateau import Feedback, Plateau
from isorate.schedule.errors import ConvertError
from isorate.schedule.lazily import np

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    from isorate.kit.call import Lift


class reduce_on_plateau(Feedback, frozen=True):
    """The factor on an optimizer's updates, from 1 down, made smaller when a metric stagnates.

    It is a rate where the optimizer's own is 1. The metric, ``value``, is given to the update that
    uses what becomes of it.
    """

    factor: float = 0.1
    patience: int = 10
    rtol: float = 1e-4
    atol: float = 0.0
    cooldown: int = 0
    accumulation_size: int = 1
    min_scale: float = 0.0
    card: ClassVar[Card] = card(
        "scale·factor when the mean of accumulation_size metrics has long not improved",
        "follows the metric without end", NO_NUMBER, proof=Proof.METRIC,
        ValueError="factor not between 0 and 1, rtol or atol below 0 or both 0, rtol above 1",
    )  # fmt: skip
    prompt: ClassVar[bool] = True

    @property
    def dtype(self) -> Any:
        return "float32"

    def fault(self) -> Fault | None:
        strange = [
            each for each in (self.cooldown, self.min_scale) if not isinstance(each, int | float)
        ]
        if strange:
            return Fault(TypeError, f"{strange[0]!r} is no number", "on the first step")
        try:
            bad = self.factor <= 0 or self.factor >= 1 or self.rtol < 0 or self.atol < 0
            if bad or self.rtol == self.atol == 0 or self.rtol > 1:
                return Fault(ValueError, f"factor, rtol or atol is out of range: {self.code}")
        except TypeError as error:
            return Fault(TypeError, str(error))
        return None

    def plateau(self) -> Plateau:
        """Refuse: other schedulers are given a metric after the update that it is of."""
        raise ConvertError(f"{self.name} is given the metric of the update whose rate it says")

    @classmethod
    def say(cls, plateau: Plateau) -> Lift | Refusal:
        return Refusal("it is given the metric of the update whose rate it says")

    def follow(self, metrics: Sequence[float], steps: int) -> Iterator[NDArray[Any]]:
        """Go through the metrics of steps 0 … steps−1 in float32, as a compiled update does."""
        self.checked()
        scale, best, mean, seen = single(1), single(np.inf), single(0), 0
        bad = cooling = 0
        scales = []
        for metric in metrics[:steps]:
            mean, seen = (seen * mean + single(metric)) / (seen + 1), seen + 1
            if seen == self.accumulation_size:
                better = mean < (1 - self.rtol) * best - self.atol
                best, bad = (mean, 0) if better else (best, bad + 1)
                if cooling > 0:
                    cooling, bad = cooling - 1, 0
                else:
                    over = bad == self.patience
                    scale = max(scale * self.factor if over else scale, single(self.min_scale))
                    cooling, bad = (self.cooldown, 0) if over else (0, bad)
                mean, seen = single(0), 0
            scales.append(scale)
        yield np.array([scales], np.float32)
