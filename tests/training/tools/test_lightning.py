"""Trainings with Lightning: its intervals, its accumulation, its checkpoints."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("lightning")

from lightning.pytorch import LightningModule, Trainer  # noqa: E402
from lightning.pytorch.callbacks import LearningRateMonitor, ModelCheckpoint  # noqa: E402
from lightning.pytorch.loggers.logger import DummyLogger  # noqa: E402
from lightning.pytorch.plugins.precision import MixedPrecision  # noqa: E402
from torch.optim import lr_scheduler  # noqa: E402
from torch.utils.data import DataLoader, TensorDataset  # noqa: E402

from isorate.torch import ScheduleLR  # noqa: E402
from tests.training.tools import parts  # noqa: E402

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = [
    pytest.mark.torch,
    pytest.mark.filterwarnings("ignore:::lightning"),  # advice on workers, and deprecations
    pytest.mark.filterwarnings("ignore::UserWarning:torch.optim.lr_scheduler"),
]

STEPPED, COSINE = parts.SCHEDULERS


@pytest.fixture(autouse=True)
def _quiet() -> Iterator[None]:
    loggers = [logging.getLogger(name) for name in ("lightning.pytorch", "lightning.fabric")]
    levels = [logger.level for logger in loggers]
    for logger in loggers:
        logger.setLevel(logging.ERROR)
    yield
    for logger, level in zip(loggers, levels, strict=True):
        logger.setLevel(level)


class Module(LightningModule):  # type: ignore[misc]
    """A linear network whose scheduler Lightning steps."""

    def __init__(self, build: parts.Build, interval: str, frequency: int = 1) -> None:
        super().__init__()
        self.net = parts.network()
        self.build = build
        self.how = {"interval": interval, "frequency": frequency}
        self.rates: list[float] = []

    def training_step(self, batch: Any, index: int) -> Any:
        return parts.loss_of(self.net, batch)

    def configure_optimizers(self) -> dict[str, Any]:
        optimizer = parts.sgd(self.net)
        self.rates = parts.applied(optimizer)
        return {
            "optimizer": optimizer,
            "lr_scheduler": {"scheduler": self.build(optimizer), **self.how},
        }


class Loader(DataLoader):  # type: ignore[misc]
    """A loader that goes on where it was saved, as Lightning asks of one for that."""

    def __init__(self) -> None:
        super().__init__(TensorDataset(*parts.samples()))
        self.given = 0

    def __iter__(self) -> Iterator[Any]:
        before = self.given
        for index, batch in enumerate(super().__iter__()):
            if index >= before:
                # Lightning stops after the last one without asking whether there is another
                self.given = (index + 1) % len(self)
                yield batch

    def state_dict(self) -> dict[str, int]:
        return {"given": self.given}

    def load_state_dict(self, state: dict[str, int]) -> None:
        self.given = state["given"]


def fit(module: Any, *callbacks: Any, resume: Path | None = None, **how: Any) -> Any:
    trainer = Trainer(
        accelerator="cpu",
        callbacks=list(callbacks),
        enable_checkpointing=any(isinstance(one, ModelCheckpoint) for one in callbacks),
        enable_model_summary=False,
        enable_progress_bar=False,
        log_every_n_steps=1,
        **{"logger": False, **how},
    )
    # Lightning's own default would unpickle whatever a checkpoint holds
    trainer.fit(module, Loader(), ckpt_path=resume, weights_only=True)
    return module


@parts.each_scheduler
@pytest.mark.parametrize(("accumulation", "updates"), [(1, 14), (3, 6)])
def test_every_update_has_its_rate(
    scheduler: parts.Scheduler, accumulation: int, updates: int
) -> None:
    module = Module(scheduler.build, "step")
    fit(module, max_epochs=2, accumulate_grad_batches=accumulation)
    assert module.rates == scheduler.rates(*range(updates))


@parts.each_scheduler
@pytest.mark.parametrize("accumulation", [1, 3])
def test_every_epoch_has_its_rate(scheduler: parts.Scheduler, accumulation: int) -> None:
    module = Module(scheduler.build, "epoch")
    fit(module, max_epochs=5, accumulate_grad_batches=accumulation)
    updates = -(-parts.BATCHES // accumulation)
    assert module.rates == scheduler.rates(*(k // updates for k in range(5 * updates)))


@parts.each_scheduler
def test_a_frequency_in_epochs(scheduler: parts.Scheduler) -> None:
    module = fit(Module(scheduler.build, "epoch", 2), max_epochs=5)
    assert module.rates == scheduler.rates(
        *(k // parts.BATCHES // 2 for k in range(5 * parts.BATCHES))
    )


@parts.each_scheduler
def test_a_frequency_in_updates_counts_anew_in_every_epoch(scheduler: parts.Scheduler) -> None:
    module = fit(Module(scheduler.build, "step", 2), max_epochs=2)
    assert module.rates == scheduler.rates(0, 0, 1, 1, 2, 2, 3, 3, 3, 4, 4, 5, 5, 6)


@parts.each_scheduler
def test_what_the_monitor_logs_is_what_was_applied(scheduler: parts.Scheduler) -> None:
    monitor = LearningRateMonitor("step")
    module = fit(Module(scheduler.build, "step"), monitor, logger=DummyLogger(), max_epochs=2)
    assert monitor.lrs == {"lr-SGD": module.rates}
    assert len(module.rates) == 2 * parts.BATCHES


@parts.each_scheduler
@pytest.mark.parametrize("interval", ["step", "epoch"])
@pytest.mark.parametrize("stop", [7, 10])
def test_a_resumed_training_is_the_unbroken_one(
    scheduler: parts.Scheduler, interval: str, stop: int, tmp_path: Path
) -> None:
    whole = fit(Module(scheduler.build, interval), max_epochs=3)
    broken = Module(scheduler.build, interval)
    fit(broken, ModelCheckpoint(tmp_path, "at", every_n_train_steps=stop), max_steps=stop)
    resumed = Module(scheduler.build, interval)
    fit(resumed, resume=tmp_path / "at.ckpt", max_epochs=3)
    assert broken.rates == whole.rates[:stop]
    assert resumed.rates == whole.rates[stop:]
    assert parts.weights(resumed) == parts.weights(whole)


class WarmedUp(Module):
    """Lightning's documented warmup without a scheduler, for an epoch and a half."""

    updates = parts.BATCHES + parts.BATCHES // 2

    def optimizer_step(self, epoch: int, index: int, optimizer: Any, closure: Any) -> None:
        optimizer.step(closure=closure)
        done = self.trainer.global_step
        if done < self.updates:
            for group in optimizer.param_groups:
                group["lr"] = parts.BASE * (done + 1) / self.updates


