"""Schedules to train with in MindSpore: lists of rates, and a cell that never runs out.

MindSpore's seven list functions are here under their own names, bit for bit, and stay when
MindSpore removes them; ``cosine_annealing_lr`` is torch's periodic cosine as a list;
``CosineAnnealingLR`` is the same cosine as a cell, ``WarmUpThen`` a warmup before any cell. The
lists need no MindSpore; the cells import it when they are first looked up.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

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

#: What needs MindSpore, and is imported when it is first looked up.
CELLS = ("CosineAnnealingLR", "WarmUpThen")

__all__ = [
    "CosineAnnealingLR",
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
        from isorate.mindspore import cells
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] != "mindspore":
            raise
        raise ImportError(
            f"isorate.mindspore.{name} needs MindSpore: pip install mindspore",
            name="mindspore",
        ) from error
    cell: object = getattr(cells, name)
    return cell


def __dir__() -> list[str]:
    return sorted(__all__)
