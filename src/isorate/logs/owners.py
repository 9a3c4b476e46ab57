"""Whose a rate is, by the names that it has in a log, and what the steps there count."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable

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
        counter: the name of what counts.
        notes: what a reader has to know.
        decimals: what it rounds its rates to, where it does.
        arguments: the file beside its log that has the run's arguments.

    """

    trainer: str | None
    rates: str
    offsets: Offsets
    counts: Counts = "update"
    beside: frozenset[str] = frozenset()
    counter: str | None = None
    notes: tuple[str, ...] = ()
    decimals: int | None = None
    arguments: str | None = None


_TIMM = (
    "A rate is the mean over the parameter groups.",
    "A rate is that of its epoch; with --sched-on-updates it is that of the next one's first "
    "update.",
)
#: Those that name their rates, or what stands beside, in a way of their own.
OWNERS: Final = (
    Owner("isorate", r"lr(/\d+)?", (0,), counter="update"),
    Owner("transformers", r"(.* - )?train/learning_rate", (1, 0)),
    Owner("transformers", r"learning_rate", (1, 0), beside=frozenset({"lr_scheduler_type"})),
    Owner("transformers", r"learning_rate", (1, 0), beside=frozenset({"epoch", "grad_norm"}),
          counter="step"),
    Owner("ms-swift", r"learning_rate", (1, 0), counter="global_step/max_steps"),
    Owner("llamafactory", r"lr", (1, 0), counter="current_steps"),
    Owner("lightning", r"lr-[^/]+(/pg\d+)?", (0,)),
    Owner("deepspeed", r"Train/Samples/lr", (0,), "sample"),
    Owner("megatron", r"learning-rate", (0, 1)),
    Owner("keras", r"epoch_(lr|learning_rate)", (0,), "epoch"),
    Owner("ultralytics", r"lr/pg\d+", (1,), "epoch", arguments="args.yaml"),
    Owner("mmengine", r"lr", (1,), beside=frozenset({"iter", "step", "data_time"})),
    Owner("mmcv", r"lr(/.*)?", (1,), beside=frozenset({"mode", "iter", "data_time"}),
          decimals=5),
    Owner("detectron2", r"lr", (0,), beside=frozenset({"iteration", "data_time", "total_loss"})),
    Owner("fairseq", r"(train_)?lr", (0, 1), counter="num_updates"),
    Owner("timm", r"lr", (0, -1), "epoch", beside=frozenset({"train_loss", "eval_loss"}),
          counter="epoch", notes=_TIMM, arguments="args.yaml"),
)  # fmt: skip
ANYBODY: Final = Owner(None, "", usual_offsets)


@lru_cache(maxsize=16)  # many runs are of one trainer, and have the same names
def owner(rates: tuple[str, ...], names: tuple[str, ...] = (), counter: str | None = None) -> Owner:
    """Return whose rates those are, by their names, those beside them, and what counts."""
    beside = frozenset(names)
    for each in OWNERS if rates else ():
        fits = each.counter in (None, counter) and each.beside <= beside
        if fits and all(re.fullmatch(each.rates, name) for name in rates):
            return each
    return ANYBODY
