"""MindSpore's experimental scheduler along triangles."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from isorate.dialects.mindspore._schedulers import (
    RESUMED,
    Setting,
    card,
    sgd,
)
from isorate.dialects.mindspore._tensors import held_number, power_to_each
from isorate.dialects.mindspore.experimental_lambdas import values_of
from isorate.dialects.torch import schedulers as torch
from isorate.kit import objects as stepping
from isorate.kit.card import Deviation, Proof
from isorate.kit.effects import Values
from isorate.kit.float32 import number, scalar_type
from isorate.kit.match import Refusal, plain
from isorate.kit.meaning import triangles
from isorate.kit.saying import triangle_of
from isorate.kit.scheduler import Said
from isorate.schedule.combinators import (
    Join,
    Product,
    Repeat,
    Shift,
    Staircase,
    Sum,
)
from isorate.schedule.errors import ConvertError
from isorate.schedule.expression import Expression
from isorate.schedule.shapes import Constant, Exponential, Formula, Linear

if TYPE_CHECKING:
    from isorate.dialects.mindspore._schedulers import Rates, Real
    from isorate.kit.card import Card
    from isorate.kit.effects import Moves
    from isorate.kit.objects import Worker
    from isorate.schedule.node import Schedule


class CyclicLR(Setting, frozen=True):
    """``CyclicLR``: triangles between base_lr and max_lr, their height scaled by the cycle or step.

    The first rate is that of ``initial_lr``, where another scheduler has set it before.
    """

    base_lr: Any
    max_lr: Any
    step_size_up: int = 2000
    step_size_down: int | None = None
    mode: str = "triangular"
    gamma: float = 1.0
    scale_fn: Any = None
    scale_mode: str = "cycle"
    last_epoch: int = -1

    says = (Linear, Repeat, Sum)
    listed = ("base_lr", "max_lr")
    sets = True

    leaves_behind: ClassVar[bool] = True
    card: ClassVar[Card] = card(
        arithmetic="closed form, each step by itself, float32, powf of the C library",
        proof=Proof.COUNTER,
        past_end="starts over, without end",
        raises={
            "KeyError": RESUMED["KeyError"],
            "TypeError": "a rate, a step size or gamma no number, scale_fn no function, last_epoch "
            "no int",
            "ValueError": "not one rate for each parameter group, base_lr a bool, an unknown mode "
            "without scale_fn; last_epoch below -1",
            "ZeroDivisionError": "no steps in a cycle",
        },
        deviations=(
            Deviation(
                "base_lr is the initial rate",
                "the first rate is initial_lr, where another scheduler has left it there",
                "CyclicLR("
                + sgd("[{'params': params, 'lr': 0.1, 'initial_lr': 0.5}]")
                + ", base_lr=0.01, max_lr=0.1, step_size_up=4)",
                0,
            ),
            Deviation(
                "exp_range scales by gamma to the power of the iterations since the cycle began",
                "it counts them from the first cycle on",
                f"CyclicLR({sgd('params')}, base_lr=0.0, max_lr=1.0, step_size_up=2, "
                "mode='exp_range', gamma=0.5)",
                6,
            ),
        ),
    )

    def begin(self, workers: list[Worker]) -> None:
        low = torch.one_for_each(self.base_lr, "base_lr", workers)
        for worker, rate in zip(workers, low, strict=True):
            worker.kept["low"] = rate
            if self.last_epoch == -1:
                if isinstance(rate, bool):
                    raise ValueError("base_lr is a bool, which no Parameter can hold")
                stepping.put(worker.group, _parameter(_tensor("base_lr", rate)))
        high = torch.one_for_each(self.max_lr, "max_lr", workers)
        for worker, rate in zip(workers, high, strict=True):
            worker.kept["high"] = _tensor("max_lr", rate)
        up, down = self._sizes()
        self._share(up, down)
        if self.scale_fn is None and self.mode not in ("triangular", "triangular2", "exp_range"):
            raise ValueError(f"mode={self.mode!r} is unknown, and there is no scale_fn")

    def built(self, worker: Worker) -> None:
        worker.base = _tensor("base_lr", worker.kept["low"])

    @staticmethod
    def _share(up: float, down: float) -> float:
        """Return the share of a cycle that goes up."""
        return up / (up + down)

    def _sizes(self) -> tuple[float, float]:
        up = float(self.step_size_up)
        return up, up if self.step_size_down is None else float(self.step_size_down)

    def to(self, worker: Worker, counts: Rates) -> Moves:
        real, base, (up, down) = worker.real, worker.base, self._sizes()
        turns = counts / number(up + down, real)
        cycle = np.floor(1 + turns)
        x = 1 + turns - cycle
        share = number(self._share(up, down), real)
        rising = x / share
        falling = (x - real(1)) / number(self._share(up, down) - 1, real)
        place = np.where(x <= share, rising, falling)
        scale, halt = self._scales(cycle, counts)
        height = number(_difference(worker.kept["high"], base, real), real)
        return Values(number(base, real) + height * place[: len(scale)] * scale, halt)

    def _scales(self, cycle: Rates, t: Rates) -> tuple[Rates, Any]:
        """Return what the height of each step is multiplied by, and what is raised then."""
        real = scalar_type(cycle)
        if self.scale_fn is not None:
            return values_of(self.scale_fn, cycle if self.scale_mode == "cycle" else t)
        if self.mode == "triangular":
            return np.ones_like(t), None
        if self.mode == "triangular2":
            return real(1) / np.ldexp(real(1), cycle.astype(np.int64) - 1), None
        return power_to_each(held_number(self.gamma), t), None

    def shape(self, base: float, index: int) -> Schedule:
        listed = isinstance(self.max_lr, list | tuple)
        high = float(self.max_lr[index] if listed else self.max_lr)
        up, down = self._sizes()
        if up <= 0 or down < 0 or up != int(up) or down != int(down):
            raise ConvertError(f"cycles of {up:g} steps up and {down:g} down have no schedule")
        total = int(up + down)
        if self.scale_fn is None and self.mode == "triangular2":
            return Repeat(_once(base, high, up, down), total, 1, 0.5, base)
        if self.scale_fn is None and (self.mode == "triangular" or self.gamma == 1):
            return _triangles(base, high, up, down)
        waves = _triangles(0.0, high - base, up, down)
        return Sum((Constant(base), Product((waves, self._factor(total)))))

    def _factor(self, total: int) -> Schedule:
        """Return what the height is multiplied by."""
        if self.scale_fn is None:
            return Exponential(1.0, float(self.gamma))
        if not isinstance(self.scale_fn, Expression):
            hint = "compare it by its rates"
            raise ConvertError("a function has no schedule to read off", hint=hint)
        formula = Formula(1.0, self.scale_fn.variable, self.scale_fn.source)
        return Staircase(Shift(formula, 1), total) if self.scale_mode == "cycle" else formula

    @classmethod
    def said(cls, shape: Any, base: float | None) -> Said | Refusal:
        floor, waves, more = _heights(shape)
        sides = triangle_of(waves)
        if isinstance(sides, Refusal):
            return sides
        low, high, up, down = sides
        if isinstance(waves, Repeat) and waves.shrink != 1:
            if waves.shrink != 0.5 or waves.floor != low:
                return Refusal("its triangles are alike, or shrink by half towards base_lr")
            more = {"mode": "triangular2"}
        if more.pop("cycle", up + down) != up + down:
            return Refusal("its heights are scaled cycle by cycle, or at every step")
        if base is not None and not math.isclose(base, floor + low, rel_tol=1e-13):
            return Refusal("it sets the base rate to base_lr")
        sizes = {"step_size_up": up} | ({} if down == up else {"step_size_down": down})
        limits = {"base_lr": floor + low, "max_lr": plain(floor + high)}
        return Said(floor + low, {**limits, **sizes, **more})


def _heights(shape: Schedule) -> tuple[float, Schedule, dict[str, Any]]:
    """Return a floor, the triangles above it, and the arguments that say how they are scaled."""
    match shape:
        case Sum(of=(Constant(rate=floor), Product(of=(first, second)))):
            for factor, waves in ((first, second), (second, first)):
                said = _scaling(factor)
                if said is not None:
                    return floor, waves, said
        case Sum(of=(Constant(rate=floor), waves)):
            return floor, waves, {}
    return 0.0, shape, {}


def _scaling(factor: Schedule) -> dict[str, Any] | None:
    """Return the arguments that multiply the height by a factor, if any do.

    ``cycle`` is how long its cycles have to be.
    """
    match factor:
        case Exponential(start=1.0, duration=1):
            return {"mode": "exp_range", "gamma": factor.factor}
        case Formula():
            return {"scale_fn": _function(factor), "scale_mode": "iterations"}
        case Staircase(of=Shift(of=Formula() as formula, by=1)):
            return {"scale_fn": _function(formula), "cycle": factor.every}
    return None


def _function(formula: Formula) -> Expression:
    source = formula.source if formula.scale == 1 else f"{formula.scale!r} * ({formula.source})"
    return Expression(formula.variable, source)


def _once(low: float, high: float, up: float, down: float) -> Schedule:
    """Return one triangle."""
    rising = Linear(low, high, int(up))
    return Join((rising, Linear(high, low, int(down))), (int(up),)) if down else rising


def _triangles(low: float, high: float, up: float, down: float) -> Schedule:
    """Return a line up and a line down, again and again."""
    if down:
        return triangles(low, high, int(up), int(down)).schedule()
    return Repeat(_once(low, high, up, down), int(up))


def _tensor(name: str, value: Any) -> Any:
    """Return what a tensor is made of, or raise what making it raises."""
    if not isinstance(value, int | float):
        error = RuntimeError if isinstance(value, list | tuple) else TypeError
        raise error(f"{name} is no number that a tensor is made of: {value!r}")
    if isinstance(value, int) and not -(2**63) <= value < 2**64:
        raise RuntimeError(f"{name} fits no tensor of integers: {value!r}")
    return value


def _parameter(value: Any) -> Any:
    """Return what a Parameter holds of a number: of an integer, the last 32 bits."""
    return _wrapped(value, 32) if isinstance(value, int) else value


def _difference(high: Any, low: Any, real: Real) -> Any:
    """Return a tensor less another: int64 where both are of integers, else rounded first."""
    if any(isinstance(value, int) and value >= 2**63 for value in (high, low)):
        raise TypeError("a tensor of uint64 takes no other beside it")
    if isinstance(high, bool) and isinstance(low, bool):
        return high != low
    if isinstance(high, int) and isinstance(low, int):
        return _wrapped(high - low, 64)
    return number(high, real) - number(low, real)


def _wrapped(value: int, bits: int) -> int:
    half: int = 1 << bits - 1
    return (value + half) % (2 * half) - half
