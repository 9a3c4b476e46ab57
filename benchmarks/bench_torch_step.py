"""What one ``scheduler.step()`` costs: torch's CosineAnnealingLR over Isorate's.

Both run in one process, in rounds that take turns, so that a busy machine slows both alike; the
ratio is that of the medians of all rounds. It also runs by itself.
"""

from __future__ import annotations

from statistics import median
from time import perf_counter
from typing import TYPE_CHECKING, Any

import torch
from torch.optim.lr_scheduler import CosineAnnealingLR

from isorate import torch as isorate_torch

if TYPE_CHECKING:
    from collections.abc import Callable

#: Short rounds, so that both sides of a pair meet the machine in the same state.
ROUNDS = 201

#: Name, parameter groups, rates as float32 tensors?, steps a round, required ratio.
CASES = [
    ("1 float group", 1, False, 500, 2.0),
    ("100 float groups", 100, False, 30, 6.0),
    ("1 float32-tensor group", 1, True, 100, 2.0),
    ("100 float32-tensor groups", 100, True, 3, 20.0),
]


def ratios() -> list[tuple[str, float, float]]:
    """Return ``(name, torch's time / Isorate's time, required ratio)`` for every case."""
    found = []
    for name, groups, tensor, steps, required in CASES:
        theirs, ours = times(groups, tensor, steps)
        found.append((f"torch step(), {name}", theirs / ours, required))
    return found


def times(groups: int, tensor: bool, steps: int) -> tuple[float, float]:
    """Return the median seconds of one ``step()``, torch's and Isorate's."""
    theirs, ours = (
        stepper(kind, groups, tensor)
        for kind in (CosineAnnealingLR, isorate_torch.CosineAnnealingLR)
    )
    rounds = [(seconds(theirs, steps), seconds(ours, steps)) for _ in range(ROUNDS)]
    return median(r[0] for r in rounds), median(r[1] for r in rounds)


def stepper(kind: Any, groups: int, tensor: bool) -> Callable[[], None]:
    """Return the bound ``step`` of a scheduler on an optimizer with rates of its own a group."""
    rates = [0.1 + 0.001 * group for group in range(groups)]
    optimizer = torch.optim.SGD(
        [
            {"params": [torch.nn.Parameter(torch.zeros(1))], "lr": torch.tensor(r) if tensor else r}
            for r in rates
        ]
    )
    scheduler = kind(optimizer, T_max=1000, eta_min=0.001)
    optimizer.step()
    scheduler.step()
    step: Callable[[], None] = scheduler.step
    return step


def seconds(step: Callable[[], None], steps: int) -> float:
    """Return the seconds that one of many steps takes."""
    start = perf_counter()
    for _ in range(steps):
        step()
    return (perf_counter() - start) / steps


if __name__ == "__main__":
    for _name, _groups, _tensor, _steps, _required in CASES:
        _theirs, _ours = times(_groups, _tensor, _steps)
        print(
            f"{_name:28} torch {_theirs * 1e6:8.1f} µs  Isorate {_ours * 1e6:6.2f} µs"
            f"  ratio {_theirs / _ours:6.1f}  required {_required:g}"
        )
