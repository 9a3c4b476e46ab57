"""PyTorch: ``torch.optim.lr_scheduler`` and ``swa_utils.SWALR``, as of 2.13.0.

Each class is one scheduler: its fields are torch's signature, ``shape`` is what it means for a base
rate, and ``ratio``, ``rates`` or ``moves`` is what a step does to the rate, in torch's own order
of operations. What all share stands in ``base``; what becomes of schedulers that others
hold, in ``kit.objects``.
"""

from __future__ import annotations

import math
import sys
from bisect import bisect_right
from collections import Counter
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from isorate.dialects.torch.base import (
    DOCS,
    RESUMED,
    VERSION,
    LRScheduler,
    Multiplying,
    Setting,
    card,
    filled,
)
from isorate.dialects.torch.optimizers import TORCH
from isorate.kit import matching, schedulers
from isorate.kit import objects as stepping
from isorate.kit.boundary import Fault, Halting
from isorate.kit.call import Composition, Lift
from isorate.kit.card import Card, Deviation, Proof
from isorate.kit.chained_cosine import Standing, chained_group, cosine_links
from isorate.kit.composing import chain_of, sequence_of
from isorate.kit.effects import Factors, Links, Moves, Stepwise, Values
from isorate.kit.float32 import Float32
from isorate.kit.match import Parts, Refusal
from isorate.kit.meaning import Meaning, cosine, line
from isorate.kit.plateau import Patience, plateau_fault
from isorate.kit.registry import Dialect, completed
from isorate.kit.scheduler import lift_of
from isorate.kit.stepped_call import SteppedCall
from isorate.kit.tensors import Tensor
from isorate.kit.writing import source
from isorate.schedule.combinators.clocks import Shift, Until
from isorate.schedule.combinators.joins import Join, Repeat
from isorate.schedule.errors import ConvertError
from isorate.schedule.expression import Expression
from isorate.schedule.libm import exact, exact_power
from isorate.schedule.shapes.waves import Constant, Cosine, Linear

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from numpy.typing import NDArray

    from isorate.kit.objects import Worker
    from isorate.kit.optimizer import Optimizer
    from isorate.schedule.node import Schedule

