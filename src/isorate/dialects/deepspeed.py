"""DeepSpeed: ``deepspeed.runtime.lr_schedules``, as of 0.19.8.

Each sets the rate by a formula of its own count of steps, which is one behind the updates: building
it sets the rate of update 0, and the first step computes with a count of 0. So what is written here
in ``t``, the update, has the framework's ``last_batch_iteration`` as ``t - 1``.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, ClassVar, Final

from isorate.dialects.torch.base import function_of
from isorate.dialects.torch.optimizers import TORCH
from isorate.dialects.torch.written import Written, around
from isorate.kit import Card, Deviation, Dialect, Halting, Proof, Refusal
from isorate.kit import meaning as say
from isorate.kit import objects as stepping
from isorate.kit.registry import completed
from isorate.kit.schedulers import one_for_each
from isorate.kit.unknown import ANY, Unknown
from isorate.kit.writing import formula
from isorate.schedule.formula import Formula

if TYPE_CHECKING:
    from collections.abc import Callable

    from isorate.kit.card import Role
    from isorate.kit.meaning import Meaning
    from isorate.kit.objects import Worker
    from isorate.kit.scheduler import Match

VERSION: Final = "0.19.8"
#: The warm-ups, in the updates t and the steps W that they take.
RISES: Final = {"log": "(1.0 / math.log(W)) * math.log(t)", "linear": "(t - 1) / W"}
#: How far a cycle has come, and its stairs, in its length T and the lengths A and B of its halves.
CYCLE: Final = "(1.0 + t / T - math.floor(1 + t / T))"
STAIR: Final = "(math.floor(t % T * {n} / A if t % T <= A else (T - t % T) * {n} / B) / {n})"
ROLES: Final[dict[str, Role]] = {
    "optimizer": "start", "warmup_min_lr": "start", "warmup_max_lr": "start",
    "warmup_min_ratio": "start", "warmup_num_steps": "duration", "total_num_steps": "duration",
    "warmup_type": "shape", "cos_min_ratio": "end", "cycle_min_lr": "start",
    "cycle_max_lr": "end", "cycle_first_step_size": "duration",
    "cycle_second_step_size": "duration", "cycle_first_stair_count": "shape",
    "cycle_second_stair_count": "shape", "decay_lr_rate": "factor", "decay_step_size": "duration",
    "lr_range_test_min_lr": "start", "lr_range_test_step_size": "duration",
    "lr_range_test_step_rate": "factor", "lr_range_test_staircase": "clock",
    "last_batch_iteration": "begin",
}  # fmt: skip
LATE: Final = Deviation(
    "warmup_num_steps is the number of steps from min_lr to max_lr",
    "updates 0 and 1 both have min_lr: max_lr comes one update late",
    "deepspeed.runtime.lr_schedules.WarmupLR(SGD(params, lr=0.1), 0.0, 0.1, 4, 'linear')", 4,
)  # fmt: skip


def card(past_end: str, *deviations: Deviation, **raises: str) -> Card:
    """Return the card of a scheduler, to be completed by its name."""
    return Card(
        runs_in="torch", clock="step", proof=Proof.UNREDUCED, past_end=past_end,
        arithmetic="a formula of the step, float64, each step by itself",
        raises={"TypeError": "what is no number", **raises}, deviations=deviations,
    )  # fmt: skip


class Held(stepping.Worker):
    """A scheduler at work that only a ``ChainedScheduler`` can hold: it has no ``last_epoch``."""

    def undo(self) -> None:
        raise Halting("AttributeError", "it has no last_epoch, which SequentialLR counts back")


class Scheduled(Written, frozen=True):
    """A scheduler that sets the rates of one text, in ``t`` and the names of ``values``."""

    worker: ClassVar[Any] = Held
    factor: ClassVar[Any]
    resumes = False  # it takes the rate that it finds for the one it began with
    #: Whether its rates follow from the one that the optimizer has.
    based: ClassVar[bool] = False

    @property
    def last_epoch(self) -> Any:
        """What the objects at work call its count."""
        return self.last_batch_iteration  # type: ignore[attr-defined]

    def values(self, base: Any) -> dict[str, Any]:
        """Return what the rates of a group are computed with, by name."""
        raise NotImplementedError

    def check(self, workers: list[Worker]) -> None:
        """Raise what building it raises."""

    def rate_of(self, base: Any, group: int) -> Callable[[Any], Any]:
        own = self.of_group(group)
        return function_of(own.factor, {**own.arguments(), **own.values(base)})

    def formula(self, base: float, group: int) -> Formula:
        own = self.of_group(group)
        text = formula(own.factor, {**own.arguments(), **own.values(base)}).source
        return Formula(1.0, "t", text)

    def begin(self, workers: list[Worker]) -> None:
        for name in self.listed:
            one_for_each(getattr(self, name), name, workers)
        self.check(workers)
        for worker in workers:
            worker.kept["function"] = self.rate_of(worker.lr, worker.index)

    def resume(self, workers: list[Worker]) -> None:
        """Take the group's rate for its first one, whatever ``initial_lr`` is."""
        for worker in workers:
            worker.kept["found"] = worker.group.get("initial_lr")
            worker.group["initial_lr"] = worker.lr

    def built(self, worker: Worker) -> None:
        """Leave no ``initial_lr`` behind."""
        found = worker.kept["found"]
        del worker.group["initial_lr"]
        worker.group |= {} if found is None else {"initial_lr": found}

    def rate(self, worker: Worker) -> Any:
        if worker.initial and self.last_epoch != -1:
            return worker.lr
        return worker.kept["function"](worker.t)

    def plain(self, worker: Worker) -> bool:
        return super().plain(worker) and not any(group.tensor for group in self.optimizer.groups)

    @property
    def joints(self) -> list[int]:
        lengths = [getattr(self, name) or 0 for name, role in self.card.roles.items()
                   if role == "duration"]  # fmt: skip
        return around({0, *lengths, sum(lengths[:2]), 2 * lengths[0]}, 3)

    @classmethod
    def base_for(cls, shape: Any) -> float | None:
        """Return its highest rate, where no rate of it depends on the optimizer's."""
        if cls.based:
            return None
        return float(max(abs(shape.at(t)) for t in (0, *getattr(shape, "boundaries", ()))) or 1e-3)


