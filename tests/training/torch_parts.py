"""What the tests of ``isorate.torch`` share."""

from __future__ import annotations

from typing import Any

import pytest

torch = pytest.importorskip("torch")

from torch.optim import lr_scheduler  # noqa: E402

from isorate.schedule.shapes import Cosine  # noqa: E402
from isorate.torch import ScheduleLR  # noqa: E402

MARKS = [
    pytest.mark.torch,
    # most tests step a scheduler without training
    pytest.mark.filterwarnings("ignore:Detected call of `lr_scheduler.step:UserWarning"),
    pytest.mark.filterwarnings("ignore:The epoch parameter:UserWarning"),
]

TorchCosine = lr_scheduler.CosineAnnealingLR
DTYPES = [torch.float32, torch.float64, torch.bfloat16]
KINDS = ["float", torch.float32, torch.float64]
DECAY: dict[str, Any] = {
    "min_lr": 0.01,
    "max_lr": 0.1,
    "total_step": 11,
    "step_per_epoch": 2,
    "decay_epoch": 4,
}


def parameter() -> Any:
    return torch.nn.Parameter(torch.zeros(1))


def as_kind(rate: float, kind: Any) -> Any:
    return rate if kind == "float" else torch.tensor(rate, dtype=kind)


def optimizer_of(*rates: Any, **extra: Any) -> Any:
    """Return an optimizer with one group for each rate."""
    groups = [{"params": [parameter()], "lr": rate, **extra} for rate in rates]
    return torch.optim.SGD(groups, lr=1.0)


def rates_of(optimizer: Any) -> list[float]:
    return [float(group["lr"]) for group in optimizer.param_groups]


def steps_of(scheduler: Any, count: int) -> list[list[float]]:
    """Return the rates before each of so many steps."""
    found = []
    for _ in range(count):
        found.append(rates_of(scheduler.optimizer))
        scheduler.step()
    return found


def meant(base: float, eta_min: float, T_max: float, step: int) -> float:
    return Cosine(base, eta_min, abs(T_max), "mirror").at(step)


def scheduled(optimizer: Any, T_max: int) -> ScheduleLR:
    return ScheduleLR(optimizer, Cosine(0.1, 0.0, T_max), counting="steps")
