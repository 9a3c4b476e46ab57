"""What is used in training with transformers: a callback that checks the rates of its updates.

transformers is imported when the callback is first looked up.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from isorate.training.lazily import lazily

if TYPE_CHECKING:
    from isorate.transformers._check_rates import CheckRates

__all__ = ["CheckRates"]

__getattr__ = lazily(
    __name__,
    {"CheckRates": "_check_rates"},
    ("transformers", "torch"),
    "transformers and torch: pip install 'transformers[torch]'",
)
