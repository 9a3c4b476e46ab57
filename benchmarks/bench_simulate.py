"""A million updates of each torch scheduler: simulated, beside torch's own steps.

Seconds are the process's own, as torch's steps take too long to be repeated on a busy machine.
"""

from __future__ import annotations

from statistics import median
from time import process_time
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import torch

from benchmarks.measure import Row, seconds
from isorate import Run, read, simulate

if TYPE_CHECKING:
    from collections.abc import Iterator

UPDATES: Final = 10**6

#: Each scheduler's arguments, and how many times as fast as torch Isorate has to be: those whose
#: steps recurse, those that have each rate by itself, and those that ask Python for each.
RECURSIVE: Final = 3.0
CLOSED: Final = 50.0
LAMBDA: Final = 10.0
SCHEDULERS: Final[dict[str, tuple[str, float]]] = {
    "LambdaLR": ("lr_lambda=lambda t: 0.5 * (1 + math.cos(math.pi * t / 1000000))", LAMBDA),
    "MultiplicativeLR": ("lr_lambda=lambda t: 0.999999", RECURSIVE),
    "StepLR": ("step_size=30000, gamma=0.9", RECURSIVE),
    "MultiStepLR": ("milestones=[300000, 600000, 900000]", RECURSIVE),
    "ConstantLR": ("factor=0.1, total_iters=500000", RECURSIVE),
    "LinearLR": ("start_factor=0.001, total_iters=1000000", RECURSIVE),
    "ExponentialLR": ("gamma=0.999999", RECURSIVE),
    "PolynomialLR": ("total_iters=1000000, power=0.9", RECURSIVE),
    "CosineAnnealingLR": ("T_max=1000000, eta_min=1e-5", RECURSIVE),
    "CosineAnnealingWarmRestarts": ("T_0=1000, T_mult=2, eta_min=1e-5", CLOSED),
    "CyclicLR": ("base_lr=1e-4, max_lr=0.1, step_size_up=2000", CLOSED),
    "OneCycleLR": ("max_lr=0.1, total_steps=1000000", CLOSED),
    "SWALR": ("swa_lr=0.05, anneal_epochs=1000", RECURSIVE),
}
COMPOSED: Final[dict[str, str]] = {
    "SequentialLR": "SequentialLR(optimizer := torch.optim.SGD(params, lr=0.1), schedulers=["
    "LinearLR(optimizer, start_factor=0.01, total_iters=10000), "
    "CosineAnnealingLR(optimizer, T_max=990000)], milestones=[10000])",
    "ChainedScheduler": "ChainedScheduler([LinearLR(optimizer := torch.optim.SGD(params, lr=0.1), "
    "start_factor=0.01, total_iters=10000), ExponentialLR(optimizer, gamma=0.999999)])",
}


def rows() -> Iterator[Row]:
    """Yield one line a scheduler."""
    for name, (arguments, required) in SCHEDULERS.items():
        text = f"{name}(torch.optim.SGD(params, lr=0.1), {arguments})"
        yield Row(f"simulate {name}, 10⁶ updates: torch / Isorate", ratio(text), "≥", required)
    for name, text in COMPOSED.items():
        yield Row(f"simulate {name}, 10⁶ updates: torch / Isorate", ratio(text), "≥", RECURSIVE)
    yield Row("simulate ReduceLROnPlateau, 10⁶ updates: torch / Isorate", plateau(), "≥", RECURSIVE)


def ratio(text: str) -> float:
    """Return how many times as fast as torch a call is simulated; both give the same rates."""
    scheduler = built(text)
    rates = np.empty(UPDATES)
    theirs = seconds(lambda: stepped(scheduler, rates), process_time)
    call, run = read(text), Run(UPDATES)
    ours = median(seconds(lambda: simulate(call, run), process_time) for _ in range(3))
    assert np.array_equal(simulate(call, run).values, rates), text
    return theirs / ours


def plateau() -> float:
    """Return the same for a scheduler that is given a metric."""
    text = "ReduceLROnPlateau(torch.optim.SGD(params, lr=0.1), factor=0.999, patience=100)"
    metrics = [1.0 / (1 + step % 7) for step in range(UPDATES)]
    scheduler = built(text)
    rates = np.empty(UPDATES)
    theirs = seconds(lambda: stepped(scheduler, rates, metrics), process_time)
    call, run = read(text), Run(UPDATES, metrics=metrics)
    ours = median(seconds(lambda: simulate(call, run), process_time) for _ in range(3))
    assert np.array_equal(simulate(call, run).values, rates), text
    return theirs / ours


def built(text: str) -> Any:
    """Build a scheduler for real, its optimizer having taken a step."""
    import math

    schedulers = torch.optim.lr_scheduler
    scope = {name: getattr(schedulers, name) for name in schedulers.__all__}
    scope |= {"torch": torch, "math": math, "SWALR": torch.optim.swa_utils.SWALR}
    scope["params"] = [torch.zeros(1, requires_grad=True)]
    scheduler = eval(text, scope)
    scheduler.optimizer.step()
    return scheduler


def stepped(scheduler: Any, rates: Any, metrics: list[float] | None = None) -> None:
    """Step a scheduler through the run and note the rate of every update."""
    group = scheduler.optimizer.param_groups[0]
    step = scheduler.step
    last = len(rates) - 1
    for update in range(len(rates)):
        rates[update] = group["lr"]
        if update < last:
            step() if metrics is None else step(metrics[update])
