"""Trains on every process that ``torchrun`` starts, saves, resumes, and writes what was applied.

``torchrun … distributed_worker.py train FOLDER`` trains every case without a break and saves it
halfway; ``resume`` goes on from what every number of processes has saved. Each process writes its
rates and weights to ``FOLDER/PHASE-WORLD-RANK.json``.
"""

from __future__ import annotations

import json
import sys
from contextlib import nullcontext
from dataclasses import dataclass
from datetime import timedelta
from itertools import product
from pathlib import Path
from typing import Any

import torch
import torch.distributed as dist
import torch.distributed.checkpoint as dcp
from torch.distributed.checkpoint.state_dict import (
    StateDictOptions,
    get_model_state_dict,
    get_state_dict,
    set_model_state_dict,
    set_state_dict,
)
from torch.distributed.device_mesh import init_device_mesh
from torch.distributed.fsdp import fully_shard
from torch.distributed.tensor import DTensor
from torch.nn.parallel import DistributedDataParallel
from torch.optim import lr_scheduler

from isorate.schedule.node import Schedule
from isorate.schedule.shapes import Cosine, Linear
from isorate.torch import CosineAnnealingLR, ScheduleLR

UPDATES = 24
SAVED = 9
#: Batches whose gradients one update adds up.
BATCHES = 2
WORLDS = (1, 2)

PERIOD = 11  # so that the cosine is past its trough at the end
FLOOR = 0.003
WHOLE = StateDictOptions(full_state_dict=True, cpu_offload=True)


@dataclass(frozen=True)
class Case:
    """One training.

    Args:
        wrapper: how the model is distributed, ``"ddp"`` or ``"fsdp"``.
        scheduler: ``"schedule"``, ``"cosine"``, or ``"torch"`` for torch's own cosine.
        rate: the type of ``group["lr"]``, ``"float"`` or ``"tensor"``.
        stepped: when ``scheduler.step()`` is called, every ``"update"`` or every ``"batch"``.

    """

    wrapper: str
    scheduler: str
    rate: str
    stepped: str = "update"

    @property
    def name(self) -> str:
        return "-".join([self.wrapper, self.scheduler, self.rate, self.stepped])


WRAPPERS = ("ddp", "fsdp")
RATES = ("float", "tensor")
CASES = [Case(*parts) for parts in product(WRAPPERS, ("schedule", "cosine", "torch"), RATES)]
#: Stepped at every batch although its gradients are only added up.
BY_BATCH = [
    Case(wrapper, name, "float", "batch")
    for wrapper, name in product(WRAPPERS, ("schedule", "torch"))
]
#: Ways to resume. The optimizer's state is loaded after the scheduler's (``dcp``), before it
#: (``file``), or not at all: ``state`` has the scheduler's alone, ``last_epoch`` only a number.
WAYS = ("dcp", "file", "state", "last_epoch")


def first_rate(case: Case) -> Any:
    return 0.1 if case.rate == "float" else torch.tensor(0.1)


def schedule_of(case: Case) -> Schedule:
    """Return the schedule that a case should follow."""
    if case.scheduler == "schedule":
        return Linear(0.01, 0.1, 5).then(Cosine(0.1, FLOOR, PERIOD), at=5)
    return Cosine(float(first_rate(case)), FLOOR, PERIOD, "mirror")


def expected(case: Case) -> list[float]:
    """Return the rate of every update: that of the schedule, in the type of ``group["lr"]``."""
    rates = [schedule_of(case).at(k) for k in range(UPDATES)]
    return rates if case.rate == "float" else torch.tensor(rates).tolist()


