"""MindSpore's experimental schedulers beside the formulas: one after another, and by a metric."""

from __future__ import annotations

from math import ceil
from typing import TYPE_CHECKING, Any, ClassVar

from isorate.dialects.mindspore import experimental as factors
from isorate.dialects.mindspore import experimental_cosines as cosines
from isorate.dialects.mindspore._schedulers import ExperimentalCall, card, sgd
from isorate.dialects.mindspore._tensors import kernel_number
from isorate.dialects.mindspore.experimental_lambdas import LambdaLR
from isorate.dialects.mindspore.experimental_triangles import CyclicLR
from isorate.kit import objects as stepping
from isorate.kit import schedulers
from isorate.kit.boundary import Halting
from isorate.kit.call import Call, Lift
from isorate.kit.card import Card, Deviation, Proof
from isorate.kit.composing import sequence_of
from isorate.kit.effects import Factors, Moves, Stepwise, next_rate
from isorate.kit.float32 import number
from isorate.kit.match import Refusal
from isorate.kit.plateau import Patience, plateau_fault
from isorate.kit.scheduler import lift_of
from isorate.schedule.combinators import Until
from isorate.schedule.lazily import np
from isorate.schedule.shapes import Constant

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from isorate.kit.objects import Group, Work
    from isorate.schedule.node import Schedule

NESTED = (
    f"SequentialLR(optimizer := {sgd('params')}, schedulers=["
    "SequentialLR(optimizer, schedulers=[ConstantLR(optimizer, 0.5, 9), "
    "ConstantLR(optimizer, 0.25, 9)], milestones=[3]), "
    "ConstantLR(optimizer, 0.125, 9)], milestones=[6])"
)


class Sequential(stepping.Sequential):
    """``SequentialLR`` at work: it starts with the first scheduler, wherever it is resumed."""

    @staticmethod
    def members(call: Any, groups: list[Group]) -> list[list[Work]]:
        if not isinstance(call.schedulers, list | tuple):
            raise TypeError(f"schedulers is no list: {call.schedulers!r}")
        workers = []
        for member in call.schedulers:
            if not isinstance(member, Call):
                raise AttributeError(f"{member!r} is no scheduler: it has no optimizer")
            workers.append(stepping.work(member, groups))
        for index, member in enumerate(call.members):
            if member.optimizer != call.optimizer:
                raise ValueError(f"the scheduler at index {index} has another optimizer")
        return [list(of_a_group) for of_a_group in zip(*workers, strict=True)]

    def first(self) -> int:
        return 0

    def undo(self) -> None:
        """Count one step back here, but not in what is inside."""
        self.t -= 1

    def restart(self, *_: Any) -> None:
        """Fail: this class cannot be sent to a step."""
        raise Halting("TypeError", "SequentialLR.step() takes no epoch, and is given 0")

    def begun(self) -> tuple[Any, set[int]]:
        """Return the first scheduler: whose turn the next step is the milestones decide."""
        return self.workers[0], {self.t + 1, *map(ceil, self.milestones)}


class SequentialLR(ExperimentalCall, schedulers.SequentialLR, frozen=True):
    """``SequentialLR``: one scheduler after another; at a milestone the next one starts over.

    All of them are built before it, each on what the one before left in the optimizer. Building it
    puts the rate back to ``initial_lr``, counts every scheduler one step back, but not those inside
    another SequentialLR, and lets the first one begin again, whatever ``last_epoch`` says. At its
    milestone a scheduler is called with the step 0: it sets the rate by its closed form, a
    MultiplicativeLR leaves it alone, a MultiStepLR and a SequentialLR raise.
    """

    worker: ClassVar[Any] = Sequential

    card: ClassVar[Card] = card(
        "that of the scheduler whose turn it is, float32", Proof.COUNTER,
        "whatever its last scheduler does",
        Deviation(
            "the schedulers are called one after the other, each from its own beginning",
            "a first SequentialLR within another one begins with its second step", NESTED, 2,
        ),
        Deviation(
            "a scheduler takes over at its milestone", "a MultiStepLR raises AttributeError there",
            f"SequentialLR(optimizer := {sgd('params')}, schedulers=["
            "ConstantLR(optimizer, 0.5, 9), MultiStepLR(optimizer, [4])], milestones=[3])",
            3,
        ),
        AttributeError="a scheduler that is none", KeyError="nothing in it has set initial_lr",
        TypeError="schedulers or milestones no list, a milestone or last_epoch no number, "
        "a first scheduler that wants a metric",
        ValueError="not one milestone fewer than schedulers, a scheduler of another optimizer",
    )  # fmt: skip

    @classmethod
    def lift(cls, schedule: Schedule, updates: int) -> Lift | Refusal:
        starting = tuple(kind for kind in MEMBERS if kind is not factors.MultiStepLR)
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
    return any(isinstance(member, factors.MultiStepLR) for member in call.schedulers[1:])


