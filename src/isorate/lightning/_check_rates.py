"""CheckRates: a callback that checks the rates of Lightning's updates while it trains."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

from isorate.given import as_recipe
from isorate.torch._watched import Then, Watched

if TYPE_CHECKING:
    from isorate.checking.verdict import Finding
    from isorate.given import Given
    from isorate.schedule.run import Run

# it goes by two names, and a Trainer of one takes no callbacks of the other
if "pytorch_lightning" in sys.modules and "lightning.pytorch" not in sys.modules:
    from pytorch_lightning import Callback
else:
    from lightning.pytorch import Callback


class CheckRates(Callback):  # type: ignore[misc]
    """Checks that every update uses the rate that it is meant to, as one of ``callbacks``.

    At the first update whose rates are not the recipe's it warns, with both rates and the known
    ways to go wrong that explain them, and stops training, or goes on. Every parameter group is
    checked, in each process; the first of all warns. Updates that a GradScaler skips are none; a
    run that is resumed counts on from ``trainer.global_step``, in which they are.

    Args:
        recipe: what the run is meant to follow: whatever has rates, as ``isorate.compare`` takes
            it.
        run: the loop around the recipe, or its number of updates.
        then: ``"stop"`` or ``"warn"``, which goes on.

    Raises:
        ReadError: no recipe can be read.
        ValueError: ``then`` is something else. When training begins: the recipe has another number
            of parameter groups than the optimizer, or there are several optimizers.

    """

    def __init__(self, recipe: Given, run: Run | int | None = None, *, then: Then = "stop") -> None:
        super().__init__()
        self._recipe = as_recipe(recipe, run)
        self._watched = Watched(then)

    @property
    def finding(self) -> Finding | None:
        """What was found at the first update that departs; none where there is none so far."""
        return self._watched.finding

    def on_train_start(self, trainer: Any, pl_module: Any) -> None:
        if len(trainer.optimizers) != 1:
            raise ValueError(f"CheckRates watches one optimizer, got {len(trainer.optimizers)}")
        self._watched.speaks = trainer.is_global_zero
        self._watched.begin(trainer.optimizers[0], self._recipe, trainer.global_step)

    def on_train_batch_end(self, trainer: Any, *given: Any) -> None:
        if self._watched.stops:
            trainer.should_stop = True

    def on_train_end(self, trainer: Any, pl_module: Any) -> None:
        self._watched.end()
