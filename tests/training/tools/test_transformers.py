"""Trainings with the Trainer of transformers: accumulation, its checkpoints, its log."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("transformers")
pytest.importorskip("accelerate")

import transformers  # noqa: E402
from torch import nn  # noqa: E402
from torch.utils.data import Dataset  # noqa: E402

from isorate import simulate  # noqa: E402
from isorate.torch import ScheduleLR  # noqa: E402
from tests.training.tools import parts  # noqa: E402

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = [
    pytest.mark.torch,
    pytest.mark.filterwarnings("ignore::UserWarning:torch.optim.lr_scheduler"),
]

COSINE = parts.SCHEDULERS[1]


@pytest.fixture(autouse=True)
def _alone() -> Iterator[None]:
    parts.forget_accelerate()
    level = transformers.logging.get_verbosity()
    transformers.logging.set_verbosity_error()
    yield
    transformers.logging.set_verbosity(level)
    parts.forget_accelerate()


class Samples(Dataset):  # type: ignore[misc]
    """The samples, by the names of the network's arguments."""

    def __init__(self) -> None:
        self.inputs, self.labels = parts.samples()

    def __len__(self) -> int:
        return len(self.inputs)

    def __getitem__(self, index: int) -> dict[str, Any]:
        return {"inputs": self.inputs[index], "labels": self.labels[index]}


class Net(nn.Module):  # type: ignore[misc]
    """A network that returns its loss, as the Trainer wants it."""

    def __init__(self) -> None:
        super().__init__()
        self.net = parts.network()

    def forward(self, inputs: Any, labels: Any) -> dict[str, Any]:
        return {"loss": parts.loss_of(self.net, (inputs, labels))}


class Stop(transformers.TrainerCallback):  # type: ignore[misc]
    """Ends a training after an update, as an interruption does."""

    def __init__(self, update: int) -> None:
        self.update = update

    def on_step_end(self, args: Any, state: Any, control: Any, **rest: Any) -> None:
        control.should_training_stop = state.global_step == self.update


class Training:
    """A Trainer, its network and the rates of the updates it makes; one that stops saves first."""

    def __init__(
        self, build: parts.Build, folder: Path, *, stop: int | None = None, **settings: Any
    ) -> None:
        self.net = Net()
        optimizer = parts.sgd(self.net)
        self.rates = parts.applied(optimizer)
        saving: dict[str, Any] = {"save_strategy": "no"}
        if stop is not None:
            saving = {"save_strategy": "steps", "save_steps": stop}
        self.trainer = transformers.Trainer(
            self.net,
            transformers.TrainingArguments(
                str(folder),
                per_device_train_batch_size=1,
                logging_strategy="steps",
                logging_steps=1,
                use_cpu=True,
                report_to=[],
                disable_tqdm=True,
                **saving,
                **settings,
            ),
            train_dataset=Samples(),
            optimizers=(optimizer, build(optimizer)),
        )
        self.trainer.remove_callback(transformers.PrinterCallback)
        if stop is not None:
            self.trainer.add_callback(Stop(stop))

    def train(self, checkpoint: Path | None = None) -> list[float]:
        self.trainer.train(resume_from_checkpoint=None if checkpoint is None else str(checkpoint))
        return self.rates


@parts.each_scheduler
@pytest.mark.parametrize(("accumulation", "updates"), [(1, 14), (3, 6)])
def test_every_update_has_its_rate(
    scheduler: parts.Scheduler, accumulation: int, updates: int, tmp_path: Path
) -> None:
    run = Training(
        scheduler.build, tmp_path, num_train_epochs=2, gradient_accumulation_steps=accumulation
    )
    assert run.train() == scheduler.rates(*range(updates))
    logged = [entry["learning_rate"] for entry in run.trainer.state.log_history[:-1]]
    assert logged == run.rates


