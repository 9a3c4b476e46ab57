"""What is used in training with transformers: a callback that checks the rates of its updates.

transformers is imported when the callback is first looked up.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from isorate.transformers._check_rates import CheckRates

__all__ = ["CheckRates"]


def __getattr__(name: str) -> object:
    if name != "CheckRates":
        raise AttributeError(f"module 'isorate.transformers' has no attribute {name!r}")
    try:
        from isorate.transformers._check_rates import CheckRates
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] not in ("transformers", "torch"):
            raise
        raise ImportError(
            "isorate.transformers.CheckRates needs transformers and torch: "
            "pip install 'transformers[torch]'",
            name="transformers",
        ) from error
    return CheckRates
