"""What is used in training with Keras: a callback that writes down the rates of its updates.

Keras is imported when the callback is first looked up.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from isorate.keras._log_rates import LogRates

__all__ = ["LogRates"]


def __getattr__(name: str) -> object:
    if name != "LogRates":
        raise AttributeError(f"module 'isorate.keras' has no attribute {name!r}")
    try:
        from isorate.keras._log_rates import LogRates
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] != "keras":
            raise
        raise ImportError(
            "isorate.keras.LogRates needs Keras: pip install keras", name="keras"
        ) from error
    return LogRates
