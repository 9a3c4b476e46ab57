"""mmengine's schedulers, ``mmengine.optim``, as of 0.10.7, and the runner that steps them.

Each goes on from the rate that it finds, in a window of its steps; beyond that it does nothing.
What they say as a schedule is not said yet, so that code does not name them, and configurations do.
"""

from __future__ import annotations

import math
from collections import Counter
from typing import TYPE_CHECKING, Any, ClassVar, Final

from isorate.dialects.torch.base import Setting
from isorate.kit import Card, Proof
from isorate.kit import objects as stepping
from isorate.kit.call import Composition
from isorate.kit.card import completed
from isorate.kit.stepped_call import SteppedCall
from isorate.schedule.errors import ConvertError

if TYPE_CHECKING:
    from isorate.kit.objects import Group, Worker
    from isorate.kit.optimizer import Optimizer
    from isorate.schedule.node import Schedule

VERSION: Final = "0.10.7"
#: The end of a window that has none.
INF: Final = 10**9
CARD: Final = Card(
    runs_in="torch", clock="step", proof=Proof.RECURSION,
    arithmetic="each rate from the one before, float64", past_end="stays what it is",
)  # fmt: skip


class Windowed(stepping.Worker):
    """A scheduler at work that counts its own steps, those in its window."""

    @staticmethod
    def begin_again(workers: list[Any]) -> None:
        for worker in workers:
            worker.count = -1
        Windowed.step(workers)

    @staticmethod
    def step(workers: list[Any]) -> None:
        for worker in workers:
            worker.count += 1
            if worker.call.begin_ <= worker.count < worker.call.end:
                worker.t += 1
                stepping.put(worker.group, worker.call.rate(worker))

    def meaning(self) -> Schedule:
        raise ConvertError("what its steps make of the rate is not said as a schedule")


class ParamScheduler(Setting, frozen=True, kw_only=True):
    """A scheduler in a window of steps.

    ``begin`` is a method of the calls that are stepped: the field has an underscore after it.
    """

    begin_: int = 0
    end: int = INF
    last_step: int = -1
    by_epoch: bool = True
    verbose: bool = False

    worker: ClassVar[Any] = Windowed
    card: ClassVar[Card] = CARD
    #: What epochs count in its arguments, besides the window.
    lengths: ClassVar[tuple[str, ...]] = ()

    @property
    def last_epoch(self) -> Any:
        """What the objects at work call its count."""
        return self.last_step

    @property
    def steps(self) -> int:
        """How many steps its window has."""
        return int(self.end - self.begin_)

    def begin(self, workers: list[Worker]) -> None:
        if self.steps <= 0:
            raise ValueError(f"end={self.end!r} is not larger than begin={self.begin_!r}")

    def plain(self, worker: Worker) -> bool:
        return False  # it is stepped one by one


class ConstantLR(ParamScheduler, frozen=True):
    """A share of the rate up to the window's last step."""

    factor: float = 1.0 / 3

    def begin(self, workers: list[Worker]) -> None:
        super().begin(workers)
        if not 0 <= self.factor <= 1:
            raise ValueError("factor is not between 0 and 1")

    def rate(self, worker: Worker) -> Any:
        if worker.t == 0:
            return worker.lr * self.factor
        return worker.lr * (1.0 / self.factor) if worker.t == self.steps - 1 else worker.lr


class LinearLR(ParamScheduler, frozen=True):
    """A line between two shares of the rate."""

    start_factor: float = 1.0 / 3
    end_factor: float = 1.0

    def begin(self, workers: list[Worker]) -> None:
        super().begin(workers)
        if not (0 <= self.start_factor <= 1 and 0 <= self.end_factor <= 1):
            raise ValueError("start_factor or end_factor is not between 0 and 1")

    def rate(self, worker: Worker) -> Any:
        first, rise = self.start_factor, self.end_factor - self.start_factor
        if worker.t == 0:
            return worker.lr * first
        return worker.lr * (1.0 + rise / ((self.steps - 1) * first + (worker.t - 1) * rise))


class StepLR(ParamScheduler, frozen=True):
    """A factor every step_size steps."""

    step_size: int
    gamma: float = 0.1
    lengths = ("step_size",)

    def rate(self, worker: Worker) -> Any:
        stays = worker.t == 0 or worker.t % self.step_size != 0
        return worker.lr if stays else worker.lr * self.gamma


