"""Rates that a trainer computes with a function of its own: that function, as text."""

from __future__ import annotations

from typing import TYPE_CHECKING

from isorate.reading.reader import reading

if TYPE_CHECKING:
    from isorate.kit.call import Call

#: A line from 0 to the whole rate, and how far what comes after it has come.
WARMING = "(float(t) / float(max(1, {W})))"
TRAINED = "(float(t - {W}) / float(max(1, {T} - {W})))"
COSINE = "(0.5 * (1.0 + math.cos(math.pi * {})))"


def lambda_lr(rate: float, share: str, **values: float) -> Call:
    """Return torch's ``LambdaLR`` on a rate, whose λ is a formula in ``t``.

    Example:
        >>> lambda_lr(0.5, "1 - t / {T}", T=4).code
        'torch.optim.lr_scheduler.LambdaLR(torch.optim.AdamW(params, lr=0.5), lambda t: 1 - t / 4)'

    """
    names = {name: repr(value) for name, value in values.items()}
    text = f"lambda t: {share.format(**names)}"
    return reading(f"LambdaLR(torch.optim.AdamW(params, lr={rate!r}), {text})").call
