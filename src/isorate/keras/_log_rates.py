"""LogRates: a callback that writes down the rates that Keras's updates have used."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import keras

from isorate.training.rate_file import RateFile

if TYPE_CHECKING:
    import os


class LogRates(keras.callbacks.Callback):  # type: ignore[misc]
    """Writes the rate of every update to a CSV file, as one of ``fit``'s ``callbacks``.

    Keras's own logs have a rate only where a callback sets it, and none of a schedule. A line is
    ``update,lr``: the number of the update, from 0, as ``optimizer.iterations`` counts, and the
    rate that it used, float32 in full. With ``gradient_accumulation_steps`` it is the rate of the
    batch at which the update is made. Give it last, after callbacks that set the rate. Where the
    file is there, it goes on: lines of updates that are made again are taken out.
    ``isorate.read_log`` reads it.

    Args:
        path: the file.

    Raises:
        ValueError: when training begins: the file is no such log, or ends before the update that
            comes next. Later: several updates are made at once (``steps_per_execution``), of which
            Keras tells the last only.

    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        super().__init__()
        self._file = RateFile(path)
        self._update = 0
        self._rate = 0.0

    def on_train_begin(self, logs: Any = None) -> None:
        self._look()
        self._file.check(self._update)

    def on_train_batch_begin(self, batch: int, logs: Any = None) -> None:
        self._look()

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
        before, rate = self._update, self._rate
        self._look()
        if self._update > before + 1:
            raise ValueError(
                f"{self._update - before} updates were made at once: LogRates needs "
                "compile(..., steps_per_execution=1)"
            )
        if self._update == before + 1:
            self._file.write(before, [rate])

    def on_train_end(self, logs: Any = None) -> None:
        self._file.close()

    def _look(self) -> None:
        """Take the number of the coming update, and the rate that it would use."""
        model = self.model
        if hasattr(model, "jax_state_sync"):  # which holds the optimizer's state in between
            model.jax_state_sync()
        self._update = int(model.optimizer.iterations)
        self._rate = float(model.optimizer.learning_rate)
