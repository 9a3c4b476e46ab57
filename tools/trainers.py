"""Run the texts in ``tests/cases/reading/trainers`` for real, and record the rates of each.

    python tools/trainers.py deepspeed detectron2 ignite keras lightning mindspore transformers

Each file has texts for one trainer, which has to be installed; ``given`` says how long the things
are that a text uses and does not have. A rate is what an optimizer's update really used.
"""

from __future__ import annotations

import json
import sys
import tempfile
from contextlib import chdir
from pathlib import Path
from typing import Any

from configs import net

HOME = Path(__file__).parents[1] / "tests" / "cases" / "reading" / "trainers"


def torch_like(used: list[float]) -> dict[str, Any]:
    """Return what texts use, torch's optimizers telling their rates."""
    import torch
    from torch.optim.optimizer import register_optimizer_step_pre_hook

    def told(optimizer: Any, *_: Any) -> None:
        used.append(float(optimizer.param_groups[0]["lr"]))

    hook = register_optimizer_step_pre_hook(told)
    return {"torch": torch, "hook": hook}


def loader(length: int) -> Any:
    """Return a loader of so many batches."""
    import torch

    return torch.utils.data.DataLoader([torch.ones(2)] * length, batch_size=1)


def lightning(row: dict[str, Any]) -> list[float]:
    """Train with Lightning."""
    import lightning.pytorch as pl

    quiet = ("logger", "enable_checkpointing", "enable_progress_bar", "enable_model_summary")
    plain = pl.Trainer.__init__

    def init(self: Any, **named: Any) -> None:
        plain(self, **{**dict.fromkeys(quiet, False), "accelerator": "cpu", **named})

    pl.Trainer.__init__ = init
    used: list[float] = []
    try:
        names = {"__name__": "__main__", **torch_like(used)}
        for name, length in row.get("given", {}).items():
            names[name.removeprefix("len(").rstrip(")")] = loader(length)
        exec(compile(row["text"], row["what"], "exec"), names)
        names["hook"].remove()
    finally:
        pl.Trainer.__init__ = plain
    return used


def transformers(row: dict[str, Any]) -> list[float]:
    """Train with transformers' Trainer."""
    import torch
    from transformers import Trainer

    Trainer.save_model = Trainer._save_checkpoint = lambda *_, **__: None

    used: list[float] = []
    names = {"__name__": "__main__", "model": net(), **torch_like(used)}
    for name, length in row.get("given", {}).items():
        names[name.removeprefix("len(").rstrip(")")] = [{"x": torch.ones(2)}] * length
    exec(compile(row["text"], row["what"], "exec", dont_inherit=True), names)
    names["hook"].remove()
    return used


def deepspeed(row: dict[str, Any]) -> list[float]:
    """Train with DeepSpeed's engine, on one process without a GPU."""
    import os

    alone = {"RANK": "0", "LOCAL_RANK": "0", "WORLD_SIZE": "1", "DS_ACCELERATOR": "cpu"}
    os.environ |= {**alone, "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": "29517"}
    import deepspeed
    import torch

    sys.modules["deepspeed.comm.torch"].build_shm_op = lambda: None  # type: ignore[attr-defined]
    deepspeed.init_distributed("gloo", verbose=False)
    used: list[float] = []
    names = {"__name__": "__main__", "model": torch.nn.Linear(2, 1), **torch_like(used)}
    names["loader"] = loader(row["given"]["len(loader)"])
    exec(compile(row["text"], row["what"], "exec", dont_inherit=True), names)
    names["hook"].remove()
    return used


def plain(row: dict[str, Any]) -> list[float]:
    """Train as a text does."""
    used: list[float] = []
    names = {"__name__": "__main__", **torch_like(used)}
    names["loader"] = loader(row["given"]["len(loader)"])
    exec(compile(row["text"], row["what"], "exec", dont_inherit=True), names)
    names["hook"].remove()
    return used


detectron2 = ignite = plain


def keras(row: dict[str, Any]) -> list[float]:
    """Train with Keras."""
    import keras
    import numpy as np

    used: list[float] = []
    plain = keras.Model.fit

    def fit(self: Any, *given: Any, callbacks: Any = (), **named: Any) -> Any:
        def told(batch: int, logs: Any = None) -> None:
            used.append(float(self.optimizer.learning_rate))

        several = callbacks if isinstance(callbacks, list | tuple) else [callbacks]
        last = keras.callbacks.LambdaCallback(on_train_batch_begin=told)
        return plain(self, *given, callbacks=[*several, last], **named)

    keras.Model.fit = fit
    try:
        length = row["given"].get("len(x_train)", 1)
        names = {"x_train": np.ones((length, 2)), "y_train": np.ones((length, 1))}
        exec(compile(row["text"], row["what"], "exec", dont_inherit=True), names)
    finally:
        keras.Model.fit = plain
    return used


def mindspore(row: dict[str, Any]) -> list[float]:
    """Train with MindSpore's Model."""
    import mindspore as ms
    import numpy as np

    used: list[float] = []
    plain = ms.Model.train

    class Told(ms.train.Callback):  # type: ignore[misc]
        def on_train_step_begin(self, run_context: Any) -> None:
            used.append(float(run_context.original_args().optimizer.get_lr().asnumpy()))

    def train(self: Any, *given: Any, **named: Any) -> Any:
        return plain(self, *given, callbacks=[Told()], **named)

    ms.Model.train = train
    try:
        batches = row["given"]["dataset.get_dataset_size()"]
        data = {"x": np.ones((batches, 2), "float32"), "y": np.ones((batches, 1), "float32")}
        names = {
            "dataset": ms.dataset.NumpySlicesDataset(data).batch(1),
            "net": ms.nn.Dense(2, 1),
            "loss": ms.nn.MSELoss(),
        }
        exec(compile(row["text"], row["what"], "exec", dont_inherit=True), names)
    finally:
        ms.Model.train = plain
    return used


def main(names: list[str]) -> None:
    """Run the texts of some trainers, and write what they came to beside them."""
    for name in names:
        path = HOME / f"{name}.json"
        rows = json.loads(path.read_text(encoding="utf-8"))
        with tempfile.TemporaryDirectory() as scratch, chdir(scratch):
            for row in rows:
                row["rates"] = globals()[name](row)
        path.write_text(json.dumps(rows, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
