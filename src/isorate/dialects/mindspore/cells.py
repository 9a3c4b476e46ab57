"""MindSpore's cells that go from one rate to another: half a cosine, a polynomial, a warmup."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, ClassVar

from isorate.dialects.mindspore._cells import Cell, capped, shares
from isorate.dialects.mindspore._shared import (
    BAD_COSINE,
    BAD_POLYNOMIAL,
    BAD_WARMUP,
    CHANGED,
    FROM_ZERO,
    card,
    check_falling,
)
from isorate.kit.card import Card, Deviation, Proof
from isorate.kit.float32 import powf, single
from isorate.kit.meaning import Meaning, cosine, line, polynomial
from isorate.schedule.lazily import np

if TYPE_CHECKING:
    from isorate.dialects.mindspore._cells import Float32s, Int64s
    from isorate.kit.boundary import Fault


class CosineDecayLR(Cell, frozen=True):
    """``mindspore.nn.CosineDecayLR``: a cell called with the step, half a cosine down, held.

    Computed in float32 as ``min + ½(max−min)(1 + sin(π(p + ½)))``, p = min(step, decay_steps) /
    decay_steps, each step by itself. The minimum is int32's: ``decay_steps`` wraps from 2**31 on.
    """

    min_lr: float
    max_lr: float
    decay_steps: int

    card: ClassVar[Card] = card(
        "closed form by sin(π(p+½)), float32", Proof.COUNTER, "held near min_lr",
        Deviation(
            documented="the formula is periodic: after decay_steps the rate climbs back",
            actual="the rate is held near min_lr", shown="mindspore.nn.CosineDecayLR(0.01, 0.1, 2)",
            update=4,
        ),
        Deviation(
            documented="it runs on Ascend and GPU", actual="it runs on CPU as well",
            shown="mindspore.nn.CosineDecayLR(0.01, 0.1, 4)", update=0,
        ),
        **BAD_COSINE, roles={"max_lr": "start"}, deprecation=CHANGED,
        way_out="isorate.mindspore.cosine_decay_lr",
    )  # fmt: skip

    checks: ClassVar[str] = "min_lr max_lr decay_steps"

    def fault(self) -> Fault | None:
        return super().fault() or check_falling(self)

    def means(self) -> Meaning:
        return cosine(self.max_lr, self.min_lr, self.decay_steps)

    def computed(self, t: Int64s) -> Float32s:
        angles = single(math.pi) * (capped(t, self.decay_steps) + single(0.5))
        sines = [math.sin(angle) if math.isfinite(angle) else math.nan for angle in angles.tolist()]
        half_span = single(0.5 * (self.max_lr - self.min_lr))
        return single(self.min_lr) + half_span * (1 + np.array(sines).astype(np.float32))


class PolynomialDecayLR(Cell, frozen=True):
    """``mindspore.nn.PolynomialDecayLR``: a cell by a power of the time that is left.

    Computed in float32 as ``(learning_rate − end)(1 − p)^power + end``, p = min(step, D)/D, D =
    ``decay_steps``. With ``update_decay_steps`` D becomes 2D, 3D, … whenever it is over, and the
    rate jumps up. ``end_learning_rate`` may lie above.
    """

    learning_rate: float
    end_learning_rate: float
    decay_steps: int
    power: float
    update_decay_steps: bool = False

    card: ClassVar[Card] = card(
        "closed form by powf, float32", Proof.COUNTER,
        "held at end_learning_rate, or set out anew with update_decay_steps",
        Deviation(
            documented="with update_decay_steps, no more than decay_steps steps are divided "
            "by the longer duration, and the rate changes once in decay_steps",
            actual="all steps that are over are, so that the rate changes at every step and "
            "falls to end_learning_rate each time",
            shown="mindspore.nn.PolynomialDecayLR(0.1, 0.01, 2, 1.0, True)", update=3,
        ),
        Deviation(
            documented="with update_decay_steps, the duration at step 0 is 0, and 0 is "
            "divided by it",
            actual="it is decay_steps from the start",
            shown="mindspore.nn.PolynomialDecayLR(0.1, 0.01, 2, 1.0, True)", update=0,
        ),
        Deviation(
            documented="it runs on Ascend and GPU", actual="it runs on CPU as well",
            shown="mindspore.nn.PolynomialDecayLR(0.1, 0.01, 4, 0.5)", update=0,
        ),
        **BAD_POLYNOMIAL, way_out="isorate.mindspore.polynomial_decay_lr",
    )  # fmt: skip

    checks: ClassVar[str] = "learning_rate end_learning_rate decay_steps update_decay_steps power"

    choices: ClassVar[Any] = {"update_decay_steps": (False, True)}

    def means(self) -> Meaning:
        after = "extend" if self.update_decay_steps else "hold"
        start, end = self.learning_rate, self.end_learning_rate
        return polynomial(start, end, self.decay_steps, self.power, after)

    def computed(self, t: Int64s) -> Float32s:
        steps, end = t.astype(np.float32), self.end_learning_rate
        T: Any = single(self.decay_steps)
        if self.update_decay_steps:
            T = T * np.maximum(np.ceil(shares(t, self.decay_steps)), single(1))
        else:
            steps = np.minimum(steps, T, dtype=np.float32)
        left = powf(1 - steps / T, np.full(len(t), single(self.power)))
        return single(self.learning_rate - end) * left + single(end)


class WarmUpLR(Cell, frozen=True):
    """``mindspore.nn.WarmUpLR``: a cell whose rates rise from 0 on a line, and are then held.

    Computed in float32 as ``learning_rate·(min(step, W)/W)``, W = ``warmup_steps``. The minimum is
    int32's: W wraps from 2**31 on.
    """

    learning_rate: float
    warmup_steps: int

    card: ClassVar[Card] = card(
        "closed form, float32", Proof.COUNTER, "held at learning_rate",
        Deviation(
            documented="learning_rate is the initial value",
            actual="it is the last: step 0 has rate 0", shown="mindspore.nn.WarmUpLR(0.1, 2)",
            update=0,
        ),
        Deviation(
            documented="a learning_rate of 0 raises ValueError", actual="only one below 0 does",
            shown="mindspore.nn.WarmUpLR(0.0, 2)", update=0,
        ),
        **BAD_WARMUP, roles={"learning_rate": "end"}, way_out="isorate.mindspore.warmup_lr",
    )  # fmt: skip

    checks: ClassVar[str] = "learning_rate warmup_steps"
    known: ClassVar[Any] = FROM_ZERO

    def means(self) -> Meaning:
        return line(0.0, self.learning_rate, self.warmup_steps)

    def computed(self, t: Int64s) -> Float32s:
        return single(self.learning_rate) * capped(t, self.warmup_steps)
