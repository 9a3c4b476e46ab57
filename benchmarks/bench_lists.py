"""A list of a million rates: ``isorate.mindspore.cosine_decay_lr`` and MindSpore's own."""

from __future__ import annotations

import gc
import tracemalloc
from time import thread_time
from typing import TYPE_CHECKING

import mindspore.nn as nn

from benchmarks.measure import Row, in_turns
from isorate.mindspore import cosine_decay_lr

if TYPE_CHECKING:
    from collections.abc import Iterator

UPDATES = 10**6


def rows() -> Iterator[Row]:
    """Yield time ratios, and the peak of memory over that of the list itself.

    Times are the thread's own: a list that is made in 2 ms waits for longer on a busy machine.
    """
    for every, required in ((1, 5.0), (1000, 150.0)):
        epochs = UPDATES // every
        arguments = (0.001, 0.1, UPDATES, every, epochs)
        assert cosine_decay_lr(*arguments) == nn.cosine_decay_lr(*arguments)
        theirs, ours = in_turns(
            lambda a=arguments: nn.cosine_decay_lr(*a),  # type: ignore[misc]
            lambda a=arguments: cosine_decay_lr(*a),  # type: ignore[misc]
            rounds=7,
            clock=thread_time,
        )
        name = f"cosine_decay_lr, 10⁶ updates, step_per_epoch={every}: MindSpore's time / Isorate's"
        yield Row(name, theirs / ours, "≥", required)
    yield Row("the same, peak memory / memory of the list", memory(), "≤", 1.1)


def memory() -> float:
    """Return the peak of memory while the list is made, over what the list keeps."""
    gc.collect()
    tracemalloc.start()
    before = tracemalloc.get_traced_memory()[0]
    rates = cosine_decay_lr(0.001, 0.1, UPDATES, 1, UPDATES)
    kept, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert len(rates) == UPDATES
    return (peak - before) / (kept - before)