#: What can be a part of a ``SequentialLR``, in the order in which a person would choose; where they
#: do not suffice, a LambdaLR can be anything that has a formula.
MEMBERS: tuple[Any, ...] = (
    factors.ConstantLR, factors.LinearLR, cosines.CosineAnnealingLR,
    cosines.CosineAnnealingWarmRestarts, factors.ExponentialLR, factors.StepLR,
    factors.MultiStepLR, factors.PolynomialLR, CyclicLR,
)  # fmt: skip


class OnPlateau:
    """``ReduceLROnPlateau`` at work on one group."""

    plain = floating = True

    def __init__(self, call: Any, group: Group, least: Any) -> None:
        self.call = call
        self.group = group
        self.least = self.number(least)
        self.patience = Patience(call, self.number)

    @classmethod
    def build(cls, call: Any, groups: list[Group]) -> list[OnPlateau]:
        """Build it on an optimizer's groups, a worker for each."""
        least = call.begin(len(groups))
        return [cls(call, *each) for each in zip(groups, least, strict=True)]

    def number(self, value: Any) -> Any:
        """Return a number as the group's rate is one."""
        return number(kernel_number(value), stepping.real_of(self.group))

    def undo(self) -> None:
        """Count one step back: nothing depends on that count."""

    def step(self, *_: Any) -> Any:
        """Fail: without a metric there is no step."""
        raise Halting("TypeError", "ReduceLROnPlateau.step() wants a metric, and is given none")

    begin_again = moves = step

    @staticmethod
    def restart(workers: list[Any]) -> None:
        """Take the number of the step for a metric: 0."""
        for worker in workers:
            stepping.put(worker.group, next_rate(worker.restarted(), worker.group["lr"]))

    def restarted(self) -> Moves:
        """Do so; return the move."""
        return self.measure(0.0)

    def meaning(self) -> Schedule:
        """Return the rate that the group holds: the next step fails."""
        return Until(Constant(float(self.group["lr"])), 1)

    def measure(self, metric: float) -> Moves:
        """Take one step with a metric: not below the least, by more than eps or not at all."""
        if not self.patience.over(metric):
            return Factors(np.ones(1))
        factor, eps = self.number(self.call.factor), self.number(self.call.eps)

        def lowered(lr: Any) -> Any:
            lower = max(self.least, lr * factor)  # NaN gives way
            return lower if lr > lower + eps else lr

        return Stepwise([lowered])


class ReduceLROnPlateau(schedulers.ReduceLROnPlateau, ExperimentalCall, frozen=True):
    """``ReduceLROnPlateau``: the metric, the best of it, the counts and the bounds are float32."""

    worker: ClassVar[Any] = OnPlateau

    card: ClassVar[Card] = card(
        "the rate times factor where the metric says so, float32", Proof.METRIC,
        "follows the metric without end", always={},
        TypeError="factor, min_lr, patience or threshold no number, a mode that has no hash",
        ValueError="factor from 1 on, mode or threshold_mode unknown, not one min_lr for "
        "each parameter group",
    )  # fmt: skip

    def begin(self, groups: int) -> list[Any]:
        """Check in MindSpore's order; return the least rate of each group."""
        fault = plateau_fault(self)
        if fault is not None:
            raise fault.error(fault.text)
        least = self.min_lr if isinstance(self.min_lr, list | tuple) else [self.min_lr] * groups
        for rate in least:
            if not isinstance(rate, int | float):
                raise TypeError(f"min_lr is no number that a tensor is made of: {rate!r}")
        return list(least)

    def step_once(self, built: Any) -> None:
        for worker in built:
            worker.measure(-np.inf if self.mode == "min" else np.inf)

    def after(self, metrics: Sequence[float]) -> Iterator[Sequence[Any]]:
        workers: Any = self.build()
        yield [worker.group["lr"] for worker in workers]
        with np.errstate(all="ignore"):
            for metric in metrics:
                moves = [worker.measure(metric) for worker in workers]
                for worker, move in zip(workers, moves, strict=True):
                    stepping.put(worker.group, next_rate(move, worker.group["lr"]))
                yield [worker.group["lr"] for worker in workers]
