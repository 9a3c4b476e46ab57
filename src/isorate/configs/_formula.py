"""Rates that a trainer computes with a function of its own: that function, as text."""

from __future__ import annotations

from typing import TYPE_CHECKING

from isorate.kit import Optimizer
from isorate.kit.optimizer import ParamGroup
from isorate.schedule.expression import Expression

if TYPE_CHECKING:
    from isorate.kit.call import Call

#: A line from 0 to the whole rate, and how far what comes after it has come.
WARMING = "(float(t) / float(max(1, {W})))"
TRAINED = "(float(t - {W}) / float(max(1, {T} - {W})))"
COSINE = "(0.5 * (1.0 + math.cos(math.pi * {})))"


def adamw(rate: float) -> Optimizer:
    """Return an optimizer of a kind that most trainers have, with one rate."""
    return Optimizer((ParamGroup(float(rate)),), "AdamW")


def lambda_lr(rate: float, share: str, **values: float) -> Call:
    """Return torch's ``LambdaLR`` on a rate, whose λ is a formula in ``t``.

    Example:
        >>> lambda_lr(0.5, "1 - t / {T}", T=4).lr_lambda.source
        '1 - t / 4'

    """
    from isorate.dialects.torch.functions import LambdaLR

    names = {name: repr(value) for name, value in values.items()}
    return LambdaLR(adamw(rate), Expression("t", share.format(**names)))
