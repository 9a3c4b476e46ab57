"""Run trainers and keep what they log, and the rates that they used, in ``tests/logs/``.

    python tools/capture_logs.py NAME ...

NAME is a function below; its environment needs what it imports. ``applied.json`` beside a log is
what was seen inside ``optimizer.step``: a rate for each update, or a list where there are several
parameter groups.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import sqlite3
import sys
import tempfile
import warnings
from collections import OrderedDict
from pathlib import Path
from types import MethodType, ModuleType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

HOME = Path(__file__).resolve().parents[1] / "tests" / "logs"


@contextlib.contextmanager
def keeping(name: str) -> Iterator[Path]:
    """Work in an empty folder, and return where the logs are kept."""
    home = HOME / name
    shutil.rmtree(home, ignore_errors=True)
    home.mkdir(parents=True)
    before = Path.cwd()
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        try:
            yield home
        finally:
            os.chdir(before)


@contextlib.contextmanager
def printing(path: Path) -> Iterator[None]:
    """Print into a file, as a shell does, though line by line."""
    with (
        path.open("w", buffering=1) as out,
        contextlib.redirect_stdout(out),
        contextlib.redirect_stderr(out),
    ):
        yield


def keep(home: Path, applied: list[Any]) -> None:
    """Write what the updates used; one group's rates as numbers."""
    rates = [rates[0] if len(rates) == 1 else rates for rates in applied]
    (home / "applied.json").write_text(json.dumps(rates))


def watched(optimizer: Any) -> list[list[float]]:
    """Return the list that each step of an optimizer adds its rates to."""
    applied: list[list[float]] = []
    step = optimizer.step

    def watching(self: Any, *args: Any, **named: Any) -> Any:
        applied.append([float(group["lr"]) for group in self.param_groups])
        return step(*args, **named)

    optimizer.step = MethodType(watching, optimizer)
    return applied


def transformers() -> None:
    """Trainer: its state, what it prints, TensorBoard, W&B, MLflow; all of one run."""
    os.environ.update(
        WANDB_MODE="offline", WANDB_SILENT="true", WANDB_DISABLE_CODE="true", WANDB_DIR=".",
        WANDB_DISABLE_GIT="true", MLFLOW_TRACKING_URI="sqlite:///mlflow.db",
    )  # fmt: skip
    for bar in (False, True):
        with keeping(f"transformers{'_bar' * bar}") as home:
            _transformers(home, bar)


def _transformers(home: Path, bar: bool) -> None:
    import torch
    from transformers import Trainer, TrainingArguments

    class Net(torch.nn.Module):  # type: ignore[misc]
        def __init__(self) -> None:
            super().__init__()
            self.line = torch.nn.Linear(4, 1)

        def forward(self, x: Any = None, labels: Any = None) -> Any:
            y = self.line(x).squeeze(-1)
            return {"loss": ((y - labels) ** 2).mean(), "logits": y}

    examples = [{"x": torch.randn(4), "labels": torch.tensor(1.0)} for _ in range(200)]
    arguments = TrainingArguments(
        output_dir="out", run_name="run", per_device_train_batch_size=4, num_train_epochs=2,
        gradient_accumulation_steps=2, learning_rate=5e-5, warmup_steps=5, logging_steps=2,
        lr_scheduler_type="cosine", save_strategy="no", use_cpu=True, disable_tqdm=not bar,
        report_to=[] if bar else ["tensorboard", "wandb", "mlflow"],
        eval_strategy="epoch" if bar else "no",
    )  # fmt: skip
    with printing(home / "out.txt"):
        trainer = Trainer(Net(), arguments, train_dataset=examples, eval_dataset=examples[:8])
        applied = watched(trainer.create_optimizer())
        trainer.train()
    keep(home, applied)
    if bar:
        return
    trainer.state.save_to_json(str(home / "trainer_state.json"))
    import mlflow
    import wandb

    wandb.teardown()
    mlflow.end_run()
    shutil.copy(next(Path("out").rglob("events*")), home / "events.out.tfevents.1.0")
    shutil.copy(next(Path("wandb").rglob("*.wandb")), home / "run.wandb")
    with contextlib.closing(sqlite3.connect("mlflow.db")) as database:
        database.execute("PRAGMA foreign_keys = OFF")
        tables = database.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()
        for (name,) in tables:
            if name not in ("metrics", "params", "runs", "alembic_version"):
                database.execute(f'DROP TABLE "{name}"')
        database.commit()
        database.execute("PRAGMA page_size = 512")
        database.execute("VACUUM")
    shutil.copy("mlflow.db", home)