class Warming(Scheduled, frozen=True):
    """A warm-up that begins at update 1, and what comes after it."""

    choices: ClassVar[Any] = {"warmup_type": ("linear",)}

    @property
    def rise(self) -> str:
        """How far the warm-up has come; a type that is unknown is the usual one."""
        return RISES["linear" if self.warmup_type == "linear" else "log"]  # type: ignore[attr-defined]

    @property
    def steps(self) -> Any:
        """How many steps the warm-up takes."""
        own: Any = self.warmup_num_steps  # type: ignore[attr-defined]
        return own if isinstance(own, Unknown) else max(2, own)

    def check(self, workers: list[Worker]) -> None:
        steps: Any = self.warmup_num_steps  # type: ignore[attr-defined]
        if not isinstance(steps, int) or steps <= 0:
            raise ValueError(f"warmup_num_steps={steps!r} is no positive integer")
        # for what they may raise
        hash(self.warmup_type)  # type: ignore[attr-defined]
        max(steps, getattr(self, "total_num_steps", 0))

    def warmed(self, first: Any, low: Any, high: Any, *rest: Meaning) -> Meaning:
        """Return a rate, a warm-up between two others, and what comes after it."""
        if self.warmup_type == "linear":  # type: ignore[attr-defined]
            parts = [say.constant(first), say.line(low, high, self.steps), *rest]
        else:
            share = RISES["log"].replace("W", repr(self.steps)).replace("t)", "t + 1)")
            text = f"({low!r}) + ({high - low!r}) * ({share})"
            parts = [say.constant(first), say.formula(1.0, "t", text)]
            parts += rest or (say.constant(high),)
        return say.join(parts, at=[1, 1 + self.steps][: len(parts) - 1])

    @classmethod
    def match(cls, shape: Any, base: float | None) -> Match | Refusal:
        found = super().match(shape, base)
        if not isinstance(found, Refusal) and found.arguments["warmup_num_steps"] < 2:
            return Refusal("its warm-up takes 2 steps at least")
        return found


class Rising(Warming, frozen=True):
    """A warm-up from warmup_min_lr to warmup_max_lr."""

    listed = ("warmup_min_lr", "warmup_max_lr")

    @property
    def factor(self) -> str:
        return (
            f"low if t <= 0 else low + (high - low) * ({self.rise} if t - 1 < W else {self.fall})"
        )

    @property
    def fall(self) -> str:
        """What is left of the height after the warm-up."""
        return "1.0"

    def check(self, workers: list[Worker]) -> None:
        super().check(workers)
        for worker in workers:
            own = self.of_group(worker.index).values(worker.lr)
            own["high"] - own["low"]  # for what it may raise

    def values(self, base: Any) -> dict[str, Any]:
        own: Any = self
        high = base if own.warmup_max_lr is None else own.warmup_max_lr
        return {"low": own.warmup_min_lr, "high": high, "W": self.steps}


