"""MindSpore's cells of decaying rates: exponential, natural exponential and inverse."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, ClassVar

from isorate.dialects.mindspore._cells import Cell, shares
from isorate.dialects.mindspore._shared import BAD_STAIRS, Decaying, DecayingNaturally, card
from isorate.kit.card import Card, Deviation, Proof
from isorate.kit.float32 import powf, single
from isorate.kit.meaning import Meaning, exponential, inverse, staircase
from isorate.schedule.lazily import np

if TYPE_CHECKING:
    from isorate.dialects.mindspore._cells import Float32s, Int64s

DECAYS_ON = "decays on without end"


class DecayCell(Decaying, Cell, frozen=True):
    """What the three decays share: their signature, and its checks.

    With ``is_stair`` the rate changes once in ``decay_steps`` steps, else at every step.
    """

    learning_rate: float
    decay_rate: float
    decay_steps: int
    is_stair: bool = False

    checks: ClassVar[str] = "decay_steps learning_rate decay_rate is_stair"
    period: ClassVar[str] = "decay_steps"

    def ticking(self, decay: Meaning) -> Meaning:
        return staircase(decay, self.decay_steps) if self.is_stair else decay

    def over(self, t: Int64s) -> Float32s:
        """Return how many times ``decay_steps`` are over: a share, or whole stairs."""
        p = shares(t, self.decay_steps)
        return np.floor(p) if self.is_stair else p


class ExponentialDecayLR(DecayCell, frozen=True):
    """``mindspore.nn.ExponentialDecayLR``: a cell whose rates a factor makes smaller.

    Computed in float32 as ``learning_rate·decay_rate^p``, p = step/decay_steps; with ``is_stair``
    its floor.
    """

    curve: ClassVar[Any] = staticmethod(exponential)
    card: ClassVar[Card] = card(
        "closed form by powf, float32", Proof.COUNTER, DECAYS_ON, **BAD_STAIRS,
        way_out="isorate.mindspore.exponential_decay_lr",
    )  # fmt: skip

    def computed(self, t: Int64s) -> Float32s:
        powers = powf(np.full(len(t), single(self.decay_rate)), self.over(t))
        return single(self.learning_rate) * powers


class NaturalExpDecayLR(DecayingNaturally, DecayCell, frozen=True):
    """``mindspore.nn.NaturalExpDecayLR``: a cell whose rates decay by powers of e.

    Computed in float32 as ``learning_rate·e^(−decay_rate·step)``; with ``is_stair``
    ⌊step/decay_steps⌋·decay_steps in place of the step. ``decay_rate`` is per step in both, and
    ``decay_steps`` says nothing without ``is_stair``.
    """

    card: ClassVar[Card] = card(
        "closed form by powf of e, float32", Proof.COUNTER, DECAYS_ON,
        Deviation(
            documented="the exponent is -decay_rate·step/decay_steps",
            actual="it is -decay_rate·step: decay_steps has no effect",
            shown="mindspore.nn.NaturalExpDecayLR(0.1, 0.5, 2)", update=1,
        ),
        Deviation(
            documented="with is_stair the exponent is -decay_rate·floor(step/decay_steps)",
            actual="it is decay_steps times as large",
            shown="mindspore.nn.NaturalExpDecayLR(0.1, 0.5, 2, True)", update=2,
        ),
        **BAD_STAIRS, way_out="isorate.mindspore.natural_exp_decay_lr",
    )  # fmt: skip

    def computed(self, t: Int64s) -> Float32s:
        steps = t.astype(np.float32)
        if self.is_stair:
            steps = self.over(t) * single(self.decay_steps)
        powers = powf(np.full(len(t), single(math.e)), single(-self.decay_rate) * steps)
        return single(self.learning_rate) * powers


class InverseDecayLR(DecayCell, frozen=True):
    """``mindspore.nn.InverseDecayLR``: a cell whose rates fall as one over time.

    Computed in float32 as ``learning_rate·(1/(1 + decay_rate·p))``, p = step/decay_steps; with
    ``is_stair`` its floor.
    """

    curve: ClassVar[Any] = staticmethod(inverse)
    card: ClassVar[Card] = card(
        "closed form by a reciprocal, float32", Proof.COUNTER, DECAYS_ON, **BAD_STAIRS,
        way_out="isorate.mindspore.inverse_decay_lr",
    )  # fmt: skip

    def computed(self, t: Int64s) -> Float32s:
        one = single(1)
        return single(self.learning_rate) * (one / (one + single(self.decay_rate) * self.over(t)))