def lightning() -> None:
    """Two groups: its CSV and TensorBoard."""
    import torch
    from lightning import pytorch as pl
    from lightning.pytorch.callbacks import LearningRateMonitor
    from lightning.pytorch.loggers import CSVLogger, TensorBoardLogger
    from torch.optim import lr_scheduler

    class Model(pl.LightningModule):  # type: ignore[misc]
        def __init__(self) -> None:
            super().__init__()
            self.a, self.b = torch.nn.Linear(4, 1), torch.nn.Linear(1, 1)

        def training_step(self, batch: Any, _: int) -> Any:
            loss = ((self.b(self.a(batch[0])).squeeze(-1) - batch[1]) ** 2).mean()
            self.log("train_loss", loss)
            return loss

        def configure_optimizers(self) -> Any:
            parts = [{"params": self.a.parameters()}, {"params": self.b.parameters(), "lr": 1e-4}]
            optimizer = torch.optim.AdamW(parts, lr=1e-3)
            applied.append(watched(optimizer))
            rise = lr_scheduler.LinearLR(optimizer, 0.1, total_iters=5)
            fall = lr_scheduler.CosineAnnealingLR(optimizer, T_max=25)
            whole = lr_scheduler.SequentialLR(optimizer, [rise, fall], [5])
            return {
                "optimizer": optimizer,
                "lr_scheduler": {"scheduler": whole, "interval": "step"},
            }

    applied: list[list[list[float]]] = []
    x = torch.randn(60, 4)
    batches = torch.utils.data.DataLoader(torch.utils.data.TensorDataset(x, x.sum(1)), batch_size=4)
    with keeping("lightning") as home:
        trainer = pl.Trainer(
            max_epochs=2, accelerator="cpu", logger=[CSVLogger("csv"), TensorBoardLogger("tb")],
            log_every_n_steps=1, callbacks=[LearningRateMonitor()], enable_checkpointing=False,
            enable_progress_bar=False, enable_model_summary=False,
        )  # fmt: skip
        trainer.fit(Model(), batches)
        shutil.copy(next(Path("csv").rglob("metrics.csv")), home)
        shutil.copy(next(Path("tb").rglob("events*")), home / "events.out.tfevents.1.0")
        keep(home, applied[0])


def mmengine() -> None:
    """Runner: its JSON lines and its text."""
    import torch
    from mmengine.model import BaseModel
    from mmengine.runner import Runner

    class Model(BaseModel):  # type: ignore[misc]
        def __init__(self) -> None:
            super().__init__()
            self.line = torch.nn.Linear(4, 1)

        def forward(self, x: Any, y: Any, mode: str = "loss") -> Any:
            return {"loss": ((self.line(x).squeeze(-1) - y) ** 2).mean()}

    class Examples(torch.utils.data.Dataset[Any]):  # type: ignore[misc]
        def __len__(self) -> int:
            return 60

        def __getitem__(self, index: int) -> Any:
            return {"x": torch.full((4,), index / 60), "y": torch.tensor(1.0)}

    with keeping("mmengine") as home:
        model = Model()
        optimizer = torch.optim.SGD(model.parameters(), lr=0.02)
        applied = watched(optimizer)
        schedulers = [
            {"type": "LinearLR", "start_factor": 0.001, "by_epoch": False, "begin": 0, "end": 10},
            {"type": "CosineAnnealingLR", "begin": 1, "end": 3, "T_max": 2, "by_epoch": True,
             "eta_min": 1e-4, "convert_to_iter_based": True},
        ]  # fmt: skip
        Runner(
            model=model, work_dir="out", optim_wrapper={"optimizer": optimizer},
            train_dataloader=torch.utils.data.DataLoader(Examples(), batch_size=4),
            param_scheduler=schedulers, train_cfg={"by_epoch": True, "max_epochs": 3},
            default_hooks={"logger": {"type": "LoggerHook", "interval": 2}},
        ).train()  # fmt: skip
        shutil.copy(next(Path("out").rglob("scalars.json")), home)
        log = next(Path("out").rglob("*.log")).read_text().splitlines()
        (home / "out.log").write_text("\n".join(line for line in log if "Epoch(" in line) + "\n")
        keep(home, applied)


