"""torch's cycles: up and down between two rates, with the momentum against them, and ``SWALR``."""

from __future__ import annotations

import math
import sys
from typing import TYPE_CHECKING, Any, ClassVar

import msgspec
from msgspec.structs import replace

from isorate.dialects.torch.base import RESUMED, LRScheduler, Setting, card, filled
from isorate.dialects.torch.functions import called, values_of
from isorate.dialects.torch.optimizers import TORCH
from isorate.kit import matching, schedulers
from isorate.kit import objects as stepping
from isorate.kit.boundary import Halting
from isorate.kit.call import Lift
from isorate.kit.card import Card, Deviation, Proof
from isorate.kit.effects import Moves, Stepwise, Values
from isorate.kit.match import Refusal
from isorate.kit.meaning import Meaning, cosine, line
from isorate.kit.tensors import Tensor
from isorate.schedule.combinators.clocks import Shift, Until
from isorate.schedule.combinators.joins import Join
from isorate.schedule.errors import ConvertError
from isorate.schedule.expression import Expression
from isorate.schedule.lazily import np
from isorate.schedule.libm import exact, exact_power
from isorate.schedule.shapes.waves import Constant, Cosine, Linear

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from numpy.typing import NDArray

    from isorate.kit.objects import Worker
    from isorate.kit.optimizer import Optimizer
    from isorate.schedule.node import Schedule


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


class Span(msgspec.Struct, frozen=True):
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
        single = stepping.is_single(worker.group)
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
    resumes = False  # it begins its annealing anew
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
