"""Schedulers that several frameworks have: signature and meaning; each adds its own arithmetic."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from isorate.kit import saying
from isorate.kit.card import roles_of
from isorate.kit.meaning import Meaning, constant, exponential, line, polynomial, staircase, steps
from isorate.kit.scheduler import LRScheduler
from isorate.schedule.shapes import Constant, PiecewiseConstant

if TYPE_CHECKING:
    from collections.abc import Mapping

    from isorate.kit.card import Role

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


class StepLR(LRScheduler, frozen=True):
    """The rate is multiplied by gamma once in step_size steps."""

    step_size: int
    gamma: float = 0.1
    last_epoch: int = -1

    def means(self, base: Any) -> Meaning:
        return staircase(exponential(base, self.gamma), self.step_size)


class MultiStepLR(LRScheduler, frozen=True):
    """The rate is multiplied by gamma at every milestone."""

    milestones: list[int]
    gamma: float = 0.1
    last_epoch: int = -1

    says = (PiecewiseConstant,)
    said = staticmethod(saying.milestones)


class ConstantLR(LRScheduler, frozen=True):
    """base · factor for total_iters steps, then the base rate."""

    factor: float = 1.0 / 3
    total_iters: int = 5
    last_epoch: int = -1

    def means(self, base: Any) -> Meaning:
        return steps([base * self.factor, base], at=[self.total_iters])

    def stays(self, base: Any) -> Meaning:
        """Mean a total_iters that nobody meets."""
        return constant(base * self.factor).where(total_iters=FOREVER)

    also = (stays,)

    @classmethod
    def base_for(cls, shape: Any) -> float | None:
        return shape.rate if isinstance(shape, Constant) else None


class LinearLR(LRScheduler, frozen=True):
    """The base rate times a factor that goes in a straight line, and stays at its end."""

    start_factor: float = 1.0 / 3
    end_factor: float = 1.0
    total_iters: int = 5
    last_epoch: int = -1

    def means(self, base: Any) -> Meaning:
        return line(base * self.start_factor, base * self.end_factor, self.total_iters)

    @classmethod
    def base_for(cls, shape: Any) -> float | None:
        return float(max(shape.start, shape.end))  # no factor is above 1


class ExponentialLR(LRScheduler, frozen=True):
    """The rate is multiplied by gamma at every step."""

    gamma: float
    last_epoch: int = -1

    def means(self, base: Any) -> Meaning:
        return exponential(base, self.gamma)


class PolynomialLR(LRScheduler, frozen=True):
    """base · (1 − t/total_iters)^power, down to 0."""

    total_iters: int = 5
    power: float = 1.0
    last_epoch: int = -1

    def means(self, base: Any) -> Meaning:
        return polynomial(base, 0.0, self.total_iters, self.power)
