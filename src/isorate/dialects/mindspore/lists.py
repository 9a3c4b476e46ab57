"""MindSpore's lists of rates that go somewhere: by steps, half a cosine, a polynomial, a warmup."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, ClassVar

from isorate.dialects.mindspore._epochs import EpochList, as_list, levels_of, quotients
from isorate.dialects.mindspore._shared import (
    BAD_COSINE,
    BAD_POLYNOMIAL,
    BAD_WARMUP,
    FROM_ZERO,
    RAN_OUT,
    card,
    check_count,
    check_falling,
    check_finite,
    check_sequence,
)
from isorate.kit.boundary import Fault, Halting
from isorate.kit.call import Call, Lift
from isorate.kit.card import Card, Deviation, Proof
from isorate.kit.match import Refusal, from_the_start, one_group, take_apart
from isorate.kit.meaning import Meaning, cosine, line, polynomial, staircase, until
from isorate.kit.solving import views
from isorate.schedule.combinators import Until
from isorate.schedule.lazily import np
from isorate.schedule.libm import exact, exact_power
from isorate.schedule.shapes import Constant, PiecewiseConstant

if TYPE_CHECKING:
    from collections.abc import Iterator

    from isorate.dialects.mindspore._epochs import Float64s, Int64s
    from isorate.schedule.node import Schedule


class piecewise_constant_lr(Call, frozen=True):
    """``mindspore.nn.piecewise_constant_lr``: a list of rates that stay between milestones.

    ``rate[i] = learning_rates[k]`` for ``milestone[k−1] <= i < milestone[k]``, milestone[−1] = 0.
    The list ends at the last milestone, past which the optimizer raises RuntimeError. Equal
    milestones leave a rate out.
    """

    milestone: list[int]
    learning_rates: list[float]

    card: ClassVar[Card] = card(
        "none: the rates as written", Proof.EACH_STEP,
        "the list ends at the last milestone and the optimizer raises RuntimeError",
        Deviation(
            documented="the example says that step 2 still has the first rate where the first "
            "milestone is 2",
            actual="counted from 0, it has the second: a milestone is the first step of what "
            "follows",
            shown="mindspore.nn.piecewise_constant_lr([2, 5, 10], [0.1, 0.05, 0.01])", update=2,
        ),
        Deviation(
            documented="milestones that do not decrease raise ValueError",
            actual="milestones that decrease do",
            shown="mindspore.nn.piecewise_constant_lr([1, 2], [0.1, 0.05])", update=0,
        ),
        TypeError="neither a list nor a tuple, a milestone no int, a rate no float",
        ValueError="not as many rates as milestones, a milestone below 1 or below the one "
        "before, a rate that is not finite",
        RuntimeError="no milestones: at the first step",
        way_out="isorate.mindspore.piecewise_constant_lr",
    )  # fmt: skip

    def fault(self) -> Fault | None:
        fault = check_sequence("milestone", self.milestone) or check_sequence(
            "learning_rates", self.learning_rates
        )
        if fault is not None:
            return fault
        counts = len(self.milestone), len(self.learning_rates)
        if counts[0] != counts[1]:
            return Fault(ValueError, f"{counts[0]} milestones, and {counts[1]} learning_rates")
        before = 0
        for k, (end, rate) in enumerate(zip(self.milestone, self.learning_rates, strict=True)):
            fault = check_count(f"milestone[{k}]", end) or check_finite(
                f"learning_rates[{k}]", rate
            )
            if fault is not None:
                return fault
            if end < before:
                text = f"milestone[{k}]={end} is below the one before, {before}"
                return Fault(ValueError, text)
            before = end
        if not counts[0]:
            return Fault(RuntimeError, "the list of rates is empty", "on the first step")
        return None

    def lower(self) -> Schedule:
        self.checked()
        rates, boundaries = [], [0]
        for end, rate in zip(self.milestone, self.learning_rates, strict=True):
            if end > boundaries[-1]:
                rates.append(float(rate))
                boundaries.append(end)
        return Until(PiecewiseConstant(tuple(rates), tuple(boundaries[1:-1])), boundaries[-1])

    @classmethod
    def lift(cls, schedule: Schedule, updates: int) -> Lift | Refusal:
        listed, losses = as_list(schedule, updates)
        parts = from_the_start(one_group(take_apart(listed, PiecewiseConstant, Constant)))
        if isinstance(parts, Refusal):
            return parts
        shape: Any = next(views(parts.shape, PiecewiseConstant))
        milestones: list[Any] = [boundary * parts.every for boundary in shape.boundaries]
        milestones.append(parts.length)
        return Lift(cls(milestones, list(shape.rates)), 1, tuple(losses)).checked()

    def levels(self, steps: int, epochs: int | None = None) -> Iterator[tuple[Float64s, int]]:
        """Yield rates, and how many updates each of them stays."""
        done = 0
        for end, rate in zip(self.milestone, self.learning_rates, strict=True):
            if (left := min(end, steps) - done) > 0:
                yield from levels_of(np.array([float(rate)]), left, left)
                done += left

    def native(self, steps: int) -> Iterator[Float64s]:
        self.checked()
        for rates, stays in self.levels(steps):
            yield np.repeat(rates, stays)[None]
        if steps > self.milestone[-1]:
            raise Halting("RuntimeError", RAN_OUT.format(self.milestone[-1], self.milestone[-1]))


class cosine_decay_lr(EpochList, frozen=True):
    """``mindspore.nn.cosine_decay_lr``: a list of ``total_step`` rates, half a cosine down.

    ``rate[i] = min + ½(max−min)(1+cos(π·min(e, D)/D))``, e = ⌊i / step_per_epoch⌋, D =
    ``decay_epoch``, in Python float64, each rate by itself. The rate is held at ``min_lr`` from
    update ``D·step_per_epoch`` on, which a list of ``step_per_epoch·decay_epoch`` rates, the
    usual length, never reaches. Past the list's end the optimizer raises RuntimeError.
    """

    min_lr: float
    max_lr: float
    total_step: int
    step_per_epoch: int
    decay_epoch: int

    card: ClassVar[Card] = card(
        "closed form, float64, one rate an epoch", Proof.EACH_STEP,
        "held at min_lr, then the list ends and the optimizer raises RuntimeError",
        Deviation(
            documented="the formula is periodic: after decay_epoch epochs the rate climbs back",
            actual="the rate is held at min_lr",
            shown="mindspore.nn.cosine_decay_lr(0.01, 0.1, 6, 1, 2)", update=4,
        ),
        **BAD_COSINE, roles={"max_lr": "start"}, way_out="isorate.mindspore.cosine_decay_lr",
    )  # fmt: skip

    checks: ClassVar[str] = "min_lr max_lr total_step step_per_epoch decay_epoch"

    def fault(self) -> Fault | None:
        return super().fault() or check_falling(self)

    @classmethod
    def lift(cls, schedule: Schedule, updates: int) -> Lift | Refusal:
        said = super().lift(schedule, updates)
        if isinstance(said, Refusal):
            return said
        call: Any = said.call
        fall = call.step_per_epoch * call.decay_epoch
        if not said.losses or call.total_step <= fall:
            return said
        usual = f"the usual total_step of steps × epochs = {fall} would never reach min_lr"
        return Lift(call, 1, (*said.losses, usual))

    def means(self) -> Meaning:
        fall = cosine(self.max_lr, self.min_lr, self.decay_epoch)
        return until(staircase(fall, self.step_per_epoch), self.total_step)

    @property
    def settled(self) -> int:
        return self.decay_epoch

    def rates_of(self, epochs: Int64s) -> Float64s:
        half = 0.5 * (self.max_lr - self.min_lr)
        return self.min_lr + half * (1 + exact("cos", math.pi * epochs / self.decay_epoch))


class polynomial_decay_lr(EpochList, frozen=True):
    """``mindspore.nn.polynomial_decay_lr``: a list of rates by a power of the time that is left.

    ``rate[i] = (learning_rate − end)(1 − min(e, D)/D)^power + end``, e = ⌊i / step_per_epoch⌋, D =
    ``decay_epoch``. With ``update_decay_epoch`` D becomes 2D, 3D, … whenever it is over, and the
    rate jumps up. ``end_learning_rate`` may lie above. Past the list's end the optimizer raises
    RuntimeError.
    """

    learning_rate: float
    end_learning_rate: float
    total_step: int
    step_per_epoch: int
    decay_epoch: int
    power: float
    update_decay_epoch: bool = False

    card: ClassVar[Card] = card(
        "closed form by **, float64, one rate an epoch", Proof.CANCELS,
        "held at end_learning_rate, or set out anew with update_decay_epoch, then the "
        "list ends and the optimizer raises RuntimeError",
        Deviation(
            documented="with update_decay_epoch, no more than decay_epoch epochs are divided "
            "by the longer duration",
            actual="all epochs that are over are, so that the rate falls to "
            "end_learning_rate each time",
            shown="mindspore.nn.polynomial_decay_lr(0.1, 0.01, 8, 1, 2, 1.0, True)", update=3,
        ),
        Deviation(
            documented="with update_decay_epoch, the duration of epoch 0 is 0, and 0 is "
            "divided by it",
            actual="it is decay_epoch from the start",
            shown="mindspore.nn.polynomial_decay_lr(0.1, 0.01, 8, 1, 2, 1.0, True)", update=0,
        ),
        **BAD_POLYNOMIAL, way_out="isorate.mindspore.polynomial_decay_lr",
    )  # fmt: skip

    checks: ClassVar[str] = (
        "learning_rate end_learning_rate power total_step step_per_epoch decay_epoch "
        "update_decay_epoch"
    )

    choices: ClassVar[Any] = {"update_decay_epoch": (False, True)}

    def means(self) -> Meaning:
        after = "extend" if self.update_decay_epoch else "hold"
        start, end = self.learning_rate, self.end_learning_rate
        shape = polynomial(start, end, self.decay_epoch, self.power, after)
        return until(staircase(shape, self.step_per_epoch), self.total_step)

    @property
    def settled(self) -> int | None:
        return None if self.update_decay_epoch else self.decay_epoch

    def rates_of(self, epochs: Int64s) -> Float64s:
        if self.update_decay_epoch and self.decay_epoch <= epochs[-1]:
            done = epochs / (self.decay_epoch * np.maximum(-(-epochs // self.decay_epoch), 1))
        else:
            done = quotients(epochs, self.decay_epoch)
        span = self.learning_rate - self.end_learning_rate
        left = exact_power(1 - done, np.full(len(done), self.power))
        return span * left + self.end_learning_rate


class warmup_lr(EpochList, frozen=True):
    """``mindspore.nn.warmup_lr``: a list of rates that rise from 0 on a line, and are then held.

    ``rate[i] = learning_rate·min(e, W)/W``, e = ⌊i / step_per_epoch⌋, W = ``warmup_epoch``: the
    whole first epoch has rate 0, and a list of ``step_per_epoch·warmup_epoch`` rates never reaches
    ``learning_rate``. Past the list's end the optimizer raises RuntimeError.
    """

    learning_rate: float
    total_step: int
    step_per_epoch: int
    warmup_epoch: int

    card: ClassVar[Card] = card(
        "closed form, float64, one rate an epoch", Proof.EACH_STEP,
        "held at learning_rate, then the list ends and the optimizer raises RuntimeError",
        Deviation(
            documented="learning_rate is the initial value",
            actual="it is the last: the first epoch has rate 0",
            shown="mindspore.nn.warmup_lr(0.1, 6, 2, 2)", update=0,
        ),
        **BAD_WARMUP, roles={"learning_rate": "end"}, way_out="isorate.mindspore.warmup_lr",
    )  # fmt: skip

    checks: ClassVar[str] = "learning_rate warmup_epoch total_step step_per_epoch"
    known: ClassVar[Any] = FROM_ZERO

    def means(self) -> Meaning:
        rise = line(0.0, self.learning_rate, self.warmup_epoch)
        return until(staircase(rise, self.step_per_epoch), self.total_step)

    @property
    def settled(self) -> int:
        return self.warmup_epoch

    def rates_of(self, epochs: Int64s) -> Float64s:
        with np.errstate(over="ignore"):
            return self.learning_rate * epochs / self.warmup_epoch
