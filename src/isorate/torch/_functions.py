"""What torch's schedulers that take functions of Python do besides: torch's states hold none."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from isorate.torch._closed_form import ClosedFormLR
from isorate.training.functions import Factors, Functions, RunningProducts
from isorate.training.states import Saved

if TYPE_CHECKING:
    from collections.abc import Mapping


class _Lambda(Functions, ClosedFormLR):
    """What both share."""

    _multiplies_bases = True

    def __init__(self, optimizer: Any, last_epoch: Any, *, lr_lambda: Any) -> None:
        self.lr_lambda = lr_lambda
        super().__init__(optimizer, last_epoch)

    def _foreign(self, state: Mapping[str, Any]) -> Saved:
        if "lr_lambdas" not in state:
            return super()._foreign(state)
        return Saved(state.get("last_epoch"), None)


class Lambda(Factors, _Lambda):
    """A ``LambdaLR``."""

    _torchs_name = "LambdaLR"


class Multiplicative(RunningProducts, _Lambda):
    """A ``MultiplicativeLR``."""

    _torchs_name = "MultiplicativeLR"
