"""PyTorch: ``torch.optim.lr_scheduler``, as of 2.13.0."""

from __future__ import annotations

import ast
import math
from typing import TYPE_CHECKING, Any, ClassVar, Literal

import numpy as np

from isorate.core.combinators import Groups, Staircase, Until
from isorate.core.errors import ConvertError, ScheduleError
from isorate.core.evaluate import BLOCK
from isorate.core.expression import Expression, parse
from isorate.core.python_source import python_source
from isorate.dialects._base import Call, Card, Dialect, Fault, Halting, Lift, Optimizer, Refusal
from isorate.dialects._cosine import chained_cosine, chained_meaning, lift_periodic
from isorate.dialects._float32 import chained_cosine_tensor, single

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from numpy.typing import NDArray

    from isorate.core.schedule import Schedule

VERSION = "2.13.0"
DOCS = "https://docs.pytorch.org/docs/2.13/generated/torch.optim.lr_scheduler."


class _LRScheduler(Call, frozen=True):
    """What torch's schedulers share: the rate lives in the optimizer, the loop calls ``step()``."""

    optimizer: Optimizer

    @property
    def dtype(self) -> Literal["float64", "float32"]:
        """The dtype of the optimizer's rates: a Python float, or a tensor's."""
        return self.optimizer.dtype

    def _resume_fault(self, last_epoch: Any) -> Fault | None:
        """Return what torch raises for ``last_epoch``: first for the groups, then for its type."""
        fault = self.optimizer.resume_fault(last_epoch)
        if fault is None and not isinstance(last_epoch, int):
            return Fault(TypeError, f"last_epoch is not an integer: {last_epoch!r}")
        return fault


class CosineAnnealingLR(_LRScheduler, frozen=True):
    """``CosineAnnealingLR``: half a cosine down in T_max steps, half a cosine up, without end.

    Documented as ``lr(t) = η + (base−η)(1+cos(πt/T_max))/2``; computed by a recursion from
    ``group["lr"]`` (see ``chained_cosine``), in float64 where the rate is a Python float and in
    the tensor's dtype where it is a tensor. Since 2.8 a scheduler built with ``last_epoch=k``
    leaves ``group["lr"]`` as it finds it and recurses from there.
    """

    T_max: int
    eta_min: float = 0.0
    last_epoch: int = -1

    card: ClassVar[Card] = Card(
        name="torch.optim.lr_scheduler.CosineAnnealingLR",
        dialect="torch",
        runs_in="torch",
        version=VERSION,
        docs=DOCS + "CosineAnnealingLR.html",
        clock="step",
        arithmetic="recursion from group['lr'] by a ratio of cosines, float64 or the tensor's",
        past_end="climbs back to the first rate and goes on with period 2·T_max",
        roles={
            "optimizer": "start",
            "T_max": "duration",
            "eta_min": "end",
            "last_epoch": "begin",
        },
        raises={
            "KeyError": "last_epoch other than -1, and a group without initial_lr",
            "TypeError": "T_max or eta_min no number: at the first step",
            "ValueError": "T_max so small that π·t/T_max is infinite: at the first step",
            "ZeroDivisionError": "T_max=0: at the first step",
        },
    )

    def fault(self) -> Fault | None:
        """Torch checks no argument; the arithmetic of the first step does."""
        resume = self._resume_fault(self.last_epoch)
        if resume is not None:
            return resume
        step = "on the first step"
        if not isinstance(self.T_max, int | float):
            return Fault(TypeError, f"T_max is not a number: {self.T_max!r}", step)
        if self.T_max == 0:
            text = f"T_max={self.T_max!r}, and the step is taken modulo 2·T_max"
            return Fault(ZeroDivisionError, text, step)
        if math.isinf(math.pi * max(abs(self.last_epoch + 2), 1) / self.T_max):
            text = f"T_max={self.T_max!r} takes the cosine of infinity"
            return Fault(ValueError, text, step)
        if not isinstance(self.eta_min, int | float):
            return Fault(TypeError, f"eta_min is not a number: {self.eta_min!r}", step)
        return None

    def lower(self) -> Schedule:
        """Return a mirrored cosine on the loop's clock; a resumed call keeps its own amplitude."""
        self.checked()
        return chained_meaning(self.optimizer, float(self.eta_min), self.T_max, self.last_epoch + 1)

    @classmethod
    def lift(cls, schedule: Schedule, updates: int) -> Lift | Refusal:
        """Say one cosine per group."""
        return lift_periodic(cls, schedule)

    def native(self, steps: int) -> Iterator[NDArray[Any]]:
        """Run torch's recursion, each group in its own dtype."""
        self.checked()
        streams = [
            chained_cosine_tensor(group, self.eta_min, self.T_max, self.last_epoch + 1, steps)
            if group.tensor == "float32"
            else chained_cosine(group, self.eta_min, self.T_max, self.last_epoch + 1, steps)
            for group in self.optimizer.groups
        ]
        for blocks in zip(*streams, strict=False):
            yield np.stack(blocks).astype(self.dtype, copy=False)


