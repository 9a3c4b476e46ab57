"""warmup_scheduler: ildoonet's ``GradualWarmupScheduler``, as of 0.3, in torch 2.13.

A line up in total_epoch steps; the scheduler that it holds comes after that. Where its turn comes
it is asked for the rate of its own step 0 by ``get_lr()``, and stepped from then on: most answer
with the rate that there is, those whose steps depend on the one before compute another.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, ClassVar, Final

import msgspec

from isorate.dialects import torch
from isorate.dialects.torch.functions import LambdaLR
from isorate.kit import (
    ANY,
    Card,
    Composition,
    Deviation,
    Dialect,
    Halting,
    Lift,
    Optimizer,
    Proof,
    Refusal,
)
from isorate.kit import meaning as say
from isorate.kit import objects as stepping
from isorate.kit.boundary import LIMIT
from isorate.kit.call import Call
from isorate.kit.card import roles_of
from isorate.kit.effects import Moves, Values
from isorate.kit.matching import share
from isorate.kit.plateau import Feedback
from isorate.kit.registry import completed
from isorate.kit.scheduler import LRScheduler, Match
from isorate.schedule.combinators import Join, Shift, Until
from isorate.schedule.errors import ConvertError
from isorate.schedule.lazily import np
from isorate.schedule.shapes import Constant, Linear

if TYPE_CHECKING:
    from collections.abc import Sequence

    from isorate.kit.match import Parts
    from isorate.kit.meaning import Meaning
    from isorate.schedule.node import Schedule

VERSION: Final = "0.3"
#: What says the rest of a schedule: the schedulers whose own step 0 has the rate that there is.
AFTER: Final = (torch.StepLR, torch.MultiStepLR, torch.CosineAnnealingWarmRestarts, LambdaLR)


class Warming(stepping.Worker):
    """The warm-up at work on one group, or what comes after it."""

    @property
    def after(self) -> Any:
        """The scheduler that it holds, at work on the same group; none where it holds none."""
        return self.kept["after"]

    @property
    def finished(self) -> bool:
        """Whether that has its turn."""
        return self.kept["finished"] is not None

    @staticmethod
    def step(workers: list[Any]) -> None:
        """Take a step of the warm-up, or let the scheduler after it take one."""
        if workers[0].finished:
            workers[0].after.step([worker.after for worker in workers])
        else:
            stepping.Worker.step(workers)

    @property
    def plain(self) -> bool:
        if self.finished:
            return bool(self.after.plain)
        return self.after is None and isinstance(self.base, int | float) and super().plain

    @property
    def floating(self) -> bool:
        return bool(self.after.floating) if self.finished else super().floating

    def moves(self, steps: int) -> Moves:
        moves: Moves = self.after.moves(steps) if self.finished else super().moves(steps)
        return moves

    def meaning(self) -> Schedule:
        """Return a line, and what the scheduler after it means from the rate that it takes up."""
        call, base, W = self.call, float(self.base), self.call.total_epoch
        if not isinstance(W, int):
            raise ConvertError(f"total_epoch={W!r} is no number of steps")
        if W < 0:
            return Constant(float(self.lr)) if self.after is None else self.after.meaning()
        line: Schedule = call.line(base).schedule()
        if self.after is None:
            return line
        stepping.put(self.group, line.at(W))
        self.t = W
        try:
            self.step([self])
        except Exception:
            return Until(line, W + 1)
        if (
            isinstance(self.after.call, torch.CyclicLR)
            and self.after.base != self.after.kept["low"]
        ):
            raise ConvertError("its CyclicLR goes on from another rate than base_lr")
        return Join((line, self.after.meaning()), (W + 1,))


class GradualWarmupScheduler(Composition, LRScheduler, frozen=True):
    """A line to the base rate times multiplier in total_epoch steps, then another scheduler.

    The line begins at 0 where multiplier is 1, else at the base rate. The scheduler after it has
    its step 0 one step after the line's end, from base rates that are multiplied by multiplier.
    """

    multiplier_: float
    total_epoch: int
    after_scheduler: Any = None
    last_epoch: ClassVar[int] = -1
    worker: ClassVar[Any] = Warming
    holds: ClassVar[str] = "after_scheduler"
    resumes: ClassVar[bool] = False  # it begins at step 0
    choices: ClassVar[Any] = {"multiplier": (1.0, ANY), "after_scheduler": (None,)}
    card: ClassVar[Card] = Card(
        runs_in="torch", clock="step", proof=Proof.MEMBERS,
        arithmetic="base · t/total_epoch, or base · ((multiplier − 1)·t/total_epoch + 1), float64; "
        "then that of after_scheduler",
        past_end="whatever after_scheduler does; where there is none, stays",
        raises={
            "TypeError": "what is no number", "ValueError": "multiplier below 1",
            "ZeroDivisionError": "total_epoch=0",
        },
        deviations=[
            Deviation(
                "after_scheduler comes after total_epoch",
                "it begins a step later: the rate of the end of the warm-up is used twice",
                "GradualWarmupScheduler(o := torch.optim.SGD(params, lr=0.1), 1, 4, "
                "StepLR(o, 1, 0.5))", 5,
            ),
            Deviation(
                "after_scheduler begins with the base rate",
                "one that recurses takes a step back from it: a cosine begins above it, an "
                "exponential below",
                "GradualWarmupScheduler(o := torch.optim.SGD(params, lr=0.1), 1, 4, "
                "CosineAnnealingLR(o, 10))", 5,
            ),
        ],
    )  # fmt: skip

    @property
    def told_by(self) -> str:
        return "" if self.after_scheduler is not None else "step"

    @property
    def closed_form(self) -> str:
        if self.after_scheduler is not None:
            return ""  # which of its steps that is depends on the steps before
        up = "(multiplier - 1.0) * t / total_epoch + 1.0"
        up = "float(t) / total_epoch" if self.multiplier_ == 1 else up
        return f"base * multiplier if t > total_epoch else base * ({up})"

    def supposed(self) -> str | None:
        if self.after_scheduler is None:
            return None
        return (
            f"warmup_scheduler {VERSION} is installed: GitHub's 0.3.2 lets after_scheduler begin "
            "with the rate that it was built with"
        )

    # --- at work

    def begin(self, workers: list[stepping.Worker]) -> None:
        after: Any = self.after_scheduler
        held: Sequence[Any] = [None] * len(workers)
        if isinstance(after, Call):
            if isinstance(after.returned, Feedback):
                raise Halting(
                    LIMIT, "after_scheduler follows a metric, which its steps are to tell"
                )
            if after.dialect not in (DIALECT.name, *DIALECT.holds):
                raise Halting(LIMIT, f"after_scheduler is {after.card.name}")
            held = stepping.work(after, [worker.group for worker in workers])
        elif after:
            raise Halting(LIMIT, f"after_scheduler is no scheduler: {after!r}")
        if self.multiplier_ < 1.0:
            raise ValueError(f"multiplier={self.multiplier_!r} is below 1")
        for worker, each in zip(workers, held, strict=True):
            worker.kept = {"after": each, "finished": None}

    def rate(self, worker: stepping.Worker) -> Any:
        t, W, top = worker.t, self.total_epoch, self.multiplier_
        after: Any = worker.kept["after"]
        if t > W:
            if after is None:
                return worker.base * top
            after.base, worker.kept["finished"] = worker.base * top, t
            if not isinstance(after, stepping.Worker):
                raise Halting("NotImplementedError", f"{after.call.name} has no get_lr()")
            return after.call.rate(after)
        if top == 1:
            return worker.base * (float(t) / W)
        return worker.base * ((top - 1.0) * t / W + 1.0)

    def rates(self, worker: stepping.Worker, steps: range) -> Moves:
        t = np.arange(steps.start, steps.stop, dtype=np.float64)
        base, W, top = worker.base, self.total_epoch, self.multiplier_
        with np.errstate(all="ignore"):
            up = t / W if top == 1 else (top - 1.0) * t / W + 1.0
            return Values(np.where(t > W, base * top, base * up))

    # --- what it means

    def line(self, base: Any) -> Meaning:
        """Mean the warm-up."""
        first = 0.0 if self.multiplier_ == 1 else base
        return say.line(first, base * self.multiplier_, self.total_epoch)

    def means(self, base: Any) -> Meaning:
        return self.line(base)

    @classmethod
    def kinds(cls) -> Any:
        return (*super().kinds(), Join)

    @classmethod
    def match(cls, shape: Any, base: float | None) -> Match | Refusal:
        if not isinstance(shape, Join):
            found = super().match(shape, base)
            low = isinstance(found, Match) and found.arguments["multiplier_"] < 1
            return Refusal("it warms up, and does not cool down") if low else found
        rise, *rest = shape.of
        begins, *later = shape.boundaries
        if not isinstance(rise, Linear) or not 0 <= rise.start < rise.end:
            return Refusal("it begins with a line up")
        after: Any = Join((*rest,), tuple(b - begins for b in later)) if later else rest[0]
        if begins not in (rise.duration, rise.duration + 1):
            return Refusal("what follows the line begins at its end, or one step later")
        if begins == rise.duration:  # it has the rate of its own step 0 where the line ends
            if not math.isclose(after.at(0), rise.end, rel_tol=1e-13):
                return Refusal("the line ends in the rate with which the next part begins")
            after = Shift(after, 1).normal()
        first = rise.start or rise.end
        given = {
            "multiplier_": share(rise.end, rise.start) if rise.start else 1.0,
            "total_epoch": int(rise.duration),
        }
        for kind in AFTER:
            if isinstance(after, kind.kinds() or object):
                held: Any = kind.match(after, first * given["multiplier_"])
                if isinstance(held, Match) and held.unlike is None:
                    own = kind(Optimizer.of(first), **held.arguments)
                    return Match(first, {**given, "after_scheduler": own}, held.losses)
        return Refusal("no scheduler that it can hold says what follows the line")

    @classmethod
    def lifted(cls, parts: Parts[Any]) -> Lift | Refusal:
        found = super().lifted(parts)
        if isinstance(found, Refusal) or (after := found.call.after_scheduler) is None:  # type: ignore[attr-defined]
            return found
        held = msgspec.structs.replace(after, optimizer=found.call.owner)
        call = msgspec.structs.replace(found.call, after_scheduler=held)
        return Lift(call, found.updates_per_step, found.losses)


DIALECT = Dialect(
    "warmup_scheduler", "warmup_scheduler", VERSION,
    completed(
        [GradualWarmupScheduler], "warmup_scheduler", VERSION,
        roles_of(start="optimizer", end="multiplier", duration="total_epoch",
                 shape="after_scheduler"),
        "https://github.com/ildoonet/pytorch-gradual-warmup-lr#{}",
    ),
    aliases={"warmup_scheduler.scheduler": "warmup_scheduler"},
    precedence=160,
    holds=("torch", "transformers", "diffusers"),  # torch's own, and functions that build those
)  # fmt: skip
