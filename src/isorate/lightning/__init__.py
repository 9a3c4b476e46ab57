"""What is used in training with Lightning: a callback that checks the rates of its updates.

Lightning is imported when the callback is first looked up.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from isorate.training.lazily import lazily

if TYPE_CHECKING:
    from isorate.lightning._check_rates import CheckRates

__all__ = ["CheckRates"]

__getattr__ = lazily(
    __name__,
    {"CheckRates": "_check_rates"},
    ("lightning", "pytorch_lightning", "torch"),
    "Lightning: pip install lightning",
)
