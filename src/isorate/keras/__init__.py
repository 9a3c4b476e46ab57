"""What is used in training with Keras: a callback that writes down the rates of its updates.

Keras is imported when the callback is first looked up.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from isorate.training.lazily import lazily

if TYPE_CHECKING:
    from isorate.keras._log_rates import LogRates

__all__ = ["LogRates"]

__getattr__ = lazily(__name__, {"LogRates": "_log_rates"}, ("keras",), "Keras: pip install keras")
