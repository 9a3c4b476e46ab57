"""Schedules to train with in MindSpore: lists of rates, and a cell that never runs out.

MindSpore's seven list functions are here under their own names, bit for bit, and stay when
MindSpore removes them; ``ScheduleLR`` is any schedule as a cell. The lists need no MindSpore; the
cell imports it when it is first looked up. ``isorate.mindspore.experimental`` has schedulers for
MindSpore's experimental optimizers.
"""

from __future__ import annotations

from importlib import import_module
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

if TYPE_CHECKING:
    from isorate.mindspore.schedules import ScheduleLR

__all__ = [
    "ScheduleLR",
    "cosine_decay_lr",
    "exponential_decay_lr",
    "inverse_decay_lr",
    "natural_exp_decay_lr",
    "piecewise_constant_lr",
    "polynomial_decay_lr",
    "warmup_lr",
]


def __getattr__(name: str) -> object:
    if name != "ScheduleLR":
        raise AttributeError(f"module 'isorate.mindspore' has no attribute {name!r}")
    try:
        module = import_module("isorate.mindspore.schedules")
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] != "mindspore":
            raise
        raise ImportError(
            "isorate.mindspore.ScheduleLR needs MindSpore: pip install mindspore",
            name="mindspore",
        ) from error
    return module.ScheduleLR


def __dir__() -> list[str]:
    return sorted(__all__)
