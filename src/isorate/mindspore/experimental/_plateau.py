"""``ReduceLROnPlateau``: MindSpore's, counted on the host, with a state to resume from."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np
from mindspore.experimental.optim import lr_scheduler

from isorate.kit.plateau import Patience
from isorate.mindspore.experimental._closed_form import on_the_host, putting, rate_in, single
from isorate.training.closed_form import finite
from isorate.training.ledger import Ledger, ledger_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping


class ReduceLROnPlateau(lr_scheduler.ReduceLROnPlateau):  # type: ignore[misc] # MindSpore is untyped
    """Multiplies the rate by ``factor`` where a metric has not become better for too long.

    When a metric is better, and what ``patience``, ``cooldown``, ``min_lr`` and ``eps`` do, is as
    in ``isorate.torch.ReduceLROnPlateau``; it is computed in float32, as MindSpore does. The state
    holds the rates, and is JSON.

    Args:
        optimizer: the experimental optimizer whose groups' ``lr`` are reduced.
        mode: whether the metric is to become less, ``"min"``, or more, ``"max"``.
        factor: what rates are multiplied by, below 1.
        patience: how many steps in a row may go by without a better metric.
        threshold: by how much a metric has to be better.
        threshold_mode: ``"rel"`` for a share of the best so far, ``"abs"`` for a difference.
        cooldown: how many steps are not counted after a reduction.
        min_lr: the least rate, for all groups or a list of one each.
        eps: the least change of a rate.

    Raises:
        TypeError: ``optimizer`` is no such optimizer.
        ValueError: a factor from 1 on, another mode, or as many ``min_lr`` as there are no groups.

    Example:
        >>> from mindspore import Parameter, Tensor
        >>> from mindspore.experimental import optim
        >>> optimizer = optim.SGD([Parameter(Tensor([0.0]), name="weight")], lr=1.0)
        >>> scheduler = ReduceLROnPlateau(optimizer, factor=0.5, patience=1)
        >>> scheduler.replay([3.0, 2.0, 2.0, 2.0])
        [[1.0], [1.0], [1.0], [0.5]]

    Source:
        ``mindspore.experimental.optim.lr_scheduler.ReduceLROnPlateau``, 2.10.0.

    """

    def __init__(
        self,
        optimizer: Any,
        mode: str = "min",
        factor: float = 0.1,
        patience: int = 10,
        threshold: float = 1e-4,
        threshold_mode: str = "rel",
        cooldown: int = 0,
        min_lr: float | list[float] = 0,
        eps: float = 1e-8,
    ) -> None:
        super().__init__(
            optimizer, mode, factor, patience, threshold, threshold_mode, cooldown, min_lr, eps
        )
        self._put = putting()
        self._least = [float(rate.asnumpy()) for rate in self.min_lrs]
        self._patience = Patience(self, np.float32)
        self.last_epoch = 0

    @on_the_host
    def step(self, metrics: Any) -> None:
        """Count one more metric, and reduce the rates where it is time."""
        over = self._patience.over(float(metrics))
        self.last_epoch += 1
        if over:
            self._reduce()

    @on_the_host
    def replay(self, metrics: Iterable[Any]) -> list[list[float]]:
        """Take a step for each metric of a log; return the rates of the groups after each."""
        found = []
        for metric in metrics:
            self.step(metric)
            found.append(self._rates())
        return found

    def _rates(self) -> list[float]:
        return list(map(rate_in, self.optimizer.param_groups))

    def _reduce(self) -> None:
        before, single_of = self._rates(), np.float32
        if len(before) != len(self._least):
            text = f"there are {len(before)} parameter groups, min_lr is for {len(self._least)}"
            raise RuntimeError(text)
        rates = []
        for rate, least in zip(before, self._least, strict=True):
            low = max(single_of(rate) * single_of(self.factor), single_of(least))
            rates.append(float(low) if single_of(rate) > low + single_of(self.eps) else rate)
        self._write(rates)

    def _write(self, rates: list[float]) -> None:
        groups, ledger = self.optimizer.param_groups, ledger_of(self.optimizer, Ledger)
        for group, parameter, rate in zip(groups, self.optimizer.lrs, rates, strict=True):
            self._put(parameter, single(rate))
            group["lr"] = parameter
        ledger.anew(rates)
        ledger.last = rates

    def in_cooldown(self) -> bool:
        """Return whether steps are not counted now."""
        return bool(self._patience.cooling > 0)

    def state_dict(self) -> dict[str, Any]:
        """Return the state, in the types of JSON; a best of none yet is none."""
        best = float(self._patience.best)
        return {
            "last_epoch": self.last_epoch,
            "best": best if math.isfinite(best) else None,
            "num_bad_epochs": int(self._patience.waiting),
            "cooldown_counter": int(self._patience.cooling),
            "_last_lr": self._rates(),
        }

    def load_state_dict(self, state_dict: Mapping[str, Any]) -> None:
        """Load a state, and write its rates into the groups.

        Raises:
            KeyError: it lacks something.
            ValueError: it holds the rates of another number of groups.

        """
        rates = [float(finite("a rate", rate)) for rate in state_dict["_last_lr"]]
        groups = len(self.optimizer.param_groups)
        if len(rates) != groups:
            raise ValueError(f"the state has rates of {len(rates)} groups, the optimizer {groups}")
        fresh = Patience(self, np.float32)
        if state_dict["best"] is not None:
            fresh.best = np.float32(state_dict["best"])
        fresh.waiting = np.float32(state_dict["num_bad_epochs"])
        fresh.cooling = np.float32(state_dict["cooldown_counter"])
        self.last_epoch, self._patience = state_dict["last_epoch"], fresh
        self._write(rates)
