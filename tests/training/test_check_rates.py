"""Runs are checked while they train: what follows is left alone, what departs is stopped."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from isorate import Recipe, Run, read
from isorate.training.watching import Watch

if TYPE_CHECKING:
    from pathlib import Path

SGD = "torch.optim.SGD(params, lr=0.1)"
WARM = f"transformers.get_cosine_schedule_with_warmup({SGD}, 5, 20)"
GROUPS = (
    "torch.optim.lr_scheduler.CosineAnnealingLR(torch.optim.SGD([{'params': p}, "
    "{'params': q, 'lr': 0.01}], lr=0.1), 20)"
)


@pytest.mark.parametrize("text", [WARM, GROUPS, "[0.1, 0.05, 0.2]"])
@pytest.mark.parametrize("start", [0, 2])
def test_a_watch_tells_the_first_departure_alone(text: str, start: int) -> None:
    recipe = Recipe(read(text).call)
    rows = recipe.lasting(24 if recipe.groups > 1 or text == WARM else 3).curve
    known = rows.values.reshape(recipe.groups, -1)
    watch = Watch(recipe, start, recipe.groups)
    for rates in known[:, start:].T:
        assert watch.see(rates.tolist()) is None
    at = known.shape[1] - 1
    watch = Watch(recipe, start, recipe.groups)
    seen = [watch.see((rates * (1 if k < at else 1.001)).tolist())
            for k, rates in enumerate(known[:, start:].T, start)]  # fmt: skip
    assert seen[:-1] == [None] * (len(seen) - 1)
    found = seen[-1]
    assert found is not None
    assert found is watch.finding
    assert found.first.departure is not None
    assert found.first.departure.update == at
    assert watch.see([1e9] * recipe.groups) is None


def test_a_watch_goes_past_the_end_and_over_all_groups() -> None:
    watch = Watch(Recipe(read("torch.optim.lr_scheduler.StepLR(SGD(p, lr=0.5), 10**9)").call), 0, 2)
    assert all(watch.see([0.5, 0.5]) is None for _ in range(70_000))
    found = watch.see([0.5, 0.25])
    assert found is not None
    assert found.first.departure is not None
    assert (found.first.departure.update, found.first.departure.group) == (70_000, "group 1")
    with pytest.raises(ValueError, match="2 parameter groups, the optimizer has 3"):
        Watch(Recipe(read(GROUPS).call), 0, 3)
    ended = Watch(Recipe(read("[0.1, 0.2]").call), 2, 1)
    assert "0.2 is used, the recipe has none" in str(ended.see([0.2]))


def test_a_watch_takes_the_next_update_s_rate_for_what_it_is() -> None:
    recipe = Recipe(read(WARM).call, Run(20))
    watch = Watch(recipe, 0, 1)
    found = watch.see([float(recipe.curve.values[1])])
    assert found is not None
    assert found.verdict == "departs"


@pytest.fixture
def trained(tmp_path: Path) -> Any:
    """Return a function that trains for 20 updates and returns what the run has come to."""
    pytest.importorskip("transformers")
    torch = pytest.importorskip("torch")
    from transformers import Trainer, TrainerCallback, TrainingArguments

    class Model(torch.nn.Module):  # type: ignore[misc, name-defined]
        def __init__(self) -> None:
            super().__init__()
            self.line = torch.nn.Linear(4, 1)

        def forward(self, x: Any, labels: Any) -> Any:
            return {"loss": ((self.line(x).squeeze(-1) - labels) ** 2).mean()}

    class Spoil(TrainerCallback):  # type: ignore[misc]
        """Doubles the rates of some updates."""

        def __init__(self, spoilt: range) -> None:
            self.spoilt = spoilt

        def on_step_begin(self, args: Any, state: Any, control: Any, **given: Any) -> None:
            if state.global_step in self.spoilt:
                for group in given["optimizer"].param_groups:
                    group["lr"] *= 2

    data = [{"x": torch.ones(4), "labels": torch.tensor(1.0)}] * 40

    def train(check: Any, spoilt: range = range(0), resume: Any = None, **told: Any) -> Any:
        told = {"max_steps": 20, "warmup_steps": 5, "learning_rate": 0.1} | told
        arguments = TrainingArguments(
            str(tmp_path), lr_scheduler_type="cosine", optim="sgd", report_to=[], use_cpu=True,
            per_device_train_batch_size=2, disable_tqdm=True, save_steps=10, **told,
        )  # fmt: skip
        trainer = Trainer(Model(), arguments, train_dataset=data, callbacks=[Spoil(spoilt), check])
        trainer.train(resume_from_checkpoint=resume)
        return trainer

    return train


@pytest.mark.torch
@pytest.mark.parametrize(
    "told",
    [
        {},
        {"max_steps": -1, "num_train_epochs": 3, "gradient_accumulation_steps": 4},
        {"weight_decay": 0.1},
    ],
)
def test_a_trainer_that_follows_its_arguments_is_left_alone(trained: Any, told: Any) -> None:
    from isorate.transformers import CheckRates

    check = CheckRates()
    with warnings.catch_warnings(action="error", category=UserWarning):
        trainer = trained(check, **told)
    assert check.finding is None
    assert trainer.state.global_step == (15 if "num_train_epochs" in told else 20)
    assert check._watch is not None
    assert check._watch.update == trainer.state.global_step


@pytest.mark.torch
def test_a_trainer_that_departs_is_stopped_or_goes_on(trained: Any) -> None:
    from isorate.transformers import CheckRates

    with pytest.warns(UserWarning, match="learning rate departs at update 7 in group 0: 0.191"):
        trainer = trained(check := CheckRates(WARM), range(7, 20))
    assert trainer.state.global_step == 8
    assert check.finding is not None
    with pytest.warns(UserWarning, match="departs at update 7") as told:
        trainer = trained(check := CheckRates(then="warn"), range(7, 20))
    assert trainer.state.global_step == 20
    assert sum("departs" in str(each.message) for each in told) == 1
    with pytest.warns(UserWarning, match="departs at update 1"):
        trained(CheckRates(WARM.replace("5, 20", "6, 20")))
    with pytest.raises(ValueError, match="required 'stop' or 'warn'"):
        CheckRates(then="raise")  # type: ignore[arg-type]


@pytest.mark.torch
def test_a_trainer_that_is_resumed_counts_on(trained: Any, tmp_path: Path) -> None:
    from isorate.transformers import CheckRates

    trained(CheckRates())
    check = CheckRates()
    trainer = trained(check, resume=str(tmp_path / "checkpoint-10"))
    assert (trainer.state.global_step, check.finding) == (20, None)
    with pytest.warns(UserWarning, match="departs at update 12"):
        trained(CheckRates(), range(12, 13), resume=str(tmp_path / "checkpoint-10"))


@pytest.mark.torch
def test_lightning_is_checked_while_it_trains(tmp_path: Path) -> None:
    pl = pytest.importorskip("lightning.pytorch")
    import torch

    from isorate.lightning import CheckRates

    class Model(pl.LightningModule):  # type: ignore[misc, name-defined]
        def __init__(self, interval: str) -> None:
            super().__init__()
            self.interval = interval
            self.a, self.b = torch.nn.Linear(4, 1), torch.nn.Linear(1, 1)

        def training_step(self, batch: Any, _: int) -> Any:
            return (self.b(self.a(batch[0])) ** 2).mean()

        def configure_optimizers(self) -> Any:
            parts = [{"params": self.a.parameters()}, {"params": self.b.parameters(), "lr": 0.01}]
            optimizer = torch.optim.SGD(parts, lr=0.1)
            scheduler = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, 20)
            return {
                "optimizer": optimizer,
                "lr_scheduler": {"scheduler": scheduler, "interval": self.interval},
            }

    batches = torch.utils.data.DataLoader(torch.utils.data.TensorDataset(torch.ones(20, 4)), 2)

    def fit(check: Any, interval: str) -> int:
        trainer = pl.Trainer(
            max_epochs=2, accelerator="cpu", logger=False, enable_checkpointing=False,
            enable_progress_bar=False, enable_model_summary=False, callbacks=[check],
        )  # fmt: skip
        trainer.fit(Model(interval), batches)
        return int(trainer.global_step)

    assert fit(check := CheckRates(GROUPS), "step") == 20
    assert check.finding is None
    assert np.isclose(check._rates, [0.1, 0.01], rtol=1).all()
    with pytest.warns(UserWarning, match=r"departs at update 1 .*once in 10 updates"):
        assert fit(check := CheckRates(GROUPS, Run(20, updates_per_epoch=10)), "epoch") == 2
    assert check.finding is not None
