"""Whose a rate is, by the names that it has in a log, and what the steps there count."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    from isorate.logs.log import Counts, Rates

    Offsets = tuple[int, ...] | Callable[[tuple[Rates, ...]], tuple[int, ...]]


def usual_offsets(groups: tuple[Rates, ...]) -> tuple[int, ...]:
    """Return how far a count is ahead of the updates, where no more is known of it than its steps.

    Steps 0, 1, 2, … and 9, 19, 29, … are counted from 0, others from 1; the rate is that of the
    update that was just made, or of the next one.

    """
    steps = groups[0].steps[:3].tolist()
    stride = steps[1] - steps[0] if len(steps) > 1 else 0
    from_zero = steps[0] <= 0 or (stride > 1 and steps[0] % stride == stride - 1)
    return (0, -1) if from_zero else (1, 0)


@dataclass(frozen=True)
class Owner:
    """A trainer, and how it names and counts.

    Args:
        trainer: its name.
        rates: the names of its rates, each as a whole.
        offsets: how far its steps are ahead of the updates.
        counts: what they count.
        beside: names that stand in its logs besides.
        notes: what a reader has to know.
        counter: what counts, where several do.

    """

    trainer: str | None
    rates: str
    offsets: Offsets
    counts: Counts = "update"
    beside: frozenset[str] = frozenset()
    notes: tuple[str, ...] = ()


#: The rates of the trainers that have names of their own for them.
OWNERS: Final = (
    Owner("transformers", r"train/learning_rate", (1, 0)),
    Owner("lightning", r"lr-[^/]+(/pg\d+)?", (0,)),
    Owner("deepspeed", r"Train/Samples/lr", (0,), "sample"),
    Owner("megatron", r"learning-rate", (0, 1)),
    Owner("keras", r"epoch_(lr|learning_rate)", (0,), "epoch"),
    Owner("ultralytics", r"lr/pg\d+", (1,), "epoch"),
)
ANYBODY: Final = Owner(None, "", usual_offsets)


def owner(names: Collection[str]) -> Owner:
    """Return whose rates those are."""
    for each in OWNERS:
        if names and all(re.fullmatch(each.rates, name) for name in names):
            return each
    return ANYBODY