def timm() -> None:
    """Timm's scheduler and summary, called in the order of its train.py.

    The package itself wants torchvision for its models; these two modules do not.

    """
    import torch

    package = ModuleType("timm")
    package.__path__ = [f"{folder}/timm" for folder in sys.path if Path(folder, "timm").is_dir()]
    sys.modules["timm"] = package
    from timm.scheduler import create_scheduler_v2

    sys.modules["timm.utils"] = ModuleType("timm.utils")
    sys.modules["timm.utils"].__path__ = [f"{folder}/utils" for folder in package.__path__]
    from timm.utils.summary import update_summary

    updates = 15
    for name, on_updates, scales in (
        ("timm", False, [1.0]), ("timm_updates", True, [1.0]), ("timm_groups", False, [1, 0.5]),
    ):  # fmt: skip
        with keeping(name) as home:
            parts = [{"params": [torch.zeros(1, requires_grad=True)], "lr": 0.1 * scale,
                      "lr_scale": scale} for scale in scales]  # fmt: skip
            optimizer = torch.optim.SGD(parts, lr=0.1)
            applied = watched(optimizer)
            scheduler, epochs = create_scheduler_v2(
                optimizer, sched="cosine", num_epochs=8, warmup_epochs=2, warmup_lr=1e-5,
                min_lr=1e-4, step_on_epochs=not on_updates, updates_per_epoch=updates,
            )  # fmt: skip
            lines = []
            for epoch in range(epochs):
                for batch in range(updates):
                    optimizer.step()
                    rates = [group["lr"] for group in optimizer.param_groups]
                    lr = sum(rates) / len(rates)
                    done = 100.0 * (batch + 1) / updates
                    if batch % 7 == 0:
                        lines.append(
                            f"Train: {epoch} [{batch:>4d}/{updates} ({done:>3.0f}%)]  "
                            f"Loss: {1.0:#.3g} ({1.0:#.3g})  LR: {lr:.3e}  Data: 0.010"
                        )
                    scheduler.step_update(num_updates=epoch * updates + batch + 1)
                rates = [group["lr"] for group in optimizer.param_groups]
                update_summary(
                    epoch, OrderedDict(loss=1.0), OrderedDict(loss=1.0, top1=0.0),
                    filename=str(home / "summary.csv"), lr=sum(rates) / len(rates),
                    write_header=epoch == 0,
                )  # fmt: skip
                scheduler.step(epoch + 1, None)
            (home / "train.log").write_text("\n".join(lines) + "\n")
            keep(home, applied)


