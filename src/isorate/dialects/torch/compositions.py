"""torch's schedulers of schedulers: one after another, or all at once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from isorate.dialects.torch import cosines, factors
from isorate.dialects.torch.base import LRScheduler, Multiplying, card
from isorate.dialects.torch.functions import LambdaLR
from isorate.kit import objects as stepping
from isorate.kit import schedulers
from isorate.kit.call import Composition, Lift
from isorate.kit.card import Card, Deviation, Proof
from isorate.kit.composing import chain_of, sequence_of
from isorate.kit.in_turns import Loop
from isorate.kit.match import Refusal
from isorate.kit.scheduler import lift_of
from isorate.kit.stepped_call import SteppedCall

if TYPE_CHECKING:
    from isorate.kit.optimizer import Optimizer
    from isorate.schedule.node import Schedule


class SequentialLR(schedulers.SequentialLR, frozen=True):
    """``SequentialLR``: one scheduler after another; at a milestone the next one starts over.

    All of them are built before it, each on what the one before left in the optimizer. Building it
    puts the rate back to ``initial_lr``, counts every scheduler one step back and lets the first
    one begin again. At its milestone a scheduler is sent to step 0, by its closed form where it has
    one. Within another SequentialLR it keeps its own count, and so runs one step ahead.
    """

    card: ClassVar[Card] = card(
        "that of the scheduler whose turn it is", Proof.MEMBERS, "whatever its last scheduler does",
        Deviation(
            "the schedulers are called one after the other, each from its own beginning",
            "a SequentialLR inside another one runs one step ahead of its milestones",
            "SequentialLR(optimizer := torch.optim.SGD(params, lr=0.1), schedulers=["
            "SequentialLR(optimizer, schedulers=[ConstantLR(optimizer, 0.5, 9), "
            "ConstantLR(optimizer, 0.25, 9)], milestones=[3]), "
            "ConstantLR(optimizer, 0.125, 9)], milestones=[6])",
            2, "https://github.com/pytorch/pytorch/issues/196243",
        ),
        Deviation(
            "last_epoch is the index of the last epoch, to resume after",
            "the first scheduler begins again, whosever turn it is",
            "SequentialLR(optimizer := torch.optim.SGD(params, lr=0.1), schedulers=["
            "ConstantLR(optimizer, 0.5, 9), ConstantLR(optimizer, 0.25, 9)], milestones=[3], "
            "last_epoch=5)",
            0, "https://github.com/pytorch/pytorch/issues/162591",
        ),
        TypeError="a scheduler that is none, milestones no numbers",
        ValueError="no schedulers, not one milestone fewer than schedulers, a scheduler of "
        "another optimizer, or one that follows a metric",
    )  # fmt: skip

    @classmethod
    def lift(cls, schedule: Schedule, updates: int) -> Lift | Refusal:
        found = sequence_of(cls, schedule, MEMBERS)
        return found if isinstance(found, Refusal) else lift_of(*found)


#: What can be a part of a ``SequentialLR``, in the order in which a person would choose.
MEMBERS: tuple[type[LRScheduler], ...] = (
    factors.ConstantLR, factors.LinearLR, cosines.CosineAnnealingLR,
    cosines.CosineAnnealingWarmRestarts, factors.ExponentialLR, factors.StepLR,
    factors.MultiStepLR, factors.PolynomialLR, LambdaLR,
)  # fmt: skip


class ChainedScheduler(Composition, SteppedCall, frozen=True):
    """``ChainedScheduler``: each scheduler takes each step, upon what the one before left."""

    schedulers: list[Any]
    optimizer: Optimizer | None = None

    worker: ClassVar[Any] = stepping.Chained

    leaves_behind: ClassVar[bool] = True
    card: ClassVar[Card] = card(
        "that of each scheduler in turn, upon the rate that the one before left", Proof.RECURSION,
        "whatever its schedulers do", TypeError="a scheduler that is none",
        ValueError="no schedulers, one of another optimizer, or one that follows a metric",
    )  # fmt: skip

    @classmethod
    def lift(cls, schedule: Schedule, updates: int) -> Lift | Refusal:
        multiplying = [kind for kind in MEMBERS if issubclass(kind, Multiplying)]
        found = chain_of(cls, schedule, multiplying)
        return found if isinstance(found, Refusal) else lift_of(*found)


class loop(Loop, frozen=True):
    """What a loop does to its optimizer: no constructor, but what all of them come to there."""

    card: ClassVar[Card] = card(
        "that of each scheduler, upon the rate that is there", Proof.RECURSION,
        "whatever its schedulers do",
    )  # fmt: skip
