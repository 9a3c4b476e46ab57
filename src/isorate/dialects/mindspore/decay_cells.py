"""MindSpore's cells of decaying rates: exponential, natural exponential and inverse."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from isorate.dialects.mindspore._cells import Cell
from isorate.dialects.mindspore._lifting import (
    Decay,
    exponential_of,
    find_decay,
    inverse_of,
    natural_of,
)
from isorate.dialects.mindspore._shared import (
    card,
    check_count,
    check_positive,
    check_switch,
    offered,
)
from isorate.kit import float32
from isorate.kit.card import Card, Deviation, Proof
from isorate.kit.match import Lift, Refusal
from isorate.schedule.combinators import Staircase
from isorate.schedule.shapes import Exponential, Inverse, NaturalExponential

if TYPE_CHECKING:
    from isorate.dialects.mindspore._cells import Float32s, Int64s
    from isorate.kit.boundary import Fault
    from isorate.kit.call import Call
    from isorate.kit.card import Role
    from isorate.schedule.node import Schedule

ROLES: dict[str, Role] = {
    "learning_rate": "start",
    "decay_rate": "factor",
    "decay_steps": "duration",
    "is_stair": "clock",
}
RAISES = {
    "TypeError": "a rate no float (an int is none), decay_steps no int (a bool is none), "
    "is_stair no bool",
    "ValueError": "a rate or decay_steps not positive, a rate not finite",
}
DECAYS_ON = "decays on without end"


class DecayCell(Cell, frozen=True):
    """What the three decays share: their signature, and its checks.

    With ``is_stair`` the rate changes once in ``decay_steps`` steps, else at every step.
    """

    learning_rate: float
    decay_rate: float
    decay_steps: int
    is_stair: bool = False

    #: The shapes that it can say.
    says: ClassVar[tuple[type[Schedule], ...]]

    def fault(self) -> Fault | None:
        """MindSpore checks every argument, decay_steps first."""
        return (
            check_count("decay_steps", self.decay_steps)
            or check_positive("learning_rate", self.learning_rate)
            or check_positive("decay_rate", self.decay_rate)
            or check_switch("is_stair", self.is_stair)
        )

    def shape(self) -> Schedule:
        """Return the decay, counted in steps, or in stairs."""
        raise NotImplementedError

    def lower(self) -> Schedule:
        """Return the decay, on a staircase with ``is_stair``."""
        self.checked()
        return Staircase(self.shape(), self.decay_steps) if self.is_stair else self.shape()

    @classmethod
    def said(cls, shape: Any) -> Decay | Refusal:
        """Say one of the shapes."""
        raise NotImplementedError

    @classmethod
    def stair(cls, decay: Decay, every: int) -> Call:
        """Return the call that decays once in ``every`` steps."""
        return cls(decay.start, decay.each, every, True)

    @classmethod
    def lift(cls, schedule: Schedule, updates: int) -> Lift | Refusal:
        """Say one decay, or one that moves once in a while."""
        parts = find_decay(schedule, *cls.says)
        decay = parts if isinstance(parts, Refusal) else cls.said(parts.shape)
        if isinstance(parts, Refusal) or isinstance(decay, Refusal):
            return decay  # type: ignore[return-value]
        stepped = parts.every > 1
        call = cls.stair(decay, parts.every) if stepped else cls(decay.start, *decay.whole)
        return offered(call, parts.unlike_endless())

    def shares(self, t: Int64s) -> Float32s:
        """Return how many times ``decay_steps`` are over: a share, or whole stairs."""
        p = float32.shares(t, self.decay_steps)
        return np.floor(p) if self.is_stair else p


class ExponentialDecayLR(DecayCell, frozen=True):
    """``mindspore.nn.ExponentialDecayLR``: a cell whose rates a factor makes smaller.

    Computed in float32 as ``learning_rate·decay_rate^p``, p = step/decay_steps; with ``is_stair``
    its floor.
    """

    card: ClassVar[Card] = card(
        "ExponentialDecayLR",
        arithmetic="closed form by powf, float32",
        proof=Proof.COUNTER,
        past_end=DECAYS_ON,
        roles=ROLES,
        raises=RAISES,
        way_out="exponential_decay_lr",
    )
    says = (Exponential, NaturalExponential)
    said = staticmethod(exponential_of)

    def shape(self) -> Schedule:
        """Return an exponential."""
        duration = 1 if self.is_stair else self.decay_steps
        return Exponential(float(self.learning_rate), float(self.decay_rate), duration)

    def at_steps(self, t: Int64s) -> Float32s:
        """Raise ``decay_rate`` to a share of the steps."""
        return float32.exponential_cell(self.learning_rate, self.decay_rate, self.shares(t))


class NaturalExpDecayLR(DecayCell, frozen=True):
    """``mindspore.nn.NaturalExpDecayLR``: a cell whose rates decay by powers of e.

    Computed in float32 as ``learning_rate·e^(−decay_rate·step)``; with ``is_stair``
    ⌊step/decay_steps⌋·decay_steps in place of the step. ``decay_rate`` is per step in both, and
    ``decay_steps`` says nothing without ``is_stair``.
    """

    card: ClassVar[Card] = card(
        "NaturalExpDecayLR",
        arithmetic="closed form by powf of e, float32",
        proof=Proof.COUNTER,
        past_end=DECAYS_ON,
        roles=ROLES,
        raises=RAISES,
        way_out="natural_exp_decay_lr",
        deviations=(
            Deviation(
                documented="the exponent is -decay_rate·step/decay_steps",
                actual="it is -decay_rate·step: decay_steps has no effect",
                shown="mindspore.nn.NaturalExpDecayLR(0.1, 0.5, 2)",
                update=1,
            ),
            Deviation(
                documented="with is_stair the exponent is -decay_rate·floor(step/decay_steps)",
                actual="it is decay_steps times as large",
                shown="mindspore.nn.NaturalExpDecayLR(0.1, 0.5, 2, True)",
                update=2,
            ),
        ),
    )
    says = (Exponential, NaturalExponential)
    said = staticmethod(natural_of)

    def shape(self) -> Schedule:
        """Return a natural exponential."""
        steps = self.decay_steps if self.is_stair else 1
        return NaturalExponential(float(self.learning_rate), float(self.decay_rate) * steps, 1)

    @classmethod
    def stair(cls, decay: Decay, every: int) -> Call:
        """Return the call that decays once in ``every`` steps, each of them counted."""
        return cls(decay.start, decay.each / every, every, True)

    def at_steps(self, t: Int64s) -> Float32s:
        """Raise e to the steps."""
        steps = t.astype(np.float32)
        if self.is_stair:
            steps = self.shares(t) * float32.single(self.decay_steps)
        return float32.natural_cell(self.learning_rate, self.decay_rate, steps)


class InverseDecayLR(DecayCell, frozen=True):
    """``mindspore.nn.InverseDecayLR``: a cell whose rates fall as one over time.

    Computed in float32 as ``learning_rate·(1/(1 + decay_rate·p))``, p = step/decay_steps; with
    ``is_stair`` its floor.
    """

    card: ClassVar[Card] = card(
        "InverseDecayLR",
        arithmetic="closed form by a reciprocal, float32",
        proof=Proof.COUNTER,
        past_end=DECAYS_ON,
        roles=ROLES,
        raises=RAISES,
        way_out="inverse_decay_lr",
    )
    says = (Inverse,)
    said = staticmethod(inverse_of)

    def shape(self) -> Schedule:
        """Return an inverse decay."""
        duration = 1 if self.is_stair else self.decay_steps
        return Inverse(float(self.learning_rate), float(self.decay_rate), duration)

    def at_steps(self, t: Int64s) -> Float32s:
        """Divide by one more than the decay so far."""
        return float32.inverse_cell(self.learning_rate, self.decay_rate, self.shares(t))
