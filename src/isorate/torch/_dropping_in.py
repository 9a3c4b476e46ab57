"""What the schedulers under torch's names share."""

from __future__ import annotations

from typing import Any

from isorate.torch._closed_form import ClosedFormLR
from isorate.training import dropping_in


class DropIn(dropping_in.DropIn, ClosedFormLR):
    """A scheduler under the name and with the signature of torch's own."""

    def __init__(self, optimizer: Any, last_epoch: Any, **arguments: Any) -> None:
        self._take(**arguments)
        super().__init__(optimizer, last_epoch)

    @property
    def _torchs_name(self) -> str:  # type: ignore[override]
        return self.constructor.__name__
