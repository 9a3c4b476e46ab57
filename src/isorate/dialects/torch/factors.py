"""torch's schedulers whose steps multiply the rate by a factor.

Each class is one scheduler: its fields are torch's signature, and ``ratio``, ``rates`` or ``moves``
is what a step does to the rate, in torch's own order of operations. What all share is in ``base``;
what becomes of schedulers that others hold, in ``kit.objects``.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter
from typing import TYPE_CHECKING, Any, ClassVar

from isorate.dialects.torch.base import STAYS, Multiplying, card
from isorate.kit import schedulers
from isorate.kit.boundary import halting
from isorate.kit.card import Card, Deviation, Proof
from isorate.kit.effects import Factors, Moves
from isorate.kit.tensors import Tensor
from isorate.schedule.errors import ConvertError
from isorate.schedule.lazily import np

if TYPE_CHECKING:
    from isorate.kit.objects import Worker
    from isorate.schedule.node import Schedule


class StepLR(Multiplying, schedulers.StepLR, frozen=True):
    """``StepLR``: the rate is multiplied by gamma once in step_size steps."""

    card: ClassVar[Card] = card(
        "recursion from group['lr'] by gamma, float64 or the tensor's", Proof.RECURSION,
        "goes on without end", TypeError="step_size or gamma no number: when it comes to them",
        ZeroDivisionError="step_size=0: at the first step",
    )  # fmt: skip

    closed_form = "base * gamma ** (t // step_size)"

    def ratio(self, worker: Worker, t: Any) -> Any:
        return 1 if t == 0 or t % self.step_size != 0 else self.gamma

    def shape(self, base: float, group: int) -> Schedule:
        if not isinstance(self.step_size, int) or self.step_size <= 0:
            raise ConvertError(f"step_size={self.step_size!r} is no number of steps")
        return super().shape(base, group)


class MultiStepLR(Multiplying, schedulers.MultiStepLR, frozen=True):
    """``MultiStepLR``: the rate is multiplied by gamma at every milestone.

    A milestone that is listed twice counts twice; their order does not matter.
    """

    card: ClassVar[Card] = card(
        "recursion from group['lr'] by a power of gamma, float64 or the tensor's", Proof.RECURSION,
        STAYS, TypeError="milestones no list, or gamma no number: at the first milestone",
    )  # fmt: skip

    @property
    def closed_form(self) -> str:
        marks = [m for m in self.milestones if isinstance(m, int | float)]
        return f"base * gamma ** ({' + '.join(f'(t >= {mark!r})' for mark in marks) or 0})"

    def begin(self, workers: list[Worker]) -> None:
        for worker in workers:
            worker.kept["milestones"] = Counter(self.milestones)

    def plain(self, worker: Worker) -> bool:
        """Whether no power of gamma is an integer that a tensor could refuse."""
        refusing = isinstance(worker.lr, Tensor) and not isinstance(self.gamma, float)
        return super().plain(worker) and not refusing

    def moves(self, worker: Worker, steps: int) -> Moves:
        factors = np.ones(steps)
        counted = worker.kept["milestones"].items()
        for milestone, times in sorted(
            item for item in counted if isinstance(item[0], int | float)
        ):
            step = milestone - worker.t - 1
            if 0 <= step < steps and step == int(step):
                try:
                    factors[int(step)] = self.gamma**times
                except Exception as error:
                    return Factors(factors[: int(step)], halting(error))
        return Factors(factors)

    def ratio(self, worker: Worker, t: Any) -> Any:
        times = worker.kept["milestones"][t]
        return self.gamma**times if times else 1

    def closed(self, worker: Worker) -> Any:
        milestones = sorted(worker.kept["milestones"].elements())
        return worker.base * self.gamma ** bisect_right(milestones, 0)


class ConstantLR(Multiplying, schedulers.ConstantLR, frozen=True):
    """``ConstantLR``: base · factor for total_iters steps, then the base rate."""

    card: ClassVar[Card] = card(
        "recursion from group['lr'] by factor and 1/factor, float64 or the tensor's",
        Proof.RECURSION, "the base rate; base · factor where total_iters is below 1",
        Deviation(
            "the rate is multiplied by factor until total_iters",
            "with total_iters=0 it stays so for good",
            "ConstantLR(torch.optim.SGD(params, lr=0.1), factor=0.5, total_iters=0)", 1,
            "https://github.com/pytorch/pytorch/pull/192655",
        ),
        TypeError="factor no number", ValueError="factor not between 0 and 1",
        roles={"factor": "start"},
    )  # fmt: skip

    closed_form = "base * (factor + (t >= total_iters) * (1 - factor))"

    def ratio(self, worker: Worker, t: Any) -> Any:
        if t == 0:
            return self.factor
        return 1 if t != self.total_iters else 1.0 / self.factor


class LinearLR(Multiplying, schedulers.LinearLR, frozen=True):
    """``LinearLR``: base times a factor that goes in a straight line, and stays at its end."""

    card: ClassVar[Card] = card(
        "recursion from group['lr'] by ratios of a line, float64 or the tensor's", Proof.RECURSION,
        "base · end_factor; base · start_factor where total_iters is below 1",
        Deviation(
            "the factor goes from start_factor to end_factor in total_iters steps",
            "with total_iters=0 it stays start_factor for good",
            "LinearLR(torch.optim.SGD(params, lr=0.1), start_factor=0.5, total_iters=0)", 1,
            "https://github.com/pytorch/pytorch/issues/193682",
        ),
        TypeError="a factor or total_iters no number",
        ValueError="start_factor not above 0 and up to 1, end_factor not from 0 to 1",
    )  # fmt: skip

    closed_form = (
        "base * (start_factor + (end_factor - start_factor) * min(total_iters, t) / total_iters)"
    )

    def ratio(self, worker: Worker, t: Any) -> Any:
        if t == 0:
            return self.start_factor
        if worker.initial or t > self.total_iters:
            return 1
        rise = self.end_factor - self.start_factor
        return 1.0 + rise / (self.total_iters * self.start_factor + (t - 1) * rise)


class ExponentialLR(Multiplying, schedulers.ExponentialLR, frozen=True):
    """``ExponentialLR``: the rate is multiplied by gamma at every step."""

    card: ClassVar[Card] = card(
        "recursion from group['lr'] by gamma, float64 or the tensor's", Proof.RECURSION,
        "goes on without end", TypeError="gamma no number: at the first step",
    )  # fmt: skip

    closed_form = "base * gamma ** t"

    def ratio(self, worker: Worker, t: Any) -> Any:
        return 1 if worker.initial else self.gamma


class PolynomialLR(Multiplying, schedulers.PolynomialLR, frozen=True):
    """``PolynomialLR``: base · (1 − t/total_iters)^power, down to 0."""

    card: ClassVar[Card] = card(
        "recursion from group['lr'] by powers of ratios, float64 or the tensor's", Proof.RECURSION,
        "stays at 0; at the base rate where total_iters is below 1",
        Deviation(
            "the rate is base · (1 − t/total_iters)^power, and 0 from total_iters on",
            "with total_iters=0 it stays what it is",
            "PolynomialLR(torch.optim.SGD(params, lr=0.1), total_iters=0)", 1,
        ),
        TypeError="total_iters or power no number: at the first step",
        ZeroDivisionError="total_iters=1 and a power below 0: at the first step",
    )  # fmt: skip

    closed_form = "base * (1.0 - min(total_iters, t) / total_iters) ** power"

    def ratio(self, worker: Worker, t: Any) -> Any:
        if worker.initial or t > self.total_iters:
            return 1
        left, before = 1.0 - t / self.total_iters, 1.0 - (t - 1) / self.total_iters
        return (left / before) ** self.power
