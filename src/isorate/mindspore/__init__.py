"""Schedules to train with in MindSpore: lists of rates, and cells that never run out.

MindSpore's seven list functions are here under their own names, bit for bit, and stay when
MindSpore removes them; ``cosine_annealing_lr`` is torch's periodic cosine as a list;
``CosineAnnealingLR`` is the same cosine as a cell, ``WarmUpThen`` a warmup before any cell, and
``ScheduleLR`` any schedule as a cell. The lists need no MindSpore; the cells import it when they
are first looked up. ``isorate.mindspore.experimental`` has schedulers for MindSpore's experimental
optimizers.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Final

from isorate.mindspore.lists import (
    cosine_annealing_lr,
    cosine_decay_lr,
    exponential_decay_lr,
    inverse_decay_lr,
    natural_exp_decay_lr,
    piecewise_constant_lr,
    polynomial_decay_lr,
    warmup_lr,
)

if TYPE_CHECKING:
    from isorate.mindspore.cells import CosineAnnealingLR, WarmUpThen
    from isorate.mindspore.schedules import ScheduleLR

#: What needs MindSpore, and is imported when it is first looked up: the module that has it.
CELLS: Final = {
    "CosineAnnealingLR": "isorate.mindspore.cells",
    "ScheduleLR": "isorate.mindspore.schedules",
    "WarmUpThen": "isorate.mindspore.cells",
}

__all__ = [
    "CosineAnnealingLR",
    "ScheduleLR",
    "WarmUpThen",
    "cosine_annealing_lr",
    "cosine_decay_lr",
    "exponential_decay_lr",
    "inverse_decay_lr",
    "natural_exp_decay_lr",
    "piecewise_constant_lr",
    "polynomial_decay_lr",
    "warmup_lr",
]


def __getattr__(name: str) -> object:
    if name not in CELLS:
        raise AttributeError(f"module 'isorate.mindspore' has no attribute {name!r}")
    try:
        module = import_module(CELLS[name])
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] != "mindspore":
            raise
        raise ImportError(
            f"isorate.mindspore.{name} needs MindSpore: pip install mindspore",
            name="mindspore",
        ) from error
    cell: object = getattr(module, name)
    return cell


def __dir__() -> list[str]:
    return sorted(__all__)
