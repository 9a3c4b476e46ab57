"""torch's ``ReduceLROnPlateau``, which follows a metric."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from isorate.dialects.torch.base import card
from isorate.kit import objects as stepping
from isorate.kit import schedulers
from isorate.kit.card import Card, Proof
from isorate.kit.plateau import Patience, plateau_fault

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from isorate.kit.boundary import Fault


class ReduceLROnPlateau(schedulers.ReduceLROnPlateau, frozen=True):
    """``ReduceLROnPlateau``: the rate times factor when a metric has stopped improving."""

    card: ClassVar[Card] = card(
        "float(group['lr']) · factor where the metric says so, float64", Proof.METRIC,
        "follows the metric without end", always={}, TypeError="factor no number, mode no text",
        ValueError="factor from 1 on, mode or threshold_mode unknown, "
        "not one min_lr for each group",
    )  # fmt: skip

    @property
    def dtype(self) -> Any:
        return self.optimizer.dtype

    def fault(self) -> Fault | None:
        return plateau_fault(self)

    def after(self, metrics: Sequence[float]) -> Iterator[Sequence[float]]:
        """Count the steps without improvement; every rate is a Python float for a moment."""
        groups = [stepping.group_of(group) for group in self.optimizer.groups]
        one = next((group for group in groups if "shared" in group), None)
        groups = [one if one and "shared" in group else group for group in groups]
        yield (rates := list(map(stepping.rate_of, groups)))
        for reducing in Patience(self).each(map(float, metrics)):
            if reducing:
                for index, group in enumerate(groups):
                    self._reduce(group, index)
                rates = list(map(stepping.rate_of, groups))
            yield rates

    def _reduce(self, group: dict[str, Any], index: int) -> None:
        """Bring a group's rate down, unless it is hardly any lower."""
        least = self.min_lr[index] if isinstance(self.min_lr, list | tuple) else self.min_lr
        rate = stepping.rate_of(group)
        lower = max(rate * self.factor, least)
        if rate - lower > self.eps:
            stepping.put(group, lower)
