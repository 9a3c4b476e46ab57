"""What the trainings with other people's loops share: data, a network, schedulers, a recorder."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

import pytest

torch = pytest.importorskip("torch")

from torch.optim import lr_scheduler  # noqa: E402
from torch.utils.data import DataLoader, TensorDataset  # noqa: E402

from isorate.schedule.shapes import Cosine  # noqa: E402
from isorate.torch import CosineAnnealingLR, ScheduleLR  # noqa: E402

if TYPE_CHECKING:
    from collections.abc import Callable

    from isorate import Schedule

#: A scheduler from an optimizer.
Build: TypeAlias = "Callable[[Any], Any]"

BASE = 0.1
T_MAX = 4
ETA_MIN = 0.01
WARMUP = 3

#: Uneven, so that with three batches an update the last update of an epoch has one batch.
BATCHES = 7


@dataclass(frozen=True)
class Scheduler:
    """A scheduler of Isorate's and the schedule whose rates it has to apply."""

    name: str
    build: Build
    schedule: Schedule

    def rates(self, *steps: int) -> list[float]:
        return [self.schedule.at(step) for step in steps]


def warmup_and_cosine(updates: int) -> Schedule:
    """Return the schedule that most scripts want: up in a line, down by half a cosine."""
    return Cosine(BASE, 0.0, updates - WARMUP).after_warmup(WARMUP, BASE / 10)


SCHEDULE = warmup_and_cosine(20)
SCHEDULERS = [
    Scheduler("ScheduleLR", lambda optimizer: ScheduleLR(optimizer, SCHEDULE), SCHEDULE),
    Scheduler(
        "CosineAnnealingLR",
        lambda optimizer: CosineAnnealingLR(optimizer, T_MAX, ETA_MIN),
        Cosine(BASE, ETA_MIN, T_MAX, "mirror"),
    ),
]

each_scheduler = pytest.mark.parametrize("scheduler", SCHEDULERS, ids=lambda one: one.name)


def torch_cosine(optimizer: Any) -> Any:
    """Return torch's own scheduler of the same arguments."""
    return lr_scheduler.CosineAnnealingLR(optimizer, T_MAX, ETA_MIN)


def network() -> Any:
    """Return a linear network, always with the same weights."""
    torch.manual_seed(0)
    return torch.nn.Linear(2, 1)


def sgd(net: Any) -> Any:
    """Return an optimizer with a state of its own, which a resumed run needs as well."""
    return torch.optim.SGD(net.parameters(), lr=BASE, momentum=0.9)


def samples() -> tuple[Any, Any]:
    """Return inputs and targets, one sample for each batch."""
    generator = torch.Generator().manual_seed(1)
    inputs = torch.randn(BATCHES, 2, generator=generator)
    return inputs, inputs.sum(1, keepdim=True)


def loader() -> Any:
    """Return a loader of ``BATCHES`` batches, always in the same order."""
    return DataLoader(TensorDataset(*samples()))


def loss_of(net: Any, batch: Any) -> Any:
    inputs, targets = batch
    return (net(inputs) - targets).square().mean()


def applied(optimizer: Any) -> list[float]:
    """Return a list that grows by the rate of every update that the optimizer makes."""
    rates: list[float] = []

    def note(optimizer: Any, args: Any, kwargs: Any) -> None:
        (group,) = optimizer.param_groups
        rates.append(group["lr"])

    optimizer.register_step_pre_hook(note)
    return rates


def weights(net: Any) -> list[float]:
    return [value for parameter in net.parameters() for value in parameter.flatten().tolist()]


def forget_accelerate() -> None:
    """Forget what Accelerate keeps for the whole process, also on the Trainer's behalf."""
    from accelerate.state import AcceleratorState, GradientState

    AcceleratorState._reset_state(reset_partial_state=True)
    GradientState._reset_state()
