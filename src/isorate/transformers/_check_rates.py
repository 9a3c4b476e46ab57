"""CheckRates: a callback that checks the rates of Trainer's updates while it trains."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from transformers import TrainerCallback

from isorate.given import as_recipe, configured
from isorate.torch._watched import CheckedRates, Then

if TYPE_CHECKING:
    from isorate.given import Given
    from isorate.schedule.run import Run


class CheckRates(CheckedRates, TrainerCallback):  # type: ignore[misc]
    __doc__ = f"""{CheckedRates.__doc__}
    Without a recipe it is what the Trainer's own arguments come to; ReadError when training begins,
    where they leave it open.
    """

    def __init__(
        self, recipe: Given | None = None, run: Run | int | None = None, *, then: Then = "stop"
    ) -> None:
        super().__init__(None if recipe is None else as_recipe(recipe, run), then)

    def on_train_begin(self, args: Any, state: Any, control: Any, **given: Any) -> None:
        recipe = self._recipe
        if recipe is None:
            recipe = configured(args.to_dict(), "transformers", {"max_steps": state.max_steps})
        self._speaks = state.is_world_process_zero
        self._begin(given["optimizer"], recipe, state.global_step)

    def on_step_end(self, args: Any, state: Any, control: Any, **given: Any) -> None:
        if self._stops:
            control.should_training_stop = True

    def on_train_end(self, args: Any, state: Any, control: Any, **given: Any) -> None:
        self._end()
