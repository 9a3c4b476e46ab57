"""Programs as people write them, with nothing changed but whose schedulers they import.

Each has the same rate at every update with Isorate's as with torch's, and goes on alike from a
checkpoint of either. They are written after public training scripts, with weights of a few numbers.
"""

from __future__ import annotations

import io
import math
from typing import Any, ClassVar

import pytest

torch = pytest.importorskip("torch")

from torch import nn  # noqa: E402
from torch.optim import SGD, Adadelta, Adam, AdamW, lr_scheduler, swa_utils  # noqa: E402

import isorate.torch  # noqa: E402
from tests.training.torch_parts import MARKS  # noqa: E402

pytestmark = [*MARKS, pytest.mark.filterwarnings("error:parameter group:UserWarning")]


class Theirs:
    """torch's schedulers, as a program imports them."""

    def __getattr__(self, name: str) -> Any:
        return getattr(lr_scheduler, name, None) or getattr(swa_utils, name)


HOMES: dict[str, Any] = {"torch": Theirs(), "isorate": isorate.torch}


class Program:
    """A training; an epoch has three updates."""

    updates: ClassVar[int] = 18
    epoch: ClassVar[int] = 3
    optimizers: list[Any]
    schedulers: list[Any]

    def __init__(self, home: Any) -> None:
        torch.manual_seed(0)
        self.home = home
        self.scaler = torch.amp.GradScaler("cpu", init_scale=2.0)
        self.body, self.head = nn.Linear(2, 2), nn.Linear(2, 1)
        self.optimizers, self.schedulers = [], []
        self.build()

    def build(self) -> None:
        """Make optimizers and schedulers."""
        raise NotImplementedError

    def parameters(self) -> list[Any]:
        return [*self.body.parameters(), *self.head.parameters()]

    def learn(self) -> None:
        loss = self.head(self.body(torch.ones(1, 2))).square().sum()
        for optimizer in self.optimizers:
            optimizer.zero_grad()
        loss.backward()
        for optimizer in self.optimizers:
            optimizer.step()

    def update(self, update: int) -> None:
        """Make an update, and what steps the loop makes after it."""
        self.learn()
        if (update + 1) % self.epoch == 0:
            for scheduler in self.schedulers:
                scheduler.step()

    def train(self, first: int, last: int) -> list[list[float]]:
        """Return the rates that the updates use."""
        found = []
        for update in range(first, last):
            groups = [group for each in self.optimizers for group in each.param_groups]
            found.append([float(group["lr"]) for group in groups])
            self.update(update)
        return found

    def save(self) -> bytes:
        file = io.BytesIO()
        parts = {
            "networks": [self.body, self.head, self.scaler],
            "optimizers": self.optimizers,
            "schedulers": self.schedulers,
        }
        torch.save({k: [each.state_dict() for each in v] for k, v in parts.items()}, file)
        return file.getvalue()

    def load(self, checkpoint: bytes) -> None:
        saved = torch.load(io.BytesIO(checkpoint), weights_only=True)
        networks = [self.body, self.head, self.scaler]
        for parts, states in zip(
            (networks, self.optimizers, self.schedulers), saved.values(), strict=True
        ):
            for each, state in zip(parts, states, strict=True):
                each.load_state_dict(state)


class Mnist(Program):
    """A rate that an epoch takes three tenths off."""

    def build(self) -> None:
        self.optimizers = [Adadelta(self.parameters(), lr=1.0)]
        self.schedulers = [self.home.StepLR(self.optimizers[0], step_size=1, gamma=0.7)]


class ImageNet(Program):
    """A tenth of the rate at milestones; the scheduler's state is loaded before the optimizer's."""

    def build(self) -> None:
        sgd = SGD(self.parameters(), 0.1, momentum=0.9, weight_decay=1e-4)
        self.optimizers = [sgd]
        self.schedulers = [self.home.MultiStepLR(sgd, milestones=[2, 4], gamma=0.1)]

    def load(self, checkpoint: bytes) -> None:
        saved = torch.load(io.BytesIO(checkpoint), weights_only=True)
        self.schedulers[0].load_state_dict(saved["schedulers"][0])
        self.optimizers[0].load_state_dict(saved["optimizers"][0])


class Siamese(Program):
    """One network for two inputs; the rate falls by the update."""

    epoch = 1

    def build(self) -> None:
        self.optimizers = [Adadelta(self.body.parameters(), lr=0.5, rho=0.95)]
        self.schedulers = [self.home.ExponentialLR(self.optimizers[0], 0.93)]

    def learn(self) -> None:
        one, other = self.body(torch.ones(1, 2)), self.body(torch.zeros(1, 2))
        loss = (one - other).square().sum() + (1.0 - one.norm()).square()
        self.optimizers[0].zero_grad()
        loss.backward()
        self.optimizers[0].step()


