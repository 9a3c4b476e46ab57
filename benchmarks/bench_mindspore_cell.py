"""``isorate.mindspore.ScheduleLR`` and MindSpore's own: the time of a call, the memory of a run."""

from __future__ import annotations

import subprocess
import sys
from mmap import PAGESIZE
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Any, Final

import mindspore
from mindspore import Tensor, nn

from benchmarks.measure import Row, seconds
from isorate.mindspore import ScheduleLR
from isorate.schedule.shapes import Cosine

if TYPE_CHECKING:
    from collections.abc import Iterator

#: What is held in memory for a run: MindSpore's list of its rates, or a cell.
UPDATES: Final = 10**7
HELD: Final = {
    "list": f"rates = nn.cosine_decay_lr(0.001, 0.1, {UPDATES}, 1, {UPDATES})",
    "cell": f"rates = ScheduleLR(Cosine(0.1, 0.001, {UPDATES}))",
}
SCRIPT: Final = """
from mindspore import Parameter, Tensor, nn
from isorate.schedule.shapes import Cosine
from isorate.mindspore import ScheduleLR
from benchmarks.bench_mindspore_cell import resident
rates = 0.1
before = resident()
{held}
optimizer = nn.SGD([Parameter(Tensor([0.0]), name="weight")], learning_rate=rates)
print(resident() - before)
"""

#: Calls timed at a time, and how often: long enough for the queue of operators to fill.
CALLS: Final = 60
ROUNDS: Final = 41


def rows() -> Iterator[Row]:
    """Yield the ratios of a call's time in both modes, and of a run's memory."""
    before = mindspore.get_context("mode")
    for name in ("PYNATIVE_MODE", "GRAPH_MODE"):
        mindspore.set_context(mode=getattr(mindspore, name))
        text = f"half a cosine as a cell, {name}: Isorate's time / MindSpore's"
        yield Row(text, time_of_a_call(), "≤", 1.1)
    mindspore.set_context(mode=before)
    share = memory("cell") / memory("list")
    yield Row(
        "an optimizer for 10⁷ updates: memory of the cell / of MindSpore's list", share, "≤", 0.01
    )


def time_of_a_call() -> float:
    """Return the time of Isorate's cell over that of MindSpore's, the median of many turns."""
    theirs = nn.CosineDecayLR(0.001, 0.1, 1000)
    ours = ScheduleLR(Cosine(0.1, 0.001, 1000))
    step = Tensor([999], mindspore.int32)

    def calls(cell: Any) -> None:
        for _ in range(CALLS):
            rate = cell(step)
        rate.asnumpy()  # which waits for all of them

    for cell in (theirs, ours):
        calls(cell)  # compiles it
    return median(
        seconds(lambda: calls(ours)) / seconds(lambda: calls(theirs)) for _ in range(ROUNDS)
    )


def memory(held: str) -> float:
    """Return the bytes by which a process grows when an optimizer is made of it."""
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT.format(held=HELD[held])],
        check=True,
        capture_output=True,
        text=True,
    )
    return float(done.stdout.splitlines()[-1])


def resident() -> int:
    """Return the memory that this process has, in bytes, as Linux counts it."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * PAGESIZE
