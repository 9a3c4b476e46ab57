"""A training loop as scripts write it for Accelerate, which notes the rate of every update.

Run by a launcher, it goes through the cases of a JSON file on every process, and the first of them
writes what it saw to another.
"""

from __future__ import annotations

import json
import os
import sys
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import accelerate
import torch
from torch.optim import lr_scheduler
from torch.utils.data import DataLoader

import isorate.torch

BATCH_SIZE = 2


@dataclass(frozen=True)
class Case:
    """What a script chooses; ``scheduler`` is its text, ``batches`` the length of its loader."""

    scheduler: str
    accumulation: int = 1
    split_batches: bool = False
    step_every: str = "update"
    batches: int = 7
    epochs: int = 3
    metrics: tuple[float, ...] = ()
    step_scheduler_with_optimizer: bool = True
    drop_last: bool = False


@dataclass
class Seen:
    """The rate of every update, the updates of every epoch, and the error that ended it."""

    rates: list[float]
    epochs: list[int]
    error: str | None = None


def reset() -> None:
    """Forget the last case, but not the process group."""
    accelerate.state.GradientState._reset_state()
    accelerate.state.AcceleratorState._reset_state()


def leave() -> None:
    """Forget everything, so that nothing of Accelerate's stays in the process."""
    reset()
    accelerate.state.PartialState._reset_state()


def train(case: Case) -> Seen:
    """Train one parameter."""
    reset()
    accelerator = accelerate.Accelerator(
        cpu=True,
        gradient_accumulation_plugin=accelerate.utils.GradientAccumulationPlugin(
            num_steps=case.accumulation, adjust_scheduler=True
        ),
        dataloader_config=accelerate.utils.DataLoaderConfiguration(
            split_batches=case.split_batches
        ),
        step_scheduler_with_optimizer=case.step_scheduler_with_optimizer,
    )
    model = torch.nn.Linear(1, 1)
    plain = torch.optim.SGD(model.parameters(), lr=0.1)
    names = vars(lr_scheduler) | {"optimizer": plain, "isorate": isorate}
    samples = torch.zeros(case.batches * BATCH_SIZE, 1)
    loader = DataLoader(samples, batch_size=BATCH_SIZE, drop_last=case.drop_last)
    model, optimizer, loader, scheduler = accelerator.prepare(
        model, plain, loader, eval(case.scheduler, names)
    )
    seen = Seen([], [])
    plain.register_step_pre_hook(
        lambda optimizer, *_: seen.rates.append(float(optimizer.param_groups[0]["lr"]))
    )

    def step() -> None:
        if case.metrics:
            calls = len(seen.rates) if case.step_every == "update" else len(seen.epochs) + 1
            scheduler.step(case.metrics[calls - 1])
        else:
            scheduler.step()

    try:
        for _ in range(case.epochs):
            before = len(seen.rates)
            for batch in loader:
                with accelerator.accumulate(model):
                    accelerator.backward(model(batch).sum())
                    optimizer.step()
                    if case.step_every == "update":
                        step()
                    optimizer.zero_grad()
            if case.step_every == "epoch":
                step()
            seen.epochs.append(len(seen.rates) - before)
    except Exception as error:
        seen.error = type(error).__name__
    return seen


def main(cases: str, results: str) -> None:
    """Go through the cases of a file."""
    given: list[dict[str, Any]] = json.loads(Path(cases).read_text())
    seen = [asdict(train(Case(**case))) for case in given]
    if os.environ.get("RANK") == "0":
        Path(results).write_text(json.dumps(seen))
    torch.distributed.destroy_process_group()


if __name__ == "__main__":
    main(*sys.argv[1:])
