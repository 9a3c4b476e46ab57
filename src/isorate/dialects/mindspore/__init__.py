"""MindSpore: lists of rates, learning-rate cells and the experimental schedulers, as of 2.10.0."""

from __future__ import annotations

from isorate.dialects._base import Dialect
from isorate.dialects.mindspore._shared import BAD_DECAY, RAN_OUT, VERSION, check_cosine_decay
from isorate.dialects.mindspore.cells import CosineDecayLR
from isorate.dialects.mindspore.experimental import CosineAnnealingLR
from isorate.dialects.mindspore.lists import LearningRateList, cosine_decay_lr

__all__ = [
    "BAD_DECAY",
    "DIALECT",
    "RAN_OUT",
    "VERSION",
    "CosineAnnealingLR",
    "CosineDecayLR",
    "LearningRateList",
    "check_cosine_decay",
    "cosine_decay_lr",
]

DIALECT = Dialect(
    name="mindspore",
    title="MindSpore",
    version=VERSION,
    constructors=(cosine_decay_lr, CosineDecayLR, CosineAnnealingLR, LearningRateList),
    aliases={
        "ms": "mindspore",
        "nn": "mindspore.nn",
        "ms.nn": "mindspore.nn",
        "ms.experimental": "mindspore.experimental",
        "experimental": "mindspore.experimental",
    },
)
