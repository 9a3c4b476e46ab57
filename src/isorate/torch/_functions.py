"""What torch's schedulers that take functions of Python do besides: torch's states hold none."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from isorate.schedule.combinators.clocks import on_steps
from isorate.torch._closed_form import ClosedFormLR
from isorate.training.closed_form import finite
from isorate.training.functions import Factors, Functions, RunningProducts

if TYPE_CHECKING:
    from collections.abc import Mapping

    from isorate.training.states import Saved


class _Lambda(Functions, ClosedFormLR):
    """What both share."""

    _multiplies_bases = True

    def __init__(self, optimizer: Any, last_epoch: Any, *, lr_lambda: Any) -> None:
        self.lr_lambda = lr_lambda
        super().__init__(optimizer, last_epoch)

    def _foreign(self, state: Mapping[str, Any]) -> Saved:
        if "lr_lambdas" not in state:
            return super()._foreign(state)
        before = self._bases
        try:  # its functions are this one's; the rates that they multiply may be others
            bases = state.get("base_lrs", before)
            self._bases = [float(finite("a rate", base)) for base in bases]
            schedule = on_steps(self._meaning(self.optimizer.param_groups))
            step, own = state.get("last_epoch"), {"bases": self._bases, "firsts": [self._bases]}
            return self._torchs(state, step, schedule, state.get("_last_lr"), **own)
        finally:
            self._bases = before


class Lambda(Factors, _Lambda):
    """A ``LambdaLR``."""

    _torchs_name = "LambdaLR"


class Multiplicative(RunningProducts, _Lambda):
    """A ``MultiplicativeLR``."""

    _torchs_name = "MultiplicativeLR"