class LambdaLR(_LRScheduler, frozen=True):
    """``LambdaLR``: ``lr(t) = base · λ(t)``, for lambdas that are pure arithmetic.

    A lambda is read as an expression tree and computed by a whitelist; it is never executed as
    code. It has no schedule to lower to: only its rates are known.
    """

    lr_lambda: Expression | list[Expression]
    last_epoch: int = -1

    card: ClassVar[Card] = Card(
        name="torch.optim.lr_scheduler.LambdaLR",
        dialect="torch",
        runs_in="torch",
        version=VERSION,
        docs=DOCS + "LambdaLR.html",
        clock="step",
        arithmetic="base · λ(step), float64, each step by itself",
        past_end="whatever the lambda says",
        roles={"optimizer": "start", "last_epoch": "begin"},
        raises={
            "KeyError": "last_epoch other than -1, and a group without initial_lr",
            "TypeError": "lr_lambda no function",
            "ValueError": "not one lambda for each parameter group",
        },
    )

    @property
    def _lambdas(self) -> list[Expression]:
        if isinstance(self.lr_lambda, Expression):
            return [self.lr_lambda] * len(self.optimizer.groups)
        return list(self.lr_lambda)

    def fault(self) -> Fault | None:
        """Torch wants one function a group, and ``initial_lr`` to resume."""
        listed = isinstance(self.lr_lambda, list | tuple)
        functions: Any = self.lr_lambda if listed else [self.lr_lambda]
        groups = len(self.optimizer.groups)
        if listed and len(functions) != groups:
            return Fault(ValueError, f"{len(functions)} lambdas for {groups} parameter groups")
        resume = self._resume_fault(self.last_epoch)
        if resume is not None:
            return resume
        for function in functions:
            if not isinstance(function, Expression):
                return Fault(TypeError, f"lr_lambda is not a function: {function!r}")
        return None

    def lower(self) -> Schedule:
        """Refuse: a function is not data."""
        raise ConvertError("a lambda has no schedule to read off", hint="compare it by its rates")

    @classmethod
    def lift(cls, schedule: Schedule, updates: int) -> Lift | Refusal:
        """Say any schedule that has a formula; with lr=1.0 the lambda is the rate itself."""
        groups = schedule.of if isinstance(schedule, Groups) else (schedule,)
        losses = []
        if schedule.length is not None:
            losses.append(f"goes on after the {schedule.length} rates that the schedule has")
            groups = tuple(group.of if isinstance(group, Until) else group for group in groups)
        every = groups[0].every if isinstance(groups[0], Staircase) else 1
        if every > 1 and all(isinstance(g, Staircase) and g.every == every for g in groups):
            groups = tuple(group.of for group in groups if isinstance(group, Staircase))
            losses.append(f"call scheduler.step() once in {every} updates (an epoch)")
        else:
            every = 1
        try:
            sources = [ast.unparse(parse(python_source(group, "t"))) for group in groups]
        except ScheduleError as error:
            return Refusal(str(error))
        lambdas = [Expression("t", source) for source in sources]  # as they read back
        losses.append("needs `import math`; a lambda is not saved in the scheduler's state_dict")
        optimizer = Optimizer.of(*[1.0] * len(groups))
        return Lift(
            cls(optimizer, lambdas[0] if len(lambdas) == 1 else lambdas), every, tuple(losses)
        )

    def native(self, steps: int) -> Iterator[NDArray[Any]]:
        """Multiply each base rate by its lambda, a resumed call's first rate included."""
        self.checked()
        functions = [expression.function() for expression in self._lambdas]
        first = self.last_epoch + 1
        for start in range(first, first + steps, BLOCK):
            block, halting = self._block(functions, start, min(start + BLOCK, first + steps))
            yield block
            if halting is not None:
                raise halting

    def _block(
        self, functions: list[Callable[[int], Any]], start: int, stop: int
    ) -> tuple[NDArray[Any], Halting | None]:
        """Compute the rates of some steps, as far as every lambda has a value."""
        groups = self.optimizer.groups
        block = np.empty((len(groups), stop - start), self.dtype)
        with np.errstate(over="ignore", invalid="ignore"):
            for column, t in enumerate(range(start, stop)):
                try:
                    block[:, column] = [
                        single(group.base) * single(function(t))
                        if group.tensor == "float32"
                        else group.base * function(t)
                        for group, function in zip(groups, functions, strict=True)
                    ]
                except (ArithmeticError, ValueError, TypeError) as error:
                    text = f"lambda at step {t}: {error}"
                    return block[:, :column], Halting(type(error).__name__, text)
        return block, None


DIALECT = Dialect(
    name="torch",
    title="PyTorch",
    version=VERSION,
    constructors=(CosineAnnealingLR, LambdaLR),
    aliases={
        "optim": "torch.optim",
        "lr_scheduler": "torch.optim.lr_scheduler",
        "optim.lr_scheduler": "torch.optim.lr_scheduler",
    },
)
