"""The loop that scripts write for Accelerate, for one process and, with a launcher, for several.

Run as a module it trains with each scheduler, and the first process writes the rates to a file.
"""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from accelerate import Accelerator

from tests.training.tools.parts import (
    SCHEDULERS,
    Build,
    applied,
    forget_accelerate,
    loader,
    loss_of,
    network,
    sgd,
    torch_cosine,
)


@dataclass
class Training:
    """What a script prepares, and the rates of the updates it has made."""

    accelerator: Any
    net: Any
    optimizer: Any
    loader: Any
    scheduler: Any
    rates: list[float]


def training(
    build: Build, accumulation: int = 1, *, prepared: bool = True, **settings: Any
) -> Training:
    """Return a training that begins; a scheduler that is not prepared is stepped by the script."""
    forget_accelerate()
    accelerator = Accelerator(cpu=True, gradient_accumulation_steps=accumulation, **settings)
    net = network()
    plain = sgd(net)
    rates = applied(plain)
    scheduler = build(plain)
    net, optimizer, batches = accelerator.prepare(net, plain, loader())
    if prepared:
        scheduler = accelerator.prepare(scheduler)
    return Training(accelerator, net, optimizer, batches, scheduler, rates)


def train(run: Training, epochs: int = 2, *, done: int = 0, limit: int | None = None) -> None:
    """Train with a step() in every batch; ``done`` batches were trained before.

    Where the script stops after ``limit`` batches, those of earlier runs count too.
    """
    size = len(run.loader)
    for epoch in range(done // size, epochs):
        batches = run.loader
        if done > epoch * size:
            batches = run.accelerator.skip_first_batches(batches, done - epoch * size)
        for batch in batches:
            if done == limit:
                return
            with run.accelerator.accumulate(run.net):
                run.accelerator.backward(loss_of(run.net, batch))
                run.optimizer.step()
                run.scheduler.step()
                run.optimizer.zero_grad()
            done += 1


def main(file: str) -> None:
    """Train with torch's scheduler and with Isorate's on the processes of the launcher."""
    found = {}
    builds = {"torch": torch_cosine, **{one.name: one.build for one in SCHEDULERS}}
    for name, build in builds.items():
        run = training(build)
        train(run, epochs=3)
        found[name] = run.rates
        first = run.accelerator.is_main_process
    if first:
        Path(file).write_text(json.dumps(found))
    torch.distributed.destroy_process_group()


if __name__ == "__main__":
    main(*sys.argv[1:])
