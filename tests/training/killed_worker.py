"""Trains several small models side by side, and may be killed at any moment.

``killed_worker.py FOLDER`` goes on from the checkpoints in the folder, where there are some. Every
rate that an optimizer is about to apply is a line of the output, written at once: the case, the
update and the rate in hexadecimal. At the end ``FOLDER/CASE.weights`` has the weights of each case.
"""

from __future__ import annotations

import os
import sys
from dataclasses import astuple, dataclass
from itertools import product
from pathlib import Path
from typing import Any

import torch
from torch.optim import lr_scheduler

from isorate.schedule.node import Schedule
from isorate.schedule.shapes import Cosine, Linear
from isorate.torch import CosineAnnealingLR, ScheduleLR

UPDATES = 200
#: Updates between two checkpoints of a case. The cases take turns, so that at no moment all of them
#: have just saved.
BETWEEN = 7

PERIOD = 70
FLOOR = 0.001


@dataclass(frozen=True)
class Case:
    """One training.

    Args:
        scheduler: ``"schedule"``, ``"cosine"``, or ``"torch"`` for torch's own cosine.
        rate: the type of ``group["lr"]``, ``"float"`` or ``"tensor"``.
        optimizer: ``"momentum"``, ``"adamw"``, or ``"sgd"``, which has no state but its rates.
        resumed: from the ``"state"`` of everything, or from the weights and ``"last_epoch"``.

    """

    scheduler: str
    rate: str
    optimizer: str
    resumed: str

    @property
    def name(self) -> str:
        return "-".join(astuple(self))


RATES = ("float", "tensor")
CASES = [
    *[
        Case(*of)
        for of in product(("schedule", "cosine"), RATES, ("momentum", "adamw"), ("state",))
    ],
    *[Case(*of) for of in product(("schedule", "cosine"), RATES, ("sgd",), ("last_epoch",))],
    *[Case(*of, "state") for of in product(("torch",), RATES, ("momentum",))],
    *[Case(*of, "last_epoch") for of in product(("torch",), RATES, ("sgd",))],
]


def first_rate(case: Case) -> Any:
    return 0.05 if case.rate == "float" else torch.tensor(0.05)


def schedule_of(case: Case) -> Schedule:
    """Return the schedule that a case should follow."""
    if case.scheduler == "schedule":
        return Linear(0.001, 0.05, 20).then(Cosine(0.05, FLOOR, UPDATES - 20), at=20)
    return Cosine(float(first_rate(case)), FLOOR, PERIOD, "mirror")


class Trainer:
    """One case: its model, optimizer and scheduler, new or from a checkpoint."""

    def __init__(self, case: Case, folder: Path) -> None:
        self.case = case
        self.name = case.name
        self.file = folder / f"{self.name}.pt"
        torch.manual_seed(0)
        layers = torch.nn.Linear(4, 16), torch.nn.Tanh(), torch.nn.Linear(16, 1)
        self.model = torch.nn.Sequential(*layers)
        saved = torch.load(self.file) if self.file.exists() else None
        self.update = 0 if saved is None else saved["update"]
        counted = saved is not None and case.resumed == "last_epoch"
        self.optimizer = self._optimizer(counted)
        self.scheduler = self._scheduler(self.update - 1 if counted else -1)
        if saved is not None:
            self.model.load_state_dict(saved["model"])
            if not counted:
                self.optimizer.load_state_dict(saved["optimizer"])
                self.scheduler.load_state_dict(saved["scheduler"])
        self.optimizer.register_step_pre_hook(self._note)

    def _optimizer(self, counted: bool) -> Any:
        rate = first_rate(self.case)
        group: dict[str, Any] = {"params": list(self.model.parameters())}
        if counted:
            group["initial_lr"] = first_rate(self.case)
        if self.case.optimizer == "adamw":  # torch's foreach takes tensor rates on a GPU only
            return torch.optim.AdamW([group], rate, foreach=self.case.rate == "float")
        momentum = 0.9 if self.case.optimizer == "momentum" else 0.0
        return torch.optim.SGD([group], rate, momentum, foreach=True)

    def _scheduler(self, last_epoch: int) -> Any:
        if self.case.scheduler == "schedule":
            return ScheduleLR(self.optimizer, schedule_of(self.case), last_epoch)
        torchs = self.case.scheduler == "torch"
        kind = lr_scheduler.CosineAnnealingLR if torchs else CosineAnnealingLR
        return kind(self.optimizer, PERIOD, FLOOR, last_epoch)

    def _note(self, optimizer: Any, args: Any, kwargs: Any) -> None:
        rate = float(optimizer.param_groups[0]["lr"])
        os.write(sys.stdout.fileno(), f"{self.name} {self.update} {rate.hex()}\n".encode())

    def train(self) -> None:
        """Make one update."""
        inputs = torch.randn(8, 4, generator=torch.Generator().manual_seed(self.update))
        loss = (self.model(inputs) - inputs.prod(1, keepdim=True)).square().mean()
        self.optimizer.zero_grad()
        loss.backward()
        self.optimizer.step()
        self.scheduler.step()
        self.update += 1

    def save(self) -> None:
        """Replace the checkpoint, which at every moment is a whole one."""
        state = {
            "update": self.update,
            "model": self.model.state_dict(),
            "optimizer": self.optimizer.state_dict(),
            "scheduler": self.scheduler.state_dict(),
        }
        unfinished = self.file.with_suffix(".unfinished")
        torch.save(state, unfinished)
        os.replace(unfinished, self.file)

    def weights(self) -> str:
        """Return the weights, bit for bit."""
        return "\n".join(p.detach().numpy().tobytes().hex() for p in self.model.parameters())


def main(folder: Path) -> None:
    """Train all cases to the end, in step with one another."""
    torch.set_num_threads(1)
    trainers = [Trainer(case, folder) for case in CASES]
    for update in range(UPDATES):
        for turn, trainer in enumerate(trainers):
            if trainer.update > update:
                continue  # it was saved later than the others
            trainer.train()
            if (trainer.update + turn) % BETWEEN == 0:
                trainer.save()
    for trainer in trainers:
        (folder / f"{trainer.name}.weights").write_text(trainer.weights())


if __name__ == "__main__":
    main(Path(sys.argv[1]))
