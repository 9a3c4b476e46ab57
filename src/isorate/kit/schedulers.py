"""Schedulers that several frameworks have: signature and meaning; each adds its own arithmetic."""

from __future__ import annotations

import math
from collections import Counter
from typing import TYPE_CHECKING, Any, ClassVar

import msgspec
from msgspec.structs import replace

from isorate.kit import matching, objects
from isorate.kit.call import Composition, Lift
from isorate.kit.card import Role, roles_of
from isorate.kit.match import Parts, Refusal
from isorate.kit.meaning import (
    Meaning,
    added,
    constant,
    cosine,
    exponential,
    formula,
    line,
    multiplied,
    polynomial,
    repeat,
    shift,
    staircase,
    steps,
    triangles,
)
from isorate.kit.optimizer import Optimizer
from isorate.kit.plateau import Feedback, Plateau
from isorate.kit.scheduler import LRScheduler, Match, Multiplying, Setting, all_of
from isorate.kit.stepped_call import SteppedCall
from isorate.kit.unknown import ANY
from isorate.schedule.combinators import Groups, Join, Product, Shift, Staircase, Sum, Until
from isorate.schedule.errors import ConvertError
from isorate.schedule.expression import Expression
from isorate.schedule.formula import Formula
from isorate.schedule.shapes.decays import Exponential, NaturalExponential
from isorate.schedule.shapes.lists import PiecewiseConstant
from isorate.schedule.shapes.waves import Constant

if TYPE_CHECKING:
    from collections.abc import Mapping

    from isorate.kit.objects import Worker
    from isorate.schedule.node import Schedule

#: What the arguments of these names say, wherever they are met.
ROLES: Mapping[str, Role] = roles_of(
    start="optimizer base_lr start_factor div_factor",
    end="eta_min end_factor max_lr min_lr swa_lr final_div_factor",
    duration="T_max T_0 total_iters step_size milestones step_size_up step_size_down pct_start "
    "anneal_epochs patience cooldown",
    factor="T_mult gamma factor",
    shape="power lr_lambda mode scale_fn scale_mode anneal_strategy three_phase schedulers "
    "threshold threshold_mode",
    length="total_steps epochs steps_per_epoch",
    begin="last_epoch",
)

#: As many steps as nobody takes: a ConstantLR of so many never goes back to the base rate.
FOREVER = 10**12


# --- factors -------------------------------------------------------------------------------------


class StepLR(Multiplying, frozen=True):
    """The rate is multiplied by gamma once in step_size steps."""

    step_size: int
    gamma: float = 0.1
    last_epoch: int = -1

    def means(self, base: Any) -> Meaning:
        return staircase(exponential(base, self.gamma), self.step_size)


class MultiStepLR(Multiplying, frozen=True):
    """The rate is multiplied by gamma at every milestone.

    A milestone that is listed twice counts twice; their order does not matter.
    """

    milestones: list[int]
    gamma: float = 0.1
    last_epoch: int = -1

    shapes = (PiecewiseConstant,)
    match = staticmethod(matching.milestones)

    def shape(self, base: float, group: int) -> Schedule:
        """Return a rate for each interval between milestones, up to one that raises."""
        rates = [float(base)]
        boundaries: list[int] = []
        for milestone, times in sorted(Counter(self.milestones).items()):
            if milestone < 0 or milestone != int(milestone):
                continue
            try:
                rate = float(rates[-1] * self.gamma**times)
            except OverflowError:
                return Until(_steps(rates, boundaries), int(milestone))
            if milestone == 0:
                rates = [rate]
            else:
                rates.append(rate)
                boundaries.append(int(milestone))
        return _steps(rates, boundaries)


def _steps(rates: list[float], boundaries: list[int]) -> Schedule:
    """Return a rate for each interval, some of which may be infinite."""
    if all(map(math.isfinite, rates)):
        return PiecewiseConstant(tuple(rates), tuple(boundaries))
    parts = [
        Shift(Exponential(math.copysign(1.0, rate), 2.0), 1024)
        if math.isinf(rate)
        else Constant(rate)
        for rate in rates
    ]
    return Join(tuple(parts), tuple(boundaries))


