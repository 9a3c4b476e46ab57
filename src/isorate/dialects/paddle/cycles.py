"""PaddlePaddle's schedulers that go along a cosine or a line, once or again and again."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, ClassVar

from isorate.dialects import torch
from isorate.dialects.paddle.base import HOME, Decay, Demand, anew, card, number
from isorate.dialects.torch.functions import called
from isorate.kit import Card, Deviation, Proof, Refusal, matching, schedulers
from isorate.kit import meaning as say
from isorate.kit import objects as stepping
from isorate.kit.boundary import halting
from isorate.kit.chained_cosine import chained_group, chained_rate, cosine_links, rise_of
from isorate.kit.effects import Factors, Links, Moves, computed
from isorate.kit.optimizer import Optimizer
from isorate.schedule.combinators import Join
from isorate.schedule.errors import ConvertError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from isorate.kit.meaning import Meaning
    from isorate.kit.objects import Worker
    from isorate.schedule.node import Schedule


class CosineAnnealingDecay(Decay, frozen=True):
    """Half a cosine down in T_max steps, half a cosine up, without end.

    It is computed by a recursion from the last rate, and as documented where ``step`` is told.
    """

    learning_rate: float
    T_max: int
    eta_min: float = 0
    card: ClassVar[Card] = card(
        "climbs back to the first rate and goes on with period 2·T_max", Proof.RECURSION,
        anew("CosineAnnealingDecay"),
        each="recursion from the last rate by a ratio of cosines, float64",
        AssertionError="T_max not above 0", TypeError="T_max no int, eta_min no number",
    )  # fmt: skip
    sets: ClassVar[bool] = False
    told_by: ClassVar[Any] = ""  # it computes otherwise then

    def demands(self) -> Iterator[Demand]:
        yield TypeError, isinstance(self.T_max, int)
        yield number(self.eta_min)
        yield AssertionError, self.T_max > 0

    def rate(self, worker: Worker) -> Any:
        if worker.t == 0:
            return worker.base
        return chained_rate(worker, worker.t, self.T_max, float(self.eta_min))

    def closed(self, worker: Worker) -> Any:
        eta = float(self.eta_min)
        wave = 1 + math.cos(math.pi * worker.t / self.T_max)
        return eta + (worker.base - eta) * wave / 2

    def plain(self, worker: Worker) -> bool:
        return super().plain(worker) and worker.t >= 0

    def moves(self, worker: Worker, steps: int) -> Moves:
        ratios, anchors, halt = cosine_links(self.T_max, worker.t, steps)
        eta = float(self.eta_min)
        return Links(ratios, anchors, eta, rise_of(worker.base, eta, self.T_max), halt)

    def meaning(self, worker: Worker) -> Schedule:
        if worker.t < 0:
            return super().meaning(worker)  # which refuses
        return chained_group(worker.lr, worker.base, self.eta_min, self.T_max, worker.t)

    def means(self) -> Meaning:
        return say.cosine(self.learning_rate, self.eta_min, self.T_max, "mirror")


class CosineAnnealingWarmRestarts(Decay, frozen=True):
    """Half a cosine down, again and again, T_mult times as long."""

    learning_rate: float
    T_0: int
    T_mult: int = 1
    eta_min: float = 0
    card: ClassVar[Card] = card(
        "starts over, without end", each="closed form in T_cur, float64",
        ValueError="T_0 no positive int, T_mult no int from 1 on, a first rate below 0",
    )  # fmt: skip

    @property
    def told_by(self) -> str:
        return "step" if self.T_mult == 1 else ""  # it asks a logarithm which cycle it is in

    def demands(self) -> Iterator[Demand]:
        yield ValueError, not self.T_0 <= 0 and isinstance(self.T_0, int)
        yield ValueError, not self.T_mult < 1 and isinstance(self.T_mult, int)

    def begin(self, workers: list[Worker]) -> None:
        super().begin(workers)
        for worker in workers:
            worker.kept = {"T_cur": self.last_epoch, "T_i": self.T_0}

    def rate(self, worker: Worker) -> Any:
        """Return the rate of where it stands in the cycle, once that has moved on."""
        kept, worker.t = worker.kept, math.floor(worker.t)
        if worker.t <= 0:
            worker.t = 0
            return self.closed(worker)
        kept["T_cur"] += 1
        if kept["T_cur"] >= kept["T_i"]:
            kept["T_cur"] -= kept["T_i"]
            kept["T_i"] *= self.T_mult
        return self.wave(worker)

    def closed(self, worker: Worker) -> Any:
        t, first, m = worker.t, self.T_0, self.T_mult
        if t < first:
            worker.kept = {"T_cur": t, "T_i": first}
        elif m == 1:
            worker.kept["T_cur"] = t % first
        else:
            n = int(math.log(t / first * (m - 1) + 1, m))
            worker.kept = {"T_cur": t - first * (m**n - 1) / (m - 1), "T_i": first * m**n}
        return self.wave(worker)

    def wave(self, worker: Worker) -> Any:
        """Return the rate of where it stands in the cycle."""
        eta, kept = self.eta_min, worker.kept
        turn = 1 + math.cos(math.pi * kept["T_cur"] / kept["T_i"])
        return eta + (worker.base - eta) * turn / 2

    def meaning(self, worker: Worker) -> Schedule:
        at, length = worker.t, self.T_0
        while at >= length and self.T_mult > 1:
            at, length = at - length, length * self.T_mult
        if {"T_cur": at % length, "T_i": length} != worker.kept:
            raise ConvertError(f"last_epoch={self.last_epoch!r} leaves it in no cycle of its own")
        return super().meaning(worker)

    def means(self) -> Meaning:
        fall = say.cosine(self.learning_rate, self.eta_min, self.T_0)
        return say.repeat(fall, self.T_0, self.T_mult)


class LinearLR(Decay, frozen=True):
    """The first rate times a factor that goes in a straight line, and stays at its end."""

    learning_rate: float
    total_steps: int
    start_factor: float = 1.0 / 3
    end_factor: float = 1.0
    card: ClassVar[Card] = card(
        "stays at its last rate", Proof.RECURSION,
        anew("LinearLR"), each="recursion from the last rate by ratios of a line, float64",
        ValueError="start_factor not above 0 and up to 1, end_factor not from 0 to 1, total_steps "
        "not above 0, a first rate below 0",
    )  # fmt: skip
    sets: ClassVar[bool] = False

    def demands(self) -> Iterator[Demand]:
        yield ValueError, not (self.start_factor > 1.0 or self.start_factor <= 0)
        yield ValueError, not (self.end_factor > 1.0 or self.end_factor < 0)
        yield ValueError, not self.total_steps <= 0

    def ratio(self, t: Any) -> Any:
        """Return what the last rate is multiplied by."""
        if t > self.total_steps:
            return 1
        rise = self.end_factor - self.start_factor
        return 1.0 + rise / (self.total_steps * self.start_factor + (t - 1) * rise)

    def rate(self, worker: Worker) -> Any:
        first = worker.t == 0
        return worker.base * self.start_factor if first else worker.lr * self.ratio(worker.t)

    def plain(self, worker: Worker) -> bool:
        return super().plain(worker) and worker.t >= 0

    def moves(self, worker: Worker, steps: int) -> Moves:
        ratios, error = computed(self.ratio, range(worker.t + 1, worker.t + 1 + steps))
        return Factors(ratios, None if error is None else halting(error))

    def meaning(self, worker: Worker) -> Schedule:
        if self.total_steps != int(self.total_steps):
            raise ConvertError(f"total_steps={self.total_steps!r} is no number of steps")
        return stepping.scaled_from(self.shape(1.0), worker.t, float(worker.lr))

    def means(self) -> Meaning:
        base = self.learning_rate
        return say.line(base * self.start_factor, base * self.end_factor, self.total_steps)

    @classmethod
    def match(cls, shape: Any, **known: Any) -> tuple[Any, ...] | Refusal:
        return super().match(shape, learning_rate=max(shape.start, shape.end))  # no factor above 1


class CyclicLR(Decay, frozen=True):
    """Triangles between two rates, their height scaled by the cycle or the step."""

    base_learning_rate: float
    max_learning_rate: float
    step_size_up: int
    step_size_down: int | None = None
    mode: str = "triangular"
    exp_gamma: float = 1.0
    scale_fn: Any = None
    scale_mode: str = "cycle"
    card: ClassVar[Card] = card(
        "goes on, cycle after cycle", Proof.UNREDUCED,
        TypeError="a step size no int, exp_gamma no float, what is no number",
        ValueError="a rate below 0, a step size not above 0, a mode or scale_mode unknown",
    )  # fmt: skip
    choices: ClassVar[Any] = {**schedulers.CyclicLR.choices}

    @property
    def first(self) -> Any:
        return self.base_learning_rate

    def demands(self) -> Iterator[Demand]:
        yield number(self.max_learning_rate)
        yield ValueError, not self.max_learning_rate < 0
        for size in (self.step_size_up, self.step_size_down):
            yield TypeError, isinstance(size, int) or size is self.step_size_down is None
            yield ValueError, size is None or size > 0
        yield TypeError, isinstance(self.exp_gamma, float)
        self.max_learning_rate - self.base_learning_rate
        known = self.mode in ("triangular", "triangular2", "exp_range")
        yield ValueError, known or self.scale_fn is not None
        yield ValueError, self.scale_mode in ("cycle", "iterations")

    def scale(self, cycle: Any, t: Any) -> Any:
        """Return what the height is scaled by."""
        if self.scale_fn is not None:
            return called(self.scale_fn, cycle if self.scale_mode == "cycle" else t)
        if self.mode == "exp_range":
            return self.exp_gamma**t
        return 1.0 if self.mode == "triangular" else 1 / 2.0 ** (cycle - 1)

    def at(self, base: Any, t: Any) -> Any:
        up = float(self.step_size_up)
        size = up + (up if self.step_size_down is None else float(self.step_size_down))
        share, cycle = up / size, 1 + t // size
        x = 1.0 + t / size - cycle
        height = x / share if x <= share else (1 - x) / (1 - share)
        height = (float(self.max_learning_rate) - self.base_learning_rate) * height
        return base + height * self.scale(cycle, t)

    def shape(self, base: float) -> Schedule:
        if self.scale_fn is not None:
            schedulers.readable(self.scale_fn, 0)
        return super().shape(base)

    def means(self) -> Meaning:
        up, down = self.step_size_up, self.step_size_down
        return schedulers.cycles(
            self.base_learning_rate, self.max_learning_rate, up, up if down is None else down,
            self.mode, self.exp_gamma, self.scale_fn, self.scale_mode,
        )  # fmt: skip


class OneCycleLR(Decay, frozen=True):
    """Up from max/divide_factor to max_learning_rate, and down to end_learning_rate.

    Its phases are those of torch's, but for the rate that it ends with.
    """

    max_learning_rate: float
    total_steps: int
    divide_factor: float = 25.0
    end_learning_rate: float = 0.0001
    phase_pct: float = 0.3
    anneal_strategy: str = "cos"
    three_phase: bool = False
    card: ClassVar[Card] = card(
        "one rate past the end, then ValueError", Proof.EACH_STEP, Deviation(
            "total_steps is the number of training steps",
            "step total_steps, one past the end, has a rate that rebounds; only the next raises",
            f"{HOME}.OneCycleLR(0.1, 10)", 10,
        ),
        TypeError="total_steps no int, phase_pct no float, what is no number",
        ValueError="a rate below 0, total_steps not above 0, phase_pct not from 0 to 1, or not "
        "below 0.5 of three phases, anneal_strategy unknown",
        ZeroDivisionError="divide_factor=0, phase_pct·total_steps=1: the first phase has no length",
    )  # fmt: skip

    @property
    def first(self) -> Any:
        return self.max_learning_rate / float(self.divide_factor)

    @property
    def phased(self) -> torch.OneCycleLR:
        """The phases, as torch's have them."""
        return torch.OneCycleLR(
            Optimizer.of(0.0), self.max_learning_rate, self.total_steps, pct_start=self.phase_pct,
            anneal_strategy=self.anneal_strategy, cycle_momentum=False,
            three_phase=bool(self.three_phase),
        )  # fmt: skip

    def demands(self) -> Iterator[Demand]:
        for rate in (self.max_learning_rate, self.end_learning_rate):
            yield number(rate)
            yield ValueError, not rate < 0
        yield TypeError, isinstance(self.total_steps, int)
        yield ValueError, self.total_steps > 0
        yield TypeError, isinstance(self.phase_pct, float)
        yield ValueError, not (self.phase_pct < 0 or self.phase_pct > 1)
        yield number(self.divide_factor)
        _ = self.first  # for what it may raise
        yield ValueError, not (self.three_phase and self.phase_pct >= 0.5)
        yield ValueError, self.anneal_strategy in ("cos", "linear")

    def begin(self, workers: list[Worker]) -> None:
        super().begin(workers)
        for worker in workers:
            worker.kept["phases"] = self.phased._phases(self.total_steps)
            worker.group |= {
                "max_lr": self.max_learning_rate, "min_lr": float(self.end_learning_rate)
            }  # fmt: skip

    def rate(self, worker: Worker) -> Any:
        return self.phased.rate(worker)

    def rates(self, worker: Worker, steps: range) -> Moves:
        return self.phased.rates(worker, steps)

    def meaning(self, worker: Worker) -> Schedule:
        return stepping.begun(self.phased.course(worker.group), worker.t)

    @classmethod
    def kinds(cls) -> tuple[type[Schedule], ...]:
        return (Join,)

    @classmethod
    def match(cls, shape: Any, **known: Any) -> tuple[Any, ...] | Refusal:
        found = matching.one_cycle(shape, None)
        if isinstance(found, Refusal):
            return found
        told, last = found.arguments, shape.of[-1]
        arguments = {
            "max_learning_rate": told["max_lr"], "total_steps": told["total_steps"],
            "divide_factor": told["div_factor"], "phase_pct": told["pct_start"],
            "end_learning_rate": getattr(last, "of", last).end, "three_phase": told["three_phase"],
            "anneal_strategy": told["anneal_strategy"],
        }  # fmt: skip
        return arguments, None, *(loss for loss in found.losses if loss != matching.MOMENTUM)
