"""MindSpore's experimental schedulers beside the formulas: one after another, and by a metric."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from isorate.dialects.mindspore import _stepping as stepping
from isorate.dialects.mindspore._schedulers import (
    ExperimentalCall,
    card,
    sgd,
)
from isorate.dialects.mindspore.experimental import (
    ConstantLR,
    ExponentialLR,
    LinearLR,
    MultiStepLR,
    PolynomialLR,
    StepLR,
)
from isorate.dialects.mindspore.experimental_cosines import (
    CosineAnnealingLR,
    CosineAnnealingWarmRestarts,
)
from isorate.dialects.mindspore.experimental_lambdas import LambdaLR
from isorate.dialects.mindspore.experimental_triangles import CyclicLR
from isorate.kit.boundary import Halting
from isorate.kit.call import Composition
from isorate.kit.card import Deviation, Proof
from isorate.kit.composing import sequence_of
from isorate.kit.match import Lift, Refusal
from isorate.kit.objects import halting
from isorate.kit.plateau import Feedback, Plateau, plateau_of, plateau_said
from isorate.kit.stepped_call import lift_of
from isorate.schedule.evaluate import BLOCK

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    from isorate.kit.boundary import Halting
    from isorate.kit.card import Card
    from isorate.kit.optimizer import Optimizer
    from isorate.kit.plateau import Plateau
    from isorate.schedule.node import Schedule

NESTED = (
    f"SequentialLR(optimizer := {sgd('params')}, schedulers=["
    "SequentialLR(optimizer, schedulers=[ConstantLR(optimizer, 0.5, 9), "
    "ConstantLR(optimizer, 0.25, 9)], milestones=[3]), "
    "ConstantLR(optimizer, 0.125, 9)], milestones=[6])"
)


class SequentialLR(Composition, ExperimentalCall, frozen=True):
    """``SequentialLR``: one scheduler after another; at a milestone the next one starts over.

    All of them are built before it, each on what the one before left in the optimizer. Building it
    puts the rate back to ``initial_lr``, counts every scheduler one step back, but not those inside
    another SequentialLR, and lets the first one begin again, whatever ``last_epoch`` says. At its
    milestone a scheduler is called with the step 0: it sets the rate by its closed form, a
    MultiplicativeLR leaves it alone, a MultiStepLR and a SequentialLR raise.
    """

    optimizer: Optimizer
    schedulers: list[Any]
    milestones: list[int]
    last_epoch: int = -1

    worker: ClassVar[Any] = stepping.Sequential

    card: ClassVar[Card] = card(
        "SequentialLR",
        arithmetic="that of the scheduler whose turn it is, float32",
        proof=Proof.COUNTER,
        past_end="whatever its last scheduler does",
        roles={"schedulers": "shape", "milestones": "duration", "last_epoch": "begin"},
        raises={
            "AttributeError": "a scheduler that is none",
            "KeyError": "nothing in it has set initial_lr",
            "TypeError": "schedulers or milestones no list, a milestone or last_epoch no number, "
            "a first scheduler that wants a metric",
            "ValueError": "not one milestone fewer than schedulers, a scheduler of another "
            "optimizer",
        },
        deviations=(
            Deviation(
                "the schedulers are called one after the other, each from its own beginning",
                "a first SequentialLR within another one begins with its second step",
                NESTED,
                2,
            ),
            Deviation(
                "a scheduler takes over at its milestone",
                "a MultiStepLR raises AttributeError there",
                f"SequentialLR(optimizer := {sgd('params')}, schedulers=["
                "ConstantLR(optimizer, 0.5, 9), MultiStepLR(optimizer, [4])], milestones=[3])",
                3,
            ),
        ),
    )

    @classmethod
    def lift(cls, schedule: Schedule, updates: int) -> Lift | Refusal:
        starting = tuple(kind for kind in MEMBERS if kind is not MultiStepLR)
        found = sequence_of(cls, schedule, MEMBERS)
        for members in (starting, (*starting, LambdaLR)):
            if isinstance(found, Refusal) or _stuck(found[0]):
                found = sequence_of(cls, schedule, members)
        if isinstance(found, Refusal):
            return found
        call, parts, losses = found
        if parts.begin:
            return Refusal("it begins with its first scheduler, and the schedule later")
        return lift_of(call, parts, losses)


def _stuck(call: Any) -> bool:
    """Whether a call ends at a milestone, where a MultiStepLR cannot start over."""
    return any(isinstance(member, MultiStepLR) for member in call.schedulers[1:])


#: What can be a part of a ``SequentialLR``, in the order in which a person would choose; where they
#: do not suffice, a LambdaLR can be anything that has a formula.
MEMBERS: tuple[Any, ...] = (
    ConstantLR,
    LinearLR,
    CosineAnnealingLR,
    CosineAnnealingWarmRestarts,
    ExponentialLR,
    StepLR,
    MultiStepLR,
    PolynomialLR,
    CyclicLR,
)


class ReduceLROnPlateau(Feedback, ExperimentalCall, frozen=True):
    """``ReduceLROnPlateau``: the rate is multiplied by factor when a metric stops improving.

    A metric that has not improved for more than ``patience`` steps brings the rate down, to
    ``min_lr`` at the lowest, and by more than ``eps`` or not at all; ``cooldown`` steps after that
    do not count. All of it is float32: the metric, the best of it, the counts and the bounds.
    """

    optimizer: Optimizer
    mode: str = "min"
    factor: float = 0.1
    patience: int = 10
    threshold: float = 1e-4
    threshold_mode: str = "rel"
    cooldown: int = 0
    min_lr: Any = 0
    eps: float = 1e-8

    worker: ClassVar[Any] = stepping.Plateau

    card: ClassVar[Card] = card(
        "ReduceLROnPlateau",
        arithmetic="the rate times factor where the metric says so, float32",
        proof=Proof.METRIC,
        past_end="follows the metric without end",
        roles={
            "mode": "shape",
            "factor": "factor",
            "patience": "duration",
            "threshold": "shape",
            "threshold_mode": "shape",
            "cooldown": "duration",
            "min_lr": "end",
        },
        raises={
            "TypeError": "factor, min_lr, patience or threshold no number, a mode that has no hash",
            "ValueError": "factor from 1 on, mode or threshold_mode unknown, not one min_lr for "
            "each parameter group",
        },
    )

    def begin(self, groups: int) -> list[Any]:
        """Check in MindSpore's order; return the least rate of each group."""
        if self.factor >= 1.0:
            raise ValueError(f"factor={self.factor!r} is not below 1")
        least = self.min_lr
        if not isinstance(least, list | tuple):
            least = [least] * groups
        elif len(least) != groups:
            raise ValueError(f"{len(least)} values of min_lr for {groups} parameter groups")
        for rate in least:
            if not isinstance(rate, int | float):
                raise TypeError(f"min_lr is no number that a tensor is made of: {rate!r}")
        if self.mode not in {"min", "max"}:
            raise ValueError(f"mode={self.mode!r} is neither min nor max")
        if self.threshold_mode not in {"rel", "abs"}:
            raise ValueError(f"threshold_mode={self.threshold_mode!r} is neither rel nor abs")
        return list(least)

    def step_once(self, built: Any) -> None:
        built.measure(-np.inf if self.mode == "min" else np.inf)

    def plateau(self) -> Plateau:
        return plateau_of(self)

    @classmethod
    def say(cls, plateau: Plateau) -> Lift | Refusal:
        return Lift(plateau_said(cls, plateau)).checked()

    def follow(self, metrics: Sequence[float], steps: int) -> Iterator[NDArray[Any]]:
        self.checked()
        work: Any = self.work()
        yield np.array([[group["lr"]] for group in work.groups], np.float32)
        for start in range(0, steps - 1, BLOCK):
            block, halt = _followed(work, metrics[start : min(start + BLOCK, steps - 1)])
            yield block
            if halt is not None:
                raise halt


def _followed(work: Any, metrics: Sequence[float]) -> tuple[NDArray[Any], Halting | None]:
    """Return the rates after each of some metrics, as far as they go, and what is raised then."""
    block = np.empty((len(work.groups), len(metrics)), np.float32)
    with np.errstate(all="ignore"):
        for step, metric in enumerate(metrics):
            try:
                stepping.put(work.groups, work.measure(metric))
            except Exception as error:
                return block[:, :step], halting(error)
            block[:, step] = [group["lr"] for group in work.groups]
    return block, None
