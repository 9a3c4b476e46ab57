"""Ten million updates of both sides compared, beside two plain evaluations of the formula."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import numpy as np

from benchmarks.measure import Row, in_turns
from isorate import Run, compare, read

if TYPE_CHECKING:
    from collections.abc import Iterator

UPDATES = 10**7
TORCH = f"CosineAnnealingLR(SGD(params, lr=0.1), T_max={UPDATES}, eta_min=0.001)"
LISTED = f"cosine_decay_lr(0.001, 0.1, {UPDATES}, 1, {UPDATES})"
PEAK = """
from isorate import Run, compare
compare({torch!r}, {listed!r}, Run({updates}))
with open("/proc/self/status") as status:  # rusage would count the parent's peak too
    print(next(int(line.split()[1]) for line in status if line.startswith("VmHWM")) / 1024)
"""


def formula_twice() -> None:
    """Evaluate the textbook formula twice with NumPy."""
    for _ in range(2):
        t = np.arange(UPDATES)
        0.5 * (1 + np.cos(np.pi * t / UPDATES))


def rows() -> Iterator[Row]:
    """Yield the time ratio, and the whole process's peak memory."""
    a, b, run = read(TORCH), read(LISTED), Run(UPDATES)
    theirs, ours = in_turns(formula_twice, lambda: compare(a, b, run), rounds=5)
    yield Row("compare, 10⁷ updates: time / NumPy's formula twice", ours / theirs, "≤", 5.0)
    code = PEAK.format(torch=TORCH, listed=LISTED, updates=UPDATES)
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    yield Row("the same as a process: peak memory / 300 MiB", float(done.stdout) / 300, "≤", 1.0)
