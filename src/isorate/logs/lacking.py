"""Logs in which their trainers leave no rates, and how to have them logged."""

from __future__ import annotations

import re
from typing import Final

#: What the beginning of such a log looks like, and what to do.
LACKING: Final = tuple(
    (re.compile(pattern, re.MULTILINE), how)
    for pattern, how in (
        (r"MindSpore\.Event:", "add isorate.mindspore.LogRates to the callbacks: SummaryCollector "
         "leaves no rates"),
        (r"^epoch: *\d+,? +step: *\d+,? +loss is", "add isorate.mindspore.LogRates to the "
         "callbacks: LossMonitor prints no rates"),
        (r"^epoch,train_loss,valid_loss,.*time\r?$", "write learn.recorder.lrs down: CSVLogger of "
         "fastai leaves no rates"),
        (r"^(?=(.*,)?epoch(,|\r?$))(?=(.*,)?step(,|\r?$)).*loss", "add LearningRateMonitor to the "
         "callbacks: without it Lightning's loggers have no rates"),
        (r"^epoch,(?=.*\bloss\b)(?!.*train_loss)", "add isorate.keras.LogRates to the callbacks: "
         "CSVLogger has only rates that a callback sets, none of a schedule"),
        (r"^ *iter +train_loss +tok/s +tokens", "give mlx_lm a TrainingCallback that writes "
         "learning_rate down: what it prints has none since 0.32"),
        (r"^iter \d+: loss ", "print lr beside the loss: nanoGPT's train.py does not"),
    )
)  # fmt: skip


def how_to_log(text: str) -> str | None:
    """Return what to do to have rates in such a log."""
    return next((how for pattern, how in LACKING if pattern.search(text)), None)
