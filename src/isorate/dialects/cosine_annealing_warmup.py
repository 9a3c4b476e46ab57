"""cosine_annealing_warmup: katsura-jp's ``CosineAnnealingWarmupRestarts``, as of 2.0.

It takes no notice of the optimizer's own rate. Building it leaves min_lr in every group, also where
there is no warm-up; the steps after that are a line up and half a cosine down, again and again.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, ClassVar, Final

import msgspec
from msgspec.structs import replace

from isorate.dialects.torch.base import RESUMED, Setting
from isorate.kit import ANY, Card, Deviation, Dialect, Halting, Proof, Refusal
from isorate.kit import meaning as say
from isorate.kit.boundary import LIMIT
from isorate.kit.card import roles_of
from isorate.kit.effects import Moves, Values
from isorate.kit.registry import completed
from isorate.schedule.combinators import Join, Repeat, Shift, Until
from isorate.schedule.domains import FARTHEST
from isorate.schedule.errors import ConvertError
from isorate.schedule.lazily import np
from isorate.schedule.libm import exact
from isorate.schedule.shapes import Constant, Cosine, Linear

if TYPE_CHECKING:
    from isorate.kit.meaning import Meaning
    from isorate.kit.objects import Worker
    from isorate.kit.scheduler import Match
    from isorate.schedule.node import Schedule

VERSION: Final = "2.0"
#: More cycles than these are not written out one by one.
MOST_CYCLES: Final = 1_000
EMPTY: Final = "a cycle of no steps"
FIRST: Final = "its first update has min_lr, with which each of its cycles begins"


class CosineAnnealingWarmupRestarts(Setting, frozen=True):
    """A line from min_lr to max_lr in warmup_steps, half a cosine back, again and again.

    Cycle c goes up to ``max_lr·gamma^c``; its steps without the warm-up are cycle_mult times those
    of the cycle before, rounded down. Where a step is told which one it is, the warm-up is left out
    of how a cycle's length follows from the one before.
    """

    first_cycle_steps: int
    cycle_mult: float = 1.0
    max_lr: float = 0.1
    min_lr: float = 0.001
    warmup_steps: int = 0
    gamma: float = 1.0
    last_epoch: int = -1
    choices: ClassVar[Any] = {
        "warmup_steps": (ANY, 0),
        "cycle_mult": (1.0, ANY),
        "gamma": (1.0, ANY),
        "min_lr": (ANY, 0.0),
    }
    lenient: ClassVar[bool] = True
    card: ClassVar[Card] = Card(
        runs_in="torch", clock="step", arithmetic="closed form in the step of the cycle, float64",
        proof=Proof.EACH_STEP, past_end="starts over, without end",
        raises={
            "AssertionError": "warmup_steps from first_cycle_steps on", "KeyError": RESUMED,
            "TypeError": "what is no number",
            "ZeroDivisionError": EMPTY,
        },
        deviations=[
            Deviation(
                "a cycle without a warm-up begins with max_lr", "the first update has min_lr",
                "CosineAnnealingWarmupRestarts(torch.optim.SGD(params, lr=0.1), 5, max_lr=0.1)", 0,
            ),
            Deviation(
                "last_epoch is the index of the last epoch", "the next update has min_lr",
                "CosineAnnealingWarmupRestarts(torch.optim.SGD([{'params': p, 'lr': 0.1, "
                "'initial_lr': 0.1}]), 9, max_lr=0.1, warmup_steps=3, last_epoch=1)", 0,
            ),
        ],
    )  # fmt: skip

    @property
    def told_by(self) -> str:
        return "step" if self.cycle_mult == 1 else ""

    @property
    def closed_form(self) -> str:
        T, m = "first_cycle_steps", "cycle_mult"
        c = f"int(math.log(t / {T} * ({m} - 1) + 1, {m}))"
        at, length = f"(t - int({T} * ({m} ** {c} - 1) / ({m} - 1)))", f"({T} * {m} ** {c})"
        if self.cycle_mult == 1:
            c, at, length = f"(t // {T})", f"(t % {T})", T
        far = self._rate_of(f"(max_lr * gamma ** {c} - min_lr)", at, length)
        return f"({far}) if t >= {T} else ({self._rate_of('(max_lr - min_lr)', 't', T)})"

    @staticmethod
    def _rate_of(height: str, at: str, length: str) -> str:
        turn = f"math.pi * ({at} - warmup_steps) / ({length} - warmup_steps)"
        return (
            f"{height} * {at} / warmup_steps + min_lr if {at} < warmup_steps else "
            f"min_lr + {height} * (1 + math.cos({turn})) / 2"
        )

    # --- at work

    def begin(self, workers: list[Worker]) -> None:
        if not self.warmup_steps < self.first_cycle_steps:
            raise AssertionError("warmup_steps is not below first_cycle_steps")
        if any(group.tensor is not None for group in self.optimizer.groups):
            raise Halting(LIMIT, "it puts a number in the place of a group's tensor")
        for worker in workers:
            worker.kept = {"at": self.last_epoch, "length": self.first_cycle_steps, "cycle": 0}

    def built(self, worker: Worker) -> None:
        worker.base = worker.group["lr"] = self.min_lr

    def advance(self, worker: Worker) -> None:
        kept = worker.kept
        worker.t = math.floor(worker.t + 1)
        kept["at"] += 1
        if kept["at"] >= kept["length"]:
            kept["cycle"] += 1
            kept["at"] -= kept["length"]
            kept["length"] = self.after(kept["length"])

    def after(self, length: Any) -> Any:
        """Return how long the cycle after one is."""
        return int((length - self.warmup_steps) * self.cycle_mult) + self.warmup_steps

    def rate(self, worker: Worker) -> Any:
        W, low, at, length = (
            self.warmup_steps, worker.base, worker.kept["at"], worker.kept["length"],
        )  # fmt: skip
        top = self.max_lr * self.gamma ** worker.kept["cycle"]
        if at == -1:
            return low
        if at < W:
            return (top - low) * at / W + low
        return low + (top - low) * (1 + math.cos(math.pi * (at - W) / (length - W))) / 2

    def plain(self, worker: Worker) -> bool:
        numbers = (self.first_cycle_steps, self.warmup_steps, self.last_epoch)
        whole = all(type(n) is int for n in numbers)
        return super().plain(worker) and whole and 0 <= self.cycle_mult < math.inf

    def moves(self, worker: Worker, steps: int) -> Moves:
        kept, W, low = worker.kept, self.warmup_steps, float(worker.base)
        pieces, left = [np.empty(0)], steps
        while left:
            if kept["at"] + 1 >= kept["length"]:
                kept["at"] -= kept["length"]
                kept["length"] = self.after(kept["length"])
                kept["cycle"] += 1
            if kept["length"] == 0:
                return Values(np.concatenate(pieces), Halting("ZeroDivisionError", EMPTY))
            at = np.arange(kept["at"] + 1, min(kept["at"] + 1 + left, kept["length"]), dtype=float)
            height = self.max_lr * self.gamma ** kept["cycle"] - low
            turn = 1 + exact("cos", math.pi * (at - W) / (kept["length"] - W))
            rise = height * at / W + low if W else at
            pieces.append(np.where(at < W, rise, low + height * turn / 2))
            kept["at"] += len(at)
            left -= len(at)
        return Values(np.concatenate(pieces))

    # --- what it means

    def meaning(self, worker: Worker) -> Schedule:
        kept = worker.kept
        if kept["cycle"] or kept["at"] < 0:
            raise ConvertError(f"last_epoch={self.last_epoch!r} goes on within another cycle")
        shape = self.shape(float(worker.base), worker.index)
        begun = Shift(shape, kept["at"]) if kept["at"] else shape
        first = float(worker.lr)
        return begun if begun.at(0) == first else Join((Constant(first), Shift(begun, 1)), (1,))

    def shape(self, base: float, group: int) -> Schedule:
        """Return cycles that are all alike, or one after another, up to where they are."""
        T, W, m = self.first_cycle_steps, self.warmup_steps, self.cycle_mult
        if m == 1 or (W == 0 and float(m).is_integer() and m > 0):
            return self.means(base).schedule()
        parts: list[Meaning] = []
        starts, start, length = [], 0, T
        while length and start < FARTHEST and len(parts) < MOST_CYCLES:
            starts.append(start)
            top, after = self.max_lr * self.gamma ** len(parts), self.after(length)
            if after == length:
                parts.append(self.cycles(top, length))
                return joined(parts, starts)
            parts.append(self.cycle(top, self.min_lr, length))
            start, length = start + length, after
        if length and start < FARTHEST:
            raise ConvertError(f"it has more than {MOST_CYCLES} cycles of different lengths")
        whole = joined(parts, starts)
        return whole if length else Until(whole, start)

    def cycle(self, top: Any, low: Any, length: Any) -> Meaning:
        """Mean one cycle."""
        W = self.warmup_steps
        if W == 0:
            return say.cosine(top, low, length)
        rise = say.line(low, top, W)
        return rise if length == W else say.join([rise, say.cosine(top, low, length - W)], at=[W])

    def cycles(self, top: Any, length: Any, growth: Any = 1) -> Meaning:
        """Mean cycles whose tops shrink by gamma, and what they rise from stays."""
        low = self.min_lr
        if self.gamma == 1:
            return say.repeat(self.cycle(top, low, length), length, growth)
        tops = say.repeat(self.cycle(top, 0.0, length), length, growth, shrink=self.gamma)
        if low == 0:
            return tops
        return say.added(tops, say.repeat(self.cycle(0.0, low, length), length, growth))

    def means(self, base: Any) -> Meaning:
        whole = self.cycles(self.max_lr, self.first_cycle_steps, self.cycle_mult)
        return whole.where(base=self.max_lr)

    @classmethod
    def match(cls, shape: Any, base: float | None) -> Match | Refusal:
        first: Any = None
        after: Any = None
        cycles = shape
        match shape:
            case Join(of=(Constant(first), Shift(of=cycles, by=1)), boundaries=(1,)):
                pass
            case Join(of=(Linear() as rise, Cosine(after=after) as fall), boundaries=(W,)):
                once = Join((rise, msgspec.structs.replace(fall, after="hold")), (W,))
                cycles = Repeat(once, W + math.ceil(fall.duration))
        found = super().match(cycles, base)
        if isinstance(found, Refusal):
            return found
        warm, low = found.arguments["warmup_steps"], found.arguments["min_lr"]
        if first != (None if warm else low):
            return Refusal(FIRST)
        return found if after is None else replace(found, unlike=("repeat", after))

    @classmethod
    def kinds(cls) -> Any:
        return (*super().kinds(), Join)


def joined(parts: list[Meaning], starts: list[int]) -> Schedule:
    """Return one cycle after another."""
    return (say.join(parts, starts[1:]) if parts[1:] else parts[0]).schedule()


DIALECT = Dialect(
    "cosine_annealing_warmup", "cosine_annealing_warmup", VERSION,
    completed(
        [CosineAnnealingWarmupRestarts], "cosine_annealing_warmup", VERSION,
        roles_of(start="optimizer min_lr", end="max_lr", duration="first_cycle_steps warmup_steps",
                 factor="cycle_mult gamma", begin="last_epoch"),
        "https://github.com/katsura-jp/pytorch-cosine-annealing-with-warmup#{}",
    ),
    aliases={"cosine_annealing_warmup.scheduler": "cosine_annealing_warmup"},
    precedence=160,
)  # fmt: skip