class Recurrent(Program):
    """A quarter of the rate whenever the loss of an epoch is no better; gradients are clipped."""

    def build(self) -> None:
        self.optimizers = [SGD(self.parameters(), lr=20.0)]
        plateau = self.home.ReduceLROnPlateau(self.optimizers[0], factor=0.25, patience=0)
        self.schedulers = [plateau]

    def learn(self) -> None:
        optimizer = self.optimizers[0]
        optimizer.zero_grad()
        self.head(self.body(torch.ones(1, 2))).square().sum().backward()
        nn.utils.clip_grad_norm_(self.parameters(), 0.25)
        optimizer.step()

    def update(self, update: int) -> None:
        self.learn()
        if (update + 1) % self.epoch == 0:
            self.schedulers[0].step([5.0, 4.0, 4.5, 3.0, 3.0, 3.1][update // self.epoch])


class Gpt(Program):
    """Warmup and a cosine as a function; groups with weight decay and without; accumulated."""

    def build(self) -> None:
        decayed = [p for p in self.parameters() if p.dim() >= 2]
        others = [p for p in self.parameters() if p.dim() < 2]
        groups = [
            {"params": decayed, "weight_decay": 0.1},
            {"params": others, "weight_decay": 0.0},
        ]
        optimizer = AdamW(groups, lr=6e-4, betas=(0.9, 0.95))

        def factor(update: int) -> float:
            warmup, decay, least = 3, 14, 0.1
            if update < warmup:
                return (update + 1) / (warmup + 1)
            if update > decay:
                return least
            share = (update - warmup) / (decay - warmup)
            return least + 0.5 * (1.0 + math.cos(math.pi * share)) * (1.0 - least)

        self.optimizers, self.schedulers = [optimizer], [self.home.LambdaLR(optimizer, factor)]

    def update(self, update: int) -> None:
        for _ in range(2):
            (self.head(self.body(torch.ones(1, 2))).square().sum() / 2).backward()
        nn.utils.clip_grad_norm_(self.parameters(), 1.0)
        self.optimizers[0].step()
        self.optimizers[0].zero_grad(set_to_none=True)
        self.schedulers[0].step()


class FineTuning(Program):
    """The body joins in the third epoch, with a tenth of the rate that the head has by then."""

    def build(self) -> None:
        self.optimizers = [Adam(self.head.parameters(), lr=0.01)]
        self.schedulers = [self.home.StepLR(self.optimizers[0], 1, gamma=0.8)]

    def thaw(self) -> None:
        optimizer = self.optimizers[0]
        rate = optimizer.param_groups[0]["lr"] / 10
        optimizer.add_param_group({"params": list(self.body.parameters()), "lr": rate})

    def update(self, update: int) -> None:
        super().update(update)
        if update + 1 == 2 * self.epoch:
            self.thaw()

    def load(self, checkpoint: bytes) -> None:
        saved = torch.load(io.BytesIO(checkpoint), weights_only=True)
        if len(saved["optimizers"][0]["param_groups"]) == 2:
            self.thaw()
        super().load(checkpoint)


class Adversaries(Program):
    """Two networks with an optimizer each, whose rates fall to 0 over the second half."""

    def build(self) -> None:
        networks = (self.body, self.head)
        self.optimizers = [Adam(n.parameters(), lr=2e-4, betas=(0.5, 0.999)) for n in networks]

        def factor(epoch: int) -> float:
            return 1.0 - max(0, epoch - 3) / 4

        self.schedulers = [self.home.LambdaLR(o, lr_lambda=factor) for o in self.optimizers]

    def learn(self) -> None:
        made = self.body(torch.ones(1, 2))
        for optimizer, score in zip(
            self.optimizers, (self.head(made), -self.head(made.detach())), strict=True
        ):
            optimizer.zero_grad()
            score.sum().backward()
            optimizer.step()


class MixedPrecision(Program):
    """One cycle over all updates; where the scaler left one out, no step is taken."""

    def build(self) -> None:
        optimizer = SGD(self.parameters(), lr=0.1, momentum=0.9)
        self.optimizers = [optimizer]
        cycle = self.home.OneCycleLR(optimizer, max_lr=0.04, total_steps=self.updates + 1)
        self.schedulers = [cycle]

    def update(self, update: int) -> None:
        self.optimizers[0].zero_grad()
        with torch.autocast("cpu", torch.bfloat16):
            loss = self.head(self.body(torch.ones(1, 2))).square().sum()
        infinite = math.inf if update in (1, 5, 12) else 1.0
        self.scaler.scale(loss * infinite).backward()
        self.scaler.step(self.optimizers[0])
        before = self.scaler.get_scale()
        self.scaler.update()
        if before <= self.scaler.get_scale():
            self.schedulers[0].step()


class WarmupAndPlateau(Program):
    """The first epochs warm up by the update; a metric reduces the rate by the epoch."""

    def build(self) -> None:
        optimizer = SGD(self.parameters(), lr=0.2)
        self.optimizers = [optimizer]
        self.schedulers = [
            self.home.LinearLR(optimizer, start_factor=0.1, total_iters=5),
            self.home.ReduceLROnPlateau(optimizer, factor=0.5, patience=1, min_lr=0.01),
        ]

    def update(self, update: int) -> None:
        self.learn()
        self.schedulers[0].step()
        if (update + 1) % self.epoch == 0:
            self.schedulers[1].step([3.0, 3.1, 3.2, 2.0, 2.5, 2.5][update // self.epoch])


class Unfreezing(Program):
    """Layers have rates of their own and come in one by one; restarts within the epoch."""

    def build(self) -> None:
        layers = ((self.body, 0.01), (self.head, 0.1))
        groups = [{"params": list(layer.parameters()), "lr": rate} for layer, rate in layers]
        self.optimizers = [SGD(groups, lr=0.1)]
        restarts = self.home.CosineAnnealingWarmRestarts(self.optimizers[0], 2, 2, eta_min=1e-3)
        self.schedulers = [restarts]
        self.body.requires_grad_(False)

    def update(self, update: int) -> None:
        if update == 4:
            self.body.requires_grad_(True)
        self.learn()
        epoch, batch = divmod(update + 1, self.epoch)
        self.schedulers[0].step(epoch + batch / self.epoch)


class Sequence(Program):
    """A few epochs of warmup, then a cosine, as one scheduler."""

    def build(self) -> None:
        optimizer = SGD(self.parameters(), lr=0.5, momentum=0.9, nesterov=True)
        warmup = self.home.LinearLR(optimizer, start_factor=0.01, total_iters=2)
        main = self.home.CosineAnnealingLR(optimizer, T_max=4, eta_min=0.001)
        self.optimizers = [optimizer]
        self.schedulers = [self.home.SequentialLR(optimizer, [warmup, main], milestones=[2])]


class Averaging(Program):
    """A cosine by the epoch, until the weights are averaged at a rate of their own."""

    def build(self) -> None:
        optimizer = SGD(self.parameters(), lr=0.1)
        self.optimizers = [optimizer]
        self.schedulers = [
            self.home.CosineAnnealingLR(optimizer, T_max=6),
            self.home.SWALR(optimizer, swa_lr=0.05, anneal_epochs=2),
        ]

    def update(self, update: int) -> None:
        self.learn()
        epoch, over = divmod(update + 1, self.epoch)
        if not over:
            self.schedulers[epoch > 3].step()


class Diffusion(Program):
    """A warmup and a cosine as a function, stepped once for each of four processes."""

    updates = 18
    epoch = 1

    def build(self) -> None:
        optimizer = AdamW(self.parameters(), lr=1e-4, weight_decay=1e-2)

        def factor(step: int, warmup: int = 2 * 4, whole: int = 18 * 4) -> float:
            if step < warmup:
                return step / max(1, warmup)
            share = (step - warmup) / max(1, whole - warmup)
            return max(0.0, 0.5 * (1.0 + math.cos(math.pi * 0.5 * 2.0 * share)))

        self.optimizers, self.schedulers = [optimizer], [self.home.LambdaLR(optimizer, factor)]

    def update(self, update: int) -> None:
        self.learn()
        for _ in range(4):
            self.schedulers[0].step()


class FirstEpochWarmsUp(Program):
    """A detector: milestones by the epoch, and in the first one a warmup by the update besides."""

    warmup: Any = None

    def build(self) -> None:
        optimizer = SGD(self.parameters(), lr=0.02, momentum=0.9, weight_decay=1e-4)
        self.optimizers = [optimizer]
        self.schedulers = [self.home.MultiStepLR(optimizer, milestones=[2, 4], gamma=0.1)]

    def update(self, update: int) -> None:
        if update == 0:
            self.warmup = self.home.LinearLR(self.optimizers[0], start_factor=0.001, total_iters=2)
        self.learn()
        if update < self.epoch:
            self.warmup.step()
        if (update + 1) % self.epoch == 0:
            self.schedulers[0].step()


class LaterDrop(Program):
    """A transformer's detector: the body at a tenth; what is resumed drops at another epoch."""

    def build(self) -> None:
        groups = [
            {"params": list(self.head.parameters())},
            {"params": list(self.body.parameters()), "lr": 1e-5},
        ]
        self.optimizers = [AdamW(groups, lr=1e-4, weight_decay=1e-4)]
        self.schedulers = [self.home.StepLR(self.optimizers[0], 2)]

    def load(self, checkpoint: bytes) -> None:
        super().load(checkpoint)
        optimizer, scheduler = self.optimizers[0], self.schedulers[0]
        scheduler.step_size = 2
        scheduler.base_lrs = [group["initial_lr"] for group in optimizer.param_groups]
        scheduler.step(scheduler.last_epoch)


class Yolo(Program):
    """A line over the epochs; in the first updates the rates are written by hand."""

    def build(self) -> None:
        groups = [{"params": list(part.parameters())} for part in (self.body, self.head)]
        optimizer = SGD(groups, lr=0.01, momentum=0.937, nesterov=True)
        self.line: Any = lambda epoch: max(1 - epoch / 6, 0) * (1.0 - 0.01) + 0.01
        self.optimizers = [optimizer]
        self.schedulers = [self.home.LambdaLR(optimizer, lr_lambda=self.line)]

    def train(self, first: int, last: int) -> list[list[float]]:
        if first:
            self.schedulers[0].last_epoch = first // self.epoch
        return super().train(first, last)

    def update(self, update: int) -> None:
        if update < 5:
            for place, group in enumerate(self.optimizers[0].param_groups):
                begin = 0.1 if place else 0.0
                goal = group["initial_lr"] * self.line(update // self.epoch)
                group["lr"] = begin + (goal - begin) * update / 5
        super().update(update)


class Averaged(Program):
    """Weights that are averaged: after four epochs the rate is annealed to theirs, and stays."""

    def build(self) -> None:
        optimizer = SGD(self.parameters(), lr=0.1, momentum=0.9)
        self.averaged = HOMES["torch"].AveragedModel(self.head)
        self.optimizers = [optimizer]
        cosine = self.home.CosineAnnealingWarmRestarts(optimizer, T_0=2, eta_min=0.01)
        self.schedulers = [cosine, self.home.SWALR(optimizer, [0.03], 2, "linear")]

    def update(self, update: int) -> None:
        self.learn()
        epoch, over = divmod(update + 1, self.epoch)
        if over:
            return
        if epoch > 3:
            self.averaged.update_parameters(self.head)
            self.schedulers[1].step()
        else:
            self.schedulers[0].step()


class OneCycleByEpochAndUpdate(Program):
    """One cycle by its epochs and updates, the momentum against it, groups with peaks of theirs."""

    def build(self) -> None:
        groups = [{"params": list(part.parameters())} for part in (self.body, self.head)]
        optimizer = AdamW(groups, lr=1e-3, betas=(0.9, 0.99))
        self.optimizers = [optimizer]
        cycle = self.home.OneCycleLR(
            optimizer, max_lr=[1e-4, 1e-3], epochs=7, steps_per_epoch=3, pct_start=0.3
        )
        self.schedulers = [cycle]

    def update(self, update: int) -> None:
        self.learn()
        self.schedulers[0].step()


PROGRAMS = {each.__name__: each for each in Program.__subclasses__()}


@pytest.mark.parametrize("name", PROGRAMS)
def test_each_update_has_the_rate_that_it_has_with_torchs(name: str) -> None:
    theirs, mine = (PROGRAMS[name](home).train(0, Program.updates) for home in HOMES.values())
    assert len({rates[0] for rates in theirs}) > 2
    for one, other in zip(mine, theirs, strict=True):
        assert one == pytest.approx(other, rel=1e-9, abs=1e-15)


@pytest.mark.parametrize("cut", [5, 13])
@pytest.mark.parametrize("after", HOMES)
@pytest.mark.parametrize("before", HOMES)
@pytest.mark.parametrize("name", PROGRAMS)
def test_a_checkpoint_of_either_goes_on_in_either(
    name: str, before: str, after: str, cut: int
) -> None:
    whole = PROGRAMS[name](HOMES["torch"]).train(0, Program.updates)
    first, second = PROGRAMS[name](HOMES[before]), PROGRAMS[name](HOMES[after])
    found = first.train(0, cut)
    second.load(first.save())
    for one, other in zip(found + second.train(cut, Program.updates), whole, strict=True):
        assert one == pytest.approx(other, rel=1e-9, abs=1e-15)
