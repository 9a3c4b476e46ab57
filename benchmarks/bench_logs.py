"""Logs: TensorBoard's files, read beside what TensorBoard's own accumulator needs to load them."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.measure import Row, in_turns
from isorate import read_log

if TYPE_CHECKING:
    from collections.abc import Iterator

POINTS = 200_000
RUNS = 200


def written(folder: Path, points: int) -> str:
    """Return the path of a log of so many rates."""
    from torch.utils.tensorboard import SummaryWriter

    with SummaryWriter(str(folder)) as writer:
        for step in range(points):
            writer.add_scalar("lr", 0.1 / (step + 1), step)
    return str(next(folder.glob("events*")))


def loaded(path: str) -> object:
    """Load a log with TensorBoard's accumulator, all of its points."""
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    accumulator = EventAccumulator(path, size_guidance={"scalars": 0})
    accumulator.Reload()
    return accumulator.Scalars("lr")


def rows() -> Iterator[Row]:
    """Yield a ratio for a long log, and one for many short ones."""
    with tempfile.TemporaryDirectory() as folder:
        long = written(Path(folder, "long"), POINTS)
        theirs, ours = in_turns(lambda: loaded(long), lambda: read_log(long), rounds=3)
        name = f"a TensorBoard log of {POINTS:,} rates: its EventAccumulator / read_log"
        yield Row(name, theirs / ours, "≥", 4.0)
        short = [written(Path(folder, str(number)), 50) for number in range(RUNS)]
        theirs, ours = in_turns(
            lambda: [loaded(path) for path in short], lambda: [read_log(path) for path in short], 3
        )
        yield Row(f"{RUNS} logs of 50 rates: the same", theirs / ours, "≥", 1.0)
