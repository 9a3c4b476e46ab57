"""Starting: what importing Isorate costs, and ``compare`` and ``show`` as whole processes."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.measure import Row, in_turns

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

PAIR = (
    "CosineAnnealingLR(SGD(params, lr=0.1), T_max=1, eta_min=0.002)",
    "cosine_decay_lr(0.01, 0.1, 6, 2, 2)",
)

ARGUMENTS = {
    "learning_rate": 5e-5,
    "lr_scheduler_type": "cosine",
    "warmup_ratio": 0.03,
    "max_steps": 1000,
    "gradient_accumulation_steps": 2,
    "per_device_train_batch_size": 8,
}

#: Bytecode is kept, as pip leaves it when it installs either package.
KEEPING_BYTECODE = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}


def process(*arguments: str) -> Callable[[], object]:
    """Return a function that runs Python with these arguments to its end."""
    return lambda: subprocess.run(
        [sys.executable, *arguments],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env=KEEPING_BYTECODE,
        check=False,
    )


def rows() -> Iterator[Row]:
    """Yield the ratios."""
    bare, ours = in_turns(process("-c", "pass"), process("-c", "import isorate"), rounds=31)
    yield Row("python -c 'import isorate': time / python -c pass", ours / bare, "≤", 3.0)
    torch, whole = in_turns(
        process("-c", "import torch"), process("-m", "isorate", "compare", *PAIR), rounds=9
    )
    yield Row("isorate compare, whole process: time / import torch", whole / torch, "≤", 0.2)
    with tempfile.TemporaryDirectory() as folder:
        config = Path(folder, "trainer_args.json")
        config.write_text(json.dumps(ARGUMENTS))
        least = process("-m", "isorate", "--version")
        for what, given, target in (("CONFIG", str(config), 1.6), ("CALL", PAIR[0], 3.0)):
            version, shown = in_turns(least, process("-m", "isorate", "show", given), rounds=15)
            name = f"isorate show {what}, whole process: time / isorate --version"
            yield Row(name, shown / version, "≤", target)
