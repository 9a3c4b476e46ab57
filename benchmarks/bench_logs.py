"""Logs: TensorBoard's files, read beside what TensorBoard's own accumulator needs to load them.

A folder of small runs is measured in runs a second of one core, as a share of what is asked for.
"""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from time import process_time
from typing import TYPE_CHECKING

from benchmarks.measure import Row, in_turns, seconds
from isorate import check, check_all, read, read_log, simulate
from isorate.logs.finding import runs_below

if TYPE_CHECKING:
    from collections.abc import Iterator

POINTS = 200_000
RUNS = 200
SMALL = "transformers.get_cosine_schedule_with_warmup(torch.optim.SGD(params, lr=0.1), 10, 500)"
RECIPE = (
    "transformers.get_cosine_schedule_with_warmup(torch.optim.SGD(params, lr=0.1), 1000, 200000)"
)


def written(folder: Path, points: int) -> str:
    """Return the path of a log of so many rates."""
    from torch.utils.tensorboard import SummaryWriter

    with SummaryWriter(str(folder)) as writer:
        for step, rate in enumerate(simulate(RECIPE, points).values.tolist()):
            writer.add_scalar("lr", rate, step)
    return str(next(folder.glob("events*")))


def loaded(path: str) -> object:
    """Load a log with TensorBoard's accumulator, all of its points."""
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    accumulator = EventAccumulator(path, size_guidance={"scalars": 0})
    accumulator.Reload()
    return accumulator.Scalars("lr")


def small(folder: Path, kind: str) -> None:
    """Write many runs of 50 rates, each in a folder of its own."""
    rates = simulate(SMALL, 500).values.tolist()
    at = range(10, 501, 10)
    if kind == "trainer_state.json":
        rows = [{"step": k, "loss": 1.25, "learning_rate": rates[k - 1]} for k in at]
        text = json.dumps({"max_steps": 500, "log_history": rows}, indent=2)
    elif kind == "metrics.csv":
        text = "step,loss,lr\n" + "".join(f"{k},1.25,{rates[k - 1]!r}\n" for k in at)
    else:
        text = "".join(f"INFO step: {k} loss: 1.25 lr: {rates[k - 1]:.6e}\n" for k in at)
    for number in range(RUNS):
        run = folder / str(number)
        run.mkdir(parents=True)
        (run / kind).write_text(text)


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
        theirs, ours = in_turns(lambda: loaded(long), lambda: check(long, RECIPE), rounds=1)
        name = f"a TensorBoard log of {POINTS:,} rates: its EventAccumulator / check"
        yield Row(name, theirs / ours, "≥", 4.0)
        theirs, ours = in_turns(
            lambda: [loaded(path) for path in short], lambda: list(check_all(short, RECIPE)), 3
        )
        yield Row(f"{RUNS} logs of 50 rates: the accumulator / check_all", theirs / ours, "≥", 1.0)
        recipe = read(SMALL)
        for kind in ("trainer_state.json", "metrics.csv", "train.log"):
            runs = Path(folder, kind)
            small(runs, kind)
            rounds = [
                seconds(lambda: list(check_all(runs_below(runs), recipe)), process_time)  # noqa: B023
                for _ in range(5)
            ]
            name = f"{RUNS} small runs, each a {kind}: those a second on one core / 2,000"
            yield Row(name, RUNS / min(rounds) / 2000, "≥", 1.0)
        rates = simulate(RECIPE, POINTS).values.tolist()
        table = Path(folder, "rates.csv")
        table.write_text("step,lr\n" + "".join(f"{k},{rate!r}\n" for k, rate in enumerate(rates)))
        theirs, ours = in_turns(lambda: loaded(long), lambda: read_log(table), rounds=1)
        name = f"a CSV of {POINTS:,} rates: the accumulator on the same in its format / read_log"
        yield Row(name, theirs / ours, "≥", 4.0)
