"""Starting: what importing Isorate costs, and ``compare`` and ``show`` as whole processes."""

from __future__ import annotations

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

#: Configurations of transformers' Trainer and of Megatron-LM, by the endings of their files.
CONFIGURATIONS = {
    ".json": '{"learning_rate": 5e-5, "lr_scheduler_type": "cosine", "warmup_ratio": 0.03, '
    '"max_steps": 1000}',
    ".yaml": "learning_rate: 5.0e-5\nlr_scheduler_type: cosine\nwarmup_steps: 30\n"
    "max_steps: 1000\n",
    ".sh": "torchrun pretrain_gpt.py --lr 1.5e-4 --min-lr 1e-5 --lr-decay-style cosine "
    "--train-iters 5000 --lr-warmup-fraction .01 --global-batch-size 256 --micro-batch-size 4\n",
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
        least = process("-m", "isorate", "--version")
        for ending, text in CONFIGURATIONS.items():
            config = Path(folder, f"config{ending}")
            config.write_text(text)
            shows = process("-m", "isorate", "show", str(config))
            version, shown = in_turns(least, shows, rounds=15)
            name = f"isorate show CONFIG{ending} less isorate --version: ms / 50"
            yield Row(name, (shown - version) / 0.05, "≤", 1.0)
        version, shown = in_turns(least, process("-m", "isorate", "show", PAIR[0]), rounds=15)
        yield Row("isorate show CALL, whole process: time / isorate --version", shown / version,
                  "≤", 2.5)  # fmt: skip
