"""How a training loop drives a schedule."""

from __future__ import annotations

from dataclasses import KW_ONLY, dataclass, replace
from typing import TYPE_CHECKING, Literal

from isorate.core.errors import RunError

if TYPE_CHECKING:
    from collections.abc import Sequence

StepEvery = Literal["update", "epoch"]

#: An update is an integer that every float64 formula must hold exactly.
LARGEST_UPDATE = 2**53 - 1


@dataclass(frozen=True, slots=True)
class Run:
    """The loop around a schedule: its length, its epochs, and when ``scheduler.step()`` is called.

    Update ``k`` (0, 1, 2, …) is one optimizer step. With ``step_every="epoch"`` a scheduler that
    is stepped by hand stands at ``k // updates_per_epoch``; a list that the optimizer indexes by
    itself always stands at ``k``.

    Args:
        updates: the number of updates; ``None`` leaves the length open.
        epochs: the number of epochs, instead of ``updates``.
        updates_per_epoch: updates in one epoch.
        step_every: ``"update"`` or ``"epoch"``.
        metrics: what the loop hands to ``scheduler.step(metric)``, one number for each call of it,
            for schedulers that follow a metric.

    Raises:
        RunError: a length that is not a positive integer, both lengths at odds, epochs asked for
            without ``updates_per_epoch``, or metrics that are no numbers.

    Example:
        >>> Run(epochs=3, updates_per_epoch=2).updates
        6
        >>> Run(6, updates_per_epoch=2, step_every="epoch").step_of(5)
        2

    """

    updates: int | None = None
    _: KW_ONLY
    epochs: int | None = None
    updates_per_epoch: int | None = None
    step_every: StepEvery = "update"
    metrics: Sequence[float] | None = None

    def __post_init__(self) -> None:
        for name in ("updates", "epochs", "updates_per_epoch"):
            _check_count(name, getattr(self, name))
        if self.step_every not in ("update", "epoch"):
            raise RunError(
                "step_every is unknown", required="'update' or 'epoch'", got=repr(self.step_every)
            )
        if self.metrics is not None:
            try:
                object.__setattr__(self, "metrics", tuple(float(value) for value in self.metrics))
            except (TypeError, ValueError) as error:
                raise RunError("metrics are not numbers", got=str(error)) from None
        if self.updates_per_epoch is None:
            if self.epochs is not None:
                raise RunError("epochs need updates_per_epoch", hint="say how long an epoch is")
            if self.step_every == "epoch":
                raise RunError(
                    "step_every='epoch' needs updates_per_epoch", hint="say how long an epoch is"
                )
        elif self.epochs is not None:
            updates = self.epochs * self.updates_per_epoch
            if self.updates is not None and self.updates != updates:
                raise RunError(
                    "updates and epochs disagree",
                    required=f"{self.epochs} × {self.updates_per_epoch} = {updates} updates",
                    got=self.updates,
                )
            _check_count("epochs times updates_per_epoch", updates)
            object.__setattr__(self, "updates", updates)

    @property
    def updates_per_step(self) -> int:
        """Updates between two calls of ``scheduler.step()``."""
        if self.step_every == "epoch" and self.updates_per_epoch is not None:
            return self.updates_per_epoch
        return 1

    @property
    def length(self) -> int:
        """The number of updates, which must have been given."""
        if self.updates is None:
            raise RunError("the run has no length", hint="give updates, or epochs")
        return self.updates

    def step_of(self, update: int) -> int:
        """How often a hand-stepped scheduler has been stepped when ``update`` begins."""
        return update // self.updates_per_step

    def lasting(self, updates: int) -> Run:
        """Return the same loop over another number of updates."""
        return replace(self, updates=updates, epochs=None)

    def __str__(self) -> str:
        length = "open length" if self.updates is None else f"{self.updates} updates"
        epochs = ""
        if self.updates_per_epoch is not None:
            epochs = f", {self.updates_per_epoch} an epoch"
        metrics = "" if self.metrics is None else f", {len(self.metrics)} values of a metric"
        return f"{length}{epochs}, scheduler stepped every {self.step_every}{metrics}"


def _check_count(name: str, value: int | None) -> None:
    if value is None:
        return
    if isinstance(value, bool) or not isinstance(value, int):
        raise RunError(f"{name} is not an integer", required="an integer > 0", got=repr(value))
    if not 0 < value <= LARGEST_UPDATE:
        raise RunError(
            f"{name} is out of range", required=f"an integer from 1 to {LARGEST_UPDATE}", got=value
        )