class ConstantLR(Multiplying, frozen=True):
    """base · factor for total_iters steps, then the base rate."""

    factor: float = 1.0 / 3
    total_iters: int = 5
    last_epoch: int = -1

    def begin(self, workers: list[Worker]) -> None:
        if self.factor > 1.0 or self.factor < 0:
            raise ValueError(f"factor={self.factor!r} is not between 0 and 1")

    def shape(self, base: float, group: int) -> Schedule:
        """Return two rates; where total_iters is never met, one."""
        if not 1 <= self.total_iters < FOREVER or self.total_iters != int(self.total_iters):
            return Constant(base * self.factor)
        if self.factor == 0:
            raise ConvertError("factor=0: it comes to a division by 0 at total_iters")
        return super().shape(base, group)

    def means(self, base: Any) -> Meaning:
        return steps([base * self.factor, base], at=[self.total_iters])

    def stays(self, base: Any) -> Meaning:
        """Mean a total_iters that nobody meets."""
        return constant(base * self.factor).where(total_iters=FOREVER)

    also = (stays,)

    @classmethod
    def base_for(cls, shape: Any) -> float | None:
        return shape.rate if isinstance(shape, Constant) else None


class LinearLR(Multiplying, frozen=True):
    """The base rate times a factor that goes in a straight line, and stays at its end."""

    start_factor: float = 1.0 / 3
    end_factor: float = 1.0
    total_iters: int = 5
    last_epoch: int = -1

    def begin(self, workers: list[Worker]) -> None:
        if self.start_factor > 1.0 or self.start_factor <= 0:
            raise ValueError(f"start_factor={self.start_factor!r} is not above 0 and up to 1")
        if self.end_factor > 1.0 or self.end_factor < 0:
            raise ValueError(f"end_factor={self.end_factor!r} is not from 0 to 1")

    def shape(self, base: float, group: int) -> Schedule:
        if self.total_iters < 1:
            return Constant(base * self.start_factor)
        check_whole("total_iters", self.total_iters)
        return super().shape(base, group)

    def means(self, base: Any) -> Meaning:
        return line(base * self.start_factor, base * self.end_factor, self.total_iters)

    @classmethod
    def base_for(cls, shape: Any) -> float | None:
        return float(max(shape.start, shape.end))  # no factor is above 1


class ExponentialLR(Multiplying, frozen=True):
    """The rate is multiplied by gamma at every step."""

    gamma: float
    last_epoch: int = -1

    def means(self, base: Any) -> Meaning:
        return exponential(base, self.gamma)

    def meaning(self, worker: Worker) -> Schedule:
        """Return the exponential that begins with the group's rate: any rate is on one."""
        return self.shape(float(worker.lr), worker.index)


class PolynomialLR(Multiplying, frozen=True):
    """base · (1 − t/total_iters)^power, down to 0."""

    total_iters: int = 5
    power: float = 1.0
    last_epoch: int = -1

    def shape(self, base: float, group: int) -> Schedule:
        if self.total_iters < 1 or self.power == 0:
            return Constant(base)
        check_whole("total_iters", self.total_iters)
        if self.power < 0:
            raise ConvertError(f"power={self.power!r}: it ends with a division by 0")
        if math.isinf(self.power):
            return PiecewiseConstant((base, 0.0), (1,))
        return super().shape(base, group)

    def means(self, base: Any) -> Meaning:
        return polynomial(base, 0.0, self.total_iters, self.power)


def check_whole(name: str, steps: Any) -> None:
    """Raise where a number of steps is none."""
    if steps != int(steps):
        raise ConvertError(f"{name}={steps!r} is no number of steps")


# --- cosines and cycles --------------------------------------------------------------------------


class CosineAnnealingLR(LRScheduler, frozen=True):
    """Half a cosine down in T_max steps, half a cosine up, without end."""

    T_max: float
    eta_min: float = 0.0
    last_epoch: int = -1

    def means(self, base: Any) -> Meaning:
        return cosine(base, self.eta_min, self.T_max, "mirror")


class CosineAnnealingWarmRestarts(Setting, frozen=True):
    """Half a cosine down, again and again, T_mult times as long."""

    T_0: int
    T_mult: int = 1
    eta_min: float = 0.0
    last_epoch: int = -1

    def begin(self, workers: list[Worker]) -> None:
        if self.T_0 <= 0 or not isinstance(self.T_0, int):
            raise ValueError(f"T_0={self.T_0!r} is no positive integer")
        if self.T_mult < 1 or not isinstance(self.T_mult, int):
            raise ValueError(f"T_mult={self.T_mult!r} is no integer from 1 on")

    def means(self, base: Any) -> Meaning:
        return repeat(cosine(base, self.eta_min, self.T_0), self.T_0, self.T_mult)