def keras() -> None:
    """Two callbacks that set the rate by epoch, and a schedule, which leaves none in the log."""
    os.environ["KERAS_BACKEND"] = "jax"
    import keras
    import numpy as np

    x = np.random.default_rng(0).normal(size=(40, 4)).astype("float32")

    class Watch(keras.callbacks.Callback):  # type: ignore[misc]
        def on_train_batch_begin(self, batch: int, logs: object = None) -> None:
            applied.append([float(self.model.optimizer.learning_rate)])

    callbacks = keras.callbacks
    runs = {
        "keras": (1e-3, callbacks.LearningRateScheduler(lambda epoch: 1e-3 * 0.7 ** (epoch // 2))),
        "keras_plateau": (1e-3, callbacks.ReduceLROnPlateau("loss", patience=1, min_delta=10.0)),
        "keras_schedule": (keras.optimizers.schedules.CosineDecay(1e-3, 30), callbacks.Callback()),
    }
    for name, (lr, callback) in runs.items():
        applied: list[list[float]] = []
        with keeping(name) as home:
            model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(1)])
            model.compile(keras.optimizers.Adam(lr), "mse")
            csv = callbacks.CSVLogger(str(home / "log.csv"))
            model.fit(x, x.sum(1), batch_size=4, epochs=6, verbose=0,
                      callbacks=[callback, csv, Watch()])  # fmt: skip
            keep(home, applied)


def deepspeed() -> None:
    """Its own lines; in float16, where updates with too large numbers are skipped."""
    import importlib
    import logging

    for key, value in {"RANK": 0, "LOCAL_RANK": 0, "WORLD_SIZE": 1, "MASTER_PORT": 29534}.items():
        os.environ[key] = str(value)
    os.environ |= {"MASTER_ADDR": "127.0.0.1", "DS_ACCELERATOR": "cpu"}
    # what it would compile
    importlib.import_module("deepspeed.comm.torch").build_shm_op = lambda: None  # type: ignore[attr-defined]
    import deepspeed as package
    import torch

    accelerator = type(package.accelerator.get_accelerator())
    accelerator.is_fp16_supported = lambda self: True  # torch's are slow on a CPU, and work
    log = logging.getLogger("DeepSpeed")
    log.setLevel(logging.INFO)
    with keeping("deepspeed") as home:
        handler = logging.FileHandler(home / "log.txt")
        handler.setFormatter(log.handlers[0].formatter)
        handler.addFilter(lambda record: "step=" in record.getMessage())
        log.addHandler(handler)
        engine, _, _, _ = package.initialize(
            model=(model := torch.nn.Linear(4, 1)), model_parameters=model.parameters(),
            config={
                "train_micro_batch_size_per_gpu": 2, "gradient_accumulation_steps": 2,
                "steps_per_print": 2, "optimizer": {"type": "SGD", "params": {"lr": 0.01}},
                "scheduler": {"type": "WarmupDecayLR", "params": {
                    "warmup_num_steps": 5, "total_num_steps": 40, "warmup_max_lr": 0.01}},
                "fp16": {"enabled": True},
            },
        )  # fmt: skip
        applied = watched(engine.basic_optimizer)
        torch.manual_seed(0)
        for number in range(80):
            x = torch.randn(2, 4) * (1e6 if number in (9, 10, 31) else 1.0)
            engine.backward(engine(x.half()).float().pow(2).mean())
            engine.step()
        keep(home, applied)


def mlx() -> None:
    """The lines of mlx-lm up to 0.30, in updates of three batches each."""
    import mlx.core as mx
    from mlx import nn, optimizers
    from mlx_lm.tuner import trainer

    class Watched(optimizers.SGD):  # type: ignore[misc]
        def apply_gradients(self, gradients: Any, parameters: Any) -> Any:
            changed = super().apply_gradients(gradients, parameters)
            applied.append(self.learning_rate)
            return changed

    applied: list[Any] = []
    rise = optimizers.linear_schedule(1e-7, 1e-5, 5)
    fall = optimizers.cosine_decay(1e-5, 25, 1e-7)
    schedule = optimizers.join_schedules([rise, fall], [6])

    def batches(*_: Any, **__: Any) -> Iterator[Any]:
        while True:
            yield (mx.ones((2, 4)),)

    def loss(model: Any, x: Any) -> tuple[Any, Any]:
        return (model(x) ** 2).mean(), mx.array(2)

    with keeping("mlx") as home, printing(home / "out.txt"), mx.stream(mx.cpu):
        arguments = trainer.TrainingArgs(
            iters=90, steps_per_report=10, steps_per_eval=1000, steps_per_save=1000,
            grad_accumulation_steps=3,
        )  # fmt: skip
        # what is compiled keeps no Python side effects
        trainer.mx.compile = lambda function, **_: function
        trainer.train(nn.Linear(4, 1), Watched(schedule), [], [], arguments, loss, batches)
        keep(home, [[rate.item()] for rate in applied])


def main() -> None:
    """Capture what is named."""
    warnings.filterwarnings("ignore")
    for name in sys.argv[1:]:
        globals()[name]()


if __name__ == "__main__":
    main()