def test_rates_that_are_set_by_hand_do_not_spoil_the_later_ones() -> None:
    """torch's scheduler goes on from what the warmup left, and never finds its curve again."""
    theirs = fit(WarmedUp(parts.torch_cosine, "epoch"), max_epochs=parts.T_MAX + 1)
    alone = fit(Module(parts.torch_cosine, "epoch"), max_epochs=parts.T_MAX + 1)
    later = slice(2 * parts.BATCHES, parts.T_MAX * parts.BATCHES)
    assert all(a > 1.09 * b for a, b in zip(theirs.rates[later], alone.rates[later], strict=True))

    ours = fit(WarmedUp(COSINE.build, "epoch"), max_epochs=parts.T_MAX + 1)
    assert ours.rates[: parts.BATCHES] == theirs.rates[: parts.BATCHES]
    expected = COSINE.rates(
        *(k // parts.BATCHES for k in range(2 * parts.BATCHES, (parts.T_MAX + 1) * parts.BATCHES))
    )
    assert ours.rates[2 * parts.BATCHES :] == expected
    assert ours.rates[-1] == parts.ETA_MIN


class Overflowing(Module):
    """A network whose third and fourth gradients are infinite."""

    def training_step(self, batch: Any, index: int) -> Any:
        return super().training_step(batch, index) * (torch.inf if index in (2, 3) else 1.0)


def test_updates_that_a_gradient_scaler_skips_do_not_count() -> None:
    def rates(build: parts.Build) -> list[float]:
        precision = MixedPrecision("16-mixed", "cpu", torch.amp.GradScaler("cpu", init_scale=1.0))
        found: list[float] = fit(
            Overflowing(build, "step"), plugins=[precision], max_epochs=1
        ).rates
        return found

    theirs = rates(parts.torch_cosine)
    without = fit(Module(parts.torch_cosine, "step"), max_epochs=1).rates
    assert theirs == without[:2] + without[4:]  # two rates that no update ever had
    assert rates(STEPPED.build) == STEPPED.rates(*range(parts.BATCHES - 2))


class Estimated(Module):
    """A network that asks the trainer for how long its schedule should be."""

    def configure_optimizers(self) -> dict[str, Any]:
        self.horizon = self.trainer.estimated_stepping_batches
        return super().configure_optimizers()


def test_a_longer_training_does_not_change_the_schedule_in_silence(tmp_path: Path) -> None:
    """A function has no state, so that torch's scheduler is another one after the checkpoint."""

    def function(optimizer: Any) -> Any:
        horizon = module.horizon
        return lr_scheduler.LambdaLR(
            optimizer, lambda k: parts.warmup_and_cosine(horizon).at(k) / parts.BASE
        )

    def schedule(optimizer: Any) -> Any:
        return ScheduleLR(optimizer, parts.warmup_and_cosine(module.horizon))

    for build in (function, schedule):
        folder = tmp_path / build.__name__
        module = Estimated(build, "step")
        fit(module, ModelCheckpoint(folder, "at", every_n_train_steps=12), max_epochs=2)
        planned = module.rates
        assert planned == pytest.approx(
            [parts.warmup_and_cosine(2 * parts.BATCHES).at(k) for k in range(2 * parts.BATCHES)],
            rel=1e-14,
        )
        module = Estimated(build, "step")
        if build is function:
            fit(module, resume=folder / "at.ckpt", max_epochs=6)
            # the first update still has the rate that the optimizer's state holds
            assert module.rates[0] == planned[12]
            assert module.rates[1] > 10 * planned[13]
        else:
            with pytest.raises(ValueError, match="another schedule"):
                fit(module, resume=folder / "at.ckpt", max_epochs=6)
            assert module.rates == []


def test_the_schedule_is_the_one_that_is_meant() -> None:
    """What these tests compare with changes from update to update, so that they could fail."""
    found = STEPPED.rates(*range(21))
    assert max(found) == found[3] == parts.BASE
    assert len(set(found)) == 21
    assert found[20] == parts.SCHEDULE.at(20) == 0.0