class CyclicLR(Setting, frozen=True):
    """Triangles between base_lr and max_lr, their height scaled by the cycle or the step."""

    base_lr: Any
    max_lr: Any
    step_size_up: int = 2000
    step_size_down: int | None = None
    mode: str = "triangular"
    gamma: float = 1.0
    scale_fn: Any = None
    scale_mode: str = "cycle"

    sets = True
    listed = ("base_lr", "max_lr")
    choices: ClassVar[Any] = {
        "step_size_down": (None, ANY),
        "mode": ("triangular", "triangular2", "exp_range"),
        "scale_fn": (None,),
    }

    def check_mode(self) -> None:
        """Want a mode that there is, unless a function takes its place."""
        if self.mode not in ("triangular", "triangular2", "exp_range") and self.scale_fn is None:
            raise ValueError(f"mode={self.mode!r} is unknown, and there is no scale_fn")

    def sizes(self) -> tuple[float, float]:
        """Return the steps up and the steps down."""
        up = float(self.step_size_up)
        return up, up if self.step_size_down is None else float(self.step_size_down)

    def shape(self, base: float, group: int) -> Schedule:
        up, down = self.sizes()
        if up <= 0 or down < 0 or up != int(up) or down != int(down):
            raise ConvertError(f"{up:g} and {down:g} steps are no whole numbers that make a cycle")
        if self.scale_fn is not None:
            readable(self.scale_fn, group)
        return super().shape(base, group)

    def means(self, base: Any) -> Meaning:
        low, up, down = self.base_lr, self.step_size_up, self.step_size_down
        return cycles(
            low, self.max_lr, up, up if down is None else down, self.mode, self.gamma,
            self.scale_fn, self.scale_mode,
        ).where(base=low)  # fmt: skip

    @classmethod
    def match(cls, shape: Any, base: float | None) -> Match | Refusal:
        """Say triangles, by a scale_fn where a formula scales their height."""
        match shape:
            case Sum(of=(Constant() as floor, Product(of=(first, second)))):
                for factor, waves in ((first, second), (second, first)):
                    scaled, cycle = _scaling(factor)
                    if scaled is None:
                        continue
                    # in the place of what no argument says, something that one does
                    like = Sum((floor, Product((waves, Exponential(1.0, 0.5)))))
                    found = super().match(like, base)
                    if isinstance(found, Refusal):
                        return found
                    told = {n: v for n, v in found.arguments.items() if n not in ("mode", "gamma")}
                    up = told["step_size_up"]
                    if cycle not in (None, up + (told.get("step_size_down") or up)):
                        return Refusal("its heights are scaled cycle by cycle, or at every step")
                    mode = {"scale_mode": "iterations"} if cycle is None else {}
                    return replace(found, arguments={**told, "scale_fn": scaled, **mode})
        return super().match(shape, base)


def cycles(
    low: Any, high: Any, up: Any, down: Any, mode: str, gamma: Any, scale_fn: Any, scale_mode: str
) -> Meaning:
    """Mean triangles whose height is scaled by a function of the cycle or the step, or by mode."""
    if scale_fn is not None:
        factor = formula(1.0, scale_fn.variable, scale_fn.source)
        if scale_mode == "cycle":
            factor = staircase(shift(factor, 1), up + down)
        waves = multiplied(triangles(0.0, high - low, up, down), factor)
    elif mode == "exp_range" and gamma != 1:
        waves = multiplied(triangles(0.0, high - low, up, down), exponential(1.0, gamma))
    else:
        halving = {"shrink": 0.5, "floor": low} if mode == "triangular2" else {}
        return triangles(low, high, up, down, **halving)
    return added(constant(low), waves)


def _scaling(factor: Schedule) -> tuple[Expression | None, int | None]:
    """Return the function that a factor is of the step, or of cycles of some steps."""
    match factor:
        case Formula():
            return _function(factor), None
        case Staircase(of=Shift(of=Formula() as function, by=1)):
            return _function(function), factor.every
    return None, None


def _function(factor: Formula) -> Expression:
    source = factor.source if factor.scale == 1 else f"{factor.scale!r} * ({factor.source})"
    return Expression(factor.variable, source)


# --- functions of the step -----------------------------------------------------------------------


class OfFunctions(LRScheduler, frozen=True):
    """A scheduler that is given a function of the step, or one for each group."""

    lr_lambda: Any
    last_epoch: int = -1

    def begin(self, workers: list[Worker]) -> None:
        functions = one_for_each(self.lr_lambda, "lr_lambda", workers)
        for worker, function in zip(workers, functions, strict=True):
            worker.kept["function"] = function


