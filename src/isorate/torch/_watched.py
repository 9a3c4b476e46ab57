"""What callbacks of trainers share that compare the rates of every update with a recipe."""

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


class CheckedRates:
    """Checks that every update uses the rate that it is meant to, as one of ``callbacks``.

    At the first update whose rates are not the recipe's it warns, with both rates and the known
    ways to go wrong that explain them, and stops training, or goes on. Every parameter group is
    checked, in each process; the first of all warns. Updates that a GradScaler skips are none; a
    run that is resumed counts on from the trainer's ``global_step``, in which they are.

    Args:
        recipe: what the run is meant to follow: whatever has rates, as ``isorate.compare`` takes
            it.
        run: the loop around the recipe, or its number of updates.
        then: ``"stop"`` or ``"warn"``, which goes on.

    Raises:
        ReadError: no recipe can be read.
        ValueError: ``then`` is something else. When training begins: the recipe has another number
            of parameter groups than the optimizer.

    """

    def __init__(self, recipe: Any, then: Then) -> None:
        super().__init__()
        if then not in THEN:
            raise ValueError(f"then={then!r}: required 'stop' or 'warn'")
        self._recipe = recipe
        self._then = then
        self._speaks = True
        self._watch: Watch | None = None
        self._hooks: list[Any] = []
        self._rates: list[float] = []

    @property
    def finding(self) -> Finding | None:
        """What was found at the first update that departs; none where there is none so far."""
        return None if self._watch is None else self._watch.finding

    @property
    def _stops(self) -> bool:
        """Whether training has to stop."""
        return self._then == "stop" and self.finding is not None

    def _begin(self, optimizer: Any, recipe: Recipe, update: int) -> None:
        """Watch an optimizer from an update on."""
        while (inner := getattr(optimizer, "optimizer", None)) is not None:
            optimizer = inner  # a trainer wraps torch's
        self._end()
        self._watch = Watch(recipe, update, len(optimizer.param_groups))
        self._hooks = [
            optimizer.register_step_pre_hook(torch.compiler.disable(self._before)),
            optimizer.register_step_post_hook(torch.compiler.disable(self._after)),
        ]

    def _end(self) -> None:
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
        if found is not None and self._speaks:
            warnings.warn(said(found), stacklevel=2)


def said(found: Finding) -> str:
    """Say a finding with all the ways that explain it."""
    more = "".join(f" Or: {fit.text}." for fit in found.first.ways[1:])
    return f"the learning rate {found.sentence[0].lower()}{found.sentence[1:]}{more}"
