"""Train with the configurations in ``tests/cases/configs`` for real, and record their rates.

    python tools/configs.py transformers

A row is a configuration, what is told of its run beside it, and the rate that each update really
used. Rows that name a version are run where that version is installed, and no others.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from contextlib import chdir
from pathlib import Path
from typing import Any

HOME = Path(__file__).parents[1] / "tests" / "cases" / "configs"


def hooked() -> tuple[list[float], Any]:
    """Return a list that each update's rate is put into, and what ends that."""
    from torch.optim.optimizer import register_optimizer_step_pre_hook

    used: list[float] = []

    def told(optimizer: Any, *_: Any) -> None:
        used.append(float(optimizer.param_groups[0]["lr"]))

    return used, register_optimizer_step_pre_hook(told)


def net() -> Any:
    """Return a model that takes its inputs as ``x`` and returns a loss."""
    import torch

    class Model(torch.nn.Module):  # type: ignore[misc]
        def __init__(self) -> None:
            super().__init__()
            self.layer = torch.nn.Linear(2, 1)

        def forward(self, x: Any) -> Any:
            return {"loss": self.layer(x).sum()}

    return Model()


def transformers(row: dict[str, Any]) -> list[float]:
    """Train with transformers' Trainer."""
    import torch
    from transformers import Trainer, TrainingArguments

    Trainer.save_model = Trainer._save_checkpoint = lambda *_, **__: None
    facts = row.get("facts", {})
    quiet = {"report_to": "none", "save_strategy": "no", "disable_tqdm": True, "use_cpu": True}
    own = {k: v for k, v in row["values"].items() if k != "transformers_version"}
    args = TrainingArguments("out", **{**quiet, **own})
    data = [{"x": torch.ones(2)}] * (facts.get("examples") or 1000)
    used, hook = hooked()
    Trainer(net(), args, train_dataset=data).train()
    hook.remove()
    return used


def version(row: dict[str, Any]) -> bool:
    """Whether a row is of the version that is installed."""
    from transformers import __version__

    return str(__version__).startswith(row["values"].get("transformers_version", "5."))


def ran(name: str, row: dict[str, Any]) -> list[float]:
    """Run a row: by itself, or side by side with others."""
    processes = row.get("facts", {}).get("processes", 1)
    if processes == 1:
        found: list[float] = globals()[name](row)
        return found
    Path("row.json").write_text(json.dumps(row))
    command = ["-m", "torch.distributed.run", f"--nproc_per_node={processes}", __file__]
    subprocess.run([sys.executable, *command, name, "row.json"], check=True)
    told: list[float] = json.loads(Path("rates.json").read_text())
    return told


def main(names: list[str]) -> None:
    """Run the configurations of some trainers, and write what they came to beside them."""
    if "RANK" in os.environ:
        rates = globals()[names[0]](json.loads(Path(names[1]).read_text()))
        if os.environ["RANK"] == "0":
            Path("rates.json").write_text(json.dumps(rates))
        return
    for name in names:
        path = HOME / f"{name}.json"
        rows = json.loads(path.read_text(encoding="utf-8"))
        with tempfile.TemporaryDirectory() as scratch, chdir(scratch):
            for row in rows:
                if version(row):
                    row["rates"] = ran(name, row)
                    print(name, row["what"], len(row["rates"]))
        lines = ",\n".join(f" {json.dumps(row)}" for row in rows)
        path.write_text(f"[\n{lines}\n]\n", encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