STAYS = "holds the rate of its last step"
# --- factors -------------------------------------------------------------------------------------


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

    def closed(self, worker: Worker) -> Any:
        return worker.base * self.gamma ** (0 // self.step_size)

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
                    return Factors(factors[: int(step)], stepping.halting(error))
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

    def closed(self, worker: Worker) -> Any:
        return worker.base * (self.factor + (self.total_iters <= 0) * (1 - self.factor))


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

    def closed(self, worker: Worker) -> Any:
        rise = self.end_factor - self.start_factor
        gone = rise * min(self.total_iters, 0) / self.total_iters
        return worker.base * (self.start_factor + gone)


class ExponentialLR(Multiplying, schedulers.ExponentialLR, frozen=True):
    """``ExponentialLR``: the rate is multiplied by gamma at every step."""

    card: ClassVar[Card] = card(
        "recursion from group['lr'] by gamma, float64 or the tensor's", Proof.RECURSION,
        "goes on without end", TypeError="gamma no number: at the first step",
    )  # fmt: skip

    closed_form = "base * gamma ** t"

    def ratio(self, worker: Worker, t: Any) -> Any:
        return 1 if worker.initial else self.gamma

    def closed(self, worker: Worker) -> Any:
        return worker.base * self.gamma**0


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

    def closed(self, worker: Worker) -> Any:
        left = 1.0 - min(self.total_iters, 0) / self.total_iters
        return worker.base * left**self.power


# --- cosines -------------------------------------------------------------------------------------


class CosineAnnealingLR(LRScheduler, schedulers.CosineAnnealingLR, frozen=True):
    """``CosineAnnealingLR``: half a cosine down in T_max steps, half a cosine up, without end.

    Documented as ``lr(t) = η + (base−η)(1+cos(πt/T_max))/2``; computed by a recursion from
    ``group["lr"]`` (see ``cosine_links``), in float64 where the rate is a Python float and in
    the tensor's dtype where it is a tensor. Since 2.8 a scheduler built with ``last_epoch=k``
    leaves ``group["lr"]`` as it finds it and recurses from there.
    """

    card: ClassVar[Card] = card(
        "recursion from group['lr'] by a ratio of cosines, float64 or the tensor's",
        Proof.RECURSION, "climbs back to the first rate and goes on with period 2·T_max",
        Deviation(
            "the rate is eta_min + (base − eta_min)(1 + cos(π·t/T_max))/2",
            "with the rate in a float32 tensor it never leaves eta_min again where T_max is "
            "long: the ratios that it recurses by round to 1",
            "CosineAnnealingLR(torch.optim.SGD(params, lr=torch.tensor(0.1)), T_max=65000, "
            "eta_min=0.001)",
            130_000,
        ),
        Deviation(
            "last_epoch is the index of the last epoch, to resume after",
            "since 2.8 the rate is left as it is found, and the recursion goes on from there",
            "CosineAnnealingLR(torch.optim.SGD([{'params': p, 'lr': 0.1, 'initial_lr': 0.1}]), "
            "T_max=10, last_epoch=8)",
            3, "https://github.com/pytorch/pytorch/issues/65342",
        ),
        TypeError="T_max or eta_min no number: at the first step",
        ValueError="T_max so small that π·t/T_max is infinite: at the first step",
        ZeroDivisionError="T_max=0: at the first step",
    )  # fmt: skip

    closed_form = "eta_min + (base - eta_min) * (1 + math.cos(math.pi * t / T_max)) / 2"

    def rate(self, worker: Worker) -> Any:
        t, T, eta = worker.t, self.T_max, self.eta_min
        if worker.initial:
            return worker.lr
        if (t - 1 - T) % (2 * T) == 0:
            return worker.lr + self._rise(worker)
        height = 1 + math.cos(math.pi * t / T)
        return height / (1 + math.cos(math.pi * (t - 1) / T)) * (worker.lr - eta) + eta

    def _rise(self, worker: Worker) -> Any:
        """Return what the step after a trough adds."""
        return (worker.base - self.eta_min) * (1 - math.cos(math.pi / self.T_max)) / 2

    def closed(self, worker: Worker) -> Any:
        eta, span = self.eta_min, worker.base - self.eta_min
        return eta + span * (1 + math.cos(math.pi * 0 / self.T_max)) / 2

    def moves(self, worker: Worker, steps: int) -> Moves:
        ratios, anchors, halt = cosine_links(self.T_max, worker.t, steps)
        rise = float(self._rise(worker)) if anchors.any() else 0.0
        return Links(ratios, anchors, float(self.eta_min), rise, halt)

    def meaning(self, worker: Worker) -> Schedule:
        """Return a mirrored cosine; one off its curve keeps its own amplitude to the trough."""
        standing = Standing(float(worker.lr), float(worker.base))
        return chained_group(standing, float(self.eta_min), self.T_max, worker.t)

    def multiplier(self, worker: Worker) -> Schedule:
        if self.eta_min != 0 or not isinstance(self.T_max, int):
            raise ConvertError("a cosine with a floor does more than multiply the rate")
        return Cosine(1.0, 0.0, abs(self.T_max), "mirror")

    def set_anew(self, worker: Worker) -> int:
        """Return how far the next trough is: from 0 the rate rises by the base rate alone."""
        return int((abs(self.T_max) - worker.t) % (2 * abs(self.T_max)))


class CosineAnnealingWarmRestarts(Setting, schedulers.CosineAnnealingWarmRestarts, frozen=True):
    """``CosineAnnealingWarmRestarts``: half a cosine down, again and again, T_mult times as long.

    ``lr(t) = η + (base−η)(1+cos(π·T_cur/T_i))/2``: the step that would reach the end of a cycle
    begins the next one, so that no rate ever is eta_min. Resumed with ``last_epoch=k`` it stands at
    step k+1 of a first cycle of T_0, or one of T_0·T_mult if that is past T_0, however far.
    """

    card: ClassVar[Card] = card(
        "closed form in T_cur, float64, each step by itself", Proof.EACH_STEP,
        "starts over, without end",
        Deviation(
            "the rate comes down to eta_min at the end of every cycle",
            "the last rate of a cycle is one step short of eta_min, which is never reached",
            "CosineAnnealingWarmRestarts(torch.optim.SGD(params, lr=0.1), T_0=10)", 9,
            "https://github.com/pytorch/pytorch/issues/47560",
        ),
        Deviation(
            "last_epoch is the index of the last epoch, to resume after",
            "one restart is counted at most: past T_0 the cycle is taken to be the second one, "
            "T_0·T_mult long",
            "CosineAnnealingWarmRestarts(torch.optim.SGD([{'params': p, 'lr': 0.1, "
            "'initial_lr': 0.1}]), T_0=4, T_mult=2, last_epoch=19)",
            0,
        ),
        TypeError="T_0 or T_mult no number, last_epoch none",
        ValueError="T_0 no positive int, T_mult no int from 1 on, eta_min no number",
    )  # fmt: skip

    @property
    def closed_form(self) -> str:
        n = "int(math.log(t / T_0 * (T_mult - 1) + 1, T_mult))"
        far = f"(t - T_0 * (T_mult ** {n} - 1) / (T_mult - 1)) / (T_0 * T_mult ** {n})"
        at = f"math.pi * {far} if t >= T_0 else math.pi * t / T_0"
        at = "math.pi * (t % T_0) / T_0" if self.T_mult == 1 else at
        return f"eta_min + (base - eta_min) * (1 + math.cos({at})) / 2"

    def begin(self, workers: list[Worker]) -> None:
        super().begin(workers)
        if not isinstance(self.eta_min, int | float):
            raise ValueError(f"eta_min={self.eta_min!r} is no number")
        for worker in workers:
            worker.kept = {"T_cur": self.last_epoch, "T_i": self.T_0}

    def plain(self, worker: Worker) -> bool:
        return super().plain(worker) and type(worker.kept["T_cur"]) is int

    def advance(self, worker: Worker) -> None:
        """Go on in the cycle; before its beginning, to step 0."""
        kept = worker.kept
        if worker.t < 0:
            worker.t, kept["T_cur"], kept["T_i"] = 0, 0, self.T_0
        else:
            kept["T_cur"] += 1
            if kept["T_cur"] >= kept["T_i"]:
                kept["T_cur"] %= kept["T_i"]
                kept["T_i"] *= self.T_mult
            worker.t = math.floor(worker.t + 1)

    def rate(self, worker: Worker) -> Any:
        """Return the rate of where it stands in the cycle: a milestone does not move that."""
        eta, kept = self.eta_min, worker.kept
        span = worker.base - eta
        return eta + span * (1 + math.cos(math.pi * kept["T_cur"] / kept["T_i"])) / 2

    def moves(self, worker: Worker, steps: int) -> Moves:
        kept = worker.kept
        pieces: list[NDArray[np.float64]] = []
        cur, length = kept["T_cur"], kept["T_i"]
        left = steps
        if left and worker.t < 0:  # before its beginning, a step goes to step 0
            worker.t, cur, length = -1, 0, self.T_0
            pieces.append(self._values(worker, np.zeros(1), length))
            left -= 1
        while left:
            if self.T_mult == 1:
                at = (cur + np.arange(1, left + 1)) % length
                cur = int(at[-1])
            else:
                if cur + 1 >= length:
                    cur, length = (cur + 1) % length - 1, length * self.T_mult
                at = np.arange(cur + 1, min(length, cur + 1 + left))
                cur += len(at)
            pieces.append(self._values(worker, at.astype(np.float64), length))
            left -= len(at)
        worker.kept = {"T_cur": cur, "T_i": length}
        return Values(np.concatenate(pieces) if pieces else np.empty(0))

    def _values(self, worker: Worker, T_cur: NDArray[np.float64], T_i: int) -> NDArray[Any]:
        real = worker.real
        turn = (1 + exact("cos", math.pi * T_cur / float(T_i))).astype(real)
        rates: NDArray[Any] = real(self.eta_min) + real(worker.base - self.eta_min) * turn / real(2)
        return rates

    def meaning(self, worker: Worker) -> Schedule:
        kept = worker.kept
        whole = self.shape(float(worker.base), worker.index)
        if self.T_mult == 1 or (kept["T_i"] == self.T_0 and kept["T_cur"] == worker.t):
            return stepping.set_from(whole, kept["T_cur"] % self.T_0, float(worker.lr))
        eta, length = float(self.eta_min), kept["T_i"]
        rest = length - kept["T_cur"]
        now = Shift(Cosine(float(worker.base), eta, length), kept["T_cur"])
        later = length * self.T_mult
        cycles = Repeat(Cosine(float(worker.base), eta, later), later, self.T_mult)
        return stepping.set_from(Join((now, cycles), (rest,)), 0, float(worker.lr))


# --- cycles --------------------------------------------------------------------------------------


def want_momentum(optimizer: Optimizer) -> None:
    """Raise where the optimizer is one of torch's that has neither a momentum nor betas."""
    name = optimizer.name
    if name in TORCH and not {"momentum", "betas"} & TORCH.parameters(name).keys():
        raise ValueError(f"cycle_momentum=True, and {name} has neither momentum nor betas")


def suppose_momentum(optimizer: Optimizer) -> str | None:
    """Say that an optimizer is taken to have a momentum or betas, where it is not torch's."""
    given = {argument.partition("=")[0] for argument in optimizer.arguments}
    if optimizer.name in TORCH or given & {"momentum", "betas"}:
        return None
    return f"{optimizer.name} has a momentum or betas (cycle_momentum=False, if it has not)"


class CyclicLR(Setting, schedulers.CyclicLR, frozen=True):
    """``CyclicLR``: up from base_lr to max_lr and down again, cycle after cycle.

    ``lr(t) = base_lr + (max_lr−base_lr)·h·s``, h the height of a triangle, s = 1, 1/2^(cycle−1), or
    gamma^t, by ``mode``; or ``scale_fn``. Built where ``initial_lr`` is set already, its first rate
    is ``initial_lr``, whatever ``base_lr`` says.
    """

    cycle_momentum: bool = True
    base_momentum: Any = 0.8
    max_momentum: Any = 0.9
    last_epoch: int = -1

    losses = (matching.MOMENTUM,)

    card: ClassVar[Card] = card(
        "closed form in the cycle, float64, each step by itself", Proof.UNREDUCED,
        "goes on, cycle after cycle", TypeError="a rate or a step size no number",
        ValueError="mode unknown without scale_fn, not one value for each group, or "
        "cycle_momentum and an optimizer that has neither momentum nor betas",
        ZeroDivisionError="step_size_up=0, or both step sizes add up to 0",
    )  # fmt: skip

    def begin(self, workers: list[Worker]) -> None:
        """Set the group's rate to base_lr, unless it is resumed; then check the rest."""
        low = schedulers.one_for_each(self.base_lr, "base_lr", workers)
        if self.last_epoch == -1:
            for worker, base in zip(workers, low, strict=True):
                stepping.put(worker.group, base)
        high = schedulers.one_for_each(self.max_lr, "max_lr", workers)
        self._cycle()
        self.check_mode()
        momenta = []
        if self.cycle_momentum:
            want_momentum(self.optimizer)
            momenta.append(schedulers.one_for_each(self.base_momentum, "base_momentum", workers))
            momenta.append(schedulers.one_for_each(self.max_momentum, "max_momentum", workers))
        for worker, *kept in zip(workers, low, high, *momenta, strict=True):
            worker.kept = dict(
                zip(("low", "high", "low momentum", "high momentum"), kept, strict=False)
            )

    def supposed(self) -> str | None:
        return suppose_momentum(self.optimizer) if self.cycle_momentum else None

    def built(self, worker: Worker) -> None:
        """Take base_lr for the base rate from here on; while it was built, ``initial_lr`` was."""
        worker.base = worker.kept["low"]

    def _cycle(self) -> tuple[float, float]:
        """Return the length of a cycle, and the share of it that goes up."""
        up, down = self.sizes()
        return up + down, up / (up + down)

    def rate(self, worker: Worker) -> Any:
        t, kept = worker.t, worker.kept
        total, up_share = self._cycle()
        cycle = math.floor(1 + t / total)
        x = 1.0 + t / total - cycle
        height = x / up_share if x <= up_share else (x - 1) / (up_share - 1)
        own_mode = self.mode != "exp_range" if self.scale_fn is None else self.scale_mode == "cycle"
        at = cycle if own_mode else t
        rate = worker.base + (kept["high"] - worker.base) * height * self._scale_at(at)
        if self.cycle_momentum:  # for what it may raise
            low, high = kept["low momentum"], kept["high momentum"]
            high - (high - low) * height * self._scale_at(at)
        return rate

    def _scale_at(self, x: Any) -> Any:
        """Return what a height is scaled by in a cycle or at a step."""
        if self.scale_fn is not None:
            return called(self.scale_fn, x)
        if self.mode == "triangular":
            return 1.0
        if self.mode == "triangular2":
            return 1 / (2.0 ** (x - 1))
        gamma: Any = self.gamma
        whole = isinstance(gamma, int) and isinstance(x, int) and abs(gamma) > 1
        if whole and x * (gamma.bit_length() - 1) > sys.float_info.max_exp:
            raise OverflowError("int too large to convert to float")  # as the next product would
        return gamma**x

    def plain(self, worker: Worker) -> bool:
        """Whether no power of gamma is an integer, which may have more bits than a float."""
        whole = self.mode == "exp_range" and not isinstance(self.gamma, float)
        readable = self.scale_fn is None or isinstance(self.scale_fn, Expression)
        return super().plain(worker) and readable and not whole

    def rates(self, worker: Worker, steps: range) -> Moves:
        low, high = worker.kept["low"], worker.kept["high"]
        total, up_share = self._cycle()
        t = np.arange(steps.start, steps.stop)
        passed = t / total
        cycle = np.floor(1 + passed)
        x = (1.0 + passed) - cycle
        with np.errstate(all="ignore"):
            height = np.where(x <= up_share, x / up_share, (x - 1) / (up_share - 1))
        scale, error = self._scale(cycle, t)
        if up_share == 0 and (x <= 0).any():  # there is no way up, and a step at the foot of it
            scale = scale[: int((x <= 0).argmax())]
            error = Halting("ZeroDivisionError", "step_size_up=0")
        base_height = (high - low) * height[: len(scale)]
        return filled(low + base_height * scale, worker, error)

    def _scale(
        self, cycle: NDArray[np.float64], t: NDArray[np.int64]
    ) -> tuple[NDArray[Any], Halting | None]:
        """Return what each step's height is scaled by, as far as Python can compute it."""
        if self.scale_fn is not None:
            at = cycle.astype(np.int64) if self.scale_mode == "cycle" else t
            return values_of(self.scale_fn, at)
        if self.mode == "triangular":
            return np.ones(len(t)), None
        halving = self.mode == "triangular2"
        base, exponent = (2.0, cycle - 1) if halving else (self.gamma, t)
        power = exact_power(base, exponent)
        scale = 1 / power if halving else power
        beyond = np.isinf(power) & math.isfinite(self.gamma)
        if beyond.any():
            return scale[: int(beyond.argmax())], Halting("OverflowError", "the scale is too large")
        return scale, None

    def means(self, base: Any) -> Meaning:
        return schedulers.CyclicLR.means(self, base).where(cycle_momentum=False)


@dataclass(frozen=True, slots=True)
class Span:
    """A phase of a ``OneCycleLR``: its steps, its ends in steps, its two rates' keys."""

    steps: range
    begin: float
    end: float
    low: str
    high: str
    last: bool


class OneCycleLR(Setting, frozen=True):
    """``OneCycleLR``: up from max_lr/div_factor to max_lr, then down to a share of where it began.

    The phases end at ``pct_start·total_steps − 1`` and the like, which need not be whole numbers.
    The rates are those of ``initial_lr``, ``max_lr`` and ``min_lr`` in the group, where building it
    leaves them, so that a second one on the same optimizer changes the first. There are rates for
    steps 0 to total_steps: the last of them is past the end, and one more step raises.
    """

    max_lr: Any
    total_steps: int | None = None
    epochs: int | None = None
    steps_per_epoch: int | None = None
    pct_start: float = 0.3
    anneal_strategy: str = "cos"
    cycle_momentum: bool = True
    base_momentum: Any = 0.85
    max_momentum: Any = 0.95
    div_factor: float = 25.0
    final_div_factor: float = 1e4
    three_phase: bool = False
    last_epoch: int = -1

    shapes = (Join,)
    match = staticmethod(matching.one_cycle)
    listed = ("max_lr",)

    leaves_behind: ClassVar[bool] = True
    card: ClassVar[Card] = card(
        "closed form in the phase, float64, each step by itself", Proof.EACH_STEP,
        "one rate past the end, then ValueError",
        Deviation(
            "total_steps is how many steps the cycle has",
            "step total_steps, one past the end of the cycle, has a rate that rebounds; only "
            "the step after it raises",
            "OneCycleLR(torch.optim.SGD(params, lr=0.1), max_lr=0.1, total_steps=10)", 10,
        ),
        KeyError=RESUMED + ", max_lr or min_lr", TypeError="an argument no number",
        ValueError="no total, a count below 1, pct_start no float from 0 to 1, "
        "anneal_strategy unknown, not one max_lr for each group, cycle_momentum and an "
        "optimizer that has neither momentum nor betas",
        ZeroDivisionError="pct_start·total_steps=1: the first phase has no length",
    )  # fmt: skip

    def begin(self, workers: list[Worker]) -> None:
        phases = self._phases(self._total())
        if self.pct_start < 0 or self.pct_start > 1 or not isinstance(self.pct_start, float):
            raise ValueError(f"pct_start={self.pct_start!r} is no float from 0 to 1")
        if self.anneal_strategy not in ("cos", "linear"):
            raise ValueError(f"anneal_strategy must be cos or linear: {self.anneal_strategy!r}")
        highs = schedulers.one_for_each(self.max_lr, "max_lr", workers)
        for worker, high in zip(workers, highs, strict=True):
            worker.kept["phases"] = phases
            if self.last_epoch == -1:
                worker.group["initial_lr"] = high / self.div_factor
                worker.group["max_lr"] = high
                worker.group["min_lr"] = worker.group["initial_lr"] / self.final_div_factor
        if self.cycle_momentum:
            want_momentum(self.optimizer)
            momenta = schedulers.one_for_each(self.max_momentum, "max_momentum", workers)
            lowest = schedulers.one_for_each(self.base_momentum, "base_momentum", workers)
            for worker, momentum, least in zip(workers, momenta, lowest, strict=True):
                if self.last_epoch == -1:
                    worker.group |= {"max_momentum": momentum, "base_momentum": least}

    @property
    def stops_at(self) -> int | None:
        """``total_steps``, which Accelerate asks for."""
        return self.epochs * self.steps_per_epoch if self.total_steps is None else self.total_steps  # type: ignore[operator]

    def _total(self) -> int:
        if self.total_steps is not None:
            if self.total_steps <= 0 or not isinstance(self.total_steps, int):
                raise ValueError(f"total_steps={self.total_steps!r} is no positive integer")
            return self.total_steps
        if self.epochs is None or self.steps_per_epoch is None:
            raise ValueError("neither total_steps nor epochs and steps_per_epoch")
        for name in ("epochs", "steps_per_epoch"):
            value = getattr(self, name)
            if not isinstance(value, int) or value <= 0:
                raise ValueError(f"{name}={value!r} is no positive integer")
        return self.epochs * self.steps_per_epoch

    def _phases(self, total: int) -> list[tuple[float, str, str]]:
        """Return where each phase ends, and between which of the group's rates it goes."""
        if isinstance(self.pct_start, str | list | tuple):
            total = min(total, 3)  # what it comes to is no number, however often it is repeated
        rising = (float(self.pct_start * total) - 1, "initial_lr", "max_lr")
        if not self.three_phase:
            return [rising, (total - 1, "max_lr", "min_lr")]
        falling = (float(2 * self.pct_start * total) - 2, "max_lr", "initial_lr")
        return [rising, falling, (total - 1, "initial_lr", "min_lr")]

    def _spans(self, phases: list[tuple[float, str, str]]) -> Iterator[Span]:
        """Visit the phases that have any steps; where each of them begins, the one before ends."""
        total = self._total()
        first, begin = -total, 0.0
        for index, (end, low, high) in enumerate(phases):
            last = index == len(phases) - 1
            reach = total if last else math.floor(end) if end == end else first - 1
            stop = min(total, reach) + 1
            if stop > first:
                yield Span(range(first, stop), begin, end, low, high, last)
                first = stop
            begin = end

    def plain(self, worker: Worker) -> bool:
        """Whether the group's own numbers are plain, too: resumed, they may be tensors."""
        found = [worker.group.get(key) for key in ("initial_lr", "max_lr", "min_lr")]
        single = worker.real is Float32
        plain = all(v is not None and stepping.plain(v, None, single=single) for v in found)
        return super().plain(worker) and plain

    def supposed(self) -> str | None:
        return suppose_momentum(self.optimizer) if self.cycle_momentum else None

    def rate(self, worker: Worker) -> Any:
        t, total, group = worker.t, self._total(), worker.group
        if t > total:
            raise ValueError(f"step {t} of total_steps={total}")
        begins = [0.0, *(end for end, _, _ in worker.kept["phases"])]
        phases = list(zip(begins, worker.kept["phases"], strict=False))
        begin, (end, low, high) = next((p for p in phases if t <= p[1][0]), phases[-1])
        share = (t - begin) / (end - begin)
        rate = self._annealed(group[low], group[high], share)
        if self.cycle_momentum:  # for what it may raise
            self._annealed(group["max_momentum"], group["base_momentum"], share)
        return rate

    def _annealed(self, start: Any, end: Any, share: float) -> Any:
        """Go from one rate to another."""
        if self.anneal_strategy == "cos":
            return end + (start - end) / 2.0 * (math.cos(math.pi * share) + 1)
        return (end - start) * share + start

    def rates(self, worker: Worker, steps: range) -> Moves:
        pieces: list[NDArray[Any]] = [np.empty(0)]
        for span in self._spans(worker.kept["phases"]):
            t = np.arange(max(span.steps.start, steps.start), min(span.steps.stop, steps.stop))
            if not len(t):
                continue
            if span.end == span.begin:
                halt = Halting("ZeroDivisionError", f"a phase has no length at step {t[0]}")
                return filled(np.concatenate(pieces), worker, halt)
            share: NDArray[Any] = (t - span.begin) / (span.end - span.begin)
            start, end = worker.group[span.low], worker.group[span.high]
            if self.anneal_strategy == "cos":
                pieces.append(end + (start - end) / 2.0 * (exact("cos", math.pi * share) + 1))
            else:
                pieces.append((end - start) * share + start)
        total = self._total()
        over = steps.stop > total + 1
        past = Halting("ValueError", f"step {total + 1} of total_steps={total}") if over else None
        return filled(np.concatenate(pieces), worker, past)

    def meaning(self, worker: Worker) -> Schedule:
        whole = self.course(worker.group, worker.kept["phases"])
        return stepping.set_from(whole, worker.t, float(worker.lr))

    def course(
        self, ends: Mapping[str, Any], phases: list[tuple[float, str, str]] | None = None
    ) -> Schedule:
        """Return the phases between three rates: ``initial_lr``, ``max_lr`` and ``min_lr``."""
        phases = self._phases(self._total()) if phases is None else phases
        parts: list[Schedule] = []
        boundaries: list[int] = []
        rates = self._total() + 1
        for span in self._spans(phases):
            first = max(span.steps.start, 0)
            if span.steps.stop <= first:
                continue
            if span.end == span.begin and first == rates - 1:
                rates -= 1  # the rate past the end divides by the length that its phase has not
                break
            if not span.end > span.begin:
                raise ConvertError("a phase that has steps has no length")
            low, high = (float(ends[key]) for key in (span.low, span.high))
            parts.append(self._phase(span, low, high, begun=first - span.begin))
            boundaries.append(first)
        return Until(Join(tuple(parts), tuple(boundaries[1:])), rates)

    def _phase(self, span: Span, start: float, end: float, *, begun: float) -> Schedule:
        duration = span.end - span.begin
        if self.anneal_strategy == "cos":
            wave: Schedule = Cosine(start, end, duration, "mirror" if span.last else "hold")
        else:
            wave = Linear(start, end, duration, "continue" if span.last else "hold")
        return Shift(wave, begun) if begun > 0 else wave

    @classmethod
    def lift(cls, schedule: Schedule, updates: int) -> Lift | Refusal:
        found = super().lift(schedule, updates)
        if isinstance(found, Lift) and isinstance(found.call, OneCycleLR):
            end = schedule.length
            if end == found.call._total() + 1:  # then both end alike
                kept = [loss for loss in found.losses if not loss.startswith("goes on after")]
                return replace(found, losses=tuple(kept))
            if end is not None:
                return Refusal(f"it ends one step past its phases, the schedule after {end}")
        return found


class SWALR(LRScheduler, frozen=True):
    """``SWALR``: from whatever rate the group holds to swa_lr in anneal_epochs steps.

    Each step works out where the annealing began from where it is, so that what other schedulers do
    in between is annealed, too.
    """

    swa_lr: Any
    anneal_epochs: int = 10
    anneal_strategy: str = "cos"
    last_epoch: int = -1

    listed = ("swa_lr",)
    choices: ClassVar[Any] = {"anneal_strategy": ("cos", "linear")}

    leaves_behind: ClassVar[bool] = True
    card: ClassVar[Card] = card(
        "recursion from group['lr'] by shares of the way, float64 or the tensor's", Proof.RECURSION,
        "swa_lr", TypeError="swa_lr no number, last_epoch none",
        ValueError="anneal_strategy unknown, anneal_epochs no int from 0 on, "
        "not one swa_lr for each group",
    )  # fmt: skip

    def begin(self, workers: list[Worker]) -> None:
        goals = schedulers.one_for_each(self.swa_lr, "swa_lr", workers)
        for worker, goal in zip(workers, goals, strict=True):
            worker.group["swa_lr"] = goal
        if self.anneal_strategy not in ("cos", "linear"):
            raise ValueError(f"anneal_strategy must be cos or linear: {self.anneal_strategy!r}")
        if not isinstance(self.anneal_epochs, int) or self.anneal_epochs < 0:
            raise ValueError(f"anneal_epochs must be an integer from 0 on: {self.anneal_epochs!r}")

    def plain(self, worker: Worker) -> bool:
        swa_lr, lr = worker.group["swa_lr"], worker.lr
        return super().plain(worker) and isinstance(swa_lr, float) and not isinstance(lr, Tensor)

    def rate(self, worker: Worker) -> Any:
        """Anneal once; step 0 leaves the rate where it is unless there is nothing to anneal."""
        return self._step(worker.group, worker.count - 1)(worker.lr)

    def restarted(self, worker: Worker) -> Moves:
        return Stepwise([self._step(worker.group, worker.count - 1)])

    def moves(self, worker: Worker, steps: int) -> Moves:
        first, goal = worker.count, worker.group["swa_lr"]
        annealing = max(0, min(steps, self.anneal_epochs + 2 - first))
        functions = [self._step(worker.group, first + i) for i in range(annealing)]
        return Stepwise(functions).then(Values(np.full(steps - annealing, goal * 1 + goal * 0)))

    def _step(self, group: dict[str, Any], step: int) -> Callable[[Any], Any]:
        """Return what a step does to the rate."""
        if self.anneal_epochs == 0:
            step = max(1, step)
        before, now = (self._share(n / max(1, self.anneal_epochs)) for n in (step - 1, step))

        def annealed(lr: Any) -> Any:
            goal = group["swa_lr"]
            began = goal if before == 1 else (lr - before * goal) / (1 - before)
            return goal * now + began * (1 - now)

        return annealed

    def _share(self, t: float) -> float:
        """Return the share of the way that is done after the share t of the steps."""
        t = max(0, min(1, t))
        return (1 - math.cos(math.pi * t)) / 2 if self.anneal_strategy == "cos" else t

    def meaning(self, worker: Worker) -> Schedule:
        goal, lr = float(worker.group["swa_lr"]), float(worker.lr)
        step = worker.count - 1
        if step >= self.anneal_epochs:
            return Constant(lr)
        share = self._share(step / self.anneal_epochs)
        began = (lr - share * goal) / (1 - share)
        wave = cosine if self.anneal_strategy == "cos" else line
        return stepping.begun(wave(began, goal, self.anneal_epochs).schedule(), step)

    def means(self, base: Any) -> Meaning:
        wave = cosine if self.anneal_strategy == "cos" else line
        return wave(base, self.swa_lr, self.anneal_epochs)

    @classmethod
    def resumed(cls, parts: Parts[Any]) -> Lift | Refusal:
        """Refuse: resumed, it begins its annealing anew."""
        return Refusal(f"it begins at its start, and the schedule {parts.begin:g} steps on")


# --- functions of the step -----------------------------------------------------------------------

BAD_LAMBDA = {
    "TypeError": "lr_lambda no function, or its value no number",
    "ValueError": "not one lambda for each parameter group",
}


class LambdaLR(Setting, schedulers.LambdaLR, frozen=True):
    """``LambdaLR``: ``lr(t) = base · λ(t)``.

    A lambda that is read from text is pure arithmetic, computed by a whitelist and never executed
    as code; in the library any function of the step will do.
    """

    losses = (matching.UNSAVED,)

    card: ClassVar[Card] = card(
        "base · λ(step), float64, each step by itself", Proof.FUNCTION, "whatever the lambda says",
        **BAD_LAMBDA,
    )  # fmt: skip

    told_by = "step"

    def told(self, group: int) -> Expression | None:
        stated, function = self.optimizer.groups[group], schedulers.readable(self.lr_lambda, group)
        if stated.tensor is not None:
            return None
        return Expression(function.variable, f"{source(stated.base)} * ({function.source})")

    def plain(self, worker: Worker) -> bool:
        """Whether it is an expression, whose values may be computed as floats.

        Where an integer is beyond the floats, 0 times it is not.
        """
        known = isinstance(worker.kept["function"], Expression)
        nonzero = stepping.is_float(worker.base) or worker.base != 0
        return known and nonzero and super().plain(worker)

    def leaves_floats(self, worker: Worker) -> bool:
        """Whether the base rate is a float: who knows what the lambda says."""
        return stepping.is_float(worker.base)

    def rate(self, worker: Worker) -> Any:
        return stepping.times(worker.base, called(worker.kept["function"], worker.t))

    def rates(self, worker: Worker, steps: range) -> Moves:
        """Multiply the base rate; where an integer may have lost something, in Python."""
        base, function, real = worker.base, worker.kept["function"], worker.real
        values, halt = values_of(function, steps)
        products: NDArray[Any] = real(base) * values.astype(real)
        if not isinstance(base, float):
            far = float(stepping.EXACT)
            beyond = (np.abs(values) > far) | (np.abs(products) > far)
            for place in np.flatnonzero(beyond | ((products == 0) & np.signbit(products))).tolist():
                try:
                    group = {"lr": worker.lr}
                    stepping.put(group, stepping.times(base, called(function, steps[place])))
                    products[place] = stepping.rate_of(group)
                except Exception as error:
                    return Values(products[:place], stepping.halting(error))
        return Values(products, halt)


class MultiplicativeLR(Multiplying, schedulers.MultiplicativeLR, frozen=True):
    """``MultiplicativeLR``: ``lr(t) = lr(t−1) · λ(t)``, from t = 1 on.

    Only a lambda that is the same at every step has a schedule: the others are products that no
    formula says.
    """

    losses = (matching.UNSAVED,)

    card: ClassVar[Card] = card(
        "recursion from group['lr'] by λ(step), float64 or the tensor's", Proof.RECURSION,
        "whatever the lambda says", **BAD_LAMBDA,
    )  # fmt: skip

    def begin(self, workers: list[Worker]) -> None:
        super().begin(workers)
        for worker in workers:
            function = worker.kept["function"]
            if not callable(function) and not isinstance(function, Expression):
                raise TypeError(f"lr_lambda should be a function, not {function!r}")

    def plain(self, worker: Worker) -> bool:
        """Whether it is an expression, of whose values none is too large for a tensor."""
        readable = isinstance(worker.kept["function"], Expression)
        return super().plain(worker) and readable and not isinstance(worker.lr, Tensor)

    def ratio(self, worker: Worker, t: Any) -> Any:
        return 1 if worker.initial else called(worker.kept["function"], t)

    def restarted(self, worker: Worker) -> Moves:
        """Multiply by the value at step 0: there is no closed form to set."""
        return Factors(*values_of(worker.kept["function"], range(1)))

    def moves(self, worker: Worker, steps: int) -> Moves:
        following = range(worker.t + 1, worker.t + 1 + steps)
        return Factors(*values_of(worker.kept["function"], following))


def called(function: Any, t: Any) -> Any:
    """Return what a lambda says of one step."""
    return (function.function() if isinstance(function, Expression) else function)(t)


def values_of(
    function: Expression, steps: range | NDArray[np.int64]
) -> tuple[NDArray[np.float64], Halting | None]:
    """Return a lambda's values at each step, as far as it has any, and what it raises then."""
    at = np.arange(steps.start, steps.stop) if isinstance(steps, range) else steps
    values, error = function.over(at)
    return values, None if error is None else stepping.halting(error)


# --- a metric ------------------------------------------------------------------------------------


class ReduceLROnPlateau(schedulers.ReduceLROnPlateau, frozen=True):
    """``ReduceLROnPlateau``: the rate times factor when a metric has stopped improving."""

    card: ClassVar[Card] = card(
        "float(group['lr']) · factor where the metric says so, float64", Proof.METRIC,
        "follows the metric without end", always={}, TypeError="factor no number, mode no text",
        ValueError="factor from 1 on, mode or threshold_mode unknown, "
        "not one min_lr for each group",
    )  # fmt: skip

    @property
    def dtype(self) -> Any:
        return self.optimizer.dtype

    def fault(self) -> Fault | None:
        return plateau_fault(self)

    def follow(self, metrics: Sequence[float], steps: int) -> Iterator[NDArray[Any]]:
        """Count the steps without improvement; every rate is a Python float for a moment."""
        self.checked()
        groups = [stepping.group_of(group) for group in self.optimizer.groups]
        one = next((group for group in groups if "shared" in group), None)
        groups = [one if one and "shared" in group else group for group in groups]
        columns, halt = [list(map(stepping.rate_of, groups))], None
        try:
            for reducing in map(Patience(self).over, map(float, metrics[: steps - 1])):
                if reducing:
                    for index, group in enumerate(groups):
                        self._reduce(group, index)
                columns.append(list(map(stepping.rate_of, groups)) if reducing else columns[-1])
        except Exception as error:
            halt = stepping.halting(error)
        yield np.array(columns).T.astype(self.dtype)
        if halt is not None:
            raise halt

    def _reduce(self, group: dict[str, Any], index: int) -> None:
        """Bring a group's rate down, unless it is hardly any lower."""
        least = self.min_lr[index] if isinstance(self.min_lr, list | tuple) else self.min_lr
        rate = stepping.rate_of(group)
        lower = max(rate * self.factor, least)
        if rate - lower > self.eps:
            stepping.put(group, lower)


# --- schedulers of schedulers --------------------------------------------------------------------


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
    ConstantLR, LinearLR, CosineAnnealingLR, CosineAnnealingWarmRestarts, ExponentialLR, StepLR,
    MultiStepLR, PolynomialLR, LambdaLR,
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


STEPPED = (
    CosineAnnealingLR, CosineAnnealingWarmRestarts, ConstantLR, LinearLR, ExponentialLR,
    PolynomialLR, StepLR, MultiStepLR, MultiplicativeLR, CyclicLR, OneCycleLR, SequentialLR,
    ChainedScheduler, LambdaLR, ReduceLROnPlateau,
)  # fmt: skip
DIALECT = Dialect(
    name="torch",
    title="PyTorch",
    version=VERSION,
    precedence=0,
    optimizers=TORCH,
    gone={"verbose": "up to 2.6 it has the rates printed"},
    function=LambdaLR,
    side_by_side=ChainedScheduler,
    constructors=(
        *completed(STEPPED, "torch.optim.lr_scheduler", VERSION, schedulers.ROLES, DOCS, "torch"),
        *completed((SWALR,), "torch.optim.swa_utils", VERSION, schedulers.ROLES, DOCS, "torch"),
    ),
    aliases={
        "optim": "torch.optim",
        "lr_scheduler": "torch.optim.lr_scheduler",
        "optim.lr_scheduler": "torch.optim.lr_scheduler",
        "swa_utils": "torch.optim.swa_utils",
    },
)
