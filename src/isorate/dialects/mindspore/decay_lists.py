"""MindSpore's lists of decaying rates: exponential, natural exponential and inverse."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, ClassVar

from isorate.dialects.mindspore._epochs import EXACT, EpochList, quotients
from isorate.dialects.mindspore._shared import BAD_STAIRS, Decaying, DecayingNaturally, card
from isorate.kit.boundary import Fault
from isorate.kit.card import Card, Deviation, Proof
from isorate.kit.meaning import Meaning, exponential, inverse, staircase, until
from isorate.schedule.lazily import np
from isorate.schedule.libm import exact_power

if TYPE_CHECKING:
    from isorate.dialects.mindspore._epochs import Float64s, Int64s

PAST_END = "decays on, then the list ends and the optimizer raises RuntimeError"


class DecayList(Decaying, EpochList, frozen=True):
    """What the three decays share: their signature, and its checks.

    With ``is_stair`` the rate changes once in ``decay_epoch`` epochs, else at every epoch. Here it
    is computed once a change: ``tick`` counts those.
    """

    learning_rate: float
    decay_rate: float
    total_step: int
    step_per_epoch: int
    decay_epoch: int
    is_stair: bool = False

    @property
    def every(self) -> int:
        """Updates in one tick: an epoch, or a whole stair."""
        return self.step_per_epoch * (self.decay_epoch if self.is_stair else 1)

    checks: ClassVar[str] = (
        "total_step step_per_epoch decay_epoch learning_rate decay_rate is_stair"
    )
    period: ClassVar[str] = "decay_epoch"

    def ticking(self, decay: Meaning) -> Meaning:
        return until(staircase(decay, self.every), self.total_step)


class exponential_decay_lr(DecayList, frozen=True):
    """``mindspore.nn.exponential_decay_lr``: a list of rates that a factor makes smaller.

    ``rate[i] = learning_rate·decay_rate^(e/D)``, e = ⌊i / step_per_epoch⌋, D = ``decay_epoch``;
    with ``is_stair`` ⌊e/D⌋ in place of e/D. Above 1, ``decay_rate`` makes the rates grow. Past the
    list's end the optimizer raises RuntimeError.
    """

    curve: ClassVar[Any] = staticmethod(exponential)
    card: ClassVar[Card] = card(
        "closed form by **, float64, one rate an epoch", Proof.EACH_STEP, PAST_END, **BAD_STAIRS,
        OverflowError="decay_rate above 1, and a power of it beyond float64",
        way_out="isorate.mindspore.exponential_decay_lr",
    )  # fmt: skip

    def fault(self) -> Fault | None:
        """Check the arguments, and that Python can raise ``decay_rate`` as far as it goes."""
        fault = super().fault()
        if fault is not None:
            return fault
        last = (self.total_step - 1) // self.every
        exponent = last if self.is_stair else last / self.decay_epoch
        try:
            with np.errstate(over="ignore"):
                self.decay_rate**exponent
        except OverflowError:
            text = f"decay_rate={self.decay_rate!r} to the power of {exponent} is too large"
            return Fault(OverflowError, text)
        return None

    def rates_of(self, ticks: Int64s) -> Float64s:
        exponents = ticks if self.is_stair else quotients(ticks, self.decay_epoch)
        return self.learning_rate * exact_power(self.decay_rate, exponents)


class natural_exp_decay_lr(DecayingNaturally, DecayList, frozen=True):
    """``mindspore.nn.natural_exp_decay_lr``: a list of rates that decay by powers of e.

    ``rate[i] = learning_rate·e^(−decay_rate·e_i)``, e_i = ⌊i / step_per_epoch⌋; with ``is_stair``
    ⌊e_i/D⌋·D in place of e_i, D = ``decay_epoch``, which says nothing otherwise. ``decay_rate`` is
    per epoch in both. Past the list's end the optimizer raises RuntimeError.
    """

    card: ClassVar[Card] = card(
        "closed form by math.e **, float64, one rate an epoch", Proof.EACH_STEP, PAST_END,
        Deviation(
            documented="decay_epoch is the number of epochs to decay over",
            actual="without is_stair decay_epoch has no effect; with it, it is how long a "
            "stair is, and decay_rate still counts single epochs",
            shown="mindspore.nn.natural_exp_decay_lr(0.1, 0.5, 20, 1, 10)", update=10,
        ),
        **BAD_STAIRS, way_out="isorate.mindspore.natural_exp_decay_lr",
    )  # fmt: skip

    def rates_of(self, ticks: Int64s) -> Float64s:
        epochs = ticks * min(self.decay_epoch, EXACT) if self.is_stair else ticks
        with np.errstate(over="ignore"):  # e to minus infinity is 0
            return self.learning_rate * exact_power(math.e, -self.decay_rate * epochs)


class inverse_decay_lr(DecayList, frozen=True):
    """``mindspore.nn.inverse_decay_lr``: a list of rates that fall as one over time.

    ``rate[i] = learning_rate/(1 + decay_rate·e/D)``, e = ⌊i / step_per_epoch⌋, D = ``decay_epoch``;
    with ``is_stair`` ⌊e/D⌋ in place of e/D. Past the list's end the optimizer raises RuntimeError.
    """

    curve: ClassVar[Any] = staticmethod(inverse)
    card: ClassVar[Card] = card(
        "closed form, float64, one rate an epoch", Proof.EACH_STEP, PAST_END, **BAD_STAIRS,
        way_out="isorate.mindspore.inverse_decay_lr",
    )  # fmt: skip

    def rates_of(self, ticks: Int64s) -> Float64s:
        with np.errstate(over="ignore"):
            decay: Any = self.decay_rate * ticks
            if not self.is_stair:
                decay = decay / self.decay_epoch
            rates: Float64s = self.learning_rate / (1 + decay)
            return rates