class WarmupLR(Rising, frozen=True):
    """From warmup_min_lr to warmup_max_lr, by the logarithm of the steps or in a line."""

    warmup_min_lr: Any = 0.0
    warmup_max_lr: Any = None
    warmup_num_steps: int = 1000
    warmup_type: str = "log"
    last_batch_iteration: int = -1
    based: ClassVar[bool] = True
    choices: ClassVar[Any] = {"warmup_type": ("linear",), "warmup_max_lr": (None,)}
    card: ClassVar[Card] = card(
        "stays at warmup_max_lr", LATE,
        Deviation(
            "warmup_max_lr is 0.001 by default", "it is the rate that the optimizer has",
            "deepspeed.runtime.lr_schedules.WarmupLR(SGD(params, lr=0.1), warmup_num_steps=4)", 9,
        ),
        ValueError="warmup_num_steps no positive int, not one rate for each group",
    )  # fmt: skip

    def means(self, base: Any) -> Meaning:
        low, high = self.warmup_min_lr, self.values(base)["high"]
        return self.warmed(low, low, high)


class WarmupDecayLR(Rising, frozen=True):
    """The same warm-up, and a line back to warmup_min_lr at total_num_steps."""

    total_num_steps: int
    warmup_min_lr: Any = 0.0
    warmup_max_lr: Any = 0.001
    warmup_num_steps: int = 1000
    warmup_type: str = "log"
    last_batch_iteration: int = -1
    card: ClassVar[Card] = card(
        "stays at warmup_min_lr",
        ValueError="warmup_num_steps no positive int, not one rate for each group",
    )

    @property
    def fall(self) -> str:
        return "max(0.0, float(total_num_steps - (t - 1)) / float(max(1.0, total_num_steps - W)))"

    def means(self, base: Any) -> Meaning:
        low, high = self.warmup_min_lr, self.values(base)["high"]
        return self.warmed(low, low, high, say.line(high, low, self.total_num_steps - self.steps))


class WarmupCosineLR(Warming, frozen=True):
    """From warmup_min_ratio of the base rate to it, and a cosine to cos_min_ratio of it."""

    total_num_steps: int
    warmup_min_ratio: float = 0.0
    warmup_num_steps: int = 1000
    cos_min_ratio: float = 0.0001
    warmup_type: str = "log"
    last_batch_iteration: int = -1
    based: ClassVar[bool] = True
    card: ClassVar[Card] = card(
        "stays at cos_min_ratio of the base rate",
        Deviation(
            "warmup_min_ratio is the share that the warm-up begins with", "update 0 has the rate 0",
            "deepspeed.runtime.lr_schedules.WarmupCosineLR(SGD(params, lr=0.1), 10, 0.5, 4)", 0,
        ),
        ValueError="warmup_num_steps no positive int",
    )  # fmt: skip

    @property
    def factor(self) -> str:
        share = "min(1.0, (t - W) / max(1, total_num_steps - W))"
        return (
            f"0.0 if t <= 0 else base * (warmup_min_ratio + {self.rise} * (1. - warmup_min_ratio)"
            " if t - 1 < W else max(0.0, cos_min_ratio + (1. - cos_min_ratio) * "
            f"((1 + math.cos(math.pi * {share})) / 2)))"
        )

    def values(self, base: Any) -> dict[str, Any]:
        return {"base": base, "W": self.steps}

    def means(self, base: Any) -> Meaning:
        left = self.total_num_steps - self.steps
        fall = say.shift(say.cosine(base, base * self.cos_min_ratio, left), 1)
        return self.warmed(0.0, base * self.warmup_min_ratio, base, fall)


