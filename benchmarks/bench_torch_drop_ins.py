"""What one ``step()`` of the other drop-ins costs, and of a warmup before a cosine.

It also runs by itself, and then prints a line for each.
"""

from __future__ import annotations

from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, Final

from torch.optim import lr_scheduler
from torch.optim.swa_utils import SWALR

from benchmarks.measure import Row
from benchmarks.stepping import optimizer_of, times
from isorate import schedules
from isorate import torch as isorate_torch

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from torch.optim import Optimizer

#: Rounds of each case, by parameter groups.
ROUNDS: Final = {1: 21, 100: 9}

#: Longer than all rounds together: no schedule is over while it is measured.
LONG: Final = 100_000
WARMUP: Final = 1_000

TORCH: Any = SimpleNamespace(**vars(lr_scheduler), SWALR=SWALR)

#: How each drop-in is made, of torch's classes or of Isorate's.
DROP_INS: Final[dict[str, Callable[[Any, Optimizer], Any]]] = {
    "LambdaLR": lambda of, optimizer: of.LambdaLR(optimizer, lambda step: 1 / (1 + step)),
    "MultiplicativeLR": lambda of, optimizer: of.MultiplicativeLR(optimizer, lambda step: 0.9999),
    "StepLR": lambda of, optimizer: of.StepLR(optimizer, 300),
    "MultiStepLR": lambda of, optimizer: of.MultiStepLR(optimizer, [300, 600, 900]),
    "ConstantLR": lambda of, optimizer: of.ConstantLR(optimizer, 0.5, 300),
    "LinearLR": lambda of, optimizer: of.LinearLR(optimizer, 0.01, 1.0, LONG),
    "ExponentialLR": lambda of, optimizer: of.ExponentialLR(optimizer, 0.9999),
    "PolynomialLR": lambda of, optimizer: of.PolynomialLR(optimizer, LONG, 0.9),
    "CosineAnnealingWarmRestarts": lambda of, optimizer: of.CosineAnnealingWarmRestarts(
        optimizer, 100, 2
    ),
    "CyclicLR": lambda of, optimizer: of.CyclicLR(optimizer, 0.001, 0.1, 200),
    "OneCycleLR": lambda of, optimizer: of.OneCycleLR(optimizer, 0.1, LONG),
    "SWALR": lambda of, optimizer: of.SWALR(optimizer, 0.05, LONG),
    "SequentialLR": lambda of, optimizer: of.SequentialLR(
        optimizer,
        [of.LinearLR(optimizer, 0.01, 1.0, WARMUP), of.ExponentialLR(optimizer, 0.9999)],
        [WARMUP],
    ),
    "ChainedScheduler": lambda of, optimizer: of.ChainedScheduler(
        [of.LinearLR(optimizer, 0.01, 1.0, WARMUP), of.ExponentialLR(optimizer, 0.9999)]
    ),
}


def rows() -> Iterator[Row]:
    """Yield the warmup before a cosine, and of the drop-ins the slowest and the one halfway."""
    for groups in ROUNDS:
        theirs, ours = warmup(groups)
        name = f"torch step(), warmup and cosine, {counted(groups)}: SequentialLR / ScheduleLR"
        yield Row(name, theirs / ours, "≥", 1.0)
    for names in PAIRS:
        for groups in ROUNDS:
            theirs, ours = beside(groups, names)
            name = f"torch step() of {names} beside each other, {counted(groups)}"
            yield Row(name, theirs / ours, "≥", 2.0)
    for groups in ROUNDS:
        by_ratio = sorted((theirs / ours, name) for name, theirs, ours in drop_ins(groups))
        for which, (ratio, name) in (
            ("the slowest", by_ratio[0]),
            ("halfway", by_ratio[(len(by_ratio) - 1) // 2]),
        ):
            text = f"torch step(), {len(by_ratio)} other drop-ins, {counted(groups)}: {which}"
            yield Row(f"{text}, {name}", ratio, "≥", 1.0)


def counted(groups: int) -> str:
    """Return the number of groups in words."""
    return f"{groups} float group{'' if groups == 1 else 's'}"


def warmup(groups: int) -> tuple[float, float]:
    """Return the seconds of a step of a warmup and a cosine, torch's and Isorate's."""
    optimizer = optimizer_of(groups)
    parts = [
        lr_scheduler.LinearLR(optimizer, 0.01, 1.0, WARMUP),
        lr_scheduler.CosineAnnealingLR(optimizer, LONG, 0.001),
    ]
    theirs = lr_scheduler.SequentialLR(optimizer, parts, [WARMUP])
    optimizer = optimizer_of(groups)
    course = [
        schedules.Cosine(group["lr"], 0.001, LONG).after_warmup(WARMUP, 0.01 * group["lr"])
        for group in optimizer.param_groups
    ]
    ours = isorate_torch.ScheduleLR(optimizer, schedules.groups(*course))
    return times(theirs, ours, ROUNDS[groups])


#: Schedulers that are stepped one after the other; the second pair has no closed form.
PAIRS: Final[dict[str, Callable[[Any, Optimizer], Any]]] = {
    "LinearLR and ExponentialLR": DROP_INS["ExponentialLR"],
    "LinearLR and CosineAnnealingLR with a floor": lambda of, optimizer: of.CosineAnnealingLR(
        optimizer, LONG, 0.001
    ),
}


class Beside:
    """Two schedulers of one optimizer, stepped one after the other."""

    def __init__(self, of: Any, optimizer: Optimizer, names: str) -> None:
        self.optimizer = optimizer
        self.first = DROP_INS["LinearLR"](of, optimizer)
        self.second = PAIRS[names](of, optimizer)
        self.get_last_lr = self.second.get_last_lr

    def step(self) -> None:
        """Take a step of both."""
        self.first.step()
        self.second.step()


def beside(groups: int, names: str) -> tuple[float, float]:
    """Return the seconds of a step of both, torch's and Isorate's."""
    theirs, ours = (Beside(of, optimizer_of(groups), names) for of in (TORCH, isorate_torch))
    return times(theirs, ours, ROUNDS[groups])


def drop_ins(groups: int) -> Iterator[tuple[str, float, float]]:
    """Yield each drop-in's name and the seconds of its step, torch's and Isorate's."""
    for name, made in DROP_INS.items():
        theirs, ours = (made(of, optimizer_of(groups)) for of in (TORCH, isorate_torch))
        yield name, *times(theirs, ours, ROUNDS[groups])


if __name__ == "__main__":
    for _groups in ROUNDS:
        _pairs = ((_names[:28], *beside(_groups, _names)) for _names in PAIRS)
        _others = (("warmup and cosine", *warmup(_groups)), *_pairs)
        for _name, _theirs, _ours in (*_others, *drop_ins(_groups)):
            print(
                f"{_name:28} {counted(_groups):16} torch {_theirs * 1e6:8.2f} µs"
                f"  Isorate {_ours * 1e6:7.2f} µs  ratio {_theirs / _ours:6.2f}"
            )
