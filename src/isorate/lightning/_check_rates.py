"""CheckRates: a callback that checks the rates of Lightning's updates while it trains."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

from isorate.given import as_recipe
from isorate.torch._watched import CheckedRates, Then

if TYPE_CHECKING:
    from isorate.given import Given
    from isorate.schedule.run import Run

# it goes by two names, and a Trainer of one takes no callbacks of the other
if "pytorch_lightning" in sys.modules and "lightning.pytorch" not in sys.modules:
    from pytorch_lightning import Callback
else:
    from lightning.pytorch import Callback


class CheckRates(CheckedRates, Callback):  # type: ignore[misc]
    __doc__ = CheckedRates.__doc__

    def __init__(self, recipe: Given, run: Run | int | None = None, *, then: Then = "stop") -> None:
        super().__init__(as_recipe(recipe, run), then)

    def on_train_start(self, trainer: Any, pl_module: Any) -> None:
        if len(trainer.optimizers) != 1:
            raise ValueError(f"CheckRates watches one optimizer, got {len(trainer.optimizers)}")
        self._speaks = trainer.is_global_zero
        self._begin(trainer.optimizers[0], self._recipe, trainer.global_step)

    def on_train_batch_end(self, trainer: Any, *given: Any) -> None:
        if self._stops:
            trainer.should_stop = True

    def on_train_end(self, trainer: Any, pl_module: Any) -> None:
        self._end()
