"""PyTorch schedulers that train by the closed form: every step by itself, whatever came before.

``ScheduleLR`` trains with any schedule, Isorate's own or the text of any framework's call. Every
scheduler of torch's that is a function of the step is here under its own name and signature;
``cosine_decay_lr`` gives MindSpore's schedule to a torch optimizer. All of them are torch's
``LRScheduler``s, and their only state is a counter.
"""

from __future__ import annotations

from isorate.torch._closed_form import ClosedFormLR
from isorate.torch._drop_ins import (
    SWALR,
    ChainedScheduler,
    ConstantLR,
    CosineAnnealingLR,
    CosineAnnealingWarmRestarts,
    CyclicLR,
    ExponentialLR,
    LambdaLR,
    LinearLR,
    MultiplicativeLR,
    MultiStepLR,
    OneCycleLR,
    PolynomialLR,
    SequentialLR,
    StepLR,
    cosine_decay_lr,
)
from isorate.torch._plateau import ReduceLROnPlateau
from isorate.torch._schedule import ScheduleLR
from isorate.training.extensions import Extension
from isorate.training.states import ScheduleMismatchError

__all__ = [
    "SWALR", "ChainedScheduler", "ClosedFormLR", "ConstantLR", "CosineAnnealingLR",
    "CosineAnnealingWarmRestarts", "CyclicLR", "ExponentialLR", "Extension", "LambdaLR", "LinearLR",
    "MultiStepLR", "MultiplicativeLR", "OneCycleLR", "PolynomialLR", "ReduceLROnPlateau",
    "ScheduleLR", "ScheduleMismatchError", "SequentialLR", "StepLR", "cosine_decay_lr",
]  # fmt: skip
