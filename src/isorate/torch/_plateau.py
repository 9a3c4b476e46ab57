"""``ReduceLROnPlateau``: torch's, with a state that holds the rates, and replayed from a log."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from torch.optim import Optimizer, lr_scheduler

from isorate.torch._log import Logged
from isorate.torch._writer import Writer
from isorate.training.closed_form import finite
from isorate.training.ledger import ledger_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping


class ReduceLROnPlateau(Logged, lr_scheduler.ReduceLROnPlateau):  # type: ignore[misc]
    """Multiplies the rate by ``factor`` where a metric has not become better for too long.

    A metric is better than the best so far where it passes that by the threshold. With
    ``threshold_mode="rel"`` it has to do so by that share of it: ``metric < best·(1 − threshold)``
    in mode ``"min"``, ``metric > best·(1 + threshold)`` in ``"max"``. With ``"abs"`` it is that
    much: ``metric < best − threshold``, ``metric > best + threshold``. NaN is never better. At the
    first step after more than ``patience`` steps in a row that were not better, every rate becomes
    ``max(rate·factor, min_lr)``, unless it would change by ``eps`` or less. For ``cooldown`` steps
    after that none is counted.

    What other schedulers of the same optimizer make of the rate goes on from the reduced one. Rates
    in tensors stay in their tensors. The state holds the rates, so that it makes no difference
    whether it is loaded before the optimizer's, after it, or without it.

    Args:
        optimizer: the optimizer whose groups' ``lr`` are reduced.
        mode: whether the metric is to become less, ``"min"``, or more, ``"max"``.
        factor: what rates are multiplied by, below 1.
        patience: how many steps in a row may go by without a better metric.
        threshold: by how much a metric has to be better.
        threshold_mode: ``"rel"`` or ``"abs"``.
        cooldown: how many steps are not counted after a reduction.
        min_lr: the least rate, for all groups or a list of one each.
        eps: the least change of a rate.

    Raises:
        TypeError: ``optimizer`` is no optimizer.
        ValueError: a factor from 1 on, another mode, or as many ``min_lr`` as there are no groups.

    Example:
        >>> import torch
        >>> optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=1.0)
        >>> scheduler = ReduceLROnPlateau(optimizer, factor=0.5, patience=1)
        >>> scheduler.replay([3.0, 2.0, 2.0, 2.0])
        [[1.0], [1.0], [1.0], [0.5]]

    Source:
        ``torch.optim.lr_scheduler.ReduceLROnPlateau``, 2.13.0.

    """

    optimizer: Optimizer
    _last_lr: list[Any]

    def replay(self, metrics: Iterable[Any]) -> list[list[float]]:
        """Take a step for each metric of a log; return the rates of the groups after each."""
        found = []
        for metric in metrics:
            self.step(metric)
            found.append([float(group["lr"]) for group in self.optimizer.param_groups])
        return found

    def _reduce_lr(self, epoch: Any) -> None:
        ledger, groups = ledger_of(self.optimizer, Writer), self.optimizer.param_groups
        before = ledger.held(groups)
        ours = before == ledger.rounded(groups)
        super()._reduce_lr(epoch)
        if ours:  # so that no other scheduler is looked for where this one has written
            ledger.anew(ledger.held(groups))
            ledger.last = ledger.rest

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
        self._log_anew()

    def state_dict(self) -> dict[str, Any]:
        """Return the state, in the types of JSON."""
        state = super().state_dict() | self._logged()
        state.pop("_log", None)
        state["_last_lr"] = [float(rate) for rate in self._last_lr]
        held = [float(group["lr"]) for group in self.optimizer.param_groups]
        return {**state, "rates_in_use": held == state["_last_lr"]}

    def load_state_dict(self, state_dict: Mapping[str, Any]) -> None:
        """Load a state, torch's own as well, and write its rates into the groups.

        They are left alone where another scheduler had set others when the state was saved, and
        where torch saved it and the optimizer's own state is loaded already.
        """
        update, state = self._update_in(state_dict), dict(state_dict)
        state.pop("updates", None)
        rates = [float(finite("a rate", rate)) for rate in state.get("_last_lr") or ()]
        ledger, groups = ledger_of(self.optimizer, Writer), self.optimizer.param_groups
        state["_last_lr"] = self._last_lr
        loaded = ledger.restored or (ledger.groups or groups) is not groups
        ledger.restored, ledger.groups = loaded, groups
        fresh = not loaded and ledger.held(groups) == [float(rate) for rate in self._last_lr]
        in_use = state.pop("rates_in_use", fresh)
        super().load_state_dict(state)
        self._log_on(update)
        if in_use and len(rates) == len(groups):
            ledger.anew(rates)
            ledger.write(groups, rates)
            ledger.last = rates
            self._last_lr = [
                group["lr"].clone() if hasattr(group["lr"], "clone") else group["lr"]
                for group in groups
            ]
