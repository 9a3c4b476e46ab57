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

    def __init__(self, optimizer: Any, *, made: bool) -> None:
        self.made = made
        self.infinite: Any = None
        optimizer.register_step_post_hook(self)

    def __call__(self, optimizer: Any, args: Any, kwargs: Any) -> None:
        """Remember an update; torch calls this after every ``optimizer.step()``."""
        if for_show(optimizer, kwargs):
            return
        self.made = True
        self.infinite = getattr(optimizer, "found_inf", None)

    def taken(self) -> bool:
        """Return whether there was an update, and forget it."""
        made, infinite = self.made, self.infinite
        self.made, self.infinite = False, None
        return made and (infinite is None or not bool(infinite))


def made(optimizer: Any, kwargs: Any) -> bool:
    """Whether a step that is just over has made an update; a GPU is waited for."""
    infinite = getattr(optimizer, "found_inf", None)
    return not for_show(optimizer, kwargs) and (infinite is None or not bool(infinite))


def for_show(optimizer: Any, kwargs: Any) -> bool:
    """Whether a step is the one that torch.distributed.checkpoint makes to see a fresh state.

    It gives the parameters gradients of zero and the groups rates of zero, and calls
    ``optimizer.step(closure=None)``.
    """
    if kwargs.get("closure", optimizer) is not None:
        return False
    groups = optimizer.param_groups
    gradients = (p.grad for group in groups for p in group["params"] if p.grad is not None)
    return all(float(group["lr"]) == 0 for group in groups) and not any(
        bool(gradient.any()) for gradient in gradients
    )
