"""MindSpore's experimental schedulers that multiply the rate by factors of their own.

They are torch's, as torch 1.13 had them, in float32. Each class is one scheduler: its fields are
MindSpore's signature, ``shape`` is what it means for a base rate, and ``factors`` is what a step
does to the rate, in MindSpore's own order of operations. Functions of the step, cosines, triangles
and schedulers of schedulers stand in modules beside this one.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any, ClassVar

from isorate.dialects.mindspore._schedulers import Multiplying, card, sgd, want_float, want_int
from isorate.dialects.mindspore._tensors import divided, kernel_number, power_of_each, remainder
from isorate.kit import schedulers
from isorate.kit.boundary import halting
from isorate.kit.card import Card, Deviation, Proof
from isorate.kit.effects import Factors, Moves, OneAfterAnother, Stepwise
from isorate.kit.float32 import number, scalar_type
from isorate.kit.meaning import exponential, staircase
from isorate.kit.objects import Worker, begun
from isorate.schedule.lazily import np
from isorate.schedule.shapes.waves import Constant

if TYPE_CHECKING:
    from isorate.dialects.mindspore._schedulers import Rates
    from isorate.schedule.node import Schedule


class StepLR(Multiplying, schedulers.StepLR, frozen=True):
    """``StepLR``: the rate is multiplied by gamma once in step_size steps; by 0 steps, never."""

    card: ClassVar[Card] = card(
        "recursion by gamma, float32", Proof.RECURSION, "goes on without end",
        Deviation(
            "gamma is 0.5 where it is not given", "it is 0.1",
            f"StepLR({sgd('params')}, step_size=5)", 5,
        ),
        TypeError="step_size no int, gamma no float, last_epoch no int",
    )  # fmt: skip

    def begin(self, workers: list[Worker]) -> None:
        want_int("step_size", self.step_size)
        want_float("gamma", self.gamma)

    def factors(self, counts: Rates) -> Moves:
        if not counts.any():
            return Factors(np.ones_like(counts))
        real = scalar_type(counts)
        step_size = number(kernel_number(self.step_size), real)
        multiples = (counts != 0) & (remainder(counts, step_size) == 0)
        return Factors(np.where(multiples, number(self.gamma, real), real(1)))

    def closed(self, worker: Worker) -> Any:
        """Return the base rate; NaN where step_size is 0."""
        return worker.base * self.gamma ** (worker.real(0) // self.step_size)

    def shape(self, base: float, index: int) -> Schedule:
        if self.step_size == 0:
            return Constant(base)
        every = abs(int(self.step_size))
        return staircase(exponential(base, self.gamma), every).schedule()

    def meaning(self, worker: Worker) -> Schedule:
        shape = self.shape(float(worker.lr), worker.index)
        return begun(shape, worker.t % abs(self.step_size)) if self.step_size else shape


class MultiStepLR(Multiplying, schedulers.MultiStepLR, frozen=True):
    """``MultiStepLR``: the rate is multiplied by gamma at every milestone.

    A milestone that is listed twice counts twice; their order does not matter.
    """

    card: ClassVar[Card] = card(
        "recursion by a power of gamma that Python computes, float32", Proof.RECURSION,
        "holds the rate of its last step",
        Deviation(
            "gamma has to be a float", "an integer is taken",
            f"MultiStepLR({sgd('params')}, milestones=[3], gamma=2)", 3,
        ),
        TypeError="milestones no list of ints, gamma no number, last_epoch no int",
    )  # fmt: skip

    def begin(self, workers: list[Worker]) -> None:
        if not isinstance(self.milestones, list):
            raise TypeError(f"milestones is not a list: {self.milestones!r}")
        for milestone in self.milestones:
            want_int("a milestone", milestone)
        if isinstance(self.gamma, bool) or not isinstance(self.gamma, int | float):
            raise TypeError(f"gamma is not a float or int: {self.gamma!r}")

    def factors(self, counts: Rates) -> Moves:
        factors = np.ones_like(counts)
        for milestone, times in sorted(Counter(self.milestones).items()):
            hits = np.flatnonzero(counts.astype(np.float64) == milestone)
            if len(hits):
                try:
                    factors[hits] = number(_int64(self.gamma**times), scalar_type(counts))
                except Exception as error:
                    return Factors(factors[: hits[0]], halting(error))
        return Factors(factors)

    def closed(self, worker: Worker) -> Any:
        """Fail: its closed form is another class's."""
        raise AttributeError("MultiStepLR has no step_size, which its closed form asks for")


def _int64(value: int | float) -> int | float:
    if isinstance(value, int) and abs(value) >= 2**63:
        raise SystemError("gamma ** times does not fit an int64")
    return value