class OneCycle(Scheduled, frozen=True):
    """A line from cycle_min_lr to cycle_max_lr and one back, then an inverse decay of the first."""

    cycle_min_lr: Any
    cycle_max_lr: Any
    decay_lr_rate: float = 0.0
    cycle_first_step_size: float = 2000
    cycle_second_step_size: float | None = None
    cycle_first_stair_count: int = 0
    cycle_second_stair_count: int | None = None
    decay_step_size: float = 0
    cycle_momentum: bool = True
    cycle_min_mom: Any = 0.8
    cycle_max_mom: Any = 0.9
    decay_mom_rate: float = 0.0
    last_batch_iteration: int = -1
    listed = ("cycle_min_lr", "cycle_max_lr")
    card: ClassVar[Card] = card(
        "cycle_min_lr, which decay_lr_rate and decay_step_size bring down",
        ValueError="a step size that is no number or too low, not one rate for each group",
    )
    choices: ClassVar[Any] = {
        "cycle_second_step_size": (None, ANY),
        "cycle_first_stair_count": (0,),
        "cycle_second_stair_count": (None,),
        "decay_step_size": (0, ANY),
    }

    @property
    def sizes(self) -> tuple[float, float]:
        """How many steps the halves of the cycle take."""
        first, second = self.cycle_first_step_size, self.cycle_second_step_size
        return float(first), float(first if second is None else second)

    @property
    def factor(self) -> str:
        up = f"{STAIR.format(n='n1')} if n1 > 0 else {CYCLE} / q"
        down = f"{STAIR.format(n='n2')} if n2 > 0 else ({CYCLE} - 1) / (q - 1)"
        cycle = f"low + (high - low) * (({up}) if {CYCLE} <= q else ({down}))"
        after = "low / (1 + decay_lr_rate * ((t - 1 - T + 1) / decay_step_size))"
        return f"low if t == 0 else {cycle} if t - 1 < T else {'low' if self.stays else after}"

    @property
    def stays(self) -> bool:
        """Whether the rate stays where it is after the cycle."""
        own = (self.decay_step_size, self.decay_lr_rate)
        none = [math.isclose(value, 0) for value in own if not isinstance(value, Unknown)]
        return any(none)

    def check(self, workers: list[Worker]) -> None:
        first, second = self.sizes
        if first <= 0 or second < 0:
            raise ValueError(f"no cycle takes {first:g} and {second:g} steps")
        _ = self.stays  # for what it may raise
        if self.cycle_momentum and "betas" in TORCH.parameters(self.optimizer.name):
            for name in ("cycle_min_mom", "cycle_max_mom"):
                one_for_each(getattr(self, name), name, workers)

    def values(self, base: Any) -> dict[str, Any]:
        first, second = self.sizes
        up, down = self.cycle_first_stair_count, self.cycle_second_stair_count
        stairs = {"n1": up, "n2": up if down is None else down}
        cycle = {"A": first, "B": second, "T": first + second, "q": first / (first + second)}
        return {"low": self.cycle_min_lr, "high": self.cycle_max_lr, **cycle, **stairs}

    def means(self, base: Any) -> Meaning:
        low, high, up = self.cycle_min_lr, self.cycle_max_lr, self.cycle_first_step_size
        down = up if self.cycle_second_step_size is None else self.cycle_second_step_size
        if self.cycle_first_stair_count != 0 or self.cycle_second_stair_count not in (None, 0):
            raise NotImplementedError("no word says stairs within a cycle")
        rest = say.constant(low)
        if not self.stays:
            rest = say.inverse(low, self.decay_lr_rate, self.decay_step_size)
        rise, fall = say.line(low, high, up), say.line(high, low, down)
        parts, at = ([rise, rest], [up]) if down == 0 else ([rise, fall, rest], [up, up + down])
        return say.join(parts, at=at)


class LRRangeTest(Scheduled, frozen=True):
    """A line up without end: it grows by a share of its first rate, at once or in stairs."""

    lr_range_test_min_lr: Any = 1e-3
    lr_range_test_step_size: int = 2000
    lr_range_test_step_rate: float = 1.0
    lr_range_test_staircase: bool = False
    last_batch_iteration: int = -1
    listed = ("lr_range_test_min_lr",)
    choices: ClassVar[Any] = {"lr_range_test_staircase": (False, True)}
    card: ClassVar[Card] = card(
        "grows without end",
        ValueError="lr_range_test_step_size no positive int, not one rate for each group",
    )

    @property
    def factor(self) -> str:
        share = "float(t) / lr_range_test_step_size"
        share = f"math.floor({share})" if self.lr_range_test_staircase else share
        return f"low if t == 0 else low * (1 + lr_range_test_step_rate * ({share}))"

    def check(self, workers: list[Worker]) -> None:
        size: Any = self.lr_range_test_step_size
        if not isinstance(size, int) or size <= 0:
            raise ValueError(f"lr_range_test_step_size={size!r} is no positive integer")

    def values(self, base: Any) -> dict[str, Any]:
        return {"low": self.lr_range_test_min_lr}

    def means(self, base: Any) -> Meaning:
        low, size = self.lr_range_test_min_lr, self.lr_range_test_step_size
        top = low * (1 + self.lr_range_test_step_rate)
        if self.lr_range_test_staircase:
            return say.staircase(say.line(low, top, 1, "continue"), size)
        return say.line(low, top, size, "continue")


DIALECT = Dialect(
    name="deepspeed", title="DeepSpeed", version=VERSION, precedence=120,
    constructors=completed(
        (LRRangeTest, OneCycle, WarmupLR, WarmupDecayLR, WarmupCosineLR),
        "deepspeed.runtime.lr_schedules", VERSION, ROLES,
        "https://deepspeed.readthedocs.io/en/latest/schedulers.html#{}", "deepspeed",
    ),
)  # fmt: skip
