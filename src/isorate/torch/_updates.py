"""Whether the optimizer made an update since it was last asked."""

from __future__ import annotations

from typing import Any


class Updates:
    """A hook on ``optimizer.step()`` that remembers whether an update was made.

    A GradScaler leaves the optimizer's step out where a gradient is infinite; a fused optimizer
    leaves the update out itself, and says so in ``found_inf``, which is looked at only when asked:
    on a GPU that waits for the device. The hook sets the same attribute to the same value at every
    step, so that a compiled training step is compiled once.
    """

    def __init__(self, optimizer: Any) -> None:
        self.made = True  # the step that building a scheduler takes counts
        self.infinite: Any = None
        optimizer.register_step_post_hook(self)

    def __call__(self, optimizer: Any, args: Any, kwargs: Any) -> None:
        """Remember an update; torch calls this after every ``optimizer.step()``."""
        self.made = True
        self.infinite = getattr(optimizer, "found_inf", None)

    def taken(self) -> bool:
        """Return whether there was an update, and forget it."""
        made, infinite = self.made, self.infinite
        self.made, self.infinite = False, None
        return made and (infinite is None or not bool(infinite))
