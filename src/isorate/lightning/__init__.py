"""What is used in training with Lightning: a callback that checks the rates of its updates.

Lightning is imported when the callback is first looked up.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from isorate.lightning._check_rates import CheckRates

__all__ = ["CheckRates"]


def __getattr__(name: str) -> object:
    if name != "CheckRates":
        raise AttributeError(f"module 'isorate.lightning' has no attribute {name!r}")
    try:
        from isorate.lightning._check_rates import CheckRates
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] not in ("lightning", "pytorch_lightning", "torch"):
            raise
        raise ImportError(
            "isorate.lightning.CheckRates needs Lightning: pip install lightning",
            name="lightning",
        ) from error
    return CheckRates
