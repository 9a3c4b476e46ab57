"""Starting: what ``import isorate`` and a whole ``isorate compare`` cost, as processes."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING

from benchmarks.measure import Row, in_turns

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

PAIR = (
    "CosineAnnealingLR(SGD(params, lr=0.1), T_max=1, eta_min=0.002)",
    "cosine_decay_lr(0.01, 0.1, 6, 2, 2)",
)


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
    """Yield both ratios."""
    bare, ours = in_turns(process("-c", "pass"), process("-c", "import isorate"), rounds=31)
    yield Row("python -c 'import isorate': time / python -c pass", ours / bare, "≤", 3.0)
    torch, whole = in_turns(
        process("-c", "import torch"), process("-m", "isorate", "compare", *PAIR), rounds=9
    )
    yield Row("isorate compare, whole process: time / import torch", whole / torch, "≤", 0.2)