class MultiStepLR(ParamScheduler, frozen=True):
    """A factor at each milestone, counted from the window's begin."""

    milestones: list[int]
    gamma: float = 0.1
    lengths = ("milestones",)

    def begin(self, workers: list[Worker]) -> None:
        super().begin(workers)
        for worker in workers:
            worker.kept["at"] = Counter(self.milestones)

    def rate(self, worker: Worker) -> Any:
        at = worker.kept["at"]
        return worker.lr * self.gamma ** at[worker.t] if worker.t in at else worker.lr


class ExponentialLR(ParamScheduler, frozen=True):
    """A factor at every step."""

    gamma: float

    def rate(self, worker: Worker) -> Any:
        return worker.lr if worker.t == 0 else worker.lr * self.gamma


class PolyLR(ParamScheduler, frozen=True):
    """A power of what is left of the window."""

    eta_min: float = 0
    power: float = 1.0

    def rate(self, worker: Worker) -> Any:
        if worker.t == 0:
            return worker.lr
        left = 1 - 1 / (self.steps - 1 - worker.t + 1)
        return (worker.lr - self.eta_min) * left**self.power + self.eta_min


class Falling(ParamScheduler, frozen=True):
    """What a cosine goes down to: a rate, or a share of the first one."""

    def low(self, worker: Worker) -> Any:
        """Return the lowest rate."""
        own: Any = self
        if own.eta_min_ratio is not None:
            return worker.base * own.eta_min_ratio
        return own.eta_min or 0.0

    def follow(self, worker: Worker, t: int, length: int) -> Any:
        """Return the rate of a cosine after its step ``t``."""
        low = self.low(worker)
        here, before = (1 + math.cos(math.pi * at / length) for at in (t, t - 1))
        return here / before * (worker.lr - low) + low


class CosineAnnealingLR(Falling, frozen=True):
    """Half a cosine, and what comes after it."""

    T_max: int | None = None
    eta_min: float | None = None
    eta_min_ratio: float | None = None
    lengths = ("T_max",)

    def begin(self, workers: list[Worker]) -> None:
        super().begin(workers)
        if self.eta_min is not None and self.eta_min_ratio is not None:
            raise AssertionError("eta_min and eta_min_ratio are both given")

    def rate(self, worker: Worker) -> Any:
        length = self.T_max or self.steps
        if worker.t == 0:
            return worker.lr
        if (worker.t - 1 - length) % (2 * length) == 0:
            return (
                worker.lr + (worker.base - self.low(worker)) * (1 - math.cos(math.pi / length)) / 2
            )
        return self.follow(worker, worker.t, length)


class CosineRestartLR(Falling, frozen=True):
    """Half a cosine in each period."""

    periods: list[int]
    restart_weights: Any = (1,)
    eta_min: float | None = None
    eta_min_ratio: float | None = None
    lengths = ("periods",)

    def begin(self, workers: list[Worker]) -> None:
        if (self.eta_min is None) == (self.eta_min_ratio is None):
            raise AssertionError("one of eta_min and eta_min_ratio has to be given")
        if len(self.periods) != len(self.restart_weights):
            raise AssertionError("restart_weights has not as many values as periods")
        super().begin(workers)

    def rate(self, worker: Worker) -> Any:
        begun = 0
        for period, weight in zip(self.periods, self.restart_weights, strict=True):
            if worker.t < begun + period:
                at = worker.t - begun
                return self.follow(worker, at, period) if at else worker.base * weight
            begun += period
        return worker.lr


class OneCycleLR(ParamScheduler, frozen=True):
    """Up to eta_max and down again, whatever rate it finds."""

    eta_max: float = 0
    total_steps: int | None = None
    pct_start: float = 0.3
    anneal_strategy: str = "cos"
    div_factor: float = 25.0
    final_div_factor: float = 1e4
    three_phase: bool = False
    lengths = ("total_steps",)

    @property
    def total(self) -> int:
        """How many steps it has."""
        return self.steps if self.total_steps is None else self.total_steps

    def begin(self, workers: list[Worker]) -> None:
        if self.total_steps is not None and self.total_steps <= 0:
            raise ValueError("total_steps is no positive integer")
        if not isinstance(self.pct_start, float) or not 0 <= self.pct_start <= 1:
            raise ValueError("pct_start is no float between 0 and 1")
        if self.anneal_strategy not in ("cos", "linear"):
            raise ValueError("anneal_strategy is neither cos nor linear")
        for worker in workers:
            first = self.eta_max / self.div_factor
            worker.group |= {"initial_lr": first, "max_lr": self.eta_max,
                             "min_lr": first / self.final_div_factor}  # fmt: skip
        super().begin(workers)

    @property
    def phases(self) -> list[tuple[float, str, str]]:
        """Where each part ends, and the rates between which it goes."""
        up, last = float(self.pct_start * self.total) - 1, self.total - 1
        if not self.three_phase:
            return [(up, "initial_lr", "max_lr"), (last, "max_lr", "min_lr")]
        back = float(2 * self.pct_start * self.total) - 2
        return [(up, "initial_lr", "max_lr"), (back, "max_lr", "initial_lr"),
                (last, "initial_lr", "min_lr")]  # fmt: skip

    def rate(self, worker: Worker) -> Any:
        if worker.t > self.total:
            raise ValueError(f"total_steps={self.total} are over")
        begun: float = 0
        for end, first, then in self.phases:
            if worker.t <= end or end == self.total - 1:
                here, there = worker.group[first], worker.group[then]
                share = (worker.t - begun) / (end - begun)
                if self.anneal_strategy == "linear":
                    return (there - here) * share + here
                return there + (here - there) / 2.0 * (math.cos(math.pi * share) + 1)
            begun = end
        return worker.lr