class LambdaLR(OfFunctions, Setting, frozen=True):
    """``lr(t) = base · λ(t)``."""

    def shape(self, base: float, group: int) -> Schedule:
        expression = readable(self.lr_lambda, group)
        return Formula(base, expression.variable, expression.source)

    @classmethod
    def match(cls, shape: Any, base: float | None) -> Match | Refusal:
        return matching.formula(shape, base, cls.losses)

    @classmethod
    def lift(cls, schedule: Schedule, updates: int) -> Lift | Refusal:
        """Say one formula for each group, on the clock that they share."""
        groups = schedule.of if isinstance(schedule, Groups) else (schedule,)
        groups = tuple(group.of if isinstance(group, Until) else group for group in groups)
        every = groups[0].every if isinstance(groups[0], Staircase) else 1
        if all(isinstance(group, Staircase) and group.every == every for group in groups):
            groups = tuple(group.of for group in groups if isinstance(group, Staircase))
        else:
            every = 1
        matches = all_of([cls.match(group, None) for group in groups])
        if isinstance(matches, Refusal):
            return matches
        lambdas = [match.arguments["lr_lambda"] for match in matches]
        call = cls(Optimizer.of(*[1.0] * len(groups)), lambdas[0] if len(lambdas) == 1 else lambdas)
        parts = Parts(groups, every, 0, schedule.length)
        losses = (*matches[0].losses, *parts.unlike_endless(), *parts.clocked())
        return Lift(call, every, losses).checked()


class MultiplicativeLR(OfFunctions, Multiplying, frozen=True):
    """``lr(t) = lr(t−1) · λ(t)``, from t = 1 on.

    Only a lambda that is the same at every step has a schedule: the others are products that no
    formula says.
    """

    shapes = (Exponential, NaturalExponential)
    listed = ("lr_lambda",)

    def shape(self, base: float, group: int) -> Schedule:
        expression = readable(self.lr_lambda, group)
        if expression.varies:
            raise ConvertError(
                "a product of factors that vary has no formula", hint="compare it by its rates"
            )
        return Exponential(base, float(expression.function()(0)))

    def meaning(self, worker: Worker) -> Schedule:
        return self.shape(float(worker.lr), worker.index)

    @classmethod
    def match(cls, shape: Any, base: float | None) -> Match | Refusal:
        return matching.constant_factor(shape, base, cls.losses)


def one_for_each(value: Any, name: str, workers: list[Worker]) -> list[Any]:
    """Return an argument's value for every group: one for all, or one of as many."""
    if not isinstance(value, list | tuple):
        return [value] * len(workers)
    if len(value) != len(workers):
        given = f"it has {len(value)} for {len(workers)}"
        raise ValueError(f"{name} must have a value for each parameter group: {given}")
    return list(value)


def readable(functions: Any, group: int) -> Expression:
    """Return a group's lambda as an expression.

    Raises:
        ConvertError: it is a function that was given as such, and cannot be read.

    """
    function = functions[group] if isinstance(functions, list | tuple) else functions
    if not isinstance(function, Expression):
        raise ConvertError("a function has no schedule to read off", hint="compare it by its rates")
    return function


# --- schedulers of schedulers, and by a metric ---------------------------------------------------


class SequentialLR(Composition, SteppedCall, frozen=True):
    """One scheduler after another; at a milestone the next one starts over."""

    optimizer: Optimizer
    schedulers: list[Any]
    milestones: list[int]
    last_epoch: int = -1

    worker: ClassVar[Any] = objects.Sequential


class ReduceLROnPlateau(Feedback, frozen=True):
    """The rate is multiplied by factor when a metric has stopped improving.

    A metric that has not improved for more than ``patience`` steps brings the rate down, to
    ``min_lr`` at the lowest, and by more than ``eps`` or not at all; ``cooldown`` steps after that
    do not count.
    """

    optimizer: Optimizer
    mode: str = "min"
    factor: float = 0.1
    patience: int = 10
    threshold: float = 1e-4
    threshold_mode: str = "rel"
    cooldown: int = 0
    min_lr: Any = 0
    eps: float = 1e-8

    def plateau(self) -> Plateau:
        groups = self.optimizer.groups
        many = isinstance(self.min_lr, list | tuple)
        arguments = {name: getattr(self, name) for name in AS_THEY_ARE}
        return Plateau(
            rates=tuple(group.lr for group in groups),
            least=tuple(self.min_lr) if many else (self.min_lr,) * len(groups),
            **arguments,
        )

    @classmethod
    def say(cls, plateau: Plateau) -> Lift | Refusal:
        arguments = {name: getattr(plateau, name) for name in AS_THEY_ARE}
        least = plateau.least
        call = msgspec.structs.replace(
            cls(Optimizer.of(*plateau.rates)),
            min_lr=least[0] if len(set(least)) == 1 else list(least),
            **arguments,
        )
        return Lift(call).checked()


#: What torch and its likes call as every dialect does.
AS_THEY_ARE = ("mode", "factor", "patience", "threshold", "threshold_mode", "cooldown", "eps")
