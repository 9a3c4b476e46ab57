"""Watch: the rates of a run beside its recipe, update by update, while it trains."""

from __future__ import annotations

from array import array
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from isorate.checking.evidence import allowed, highest
from isorate.checking.verdict import Finding, judge
from isorate.driving import LONGEST_RUN
from isorate.logs.log import TRAINING, Log, Rates

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from isorate.recipe import Recipe

#: So many updates before one that departs are kept, to say what went wrong.
KEPT: Final = 2**16


class Watch:
    """A recipe that is gone along with, and the first update whose rates are not its.

    Args:
        recipe: what the run is meant to follow.
        update: the number of the coming update.
        groups: how many parameter groups the optimizer has.

    Raises:
        ValueError: the recipe has another number of groups, and not one for all.

    """

    def __init__(self, recipe: Recipe, update: int, groups: int) -> None:
        if recipe.groups not in (1, groups):
            raise ValueError(
                f"the recipe has {recipe.groups} parameter groups, the optimizer has {groups}"
            )
        self.recipe, self.update = recipe, update
        #: What was found, once a rate has departed.
        self.finding: Finding | None = None
        self._seen = [array("d") for _ in range(groups)]
        self._peak = highest(recipe)
        self._blocks = recipe.lasting(LONGEST_RUN).stream().blocks()  # a run may go past its end
        self._block: NDArray[Any] = np.empty((recipe.groups, 0))
        self._start = 0

    def see(self, rates: Sequence[float]) -> Finding | None:
        """Take the rates that an update has used; return what was found where they depart.

        The first departure is the only one that is told.
        """
        if self.finding is not None:
            return None
        expected = np.broadcast_to(self._expected(), len(rates))
        self._peak = max(self._peak, *map(abs, rates))
        for seen, rate in zip(self._seen, rates, strict=True):
            seen.append(rate)
            if len(seen) > 2 * KEPT:
                del seen[:KEPT]
        self.update += 1
        if (np.abs(expected - rates) <= allowed(self.recipe, self._peak)).all():
            return None
        found = judge(self._log(), self.recipe)
        self.finding = None if found.follows else found
        return self.finding

    def _expected(self) -> NDArray[Any]:
        """Return the recipe's rates of the coming update, NaN where it has none."""
        while self.update >= self._start + self._block.shape[1]:
            self._start += self._block.shape[1]
            block = next(self._blocks, None)
            if block is None:
                return np.full(self.recipe.groups, np.nan)
            self._block = block
        rates: NDArray[Any] = self._block[:, self.update - self._start]
        return rates

    def _log(self) -> Log:
        """Return what was seen as a log of applied rates."""
        count = len(self._seen[0])
        steps = np.arange(self.update - count, self.update)
        groups = tuple(
            Rates(f"group {number}", steps, np.array(seen), np.zeros(count))
            for number, seen in enumerate(self._seen)
        )
        return Log("the run", TRAINING, groups, (0, 0))
