"""MindSpore: lists of rates, learning-rate cells and the experimental schedulers, as of 2.10.0."""

from __future__ import annotations

from isorate.dialects.mindspore._shared import BAD_DECAY, RAN_OUT, VERSION, check_cosine_decay
from isorate.dialects.mindspore.cells import CosineDecayLR, PolynomialDecayLR, WarmUpLR
from isorate.dialects.mindspore.decay_cells import (
    ExponentialDecayLR,
    InverseDecayLR,
    NaturalExpDecayLR,
)
from isorate.dialects.mindspore.decay_lists import (
    exponential_decay_lr,
    inverse_decay_lr,
    natural_exp_decay_lr,
)
from isorate.dialects.mindspore.experimental import (
    ConstantLR,
    ExponentialLR,
    LinearLR,
    MultiStepLR,
    PolynomialLR,
    StepLR,
)
from isorate.dialects.mindspore.experimental_compositions import ReduceLROnPlateau, SequentialLR
from isorate.dialects.mindspore.experimental_cosines import (
    CosineAnnealingLR,
    CosineAnnealingWarmRestarts,
)
from isorate.dialects.mindspore.experimental_lambdas import LambdaLR, MultiplicativeLR
from isorate.dialects.mindspore.experimental_triangles import CyclicLR
from isorate.dialects.mindspore.lists import (
    cosine_decay_lr,
    piecewise_constant_lr,
    polynomial_decay_lr,
    warmup_lr,
)
from isorate.dialects.mindspore.optimizers import MINDSPORE
from isorate.dialects.mindspore.plain_lists import (
    LearningRateList,
    ListConcatenation,
    concatenated,
    is_list,
    repeated,
)
from isorate.kit.registry import Dialect, Lists

__all__ = [
    "BAD_DECAY",
    "DIALECT",
    "RAN_OUT",
    "VERSION",
    "ConstantLR",
    "CosineAnnealingLR",
    "CosineAnnealingWarmRestarts",
    "CosineDecayLR",
    "CyclicLR",
    "ExponentialDecayLR",
    "ExponentialLR",
    "InverseDecayLR",
    "LambdaLR",
    "LearningRateList",
    "LinearLR",
    "ListConcatenation",
    "MultiStepLR",
    "MultiplicativeLR",
    "NaturalExpDecayLR",
    "PolynomialDecayLR",
    "PolynomialLR",
    "ReduceLROnPlateau",
    "SequentialLR",
    "StepLR",
    "WarmUpLR",
    "check_cosine_decay",
    "concatenated",
    "cosine_decay_lr",
    "exponential_decay_lr",
    "inverse_decay_lr",
    "is_list",
    "natural_exp_decay_lr",
    "piecewise_constant_lr",
    "polynomial_decay_lr",
    "repeated",
    "warmup_lr",
]

DIALECT = Dialect(
    name="mindspore",
    title="MindSpore",
    version=VERSION,
    optimizers=MINDSPORE,
    lists=Lists(LearningRateList, concatenated, repeated, is_list),
    constructors=(
        cosine_decay_lr,
        polynomial_decay_lr,
        exponential_decay_lr,
        natural_exp_decay_lr,
        inverse_decay_lr,
        piecewise_constant_lr,
        warmup_lr,
        CosineDecayLR,
        PolynomialDecayLR,
        ExponentialDecayLR,
        NaturalExpDecayLR,
        InverseDecayLR,
        WarmUpLR,
        CosineAnnealingLR,
        CosineAnnealingWarmRestarts,
        ConstantLR,
        LinearLR,
        ExponentialLR,
        PolynomialLR,
        StepLR,
        MultiStepLR,
        MultiplicativeLR,
        CyclicLR,
        ReduceLROnPlateau,
        SequentialLR,
        LambdaLR,
        ListConcatenation,
        LearningRateList,
    ),
    aliases={
        "ms": "mindspore",
        "nn": "mindspore.nn",
        "ms.nn": "mindspore.nn",
        "ms.experimental": "mindspore.experimental",
        "experimental": "mindspore.experimental",
    },
)