@parts.each_scheduler
@pytest.mark.parametrize(("accumulation", "stop"), [(1, 7), (1, 10), (3, 3), (3, 5)])
def test_a_resumed_training_is_the_unbroken_one(
    scheduler: parts.Scheduler, accumulation: int, stop: int, tmp_path: Path
) -> None:
    """At the end of an epoch and in the middle of one; a file is read with ``weights_only``."""
    settings: dict[str, Any] = {
        "num_train_epochs": 3,
        "gradient_accumulation_steps": accumulation,
    }
    whole = Training(scheduler.build, tmp_path, **settings)
    whole.train()
    broken = Training(scheduler.build, tmp_path, stop=stop, **settings)
    broken.train()
    resumed = Training(scheduler.build, tmp_path, **settings)
    resumed.train(tmp_path / f"checkpoint-{stop}")
    assert broken.rates == whole.rates[:stop]
    assert resumed.rates == whole.rates[stop:]
    assert len(resumed.rates) > 3
    assert parts.weights(resumed.net) == parts.weights(whole.net)


def test_a_longer_training_does_not_change_the_schedule_in_silence(tmp_path: Path) -> None:
    """The scheduler of transformers saves no horizon, and takes that of the new training."""

    def theirs(epochs: int) -> parts.Build:
        steps = epochs * parts.BATCHES
        return lambda one: transformers.get_cosine_schedule_with_warmup(one, parts.WARMUP, steps)

    def ours(epochs: int) -> parts.Build:
        return lambda one: ScheduleLR(one, parts.warmup_and_cosine(epochs * parts.BATCHES))

    planned = Training(theirs(2), tmp_path, num_train_epochs=2).train()
    Training(theirs(2), tmp_path, stop=12, num_train_epochs=2).train()
    longer = Training(theirs(6), tmp_path, num_train_epochs=6)
    longer.train(tmp_path / "checkpoint-12")
    unbroken = Training(theirs(6), tmp_path, num_train_epochs=6).train()
    assert longer.rates[0] == planned[12]  # which the optimizer's state holds
    assert longer.rates[1:] == unbroken[13:]  # a training that was never begun like that
    assert longer.rates[1] > 10 * planned[13]

    planned = Training(ours(2), tmp_path, num_train_epochs=2).train()
    Training(ours(2), tmp_path, stop=12, num_train_epochs=2).train()
    longer = Training(ours(6), tmp_path, num_train_epochs=6)
    with pytest.raises(ValueError, match="another schedule"):
        longer.train(tmp_path / "checkpoint-12")
    assert longer.rates == []
    longer = Training(ours(6), tmp_path, num_train_epochs=6)
    longer.trainer.lr_scheduler.on_mismatch = "checkpoint"
    longer.train(tmp_path / "checkpoint-12")
    assert longer.rates[:2] == planned[12:]


def test_torchs_cosine_does_not_come_back_to_its_first_rate(tmp_path: Path) -> None:
    """Each rate comes from the last one; after two periods the third has other bits."""
    theirs = Training(parts.torch_cosine, tmp_path, num_train_epochs=3).train()
    assert theirs[8] != theirs[0]
    ours = Training(COSINE.build, tmp_path, num_train_epochs=3).train()
    assert ours[8:16] == ours[:8]
    assert ours[16:] == ours[:5]


#: Names that the Trainer builds a schedule by, with what is specific to it.
BY_NAME: dict[str, dict[str, Any]] = {
    "linear": {},
    "cosine": {},
    "cosine_with_restarts": {"num_cycles": 3},
    "polynomial": {"lr_end": 0.001, "power": 2.0},
    "inverse_sqrt": {"timescale": 5},
    "cosine_with_min_lr": {"min_lr": 0.01},
    "cosine_warmup_with_min_lr": {"min_lr_rate": 0.1, "warmup_lr_rate": 0.2},
    "warmup_stable_decay": {"num_decay_steps": 2, "decay_type": "1-sqrt"},
}


@pytest.mark.parametrize("name", BY_NAME)
@pytest.mark.parametrize(("accumulation", "updates"), [(1, 14), (3, 6)])
def test_the_trainers_own_scheduler_applies_what_is_foretold(
    name: str, accumulation: int, updates: int, tmp_path: Path
) -> None:
    specific = BY_NAME[name]
    run = Training(
        lambda _: None,
        tmp_path,
        num_train_epochs=2,
        gradient_accumulation_steps=accumulation,
        lr_scheduler_type=name,
        lr_scheduler_kwargs=specific,
        warmup_steps=parts.WARMUP,
    )
    text = f"get_scheduler({name!r}, SGD(p, lr=0.1), {parts.WARMUP}, {updates}, {specific!r})"
    assert run.train() == simulate(text, updates).values.tolist()