class QuadraticWarmupLR(ParamScheduler, frozen=True):
    """A parabola from 0: mmdet's, as of 3.3.0."""

    def begin(self, workers: list[Worker]) -> None:
        if self.end >= INF:
            raise ValueError("end is infinite")
        super().begin(workers)

    def rate(self, worker: Worker) -> Any:
        rise = worker.base * (2 * worker.t + 1) / self.steps**2
        return rise if worker.t == 0 else worker.lr + rise


class Running(stepping.Composed):
    """A list of schedulers at work in a loop: some step with batches, and some with epochs."""

    def __init__(self, call: Any, group: Group, workers: list[Any]) -> None:
        super().__init__(call, group, workers)
        self.batches = 0

    @classmethod
    def build(cls, call: Any, groups: list[Group]) -> list[Any]:
        """Build the schedulers, and go on to the batch with which the first update is done."""
        members = stepping.members_of(call, groups) if call.schedulers else [[] for _ in groups]
        made = [cls(call, *each) for each in zip(groups, members, strict=True)]
        for _ in range(call.accumulative_counts - 1):
            cls.go_on(made)
        return made

    @property
    def plain(self) -> bool:
        return False

    @staticmethod
    def step(workers: list[Any]) -> None:
        """Go on to the batch with which the next update is done."""
        for _ in range(workers[0].call.left(workers[0].batches)):
            Running.go_on(workers)

    @staticmethod
    def go_on(workers: list[Any]) -> None:
        """Go on by one batch."""
        for running in workers:
            running.batches += 1
        length = workers[0].call.epoch_length
        ended = length is not None and workers[0].batches % length == 0
        for by_epoch in (False, True)[: 1 + ended]:
            for taking in zip(*(running.workers for running in workers), strict=True):
                if taking[0].call.by_epoch == by_epoch:
                    taking[0].step(taking)

    begin_again = step

    def meaning(self) -> Schedule:
        raise ConvertError("what a list of mmengine's makes of the rate is not said as a schedule")


class param_scheduler(Composition, SteppedCall, frozen=True):
    """The schedulers of a run, as mmengine's runner steps them.

    ``epoch_length`` is the batches of an epoch, none where no epoch ends before the run does;
    ``max_iters`` is those of the run, with the last of which there is an update in any case.
    """

    optimizer: Optimizer
    schedulers: Any = ()
    max_iters: int = INF
    epoch_length: int | None = None
    accumulative_counts: int = 1
    worker: ClassVar[Any] = Running
    card: ClassVar[Card] = CARD

    def left(self, batches: int) -> int:
        """Return how many batches there are to the next update."""
        return max(1, min(self.accumulative_counts, self.max_iters - 1 - batches))


SCHEDULERS: Final[dict[str, Any]] = {
    kind.__name__: kind
    for kind in completed(
        [ConstantLR, CosineAnnealingLR, CosineRestartLR, ExponentialLR, LinearLR, MultiStepLR,
         OneCycleLR, PolyLR, QuadraticWarmupLR, StepLR],
        "mmengine.optim", VERSION, {"optimizer": "start"},
        "https://mmengine.readthedocs.io/en/latest/api/generated/{}.html", "torch",
    )
}  # fmt: skip
completed(
    [param_scheduler], "mmengine", VERSION, {"optimizer": "start"},
    "https://mmengine.readthedocs.io/en/latest/tutorials/param_scheduler.html", "torch",
)  # fmt: skip
