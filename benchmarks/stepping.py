"""What the benchmarks of schedulers for torch share: optimizers, and seconds of ``step()``."""

from __future__ import annotations

import math
from time import thread_time
from typing import TYPE_CHECKING, Any

import torch

from benchmarks.measure import in_turns

if TYPE_CHECKING:
    from collections.abc import Callable

#: Steps of one round, by parameter groups. Isorate computes up to 1,024 steps ahead, fewer where
#: groups are many: a round covers that three times, so that the cost of it is in every round.
STEPS = {1: 3072, 10: 3072, 100: 984, 1000: 96}


#: What a group's rate may be, by its name.
RATES: dict[str, Callable[[float], Any]] = {"float": float, "float32-tensor": torch.tensor}


def optimizer_of(groups: int, kind: str = "float") -> torch.optim.Optimizer:
    """Return an optimizer whose groups each have a rate of their own."""
    rates = [RATES[kind](0.1 + 0.001 * group) for group in range(groups)]
    parameters = [torch.nn.Parameter(torch.zeros(1)) for _ in rates]
    return torch.optim.SGD(
        [{"params": [p], "lr": rate} for p, rate in zip(parameters, rates, strict=True)],
        momentum=0.9,
    )


def times(theirs: Any, ours: Any, rounds: int) -> tuple[float, float]:
    """Return the median seconds of one step of two schedulers, measured in turns.

    They are the thread's own, as rounds are so short that a busy machine would decide. Both have
    the same rates in the end, so that neither has left out what the other did; but not as float32
    tensors, where torch's own drift away.
    """
    steps = STEPS[len(theirs.optimizer.param_groups)]
    their_steps, our_steps = (repeated(step_of(one), steps) for one in (theirs, ours))
    found = in_turns(their_steps, our_steps, rounds, thread_time)
    for pair in zip(theirs.get_last_lr(), ours.get_last_lr(), strict=True):
        assert torch.is_tensor(pair[0]) or math.isclose(*pair, rel_tol=1e-9), pair
    return found[0] / steps, found[1] / steps


def step_of(scheduler: Any) -> Callable[[], object]:
    """Return what one step of a scheduler is; the first one, which torch checks, is taken.

    Where a scheduler of Isorate's counts updates, what it does at an update is part of the step.
    """
    optimizer = scheduler.optimizer
    optimizer.step()
    step: Callable[[], object] = scheduler.step
    step()
    hooks = list(optimizer._optimizer_step_post_hooks.values())
    if not hooks:
        return step
    (updated,) = hooks

    def counted() -> None:
        updated(optimizer, (), {})
        step()

    return counted


def repeated(step: Callable[[], object], times: int) -> Callable[[], None]:
    """Return a function that takes so many steps."""

    def steps() -> None:
        for _ in range(times):
            step()

    return steps
