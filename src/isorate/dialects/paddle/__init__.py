"""PaddlePaddle: ``paddle.optimizer.lr``, as of 3.3.1.

A scheduler has its rate itself, from a first one among its arguments, and is given to an optimizer;
the loop steps it. Most rates are a function of the step alone; where ``step`` is told which step it
is, as ``LinearWarmup`` tells what it holds, some have another way to compute theirs.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, ClassVar, Final

from isorate.dialects.paddle.base import HOME, Decay, Demand, card, check, number
from isorate.dialects.paddle.cycles import (
    CosineAnnealingDecay,
    CosineAnnealingWarmRestarts,
    CyclicLR,
    LinearLR,
    OneCycleLR,
)
from isorate.dialects.paddle.decays import (
    ExponentialDecay,
    InverseTimeDecay,
    LambdaDecay,
    MultiplicativeDecay,
    MultiStepDecay,
    NaturalExpDecay,
    NoamDecay,
    PiecewiseDecay,
    PolynomialDecay,
    StepDecay,
)
from isorate.kit import Card, Dialect, Halting, Proof, Refusal, schedulers
from isorate.kit import meaning as say
from isorate.kit import objects as stepping
from isorate.kit.boundary import LIMIT, Fault
from isorate.kit.call import Lift
from isorate.kit.card import roles_of
from isorate.kit.optimizer import Optimizers
from isorate.kit.plateau import Feedback, Plateau
from isorate.kit.registry import completed
from isorate.schedule.combinators import Join
from isorate.schedule.errors import ConvertError
from isorate.schedule.lazily import np
from isorate.schedule.shapes import Constant, Linear

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    from isorate.kit.meaning import Meaning
    from isorate.kit.objects import Worker
    from isorate.schedule.node import Schedule

VERSION: Final = "3.3.1"


class LinearWarmup(Decay, frozen=True):
    """A line in warmup_steps, then a rate that stays, or another scheduler, told its step."""

    learning_rate: Any
    warmup_steps: int
    start_lr: float
    end_lr: float
    card: ClassVar[Card] = card(
        "learning_rate, or what its scheduler does", Proof.MEMBERS,
        each="a line, then that of the scheduler where it is told its step, float64",
        AssertionError="warmup_steps no positive int, end_lr not above start_lr",
        TypeError="learning_rate neither a number nor a scheduler, what is no number",
    )  # fmt: skip

    @property
    def first(self) -> Any:
        return self.start_lr

    def demands(self) -> Iterator[Demand]:
        held = isinstance(self.learning_rate, float | int | Decay | ReduceOnPlateau)
        yield TypeError, held
        yield AssertionError, self.warmup_steps > 0 and isinstance(self.warmup_steps, int)
        yield AssertionError, self.end_lr > self.start_lr

    def begin(self, workers: list[Worker]) -> None:
        inner = self.learning_rate
        if isinstance(inner, ReduceOnPlateau):
            raise Halting(LIMIT, "what follows a metric is given steps for it")
        held = inner.build()[0] if isinstance(inner, Decay) else None
        super().begin(workers)
        for worker in workers:
            worker.kept["held"] = held

    def rate(self, worker: Worker) -> Any:
        t, W, held = worker.t, self.warmup_steps, worker.kept["held"]
        if t < W:
            return (self.end_lr - self.start_lr) * float(t) / float(W) + self.start_lr
        if held is None:
            return self.learning_rate
        held.call.tell(held, t - W)
        return held.lr

    def plain(self, worker: Worker) -> bool:
        held = worker.kept["held"]
        return super().plain(worker) and (held is None or held._plain)

    def meaning(self, worker: Worker) -> Schedule:
        W, held = self.warmup_steps, worker.kept["held"]
        if held is None:
            after: Schedule = Constant(float(self.learning_rate))
        else:
            (fresh,) = held.call.build()
            held.call.tell(fresh, 0)
            after = held.call.meaning(fresh)
        line = Linear(float(self.start_lr), float(self.end_lr), W)
        found = stepping.begun(Join((line, after), (W,)), worker.t)
        if not math.isclose(found.at(0), worker.lr, rel_tol=1e-9):
            raise ConvertError(f"last_epoch={self.last_epoch!r} goes on within a recursion")
        return found

    def means(self) -> Meaning:
        line = say.line(self.start_lr, self.end_lr, self.warmup_steps)
        return say.join([line, say.constant(self.learning_rate)], at=[self.warmup_steps])

    @classmethod
    def match(cls, shape: Any, **known: Any) -> tuple[Any, ...] | Refusal:
        found = super().match(shape)
        if not isinstance(found, Refusal) or not isinstance(shape, Join):
            return found
        line, *rest = shape.of
        end, *later = shape.boundaries
        if not isinstance(line, Linear) or line.duration != end:
            return Refusal("it begins with a line, up to where the rest begins")
        after = Join(tuple(rest), tuple(b - end for b in later)) if later else rest[0]
        for kind in HELD:
            lift = kind.lift(after.normal(), 0)
            if isinstance(lift, Lift) and lift.updates_per_step == 1:
                return {"learning_rate": lift.call, "warmup_steps": end, "start_lr": line.start,
                        "end_lr": line.end}, None, *lift.losses  # fmt: skip
        return Refusal("no scheduler says what comes after its line")


class ReduceOnPlateau(Feedback, frozen=True):
    """The rate is multiplied by factor when a metric has stopped improving.

    While it cools down it does not look at the metric, not even for the best one.
    """

    learning_rate: float
    mode: str = "min"
    factor: float = 0.1
    patience: int = 10
    threshold: float = 1e-4
    threshold_mode: str = "rel"
    cooldown: int = 0
    min_lr: float = 0
    epsilon: float = 1e-8
    verbose: bool = False
    card: ClassVar[Card] = card(
        "follows the metric without end", Proof.METRIC,
        each="the last rate · factor where the metric says so, float64",
        AttributeError="mode or threshold_mode no text",
        ValueError="factor from 1 on, mode or threshold_mode unknown",
    )  # fmt: skip

    def demands(self) -> Iterator[Demand]:
        """Visit what building it asks for, in order."""
        yield ValueError, self.mode.lower() in ("min", "max")
        yield ValueError, not self.factor >= 1.0
        yield ValueError, self.threshold_mode.lower() in ("rel", "abs")
        yield number(self.learning_rate)

    def fault(self) -> Fault | None:
        try:
            check(self.demands())
        except (ArithmeticError, AttributeError, TypeError, ValueError) as error:
            return Fault(type(error), str(error))
        return None

    def plateau(self) -> Plateau:
        if self.cooldown > 0:
            raise ConvertError("while it cools down, it does not look at the metric")
        return Plateau(
            (float(self.learning_rate),), self.mode.lower(), self.factor, self.patience,
            self.threshold, self.threshold_mode.lower(), 0, (self.min_lr,), self.epsilon,
        )  # fmt: skip

    @classmethod
    def say(cls, plateau: Plateau) -> Lift | Refusal:
        if len(plateau.rates) > 1:
            return Refusal("it is for one parameter group: convert each group by itself")
        if plateau.cooldown > 0:
            return Refusal("while it cools down, it does not look at the metric")
        return Lift(cls(
            plateau.rates[0], plateau.mode, plateau.factor, plateau.patience, plateau.threshold,
            plateau.threshold_mode, 0, plateau.least[0], plateau.eps,
        )).checked()  # fmt: skip

    def after(self, metrics: Sequence[float]) -> Iterator[Sequence[float]]:
        rate, best, bad, cooling = float(self.learning_rate), None, 0, 0
        yield [rate]
        for metric in map(float, metrics):
            if cooling > 0:
                cooling -= 1
            else:
                better = best is None or self.better(metric, best)
                best, bad = (metric, 0) if better else (best, bad + 1)
                if bad > self.patience:
                    cooling, bad = self.cooldown, 0
                    lower = max(rate * self.factor, self.min_lr)
                    rate = lower if rate - lower > self.epsilon else rate
            yield [rate]

    def better(self, metric: float, best: float) -> bool:
        """Whether a metric is better than the best one."""
        by = best * self.threshold if self.threshold_mode.lower() == "rel" else self.threshold
        return metric < best - by if self.mode.lower() == "min" else metric > best + by


#: What can follow a warm-up, in the order in which a person would choose.
HELD: Final[tuple[type[Decay], ...]] = (
    CosineAnnealingDecay, CosineAnnealingWarmRestarts, PolynomialDecay, StepDecay, MultiStepDecay,
    PiecewiseDecay, ExponentialDecay, InverseTimeDecay, LinearLR, LambdaDecay,
)  # fmt: skip
ROLES: Final = {
    **schedulers.ROLES,
    **roles_of(
        start="learning_rate base_learning_rate start_lr divide_factor d_model",
        end="end_lr max_learning_rate end_learning_rate min_lr",
        duration="decay_steps warmup_steps phase_pct total_steps boundaries",
        factor="exp_gamma", shape="values cycle",
    ),
}  # fmt: skip
#: The optimizers that take a scheduler, with the rates that they have without one.
GIVEN: Final = {
    "": "Adagrad RMSProp", "=0.002": "NAdam",
    "=0.001": "ASGD Adadelta Adam AdamW Adamax Lamb Momentum RAdam Rprop SGD",
}  # fmt: skip
STUBS: Final = [
    f"def {n}(learning_rate{g}): ..." for g, names in GIVEN.items() for n in names.split()
]
CALLBACK: Final = (
    "what Model.fit does with it is not followed: leave it away, and give --step-every"
)
DIALECT = Dialect(
    name="paddle", title="PaddlePaddle", version=VERSION, precedence=130,
    constructors=completed(
        (CosineAnnealingDecay, CosineAnnealingWarmRestarts, LinearWarmup, LinearLR, StepDecay,
         ExponentialDecay, MultiStepDecay, PiecewiseDecay, PolynomialDecay, InverseTimeDecay,
         NaturalExpDecay, NoamDecay, OneCycleLR, CyclicLR, MultiplicativeDecay, LambdaDecay,
         ReduceOnPlateau),
        HOME, VERSION, ROLES,
        "https://www.paddlepaddle.org.cn/documentation/docs/en/api/paddle/optimizer/Overview_en.html",
        "paddle",
    ),
    optimizers=Optimizers("paddle.optimizer", "paddle", "\n".join(STUBS), schedules=True),
    function=LambdaDecay,
    refused={"callbacks.LRScheduler": CALLBACK, "callbacks.ReduceLROnPlateau": CALLBACK},
)  # fmt: skip
