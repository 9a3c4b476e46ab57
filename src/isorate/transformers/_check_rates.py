"""CheckRates: a callback that checks the rates of Trainer's updates while it trains."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from transformers import TrainerCallback

from isorate.given import as_recipe, configured
from isorate.torch._watched import Then, Watched

if TYPE_CHECKING:
    from isorate.checking.verdict import Finding
    from isorate.given import Given
    from isorate.recipe import Recipe
    from isorate.schedule.run import Run


class CheckRates(TrainerCallback):  # type: ignore[misc]
    """Checks that every update uses the rate that it is meant to, as one of ``callbacks``.

    At the first update whose rates are not the recipe's it warns, with both rates and the known
    ways to go wrong that explain them, and stops training, or goes on. Every parameter group is
    checked, in each process; the first of all warns. Updates that a GradScaler skips are none; a
    run that is resumed counts on from ``state.global_step``, in which they are.

    Args:
        recipe: what the run is meant to follow: whatever has rates, as ``isorate.compare`` takes
            it; by default what the Trainer's own arguments come to.
        run: the loop around the recipe, or its number of updates.
        then: ``"stop"`` or ``"warn"``, which goes on.

    Raises:
        ReadError: no recipe can be read. When training begins: the arguments leave it open.
        ValueError: ``then`` is something else. When training begins: the recipe has another number
            of parameter groups than the optimizer.

    """

    def __init__(
        self, recipe: Given | None = None, run: Run | int | None = None, *, then: Then = "stop"
    ) -> None:
        self._recipe: Recipe | None = None if recipe is None else as_recipe(recipe, run)
        self._watched = Watched(then)

    @property
    def finding(self) -> Finding | None:
        """What was found at the first update that departs; none where there is none so far."""
        return self._watched.finding

    def on_train_begin(self, args: Any, state: Any, control: Any, **given: Any) -> None:
        recipe = self._recipe
        if recipe is None:
            recipe = configured(args.to_dict(), "transformers", {"max_steps": state.max_steps})
        self._watched.speaks = state.is_world_process_zero
        self._watched.begin(given["optimizer"], recipe, state.global_step)

    def on_step_end(self, args: Any, state: Any, control: Any, **given: Any) -> None:
        if self._watched.stops:
            control.should_training_stop = True

    def on_train_end(self, args: Any, state: Any, control: Any, **given: Any) -> None:
        self._watched.end()