class ConstantLR(Multiplying, schedulers.ConstantLR, frozen=True):
    """``ConstantLR``: base · factor for total_iters steps, then the base rate.

    With total_iters=0 the rate never comes back, and with a factor of 0 it comes back as NaN.
    """

    card: ClassVar[Card] = card(
        "the rate times factor, then divided by it, float32", Proof.RECURSION,
        "the base rate; base · factor where total_iters is below 1",
        Deviation(
            "the rate is restored when last_epoch reaches total_iters",
            "with total_iters=0 it never is",
            f"ConstantLR({sgd('params')}, factor=0.5, total_iters=0)", 1,
        ),
        Deviation(
            "the rate is restored when last_epoch reaches total_iters",
            "with factor=0 it is 0/0 from then on",
            f"ConstantLR({sgd('params')}, factor=0.0, total_iters=3)", 3,
        ),
        TypeError="factor no number, total_iters no int, last_epoch no int",
        ValueError="factor not between 0 and 1; last_epoch below -1", roles={"factor": "start"},
    )  # fmt: skip

    def begin(self, workers: list[Worker]) -> None:
        super().begin(workers)
        want_int("total_iters", self.total_iters)

    def factors(self, counts: Rates) -> Moves:
        real = scalar_type(counts)
        factor = number(self.factor, real)
        down = np.where(counts == 0, factor, real(1))
        if not counts.any():
            return Factors(down)
        back = (counts == number(kernel_number(self.total_iters), real)) & (counts != 0)
        pieces: list[Moves] = []
        done = 0
        for hit in [*np.flatnonzero(back).tolist(), len(counts)]:
            pieces.append(Factors(down[done:hit]))
            if hit < len(counts):
                pieces.append(Stepwise([lambda lr: divided(lr, factor)]))
            done = hit + 1
        return pieces[0] if len(pieces) == 1 else OneAfterAnother(tuple(pieces))

    def closed(self, worker: Worker) -> Any:
        real = worker.real
        over = real(real(0) >= self.total_iters)
        return worker.base * (over * (1 - self.factor) + self.factor)


class LinearLR(Multiplying, schedulers.LinearLR, frozen=True):
    """``LinearLR``: base times a factor that goes in a straight line, and stays at its end."""

    card: ClassVar[Card] = card(
        "recursion by ratios of a line, float32", Proof.RECURSION,
        "base · end_factor; base · start_factor where total_iters is below 1",
        Deviation(
            "total_iters is when the factor reaches 1", "it is when the factor reaches end_factor",
            f"LinearLR({sgd('params')}, start_factor=1.0, end_factor=0.1, total_iters=4)", 4,
        ),
        Deviation(
            "the factor goes from start_factor to end_factor in total_iters steps",
            "with total_iters=0 it stays start_factor for good",
            f"LinearLR({sgd('params')}, start_factor=0.5, total_iters=0)", 1,
        ),
        TypeError="a factor no number, total_iters no int, last_epoch no int",
        ValueError="start_factor not above 0 and up to 1, end_factor not from 0 to 1; "
        "last_epoch below -1",
    )  # fmt: skip

    def begin(self, workers: list[Worker]) -> None:
        super().begin(workers)
        want_int("total_iters", self.total_iters)

    def factors(self, counts: Rates) -> Moves:
        real = scalar_type(counts)
        rise = self.end_factor - self.start_factor
        stands = number(self.total_iters * self.start_factor, real) + (counts - real(1)) * rise
        ratios = 1 + number(rise, real) * (real(1) / stands)  # a number divided by a tensor
        ratios = np.where(counts > number(self.total_iters, real), real(1), ratios)
        return Factors(np.where(counts == 0, number(self.start_factor, real), ratios))

    def closed(self, worker: Worker) -> Any:
        rise = self.end_factor - self.start_factor
        stands: Any = min(self.total_iters, worker.real(0))
        gone = rise * stands / self.total_iters
        return worker.base * (self.start_factor + gone)


class ExponentialLR(Multiplying, schedulers.ExponentialLR, frozen=True):
    """``ExponentialLR``: the rate is multiplied by gamma at every step."""

    card: ClassVar[Card] = card(
        "recursion by gamma, float32", Proof.RECURSION, "goes on without end",
        TypeError="gamma no float, last_epoch no int",
    )  # fmt: skip

    def begin(self, workers: list[Worker]) -> None:
        want_float("gamma", self.gamma)

    def factors(self, counts: Rates) -> Moves:
        real = scalar_type(counts)
        return Factors(np.where(counts == 0, real(1), number(self.gamma, real)))

    def closed(self, worker: Worker) -> Any:
        return worker.base * self.gamma ** worker.real(0)


class PolynomialLR(Multiplying, schedulers.PolynomialLR, frozen=True):
    """``PolynomialLR``: base · (1 − t/total_iters)^power, down to 0."""

    card: ClassVar[Card] = card(
        "recursion by powers of ratios, float32, powf of the C library", Proof.RECURSION,
        "stays at 0; at the base rate where total_iters is below 1",
        Deviation(
            "the rate is 0 from total_iters on", "with total_iters=0 it stays what it is",
            f"PolynomialLR({sgd('params')}, total_iters=0)", 1,
        ),
        TypeError="power no float, total_iters no int, last_epoch no int",
        ValueError="power below 0; last_epoch below -1",
    )  # fmt: skip

    def begin(self, workers: list[Worker]) -> None:
        want_float("power", self.power)
        if self.power < 0:
            raise ValueError(f"power={self.power!r} is below 0")
        want_int("total_iters", self.total_iters)

    def factors(self, counts: Rates) -> Moves:
        factors = np.ones_like(counts)
        if not counts.any():
            return Factors(factors)
        real = scalar_type(counts)
        total = number(kernel_number(self.total_iters), real)
        moving = (counts != 0) & (counts <= total)
        t = counts[moving]
        ratios = (1 - t / total) / (1 - (t - real(1)) / total)
        factors[moving] = power_of_each(ratios, self.power)
        return Factors(factors)

    def closed(self, worker: Worker) -> Any:
        """Return the rate of step 0: NaN where total_iters is 0, and 0 below that."""
        gone = worker.real(min(self.total_iters, 0)) / number(self.total_iters, worker.real)
        return worker.base * (1 - gone) ** self.power
