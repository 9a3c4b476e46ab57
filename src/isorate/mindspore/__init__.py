"""Schedules to train with in MindSpore: lists of rates, and a cell that never runs out.

MindSpore's seven list functions are here under their own names, bit for bit, and stay when
MindSpore removes them; ``ScheduleLR`` is any schedule as a cell, and ``LogRates`` a callback that
writes down the rates that updates have used. The lists need no MindSpore; the other two import it
when they are first looked up. ``isorate.mindspore.experimental`` has schedulers for
MindSpore's experimental optimizers.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from isorate.mindspore.lists import (
    cosine_decay_lr,
    exponential_decay_lr,
    inverse_decay_lr,
    natural_exp_decay_lr,
    piecewise_constant_lr,
    polynomial_decay_lr,
    warmup_lr,
)
from isorate.training.lazily import lazily

if TYPE_CHECKING:
    from isorate.mindspore._log_rates import LogRates
    from isorate.mindspore.schedules import ScheduleLR

__all__ = [
    "LogRates", "ScheduleLR", "cosine_decay_lr", "exponential_decay_lr", "inverse_decay_lr",
    "natural_exp_decay_lr", "piecewise_constant_lr", "polynomial_decay_lr", "warmup_lr",
]  # fmt: skip


_HOMES = {"LogRates": "_log_rates", "ScheduleLR": "schedules"}

__getattr__ = lazily(__name__, _HOMES, ("mindspore",), "MindSpore: pip install mindspore")


def __dir__() -> list[str]:
    return sorted(__all__)
