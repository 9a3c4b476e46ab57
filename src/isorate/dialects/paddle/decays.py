"""PaddlePaddle's schedulers that fall, by a function of the step or one that is given."""

from __future__ import annotations

import math
from bisect import bisect_right
from itertools import pairwise
from typing import TYPE_CHECKING, Any, ClassVar

from isorate.dialects.paddle.base import HOME, ON, Decay, Demand, card
from isorate.dialects.torch.functions import called
from isorate.kit import Card, Deviation, Proof, Refusal, matching, schedulers
from isorate.kit import meaning as say
from isorate.kit import objects as stepping
from isorate.kit.knots import stairs_of
from isorate.kit.match import Parts
from isorate.kit.optimizer import Optimizer
from isorate.kit.scheduler import lift_of
from isorate.schedule.combinators import Staircase, Until
from isorate.schedule.expression import Expression
from isorate.schedule.formula import Formula

if TYPE_CHECKING:
    from collections.abc import Iterator

    from isorate.kit.call import Lift
    from isorate.kit.meaning import Meaning
    from isorate.kit.objects import Worker
    from isorate.schedule.node import Schedule


class NoamDecay(Decay, frozen=True):
    """A line up to warmup_steps, then the inverse root of the step; update 0 has the rate 0."""

    d_model: int
    warmup_steps: int
    learning_rate: float = 1.0
    card: ClassVar[Card] = card(
        ON, Proof.CANCELS, ZeroDivisionError="warmup_steps=0",
        ValueError="d_model not above 0, a first rate below 0",
    )  # fmt: skip
    text: ClassVar[str] = "{}*{}**-0.5*min(t**-0.5 if t != 0 else 1, {}**-1.5*t)"

    def demands(self) -> Iterator[Demand]:
        yield ValueError, not self.d_model <= 0

    def at(self, base: Any, t: Any) -> Any:
        rise = self.warmup_steps ** (-1.5) * t
        return base * self.d_model ** (-0.5) * min(1 if t == 0 else t ** (-0.5), rise)

    def shape(self, base: float) -> Schedule:
        return Formula(1.0, "t", self.text.format(base, self.d_model, self.warmup_steps))

    @classmethod
    def lift(cls, schedule: Schedule, updates: int) -> Lift | Refusal:
        return Refusal("no word says an inverse root of the step")


class PiecewiseDecay(Decay, frozen=True):
    """A rate up to each boundary, and the last of the values after them."""

    boundaries: list[int]
    values: list[float]
    first: ClassVar[float] = 0.1
    card: ClassVar[Card] = card(
        "stays at the last of its values", Proof.EACH_STEP, Deviation(
            "values has one more element than boundaries", "there may be more: the last is taken",
            f"{HOME}.PiecewiseDecay([3], [0.1, 0.05, 0.01])", 3,
        ),
        ValueError="no boundaries, not more values than boundaries",
    )  # fmt: skip

    def demands(self) -> Iterator[Demand]:
        yield ValueError, len(self.boundaries) > 0
        yield ValueError, len(self.values) > len(self.boundaries)

    def at(self, base: Any, t: Any) -> Any:
        at = (i for i, boundary in enumerate(self.boundaries) if t < boundary)
        return self.values[next(at, -1)]

    def shape(self, base: float) -> Schedule:
        last = max(math.ceil(boundary) for boundary in self.boundaries)
        found = sorted({math.ceil(at) for at in self.boundaries if 0 < at <= last})
        return say.steps([self.at(base, t) for t in (0, *found)], found).schedule()

    @classmethod
    def lift(cls, schedule: Schedule, updates: int) -> Lift | Refusal:
        return stairs_of(cls, schedule)


class ByGamma(Decay, frozen=True):
    """Falls as gamma says, at every step."""

    learning_rate: float
    gamma: float


class NaturalExpDecay(ByGamma, frozen=True):
    """The first rate times e^(−gamma·t)."""

    card: ClassVar[Card] = card(ON, AssertionError="gamma not above 0")

    def demands(self) -> Iterator[Demand]:
        yield AssertionError, self.gamma > 0

    def at(self, base: Any, t: Any) -> Any:
        return base * math.exp(-1 * self.gamma * t)

    def means(self) -> Meaning:
        return say.natural_exponential(self.learning_rate, self.gamma)


class InverseTimeDecay(ByGamma, frozen=True):
    """The first rate over 1 + gamma·t."""

    card: ClassVar[Card] = card(ON, ZeroDivisionError="gamma=-1: at the first step")

    def at(self, base: Any, t: Any) -> Any:
        return base / (1 + self.gamma * t)

    def means(self) -> Meaning:
        return say.inverse(self.learning_rate, self.gamma)


class ExponentialDecay(ByGamma, frozen=True):
    """The first rate times gamma^t."""

    card: ClassVar[Card] = card(ON, AssertionError="gamma not between 0 and 1")

    def demands(self) -> Iterator[Demand]:
        yield AssertionError, 0 < self.gamma < 1

    def at(self, base: Any, t: Any) -> Any:
        return base * self.gamma**t

    def means(self) -> Meaning:
        return say.exponential(self.learning_rate, self.gamma)


