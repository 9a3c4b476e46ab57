"""LogRates: a callback that writes down the rates that MindSpore's updates have used."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from mindspore import Tensor
from mindspore.train import Callback

from isorate.training.rate_file import RateFile

if TYPE_CHECKING:
    import os


class LogRates(Callback):  # type: ignore[misc]
    """Writes the rate of every update to a CSV file, as one of ``Model.train``'s ``callbacks``.

    A line is ``update,lr``, with several parameter groups ``update,lr/0,lr/1,…``: the number of the
    update, from 0, as the optimizer counts, and the rates that it used, float32 in full. An update
    that loss scaling leaves out has no line. With data sinking, of which Python sees the ends only,
    the rates in between are what the optimizer's schedule says of each update. Where the file is
    there, it goes on: lines of updates that are made again are taken out.
    ``isorate.read_log`` reads it.

    Args:
        path: the file.

    Raises:
        ValueError: when training begins: the file is no such log, or ends before the update that
            comes next.
        TypeError: the optimizer does not count its updates, as those of
            ``mindspore.experimental.optim``.

    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        super().__init__()
        self._file = RateFile(path)
        self._update = 0
        self._set: list[float] = []

    def on_train_begin(self, run_context: Any) -> None:
        optimizer = _optimizer(run_context)
        if not hasattr(optimizer, "global_step"):
            raise TypeError(f"{type(optimizer).__name__} does not count its updates")
        self._file.check(_count(optimizer))

    def on_train_step_begin(self, run_context: Any) -> None:
        optimizer = _optimizer(run_context)
        self._update = _count(optimizer)
        # another callback may set a constant rate after the update
        self._set = [] if optimizer.dynamic_lr else _rates(optimizer, self._update)

    def on_train_step_end(self, run_context: Any) -> None:
        optimizer = _optimizer(run_context)
        for update in range(self._update, _count(optimizer)):
            self._file.write(update, self._set or _rates(optimizer, update))

    def on_train_end(self, run_context: Any) -> None:
        self._file.close()


def _optimizer(run_context: Any) -> Any:
    """Return the optimizer of a run; a network that trains itself has it."""
    parameters = run_context.original_args()
    own = parameters.get("optimizer")
    return own if own is not None else getattr(parameters.train_network, "optimizer", None)


def _count(optimizer: Any) -> int:
    return int(optimizer.global_step.asnumpy()[0])


def _rates(optimizer: Any, update: int) -> list[float]:
    """Return the rate of each group at an update."""
    groups = optimizer.learning_rate if optimizer.is_group_lr else [optimizer.learning_rate]
    step = Tensor(np.array([update], np.int32))
    rates = [each(step) if optimizer.dynamic_lr else each for each in groups]
    return [float(rate.asnumpy().reshape(())) for rate in rates]
