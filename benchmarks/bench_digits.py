"""What part of training the digits example the scheduler takes: torch's own and Isorate's.

The example's own loop trains its own model, with ``scheduler.step()`` after every update. It also
runs by itself.
"""

from __future__ import annotations

import io
import sys
from argparse import Namespace
from contextlib import redirect_stderr
from importlib import import_module
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import TYPE_CHECKING, Any, Final
from unittest.mock import patch

import numpy as np
import torch
from torch.optim import lr_scheduler

from benchmarks.measure import Row
from isorate import torch as isorate_torch

if TYPE_CHECKING:
    from collections.abc import Iterator

DIGITS: Final = Path(__file__).resolve().parents[1] / "examples" / "digits"
ROUNDS: Final = 9
EPOCHS: Final = 30

#: Each side's class, and the module that a schedule's text names it by.
SIDES: Final[tuple[tuple[Any, str], ...]] = (
    (lr_scheduler.CosineAnnealingLR, "torch.optim.lr_scheduler"),
    (isorate_torch.CosineAnnealingLR, "isorate.torch"),
)


def rows() -> Iterator[Row]:
    """Yield what Isorate's scheduler takes of an update, over what torch's takes."""
    theirs, ours = shares()
    name = f"digits example, scheduler's share of an update: Isorate's {ours:.2%}"
    yield Row(f"{name} / torch's {theirs:.2%}", ours / theirs, "≤", 1.0)


def shares() -> tuple[float, float]:
    """Return the median share of both, torch's and Isorate's, measured in turns."""
    sys.path.insert(0, str(DIGITS))  # the example's scripts import each other by name
    try:
        recipe, train_torch = import_module("recipe"), import_module("train_torch")
    finally:
        sys.path.remove(str(DIGITS))
    threads = torch.get_num_threads()
    torch.set_num_threads(1)  # the model is too small for more, and they wait for each other
    prepared = [recipe.prepare(options(module)) for _, module in SIDES]
    rounds = [
        [share(train_torch, r, kind) for r, (kind, _) in zip(prepared, SIDES, strict=True)]
        for _ in range(ROUNDS)
    ]
    torch.set_num_threads(threads)
    return median(r[0] for r in rounds), median(r[1] for r in rounds)


def options(module: str) -> Namespace:
    """Return the command line's options: the example's cosine, stepped at every update."""
    schedule = f"{module}.CosineAnnealingLR(T_max=updates, eta_min=0.01)"
    return Namespace(schedule=schedule, lr=None, epochs=EPOCHS, step_every="update", seed=0)


def share(train_torch: Any, recipe: Any, kind: Any) -> float:
    """Return the seconds in ``step()`` over the seconds of all updates of one training."""
    step = kind.step
    spent: list[float] = []
    moments: list[float] = []
    rates: list[float] = []

    def timed(scheduler: Any) -> None:
        start = perf_counter()
        step(scheduler)
        spent.append(perf_counter() - start)

    def report(rate: float) -> None:
        moments.append(perf_counter())
        rates.append(rate)

    with patch.object(kind, "step", timed), redirect_stderr(io.StringIO()):
        train_torch.train(recipe, report)
    assert np.allclose(rates, recipe.rates, rtol=1e-9, atol=0.0)
    # from the first report to the last: neither the step that building takes, nor the last one
    return sum(spent[1:-1]) / (moments[-1] - moments[0])


if __name__ == "__main__":
    for _row in rows():
        print(f"{_row.name}: {_row.ratio:.3g}, required ≤ {_row.required:g}")
