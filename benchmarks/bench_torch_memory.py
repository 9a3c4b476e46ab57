"""What a ``ScheduleLR`` of a long run keeps in memory and in a checkpoint."""

from __future__ import annotations

import gc
import io
import tracemalloc
from typing import TYPE_CHECKING, Final

import torch

from benchmarks.measure import Row
from benchmarks.stepping import optimizer_of
from isorate.schedules import Cosine
from isorate.torch import ScheduleLR

if TYPE_CHECKING:
    from collections.abc import Iterator

LONG: Final = 10**7
SHORT: Final = 10**3

#: Steps taken before the end, so that the rates computed ahead are there, too.
LAST: Final = 300


def rows() -> Iterator[Row]:
    """Yield memory and state at the last update of a long run, over those of a short one."""
    for updates in (SHORT, LONG):
        kept(updates)  # what is kept once, for all schedulers
    yield Row(
        "ScheduleLR at update 10⁷ of 10⁷: memory / that at update 10³ of 10³",
        kept(LONG) / kept(SHORT),
        "≤",
        1.1,
    )
    state = saved(ended(LONG)) / saved(ended(SHORT))
    yield Row("the same, size of its state as saved", state, "≤", 1.1)


def ended(updates: int) -> ScheduleLR:
    """Return a scheduler at the last update of a run that long, warmup included."""
    schedule = Cosine(0.1, 0.001, updates - 100).after_warmup(100)
    scheduler = ScheduleLR(optimizer_of(1), schedule, counting="steps")
    scheduler.optimizer.step()
    scheduler.seek(updates - LAST)
    for _ in range(LAST):
        scheduler.step()
    assert scheduler.get_last_lr() == [0.001]
    return scheduler


def kept(updates: int) -> int:
    """Return the bytes that a scheduler and its optimizer keep at the end of a run."""
    gc.collect()
    tracemalloc.start()
    scheduler = ended(updates)
    gc.collect()
    size = tracemalloc.get_traced_memory()[0]
    tracemalloc.stop()
    del scheduler
    return size


def saved(scheduler: ScheduleLR) -> int:
    """Return the bytes of a checkpoint of the scheduler."""
    file = io.BytesIO()
    torch.save(scheduler.state_dict(), file)
    return len(file.getvalue())


if __name__ == "__main__":
    for _updates in (SHORT, SHORT, LONG, LONG):
        print(f"{_updates:10}: {kept(_updates)} B kept, {saved(ended(_updates))} B saved")
