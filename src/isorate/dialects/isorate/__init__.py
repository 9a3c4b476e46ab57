"""Isorate's own schedulers."""

from isorate.dialects.isorate.any_schedule import ScheduleLR, mindspore_ScheduleLR
from isorate.dialects.isorate.schedulers import (
    DIALECT,
    CosineAnnealingLR,
    WarmUpThen,
    cosine_annealing_lr,
    mindspore_cosine_decay_lr,
    mindspore_CosineAnnealingLR,
    mindspore_exponential_decay_lr,
    mindspore_inverse_decay_lr,
    mindspore_natural_exp_decay_lr,
    mindspore_piecewise_constant_lr,
    mindspore_polynomial_decay_lr,
    mindspore_warmup_lr,
    torch_cosine_decay_lr,
)

__all__ = [
    "DIALECT",
    "CosineAnnealingLR",
    "ScheduleLR",
    "WarmUpThen",
    "cosine_annealing_lr",
    "mindspore_CosineAnnealingLR",
    "mindspore_ScheduleLR",
    "mindspore_cosine_decay_lr",
    "mindspore_exponential_decay_lr",
    "mindspore_inverse_decay_lr",
    "mindspore_natural_exp_decay_lr",
    "mindspore_piecewise_constant_lr",
    "mindspore_polynomial_decay_lr",
    "mindspore_warmup_lr",
    "torch_cosine_decay_lr",
]
