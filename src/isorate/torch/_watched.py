"""An optimizer whose rates are compared with a recipe at every update that it makes."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any, Final, Literal

import torch

from isorate.torch._log import capturing
from isorate.torch._updates import made
from isorate.training.watching import Watch

if TYPE_CHECKING:
    from isorate.checking.verdict import Finding
    from isorate.recipe import Recipe

#: What is done at the first update that departs.
Then = Literal["stop", "warn"]
THEN: Final = ("stop", "warn")


class Watched:
    """What callbacks share that check while training.

    Args:
        then: ``"stop"`` or ``"warn"``, which goes on.

    """

    def __init__(self, then: Then) -> None:
        if then not in THEN:
            raise ValueError(f"then={then!r}: required 'stop' or 'warn'")
        self.then = then
        self.speaks = True
        self._watch: Watch | None = None
        self._hooks: list[Any] = []
        self._rates: list[float] = []

    @property
    def finding(self) -> Finding | None:
        """What was found at the first update that departs; none so far where there is none."""
        return None if self._watch is None else self._watch.finding

    @property
    def update(self) -> int | None:
        """The number of the coming update; none before training."""
        return None if self._watch is None else self._watch.update

    @property
    def stops(self) -> bool:
        """Whether training has to stop."""
        return self.then == "stop" and self.finding is not None

    def begin(self, optimizer: Any, recipe: Recipe, update: int) -> None:
        """Watch an optimizer from an update on."""
        while (inner := getattr(optimizer, "optimizer", None)) is not None:
            optimizer = inner  # a trainer wraps torch's
        self.end()
        self._watch = Watch(recipe, update, len(optimizer.param_groups))
        self._hooks = [
            optimizer.register_step_pre_hook(torch.compiler.disable(self._before)),
            optimizer.register_step_post_hook(torch.compiler.disable(self._after)),
        ]

    def end(self) -> None:
        """Watch no more."""
        for hook in self._hooks:
            hook.remove()
        self._hooks.clear()

    def _before(self, optimizer: Any, args: Any, kwargs: Any) -> None:
        if not capturing():
            self._rates = [float(group["lr"]) for group in optimizer.param_groups]

    def _after(self, optimizer: Any, args: Any, kwargs: Any) -> None:
        if capturing() or not made(optimizer, kwargs) or self._watch is None:
            return
        found = self._watch.see(self._rates)
        if found is not None and self.speaks:
            warnings.warn(said(found), stacklevel=2)


def said(found: Finding) -> str:
    """Say a finding with all the ways that explain it."""
    more = "".join(f" Or: {fit.text}." for fit in found.first.ways[1:])
    return f"the learning rate {found.sentence[0].lower()}{found.sentence[1:]}{more}"