class Trainer:
    """A model, its optimizer and its scheduler on one of the processes."""

    def __init__(self, case: Case, mesh: Any, last_epoch: int = -1) -> None:
        torch.manual_seed(0)
        layers = torch.nn.Linear(6, 8), torch.nn.Tanh(), torch.nn.Linear(8, 1)
        self.case = case
        self.model: Any = torch.nn.Sequential(*layers)
        if case.wrapper == "ddp":
            self.model = DistributedDataParallel(self.model)
        else:
            fully_shard(self.model, mesh=mesh)
        group = {"params": list(self.model.parameters())}
        if last_epoch != -1:
            group["initial_lr"] = first_rate(case)
        self.optimizer = torch.optim.AdamW([group], lr=first_rate(case))
        self.scheduler = self._scheduler(last_epoch)
        self.rates: list[float] = []

    def _scheduler(self, last_epoch: int) -> Any:
        if self.case.scheduler == "schedule":
            return ScheduleLR(self.optimizer, schedule_of(self.case), last_epoch)
        torchs = self.case.scheduler == "torch"
        kind = lr_scheduler.CosineAnnealingLR if torchs else CosineAnnealingLR
        return kind(self.optimizer, PERIOD, FLOOR, last_epoch)

    def train(self, updates: range) -> None:
        """Train, and note the rates that the optimizer is about to apply."""
        hook = self.optimizer.register_step_pre_hook(self._note)
        for update in updates:
            for batch in range(BATCHES):
                last = batch == BATCHES - 1
                generator = torch.Generator().manual_seed(
                    1000 * update + 10 * batch + dist.get_rank()
                )
                with self._synchronised(last):
                    inputs = torch.randn(16, 6, generator=generator)
                    loss = (self.model(inputs) - inputs.sum(1, keepdim=True)).square().mean()
                    (loss / BATCHES).backward()
                if last:
                    self.optimizer.step()
                    self.optimizer.zero_grad()
                if last or self.case.stepped == "batch":
                    self.scheduler.step()
        hook.remove()

    def _note(self, optimizer: Any, args: Any, kwargs: Any) -> None:
        self.rates += [float(group["lr"]) for group in optimizer.param_groups]

    def _synchronised(self, last: bool) -> Any:
        """Let only the last batch of an update exchange gradients."""
        if self.case.wrapper == "ddp":
            return nullcontext() if last else self.model.no_sync()
        self.model.set_requires_gradient_sync(last)
        return nullcontext()

    def weights(self) -> list[str]:
        """Return all the weights, bit for bit, wherever their parts lie."""
        whole = [p.full_tensor() if isinstance(p, DTensor) else p for p in self.model.parameters()]
        return [p.detach().numpy().tobytes().hex() for p in whole]

    def report(self) -> dict[str, Any]:
        return {"rates": [rate.hex() for rate in self.rates], "weights": self.weights()}

    def save(self, folder: Path) -> None:
        """Save both ways: in parts, by every process, and whole, by the first."""
        model, optimizer = get_state_dict(self.model, self.optimizer)
        state = {"model": model, "optimizer": optimizer, "scheduler": self.scheduler}
        dcp.save(state, checkpoint_id=folder)
        model, optimizer = get_state_dict(self.model, self.optimizer, options=WHOLE)
        if dist.get_rank() == 0:
            scheduler = self.scheduler.state_dict()
            state = {"model": model, "optimizer": optimizer, "scheduler": scheduler}
            torch.save(state, folder / "whole.pt")
        dist.barrier()

    def load(self, folder: Path, way: str) -> None:
        """Load what a way to resume has of a checkpoint."""
        if way == "dcp":
            model, optimizer = get_state_dict(self.model, self.optimizer)
            state = {"model": model, "optimizer": optimizer, "scheduler": self.scheduler}
            dcp.load(state, checkpoint_id=folder)  # loads the scheduler's, which can do so itself
            set_state_dict(
                self.model, self.optimizer, model_state_dict=model, optim_state_dict=optimizer
            )
            return
        if way == "file":
            whole = torch.load(folder / "whole.pt")
            set_state_dict(
                self.model,
                self.optimizer,
                model_state_dict=whole["model"],
                optim_state_dict=whole["optimizer"],
                options=WHOLE,
            )
            self.scheduler.load_state_dict(whole["scheduler"])
            return
        state = {"model": get_model_state_dict(self.model)}
        if way == "state":
            state["scheduler"] = self.scheduler
        dcp.load(state, checkpoint_id=folder)
        set_model_state_dict(self.model, state["model"])


def train(folder: Path, mesh: Any) -> dict[str, Any]:
    """Train every case without a break."""
    reports = {}
    for case in [*CASES, *BY_BATCH]:
        trainer = Trainer(case, mesh)
        trainer.train(range(SAVED))
        trainer.save(folder / f"{case.name}-{mesh.size()}")
        trainer.train(range(SAVED, UPDATES))
        reports[case.name] = trainer.report()
    return reports


def resume(folder: Path, mesh: Any) -> dict[str, Any]:
    """Resume every case in every way from what every number of processes has saved."""
    reports = {}
    for case, way, saved_by in product(CASES, WAYS, WORLDS):
        trainer = Trainer(case, mesh, SAVED - 1 if way == "last_epoch" else -1)
        trainer.load(folder / f"{case.name}-{saved_by}", way)
        trainer.train(range(SAVED, UPDATES))
        reports[f"{case.name}-{way}-{saved_by}"] = trainer.report()
    return reports


def main(phase: str, folder: Path) -> None:
    """Run a phase and write this process's report."""
    torch.set_num_threads(1)
    dist.init_process_group("gloo", timeout=timedelta(seconds=60))
    world, rank = dist.get_world_size(), dist.get_rank()
    mesh = init_device_mesh("cpu", (world,))
    reports = {"train": train, "resume": resume}[phase](folder, mesh)
    (folder / f"{phase}-{world}-{rank}.json").write_text(json.dumps(reports))
    dist.barrier()  # nobody takes connections down before everybody has written
    dist.destroy_process_group()


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