class PolynomialDecay(Decay, frozen=True):
    """A power of the time that is left, down to end_lr, once or in ever longer cycles."""

    learning_rate: float
    decay_steps: int
    end_lr: float = 0.0001
    power: float = 1.0
    cycle: bool = False
    card: ClassVar[Card] = card(
        "stays at end_lr; with cycle begins anew, lower", Proof.CANCELS,
        AssertionError="decay_steps no positive int, power not above 0",
    )  # fmt: skip

    def demands(self) -> Iterator[Demand]:
        yield AssertionError, self.decay_steps > 0 and isinstance(self.decay_steps, int)
        yield AssertionError, self.power > 0

    def at(self, base: Any, t: Any) -> Any:
        steps = self.decay_steps
        if self.cycle:
            turns = math.ceil(float(t) / float(steps))
            steps = steps * (1 if t == 0 else turns)
        else:
            t = min(t, steps)
        return (base - self.end_lr) * (1 - float(t) / float(steps)) ** self.power + self.end_lr

    def means(self) -> Meaning:
        after = "extend" if self.cycle else "hold"
        return say.polynomial(self.learning_rate, self.end_lr, self.decay_steps, self.power, after)


class MultiStepDecay(Decay, frozen=True):
    """The first rate, times gamma from each milestone on."""

    learning_rate: float
    milestones: list[int]
    gamma: float = 0.1
    card: ClassVar[Card] = card(
        "stays at its last rate", TypeError="milestones no list or tuple, what is no number",
        ValueError="milestones that do not increase, gamma from 1 on, a first rate below 0",
    )  # fmt: skip

    def demands(self) -> Iterator[Demand]:
        yield TypeError, isinstance(self.milestones, tuple | list)
        yield ValueError, all(a < b for a, b in pairwise(self.milestones))
        yield ValueError, not self.gamma >= 1.0

    def at(self, base: Any, t: Any) -> Any:
        return base * self.gamma ** bisect_right(self.milestones, t)

    def shape(self, base: float) -> Schedule:
        at = sorted({math.ceil(milestone) for milestone in self.milestones if milestone > 0})
        return say.steps([self.at(base, t) for t in (0, *at)], at).schedule()

    @classmethod
    def kinds(cls) -> tuple[type[Schedule], ...]:
        return schedulers.MultiStepLR.kinds()

    @classmethod
    def match(cls, shape: Any, **known: Any) -> tuple[Any, ...] | Refusal:
        found = matching.milestones(shape, None)
        if isinstance(found, Refusal):
            return found
        return {"learning_rate": found.base, **found.arguments}, None


class StepDecay(Decay, frozen=True):
    """The first rate, times gamma once in step_size steps."""

    learning_rate: float
    step_size: int
    gamma: float = 0.1
    card: ClassVar[Card] = card(
        ON, AssertionError="step_size not above 0", TypeError="step_size no int, what is no number",
        ValueError="gamma from 1 on, a first rate below 0",
        ZeroDivisionError="gamma=0 before step 0",
    )  # fmt: skip

    def demands(self) -> Iterator[Demand]:
        yield TypeError, isinstance(self.step_size, int)
        yield ValueError, not self.gamma >= 1.0
        yield AssertionError, self.step_size > 0

    def at(self, base: Any, t: Any) -> Any:
        return base * self.gamma ** (t // self.step_size)

    def means(self) -> Meaning:
        return say.staircase(say.exponential(self.learning_rate, self.gamma), self.step_size)


# --- functions that are given --------------------------------------------------------------------


class ByFunction(Decay, frozen=True):
    """Is given a function of the step."""

    learning_rate: float
    lr_lambda: Any

    def demands(self) -> Iterator[Demand]:
        yield TypeError, callable(self.lr_lambda) or isinstance(self.lr_lambda, Expression)


class LambdaDecay(ByFunction, frozen=True):
    """The first rate times λ(t)."""

    card: ClassVar[Card] = card(
        "whatever the lambda says", Proof.FUNCTION,
        TypeError="lr_lambda no function, its value no number",
    )  # fmt: skip

    def rate(self, worker: Worker) -> Any:
        return stepping.times(worker.base, called(self.lr_lambda, worker.t))

    def shape(self, base: float) -> Schedule:
        expression = schedulers.readable(self.lr_lambda, 0)
        return Formula(base, expression.variable, expression.source)

    @classmethod
    def lift(cls, schedule: Schedule, updates: int) -> Lift | Refusal:
        of = schedule.of if isinstance(schedule, Until) else schedule
        every, of = (of.every, of.of) if isinstance(of, Staircase) else (1, of)
        found = matching.formula(of, None, (matching.UNSAVED,))
        if isinstance(found, Refusal):
            return found
        parts = Parts((of,), every, 0, schedule.length)
        return lift_of(cls(found.base, found.arguments["lr_lambda"]), parts, found.losses)


class MultiplicativeDecay(ByFunction, frozen=True):
    """The first rate times λ(1), λ(2), … up to λ(t)."""

    card: ClassVar[Card] = card(
        "whatever the lambda says", Proof.RECURSION, each="a product of all values, float64",
        TypeError="lr_lambda no function, its value no number",
    )  # fmt: skip

    def rate(self, worker: Worker) -> Any:
        """Return the product; one that was there a step before is not computed anew."""
        t, kept = worker.t, worker.kept
        done, rate = kept.get("done", (0, worker.base))
        if done > t:
            done, rate = 0, worker.base
        for step in range(done + 1, t + 1):
            rate = stepping.times(rate, called(self.lr_lambda, step))
        kept["done"] = max(t, 0), rate
        return rate

    def shape(self, base: float) -> Schedule:
        return schedulers.MultiplicativeLR(Optimizer.of(base), self.lr_lambda).shape(base, 0)

    @classmethod
    def kinds(cls) -> tuple[type[Schedule], ...]:
        return schedulers.MultiplicativeLR.shapes

    @classmethod
    def match(cls, shape: Any, **known: Any) -> tuple[Any, ...] | Refusal:
        found = matching.constant_factor(shape, None, (matching.UNSAVED,))
        if isinstance(found, Refusal):
            return found
        return {"learning_rate": found.base, **found.arguments}, None, *found.losses
